"""What is never to be told: patterns of the configuration, taken out of all that a check says.

It is done where news and transcripts leave `wordish.runner`, after the verdict and before anybody
hears of it, and to every text in them, so that no report, record or recording can forget it.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final, TypeVar

from wordish.errors import MachineError
from wordish.pattern import compiled

HIDDEN: Final = "[redacted]"
"""What stands where something was taken out."""

# What tells programs where and how, in words of wordish's own; and the article's text, which is no
# report: it is the file.
_KEPT: Final = frozenset(
    {"document", "path", "target", "user", "on", "machine", "match", "stream", "outcome", "started", "lines"}
)

T = TypeVar("T")


def redacted(value: T, patterns: Sequence[str]) -> T:
    """``value``, a noun of `wordish.model`, without what ``patterns`` match in any line of its texts.

    The patterns are RE2's. A value in which nothing matches is given back as it is.
    """
    return _redacted(value, "", _hiding(tuple(patterns))) if patterns else value


@contextmanager
def errors_redacted(patterns: Sequence[str]) -> Iterator[None]:
    """Take what ``patterns`` match out of the errors of a target that leave the block."""
    try:
        yield
    except MachineError as error:
        what, where, hint = redacted((error.what, error.where, error.hint), patterns)
        raise type(error)(what, where=where, hint=hint) from None


def fault(pattern: str) -> str:
    """Why this cannot be a pattern, "" when it can."""
    try:
        matches_nothing = compiled(pattern).search(b"") is not None
    except ValueError as error:
        return str(error)
    return "it matches an empty text, so everything would be hidden" if matches_nothing else ""


def _redacted(value: Any, name: str, hide: Callable[[str], str]) -> Any:
    if name in _KEPT:
        return value
    if type(value) is str:
        return _of_diff(value, hide) if name == "diff" else hide(value)
    if isinstance(value, Mapping):
        return {key: _redacted(each, "", hide) for key, each in value.items()}
    if not isinstance(value, tuple):
        return value
    names = getattr(value, "_fields", ("",) * len(value))
    parts = [_redacted(each, part, hide) for each, part in zip(value, names, strict=True)]
    if all(new is old for new, old in zip(parts, value, strict=True)):
        return value
    return type(value)(*parts) if hasattr(value, "_fields") else tuple(parts)


def _of_diff(text: str, hide: Callable[[str], str]) -> str:
    """A unified diff, whose lines begin with a sign that is not theirs."""
    return "\n".join(line[:1] + hide(line[1:]) for line in text.split("\n"))


@functools.lru_cache(maxsize=8)
def _hiding(patterns: tuple[str, ...]) -> Callable[[str], str]:
    ready = [compiled(pattern) for pattern in patterns]

    def hide(text: str) -> str:
        raw = text.encode(errors="surrogatepass")
        lines = raw.split(b"\n")
        for pattern in ready:
            lines = [pattern.sub(HIDDEN.encode(), line) for line in lines]
        hidden = b"\n".join(lines)
        return text if hidden == raw else hidden.decode(errors="surrogatepass")

    return hide
