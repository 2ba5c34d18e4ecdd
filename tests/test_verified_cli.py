"""``check --record`` from outside."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from wordish.cli import main

GOOD = "~$ echo hello\nhello\n"
BAD = "~$ echo hello\ngoodbye\n"


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "a.txt").write_text(GOOD)
    (tmp_path / "docs" / "b.txt").write_text(GOOD)
    (tmp_path / "pyproject.toml").write_text('[tool.wordish]\npaths = ["docs"]\nrecord = "docs/done.json"\n')
    monkeypatch.chdir(tmp_path)
    return tmp_path


def articles(file: str = "docs/done.json") -> dict[str, Any]:
    values: dict[str, Any] = json.loads(Path(file).read_text())["articles"]
    return values


def test_only_a_check_that_is_to_record_does(project: Path) -> None:
    assert main(["check"]) == 0
    assert not Path("docs/done.json").exists()
    assert main(["check", "--record"]) == 0
    assert {path: told["outcome"] for path, told in articles().items()} == {
        "a.txt": "passed",
        "b.txt": "passed",
    }
    assert articles()["a.txt"]["environment"]["distribution"]


def test_one_article_alone_changes_its_own_entry(project: Path) -> None:
    main(["check", "--record"])
    Path("docs/b.txt").unlink()
    Path("docs/a.txt").write_text(BAD)
    before = articles()
    assert main(["check", "--record", "docs/a.txt"]) == 1
    after = articles()
    assert after["b.txt"] == before["b.txt"]
    assert after["a.txt"]["outcome"] == "failed"
    assert after["a.txt"]["last_passed"] == before["a.txt"]["verified"]
    assert main(["check", "--record"]) == 1
    assert list(articles()) == ["a.txt"]


def test_without_a_configuration_the_record_is_here(project: Path) -> None:
    Path("pyproject.toml").unlink()
    assert main(["check", "--record", "docs"]) == 0
    assert list(articles("verified.json")) == ["docs/a.txt", "docs/b.txt"]


def test_a_record_that_cannot_be_used_is_told_before_anything_runs(
    project: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    Path("docs/a.txt").write_text(f"~$ touch {project}/ran\n")
    Path("docs/done.json").write_text("<<<<<<< HEAD\n")
    assert main(["check", "--record"]) == 2
    assert capfd.readouterr().err.startswith(f"{project}/docs/done.json:1: not JSON: ")
    assert not Path("ran").exists()


def test_the_reports_are_written_beside_it(project: Path) -> None:
    assert main(["check", "--record", "--format", "json=out.json", "--format", "terminal=out.txt"]) == 0
    assert json.loads(Path("out.json").read_text())["totals"]["documents"]["passed"] == 2
    assert Path("out.txt").read_text().startswith("docs/a.txt: 1 passed in ")
    assert len(articles()) == 2
