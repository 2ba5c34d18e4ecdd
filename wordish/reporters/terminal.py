"""The run for a person: what runs now, what went wrong and where, what passed and in how long.

On a terminal through rich, which is imported there only; plain lines elsewhere.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TextIO

from wordish.model import RED, Event, Judged, Planned, Said, Transcript
from wordish.reporters import words
from wordish.reporters.order import in_order
from wordish.reporters.style import PROGRESS, Line, Style, visible


@contextmanager
def report(stream: TextIO, *, style: Style, articles: int) -> Iterator[Callable[[Event], None]]:
    """Write each article as it ends, what is said meanwhile, and a summary on leaving."""
    start = time.monotonic()
    totals: tuple[Counter[str], Counter[str]] = (Counter(), Counter())
    said: set[str] = set()
    took: float | None = None
    with writer(stream, style) as (write, watch):

        def tell(event: Event) -> None:
            nonlocal took
            if (
                isinstance(event, Said)
                and (style.verbosity >= 0 or style.verbosity == PROGRESS)
                and event.text not in said
            ):
                said.add(event.text)
                write([(visible(event.text), "quiet")])
            elif isinstance(event, Judged) and style.verbosity > 0:
                write(words.step(event.verdict))
            elif isinstance(event, Transcript):
                counts = words.counts(event.verdicts)
                totals[0][words.outcome(event)] += 1
                totals[1].update(counts)
                for line in _article(event, counts, style):
                    write(line)
            elif isinstance(event, Planned):
                took = event.elapsed

        with in_order(tell) as ordered:

            def hear(event: Event) -> None:
                watch(event)
                ordered(event)

            yield hear
        if style.verbosity != PROGRESS:
            missing = articles - totals[0].total()
            elapsed = time.monotonic() - start if took is None else took
            write(words.summary(*totals, elapsed=elapsed, missing=missing))


def _article(transcript: Transcript, counts: Counter[str], style: Style) -> Iterator[Line]:
    """Everything to say about one article, in order."""
    if style.verbosity == PROGRESS:
        return
    for verdict in transcript.verdicts:
        if verdict.outcome in RED:
            yield from words.failure(verdict)
    yield from words.trouble(transcript)
    if style.verbosity >= 0 or transcript.outcome in RED:
        yield words.article(transcript, counts)


Writer = tuple[Callable[[Line], None], Callable[[Event], None]]
"""What writes a line, and what follows the events to show what is going on."""


def writer(stream: TextIO, style: Style) -> AbstractContextManager[Writer]:
    """What writes lines on a stream, as the style has it."""
    if style.color or style.live:
        from wordish.reporters.live import writer  # rich costs 70 ms

        return writer(stream, style)
    return _plain(stream)


@contextmanager
def _plain(stream: TextIO) -> Iterator[Writer]:
    def write(line: Line) -> None:
        stream.write("".join(text for text, _ in line) + "\n")
        stream.flush()

    yield write, lambda _: None
