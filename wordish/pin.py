"""Document -> its text, in which its author says what each bare ``# `` is: what was guessed, written down.

Nothing is run. The decision is that of ``hash=auto``. It is said once for the article when one word will
do, else for each block in doubt, and in a block that has both kinds also at the end of lines. The new
text is read again before it is given out: it must have the same steps, and no doubt where there was one.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import accumulate
from pathlib import PurePath
from typing import Final, NamedTuple

from wordish import document as articles
from wordish import session
from wordish.formats import markdown, transcript
from wordish.matching import without_remarks
from wordish.model import Block, Conventions, Diagnostic, Document, Hash, Options, Step
from wordish.starts import hashes

DOUBT: Final = "guessed-root-prompt"

_FENCE: Final = re.compile(r"`{3}|~{3}|:{3}")
_ITEM: Final = re.compile(r"(?:[-*+•]|\w{1,9}[.)]|\(\w{1,9}\)|#[.)])(?:\s|$)")
_HINT: Final = re.compile(r"#\s*wordish\s*:[^#]*$")


class Pinned(NamedTuple):
    """What pinning makes of an article: the whole ``text`` of the file, the old one when nothing is new.

    ``written`` tells the new words at their lines of the new text, ``left`` the doubts that stay, or what
    is wrong with the article when all is as guessed, at those of the old one.
    """

    text: str
    written: tuple[Diagnostic, ...] = ()
    left: tuple[Diagnostic, ...] = ()


class _Edit(NamedTuple):
    """What is said of a bare ``# ``: in ``lines`` before the file's line ``at`` (from 1), or at its end."""

    at: int
    said: Hash
    lines: tuple[str, ...] = ()


_Edits = tuple[_Edit, ...]


class _Choice(NamedTuple):
    """The ways to settle the doubts of some lines, the nicest first."""

    lines: range
    ways: tuple[_Edits, ...]


def pin(document: Document) -> Pinned:
    """The article with what reading it under ``hash=auto`` leaves to a guess.

    Raises `wordish.errors.MissingToolError` as reading does.
    """
    options = document.conventions.options
    auto = document.conventions._replace(options=options._replace(hash=options.hash or "auto"))
    wanted = articles.parse(document.text, path=document.path, conventions=auto)
    doubts = _doubts(wanted)
    broken = tuple(error for error in wanted.errors if error not in document.errors)
    if broken or not doubts:
        return Pinned(text=document.text, left=broken)
    said: Hash = "root" if any(step.is_guess for step in wanted.steps) else "comment"
    rows = re.split(r"\r?\n", document.text.removeprefix("\ufeff"))
    for lines, at in _comments_on_top(rows, said, path=document.path):
        edits = (_Edit(at=at, said=said, lines=lines),)
        if _settles(edits, wanted, range(1, len(rows) + 1), document.conventions):
            return _pinned(document, edits, ())
    return _pinned(document, _accepted(wanted, (), list(_choices(wanted, rows))), doubts)


def _doubts(document: Document) -> list[Diagnostic]:
    return [remark for remark in document.diagnostics if remark.name == DOUBT]


def _pinned(document: Document, edits: _Edits, doubts: Sequence[Diagnostic]) -> Pinned:
    """What these edits make of an article that had these doubts."""
    text, moved = _applied(document.text, edits)
    still = {remark.line for remark in _doubts(_read(text, document, document.conventions))}
    said = [(moved(edit.at) - _height(edit.lines), f"hash={edit.said}") for edit in edits]
    return Pinned(
        text=text,
        written=tuple(
            Diagnostic(path=document.path, line=line, name="pinned", message=message)
            for line, message in sorted(said)
        ),
        left=tuple(doubt for doubt in doubts if doubt.path != document.path or moved(doubt.line) in still),
    )


def _height(lines: Sequence[str]) -> int:
    """How far above the line below them the comment stands that these lines hold."""
    return next((len(lines) - n for n, line in enumerate(lines) if "hash=" in line), 0)


# Where it can be said.


def _comments_on_top(rows: Sequence[str], said: Hash, *, path: str) -> Iterator[tuple[tuple[str, ...], int]]:
    """The lines that say it of the article, and the line before which they go."""
    suffix = PurePath(path).suffix.lower()
    if suffix in markdown.SUFFIXES:
        comment = f"<!-- wordish: hash={said} -->"
        matter = rows[0].rstrip() == "---"
        end = next((n for n, row in enumerate(rows[1:], 2) if row.rstrip() == "---"), 0) if matter else 0
        if end:
            below = () if end < len(rows) and not rows[end].strip() else ("",)
            yield ("", comment, *below), end + 1
        else:
            yield (comment, ""), 1
        return
    if suffix not in transcript.WHOLE:
        yield (f".. wordish: hash={said}", ""), 1
    if suffix in transcript.SUFFIXES or not suffix:
        yield (f"# wordish: hash={said}",), 1


def _comment_before(block: Block, rows: Sequence[str], said: Hash) -> _Edits | None:
    """The comment right before a block that says it of the block, ``None`` where none can stand."""
    suffix = PurePath(block.path).suffix.lower()
    if not block.start or block.running or suffix in transcript.WHOLE:
        return None
    row = rows[block.start - 1]
    prefix = row[: len(row) - len(row.lstrip(" \t>"))]
    rest = row[len(prefix) :]
    if suffix in markdown.SUFFIXES:
        comment = f"<!-- wordish: hash={said} -->"
        if _FENCE.match(rest):
            lines: tuple[str, ...] = (prefix + comment,)
        elif prefix.endswith("    "):
            lines = (prefix[:-4] + comment, prefix[:-4].rstrip())
        else:
            return None
    elif _ITEM.match(rest):
        return None
    else:
        lines = (f"{prefix}.. wordish: hash={said}", prefix.rstrip())
    return (_Edit(at=block.start, said=said, lines=lines),)


def _choices(wanted: Document, rows: Sequence[str]) -> Iterator[_Choice]:
    """For each block in doubt, how to say what its ``# `` are."""
    reading = articles.reading_of(wanted.text, path=wanted.path, conventions=wanted.conventions)
    doubtful = {doubt.line for doubt in _doubts(wanted) if doubt.path == wanted.path}
    guesses = {step.line for step in wanted.steps if step.is_guess and step.path == wanted.path}
    shown = (
        step._replace(expectation=without_remarks(step.expectation))
        for step in wanted.steps
        if step.path == wanted.path
    )
    owned = {line for _, line in articles.lines_of(shown)}
    for block in reading.blocks:
        lines = range(block.line, block.line + block.text.count("\n") + 1)
        if block.path != wanted.path or not session.is_looked_at(block) or doubtful.isdisjoint(lines):
            continue
        bare = [block.line + number for number, _ in hashes(block.text.split("\n"))]
        ways: tuple[_Edits | None, ...]
        at_commands = tuple(_Edit(at=n, said="root") for n in bare if n in guesses)
        if not at_commands:
            first = next(n for n in bare if n in doubtful)
            ways = (_comment_before(block, rows, "comment"), (_Edit(at=first, said="comment"),))
        else:
            others = [n for n in bare if n not in guesses]
            if not owned.isdisjoint(others):
                before = _comment_before(block, rows, "comment")
                marks = at_commands
            else:
                before = _comment_before(block, rows, "root")
                marks = tuple(_Edit(at=n, said="comment") for n in others)
            ways = ((*before, *marks) if before else None, at_commands)
        yield _Choice(lines=lines, ways=tuple(way for way in ways if way))


# What may be said.


def _accepted(wanted: Document, sure: _Edits, choices: Sequence[_Choice]) -> _Edits:
    """Edits beside those that are sure, as many as the article still reads the same with."""
    lines = {line for choice in choices for line in choice.lines}
    for way in range(len(choices[0].ways) if len(choices) == 1 else bool(choices)):
        edits = (*sure, *(edit for choice in choices for edit in choice.ways[way]))
        if _settles(edits, wanted, lines, wanted.conventions):
            return edits
    if len(choices) < 2:
        return sure
    half = len(choices) // 2
    return _accepted(wanted, _accepted(wanted, sure, choices[:half]), choices[half:])


def _settles(edits: _Edits, wanted: Document, lines: Iterable[int], conventions: Conventions) -> bool:
    """Whether with these edits the article has the steps that are wanted, and in these lines no doubt."""
    text, moved = _applied(wanted.text, edits)
    again = _read(text, wanted, conventions)
    doubtful = {remark.line for remark in _doubts(again)}
    return (
        len(again.steps) == len(wanted.steps)
        and len(again.errors) == len(wanted.errors)
        and all(map(_is_same, wanted.steps, again.steps))
        and doubtful.isdisjoint(map(moved, lines))
    )


def _is_same(old: Step, new: Step) -> bool:
    return _essence(old) == _essence(new)


def _essence(step: Step) -> tuple[object, ...]:
    shown = without_remarks(step.expectation)
    said: Options = step.options._replace(hash=None)
    return step.command, step.prompt, step.user, said, shown._replace(lines=None)


def _read(text: str, document: Document, conventions: Conventions) -> Document:
    return articles.parse(text, path=document.path, conventions=conventions)


def _applied(text: str, edits: _Edits) -> tuple[str, Callable[[int], int]]:
    """The text with these edits, and where the file's old lines are in it."""
    mark = "\ufeff" if text.startswith("\ufeff") else ""
    rows = re.split(r"\r?\n", text.removeprefix(mark))
    ends = re.findall(r"\r?\n", text)
    usual = Counter(ends).most_common(1)[0][0] if ends else "\n"
    pieces = [[row, end] for row, end in zip(rows, [*ends, ""], strict=True)]
    above: dict[int, list[str]] = {}
    for edit in edits:
        if edit.lines:
            above[edit.at] = [*above.get(edit.at, ()), *edit.lines]
        else:
            row = pieces[edit.at - 1][0].rstrip(" \t")
            pieces[edit.at - 1][0] = f"{row} {'' if _HINT.search(row) else ' # wordish: '}hash={edit.said}"
    written = [mark]
    for number, (row, end) in enumerate(pieces, 1):
        written += [line + usual for line in above.get(number, ())]
        written += [row, end]
    places = sorted(above)
    heights = [0, *accumulate(len(above[at]) for at in places)]
    return "".join(written), lambda line: line + heights[bisect_right(places, line)]
