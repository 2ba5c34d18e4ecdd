"""Many articles: side by side, on a cluster, in parts; and what wordish itself takes in memory."""

from __future__ import annotations

import heapq
import random
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.bench.timing import BIN, PEERS, Comparison, Figures, Goal, compare, most, program
from tests.clusters import cluster
from wordish.shards import costs, divided

_SETTINGS = "[tool.wordish.options]\nparallel = true\n"
_STEPS = 5
_CHECK = (BIN / "wordish", "check", "-q")
_JOBS = (1, 2, 4, 8)


def short(folder: Path, *, rounds: int) -> Comparison:
    """Two hundred articles of five steps, beside those that read cram's files."""
    count = 200
    tree = _tree(folder / "short", count)
    return compare(
        f"{count} articles of {_STEPS} steps on this machine, the whole process",
        reference="cram",
        rounds=rounds,
        contenders={
            "cram": program(PEERS / "cram", "cram", cwd=tree),
            "prysk": program(PEERS / "prysk", "cram", cwd=tree),
            "wordish": program(*_CHECK, "docs", cwd=tree),
            "wordish -j 2": program(*_CHECK, "-j", "2", "docs", cwd=tree),
        },
    )


def clustered(folder: Path, *, rounds: int) -> Iterator[Comparison]:
    """Two articles at a time, here and on a cluster of two workers of this machine."""
    with _cluster(folder / "cluster") as address:
        for count, command, goals in (
            (40, "sleep 0.5", [Goal("wordish, two dask workers", 1.15)]),
            (200, "true", []),  # what an article costs that takes no time
        ):
            tree = _tree(folder / f"clustered-{count}", count, command=command, steps=1)
            yield compare(
                f"{count} articles of `{command}`, two at a time, the whole process",
                reference="wordish -j 2",
                rounds=rounds,
                contenders={
                    "wordish -j 2": program(*_CHECK, "-j", "2", "docs", cwd=tree),
                    "wordish, two dask workers": program(*_CHECK, "--dask", address, "docs", cwd=tree),
                },
                goals=goals,
            )


def scaling(folder: Path, *, rounds: int) -> Iterator[Comparison]:
    """Articles that wait scale with the jobs, those that compute with the processors."""
    for name, what, command in (
        ("sleeping", "sleep for 0.25 s", "sleep 0.25"),
        ("busy", "compute for some 0.25 s", "for ((i = 0; i < 60000; i++)); do :; done"),
    ):
        tree = _tree(folder / name, 16, command=command, steps=1)
        yield compare(
            f"16 articles that {what}",
            reference="1 job",
            rounds=rounds,
            contenders={
                f"{jobs} job{'s' if jobs > 1 else ''}": program(*_CHECK, "-j", str(jobs), "docs", cwd=tree)
                for jobs in _JOBS
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
    from distributed import Client

    folder.mkdir()
    with cluster(folder) as found:
        with Client(found.address) as client:
            client.wait_for_workers(len(found.workers))
        yield found.address


def memory(folder: Path) -> Figures:
    """The most that a process of wordish takes while it checks many articles."""
    found: dict[str, float] = {}
    for words in (("-j", "2"), ("--format", "json")):
        by_count = {}
        for count in (10, 1000):
            tree = folder / f"memory-{count}"
            by_count[count] = most(*_CHECK, *words, "docs", cwd=tree if tree.exists() else _tree(tree, count))
        found[f"1,000 articles of {_STEPS} steps, {' '.join(words)}"] = by_count[1000]
        found[f"more than for 10 of them, {' '.join(words)}"] = by_count[1000] - by_count[10]
    grown = [Goal(name, _GROWTH, "MB") for name in found if name.startswith("more")]
    whole = [Goal(name, 150, "MB") for name in found if not name.startswith("more")]
    return Figures("memory of wordish itself", "MB", found, [*whole, *grown])


_GROWTH = 10  # megabytes that may come and go


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
