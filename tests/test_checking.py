"""One by one or side by side: the same transcripts, from one place."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT
from wordish import durations
from wordish.checking import checking
from wordish.document import parse
from wordish.model import Outcome, Target
from wordish.runner import Job

HOW: dict[str, Any] = {"machines": {}, "timeout": 20}


@pytest.fixture(autouse=True)
def _a_cache_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORDISH_CACHE_DIR", str(tmp_path / "cache"))


def jobs(*articles: str) -> list[Job]:
    """Articles that disturb nobody, each a command."""
    said = ".. wordish: parallel\n\n::\n\n"
    return [
        Job(document=parse(f"{said}   ~$ {command}\n", path=f"{number}.rst"), target=Target(kind="host"))
        for number, command in enumerate(articles)
    ]


def each_waits_for_the_other(folder: Path) -> list[Job]:
    wait = "touch {0}/{1} && until [ -e {0}/{2} ]; do sleep 0.01; done"
    return jobs(wait.format(folder, "a", "b"), wait.format(folder, "b", "a"))


@pytest.mark.parametrize("together", [2, 3])
def test_side_by_side_as_many_as_are_wanted(tmp_path: Path, together: int) -> None:
    with checking(each_waits_for_the_other(tmp_path), together=together, **HOW) as run:
        assert [transcript.outcome for transcript in run()] == [Outcome.PASSED] * 2


def test_one_by_one_in_their_order() -> None:
    with checking(jobs("true", "false", "true"), together=1, **HOW) as run:
        assert [(t.document.path, str(t.outcome)) for t in run()] == [
            ("0.rst", "passed"),
            ("1.rst", "failed"),
            ("2.rst", "passed"),
        ]
    with checking(jobs("true", "false", "true"), together=1, **HOW) as run:
        assert len(list(run(exit_first=True))) == 2


CHECKED_TWICE = """
import gc
from tests.test_checking import HOW, jobs
from wordish.checking import checking

articles = jobs("echo one", "false", "exit 3")
for _ in range(2):  # the first time, some things are imported, or kept
    gc.collect()
    gc.disable()
    with checking(articles, together=1, **HOW) as run:
        assert len(list(run())) == 3
print(gc.collect())
"""


def test_nothing_of_an_article_waits_for_the_garbage_collector() -> None:
    """The more articles a run had checked, the more memory it would take."""
    done = subprocess.run(
        [sys.executable, "-c", CHECKED_TWICE], cwd=ROOT, stdout=subprocess.PIPE, check=True, timeout=60
    )
    assert int(done.stdout) == 0


def test_nothing_is_forked_for_a_single_article(monkeypatch: pytest.MonkeyPatch) -> None:
    from wordish import workers

    monkeypatch.setattr(workers, "crew", None)
    with checking(jobs("true"), together=0, **HOW) as run:
        assert [transcript.outcome for transcript in run()] == [Outcome.PASSED]


def test_what_articles_took_side_by_side_is_remembered() -> None:
    with checking(jobs("true", "true"), together=2, **HOW) as run:
        list(run())
    assert {Path(path).name for path in durations.remembered()} == {"0.rst", "1.rst"}
