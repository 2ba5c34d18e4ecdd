"""Which checkpoints are forgotten without being asked."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.entries import HERE, OTHER, built, checkpoints, template
from wordish import shelf


@pytest.fixture(autouse=True)
def _cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORDISH_CACHE_DIR", str(tmp_path / "cache"))


@pytest.fixture
def of() -> Path:
    """A template."""
    built(HERE)
    return template(HERE, "1")


def names() -> list[str]:
    return [Path(each.article).name for each in shelf.kept()]


def test_they_are_told_in_the_order_of_their_use(of: Path, tmp_path: Path) -> None:
    for name, days in (("a", 2), ("b", 3), ("c", 1)):
        checkpoints(tmp_path / name, of, days=days)
    assert names() == ["b", "a", "c"]


def test_those_of_what_is_gone_go_at_once(of: Path, tmp_path: Path) -> None:
    for name in ("a", "b", "gone"):
        checkpoints(tmp_path / name, of)
    (tmp_path / "gone").unlink()
    (checkpoints(tmp_path / "damaged", of) / "about").write_text("[]")
    shelf.tidy()
    assert names() == ["a", "b"]
    (of / "memory").unlink()
    shelf.tidy()
    assert names() == []


def test_those_of_another_wordish_go_when_it_was_not_used_for_a_day(
    of: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as other:
        other.setattr(shelf, "__version__", "0.0")
        checkpoints(tmp_path / "old", of, days=1.1), checkpoints(tmp_path / "today", of, days=0.5)
    checkpoints(tmp_path / "own", of, days=29), checkpoints(tmp_path / "forgotten", of, days=31)
    shelf.tidy()
    assert names() == ["own", "today"]


def test_those_of_a_template_that_was_made_again_are_of_no_use(of: Path, tmp_path: Path) -> None:
    checkpoints(tmp_path / "a", of)
    (of / "state").write_text("another")
    (kept,) = shelf.kept()
    assert kept.why == "of another wordish, or of a template that was made again"


def test_beyond_the_budget_those_used_longest_ago_go_and_none_that_is_in_use(
    of: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, *_ = [checkpoints(tmp_path / str(days), of, days=days) for days in (5, 4, 3, 2)]
    monkeypatch.setattr(shelf, "BUDGET", 2_500_000)
    with shelf.lock(first):
        shelf.tidy()
    assert names() == ["5", "2"]


def test_those_of_one_article_are_forgotten(of: Path, tmp_path: Path) -> None:
    checkpoints(tmp_path / "a", of), checkpoints(tmp_path / "b", of)
    shelf.forget_article(str(tmp_path / "a"))
    assert names() == ["b"]


def test_those_of_one_machine_are_forgotten_by_its_name(of: Path, tmp_path: Path) -> None:
    built(OTHER)
    checkpoints(tmp_path / "a", of), checkpoints(tmp_path / "b", template(OTHER, "1"), machine=OTHER)
    assert shelf.forget("nobody") == 0
    assert shelf.forget("here") > 1_000_000
    assert names() == ["b"]
    shelf.forget()
    assert names() == []
