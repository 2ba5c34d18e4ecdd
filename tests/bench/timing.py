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

HERE = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
PEERS = HERE / ".venv-bench/bin"  # where `make bench` installs them

# An installed program finds its bytecode; whoever switches that off slows wordish alone, because
# it is the one that is installed from its sources here.
_ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


class Goal(NamedTuple):
    """What a row is to show: of one contender, or figure, at most so many of a unit.

    ``times``: the ratio to the reference. ``s``: the median. Of figures: their own unit.
    """

    contender: str
    most: float
    unit: str = "times"


class Comparison(NamedTuple):
    """The seconds of each round, by contender; ratios are to the ``reference``."""

    name: str
    reference: str
    seconds: Mapping[str, Sequence[float]]
    goals: Sequence[Goal] = ()

    def ratios(self, contender: str) -> list[float]:
        """The ratio of each round: two that ran one after the other met the same weather."""
        pairs = zip(self.seconds[contender], self.seconds[self.reference], strict=True)
        return [own / other for own, other in pairs]

    def ratio(self, contender: str) -> float:
        """The median of the rounds' ratios."""
        return statistics.median(self.ratios(contender))

    def found(self, goal: Goal) -> float:
        """What was found of that for which there is a goal."""
        if goal.unit == "s":
            return statistics.median(self.seconds[goal.contender])
        return self.ratio(goal.contender)

    def rows(self) -> list[str]:
        """The comparison as a table for people."""
        rounds = len(self.seconds[self.reference])
        rows = [f"{self.name} ({rounds} rounds)", f"  {'':34}{'median':>9}{'min':>9}{'max':>9}{'ratio':>7}"]
        for name, seconds in self.seconds.items():
            figures = (statistics.median(seconds), min(seconds), max(seconds))
            columns = "".join(f"{figure * 1000:6.0f} ms" for figure in figures)
            ratios = self.ratios(name)
            rows.append(
                f"  {name:34}{columns}{self.ratio(name):7.2f} ({min(ratios):.2f} to {max(ratios):.2f})"
            )
        return [*rows, *_told(self)]

    def values(self) -> dict[str, Any]:
        """The comparison for programs; times are in seconds."""
        contenders = {}
        for name, seconds in self.seconds.items():
            ratios = self.ratios(name)
            contenders[name] = {
                "seconds": [round(each, 4) for each in seconds],
                "median": round(statistics.median(seconds), 4),
                "ratio": round(self.ratio(name), 3),
                "ratios": [round(min(ratios), 3), round(max(ratios), 3)],
            }
        return {
            "name": self.name,
            "reference": self.reference,
            "contenders": contenders,
            "goals": _goals(self),
        }


class Figures(NamedTuple):
    """What is no time side by side, by name, with a unit."""

    name: str
    unit: str
    figures: Mapping[str, float]
    goals: Sequence[Goal] = ()

    def found(self, goal: Goal) -> float:
        """What was found of that for which there is a goal."""
        return self.figures[goal.contender]

    def rows(self) -> list[str]:
        """The figures as a table for people."""
        figures = (f"  {name:58}{value:11,.1f} {self.unit}" for name, value in self.figures.items())
        return [self.name, *figures, *_told(self)]

    def values(self) -> dict[str, Any]:
        """The figures for programs."""
        figures = {name: round(value, 2) for name, value in self.figures.items()}
        return {"name": self.name, "unit": self.unit, "figures": figures, "goals": _goals(self)}


Result = Comparison | Figures


def _goals(result: Result) -> list[dict[str, Any]]:
    return [
        {"of": goal.contender, "most": goal.most, "unit": goal.unit, "found": round(result.found(goal), 3)}
        for goal in result.goals
    ]


def _told(result: Result) -> list[str]:
    told = []
    for goal in result.goals:
        found = result.found(goal)
        met = "met" if found <= goal.most else "NOT MET"
        told.append(f"  goal: {goal.contender}: at most {goal.most:g} {goal.unit}: {found:.2f}, {met}")
    return told


def compare(
    name: str,
    *,
    reference: str,
    rounds: int,
    contenders: Mapping[str, Contender],
    goals: Sequence[Goal] = (),
) -> Comparison:
    """Run the contenders in turn, ``rounds`` times after a warm-up."""
    seconds: dict[str, list[float]] = {contender: [] for contender in contenders}
    for number in range(rounds + 1):
        if sys.stderr.isatty():
            print(f"\r\033[K{name}: round {number} of {rounds}", end="\r", file=sys.stderr, flush=True)
        for contender, work in contenders.items():
            took = work()
            if number:
                seconds[contender].append(took)
    return Comparison(name=name, reference=reference, seconds=seconds, goals=goals)


def busy(work: Callable[[], object]) -> float:
    """Seconds that a processor is busy with the processes that ``work`` starts and waits for.

    What else the machine does meanwhile is no part of them.
    """
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    work()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def program(
    *command: str | Path, cwd: Path, status: int = 0, env: Mapping[str, str] | None = None
) -> Contender:
    """A contender: the whole life of a process, which has to end with this status.

    ``env`` is added to the environment.
    """

    def run() -> float:
        start = time.perf_counter()
        done = subprocess.run(
            command, cwd=cwd, env={**_ENVIRONMENT, **(env or {})}, check=False,
            stdout=subprocess.DEVNULL,
        )  # fmt: skip
        took = time.perf_counter() - start
        if done.returncode != status:
            raise SystemExit(f"{' '.join(map(str, command))}: exit status {done.returncode}")
        return took

    return run


def most(*command: str | Path, cwd: Path) -> float:
    """The most memory, in MB, that a process of this command takes, or one that it waits for (getrusage(2)).

    It is started by a small process: one that was begun by a large one counts as that large.
    """
    launcher = [sys.executable, "-IS", "-c", _LAUNCHER, *command]
    done = subprocess.run(launcher, cwd=cwd, env=_ENVIRONMENT, check=True, capture_output=True, text=True)
    return int(done.stdout) * 1024 / 1e6


_LAUNCHER = """\
import resource, subprocess, sys
subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, check=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""
