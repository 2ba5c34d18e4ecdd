"""How long articles took the last time, kept in the cache: so that the long ones can begin first.

Nothing depends on it but the order of work; a cache that cannot be read or written is an empty one.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from wordish import cachedir
from wordish.model import Outcome, Transcript

MOST = 20_000
"""Articles that are remembered, those checked last."""


def remembered() -> dict[str, float]:
    """Seconds by the real path of an article."""
    with suppress(OSError, ValueError, TypeError, AttributeError, RecursionError):
        found = json.loads(_file().read_bytes())
        took = {str(path): float(seconds) for path, seconds in found.items()}
        return took if all(map(math.isfinite, took.values())) else {}
    return {}


def lasted(transcript: Transcript) -> dict[str, float]:
    """Seconds by the article's real path, if it ran from the start and came to its end."""
    if transcript.resumed or transcript.outcome not in (Outcome.PASSED, Outcome.FAILED):
        return {}
    return {os.path.realpath(transcript.document.path): round(transcript.elapsed, 3)}


def remember(took: Mapping[str, float]) -> None:
    """Keep what articles took, as `lasted` tells it."""
    known = remembered()
    for path in took:
        known.pop(path, None)
    known.update(took)
    file = _file()
    with suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True)
        draft = file.with_suffix(f".{os.getpid()}")
        draft.write_text(json.dumps(dict(list(known.items())[-MOST:])), encoding="ascii")
        draft.replace(file)


def _file() -> Path:
    return cachedir.root() / "durations.json"
