"""What articles and runs may take: seconds, and bytes of what a step prints."""

from __future__ import annotations

import math
import re
import time
from typing import NamedTuple

KEPT = 10 << 20
"""Bytes of each stream of a step's output that are kept, unless another figure is asked for."""

LONGEST = 1_000_000
"""Seconds that may be asked for."""

LEAST_KEPT = 10_000
"""The least that may be asked for: room for a prompt, and for what stands around it."""

_STEPS = "kmg"  # of 1000, or of 1024 where it says so


class Limit(NamedTuple):
    """``usual`` holds for those that say nothing, and nobody gets more than ``most``."""

    usual: float = math.inf
    most: float = math.inf

    def of(self, said: float | None) -> float:
        """What holds for one that says this."""
        return min(self.usual if said is None else said, self.most)


class Limits(NamedTuple):
    """``article``: seconds for the steps of an article. ``output``: bytes that are kept of a stream.

    ``run``: seconds for all articles together; they are over at ``end`` (`time.monotonic`).
    """

    article: Limit = Limit()
    output: Limit = Limit(usual=KEPT)
    run: float = math.inf
    end: float = math.inf

    def begun(self) -> Limits:
        """The same, for a run that begins now."""
        return self._replace(end=time.monotonic() + self.run)

    def told(self) -> Limits:
        """The same for another machine, which has another clock: ``end`` by the calendar (`time.time`)."""
        return self._replace(end=self.end - time.monotonic() + time.time())

    def heard(self) -> Limits:
        """What `told` gave, for this machine."""
        return self._replace(end=self.end - time.time() + time.monotonic())

    @property
    def over(self) -> str:
        """Why a run ends before its articles do."""
        return f"the run's time is over: {self.run:g} s"


NONE = Limits()
"""Nobody has said anything."""


def size(text: str) -> int:
    """The bytes that ``text`` means: a number, with a unit or without (``500000``, ``2 MB``, ``64KiB``).

    Raises `ValueError` for what is none, or too little.
    """
    found = re.fullmatch(r"([0-9]{1,12})(?: ?([kmg])(i?)b)?", text.strip().lower())
    if not found:
        raise ValueError("takes a size, such as 500kB or 2MiB")
    power = _STEPS.index(found[2]) + 1 if found[2] else 0
    meant: int = int(found[1]) * (1024 if found[3] else 1000) ** power
    if meant < LEAST_KEPT:
        raise ValueError(f"takes a size of at least {LEAST_KEPT // 1000}kB")
    return meant
