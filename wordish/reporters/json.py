"""The run as one JSON value: for programs. `wordish.record` gives its shape."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

from wordish.model import Event, Transcript
from wordish.record import Values
from wordish.record import report as run_values
from wordish.reporters.style import Style


@contextmanager
def report(stream: TextIO, *, style: Style, articles: int) -> Iterator[Callable[[Event], None]]:  # noqa: ARG001
    """Gather the transcripts, and write them on leaving."""
    transcripts: list[Transcript] = []
    start = time.monotonic()

    def hear(event: Event) -> None:
        if isinstance(event, Transcript):
            transcripts.append(event)

    yield hear
    write(run_values(transcripts, elapsed=time.monotonic() - start), stream)


def write(values: Values, stream: TextIO) -> None:
    """Write one JSON value and a newline: ASCII, so that it is UTF-8 whatever the stream's encoding."""
    json.dump(values, stream, indent=2)
    stream.write("\n")
