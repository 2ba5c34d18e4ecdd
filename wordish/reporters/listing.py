"""The steps of an article as a table: a line for each, which editors can jump to and grep can find."""

from __future__ import annotations

import shlex
import unicodedata
from collections.abc import Iterator

from wordish.model import Document, Step
from wordish.options import WORDS
from wordish.record import option_values
from wordish.reporters.style import visible

_LEAST = 16  # columns for a command, however narrow the terminal is

# Said by the column of what is expected, or of the article as a whole.
_SAID = {"skip", "ignore", "status-only", "lint-ignore"}
_SAID |= {name for name, word in WORDS.items() if word.levels == frozenset({"article"})}


def steps(document: Document, *, width: int = 0, verbose: bool = False) -> Iterator[str]:
    """A line for each step: ``file:line:``, user, what it shows, the command, and after ``#`` its options.

    Of a command of several lines the first, with an ellipsis. Commands beyond the ``width`` of a
    terminal, in columns, are cut; 0: none is. ``verbose``: below it all lines of the command and of the
    output that is shown, with their places.
    """
    places = [f"{visible(step.path)}:{step.line}:" for step in document.steps]
    shown = [_shown(step) for step in document.steps]
    widths = [max(map(_columns, column), default=0) for column in (places, shown)]
    for step, place, output in zip(document.steps, places, shown, strict=True):
        lead = f"{_padded(place, widths[0])} {step.user}  {_padded(output, widths[1])}  "
        options = visible(_options(step))
        command = _command(step)
        if width:
            command = _cut(command, max(_LEAST, width - _columns(lead) - _columns(options)))
        yield f"{lead}{command}{options}"
        if verbose:
            yield from _below(step, lead, widths[0])


def _below(step: Step, lead: str, width: int) -> Iterator[str]:
    """The further lines of a command, and the output that is shown."""
    more = [(number, ">", line) for number, line in enumerate(step.command.split("\n"), step.line)][1:]
    if step.expectation.lines:
        first, _ = step.expectation.lines
        more += [(number, "|", line) for number, line in enumerate(step.expectation.text.split("\n"), first)]
    for number, mark, line in more:
        place = _padded(f"{visible(step.path)}:{number}:", width)
        yield f"{place}{' ' * (_columns(lead) - width)}{mark} {visible(line)}".rstrip()


def _command(step: Step) -> str:
    first, newline, _ = visible(step.command).partition("\n")
    return f"{visible(step.prompt.rstrip())} {first}{' …' if newline else ''}"


def _shown(step: Step) -> str:
    """What is expected to be printed, in a word or two."""
    if step.options.skip is not None:
        return "skipped"
    if step.options.ignore:
        return "ignored"
    if step.options.status_only:
        return "status"
    lines = step.expectation.text.count("\n") + 1 if step.expectation.lines else 0
    return f"{lines} line{'s' if lines > 1 else ''}" if lines else "nothing"


def _options(step: Step) -> str:
    """What else is said of a step, as a trailing comment; for one that is skipped, why."""
    if step.options.skip is not None:
        return f"  # {step.options.skip}"
    said = [
        name if value is True else f"{name}={shlex.quote(_short(value))}"
        for name, value in option_values(step.options).items()
        if name not in _SAID and value is not False
    ]
    return f"  # {' '.join(said)}" if said else ""


def _short(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _columns(text: str) -> int:
    """How wide a terminal shows a text: wide letters take two columns, combining ones none."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(letter) else 1 + (unicodedata.east_asian_width(letter) in "WF")
        for letter in text
    )


def _padded(text: str, width: int) -> str:
    return text + " " * (width - _columns(text))


def _cut(text: str, width: int) -> str:
    if _columns(text) <= width:
        return text
    kept = list(text[:width])
    while _columns("".join(kept)) >= width:
        kept.pop()
    return "".join(kept) + "…"
