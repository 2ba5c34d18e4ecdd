"""Where commands stand in a block whose markup says so, instead of a prompt in its text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from wordish import syntax
from wordish.model import Block, Drawn, User
from wordish.prompts import Prompted

SCRIPTS: Final = frozenset({"bash", "sh", "shell", "zsh", "ksh"})
"""The languages of blocks whose lines are commands when an output is shown below them."""

_SCRIPT_PROMPT: Final = "$"
_NBSP: Final = "\u00a0"
_LOOKED_AHEAD: Final = 1000

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
    for place in places:
        user: User = "root" if place.prompt.endswith("#") else "user"
        index = place.first
        while index < place.stop:
            text = _plain(lines[index]).strip()
            if not text or text.startswith("#"):
                if text or index == place.first:
                    yield index, Prompted(prompt=place.prompt, user=user, rest="")
                index += 1
            else:
                yield index, Prompted(prompt=place.prompt, user=user, rest=lines[index])
                index += _extent(lines, index, place.stop)


def named(known: Sequence[str], lines: Sequence[str]) -> Iterator[Start]:
    """The lines that begin with one of these prompts."""
    longest_first = sorted(known, key=len, reverse=True)
    for index, line in enumerate(lines):
        prompt = next((prompt for prompt in longest_first if _begins(line, prompt)), None)
        if prompt is not None:
            user: User = "root" if prompt.endswith("#") else "user"
            yield index, Prompted(prompt=prompt, user=user, rest=line[len(prompt) + 1 :])


def _begins(line: str, prompt: str) -> bool:
    return line.startswith(prompt) and line[len(prompt) : len(prompt) + 1] in ("", " ", "\t", _NBSP)


def together(places: Sequence[Drawn], typed: Sequence[int]) -> set[int]:
    """Those of the lines where commands were ``typed`` whose outputs are shown with that of the next one."""
    inside = [next((place for place in places if place.first <= line < place.stop), None) for line in typed]
    pairs = zip(typed, inside, [*inside[1:], None], strict=True)
    return {line for line, place, following in pairs if place is not None and place is following}


def _extent(lines: Sequence[str], index: int, stop: int) -> int:
    """How many lines the command that begins at this one takes."""
    if syntax.plainly_complete(_plain(lines[index])):
        return 1
    ahead = min(stop, index + _LOOKED_AHEAD)
    count, wanted = syntax.extent([_plain(line) for line in lines[index:ahead]])
    if wanted and ahead < stop:
        count, _ = syntax.extent([_plain(line) for line in lines[index:stop]])
    return count


def _plain(line: str) -> str:
    return line.replace(_NBSP, " ").removesuffix("\r")
