"""What goes from the whole cache, what stays, and what `wordish machine prune` says of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.entries import HERE, OTHER, aged, built, checkpoints, reading, template
from wordish import cachedir, document, readings, shelf, stock
from wordish.cli import main
from wordish.machine import cache


@pytest.fixture(autouse=True)
def _cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORDISH_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)


def prune(*, keep: int | None = None) -> dict[str, str]:
    """Remove what goes when `HERE` is described: why, by what it is."""
    items = list(stock.items([HERE], keep=keep))
    list(stock.clear(items, dry_run=False))
    return {item.what: item.why for item in items if item.why}


def there(*paths: Path) -> list[bool]:
    return [path.exists() for path in paths]


def test_what_was_used_lately_stays(tmp_path: Path) -> None:
    built(HERE)
    of = template(HERE, "1")
    paths = checkpoints(tmp_path / "a.md", of, days=29), reading(tmp_path, days=29)
    assert prune() == {}
    assert all(there(*paths))


def test_what_was_not_used_for_long_goes(tmp_path: Path) -> None:
    built(HERE)
    folder = checkpoints(tmp_path / "a.md", template(HERE, "1"), days=31)
    slot = reading(tmp_path, days=31)
    assert {*prune().values()} == {"not used for 30 days"}
    assert there(folder, slot) == [False, False]


def test_a_reading_that_was_of_use_today_stays(tmp_path: Path) -> None:
    slot = reading(tmp_path, days=31)
    (article,) = tmp_path.glob("*.console")
    document.read(str(article))
    assert prune() == {}
    assert slot.exists()


def test_checkpoints_go_with_their_article_and_with_their_template(tmp_path: Path) -> None:
    built(HERE), built(OTHER, days=99)
    mine, others = template(HERE, "1"), template(OTHER, "1", days=99)
    gone, lost, kept = (
        checkpoints(tmp_path / "gone.md", mine),
        checkpoints(tmp_path / "a.md", others),
        checkpoints(tmp_path / "a.md", mine),
    )
    (tmp_path / "gone.md").unlink()
    found = prune()
    assert found[f"checkpoints of {tmp_path}/gone.md ({gone.name})"] == "the article is gone"
    assert found[f"checkpoints of {tmp_path}/a.md ({lost.name})"] == "its template goes"
    assert there(gone, lost, others, kept) == [False, False, False, True]


def test_what_another_wordish_left_goes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    built(HERE)
    of = template(HERE, "1")
    own, slot = checkpoints(tmp_path / "a.md", of), reading(tmp_path)
    with monkeypatch.context() as other:
        other.setattr(shelf, "__version__", "0.0")
        other.setattr(readings, "_digest", lambda: b"else")
        folder, alien = checkpoints(tmp_path / "a.md", of), reading(tmp_path)
    assert {*prune().values()} == {
        "of another wordish, or of a template that was made again",
        "of another wordish or Python",
    }
    assert there(own, slot, folder, alien) == [True, True, False, False]


def test_what_killed_processes_left_goes(tmp_path: Path) -> None:
    built(HERE)
    slot = reading(tmp_path, days=2)
    fresh, old = slot.with_suffix(".1"), slot.with_suffix(".2")
    fresh.write_text("half a reading")
    old.hardlink_to(slot)
    folder = checkpoints(tmp_path / "a.md", template(HERE, "1"))
    (folder / "about").unlink()
    lock = Path(shelf.lock(folder).lock_file)
    assert {*prune().values()} == {"damaged", "of another wordish or Python"}
    assert there(slot, fresh, old, folder, lock) == [True, True, False, False, True]
    cache.sweep()
    assert not lock.exists()


def test_the_budget_is_for_all_and_checkpoints_and_readings_go_first(tmp_path: Path) -> None:
    image = built(HERE, days=9)
    of = template(HERE, "1", days=9)
    first, second, third, fourth = (
        checkpoints(tmp_path / "a.md", of, days=4),
        reading(tmp_path, days=3),
        reading(tmp_path, days=2),
        checkpoints(tmp_path / "b.md", of, days=1),
    )
    sizes = [item.size for item in stock.items([HERE])]
    assert prune(keep=sum(sizes)) == {}
    assert prune(keep=sum(sizes) - 1) == {
        f"checkpoints of {tmp_path}/a.md ({first.name})": "more than there is room for"
    }
    assert len(prune(keep=sum(sizes[2:]))) == 1
    assert there(first, second, third, fourth, of, image) == [False, False, True, True, True, True]
    prune(keep=max(sizes))
    assert there(third, fourth, of, image) == [False, False, False, True]
    prune(keep=0)
    assert not image.exists()


def test_nothing_that_is_in_use_goes_and_it_counts(tmp_path: Path) -> None:
    image, of = built(HERE), template(HERE, "1")
    busy, idle = checkpoints(tmp_path / "a.md", of, days=99), checkpoints(tmp_path / "b.md", of)
    with shelf.lock(busy), cache.used(of):
        (item,) = [item for item in stock.items([HERE]) if item.why]
        assert (item.why, item.busy, item.discard()) == ("not used for 30 days", True, False)
        prune(keep=0)
        assert there(busy, idle, image, of) == [True, False, True, True]
    prune(keep=2_500_000)
    assert there(busy, image, of) == [False, True, True]


def test_what_is_not_of_wordish_stays(tmp_path: Path) -> None:
    strange = [cachedir.root() / name for name in ("notes", "checkpoints/notes", "readings/notes")]
    for path in strange:
        path.mkdir(parents=True)
    built(HERE)
    prune(keep=0)
    assert all(there(*strange))


# From the command line.


def test_a_dry_run_removes_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    path = built(OTHER, days=99)
    said = f"image of other ({path.name}): 1 MB, not described here, and not used for 99 days"
    assert main(["machine", "prune", "--dry-run"]) == 0
    assert capfd.readouterr().out == f"{said}: would be removed\n1 MB to be freed, nothing stays\n"
    assert path.exists()
    with cache.used(path):
        aged(path, 99)
        assert main(["machine", "prune"]) == 0
    assert capfd.readouterr().out == f"{said}: in use, stays\n0 MB freed, 1 MB stay: 1 image 1 MB\n"
    assert path.exists()
    assert main(["machine", "prune"]) == 0
    assert capfd.readouterr().out == f"{said}: removed\n1 MB freed, nothing stays\n"
    assert not path.exists()
    assert main(["machine", "prune"]) == 0
    assert capfd.readouterr().out == "0 MB freed, nothing stays\n"


def test_the_report_tells_readings_in_one_line_and_says_what_stays(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    built(OTHER)
    checkpoints(tmp_path / "a.md", template(OTHER, "1")), template(OTHER, "2", memory=256)
    slots = [reading(tmp_path, days=40) for _ in range(3)]
    reading(tmp_path)
    assert main(["machine", "prune"]) == 0
    told, last = capfd.readouterr().out.splitlines()
    assert told.startswith("3 articles as they were read: ")
    assert told.endswith(" MB, not used for 30 days: removed")
    assert (
        " stay: 1 image 1 MB, 2 templates 2 MB, 1 article with checkpoints 1 MB, 1 article as it was" in last
    )
    assert not any(there(*slots))


@pytest.mark.parametrize("size", ["many", "-1", "1X", "nan", "inf", ""])
def test_no_size(size: str, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["machine", "prune", f"--keep={size}"])
    assert "invalid size value" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("size", "stays"), [("2M", True), ("1.5MB", True), ("0.002G", True), ("500k", False)]
)
def test_sizes(size: str, stays: bool) -> None:
    path = built(OTHER)
    assert main(["machine", "prune", "--keep", size]) == 0
    assert path.exists() is stays
