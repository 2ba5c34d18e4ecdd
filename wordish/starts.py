"""Where the commands of a block start: the lines with a prompt, and what a bare ``# `` is there.

By itself that is no prompt. ``hash=root`` makes it root's, ``hash=comment`` says that it is none, and
``hash=auto`` leaves it to a guess, line by line. One line can say it for itself, in a trailing comment.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from wordish import drawn, prompts
from wordish import options as words
from wordish.model import Block, Options
from wordish.prompts import Prompted

Start = tuple[int, Prompted]
"""The index of a line of the block, and what it starts with."""

PROMPT = "#"
"""What a step's prompt is at a bare ``# ``."""

_LONGEST = 1000  # letters that one line says to wordish
_BLANKS = " \t\u00a0"

# Where a "# " at the start of a line was root's prompt more often than not, and where it hardly ever was.
CONSOLES = frozenset({"console", "terminal", "shell-session", "sh-session", "bash-session", "shellsession"})
_SCRIPTS = frozenset({"bash", "sh", "shell", "zsh", "ksh"})

# What leaves the reader at root's prompt.
_TO_ROOT = re.compile(r"su\b|sudo\s+(?:-[is]\b|su\b|\w*sh\b)|ssh\s.*\broot@|chroot\b|(?:docker|podman|lxc)\s")


def starts(block: Block, lines: Sequence[str], *, options: Options) -> list[Start]:
    """The lines of a block, which are ``lines``, where something is typed; ``options`` are those in force.

    That is after a prompt, or where the block's markup draws one.

    Weak prompts count in a block that begins with one, never in running text; there a prompt may be
    indented.
    """
    if block.prompts:
        return list(drawn.named(block.prompts, lines))
    found = _shown(block, lines, options)
    places = block.drawn if found else drawn.drawn(block, lines)
    if not places:
        return found
    outside = [start for start in found if not drawn.place_of(places, start[0])]
    return sorted([*drawn.starts(places, lines), *outside], key=lambda start: start[0])


def _shown(block: Block, lines: Sequence[str], options: Options) -> list[Start]:
    """The lines that show a prompt."""
    if block.running:
        lines = [line.lstrip(" \t") for line in lines]
    firm = list(_firm(block, lines, options))
    if "#" not in block.text or (options.hash in (None, "comment") and "hash=" not in block.text):
        return firm
    return sorted({**_bare(block, lines, firm, options), **dict(firm)}.items())


def has_command(block: Block, *, options: Options) -> bool:
    """Whether a prompt of the block has a command behind it."""
    lines = block.text.split("\n")
    if block.running:
        lines = [line.lstrip(" \t") for line in lines]
    plain = not (block.prompts or block.drawn)
    return (plain and any(prompted.rest.strip() for _, prompted in _firm(block, lines, options))) or any(
        prompted.rest.strip() for _, prompted in starts(block, lines, options=options)
    )


def _firm(block: Block, lines: Sequence[str], options: Options) -> Iterator[Start]:
    """The lines with a prompt that is nothing else."""
    own = prompts.own(options)
    first = next((line for line in lines if line.strip()), "")
    weak = (
        not block.running
        and prompts.match(first, own=own) is None
        and prompts.match(first, weak=True) is not None
    )
    match = prompts.match
    for number, line in enumerate(lines):
        prompted = match(line, weak=weak, own=own)
        if prompted:
            yield number, prompted


def doubtful(block: Block, found: Sequence[Start], *, options: Options) -> list[int]:
    """The lines of a block that look like root's bare prompt and are not read as one.

    ``found`` are the block's `starts`.
    """
    if options.hash in ("root", "comment") or block.running or "# " not in block.text:
        return []
    lines = block.text.split("\n")
    known = {number for number, _ in found}
    firm = [start for start in found if start[1].prompt != PROMPT]
    guessed = [number for number in _guesses(block, lines, firm) if number not in known]
    if known or guessed or block.language.lower() not in CONSOLES:
        return guessed
    from wordish.lookalikes import may_be_root

    return [number for number, line in enumerate(lines) if may_be_root(line)]


def hashes(lines: Sequence[str]) -> Iterator[tuple[int, str]]:
    """The lines that start with a bare ``# ``, by index, and what stands behind it."""
    for number, line in enumerate(lines):
        if line[:1] == PROMPT and (len(line) == 1 or line[1] in _BLANKS):
            yield number, line[2:]


def _bare(block: Block, lines: Sequence[str], firm: Sequence[Start], options: Options) -> dict[int, Prompted]:
    """The bare ``# `` of a block that are prompts, or that one line says are comments."""
    found: dict[int, Prompted] = {}
    for number, text in hashes(lines):
        said = _said(text)
        if said == "root" or (said is None and options.hash == "root"):
            found[number] = Prompted(prompt=PROMPT, user="root", rest=text)
        elif said == "comment":
            found[number] = Prompted(prompt=PROMPT, user="root", rest="")
    if options.hash == "auto":
        for number in _guesses(block, lines, firm):
            guess = Prompted(prompt=PROMPT, user="root", rest=lines[number][2:], guessed=True)
            found.setdefault(number, guess)
    return found


def _said(text: str) -> str | None:
    """What a line says of its own ``# `` in a trailing comment."""
    before, _, after = text.rpartition("wordish")
    said = after.lstrip()
    if not (said.startswith(":") and "hash=" in said[:_LONGEST] and before.rstrip().endswith("#")):
        return None
    return words.parse(said[1:_LONGEST], path="", line=0)[0].hash


def _guesses(block: Block, lines: Sequence[str], firm: Sequence[Start]) -> list[int]:
    """The lines whose ``# `` is most likely root's prompt.

    Never in the output of a command at another prompt: such lines stand above the first of these, or
    below one that leaves to root, or in a block that began with them. In a script it is a comment,
    unless there is nothing else.
    """
    bare = list(hashes(lines))
    if block.running or not bare:
        return []
    from wordish.lookalikes import is_command  # few blocks have such lines

    sure = {number for number, text in bare if is_command(text.strip(_BLANKS))}
    if not sure:
        return []
    if block.language.lower() in _SCRIPTS and len(sure) < sum(map(bool, map(str.strip, lines))):
        return []
    began = not firm or min(sure) < firm[0][0]
    found = []
    after = 0
    for number, text in bare:
        while after < len(firm) and firm[after][0] < number:
            after += 1
        above = firm[after - 1][1].rest.strip(_BLANKS) if after else ""
        if (began or not after or _TO_ROOT.match(above)) and (
            number in sure or is_command(text.strip(_BLANKS), company=True)
        ):
            found.append(number)
    return found
