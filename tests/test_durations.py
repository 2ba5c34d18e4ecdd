"""What articles took, kept for the next time."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import pytest

from wordish import durations
from wordish.model import Document, Outcome, Step, Target, Transcript, Verdict


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("WORDISH_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache"


def ended(path: str, elapsed: float, outcome: Outcome = Outcome.PASSED) -> Transcript:
    step = Step(path=path, line=1, end_line=1, prompt="~$", user="user", command="ls")
    return Transcript(
        document=Document(path=path, text=""),
        target=Target(kind="host"),
        verdicts=(Verdict(step=step, outcome=outcome),),
        elapsed=elapsed,
    )


def remember(told: Iterable[Transcript]) -> None:
    took: dict[str, float] = {}
    for transcript in told:
        took |= durations.lasted(transcript)
    durations.remember(took)


def test_what_was_kept_is_remembered_and_renewed() -> None:
    remember([ended("a.rst", 1.5), ended("b.rst", 2)])
    remember([ended("a.rst", 0.5, Outcome.FAILED)])
    assert durations.remembered() == {os.path.realpath("b.rst"): 2, os.path.realpath("a.rst"): 0.5}


def test_one_that_did_not_end_tells_nothing() -> None:
    remember([ended("a.rst", 1.5, Outcome.ERROR), ended("b.rst", 1, Outcome.SKIPPED)])
    assert durations.remembered() == {}


def test_one_that_was_resumed_tells_nothing_of_the_whole() -> None:
    remember([ended("a.rst", 15)])
    remember([ended("a.rst", 0.5)._replace(resumed="line 30")])
    assert durations.remembered() == {os.path.realpath("a.rst"): 15}


def test_the_oldest_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(durations, "MOST", 2)
    for name in "abc":
        remember([ended(name, 1)])
    assert [Path(path).name for path in durations.remembered()] == ["b", "c"]


@pytest.mark.parametrize("content", ["", "[]", "{", '{"a": "b"}', '{"a": NaN}', '{"a": Infinity}', "null"])
def test_a_file_that_is_no_use_is_an_empty_one(cache: Path, content: str) -> None:
    cache.mkdir()
    (cache / "durations.json").write_text(content)
    assert durations.remembered() == {}
    remember([ended("a", 1)])
    assert len(durations.remembered()) == 1


def test_a_cache_that_cannot_be_written_stops_nobody(cache: Path) -> None:
    cache.write_text("a file in its place")
    remember([ended("a", 1)])
    assert durations.remembered() == {}
