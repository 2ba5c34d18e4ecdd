"""A block's steps, with what its text alone does not tell: outputs that stand elsewhere, lines with gaps."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import takewhile
from typing import Final

from wordish import drawn, session
from wordish import options as words
from wordish.model import Block, Diagnostic, Expectation, Options, Severity, Step
from wordish.starts import places, starts

_NOTHING: Final = Options()
_HINT: Final = re.compile(r"\s*#\s*(?:wordish|returncode)\s*:")

# What is shown as an error was printed on the standard error, by a command that may well have failed.
_ERROR: Final = Options(status="any", stream="stderr")
_ERROR_TOO: Final = Options(status="any")


def steps(
    block: Block, *, outer: Options = _NOTHING, substitutions: Mapping[str, str] = session.NO_SUBSTITUTIONS
) -> tuple[tuple[Step, ...], tuple[Diagnostic, ...]]:
    """The steps of a block in order, and what is wrong with it; ``outer`` are the article's options.

    Commands at a prompt that is drawn once for all of them, and those above a block of their output, show
    together what they print: the last of them has the expectation. Raises as `session.steps`.
    """
    found, faults = session.steps(block, outer=outer, substitutions=substitutions)
    if found and (block.drawn or block.outputs):
        found = _together(block, found, outer)
        if block.outputs and found[-1].expectation.lines:
            faults += tuple(_stray(block))
        elif block.outputs:
            found = _shown_below(block.outputs, found)
        faults += tuple(_unjudged(found))
    if block.drawn or block.outputs:
        faults += tuple(_alone(block, outer))
    if block.numbers:
        found = tuple(_renumbered(step, block) for step in found)
        faults = tuple(fault._replace(line=_number(fault.line, block)) for fault in faults)
    return found, faults


def _together(block: Block, found: Sequence[Step], outer: Options) -> tuple[Step, ...]:
    """The steps, told which of them are drawn as one."""
    typed = [step.line - block.line for step in found]
    where = places(block, block.text.split("\n"), options=words.merge(outer, block.options))
    joined = drawn.together(where, typed)
    return tuple(_joined(step) if line in joined else step for step, line in zip(found, typed, strict=True))


def _joined(step: Step) -> Step:
    return step._replace(expectation=step.expectation._replace(together=True))


def _shown_below(outputs: Sequence[Block], found: Sequence[Step]) -> tuple[Step, ...]:
    """The steps, the last of which, and all above it that show nothing themselves, print these outputs."""
    silent = len(list(takewhile(lambda step: not step.expectation.lines, reversed(found))))
    errors = [output.language.lower() == "error" for output in outputs]
    weaker = _ERROR if all(errors) else _ERROR_TOO if any(errors) else _NOTHING
    said = _NOTHING
    for output in outputs:
        said = words.merge(said, output.options)
    below = []
    for step in found[len(found) - silent :]:
        options = words.merge(words.merge(weaker, step.options), said)
        below.append(_joined(step._replace(options=options, expectation=_promised(options, []))))
    lines = [
        (number, line)
        for output in outputs
        for number, line in zip(output.lines, output.text.split("\n"), strict=True)
    ]
    last = below.pop()
    below.append(last._replace(expectation=_promised(last.options, lines)))
    return (*found[: len(found) - silent], *below)


def _promised(options: Options, lines: Sequence[tuple[int, str]]) -> Expectation:
    filled = [number for number, line in lines if line.strip()]
    return Expectation(
        text=session.normalise([line for _, line in lines]),
        lines=(filled[0], filled[-1]) if filled else None,
        status=0 if options.status is None else options.status,
        match=options.match or "ellipsis",
        stream=options.stream or "both",
    )


def _stray(block: Block) -> Iterator[Diagnostic]:
    """A warning for outputs below a block whose last command shows one of its own."""
    if any(output.text.strip() for output in block.outputs):
        yield _compared_with_nothing(
            block.outputs[0].path,
            block.outputs[0].line,
            why="the command above it shows one of its own",
            hint="show it in one place",
        )


def _unjudged(found: Sequence[Step]) -> Iterator[Diagnostic]:
    """A warning for each output of several commands of which the last is skipped, and others run."""
    running = False
    for step in found:
        running = running or step.options.skip is None
        if step.expectation.together:
            continue
        if running and step.options.skip is not None and step.expectation.lines:
            yield _compared_with_nothing(
                step.path,
                step.expectation.lines[0],
                why="the last of the commands that print it is skipped",
                hint="show what the others print in a block of their own",
            )
        running = False


def _compared_with_nothing(path: str, line: int, *, why: str, hint: str) -> Diagnostic:
    return Diagnostic(
        path=path,
        line=line,
        severity=Severity.WARNING,
        name="stray-output",
        message=f"this output is compared with nothing: {why}",
        hint=hint,
    )


def _alone(block: Block, outer: Options) -> Iterator[Diagnostic]:
    """A warning for each hint on a line of its own among commands that stand without a prompt."""
    lines = block.text.split("\n")
    for index, prompted in starts(block, lines, options=words.merge(outer, block.options)):
        if not prompted.rest and _HINT.match(lines[index]):
            yield Diagnostic(
                path=block.path,
                line=block.line + index,
                severity=Severity.WARNING,
                name="stray-comment",
                message="this comment of wordish is for no command, and means nothing",
                hint="put it at the end of its command's line",
            )


def _renumbered(step: Step, block: Block) -> Step:
    """A step whose lines count from the first of its block, at those of the file."""
    shown = step.expectation.lines
    return step._replace(
        line=_number(step.line, block),
        end_line=_number(step.end_line, block),
        expectation=step.expectation._replace(
            lines=(_number(shown[0], block), _number(shown[1], block)) if shown else None
        ),
    )


def _number(line: int, block: Block) -> int:
    index = line - block.line
    return block.numbers[index] if 0 <= index < len(block.numbers) else line
