"""What one shown line may stand for: itself, a text with wildcards, a pattern, or any lines at all."""

from __future__ import annotations

import enum
import functools
import importlib
import re
from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

_WILDCARD: Final = re.compile(r"(?:\.\.\.|…)+")
_GAPS: Final = frozenset({"...", "…", "[...]", "[…]"})


class Gap(enum.Enum):
    """The token of a wildcard on a line of its own."""

    GAP = "..."


GAP: Final = Gap.GAP


class Glob(NamedTuple):
    """A line with wildcards in it: the literal ``parts`` around them, at least two.

    A line that begins with a wildcard has no indentation of its own.
    """

    parts: tuple[str, ...]

    def fits(self, line: str) -> bool:
        """Whether ``line``, whose trailing blanks were dropped, may be what this stands for."""
        first, *middle, last = self.parts
        if not last:  # `done ...` stands for `done` too: give back the blanks that were dropped
            literal = "".join(self.parts)
            line += " " * (len(literal) - len(literal.rstrip(" ")))
        if not line.startswith(first):
            return False
        at, end = len(first), len(line) - len(last)
        for part in middle:
            at = line.find(part, at, end)
            if at < 0:
                return False
            at += len(part)
        return at <= end and line.endswith(last)


class Regex(NamedTuple):
    """A line that is a pattern."""

    pattern: str

    def fits(self, line: str) -> bool:
        """Whether the pattern matches the whole of ``line``."""
        return _compiled(self.pattern)(line.encode(errors="replace")) is not None


Token = str | Glob | Regex | Gap


def fits(token: Token, line: str) -> bool:
    """Whether one printed line may be what ``token`` stands for; never true of a `GAP`."""
    if isinstance(token, str):
        return token == line
    return token is not GAP and token.fits(line)


def regex_errors(text: str) -> tuple[tuple[int, str], ...]:
    """What is wrong with the patterns of an expectation: (index of the line from 0, message)."""
    found = []
    for index, line in enumerate(text.split("\n")):
        try:
            _compiled(line)
        except ValueError as error:
            found.append((index, str(error)))
    return tuple(found)


def regex_error(pattern: str) -> str:
    """What is wrong with one pattern, "" when nothing is."""
    try:
        _re2(pattern)
    except ValueError as error:
        return str(error)
    return ""


def reach(pattern: str, text: str) -> int:
    """How many characters ``pattern`` takes from the start of ``text``; -1 when it does not fit there.

    Raises `ValueError` for what is no pattern.
    """
    found = _re2(pattern).match(text.encode(errors="replace"))
    return len(found.group().decode()) if found else -1


@functools.lru_cache(maxsize=1024)
def _compiled(pattern: str) -> Callable[[bytes], object]:
    fullmatch: Callable[[bytes], object] = _re2(pattern).fullmatch
    return fullmatch


@functools.lru_cache(maxsize=1024)
def _re2(pattern: str) -> Any:
    re2: Any = importlib.import_module("re2")  # here: most articles have no pattern
    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(pattern, options)
    except re2.error as error:
        reason = error.args[0]
        reason = reason.decode(errors="replace") if isinstance(reason, bytes) else str(reason)
        raise ValueError(f"bad pattern: {reason}") from None


def token_of(line: str) -> Token:
    """What a shown line means in ``ellipsis`` mode."""
    if "..." not in line and "…" not in line:
        return line
    if line.strip(" ") in _GAPS:
        return GAP
    first, *others = _WILDCARD.split(line)
    return Glob((first if first.strip(" ") else "", *others))


def solid(token: Token) -> str:
    """The literal text that ``token`` begins with, whose indentation is its own; "" when it has none."""
    if isinstance(token, str):
        return token
    return token.parts[0] if isinstance(token, Glob) else ""


def indent(line: str) -> int:
    """How many blanks ``line`` begins with."""
    return len(line) - len(line.lstrip(" "))


def moved(tokens: Sequence[Token], columns: int) -> list[Token]:
    """The tokens that many columns to the right (or left, when negative)."""
    pad, cut = " " * columns, max(0, -columns)

    def shifted(token: Token) -> Token:
        if isinstance(token, str):
            return pad + token[cut:] if token else token
        if isinstance(token, Glob) and token.parts[0]:
            return Glob((pad + token.parts[0][cut:], *token.parts[1:]))
        return token

    return [shifted(token) for token in tokens] if columns else list(tokens)
