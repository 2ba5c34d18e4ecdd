"""The rows of the benchmark, by the names with which they are asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from tests.bench import machines, many, outputs, reading, shells, site
from tests.bench.timing import Result

Row = Callable[[Path, int], Iterable[Result]]
"""Given an empty folder, and how often each contender is to run at most: what was found."""

ROWS: dict[str, Row] = {
    "start": lambda folder, rounds: [shells.start(folder, rounds=rounds)],
    "echo": lambda folder, rounds: [shells.trivial_steps(folder, rounds=rounds, steps=1)],
    "steps": lambda folder, rounds: [shells.trivial_steps(folder, rounds=rounds, steps=1000)],
    "articles": lambda folder, rounds: [many.short(folder, rounds=_few(rounds))],
    "output": lambda folder, rounds: outputs.long(folder, rounds=rounds),
    "failure": lambda folder, rounds: [outputs.wrong(folder, rounds=rounds)],
    "reading": lambda folder, rounds: [
        *reading.texts(folder, rounds=_few(rounds)),
        reading.articles(folder, rounds=_few(rounds)),
    ],
    "sphinx": lambda folder, rounds: [site.pages(folder, rounds=_few(rounds))],
    "scaling": lambda folder, rounds: many.scaling(folder, rounds=_few(rounds)),
    "memory": lambda folder, _: [many.memory(folder)],
    "dask": lambda folder, rounds: many.clustered(folder, rounds=_few(rounds)),
    "recipe": lambda *_: [many.recipe()],
    "clone": lambda folder, rounds: [machines.clones(folder, rounds=rounds)],
    "machines": lambda folder, rounds: [machines.articles(folder, rounds=_few(rounds))],
    "idle": lambda *_: [machines.idle()],
    "lvm": lambda _, rounds: [machines.article(rounds=rounds)],
    "resume": lambda folder, rounds: [machines.resumed(folder, rounds=_few(rounds))],
}


def _few(rounds: int) -> int:
    """Rounds of what takes seconds."""
    return max(1, rounds // 2)
