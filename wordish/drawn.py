"""Where commands stand in a block whose markup says so, instead of a prompt in its text."""

from __future__ import annotations

import bisect
from collections.abc import Iterator, Sequence
from typing import Final

from wordish import syntax
from wordish.model import Block, Drawn, User
from wordish.prompts import Prompted

SCRIPTS: Final = frozenset({"bash", "sh", "shell", "zsh", "ksh"})
"""The languages of blocks whose lines are commands when an output is shown below them."""

_SCRIPT_PROMPT: Final = "$"
_NBSP: Final = "\u00a0"
_ENDS: Final = ("", " ", "\t", _NBSP)  # what may stand behind a prompt
_NEAR: Final = 16  # lines: most commands end within them

Start = tuple[int, Prompted]
"""The index of a line where something is typed, and at which prompt."""


def drawn(block: Block, lines: Sequence[str]) -> tuple[Drawn, ...]:
    """The lines of a block where commands stand without a prompt; all of a script that has an output."""
    if block.outputs and not block.drawn and block.language.lower() in SCRIPTS:
        return (Drawn(first=0, stop=len(lines), prompt=_SCRIPT_PROMPT),)
    return block.drawn


def starts(places: Sequence[Drawn], lines: Sequence[str]) -> Iterator[Start]:
    """Each line where a command begins, as bash tells where the one above it ends.

    A comment is not run, and is no output: it is like a prompt where nothing is typed.
    """
    plain = [line.replace(_NBSP, " ").removesuffix("\r") for line in lines]
    for place in places:
        user: User = "root" if place.prompt.endswith("#") else "user"
        index = place.first
        while index < place.stop:
            text = plain[index].strip()
            if not text or text.startswith("#"):
                if text or index == place.first:
                    yield index, Prompted(prompt=place.prompt, user=user, rest="")
                index += 1
            else:
                yield index, Prompted(prompt=place.prompt, user=user, rest=lines[index])
                index += _extent(plain, index, place.stop)


def named(known: Sequence[str], lines: Sequence[str]) -> Iterator[Start]:
    """The lines that begin with one of these prompts."""
    names, lengths = {*known}, sorted({len(prompt) for prompt in known})
    for index, line in enumerate(lines):
        fitting = reversed(lengths[: bisect.bisect(lengths, len(line))])
        ends = (end for end in fitting if line[end : end + 1] in _ENDS and line[:end] in names)
        if end := next(ends, 0):
            prompt = line[:end]
            user: User = "root" if prompt.endswith("#") else "user"
            yield index, Prompted(prompt=prompt, user=user, rest=line[end + 1 :])


def place_of(places: Sequence[Drawn], line: int) -> Drawn | None:
    """That of the places, which are in order, where this line stands."""
    at = bisect.bisect(places, line, key=lambda place: place.first) - 1
    return places[at] if at >= 0 and line < places[at].stop else None


def together(places: Sequence[Drawn], typed: Sequence[int]) -> set[int]:
    """Those of the lines where commands were ``typed`` whose outputs are shown with that of the next one."""
    inside = [place_of(places, line) for line in typed]
    pairs = zip(typed, inside, [*inside[1:], None], strict=True)
    return {line for line, place, following in pairs if place is not None and place is following}


def _extent(lines: Sequence[str], index: int, stop: int) -> int:
    """How many lines the command that begins at this one takes."""
    if syntax.plainly_complete(lines[index]):
        return 1
    near = _NEAR
    while True:
        count, wanted = syntax.extent(lines[index : min(stop, index + near)])
        if not wanted or index + near >= stop:
            return count
        near *= near
