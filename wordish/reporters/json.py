"""The run as one JSON value: for programs. `wordish.record` gives its shape."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

from wordish.model import Event, Planned, Transcript
from wordish.reporters.style import Style

if TYPE_CHECKING:
    from wordish.record import Values


@contextmanager
def report(stream: TextIO, *, style: Style, articles: int) -> Iterator[Callable[[Event], None]]:  # noqa: ARG001
    """Gather the transcripts, and write them on leaving."""
    from wordish.record import report as run_values  # only those who want JSON pay for it

    transcripts: list[Transcript] = []
    start = time.monotonic()
    planned = Planned(paths=())

    def hear(event: Event) -> None:
        nonlocal planned
        if isinstance(event, Transcript):
            transcripts.append(event)
        elif isinstance(event, Planned):
            planned = event

    yield hear
    elapsed = time.monotonic() - start if planned.elapsed is None else planned.elapsed
    write(run_values(transcripts, elapsed=elapsed, shard=planned.shard), stream)


def write(values: Values, stream: TextIO) -> None:
    """Write one JSON value and a newline: ASCII, so that it is UTF-8 whatever the stream's encoding."""
    import json

    json.dump(values, stream, indent=2)
    stream.write("\n")
