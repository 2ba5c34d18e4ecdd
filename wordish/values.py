"""Values of options, as they stand in comments, TOML and YAML -> what they mean.

All of these raise `ValueError` for what is none, saying what the option takes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from wordish import conditions


def needs(value: object) -> tuple[str, ...]:
    """Words of ``needs``; a string may hold several."""
    if not isinstance(value, str):
        raise ValueError("takes commands, kernel:NAME or /PATH")
    return conditions.needed(value)


_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def env(value: object) -> tuple[tuple[str, str], ...]:
    """Pairs of name and value, from ``NAME=VALUE NAME=VALUE``, quoted as for a shell, or from a table."""
    import shlex  # few articles say it

    pairs: list[tuple[object, object]] = []
    if isinstance(value, Mapping):
        pairs += value.items()
    elif isinstance(value, str):
        said = (word.partition("=") for word in shlex.split(value))
        pairs += ((name, text if equals else None) for name, equals, text in said)
    if not pairs:
        raise ValueError('takes variables, such as env="LANG=de_DE.UTF-8 EDITOR=ed"')
    for name, text in pairs:
        if not isinstance(name, str) or not _VARIABLE.fullmatch(name):
            raise ValueError(f"{name!r} is no name of a variable")
        if not isinstance(text, str):
            raise ValueError(f"{name} has no value" if text is None else f"{name}: put the value in quotes")
    return tuple((str(name), str(text)) for name, text in pairs)


def directory(value: object) -> str:
    """A directory."""
    if not isinstance(value, str) or not value.strip():
        raise ValueError("takes a directory")
    return value


def article(value: object) -> tuple[str, ...]:
    """The path of one article."""
    if not isinstance(value, str) or not value.strip():
        raise ValueError("takes the path of an article")
    return (value,)


def typed(value: object) -> tuple[str, ...]:
    """One line to type, which may be empty."""
    if not isinstance(value, str):
        raise ValueError("takes a line to type")
    return (value,)
