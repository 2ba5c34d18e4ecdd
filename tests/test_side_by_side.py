"""What articles deserve is what they get, however many run side by side, and whatever dies meanwhile.

A sample of the hostile articles, and for each its twin with a mistake in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests import hostile, mutants
from tests.clusters import cluster
from wordish import cluster as dask
from wordish import document, workers
from wordish.model import Event, Outcome, Said, Target, Transcript
from wordish.runner import Job

SHARE = 12  # one of so many
FEW = 4  # what a worker was at, and what it had found but not yet handed over
HOW: Mapping[str, Any] = {"machines": {}, "timeout": 20}

SAMPLE = {f"{article}.md": article for article in [each for each in hostile.articles() if each.here][::SHARE]}


def twins() -> Iterator[tuple[str, mutants.Mutant]]:
    for path, article in SAMPLE.items():
        passing = [step for step in article.document.steps if step.line not in article.deserved]
        if made := mutants.twin(article.document, passing):
            yield f"untrue-{path}", made


TWINS = dict(twins())


def jobs(target: Target) -> list[Job]:
    """All of them, each under a path of its own."""
    texts = {path: article.document.text for path, article in SAMPLE.items()}
    texts |= {path: made.text for path, made in TWINS.items()}
    found = []
    for path, text in texts.items():
        article = document.parse(text, path=path)
        options = article.options._replace(parallel=True)
        found.append(Job(document=article._replace(options=options), target=target))
    return found


def wrong(transcripts: Iterable[Transcript]) -> list[str]:
    """What is not as it should be."""
    found = []
    for transcript in transcripts:
        path = transcript.document.path
        if path in SAMPLE:
            found += SAMPLE[path].wrong(transcript)
            continue
        line = TWINS[path].step.line
        told = {verdict.step.line: verdict for verdict in transcript.verdicts}
        if told[line].outcome is not Outcome.FAILED or told[line].reason != "the output differs":
            found.append(f"{path}:{line}: {told[line].outcome}: {told[line].reason}")
    return found


def test_the_sample_is_worth_it() -> None:
    assert len(SAMPLE) > 15
    assert len(TWINS) > 10


def test_four_at_a_time() -> None:
    sample = jobs(Target(kind="host"))
    with workers.crew(sample, workers=4, **HOW) as crew:
        told = list(workers.run(crew, durations={}))
    assert wrong(told) == []
    assert len(told) == len(sample)


@pytest.mark.parametrize("kind", ["host", "sandbox"])
def test_on_a_cluster_one_of_whose_workers_is_killed(kind: str, tmp_path: Path) -> None:
    """What was under way on it is an error on the host, and begins once more in what is thrown away."""
    sample = jobs(Target(kind=kind))
    told: list[Transcript] = []
    events: list[Event] = []
    with cluster(tmp_path, workers=3) as found, dask.connected(found.address) as client:
        for transcript in dask.run(sample, client=client, durations={}, tell=events.append, **HOW):
            told.append(transcript)
            if len(told) == len(sample) // 3:
                found.workers[0].kill()
    lost = [transcript for transcript in told if transcript.error]
    again = [event for event in events if isinstance(event, Said) and "begins once more" in event.text]
    assert sorted(transcript.document.path for transcript in told) == sorted(
        each.document.path for each in sample
    )
    assert {transcript.error for transcript in lost} <= {"the dask worker that checked it has died"}
    assert all(verdict.outcome is Outcome.SKIPPED for each in lost for verdict in each.verdicts)
    assert not (again if kind == "host" else lost)
    assert len(lost) + len(again) <= FEW
    assert wrong(transcript for transcript in told if not transcript.error) == []
