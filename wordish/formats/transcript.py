"""A session without markup: the file of a terminal's dialogue, or prompts that stand in running text.

``.sh-session`` and ``.console`` are one session from end to end. In ``.txt`` prose stands between
the sessions, and a blank line ends an output. A first line ``# wordish: ...`` before any prompt is for
the article.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePath

from wordish import prompts
from wordish.formats.inclusion import Load
from wordish.formats.reading import NOTHING, Comment, Found, Reading, Remark, Session, assemble, lost
from wordish.model import Block, Options

SUFFIXES = (".sh-session", ".console", ".txt")

WHOLE = (".sh-session", ".console")
"""Those of them that are one session from end to end."""

_LOST = re.compile(r"\s*(?:\.\.|<!--|%|#)\s*wordish\s*:")
_LOST_HINT = "in a text without markup, only the first lines speak to wordish: `# wordish: ...`"
_COMMENT = re.compile(r"#\s*wordish\s*:(.*)")


def read(text: str, *, path: str, load: Load, outer: Options = NOTHING) -> Reading:  # noqa: ARG001 - a transcript includes nothing
    """The whole text as one block, running text unless its suffix says that it is one session."""
    lines = text.split("\n")
    return assemble(_found(lines, path=path), lines=lines, path=path, outer=outer)


def _found(lines: list[str], *, path: str) -> Iterator[Found]:
    start = 0
    while start < len(lines) and (said := _COMMENT.match(lines[start])):
        start += 1
        yield Comment(start=start, end=start, text=said.group(1), article=True)
    running = not path.endswith(WHOLE)
    yield from _lost(lines, start, path=path, running=running)
    block = Block(
        path=path,
        line=start + 1,
        text="\n".join(lines[start:]),
        language="" if running else PurePath(path).suffix[1:],
        running=running,
    )
    yield Session(start=start + 1, end=len(lines), block=block)


def _lost(lines: list[str], start: int, *, path: str, running: bool) -> Iterator[Found]:
    """Comments that would speak to wordish elsewhere; below a prompt of a whole transcript, output."""
    for number, line in enumerate(lines[start:], start + 1):
        if not running and prompts.match(line):
            return
        if _LOST.match(line):
            yield Remark(diagnostics=(lost(path, number, _LOST_HINT),))
