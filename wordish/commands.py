"""What was typed at a prompt: from its line to where bash says that the command ends.

It has to end before the next prompt, with two exceptions. A here-document may hold lines that look like
prompts, when its delimiter stands further down. What is only guessed to be a prompt ends no open command.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from wordish import outline, placeholders, syntax
from wordish.model import Diagnostic, Severity
from wordish.starts import PROMPT, Start

_NBSP = "\u00a0"
# The start of a block in an article that a here-document writes.
_MARKUP = re.compile(r"^\s*(?:```|~~~|:::|\.\. )|::\s*$")
_PS2 = re.compile(r">(?:[ \u00a0]|$)")


class Typed(NamedTuple):
    """A command, and the index of the line after its last; it is "" when it never ends, which is told.

    ``remarks`` are on its lines.
    """

    end: int
    command: str
    remarks: tuple[Diagnostic, ...] = ()


def typed(lines: Sequence[str], starts: Sequence[Start], at: int, *, path: str, line: int) -> Typed:
    """The command at the prompt ``starts[at]``; ``lines[0]`` is the file's ``line``.

    Raises `wordish.errors.MissingToolError` when bash is needed and not installed.
    """
    start, prompted = starts[at]
    first = _blanks(prompted.rest).lstrip(" \t")
    if syntax.plainly_complete(first):
        return Typed(end=start + 1, command=first.rstrip(" \t"))
    following, further = at + 1, 0
    while True:
        limit = starts[following][0] if following < len(starts) else len(lines)
        readings = _readings(first, lines[start:limit])
        for candidate in readings:
            plain = [placeholders.neutral(each) for each in candidate]
            count, wanted = outline.extent(plain) or syntax.extent(plain)
            if not wanted:
                remarks = _prompts_inside(lines, starts[at:], end=start + count, path=path, line=line)
                return Typed(
                    end=start + count, command=tidy("\n".join(candidate[:count])), remarks=tuple(remarks)
                )
        if following < len(starts) and starts[following][1].guessed:
            further = 2 * further + 1
            following = _firm(starts, following + further, after=following)
            continue
        misplaced = _misplaced_end(lines, start, limit, wanted, path=path, line=line)
        if misplaced:
            return Typed(end=limit, command="", remarks=(misplaced,))
        below = _delimiter(lines, limit, starts, wanted) if wanted.startswith("<<") else 0
        if not below:
            fault = _never_ends(path, line + start, "\n".join(readings[-1]), wanted)
            return Typed(end=limit, command="", remarks=(fault,))
        following = next((n for n in range(following, len(starts)) if starts[n][0] >= below), len(starts))


def _firm(starts: Sequence[Start], wished: int, *, after: int) -> int:
    """The first prompt below ``after`` that is none by guess, but ``wished`` at the latest."""
    return next(
        (n for n in range(after + 1, min(wished, len(starts))) if not starts[n][1].guessed),
        min(wished, len(starts)),
    )


def _readings(first: str, lines: Sequence[str]) -> list[list[str]]:
    """The ways to read what was typed on these lines: without PS2 prompts if they are there, then as is."""
    margin = lines[0][: len(lines[0]) - len(lines[0].lstrip(" \t"))]
    below = [line.removeprefix(margin) for line in lines[1:]]
    carrying = 0
    while carrying < len(below) and _PS2.match(below[carrying]):
        carrying += 1
    readings = [[line[2:] for line in below[:carrying]]] if carrying else []
    readings.append(below)
    return [[_blanks(line) for line in [first, *reading]] for reading in readings]


def _delimiter(lines: Sequence[str], limit: int, starts: Sequence[Start], wanted: str) -> int:
    """The line after the here-document's delimiter, from ``limit`` on; 0 when there is none to trust."""
    word = wanted[2:]
    opens = re.compile(r"<<-?\s*[\"'\\]?" + re.escape(word) + r"\b")
    prompted = {number for number, _ in starts}
    for number in range(limit, len(lines)):
        if lines[number].lstrip("\t ") == word:
            return number + 1
        if number in prompted and opens.search(lines[number]):
            return 0
    return 0


def _misplaced_end(
    lines: Sequence[str], start: int, limit: int, wanted: str, *, path: str, line: int
) -> Diagnostic | None:
    """An error for the delimiter of a here-document that stands where bash does not see it.

    Unless a block of markup stands above it: then it may well be text of an article.
    """
    if not wanted.startswith("<<"):
        return None
    word = wanted[2:]
    meant = re.compile(rf"[ \t]*(?:>[ \t])?[ \t]*{re.escape(word)}[ \t]*\r?$")
    number = next((n for n in range(start + 1, limit) if meant.match(lines[n])), 0)
    if not number or any(_MARKUP.search(text) for text in lines[start + 1 : number]):
        return None
    if lines[number].rstrip("\r").endswith(word):
        why = f"is indented{', and not by tabs' if '<<-' in lines[start] else ''}"
        hint = f"put {word} at the start of its line, or write <<-{word} and indent with tabs"
    else:
        why, hint = "has blanks behind it", "take them off"
    return Diagnostic(
        path=path,
        line=line + number,
        name="misplaced-delimiter",
        message=f"bash does not end the here-document of line {line + start} here: {word} {why}",
        hint=hint,
    )


def _prompts_inside(
    lines: Sequence[str], starts: Sequence[Start], *, end: int, path: str, line: int
) -> Iterator[Diagnostic]:
    """A warning when a command may have taken others that stand below it.

    A here-document that writes an article holds prompts by right: below the mark of a block of its own,
    and without a line that opens a here-document whose end it would have taken.
    """
    start = starts[0][0]
    margin = len(lines[start]) - len(lines[start].lstrip(" \t"))
    inside = []
    for number, prompted in starts[1:]:
        if number >= end:
            break
        if (
            prompted.rest.strip()
            and not lines[number][:margin].strip(" \t")
            and lines[number][margin : margin + 1] not in (" ", "\t")
            and (prompted.prompt != PROMPT or _is_command(prompted.rest))
        ):
            inside.append(number)
    if not inside:
        return
    ends = re.compile(r"<<-?\s*[\"'\\]?" + re.escape(lines[end - 1].strip()) + r"\b")
    documents = any("<<" in text for text in lines[start : inside[0]])
    writes_markup = any(_MARKUP.search(text) for text in lines[start + 1 : inside[0]])
    if not (documents and writes_markup) or any(ends.search(text) for text in lines[inside[0] : end - 1]):
        what = "text of the here-document" if documents else "part of the command"
        hint = "if the here-document should end before, a line with its delimiter is missing"
        yield Diagnostic(
            path=path,
            line=line + inside[0],
            severity=Severity.WARNING,
            name="prompt-in-here-document" if documents else "prompt-in-command",
            message=f"no step, but {what} that begins at line {line + start}",
            hint=hint if documents else "if that should end before, what closes it is missing",
        )


def _is_command(text: str) -> bool:
    from wordish.lookalikes import is_command  # most prompts are not a bare "#"

    return is_command(text.strip())


def tidy(command: str) -> str:
    """Without blanks at the end, unless they are escaped."""
    stripped = command.rstrip(" \t")
    return command if stripped.endswith("\\") else stripped


def _blanks(line: str) -> str:
    return line.replace(_NBSP, " ").removesuffix("\r")


def _never_ends(path: str, line: int, command: str, wanted: str) -> Diagnostic:
    if wanted.startswith("<<"):
        what = f"its here-document has no line {wanted[2:]}"
        hint = f"end it with a line {wanted[2:]} before the next prompt"
    elif wanted == "\\":
        what, hint = "its last line ends with a backslash", "write the line that follows, or take it off"
    elif wanted != "...":
        what, hint = f"its closing {wanted} is missing", f"close it with {wanted} before the next prompt"
    elif word := syntax.missing(command):
        what, hint = f"its closing {word} is missing", f"close it with {word} before the next prompt"
    else:
        what, hint = "bash still waits for more", "look for an open { ( do then case && || or |"
    return Diagnostic(
        path=path, line=line, name="open-command", message=f"the command never ends: {what}", hint=hint
    )
