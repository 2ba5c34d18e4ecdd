"""What one shown line may stand for: itself, a text with wildcards, a pattern, or any lines at all."""

from __future__ import annotations

import enum
import functools
import importlib
import itertools
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, NamedTuple

_WILDCARD: Final = re.compile(r"(?:\.\.\.|…)+")
ANYTHING: Final = ".*"
"""The pattern of a wildcard."""

_GAPS: Final = frozenset({"...", "…", "[...]", "[…]"})


class Gap(enum.Enum):
    """The token of a wildcard on a line of its own."""

    GAP = "..."


GAP: Final = Gap.GAP


class Hole(NamedTuple):
    """What stands between two parts of a `Glob`: what the article shows there, and a pattern of what may be.

    ``sample``: what is shown is a literal that stands for what is printed (`wordish.forms`).
    """

    shown: str
    pattern: str
    sample: bool = False


class Glob(NamedTuple):
    """A line with wildcards in it: the literal ``parts`` around them, at least two.

    A line that begins with a wildcard has no indentation of its own. ``holes`` say what the wildcards
    are; without any, each stands for any text.
    """

    parts: tuple[str, ...]
    holes: tuple[Hole, ...] = ()

    def fits(self, line: str) -> bool:
        """Whether ``line``, whose trailing blanks were dropped, may be what this stands for."""
        if self.holes:
            return self._found(line) is not None
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

    @property
    def text(self) -> str:
        """The line without its wildcards, as the article shows it."""
        shown = ("" if hole.pattern == ANYTHING else hole.shown for hole in self.holes)
        return "".join(itertools.chain(*itertools.zip_longest(self.parts, shown, fillvalue="")))

    def read(self, line: str) -> Iterator[tuple[str, str]]:
        """The samples that this shows, and what stands for each of them in a line that fits."""
        found = self._found(line)
        samples = [hole.shown for hole in self.holes if hole.sample] if found else []
        for number, sample in enumerate(samples[:_GROUPS]):
            yield sample, found.group(group(number)).decode()

    def _found(self, line: str) -> Any:
        if not self.parts[-1] and self.holes[-1].pattern == ANYTHING:  # as above
            line += " " * (len(self.parts[-2]) - len(self.parts[-2].rstrip(" ")))
        return _compiled(_whole(self.parts, self.holes))(line.encode(errors="replace"))


def group(number: int) -> str:
    """The name of the group that stands for a sample, by its number in the line, from 0."""
    return f"sample{number}"


_GROUPS: Final = 20  # samples of one line whose values are told


@functools.lru_cache(maxsize=4096)
def _whole(parts: tuple[str, ...], holes: tuple[Hole, ...]) -> str:
    pieces, count = [escaped(parts[0])], 0
    for hole, part in zip(holes, parts[1:], strict=True):
        told = hole.sample and count < _GROUPS
        pieces += (f"(?P<{group(count)}>" if told else "(?:", hole.pattern, ")", escaped(part))
        count += told
    return "".join(pieces)


class Regex(NamedTuple):
    """A line that is a pattern. Its group number N (see `group`) stands for the N-th of ``samples``."""

    pattern: str
    samples: tuple[str, ...] = ()

    def fits(self, line: str) -> bool:
        """Whether the pattern matches the whole of ``line``."""
        return _compiled(self.pattern)(line.encode(errors="replace")) is not None

    def read(self, line: str) -> Iterator[tuple[str, str]]:
        """As `Glob.read`."""
        found: Any = _compiled(self.pattern)(line.encode(errors="replace"))
        for number, sample in enumerate(self.samples if found else ()):
            value = found.group(group(number))
            if value is not None:
                yield sample, value.decode()


Token = str | Glob | Regex | Gap


def fits(token: Token, line: str) -> bool:
    """Whether one printed line may be what ``token`` stands for; never true of a `GAP`."""
    if isinstance(token, str):
        return token == line
    return token is not GAP and token.fits(line)


def escaped(text: str) -> str:
    """``text`` as a pattern that matches it alone."""
    return re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", text)


def matches_whole(pattern: str, text: str) -> bool:
    """Whether a pattern matches the whole of ``text``. Raises `ValueError` when it is none."""
    return _compiled(pattern)(text.encode(errors="replace")) is not None


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
            return token._replace(parts=(pad + token.parts[0][cut:], *token.parts[1:]))
        return token

    return [shifted(token) for token in tokens] if columns else list(tokens)
