"""What keeps articles from running, and what does not: from outside."""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

import jsonschema
import pytest

from wordish.cli import main

Write = Callable[[str, str | bytes], Path]

WARNED = "<!-- Wordish: skip -->\n\n```console\n~$ echo\u00a0yes > ran\n```\n"
WARNINGS = [
    "a.md:1: warning: this comment is not read: it does not begin with `wordish:`: write `<!-- wordish: ...`",
    "a.md:4: warning: a no-break space stands in a command, and is read as a blank: replace it by a blank",
]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Write a file below an empty current directory, and give its path."""
    monkeypatch.chdir(tmp_path)

    def write(name: str, text: str | bytes) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


@pytest.mark.parametrize("command", ["check", "update", "list", "export"])
def test_a_warning_changes_nothing_unless_strict(
    write: Write, capfd: pytest.CaptureFixture[str], command: str
) -> None:
    write("a.md", WARNED)
    assert main([command, "a.md"]) == 0
    assert capfd.readouterr().err.splitlines() == WARNINGS
    Path("ran").unlink(missing_ok=True)
    assert main([command, "--strict", "a.md"]) == 2
    out, err = capfd.readouterr()
    assert err.splitlines() == [line.replace("warning: ", "") for line in WARNINGS]
    assert bool(out) == (command == "list")
    assert not Path("ran").exists()


def test_quiet_is_no_way_around_strict(write: Write, capfd: pytest.CaptureFixture[str]) -> None:
    write("a.md", WARNED)
    assert main(["check", "--quiet", "a.md"]) == 0
    assert capfd.readouterr().err == ""
    assert main(["check", "--quiet", "--strict", "a.md"]) == 2
    assert len(capfd.readouterr().err.splitlines()) == 2


@pytest.mark.parametrize(
    ("configuration", "words", "head"),
    [
        ("", ["--ignore", "W004, no-break-space"], ""),
        ("", ["--ignore", "W004", "--ignore", "W006"], ""),
        ('[tool.wordish.lint]\nignore = ["W004", "no-break-space"]\n', [], ""),
        ('[tool.wordish.lint]\nignore = ["W004"]\n', ["--ignore", "W006"], ""),
        ("", [], "---\nwordish: {lint-ignore: W004 no-break-space}\n---\n"),
        ("", [], '<!-- wordish: lint-ignore="W004 W006" -->\nText.\n\n'),
    ],
)
def test_what_is_switched_off_is_off_for_all(
    write: Write, capfd: pytest.CaptureFixture[str], configuration: str, words: list[str], head: str
) -> None:
    write("a.md", head + WARNED)
    write("pyproject.toml", configuration)
    for command in ("check", "update", "list", "export"):
        assert main([command, "--strict", "a.md", *words]) == 0
        assert capfd.readouterr().err == ""
    assert main(["list", "--format", "json", "a.md", *words]) == 0
    assert json.loads(capfd.readouterr().out)["documents"][0]["diagnostics"] == []


def test_errors_cannot_be_switched_off(write: Write, capfd: pytest.CaptureFixture[str]) -> None:
    write("a.md", "```console\n~$ echo 'open\n```\n")
    with pytest.raises(SystemExit) as left:
        main(["list", "--ignore", "E001", "a.md"])
    assert left.value.code == 2
    assert capfd.readouterr().err == (
        "wordish list: argument --ignore: takes warnings, and E001 open-command is an error: "
        "try `wordish list --help`\n"
    )
    write("pyproject.toml", '[tool.wordish.lint]\nignore = [\n  "W999",\n]\n')
    assert main(["list", "a.md"]) == 2
    assert capfd.readouterr().err == (
        "pyproject.toml:2: tool.wordish.lint.ignore: takes codes or names of warnings, and 'W999' is none: "
        "see `wordish lint`\n"
    )


def test_all_refusals_are_told_in_one_go_and_nothing_runs(
    write: Write, capfd: pytest.CaptureFixture[str]
) -> None:
    write("docs/a.md", "```\n~$ touch ../ran\n~$ echo 'open\n~$ echo \x01\n```\n")
    write("docs/b.md", "---\nwordish: on=moon\n---\n```\n~$ true\n~$ true  # wordish: timout=1\n```\n")
    write("docs/c.md", b"```\n~$ echo \xff\n```\n")
    write("docs/d.rst", "::\n\n  ~$ echo\n  (\n\n.. wordish: match=regex\n\n::\n\n  ~$ echo\n  (\n")
    write("docs/e.md", "```\n~$ true\n```\n<!-- wordish: on=host -->\n\n<!-- wordish: x")
    write("good.md", f"```\n~$ touch {Path.cwd()}/ran\n```\n")
    write("root.md", "```\n~# true\n```\n")
    write("empty/x.png", "")
    words = ["good.md", "nowhere.md", "docs", "root.md", "empty", "--on", "host"]
    assert main(["check", *words]) == 2
    out, err = capfd.readouterr()
    assert out == ""
    assert not Path("ran").exists()
    assert [line.split(": ")[0] for line in err.splitlines()] == [
        "docs/a.md:3",
        "docs/a.md:4",
        "docs/b.md:6",
        "docs/c.md:2",
        "docs/d.rst:11",
        "docs/e.md:4",
        "docs/e.md:6",
        "empty",
        "nowhere.md",
        "root.md:2",
    ]
    assert all(line.count(": ") >= 2 for line in err.splitlines())
    assert main(["update", *words]) == 2
    assert capfd.readouterr() == ("", err)
    assert not Path("ran").exists()


def test_a_file_that_cannot_be_read_is_listed_with_its_fault(
    write: Write, capfd: pytest.CaptureFixture[str]
) -> None:
    write("a.md", b"\xff")
    assert main(["list", "--format", "json", "a.md"]) == 2
    (document,) = json.loads(capfd.readouterr().out)["documents"]
    assert (document["path"], document["steps"]) == ("a.md", [])
    assert [(told["line"], told["code"]) for told in document["diagnostics"]] == [(1, "E011")]


def test_lint_tells_codes_and_runs_nothing(write: Write, capfd: pytest.CaptureFixture[str]) -> None:
    write("a.md", WARNED.replace("ran\n", "ran  # ignor\n"))
    write("b.md", "```console\n~$ echo 'open\n```\n")
    assert main(["lint", "a.md"]) == 0
    out, err = capfd.readouterr()
    assert [line.split(": ")[:2] for line in out.splitlines()] == [
        ["a.md:1", "W004 misspelt-comment"],
        ["a.md:4", "W101 misspelt-hint"],
        ["a.md:4", "W006 no-break-space"],
        ["1 article", "0 errors, 3 warnings"],
    ]
    assert err == ""
    assert main(["lint", "--strict", "a.md"]) == 2
    assert capfd.readouterr() == (out, "")
    assert main(["lint", "--strict", "a.md", "--ignore", "W004,W006,W101"]) == 0
    assert capfd.readouterr() == ("1 article: 0 errors, 0 warnings\n", "")
    assert main(["lint", "b.md", "nowhere.md"]) == 2
    assert capfd.readouterr() == (
        "b.md:2: E001 open-command: the command never ends: its closing ' is missing: "
        "close it with ' before the next prompt\n1 article: 1 error, 0 warnings\n",
        "nowhere.md: no such file or directory: check the spelling\n",
    )
    assert not Path("ran").exists()


def test_lint_for_programs(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("WORDISH_CACHE_DIR", str(tmp_path / "cache"))
    write("a.md", WARNED)
    write("b.md", "```console\n~# sudo true\n```\n")
    assert main(["lint", "--format", "json", "a.md", "b.md"]) == 0
    out, err = capfd.readouterr()
    values = json.loads(out)
    schema = json.loads(files("wordish").joinpath("schemas", "lint.json").read_text(encoding="utf-8"))
    jsonschema.validate(values, schema)
    assert [[told["code"] for told in document["diagnostics"]] for document in values["documents"]] == [
        ["W004", "W006"],
        ["W103"],
    ]
    assert values["totals"] == {"documents": 2, "errors": 0, "warnings": 3}
    (note,) = values["notes"]
    assert err == f"wordish: {note}\n"


def test_lint_looks_where_the_article_would_run(write: Write, capfd: pytest.CaptureFixture[str]) -> None:
    write("a.md", "```console\n~# true\n```\n")
    assert main(["lint", "--on", "host", "a.md"]) == 2
    out, _ = capfd.readouterr()
    assert [line.split(": ")[1] for line in out.splitlines()] == [
        "E103 root-prompt", "W104 no-cleanup", "1 error, 1 warning",
    ]  # fmt: skip
    assert main(["lint", "--on", "host", "--as-root", "a.md"]) == 0
    out, _ = capfd.readouterr()
    assert [line.split(": ")[1] for line in out.splitlines()] == ["W104 no-cleanup", "0 errors, 1 warning"]
