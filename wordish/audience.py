"""Who hears a run: the report where it was asked for, and whoever waits at the terminal."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import TextIO

from wordish.destination import destination
from wordish.errors import UsageError
from wordish.model import Event
from wordish.reporters import REPORTERS, terminal
from wordish.reporters.order import in_order
from wordish.reporters.style import PROGRESS, Style


@contextmanager
def audience(
    form: str, output: str, *, articles: int, color: str, verbosity: int
) -> Iterator[Callable[[Event], None]]:
    """What hears the run: the report, and on stderr the progress of one that is written elsewhere.

    When the reader of the report goes away, the run is interrupted, as by ^C, so that articles are
    still cleaned up after. Raises `wordish.errors.UsageError` for a form that there is not.
    """
    if form not in REPORTERS:
        raise UsageError("no such form", where=f"--format {form}", hint=f"there are {', '.join(REPORTERS)}")
    with ExitStack() as stack:
        stream = stack.enter_context(destination(output))
        report = REPORTERS[form].report
        hear = stack.enter_context(report(stream, style=style(stream, color, verbosity), articles=articles))
        if form != "terminal":  # that one shows what is under way, and orders the rest itself
            hear = stack.enter_context(in_order(hear))
        hearing = [hear]
        if form != "terminal" or stream is not sys.stdout:
            progress = style(sys.stderr, color, PROGRESS)
            hearing.append(
                stack.enter_context(terminal.report(sys.stderr, style=progress, articles=articles))
            )

        def tell(event: Event) -> None:
            try:
                for hear in hearing:
                    hear(event)
            except BrokenPipeError:
                hearing.clear()
                raise KeyboardInterrupt from None

        yield tell


def style(stream: TextIO, color: str, verbosity: int) -> Style:
    """How to speak to a stream; ``color`` is ``auto``, ``always`` or ``never``."""
    live = stream.isatty() and os.environ.get("TERM", "dumb") != "dumb"
    wanted = color == "always" or (color == "auto" and live and not os.environ.get("NO_COLOR"))
    return Style(color=wanted, live=live, verbosity=verbosity)
