"""The prompt grammar: a Block of a shell session becomes Steps.

A command starts after a prompt and ends where bash says it ends; what follows, up to the next prompt,
is its output. The language a block is tagged with decides whether it is looked at; a block without
a prompt has no steps.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from wordish import drawn, prompts, syntax
from wordish import options as words
from wordish.model import Block, Diagnostic, Expectation, Options, Severity, Step

LANGUAGES = frozenset(
    {
        *("", "none", "text", "plaintext", "console", "terminal"),
        *("shell-session", "sh-session", "bash-session", "shellsession"),
        *("bash", "sh", "shell", "zsh", "ksh"),
    }
)
# Where a "# " at the start of a line was root's prompt more often than not.
CONSOLES = frozenset({"console", "terminal", "shell-session", "sh-session", "bash-session", "shellsession"})

_NOTHING = Options()

_NBSP = "\u00a0"
# C0 and C1 without tab: a terminal would act on them.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
# The start of a block in an article that a here-document writes.
_MARKUP = re.compile(r"^\s*(?:```|~~~|:::|\.\. )|::\s*$")
_PS2 = re.compile(r">(?:[ \u00a0]|$)")
_HINT = re.compile(r"#\s*(?:wordish\s*:.*|returncode\s*:.*|ignore|cleanup|&2)\s*$")


def steps(block: Block, *, outer: Options = _NOTHING) -> tuple[tuple[Step, ...], tuple[Diagnostic, ...]]:
    """The steps of a block in order, and what is wrong with it; ``outer`` are the article's options.

    A step that is wrong is told and left out, those around it stay. Raises `MissingToolError` when
    bash is needed and not installed.
    """
    if not is_looked_at(block):
        return (), ()
    lines = block.text.split("\n")
    starts = _starts(block, lines)
    found: list[Step] = []
    faults: list[Diagnostic] = []
    inherited = words.merge(outer, block.options)
    at = 0
    while at < len(starts):
        start, prompted = starts[at]
        at += 1
        if not prompted.rest.strip(" \t" + _NBSP):
            continue
        end, command, wanted = _command(lines, starts, at)
        while at < len(starts) and starts[at][0] < end:
            at += 1
        line = block.line + start
        if wanted:
            faults.append(_open_command(block.path, line, command, wanted))
            continue
        if end > start + 1:
            faults += _prompt_in_document(block, lines, starts, start=start, end=end)
        step_options, command, remarks = _hints(command, path=block.path, line=line)
        remarks += _characters(lines[start:end], path=block.path, line=line, command=command)
        faults += remarks
        if any(remark.severity is Severity.ERROR for remark in remarks):
            continue
        stop = starts[at][0] if at < len(starts) else len(lines)
        merged = words.merge(inherited, step_options)
        if merged.skip == "":  # undone: the options of a step are those in force
            merged = merged._replace(skip=None)
        found.append(
            Step(
                path=block.path,
                line=line,
                end_line=block.line + end - 1,
                prompt=prompted.prompt.replace(_NBSP, " "),
                user=prompted.user,
                command=command,
                expectation=_expectation(
                    lines, end, stop, first=block.line, options=merged, running=block.running
                ),
                options=merged,
            )
        )
    if not starts:
        faults += _guessed(block, lines)
    return tuple(found), tuple(faults)


def has_prompt(block: Block) -> bool:
    """Whether a block is looked at and shows a prompt with a command."""
    if not is_looked_at(block):
        return False
    starts = _starts(block, block.text.split("\n"))
    return any(prompted.rest.strip() for _, prompted in starts)


def is_looked_at(block: Block) -> bool:
    """Whether its language is one of those of sessions."""
    return block.language.lower() in LANGUAGES


def prompt_lines(block: Block) -> list[int]:
    """The file's lines where a prompt of this block stands, whatever its language."""
    return [block.lines[number] for number, _ in _starts(block, block.text.split("\n"))]


def normalise(lines: Sequence[str]) -> str:
    """Lines of shown output as `Expectation.text` wants them."""
    cleaned = [line.expandtabs().rstrip(" \r\n") for line in lines]
    while cleaned and not cleaned[-1]:
        cleaned.pop()
    while cleaned and not cleaned[0]:
        cleaned.pop(0)
    margin = min((len(line) - len(line.lstrip(" ")) for line in cleaned if line), default=0)
    return "\n".join(line[margin:] for line in cleaned)


_Start = drawn.Start


def _starts(block: Block, lines: Sequence[str]) -> list[_Start]:
    """The lines of a block where something is typed: after a prompt, or where its markup draws one."""
    if block.prompts:
        return list(drawn.named(block.prompts, lines))
    found = list(_prompt_lines(lines, running=block.running))
    places = block.drawn if found else drawn.drawn(block, lines)
    if not places:
        return found
    outside = [start for start in found if not any(place.first <= start[0] < place.stop for place in places)]
    return sorted([*drawn.starts(places, lines), *outside], key=lambda start: start[0])


def _prompt_lines(lines: Sequence[str], *, running: bool) -> Iterator[_Start]:
    """The lines that start with a prompt.

    Weak prompts count in a block that begins with one, never in running text; there a prompt may be
    indented.
    """
    if running:
        lines = [line.lstrip(" \t") for line in lines]
    first = next((line for line in lines if line.strip()), "")
    weak = not running and prompts.match(first) is None and prompts.match(first, weak=True) is not None
    found = ((number, prompts.match(line, weak=weak)) for number, line in enumerate(lines))
    return ((number, prompted) for number, prompted in found if prompted)


def _command(lines: Sequence[str], starts: Sequence[_Start], after: int) -> tuple[int, str, str]:
    """The command at the prompt ``starts[after - 1]``: the line after its last, its text, what it waits for.

    It has to end before the next prompt. Only a here-document may hold lines that look like prompts,
    when its delimiter stands further down and no line in between opens another with that delimiter.
    """
    start, prompted = starts[after - 1]
    first = _blanks(prompted.rest).lstrip(" \t")
    if syntax.plainly_complete(first):
        return start + 1, first.rstrip(" \t"), ""
    limit = starts[after][0] if after < len(starts) else len(lines)
    while True:
        typed = _typed(first, lines[start:limit])
        for candidate in typed:
            count, wanted = syntax.extent(candidate)
            if not wanted:
                return start + count, _tidy("\n".join(candidate[:count])), ""
        further = _delimiter(lines, limit, starts, wanted) if wanted.startswith("<<") else 0
        if not further:
            return limit, "\n".join(typed[-1]), wanted
        limit = next((number for number, _ in starts if number >= further), len(lines))


def _typed(first: str, lines: Sequence[str]) -> list[list[str]]:
    """The ways to read what was typed on these lines: without PS2 prompts if they are there, then as is."""
    margin = lines[0][: len(lines[0]) - len(lines[0].lstrip(" \t"))]
    below = [line.removeprefix(margin) for line in lines[1:]]
    carrying = 0
    while carrying < len(below) and _PS2.match(below[carrying]):
        carrying += 1
    readings = [[line[2:] for line in below[:carrying]]] if carrying else []
    readings.append(below)
    return [[_blanks(line) for line in [first, *reading]] for reading in readings]


def _delimiter(lines: Sequence[str], limit: int, starts: Sequence[_Start], wanted: str) -> int:
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


def _prompt_in_document(
    block: Block, lines: Sequence[str], starts: Sequence[_Start], *, start: int, end: int
) -> Iterator[Diagnostic]:
    """A warning when the here-document of a command may have taken commands that stand below it.

    One that writes an article holds prompts by right: below the mark of a block of its own, and without
    a line that opens a here-document whose end it would have taken.
    """
    margin = len(lines[start]) - len(lines[start].lstrip(" \t"))
    inside = [
        number
        for number, prompted in starts
        if start < number < end
        and prompted.rest.strip()
        and not lines[number][:margin].strip(" \t")
        and lines[number][margin : margin + 1] not in (" ", "\t")
    ]
    if not inside:
        return
    ends = re.compile(r"<<-?\s*[\"'\\]?" + re.escape(lines[end - 1].strip()) + r"\b")
    writes_markup = any(_MARKUP.search(line) for line in lines[start + 1 : inside[0]])
    if not writes_markup or any(ends.search(line) for line in lines[inside[0] : end - 1]):
        yield Diagnostic(
            path=block.path,
            line=block.line + inside[0],
            severity=Severity.WARNING,
            name="prompt-in-here-document",
            message=f"no step, but text of the here-document that begins at line {block.line + start}",
            hint="if the here-document should end before, a line with its delimiter is missing",
        )


def _tidy(command: str) -> str:
    """Without blanks at the end, unless they are escaped."""
    stripped = command.rstrip(" \t")
    return command if stripped.endswith("\\") else stripped


def _blanks(line: str) -> str:
    return line.replace(_NBSP, " ").removesuffix("\r")


def _hints(command: str, *, path: str, line: int) -> tuple[Options, str, tuple[Diagnostic, ...]]:
    """What trailing comments say of the step, the command without them, and what is wrong with them."""
    said = Options()
    faults: list[Diagnostic] = []
    lines = command.split("\n")
    number = 0
    while number < len(lines):
        found = _HINT.search(lines[number]) if "#" in lines[number] else None
        before = "\n".join([*lines[:number], lines[number][: found.start()]]) if found else ""
        parsed = words.hint(found.group(), path=path, line=line + number) if found else None
        if found and parsed and before.strip() and syntax.is_comment("\n".join(lines), len(before)):
            said = words.merge(said, parsed[0])
            faults += parsed[1]
            lines[number] = _tidy(lines[number][: found.start()])
        else:
            number += 1
    return said, "\n".join(lines), tuple(faults)


def _characters(lines: Sequence[str], *, path: str, line: int, command: str) -> tuple[Diagnostic, ...]:
    """What is wrong with the characters of a command."""
    faults: list[Diagnostic] = []
    if _NBSP in "".join(lines):
        number = next(number for number, text in enumerate(lines) if _NBSP in text)
        faults.append(
            Diagnostic(
                path=path,
                line=line + number,
                severity=Severity.WARNING,
                name="no-break-space",
                message="a no-break space stands in a command, and is read as a blank",
                hint="replace it by a blank",
            )
        )
    for number, text in enumerate(command.split("\n")):
        if control := _CONTROL.search(text):
            faults.append(
                Diagnostic(
                    path=path,
                    line=line + number,
                    name="control-character",
                    message=f"the command holds the control character U+{ord(control.group()):04X}",
                    hint="write it as printf or $'...' would",
                )
            )
    return tuple(faults)


def _expectation(
    lines: Sequence[str], start: int, stop: int, *, first: int, options: Options, running: bool
) -> Expectation:
    """What the lines from ``start`` to before ``stop`` promise; ``first`` is the file's line of ``lines[0]``.

    In running text an output starts right below its command and a blank line ends it.
    """
    if running:
        stop = next((number for number in range(start, stop) if not lines[number].strip()), stop)
    while start < stop and not lines[start].strip(" \t\r"):
        start += 1
    while start < stop and not lines[stop - 1].strip(" \t\r"):
        stop -= 1
    return Expectation(
        text=normalise(lines[start:stop]),
        lines=(first + start, first + stop - 1) if start < stop else None,
        status=0 if options.status is None else options.status,
        match=options.match or "ellipsis",
        stream=options.stream or "both",
    )


def _open_command(path: str, line: int, command: str, wanted: str) -> Diagnostic:
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


def _guessed(block: Block, lines: Sequence[str]) -> Iterator[Diagnostic]:
    if block.language.lower() not in CONSOLES or block.running:
        return
    for number, text in enumerate(lines):
        if prompts.looks_like_root(text):
            yield Diagnostic(
                path=block.path,
                line=block.line + number,
                severity=Severity.WARNING,
                name="guessed-root-prompt",
                message='"# " looks like a root prompt, and is not read as one',
                hint='write "~# "',
            )
            return
