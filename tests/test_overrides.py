"""What the configuration says of articles, as the commands obey it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from wordish.cli import main
from wordish.model import Conventions, Options
from wordish.overrides import Override, bad_pattern, conventions_of

CONFIG = """
[tool.wordish.options]
match = "exact"

[[tool.wordish.overrides]]
paths = ["docs/loose/"]
options.match = "ellipsis"
"""
ARTICLE = "```console\n~$ echo one two\none ...\n```\n"

Write = Callable[[str, str], Path]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    monkeypatch.chdir(tmp_path)

    def write(name: str, text: str) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_a_check_reads_each_article_under_its_conventions(
    write: Write, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    write("pyproject.toml", CONFIG)
    loose, strict = write("docs/loose/a.md", ARTICLE), write("docs/b.md", ARTICLE)
    assert main(["check", "-q", "docs/loose"]) == 0
    assert main(["check", "-q", "docs"]) == 1
    monkeypatch.chdir(loose.parent)
    assert main(["check", "-q", "a.md"]) == 0
    assert main(["check", "-q", "../b.md"]) == 1
    capfd.readouterr()
    assert main(["list", "--format", "json", str(strict)]) == 0
    (document,) = json.loads(capfd.readouterr().out)["documents"]
    assert document["steps"][0]["options"] == {"match": "exact"}


def test_an_article_may_be_named_by_way_of_a_link(write: Write, tmp_path: Path) -> None:
    write("project/pyproject.toml", CONFIG)
    write("project/docs/loose/a.md", ARTICLE)
    link = tmp_path / "link"
    link.symlink_to("project")
    config = ["--config", "project/pyproject.toml"]
    assert main(["check", "-q", *config, str(link / "docs/loose/a.md")]) == 0
    assert main(["check", "-q", *config, str(link / "docs/loose")]) == 0


def test_a_name_may_begin_with_two_dots(write: Write) -> None:
    write("pyproject.toml", CONFIG)
    write("docs/loose/..a.md", ARTICLE)
    write("..b/docs.md", ARTICLE)
    assert main(["check", "-q", "docs/loose/..a.md"]) == 0
    override = Override(paths=("..b/",), conventions=Conventions(options=Options(match="regex")))
    found = conventions_of("..b/docs.md", everywhere=Conventions(), overrides=[override], directory=Path())
    assert found.options.match == "regex"


def test_an_article_goes_before_the_configuration(write: Write) -> None:
    write("pyproject.toml", CONFIG)
    write("docs/b.md", f"<!-- wordish: match=ellipsis -->\n\nText.\n\n{ARTICLE}")
    assert main(["check", "-q", "docs"]) == 0


def test_an_update_reads_the_new_text_under_the_same_conventions(write: Write) -> None:
    write("pyproject.toml", CONFIG)
    path = write("docs/b.md", ARTICLE)
    assert main(["update", "docs"]) == 0
    assert path.read_text() == ARTICLE.replace("one ...", "one two")


def test_what_an_override_does_not_say_stays() -> None:
    override = Override(paths=("a.md",), conventions=Conventions(options=Options(timeout=1)))
    found = conventions_of(
        "a.md",
        everywhere=Conventions(options=Options(timeout=2, status=3)),
        overrides=[override],
        directory=Path(),
    )
    assert found.options == Options(timeout=1, status=3)


@pytest.mark.parametrize(
    ("pattern", "wrong"),
    [
        ("docs/**/*.md", ""),
        ("!docs", ""),
        ("/", "names no article"),
        ("# a", "names no article"),
        ("!", "not a pattern"),
        ("a/../b", "leads out of the folder"),
    ],
)
def test_patterns_that_could_never_name_an_article(pattern: str, wrong: str) -> None:
    assert bad_pattern(pattern) == wrong
