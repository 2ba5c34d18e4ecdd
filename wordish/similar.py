"""What stands where, in a line that merely resembles the shown one."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable
from difflib import SequenceMatcher
from typing import Final

from wordish.pattern import ANYTHING, Glob, Hole

_PRIVATE: Final = 0xE000  # characters that mean nothing: Unicode's private use area
_WORDS: Final = re.compile(r"(?:\.\.\.|…)+|\d+|[^\W\d]+|\s+|[^\w\s]|_")


def pieces(glob: Glob, line: str) -> list[tuple[str, Hole | None]]:
    """The pieces of a printed line, each with the hole of the shown one in whose place it stands, if any.

    A hole that has lost its place between two words that both lines have is left out.
    """
    holes = glob.holes or tuple(Hole(shown="...", pattern=ANYTHING) for _ in glob.parts[1:])
    marked = {chr(_PRIVATE + number): hole for number, hole in enumerate(holes) if hole.shown.strip(" ")}
    marks = (_mark(number, hole) for number, hole in enumerate(holes))
    shown = "".join(itertools.chain(*itertools.zip_longest(glob.parts, marks, fillvalue="")))
    before, after = _WORDS.findall(shown), _WORDS.findall(line)
    found: list[tuple[str, Hole | None]] = []
    for tag, i, n, j, m in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        alone = tag in ("replace", "delete") and n == i + 1 and before[i] in marked
        found.append(("".join(after[j:m]), marked[before[i]] if alone else None))
    return found


def _mark(number: int, hole: Hole) -> str:
    return chr(_PRIVATE + number) if hole.shown.strip(" ") else hole.shown


def glob_of(found: Iterable[tuple[str, Hole | None]]) -> Glob:
    """The line that such pieces make when their holes stay."""
    parts, holes = [""], []
    for text, hole in found:
        if hole:
            holes.append(hole)
            parts.append("")
        else:
            parts[-1] += text
    return Glob(parts=tuple(parts), holes=tuple(holes))
