"""Shown against printed, as a unified diff for an author at midnight.

Lines that begin with ``-`` are shown but were not printed there, lines with ``+`` were printed but
are not shown. All else is context in the author's own words: patterns that match what was printed,
gaps with whatever they took, lines found on stderr. Lines with ``\\`` are remarks of wordish, as in
``diff``. On the shown side, line numbers are the file's.

Runs of lines and lines that are
too long to be read are cut, and the diff says so.
"""

from __future__ import annotations

import difflib
import itertools
import re
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from wordish.alignment import ALIKE, ON_STDERR, Alignment, Span, align, likeness
from wordish.matching import Reading, closest_reading, plain_reading
from wordish.model import Expectation, Output, Step
from wordish.trimming import common_prefix, trimmed

_CONTEXT: Final = 3  # lines
_RUN: Final = 40  # lines of one kind in a row
_ROWS: Final = 400  # lines of a diff
_WIDTH: Final = 240  # characters of a line
_LEAD: Final = 60  # characters before the first difference


class _Change(NamedTuple):
    """Shown lines ``i`` to ``n`` stand where lines ``j`` to ``m`` were printed; one of both may be none."""

    i: int
    n: int
    j: int
    m: int


class _Laid(NamedTuple):
    """What is shown laid beside what was printed; ``above`` lines of both stand before it, and agree."""

    text: str
    above: int
    reading: Reading
    aligned: Alignment
    changes: Sequence[_Change]


def diff(step: Step, output: Output) -> str:
    """What is shown against what was printed, "" when they agree; every line ends in ``\\n``."""
    laid = _differing(step.expectation, output) or _whole(step.expectation, output)
    if not laid.changes:
        return ""
    text = laid.text
    if step.expectation.samples:
        from wordish.forms import spoken

        text = spoken(text, step.expectation.samples)
    shown = text.split("\n") if text else []
    first = step.expectation.lines[0] if step.expectation.lines else step.end_line + 1
    rows = [f"--- shown ({step.path}:{first})", "+++ printed"]
    hunks = _hunks(laid.changes)
    for hunk in hunks:
        rows.extend(_rendered(hunk, laid, shown, first + laid.above))
        if len(rows) > _ROWS:
            rows[_ROWS:] = [f"\\ the rest of the diff, at {len(hunks):,} places in all, is left out"]
            break
    return "".join(f"{row}\n" for row in rows)


def _differing(expectation: Expectation, output: Output) -> _Laid | None:
    """The part of two long texts that differs, with equal lines around it; ``None`` when it has none."""
    part = trimmed(expectation, stdout=output.stdout, stderr=output.stderr)
    if not part:
        return None
    reading = plain_reading(part.expectation, part.stdout, "")  # its first column is that of the rest
    laid = _laid(part.expectation.text, reading, above=part.above)
    if not laid.changes:
        return None
    first, last = laid.changes[0], laid.changes[-1]
    if part.above and min(first.i, first.j) < _CONTEXT:
        return None
    if part.below and min(len(reading.tokens) - last.n, len(reading.out) - last.m) < _CONTEXT:
        return None
    return laid


def _whole(expectation: Expectation, output: Output) -> _Laid:
    reading = closest_reading(expectation, stdout=output.stdout, stderr=output.stderr)
    return _laid(expectation.text, reading, above=0)


def _laid(text: str, reading: Reading, *, above: int) -> _Laid:
    aligned = align(reading.tokens, reading.out, reading.err)
    return _Laid(text, above, reading, aligned, _changes(aligned, len(reading.out)))


def _changes(aligned: Alignment, printed: int) -> list[_Change]:
    changes = []
    i = j = 0
    for index, span in enumerate([*aligned, (printed, printed)]):
        if span is None:
            continue
        start, end = (j, j) if span == ON_STDERR else span
        if i < index or j < start:
            changes.append(_Change(i, index, j, start))
        i, j = index + 1, end
    return changes


def _hunks(changes: Sequence[_Change]) -> list[list[_Change]]:
    """The changes, those together between which all context is shown."""
    hunks = [[changes[0]]]
    for change in changes[1:]:
        if change.i - hunks[-1][-1].n <= 2 * _CONTEXT:
            hunks[-1].append(change)
        else:
            hunks.append([change])
    return hunks


def _rendered(hunk: Sequence[_Change], laid: _Laid, shown: Sequence[str], first: int) -> Iterator[str]:
    """The lines of one hunk; ``first`` is the line of the file where what is laid out begins."""
    reading = laid.reading
    start = max(0, hunk[0].i - _CONTEXT)
    end = min(len(shown), hunk[-1].n + _CONTEXT)
    context = end - start - sum(change.n - change.i for change in hunk)
    printed = context + sum(change.m - change.j for change in hunk)
    spans = (span for span in laid.aligned[start : hunk[0].i] if span and span != ON_STDERR)
    below, _ = next(spans, (hunk[0].j, 0))
    # As in diff, a side without lines is numbered by the line before it.
    minus_at, plus_at = first + start - (end == start), laid.above + below + (printed > 0)
    yield f"@@ -{minus_at},{end - start} +{plus_at},{printed} @@"
    at = start
    for change in hunk:
        yield from (" " + _shortened(line) for line in shown[at : change.i])
        at = change.n
        minus = shown[change.i : change.n]
        plus = [_beside(line, reading.columns) for line in reading.out[change.j : change.m][:_RUN]]
        for number, line in enumerate(minus[:_RUN]):
            yield "-" + _shortened(line, plus[number] if number < len(plus) else None)
        if len(minus) > _RUN:
            yield f"\\ {len(minus) - _RUN:,} more lines shown"
        for number, line in enumerate(plus):
            yield "+" + _shortened(line, minus[number] if number < len(minus) else None)
        if change.m - change.j > _RUN:
            yield f"\\ {change.m - change.j - _RUN:,} more lines printed"
    yield from (" " + _shortened(line) for line in shown[at:end])


def _beside(line: str, columns: int) -> str:
    """A printed line in the columns of the shown text."""
    if columns < 0:
        return " " * -columns + line if line else line
    return line[min(columns, len(line) - len(line.lstrip(" "))) :]


def _shortened(line: str, other: str | None = None) -> str:
    """The line, or where it is too long, what stands around its first difference from another."""
    if len(line) <= _WIDTH:
        return line
    start = max(0, common_prefix(line, other) - _LEAD) if other is not None else 0
    start = min(start, len(line) - _WIDTH)
    left, right = start, len(line) - start - _WIDTH
    return "".join(
        (
            f"[{left:,} characters] " if left else "",
            line[start : start + _WIDTH],
            f" [{right:,} characters]" if right else "",
        )
    )


def changed_spans(shown: str, printed: str) -> tuple[list[Span], list[Span]]:
    """Where two lines differ, word by word: (start, end) pairs in the one and in the other."""
    before, after = (re.findall(r"\w+|\s+|[^\w\s]", line) for line in (shown, printed))
    befores, afters = ([0, *itertools.accumulate(map(len, words))] for words in (before, after))
    spans: tuple[list[Span], list[Span]] = ([], [])
    matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
    for tag, i, n, j, m in matcher.get_opcodes():
        if tag != "equal":
            spans[0].extend([(befores[i], befores[n])] if i < n else [])
            spans[1].extend([(afters[j], afters[m])] if j < m else [])
    return spans


def marked(text: str) -> Iterator[tuple[str, list[Span]]]:
    """The lines of a `diff`, each with the (start, end) of the words to be marked in it.

    Words are marked in a ``-`` line and the ``+`` line that took its place, when they are alike.
    """
    lines = text.split("\n")[:-1]
    yield from ((line, []) for line in lines[:2])
    kinds = [(kind, list(run)) for kind, run in itertools.groupby(lines[2:], key=lambda line: line[:1])]
    for at, (kind, run) in enumerate(kinds):
        other: list[str] = []
        if kind == "-" and kinds[at + 1 : at + 2] and kinds[at + 1][0] == "+":
            other = kinds[at + 1][1]
        elif kind == "+" and at and kinds[at - 1][0] == "-":
            other = kinds[at - 1][1]
        for line, partner in itertools.zip_longest(run, other[: len(run)], fillvalue=""):
            spans: list[Span] = []
            if partner and likeness(line[1:], partner[1:]) >= ALIKE:
                spans, _ = changed_spans(line[1:], partner[1:])
            yield line, [(low + 1, high + 1) for low, high in spans]
