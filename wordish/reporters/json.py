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
    """Write each transcript as soon as it is there, so that none is kept. `Planned` is heard first."""
    from wordish.record import Totals, heading, transcript_values  # only those who want JSON pay for it

    start = time.monotonic()
    elapsed: float | None = None
    totals, separator = Totals(), ""

    def hear(event: Event) -> None:
        nonlocal elapsed, separator
        if isinstance(event, Planned):
            elapsed = event.elapsed
            opening = "".join(_pieces(heading(event.shard))).removesuffix(_END)
            stream.write(f'{opening},\n  "documents": [')
        elif isinstance(event, Transcript):
            stream.write(f"{separator}\n    ")
            stream.writelines(_pieces(transcript_values(event), deeper="    "))
            stream.flush()
            separator = ","
            totals.add(event)

    yield hear
    values = totals.values(elapsed=time.monotonic() - start if elapsed is None else elapsed)
    stream.write("\n  ]" if separator else "]")
    stream.write(',\n  "totals": ')
    stream.writelines(_pieces(values, deeper="  "))
    stream.write(f"{_END}\n")


_END = "\n}"  # of a JSON object on several lines


def write(values: Values, stream: TextIO) -> None:
    """Write one JSON value and a newline: ASCII, so that it is UTF-8 whatever the stream's encoding."""
    stream.writelines(_pieces(values))
    stream.write("\n")


def _pieces(values: Values, *, deeper: str = "") -> Iterator[str]:
    """A JSON value on several lines, all but the first of them ``deeper``; it need not be held as a whole."""
    import json

    for piece in json.JSONEncoder(indent=2).iterencode(values):
        yield piece.replace("\n", f"\n{deeper}") if deeper else piece
