"""Many articles: side by side, on a cluster, in parts; and what wordish itself takes in memory."""

from __future__ import annotations

import heapq
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from tests.bench.timing import Comparison, compare, program
from tests.clusters import cluster
from wordish.shards import costs, divided

_BIN = Path(sys.executable).parent
_SETTINGS = "[tool.wordish.options]\nparallel = true\n"
_STEPS = 5


def short(folder: Path, *, rounds: int) -> Comparison:
    """Two hundred articles of five steps, beside cram."""
    count = 200
    tree = _tree(folder / "short", count)
    wordish = (_BIN / "wordish", "check", "-q")
    return compare(
        f"{count} articles of {_STEPS} steps on this machine, the whole process",
        reference="cram",
        rounds=rounds,
        contenders={
            "cram": program(_BIN / "cram", "cram", cwd=tree),
            "wordish": program(*wordish, "docs", cwd=tree),
            "wordish -j 2": program(*wordish, "-j", "2", "docs", cwd=tree),
        },
    )


def clustered(folder: Path, *, rounds: int, count: int, command: str) -> Comparison:
    """Two articles at a time, here and on a cluster of two workers of this machine."""
    tree = _tree(folder / f"clustered-{count}", count, command=command, steps=1)
    wordish = (_BIN / "wordish", "check", "-q")
    with _cluster(folder / f"cluster-{count}") as address:
        return compare(
            f"{count} articles of `{command}`, two at a time, the whole process",
            reference="wordish -j 2",
            rounds=rounds,
            contenders={
                "wordish -j 2": program(*wordish, "-j", "2", "docs", cwd=tree),
                "wordish, two dask workers": program(*wordish, "--dask", address, "docs", cwd=tree),
            },
        )


def sleeping(folder: Path, *, rounds: int) -> Comparison:
    """Articles that wait: they scale with the jobs, whatever the processors."""
    tree = _tree(folder / "sleeping", 16, command="sleep 0.25", steps=1)
    return compare(
        "16 articles that sleep for 0.25 s",
        reference="1 job",
        rounds=rounds,
        contenders={
            f"{jobs} job{'s' if jobs > 1 else ''}": program(
                _BIN / "wordish", "check", "-q", "-j", str(jobs), "docs", cwd=tree
            )
            for jobs in (1, 2, 4, 8)
        },
    )


def _tree(folder: Path, count: int, *, command: str = "", steps: int = _STEPS) -> Path:
    """So many articles, for wordish in ``docs`` and for cram in ``cram``."""
    for name in ("docs", "cram"):
        (folder / name).mkdir(parents=True)
    (folder / "pyproject.toml").write_text(_SETTINGS)
    for number in range(count):
        session = [
            (command or f"echo line {step}", "" if command else f"line {step}") for step in range(steps)
        ]
        own = "".join(f"~$ {typed}\n" + (f"{shown}\n" if shown else "") for typed, shown in session)
        (folder / f"docs/a{number}.sh-session").write_text(own)
        theirs = "".join(f"  $ {typed}\n" + (f"  {shown}\n" if shown else "") for typed, shown in session)
        (folder / f"cram/a{number}.t").write_text(theirs)
    return folder


@contextmanager
def _cluster(folder: Path) -> Iterator[str]:
    folder.mkdir()
    with cluster(folder) as found:
        time.sleep(5)  # until its workers are there: they are not what is timed
        yield found.address


class Figures(NamedTuple):
    """What is no time, by name, with a unit."""

    name: str
    unit: str
    figures: Mapping[str, float]

    def rows(self) -> list[str]:
        """The figures as a table for people."""
        return [self.name, *(f"  {name:58}{value:9,.0f} {self.unit}" for name, value in self.figures.items())]

    def values(self) -> dict[str, Any]:
        """The figures for programs."""
        return {"name": self.name, "unit": self.unit, "figures": dict(self.figures)}


def memory(folder: Path) -> Figures:
    """The most that a process of wordish takes while it checks many articles (getrusage(2))."""
    found = {}
    for count in (10, 1000):
        tree = _tree(folder / f"memory-{count}", count)
        for words in (["-j", "2"], ["--format", "json"]):
            name = f"{count:,} articles of {_STEPS} steps, {' '.join(words)}"
            found[name] = _most(tree, "check", "-q", *words, "docs")
    return Figures("memory of wordish itself", "MB", found)


def _most(tree: Path, *words: str) -> float:
    process = subprocess.Popen([_BIN / "wordish", *words], cwd=tree, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"wordish {' '.join(words)}: exit status {process.returncode}")
    return usage.ru_maxrss * 1024 / 1e6


def recipe(*, articles: int = 1000, machines: int = 10, jobs: int = 4) -> Figures:
    """The recipe for many articles, with durations that are made up: no second of it is waited for.

    Durations are log-normal, 30 s in the mean, the longest some minutes; steps know them by half. What is
    told is when the last machine has done, from when the first begins.
    """
    chance = random.Random(1)
    took = [chance.lognormvariate(3.0, 0.9) for _ in range(articles)]
    scale = 30 * articles / sum(took)
    durations = {f"article {number:04}": scale * seconds for number, seconds in enumerate(took)}
    steps = {name: max(1, round(took * chance.uniform(0.5, 1.5) / 5)) for name, took in durations.items()}
    total, longest = sum(durations.values()), max(durations.values())
    slots = machines * jobs

    def parts(known: Mapping[str, float]) -> float:
        return max(
            _end([durations[name] for name in part], jobs) for part in divided(costs(steps, known), machines)
        )

    last_time = {name: took * chance.uniform(0.8, 1.25) for name, took in durations.items()}
    queued = sorted(durations, key=lambda name: -last_time[name])
    return Figures(
        f"{articles:,} articles on {machines} machines, {jobs} at a time on each, simulated",
        "s",
        {
            "one machine, one at a time": total,
            "the least that is possible": max(longest, total / slots),
            "the longest article": longest,
            "parts by steps": parts({}),
            "parts by the durations of the last run": parts(last_time),
            "dask, the long ones first": _end([durations[name] for name in queued], slots),
            "dask, in no order": _end(list(durations.values()), slots),
        },
    )


def _end(seconds: Sequence[float], slots: int) -> float:
    """When the last of these has ended, each begun in turn as soon as a slot is free."""
    free = [0.0] * slots
    for each in seconds:
        heapq.heapreplace(free, free[0] + each)
    return max(free)
