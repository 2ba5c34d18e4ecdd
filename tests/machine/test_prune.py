"""What goes from the cache, and what stays: with entries that nobody could boot."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.entries import DAY, HERE, OTHER, aged, built, template
from wordish.machine import cache, prune
from wordish.model import Machine


@pytest.fixture(autouse=True)
def _cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORDISH_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)


def going(*machines: Machine, keep: int | None = None) -> dict[Path, str]:
    return {waste.path: waste.why for waste in prune.waste(machines, keep=keep)}


def test_what_is_described_here_or_was_used_lately_stays() -> None:
    built(HERE, days=400), template(HERE, "1", days=400)
    built(OTHER, days=29), template(OTHER, "2", days=29)
    assert going(HERE) == {}


def test_a_forgotten_image_goes_with_its_templates() -> None:
    path, child = built(OTHER, days=31), template(OTHER, "1", days=31)
    assert going(HERE) == {child: "its image goes", path: "not described here, and not used for 31 days"}


def test_templates_that_nothing_can_use_go() -> None:
    built(HERE)
    orphan, short = template(OTHER, "1"), template(HERE, "2")
    (short / "memory").write_bytes(b"")
    assert going(HERE) == {orphan: "its image is gone", short: "damaged, or of an older wordish"}


def test_a_template_goes_when_another_has_taken_its_place() -> None:
    built(HERE)
    old, _, larger = (
        template(HERE, "1", days=1),
        template(HERE, "2"),
        template(HERE, "3", memory=1024, days=2),
    )
    assert going(HERE) == {old: "another has taken its place"}
    assert larger.exists()


def test_an_image_of_another_generation_goes() -> None:
    path = built(HERE, generation=0)
    assert going(HERE) == {path: "no machine of this wordish"}


def test_within_a_budget_stays_what_is_described_here_and_was_used_last() -> None:
    here, other = built(HERE, days=9), built(OTHER, days=1)
    small, last = template(HERE, "1", days=9, memory=256), template(HERE, "2", days=8)
    assert set(going(HERE, keep=5_000_000)) == set()
    assert list(going(HERE, keep=3_500_000)) == [other]
    assert set(going(HERE, keep=2_500_000)) == {other, small}
    assert set(going(HERE, keep=0)) == {here, other, small, last}


def test_what_is_in_use_stays_and_so_does_its_image() -> None:
    path, child = built(OTHER, days=99), template(OTHER, "1", days=99)
    with cache.used(child):
        aged(child, 99)
        busy = {waste.path: waste.busy for waste in prune.waste([HERE])}
        assert busy == {path: True, child: True}
        assert not cache.discard(child)
        assert list(going(HERE, keep=0)) == [child, path]
    assert cache.discard(child)
    assert not child.exists()


def test_what_is_being_made_stays() -> None:
    path = built(OTHER, days=99)
    with cache.locked(path, say=print, waiting=""):
        assert [waste.busy for waste in prune.waste([HERE])] == [True]


def test_use_is_remembered() -> None:
    path = built(OTHER, days=99)
    with cache.used(path):
        pass
    assert time.time() - cache.last_used(path) < DAY
    assert going(HERE) == {}


def test_a_new_template_takes_the_place_of_old_ones_that_nobody_used_today() -> None:
    built(HERE)
    old, recent = template(HERE, "1", days=2), template(HERE, "2", days=0.5)
    other, before = template(HERE, "3", days=2, memory=256), template(HERE, "4", days=2)
    (before / "template.json").unlink()
    prune.collect(template(HERE, "5"))
    assert [path.exists() for path in (old, recent, other, before)] == [False, True, True, False]
