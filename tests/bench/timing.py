"""Contenders timed in turn, and what the figures say."""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

Contender = Callable[[], float]
"""Does its work once and returns how long it took, in seconds."""

# An installed program finds its bytecode; whoever switches that off slows wordish alone, because
# it is the one that is installed from its sources here.
_ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


class Comparison(NamedTuple):
    """The seconds of each round, by contender; ratios are to the ``reference``."""

    name: str
    reference: str
    seconds: Mapping[str, Sequence[float]]

    def ratio(self, contender: str) -> float:
        """The median of the rounds' ratios: two that ran one after the other met the same weather."""
        pairs = zip(self.seconds[contender], self.seconds[self.reference], strict=True)
        return statistics.median(own / other for own, other in pairs)

    def rows(self) -> list[str]:
        """The comparison as a table for people."""
        rounds = len(self.seconds[self.reference])
        rows = [f"{self.name} ({rounds} rounds)", f"  {'':34}{'median':>9}{'min':>9}{'max':>9}{'ratio':>7}"]
        for name, seconds in self.seconds.items():
            figures = (statistics.median(seconds), min(seconds), max(seconds))
            columns = "".join(f"{figure * 1000:6.0f} ms" for figure in figures)
            rows.append(f"  {name:34}{columns}{self.ratio(name):7.2f}")
        return rows

    def values(self) -> dict[str, Any]:
        """The comparison for programs; times are in seconds."""
        figures = {
            name: {"median": statistics.median(seconds), "ratio": self.ratio(name), "seconds": [*seconds]}
            for name, seconds in self.seconds.items()
        }
        return {"name": self.name, "reference": self.reference, "contenders": figures}


def compare(name: str, *, reference: str, rounds: int, contenders: Mapping[str, Contender]) -> Comparison:
    """Run the contenders in turn, ``rounds`` times after a warm-up."""
    seconds: dict[str, list[float]] = {contender: [] for contender in contenders}
    for number in range(rounds + 1):
        if sys.stderr.isatty():
            print(f"\r\033[K{name}: round {number} of {rounds}", end="\r", file=sys.stderr, flush=True)
        for contender, work in contenders.items():
            took = work()
            if number:
                seconds[contender].append(took)
    return Comparison(name=name, reference=reference, seconds=seconds)


def busy(work: Callable[[], object]) -> float:
    """Seconds that a processor is busy with the processes that ``work`` starts and waits for.

    What else the machine does meanwhile is no part of them.
    """
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    work()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def program(*command: str | Path, cwd: Path) -> Contender:
    """A contender: the whole life of a process, which has to succeed."""

    def run() -> float:
        start = time.perf_counter()
        done = subprocess.run(command, cwd=cwd, env=_ENVIRONMENT, stdout=subprocess.DEVNULL, check=False)
        took = time.perf_counter() - start
        if done.returncode:
            raise SystemExit(f"{' '.join(map(str, command))}: exit status {done.returncode}")
        return took

    return run
