"""The prompt grammar: a Block of a shell session becomes Steps.

A command starts after a prompt and ends where bash says it ends; what follows, up to the next prompt,
is its output. The language a block is tagged with decides whether it is looked at; a block without
a prompt has no steps.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from wordish import options as words
from wordish import placeholders, syntax
from wordish.commands import tidy
from wordish.commands import typed as typed_at
from wordish.model import NOT_RUNNABLE, Block, Diagnostic, Expectation, Options, Severity, Step
from wordish.prompts import Prompted
from wordish.starts import PROMPT, doubtful, has_command
from wordish.starts import starts as starts_of

LANGUAGES = frozenset(
    {
        *("", "none", "text", "plaintext", "console", "terminal"),
        *("shell-session", "sh-session", "bash-session", "shellsession"),
        *("bash", "sh", "shell", "zsh", "ksh"),
    }
)
_NOTHING = Options()
MOST_ERRORS = 100  # of an article: what is wrong so often is not read to its end
_MOST_HINTS = 50  # lines of a command that may be hints: of each, bash is asked
NO_SUBSTITUTIONS: Mapping[str, str] = {}

SAY_HASH = "say hash=root or hash=comment: `wordish update --pin` writes it"

_NBSP = "\u00a0"
# C0 and C1 without tab: a terminal would act on them.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
# What a remark among outputs begins with, and commands whose output may well be such a line.
_FIRST_OF_REMARKS = frozenset("#.…[(")
_SHOWS_TEXT = re.compile(
    r"(?:sudo\s+)?(?:cat|head|tail|less|more|grep|sed|awk|echo|printf|diff|git|man|curl)\b[^>]*$"
)
_HINT = re.compile(r"#\s*(?:wordish\s*:.*|returncode\s*:.*|ignore|cleanup|&2)\s*$")


def steps(
    block: Block, *, outer: Options = _NOTHING, substitutions: Mapping[str, str] = NO_SUBSTITUTIONS
) -> tuple[tuple[Step, ...], tuple[Diagnostic, ...]]:
    """The steps of a block in order, and what is wrong with it; ``outer`` are the article's options.

    In commands and outputs the keys of ``substitutions`` mean their values. A step that is wrong is
    told and left out, those around it stay; after `MOST_ERRORS` of them, the rest is not read. Raises
    `MissingToolError` when bash is needed and not installed.
    """
    if not is_looked_at(block):
        return (), ()
    lines = block.text.split("\n")
    inherited = words.merge(outer, block.options)
    starts = starts_of(block, lines, options=inherited)
    if substitutions:
        lines = [placeholders.substitute(line, substitutions) for line in lines]
        starts = [
            (number, prompted._replace(rest=placeholders.substitute(prompted.rest, substitutions)))
            for number, prompted in starts
        ]
    found: list[Step] = []
    faults: list[Diagnostic] = []
    taken: set[int] = set()  # lines of commands below their first
    at = errors = 0
    while at < len(starts) and errors < MOST_ERRORS:
        start, prompted = starts[at]
        at += 1
        if not prompted.rest.strip(" \t" + _NBSP):
            continue
        typed = typed_at(lines, starts, at - 1, path=block.path, line=block.line)
        end, command = typed.end, typed.command
        while at < len(starts) and starts[at][0] < end:
            at += 1
        line = block.line + start
        taken.update(range(start + 1, end))
        faults += typed.remarks
        if not command:
            errors += 1
            continue
        step_options, command, remarks = _hints(command, path=block.path, line=line)
        if step_options.hash and prompted.prompt != PROMPT:
            remarks += (_no_bare_hash(block.path, line),)
        remarks += _characters(lines[start:end], path=block.path, line=line, command=command)
        faults += remarks
        if any(remark.severity is Severity.ERROR for remark in remarks):
            errors += 1
            continue
        stop = starts[at][0] if at < len(starts) else len(lines)
        merged = words.merge(inherited, step_options)
        if merged.skip is None:
            if placeholders.may_hold(command):
                merged, more = _runnable(merged, command, path=block.path, line=line)
                faults += more
        elif not merged.skip:  # undone: the options of a step are those in force
            merged = merged._replace(skip=None)
        expectation = _expectation(lines, end, stop, first=block.line, options=merged, running=block.running)
        if at < len(starts) and not block.running and _may_end_in_remark(expectation, merged):
            expectation, more = _remarks(expectation, command, path=block.path)
            faults += more
        if prompted.guessed:
            faults.append(_guessed(block.path, line))
        found.append(
            Step(
                path=block.path,
                line=line,
                end_line=block.line + end - 1,
                prompt=prompted.prompt.replace(_NBSP, " "),
                user=prompted.user,
                command=command,
                expectation=expectation,
                options=merged,
            )
        )
    doubts = [number for number in doubtful(block, starts, options=inherited) if number not in taken]
    faults += [_doubted(block.path, block.line + number) for number in doubts[:1]]
    return tuple(found), tuple(faults)


def has_prompt(block: Block, *, outer: Options = _NOTHING) -> bool:
    """Whether a block is looked at and shows a prompt with a command; ``outer`` as for `steps`."""
    return is_looked_at(block) and has_command(block, options=words.merge(outer, block.options))


def is_looked_at(block: Block) -> bool:
    """Whether its language is one of those of sessions."""
    return block.language.lower() in LANGUAGES


def prompted_lines(block: Block, *, outer: Options = _NOTHING) -> dict[int, Prompted]:
    """The file's lines where a prompt of this block stands, whatever its language, and what stands there.

    ``outer`` as for `steps`.
    """
    starts = starts_of(block, block.text.split("\n"), options=words.merge(outer, block.options))
    lines = block.lines
    return {lines[number]: prompted for number, prompted in starts}


def normalise(lines: Sequence[str]) -> str:
    """Lines of shown output as `Expectation.text` wants them."""
    cleaned = [line.expandtabs().rstrip(" \r\n") for line in lines]
    while cleaned and not cleaned[-1]:
        cleaned.pop()
    while cleaned and not cleaned[0]:
        cleaned.pop(0)
    margin = min((len(line) - len(line.lstrip(" ")) for line in cleaned if line), default=0)
    return "\n".join(line[margin:] for line in cleaned)


def _hints(command: str, *, path: str, line: int) -> tuple[Options, str, tuple[Diagnostic, ...]]:
    """What trailing comments say of the step, the command without them, and what is wrong with them."""
    if "#" not in command:
        return _NOTHING, command, ()
    said = Options()
    faults: list[Diagnostic] = []
    lines = command.split("\n")
    number = position = tried = 0
    while number < len(lines) and tried < _MOST_HINTS:
        found = _HINT.search(lines[number], position) if "#" in lines[number] else None
        tried += found is not None
        before = "\n".join([*lines[:number], lines[number][: found.start()]]) if found else ""
        parsed = words.hint(found.group(), path=path, line=line + number) if found else None
        if found and parsed and before.strip() and syntax.is_comment("\n".join(lines), len(before)):
            said = words.merge(said, parsed[0])
            faults += parsed[1]
            lines[number] = tidy(lines[number][: found.start()])
            position = 0
        elif found:
            position = found.start() + 1
        else:
            number, position = number + 1, 0
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


def _runnable(options: Options, command: str, *, path: str, line: int) -> tuple[Options, list[Diagnostic]]:
    """The options of a step that leaves something to be filled in, which is not run, and a warning."""
    left = placeholders.unfilled(command)
    if not left:
        return options, []
    value = f'give "{left.text}" a value in [tool.wordish.substitutions]'
    warning = Diagnostic(
        path=path,
        line=line + command.count("\n", 0, left.position),
        severity=Severity.WARNING,
        name="not-runnable",
        message=f"not runnable, and skipped: {left.text} stands for something else",
        hint=f"{'write it out' if left.is_ellipsis else value}, or say skip=no if bash is to have it",
    )
    return options._replace(skip=f"{NOT_RUNNABLE}: {left.text}"), [warning]


def _may_end_in_remark(shown: Expectation, options: Options) -> bool:
    """Whether an output that is compared, in a way that its author did not choose, ends in an odd line."""
    last = shown.text[shown.text.rfind("\n") + 1 :].lstrip(" ")
    return last[:1] in _FIRST_OF_REMARKS and not (
        options.match or options.skip or options.ignore or options.status_only
    )


def _remarks(expectation: Expectation, command: str, *, path: str) -> tuple[Expectation, list[Diagnostic]]:
    """What is shown between two commands, with what reads there like words to the reader, and a warning."""
    shown = expectation.text.split("\n")
    from wordish.lookalikes import remarks  # few outputs end in such a line

    count = 0 if _SHOWS_TEXT.match(command) else remarks(shown)
    if not count or not expectation.lines:
        return expectation, []
    first = next(number for number in range(len(shown) - count, len(shown)) if shown[number])
    comment = shown[first].lstrip(" ").startswith("#")
    warning = Diagnostic(
        path=path,
        line=expectation.lines[0] + first,
        severity=Severity.WARNING,
        name="comment-in-session" if comment else "stage-direction",
        message=f"this reads like a {'comment' if comment else 'stage direction'}, not like output: "
        "it need not be printed",
        hint="move it out of the session"
        + (", or say at its end `# wordish: hash=comment`" if comment else ""),
    )
    return expectation._replace(remarks=count), [warning]


def _no_bare_hash(path: str, line: int) -> Diagnostic:
    return Diagnostic(
        path=path,
        line=line,
        name="misplaced-option",
        message="hash cannot be said of this step",
        hint="it belongs to a line that begins with a bare `# `",
    )


def _guessed(path: str, line: int) -> Diagnostic:
    return Diagnostic(
        path=path,
        line=line,
        severity=Severity.WARNING,
        name="guessed-root-prompt",
        message='"# " is taken for root\'s prompt, which is a guess',
        hint=SAY_HASH,
    )


def _doubted(path: str, line: int) -> Diagnostic:
    return Diagnostic(
        path=path,
        line=line,
        severity=Severity.WARNING,
        name="guessed-root-prompt",
        message='"# " looks like a root prompt, and is not read as one',
        hint=f'write "~# ", or {SAY_HASH}',
    )
