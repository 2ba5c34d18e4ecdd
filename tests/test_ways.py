"""The same truth in every way of checking: side by side, resumed, and on a cluster that loses workers.

Of the hostile articles a share, each chosen for its own text; ``EVERY=1`` (``make ways``) takes them all.
"""

from __future__ import annotations

import os
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests import hostile, mutants
from tests.clusters import busy_with, cluster
from tests.hostile import Article, Twin
from wordish import checkpoints, document, shelf, workers
from wordish import cluster as dask
from wordish.model import Document, Event, Machine, Outcome, Said, Target, Transcript
from wordish.runner import Job

SIDE_BY_SIDE = 4
TIMEOUT = 20.0
IN_MACHINES = 60.0  # seconds for a step: many machines are emulated here at once
HOST, VM = Target(kind="host"), Target(kind="vm", machine="bookworm")

FEW = 8  # what two workers were at, and what they had found but not yet handed over

ARTICLES = [article for article in hostile.articles() if not article.greedy]


def share(articles: Sequence[Article], one_of: int) -> list[Article]:
    """One of so many articles, whatever others there are."""
    one_of = 1 if os.environ.get("EVERY") else one_of
    return [each for each in articles if zlib.crc32(each.document.text.encode()) % one_of == 0]


def crew(jobs: Sequence[Job], *, machines: Mapping[str, Machine], **how: Any) -> list[Transcript]:
    """Have the jobs checked side by side: the transcripts in the order of the jobs."""
    timeout = IN_MACHINES if machines else TIMEOUT
    with workers.crew(jobs, workers=SIDE_BY_SIDE, machines=machines, timeout=timeout, **how) as members:
        told = {id_of(transcript.document): transcript for transcript in workers.run(members, durations={})}
    return [told[id_of(job.document)] for job in jobs]


def id_of(checked: Document) -> tuple[str, str]:
    return checked.path, checked.text


def apart(checked: Document) -> Document:
    """The article as one that may run beside others on this machine."""
    return checked._replace(options=checked.options._replace(parallel=True))


def untrue(articles: Sequence[Article]) -> list[Article | Twin]:
    """The articles, and those with a mistake in them."""
    return [*articles, *(each.twin for each in articles if each.twin)]


def test_articles_side_by_side_are_judged_right() -> None:
    cases = untrue(share([each for each in ARTICLES if each.here], 5))
    assert len(cases) > 60
    told = crew([Job(document=apart(case.document), target=HOST) for case in cases], machines={})
    assert wrong(cases, told) == []


@pytest.mark.vm
def test_machines_side_by_side_are_judged_right(machines: Mapping[str, Machine]) -> None:
    cases = untrue(share([each for each in ARTICLES if each.machine], 7))
    assert len(cases) > 8
    told = crew([Job(document=case.document, target=VM) for case in cases], machines=machines)
    assert wrong(cases, told) == []


def wrong(cases: Iterable[Article | Twin], told: Iterable[Transcript]) -> list[str]:
    """What is not as it should be in what was found of them."""
    return [line for case, each in zip(cases, told, strict=True) for line in case.wrong(each)]


# Resumed.


class Again:
    """Articles that are checked again and again, resumed each time."""

    def __init__(self, articles: Sequence[Article], folder: Path, machines: Mapping[str, Machine]) -> None:
        self.machines = machines
        self.jobs = []
        for article in articles:
            path = folder / f"{article.kind}-{article.name}.md"  # there as long as its checkpoints
            path.write_text(article.document.text, encoding="utf-8")
            copy = document.parse(article.document.text, path=str(path))
            self.jobs.append(Job(document=copy, target=VM))

    def check(self, texts: Mapping[str, str] | None = None, *, resume: bool = True) -> list[Transcript]:
        """Check all of them, or of those in ``texts`` what stands there, by their paths."""
        jobs = self.jobs
        if texts is not None:
            jobs = [
                job._replace(document=document.parse(texts[job.document.path], path=job.document.path))
                for job in self.jobs
                if job.document.path in texts
            ]
        return crew(jobs, machines=self.machines, resume=resume)


def is_to_be_resumed(article: Article) -> bool:
    """Whether there is something to remember of it: two steps that pass, and another one."""
    steps = article.document.steps
    passed = not {step.line for step in steps[:2]} & {*article.deserved}
    return article.machine and article.here and len(steps) > 2 and passed


@pytest.fixture
def again(
    tmp_path: Path, machines: Mapping[str, Machine], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Again]:
    """A share of the articles, with a checkpoint before each step, however fast the steps are."""
    monkeypatch.setattr(checkpoints, "patience", lambda _: 0)
    yield Again(share([each for each in ARTICLES if is_to_be_resumed(each)], 5), tmp_path, machines)
    for kept in shelf.kept():
        if kept.article.startswith(str(tmp_path)):
            shelf.discard(kept.folder)
            kept.folder.with_name(f"{kept.folder.name}.lock").unlink()


def verdicts(transcripts: Sequence[Transcript]) -> dict[str, list[tuple[int, Outcome]]]:
    """By path. Without reasons: that a command waits for input is found before its time is over, or not."""
    return {
        transcript.document.path: [(verdict.step.line, verdict.outcome) for verdict in transcript.verdicts]
        for transcript in transcripts
    }


@pytest.mark.vm
def test_what_is_remembered_lets_nothing_wrong_pass_and_nothing_right_fail(again: Again) -> None:
    first = again.check()
    assert len(first) > 3
    right = verdicts(first)
    repeated = again.check()
    assert verdicts(repeated) == right
    assert sum(bool(transcript.resumed) for transcript in repeated) > len(first) / 2
    for round_ in rounds(first):
        found = verdicts(again.check({path: mutant.text for path, mutant in round_.items()}))
        for path, mutant in round_.items():
            before = right[path].index((mutant.step.line, Outcome.PASSED))
            so_far = [*right[path][:before], (mutant.step.line, Outcome.FAILED)]
            assert found[path][: before + 1] == so_far, mutant
    # None of the mistakes has left anything.
    assert verdicts(again.check()) == right


def rounds(articles: Sequence[Transcript]) -> Iterator[dict[str, mutants.Mutant]]:
    """Mistakes, one in each article at a time: in what is shown, and in commands."""
    number = 20 if os.environ.get("EVERY") else 2
    for kind in (mutants.of_outputs, mutants.of_commands):
        chosen = {
            each.document.path: sorted(kind(each, excluded=Counter()), key=lambda mutant: chance(mutant.text))
            for each in articles
        }
        for at in range(number):
            if found := {path: several[at] for path, several in chosen.items() if at < len(several)}:
                yield found


def chance(text: str) -> int:
    """A number that is as good as any, always the same for a text."""
    return zlib.crc32(text.encode())


@pytest.mark.vm
def test_after_a_step_is_gone_the_others_are_judged_as_from_the_start(again: Again) -> None:
    first = again.check()
    texts = {each.document.path: text for each in first if (text := without_a_step(each.document))}
    assert texts
    assert verdicts(again.check(texts)) == verdicts(again.check(texts, resume=False))


def without_a_step(article: Document) -> str:
    """The article without one of its steps that are neither the first nor the last, "" if it has none."""
    steps = [step for step in article.steps[1:-1] if step.path == article.path]
    if not steps:
        return ""
    step = steps[chance(article.text) % len(steps)]
    last = step.expectation.lines[1] if step.expectation.lines else step.end_line
    lines = article.text.split("\n")
    return "\n".join([*lines[: step.line - 1], *lines[last:]])


# On a cluster.


@pytest.mark.parametrize("kind", ["host", "sandbox"])
def test_on_a_cluster_that_loses_workers_nothing_is_judged_wrong(kind: str, tmp_path: Path) -> None:
    """What was under way on one is an error on the host, and begins once more in what is thrown away."""
    chosen = untrue(share([each for each in ARTICLES if each.here], 12))
    assert len(chosen) > 25
    cases = {id_of(case.document): case for case in chosen}
    jobs = [Job(document=apart(case.document), target=Target(kind=kind)) for case in chosen]
    if kind == "host":
        long = document.parse("~$ sleep 600.25  # wordish: timeout=900\n", path="long.console")
        jobs.insert(len(jobs) // 3, Job(document=apart(long), target=HOST))
    told: list[Transcript] = []
    events: list[Event] = []
    how: dict[str, Any] = {"durations": {}, "machines": {}, "timeout": TIMEOUT, "tell": events.append}
    with cluster(tmp_path, workers=3) as found, dask.connected(found.address) as client:
        for transcript in dask.run(jobs, client=client, **how):
            told.append(transcript)
            if len(told) == len(jobs) // 3 and kind == "host":
                busy = busy_with(found, "sleep 600.25")
                busy.kill()
                busy.wait()
            elif len(told) == len(jobs) // 2:  # whatever it is at
                next(worker for worker in found.workers if worker.poll() is None).kill()
    lost = {id_of(transcript.document): transcript for transcript in told if transcript.error}
    again = [event for event in events if isinstance(event, Said) and "begins once more" in event.text]
    assert Counter(id_of(each.document) for each in told) == Counter(id_of(job.document) for job in jobs)
    assert {transcript.error for transcript in lost.values()} <= {"the dask worker that checked it has died"}
    assert all(verdict.outcome is Outcome.SKIPPED for each in lost.values() for verdict in each.verdicts)
    assert not (again if kind == "host" else lost)
    assert kind == "sandbox" or id_of(long) in lost
    assert len(lost) + len(again) <= FEW
    right = [each for each in told if id_of(each.document) not in lost]
    assert wrong([cases[id_of(each.document)] for each in right], right) == []
