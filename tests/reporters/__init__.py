"""What the reporters write."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable
from typing import Any

from wordish.model import Planned, Shard, Transcript
from wordish.reporters import REPORTERS
from wordish.reporters.style import Style


def as_json(told: Iterable[Transcript], *, elapsed: float = 0, shard: Shard | None = None) -> Any:
    """The JSON report of a run that has told this and took so many seconds, as a program reads it."""
    stream = io.StringIO()
    with REPORTERS["json"].report(stream, style=Style(), articles=0) as hear:
        hear(Planned(paths=(), shard=shard, elapsed=elapsed))
        for transcript in told:
            hear(transcript)
    return json.loads(stream.getvalue())
