"""An article that was read before is not read again, unless anything is different that matters."""

from __future__ import annotations

import os
import pickle
import stat
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import ROOT
from wordish import document, readings
from wordish.model import Conventions, Document, Options

ARTICLE = "# One\n\n```console\n~$ echo on\non\n```\n"
ARTICLES = sorted(
    str(path.relative_to(ROOT))
    for folder in ("docs", "tests/articles", "tests/hostile")
    for path in (ROOT / folder).rglob("*")
    if path.suffix in (".md", ".rst", ".txt", ".console")
)

Count = Callable[[], int]


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("WORDISH_CACHE_DIR", str(tmp_path / "cache"))
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    Path("one.md").write_text(ARTICLE)
    return tmp_path / "cache"


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> Count:
    """How often an article was really read since the last question."""
    calls: list[str] = []
    parse = document.parse

    def counted(text: str, **more: object) -> Document:
        calls.append(text)
        return parse(text, **more)  # type: ignore[arg-type]

    def count() -> int:
        number = len(calls)
        calls.clear()
        return number

    monkeypatch.setattr(document, "parse", counted)
    return count


@pytest.mark.parametrize("name", ARTICLES)
def test_what_is_kept_is_what_was_read(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    conventions = Conventions(options=Options(timeout=7.0, env=(("A", "b"),)), like={"vol": "vol-[0-9a-f]+"})
    assert document.read(name, conventions=conventions) == document.read(name, conventions=conventions)


def test_an_article_is_read_once(parsed: Count) -> None:
    first = document.read("one.md")
    assert parsed() == 1
    again = document.read("one.md")
    assert parsed() == 0
    assert again == first
    assert again.text == ARTICLE


def test_what_is_kept_is_for_nobody_elses_eyes(cache: Path) -> None:
    document.read("one.md")
    (kept,) = readings.kept()
    assert kept.path.parent.parent == cache
    assert stat.S_IMODE(kept.path.parent.stat().st_mode) == 0o700


def test_another_text_another_spelling_and_other_conventions_are_read(parsed: Count) -> None:
    document.read("one.md")
    document.read("./one.md")
    assert document.read("./one.md").steps[0].path == "./one.md"
    document.read("one.md", conventions=Conventions(options=Options(timeout=1.0)))
    Path("one.md").write_text(ARTICLE.replace("echo on", "echo On"))
    assert document.read("one.md").steps[0].command == "echo On"
    assert parsed() == 4


def test_a_change_of_wordish_or_of_bash_is_seen(parsed: Count, monkeypatch: pytest.MonkeyPatch) -> None:
    document.read("one.md")
    for name in ("a", "b"):  # each time something is different where a reading looks
        folder = Path(name)
        folder.mkdir()
        (folder / "bash").symlink_to("/bin/bash" if name == "a" else "/bin/sh")
        readings._surroundings.cache_clear()
        monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
        document.read("one.md")
    assert parsed() == 3
    monkeypatch.setattr(readings, "_stamps", lambda _: [("document.py", 1, 2)])
    readings._surroundings.cache_clear()
    document.read("one.md")
    assert parsed() == 1
    readings._surroundings.cache_clear()


@pytest.mark.parametrize("there", [True, False])
def test_what_includes_others_is_read_each_time(there: bool, parsed: Count) -> None:
    Path("all.rst").write_text("All\n===\n\n.. include:: part.rst\n\n::\n\n   ~$ echo a\n   a\n")
    if there:
        Path("part.rst").write_text("::\n\n   ~$ echo b\n   b\n")
    assert len(document.read("all.rst").steps) == 1 + there
    Path("part.rst").write_text("::\n\n   ~$ echo b\n   b\n   ~$ echo c\n   c\n")
    assert len(document.read("all.rst").steps) == 3
    assert parsed() == 2


class Trap:
    """Leaves a file behind when it is loaded."""

    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (Path("sprung"),)


def damaged(data: bytes) -> list[bytes]:
    """What may stand in a cache instead of this."""
    ours, body = data[4:8], bytearray(data[8:])
    body[len(body) // 2] ^= 1
    trap, other = pickle.dumps(Trap()), pickle.dumps(("key", "document"))
    return [
        b"",
        data[:3],
        data[: len(data) // 2],
        data[:8] + bytes(body),
        zlib.crc32(body).to_bytes(4, "big") + ours + bytes(body),
        *(zlib.crc32(each).to_bytes(4, "big") + ours + each for each in (trap, other, b"junk")),
    ]


def test_a_damaged_cache_is_an_empty_one(cache: Path, parsed: Count) -> None:
    whole = document.read("one.md")
    (slot,) = (cache / "readings").iterdir()
    for data in damaged(slot.read_bytes()):
        parsed()
        slot.write_bytes(data)
        assert document.read("one.md") == whole
        assert parsed() == 1
    assert not Path("sprung").exists()


def test_a_cache_that_cannot_be_written_is_none(cache: Path, parsed: Count) -> None:
    cache.write_text("a file")
    assert document.read("one.md") == document.read("one.md")
    assert parsed() == 2
    assert cache.read_text() == "a file"


def test_a_user_without_a_home_has_no_cache(parsed: Count, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WORDISH_CACHE_DIR")
    monkeypatch.setattr("platformdirs.user_cache_dir", lambda name: f"~/.cache/{name}")
    assert document.read("one.md") == document.read("one.md")
    assert parsed() == 2


def test_the_cache_does_not_grow_without_end(cache: Path, parsed: Count) -> None:
    Path("longest.md").write_text(ARTICLE + "x" * readings.LONGEST)
    document.read("longest.md")
    assert not cache.exists()
    for number in range(50):
        Path(f"{number}.md").write_text(ARTICLE)
        document.read(f"{number}.md")
    assert {len(path.name) for path in (cache / "readings").iterdir()} == {4}
    assert parsed() == 51


def test_a_long_article_that_changed_is_read_again(parsed: Count, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readings, "LONG", len(ARTICLE) - 1)
    path = Path("long.md")
    path.write_text(ARTICLE)
    before = document.read(path)
    assert document.read(path) == before
    path.write_text(ARTICLE.replace("echo", "true"))
    after = document.read(path)
    assert [step.command for step in after.steps] != [step.command for step in before.steps]
    assert parsed() == 2


def test_of_long_articles_few_are_kept(cache: Path, parsed: Count, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readings, "LONG", len(ARTICLE))
    long = [Path(f"long-{number}.md") for number in range(3 * readings.LONG_SLOTS)]
    for path in long:
        path.write_text(f"{ARTICLE}longer")
        first = document.read(path)
        assert document.read(path) == first
    assert parsed() == len(long)
    files = {*(cache / "readings").iterdir()}
    assert len(files) <= readings.LONG_SLOTS
    assert {kept.path for kept in readings.kept() if not kept.alien} == files  # they go as the others do
