"""Who hears a run: the reports that were asked for, each where it belongs, and what else listens."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from typing import NamedTuple, TextIO

from wordish.destination import destination
from wordish.errors import UsageError
from wordish.model import Diagnostic, Event
from wordish.reporters import REPORTERS, github, terminal
from wordish.reporters.order import in_order
from wordish.reporters.style import PROGRESS, Style

Hear = Callable[[Event], None]


class Wanted(NamedTuple):
    """A report: its form, the file where it goes (``-``: the standard output), and who asked for it."""

    form: str
    output: str
    asked: str


def wanted(formats: Sequence[str], output: str | None) -> list[Wanted]:
    """The reports that ``--format`` (``FORM`` or ``FORM=FILE``, none: the terminal's) and ``--output`` name.

    Raises `wordish.errors.UsageError` for a form that is not known, and for two in one place.
    """
    reports: list[Wanted] = []
    for said in formats or ["terminal"]:
        form, equals, file = said.partition("=")
        if form not in REPORTERS:
            raise UsageError(
                "no such form", where=f"--format {said}", hint=f"there are {', '.join(REPORTERS)}"
            )
        if equals and not file:
            raise UsageError("which file?", where=f"--format {said}", hint=f"say `--format {form}=FILE`")
        reports.append(Wanted(form=form, output=file or "-", asked=f"--format {said}"))
    if output is not None:
        without = [number for number, report in enumerate(reports) if report.output == "-"]
        if not without:
            raise UsageError("each report has its file already", where=f"--output {output}")
        asked = f"--output {output}"
        reports[without[0]] = reports[without[0]]._replace(output=output, asked=asked)
    places = [
        report.output if report.output == "-" else os.path.realpath(report.output) for report in reports
    ]
    for number, place in enumerate(places):
        if place in places[:number]:
            where = "on the standard output" if place == "-" else f"in {reports[number].output}"
            hint = f"give one a file of its own: `--format {reports[number].form}=FILE`"
            raise UsageError(f"two reports {where}", where=reports[number].asked, hint=hint)
    return reports


def critic(reports: Iterable[Wanted]) -> Callable[[Diagnostic], None]:
    """What hears the remarks on articles before anything runs, for the reports that have a place for them."""
    annotate = any(report.form == "github" and report.output == "-" for report in reports)

    def hear(told: Diagnostic) -> None:
        if annotate:
            sys.stdout.write(f"{github.remark(told)}\n")
            sys.stdout.flush()

    return hear


def audience(
    reports: Iterable[Wanted],
    *,
    articles: int,
    color: str,
    verbosity: int,
    also: Iterable[Hear],
    stack: ExitStack,
) -> Hear:
    """What tells a run to ``reports`` and ``also``; on stderr its progress, if no report on stdout shows it.

    When the reader of a report goes away, the run is interrupted, as by ^C, so that articles are
    still cleaned up after.
    """
    hears: list[Hear] = []
    watched = False
    for form, output, asked in reports:
        stream = stack.enter_context(destination(output, where=asked))
        spoken = style(stream, color, verbosity)
        hear = stack.enter_context(REPORTERS[form].report(stream, style=spoken, articles=articles))
        if form != "terminal":  # that one shows what is under way, and orders the rest itself
            hear = stack.enter_context(in_order(hear))
        hears.append(hear)
        watched |= form == "terminal" and stream is sys.stdout
    if not watched:
        progress = style(sys.stderr, color, PROGRESS)
        hears.append(stack.enter_context(terminal.report(sys.stderr, style=progress, articles=articles)))
    hears += also

    def tell(event: Event) -> None:
        try:
            for hear in hears:
                hear(event)
        except BrokenPipeError:
            hears.clear()
            raise KeyboardInterrupt from None

    return tell


def style(stream: TextIO, color: str, verbosity: int) -> Style:
    """How to speak to ``stream``; ``color`` is ``always``, ``never`` or ``auto``."""
    is_terminal = stream.isatty() and os.environ.get("TERM", "dumb") != "dumb"
    welcome = color == "always" or (color == "auto" and is_terminal and not os.environ.get("NO_COLOR"))
    return Style(color=welcome, live=is_terminal, verbosity=verbosity)
