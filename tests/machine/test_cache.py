"""A cache entry is complete or absent, and one process makes it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from wordish.machine import cache

MAKER = """
import sys, time
from pathlib import Path
from wordish import cachedir
from wordish.machine import cache
path = Path(sys.argv[1])
with cache.locked(path, say=print, waiting="waiting"):
    if not path.exists():
        with cache.making(path) as partial:
            print("making", flush=True)
            (partial / "file").write_text("whole")
            sys.stdin.readline()
print((path / "file").read_text())
"""


def maker(path: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", MAKER, str(path)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip


def test_an_entry_appears_when_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "images" / "a"
    with cache.making(path) as partial:
        (partial / "file").touch()
        assert not path.exists()
    assert {file.name for file in path.iterdir()} == {"file", "sizes.json"}
    assert cache.whole(path)
    assert [entry.name for entry in path.parent.iterdir()] == ["a"]


def test_an_entry_that_fails_leaves_nothing_and_keeps_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "a"
    with cache.making(path) as partial:
        (partial / "old").touch()

    def fail() -> None:
        with cache.making(path) as partial:
            (partial / "new").touch()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert {file.name for file in path.iterdir()} == {"old", "sizes.json"}
    assert [entry.name for entry in tmp_path.iterdir()] == ["a"]


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: os.truncate(path / "file", 4),
        lambda path: (path / "file").write_text("whole and more"),
        lambda path: (path / "file").unlink(),
        lambda path: (path / "sizes.json").unlink(),
        lambda path: (path / "sizes.json").write_text('{"file":'),
        lambda path: (path / "sizes.json").write_text("[5]"),
        lambda path: shutil.rmtree(path),
    ],
)
def test_what_is_no_longer_as_it_was_made_is_found_out(
    tmp_path: Path, damage: Callable[[Path], object]
) -> None:
    path = tmp_path / "a"
    with cache.making(path) as partial:
        (partial / "file").write_text("whole")
    assert cache.whole(path)
    damage(path)
    assert not cache.whole(path)


def test_two_at_once_make_it_once(tmp_path: Path) -> None:
    path = tmp_path / "a"
    first = maker(path)
    assert first.stdout is not None
    assert first.stdout.readline() == "making\n"
    second = maker(path)
    assert second.stdout is not None
    assert second.stdout.readline() == "waiting\n"
    assert first.communicate("\n", timeout=20)[0] == "whole\n"
    assert second.communicate(timeout=20)[0] == "whole\n"


def test_a_killed_maker_is_followed_by_another_that_clears_up(tmp_path: Path) -> None:
    path = tmp_path / "a"
    killed = maker(path)
    assert killed.stdout is not None
    killed.stdout.readline()
    killed.kill()
    killed.communicate()
    assert not path.exists()
    assert maker(path).communicate("\n", timeout=20)[0] == "making\nwhole\n"
    assert {entry.name for entry in tmp_path.iterdir()} == {"a", "a.lock"}


def test_keys_depend_on_content_and_not_on_order() -> None:
    assert cache.key({"a": 1, "b": [2]}) == cache.key({"b": [2], "a": 1})
    assert cache.key({"a": 1}) != cache.key({"a": 2})


def test_holes_are_not_counted_as_size(tmp_path: Path) -> None:
    with (tmp_path / "holes").open("wb") as file:
        file.truncate(1 << 30)
    assert cache.size(tmp_path) < 1 << 20


def test_what_killed_makers_left_is_swept_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORDISH_CACHE_DIR", str(tmp_path))
    made, busy = "0123456789abcdef", "fedcba9876543210"
    names = [f"{made}.partial-01234567", f"{made}-{busy}.partial-01234567", "notes.partial-1", made]
    for folder in ("images", "templates", "mine"):
        for name in (*names, f"{busy}.partial-01234567"):
            (tmp_path / folder / name / "inner").mkdir(parents=True)
    with cache.locked(tmp_path / "images" / busy, say=print, waiting=""):
        cache.sweep()
    for folder in ("images", "templates"):
        left = {path.name for path in (tmp_path / folder).iterdir() if path.is_dir()}
        at_work = {f"{busy}.partial-01234567"} if folder == "images" else set()
        assert left == {"notes.partial-1", made} | at_work
        assert [path.name for path in cache.entries(folder)] == [made]
    assert len(list((tmp_path / "mine").iterdir())) == 5


def test_a_cache_that_is_not_there_is_swept_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORDISH_CACHE_DIR", "/proc/nope")
    cache.sweep()
    assert cache.entries("images") == []
