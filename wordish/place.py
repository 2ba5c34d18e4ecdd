"""Where a step's output stands in its file, or would stand if there were one, and what stands before it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from wordish.model import Step

# An option of a directive, of which one may hold the command; its output stands below them all.
_OPTION: Final = re.compile(r":[^:\s][^:]*:(?:\s|$)")
_INPUT: Final = re.compile(r":(?:input|multi):(?:\s|$)")


class Place(NamedTuple):
    """The lines of a file from the index ``start`` to before ``stop``; ``apart``: below a blank line."""

    start: int
    stop: int
    apart: bool = False


def place(rows: Sequence[str], step: Step) -> Place:
    """Where the output of a step goes in its file, whose lines are ``rows``.

    What is typed at a prompt is answered on the line below it. Where the markup draws the prompt, a blank
    line ends what is typed, and all the options of a directive stand above its text.
    """
    if step.expectation.lines:
        return Place(start=step.expectation.lines[0] - 1, stop=step.expectation.lines[1])
    at = step.end_line
    row = _row(rows, step.line)
    if _prompt(row, step) is not None:
        return Place(start=at, stop=at)
    prefix = before(rows, step)
    while at < len(rows) and _other_option(rows[at].removeprefix(prefix)):
        at += 1
    first = step.line - 1
    while first and _OPTION.match(rows[first - 1].removeprefix(prefix)):
        first -= 1
    in_the_body = _INPUT.match(row.removeprefix(prefix)) and "terminal" not in rows[first - 1]
    return Place(start=at, stop=at, apart=not in_the_body)


def _other_option(line: str) -> bool:
    return bool(_OPTION.match(line)) and not _INPUT.match(line)


def before(rows: Sequence[str], step: Step) -> str:
    """What stands before each line of a session: indentation, marks of quotes, blanks for those of lists."""
    row = _row(rows, step.line)
    column = _prompt(row, step)
    if column is None:
        return row[: len(row) - len(row.lstrip(" \t>"))]
    return re.sub(r"[^\s>]", " ", row[:column])


def _row(rows: Sequence[str], line: int) -> str:
    return rows[line - 1].removeprefix("\ufeff")


def _prompt(row: str, step: Step) -> int | None:
    """The column of the prompt in a step's first line, ``None`` when the markup draws it."""
    plain = row.replace("\u00a0", " ")
    column = plain.find(step.prompt)
    typed = plain[column + len(step.prompt) :].lstrip(" \t")
    return column if column >= 0 and typed.startswith(step.command.partition("\n")[0]) else None
