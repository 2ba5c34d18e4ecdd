"""``check --watch``: what was saved is checked again, and nothing else; ^C is the end."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pexpect
import pytest

from wordish.cli import main

GOOD, BAD = "~$ echo hello\nhello\n", "~$ echo hello\ngoodbye\n"

Watching = Callable[..., "pexpect.spawn[str]"]


@pytest.fixture
def watching(tmp_path: Path) -> Iterator[Watching]:
    """Start a watch in a folder of its own; it is ended afterwards."""
    started: list[pexpect.spawn[str]] = []

    def watching(*words: str) -> pexpect.spawn[str]:
        command = ["-m", "wordish", "check", "--watch", "--color=never", *words]
        env = {**os.environ, "TERM": "dumb", "WORDISH_CACHE_DIR": str(tmp_path / "cache")}
        child = pexpect.spawn(sys.executable, command, cwd=tmp_path, env=env, timeout=60, encoding="utf-8")
        started.append(child)
        return child

    yield watching
    for child in started:
        child.close(force=True)


def test_what_is_saved_is_checked_again_until_the_user_has_seen_enough(
    watching: Watching, tmp_path: Path
) -> None:
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text(GOOD)
    child = watching(".")
    child.expect_exact("2 articles: 2 passed")
    child.expect_exact("watching 2 articles; ^C ends")
    (tmp_path / "b.txt").write_text(BAD)
    child.expect_exact("changed: b.txt")
    child.expect_exact("b.txt:1: failed: the output differs")
    child.expect_exact("1 article: 1 failed")
    child.expect_exact("watching 2 articles")
    draft = tmp_path / "b.txt~"  # as many editors save
    draft.write_text(GOOD)
    draft.replace(tmp_path / "b.txt")
    child.expect_exact("1 article: 1 passed")
    child.expect_exact("watching 2 articles")
    (tmp_path / "c.txt").write_text(GOOD)
    child.expect_exact("changed: c.txt")
    child.expect_exact("watching 3 articles")
    child.sendintr()
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 130


def test_a_file_that_an_article_includes_and_the_configuration_count_too(
    watching: Watching, tmp_path: Path
) -> None:
    (tmp_path / "part.rst").write_text("::\n\n   ~$ echo hello\n   hello\n")
    (tmp_path / "a.rst").write_text(".. include:: part.rst\n")
    (tmp_path / "pyproject.toml").write_text("[tool.wordish]\n")
    child = watching("a.rst")
    child.expect_exact("watching 1 article;")
    (tmp_path / "part.rst").write_text("::\n\n   ~$ echo hello\n   goodbye\n")
    child.expect_exact("part.rst:3: failed")
    child.expect_exact("watching 1 article;")
    (tmp_path / "pyproject.toml").write_text("[tool.wordish]\ntimeout = 'soon'\n")
    child.expect("pyproject.toml.*timeout")
    child.expect_exact("watching 1 article;")
    (tmp_path / "pyproject.toml").write_text("[tool.wordish.options]\nignore = true\n")
    child.expect_exact("1 article: 1 passed")


def test_an_article_that_cannot_be_read_is_told_and_waited_for(watching: Watching, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(GOOD)
    child = watching("a.txt")
    child.expect_exact("watching 1 article;")
    (tmp_path / "a.txt").write_text("~$ echo 'hello\nhello\n")
    child.expect_exact("a.txt:1: the command never ends")
    child.expect_exact("watching 1 article;")
    (tmp_path / "a.txt").write_text(GOOD)
    child.expect_exact("1 article: 1 passed")


def test_a_folder_that_is_empty_or_gone_is_told_and_waited_for(watching: Watching, tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/a.txt").write_text(GOOD)
    (tmp_path / "pyproject.toml").write_text("[tool.wordish]\npaths = ['docs']\n")
    child = watching()
    child.expect_exact("watching 1 article;")
    (tmp_path / "docs/a.txt").rename(tmp_path / "a.txt")
    child.expect_exact("docs: no articles in this directory")
    child.expect_exact("watching 0 articles")
    (tmp_path / "a.txt").rename(tmp_path / "docs/a.txt")
    child.expect_exact("1 article: 1 passed")
    child.expect_exact("watching 1 article;")
    (tmp_path / "docs").rename(tmp_path / "docs2")
    child.expect_exact("docs: no such file or directory")
    child.expect_exact("watching 0 articles")
    (tmp_path / "docs2").rename(tmp_path / "docs")
    child.expect_exact("1 article: 1 passed")


def test_a_named_article_that_is_gone_for_a_while_is_waited_for(watching: Watching, tmp_path: Path) -> None:
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text(GOOD)
    child = watching("a.txt", "b.txt")
    child.expect_exact("watching 2 articles")
    (tmp_path / "a.txt").unlink()
    (tmp_path / "b.txt").write_text(BAD)
    child.expect_exact("changed: b.txt")
    child.expect_exact("watching 2 articles")
    (tmp_path / "a.txt").write_text(BAD)
    child.expect_exact("a.txt:1: failed")


def test_an_article_is_checked_again_when_the_one_that_it_comes_after_is_mended(
    watching: Watching, tmp_path: Path
) -> None:
    (tmp_path / "base.md").write_text(f"```console\n{GOOD}```\n")
    (tmp_path / "a.md").write_text(f"<!-- wordish: after=base.md -->\n\nText.\n\n```console\n{GOOD}```\n")
    child = watching("a.md")
    child.expect_exact("watching 1 article;")
    (tmp_path / "base.md").write_text("```console\n~$ echo 'hello\nhello\n```\n")
    child.expect_exact("base.md:2: the command never ends")
    child.expect_exact("watching 1 article;")
    (tmp_path / "base.md").write_text(f"```console\n{GOOD}```\n")
    child.expect_exact("1 article: 1 passed")


def test_an_article_is_checked_again_when_what_it_includes_is_there_again(
    watching: Watching, tmp_path: Path
) -> None:
    part = tmp_path / "part.rst"
    part.write_text("::\n\n   ~$ echo hello\n   hello\n")
    (tmp_path / "a.rst").write_text(".. include:: part.rst\n")
    child = watching("a.rst")
    child.expect_exact("watching 1 article;")
    part.rename(tmp_path / "away.rst")
    (tmp_path / "a.rst").write_text(".. include:: part.rst\n\nText.\n")
    child.expect_exact("part.rst is not included")
    child.expect_exact("watching 1 article;")
    (tmp_path / "away.rst").rename(part)
    child.expect_exact("1 article: 1 passed")


def test_an_article_that_comes_while_the_configuration_is_broken_is_checked_when_that_is_mended(
    watching: Watching, tmp_path: Path
) -> None:
    configuration = tmp_path / "pyproject.toml"
    configuration.write_text("[tool.wordish]\n")
    (tmp_path / "a.txt").write_text(GOOD)
    child = watching(".")
    child.expect_exact("watching 1 article;")
    configuration.write_text("x = [")
    child.expect_exact("watching 1 article;")
    (tmp_path / "c.txt").write_text(BAD)
    child.expect_exact("changed: c.txt")
    child.expect_exact("watching 2 articles")
    assert child.expect_exact(["changed", pexpect.TIMEOUT], timeout=3) == 1
    configuration.write_text("[tool.wordish]\n")
    child.expect_exact("changed: the configuration")
    child.expect_exact("2 articles: 1 failed, 1 passed")


def test_a_new_article_in_a_new_folder_is_seen(watching: Watching, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(GOOD)
    child = watching(".")
    child.expect_exact("watching 1 article;")
    (tmp_path / "new/deep").mkdir(parents=True)
    time.sleep(3)  # more than it takes to see the folder
    (tmp_path / "new/deep/c.txt").write_text(GOOD)
    child.expect_exact("changed: new/deep/c.txt")
    child.expect_exact("watching 2 articles")


def test_other_folders_in_the_configuration_are_those_that_are_watched_then(
    watching: Watching, tmp_path: Path
) -> None:
    for name in ("docs", "more"):
        (tmp_path / name).mkdir()
        (tmp_path / name / f"in-{name}.txt").write_text(GOOD)
    (tmp_path / "docs/a.txt").write_text(GOOD)
    (tmp_path / "pyproject.toml").write_text("[tool.wordish]\npaths = ['docs']\n")
    child = watching()
    child.expect_exact("watching 2 articles")
    (tmp_path / "docs/a.txt").unlink()
    (tmp_path / "pyproject.toml").write_text("[tool.wordish]\npaths = ['docs', 'more']\n")
    child.expect_exact("2 articles: 2 passed")
    child.expect_exact("watching 2 articles")
    (tmp_path / "more/in-more.txt").write_text(BAD)
    child.expect_exact("more/in-more.txt:1: failed")


def test_an_article_that_may_be_read_now_is_checked_again(watching: Watching, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(GOOD)
    child = watching("a.txt")
    child.expect_exact("watching 1 article;")
    for mode in (0, 0o644):
        (tmp_path / "a.txt").chmod(mode)
        child.expect_exact("changed: a.txt")
        child.expect_exact("watching 1 article;")


@pytest.mark.parametrize(
    "words",
    [
        ["--record"],
        ["--cast", "x"],
        ["--format", "json"],
        ["--output", "x"],
        ["--dask", "tcp://a:1"],
        ["--shard", "1/2"],
    ],
)
def test_what_a_watch_cannot_do_is_refused(
    words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.txt").write_text(GOOD)
    monkeypatch.chdir(tmp_path)
    assert main(["check", "--watch", *words, "a.txt"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(f"{words[0]} --watch: ")
    assert err.count("\n") == 1
