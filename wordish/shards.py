"""A run divided among machines that know nothing of each other: every article in exactly one part.

Each machine divides for itself, so it must do so by nothing but what all of them share: the articles
themselves, and durations only from a file that the user gives to all. What a machine remembers of its
own (`wordish.durations`) is no such thing: two that remember differently would divide differently, and
an article that each leaves to the other would never be checked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from wordish.errors import UsageError
from wordish.model import Shard

if TYPE_CHECKING:
    from wordish.runner import Job

STEP = 100
"""Milliseconds for a step when no duration is known at all."""


def divided(costs: Mapping[str, int], count: int) -> list[list[str]]:
    """The names of ``costs`` (milliseconds) in ``count`` parts that cost about the same.

    The longest first, each to the part that has least to do (Graham 1969: at most 4/3 of the best).
    Whatever the order of ``costs``, equal ones give equal parts.
    """
    parts: list[list[str]] = [[] for _ in range(count)]
    loads = [0] * count
    for name in sorted(costs, key=lambda name: (-costs[name], name)):
        least = loads.index(min(loads))
        parts[least].append(name)
        loads[least] += costs[name]
    return parts


def costs(steps: Mapping[str, int], known: Mapping[str, float]) -> dict[str, int]:
    """Milliseconds for each name, whose ``steps`` are counted; ``known`` are seconds for some of them.

    An article that is not known costs by its steps, at the pace of those that are.
    """
    told = {name: round(1000 * known[name]) for name in steps if name in known}
    paced = sum(steps[name] for name in told)
    pace = sum(told.values()) // paced if paced else STEP
    return {name: told.get(name, pace * count) for name, count in steps.items()}


def part(
    jobs: Sequence[Job], shard: Shard, *, durations: str | None, record: Path, records: bool
) -> tuple[list[Job], Shard]:
    """The jobs of a part, in their order, and the part with the articles of all.

    ``durations`` names a file that tells how long articles took: a record like the one in the file
    ``record``, or a JSON report. ``records``: this run brings the record up to date. Raises `UsageError`
    for durations that another part could not have, and `wordish.errors.ConfigError` as `merging.load`.
    """
    from wordish import verified

    if durations and records and record.exists() and record.samefile(durations):
        raise UsageError(
            "`--record` changes it, and the next part would be divided otherwise",
            where=f"--durations {durations}",
            hint="give all parts the same copy of it",
        )
    names = {job.document.path: verified.key_of(job.document.path, record) for job in jobs}
    known = _known(Path(durations), names) if durations else {}
    steps = {names[job.document.path]: len(job.document.sequence) for job in jobs}
    mine = {*divided(costs(steps, known), shard.total)[shard.number - 1]}
    chosen = [job for job in jobs if names[job.document.path] in mine]
    return chosen, shard._replace(articles=tuple(job.document.path for job in jobs))


def _known(file: Path, names: Mapping[str, str]) -> dict[str, float]:
    """Seconds by name, from a record, or from a report, which calls articles by their paths."""
    from wordish import merging, verified

    found = merging.load(file)
    if isinstance(found, verified.Record):
        return {name: entry.elapsed for name, entry in found.articles.items()}
    took = {told.document.path: told.elapsed for told in found.transcripts}
    return {name: took[path] for path, name in names.items() if path in took}
