"""Files that are opened: which one is meant, and what is no text."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from wordish.errors import ArticleError
from wordish.sources import loader, nothing
from wordish.text import text_of


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("docs/part.txt", "docs/deep/part.txt", "docs/deep/only.txt", "part.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(f"{name}\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_path_starts_at_the_file_that_says_it(tree: Path) -> None:
    load = loader("docs/article.rst")
    assert load("part.txt", "docs/deep/other.rst") == ("docs/deep/part.txt", "docs/deep/part.txt\n", "")
    assert load("../part.txt", "docs/article.rst").text == "part.txt\n"
    assert load("only.txt", "docs/article.rst").fault == "No such file or directory"


def test_in_a_project_of_sphinx_it_starts_at_the_article_and_a_slash_at_the_project(tree: Path) -> None:
    (tree / "docs/conf.py").touch()
    load = loader("docs/article.rst")
    assert load("part.txt", "docs/deep/other.rst").path == "docs/part.txt"
    assert load("only.txt", "docs/deep/other.rst").path == "docs/deep/only.txt"
    assert load("/deep/part.txt", "docs/deep/other.rst").path == "docs/deep/part.txt"
    assert loader(str(tree / "docs/article.rst"))("/part.txt", "x").path == str(tree / "docs/part.txt")


def test_what_is_known_is_not_read_again(tree: Path) -> None:
    load = loader("docs/article.rst", known={"docs/part.txt": "known"})
    assert load("part.txt", "docs/article.rst").text == "known"


def test_without_files_nothing_is_included() -> None:
    assert nothing("part.txt", "a.rst").fault


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"a\nb\0", ":2: not a text: a NUL byte at offset 3: leave this file out"),
        (b"a\n\xff", ":2: not UTF-8: byte 0xff at offset 2: save it as UTF-8"),
    ],
)
def test_what_is_no_text_is_told_with_its_line(tmp_path: Path, data: bytes, told: str) -> None:
    path = tmp_path / "a.md"
    path.write_bytes(data)
    with pytest.raises(ArticleError) as error:
        text_of(path)
    assert str(error.value) == f"{path}{told}"


def test_a_text_is_given_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_bytes("\ufeffé\r\nx".encode())
    assert text_of(path) == "\ufeffé\r\nx"


def test_what_is_no_file_is_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")  # to open it would wait for a writer
    for path in (tmp_path, tmp_path / "pipe"):
        with pytest.raises(ArticleError, match="not a file"):
            text_of(path)
    with pytest.raises(ArticleError, match="No such file"):
        text_of(tmp_path / "none")
