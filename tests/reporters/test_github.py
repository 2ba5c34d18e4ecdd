"""GitHub Actions: annotations, the summary of the job, and no order given by an article."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from tests.reporters import runs
from tests.reporters.runs import tell
from wordish.cli import main
from wordish.model import Outcome, Output, Transcript, Verdict


@pytest.fixture(autouse=True)
def summary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("GITHUB_WORKSPACE", raising=False)
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary.md"))
    return tmp_path / "summary.md"


def obeyed(text: str) -> list[str]:
    """The commands that the runner would obey: all but those between a stop and its word."""
    stopped, found = "", []
    for line in text.splitlines():
        if stopped:
            stopped = "" if line.strip() == f"::{stopped}::" else stopped
        elif line.startswith("::stop-commands::"):
            stopped = line.removeprefix("::stop-commands::")
        elif re.match(r"\s*::|.*##\[", line):
            found.append(line)
    assert not stopped
    return found


def test_an_annotation_stands_at_the_line_that_is_wrong() -> None:
    (line,) = obeyed(tell("github", runs.ARTICLE))
    command, _, message = line.removeprefix("::").partition("::")
    assert command == "error file=docs/a.md,line=6,endLine=7,title=failed%3A ~$ fox \\ …"
    assert message.startswith("exit status 5, 0 expected; the output differs%0A    ~$ fox \\%0A")
    assert "%0A    -red%0A    +brown%0A" in message


def test_a_remark_is_an_annotation_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.txt").write_text('~$ echo\N{NO-BREAK SPACE}on\n~$ echo "never closed\n')
    assert main(["check", "--format", "github", "a.txt"]) == 2
    warning, error = obeyed(capfd.readouterr().out)
    assert warning.startswith("::warning file=a.txt,line=1,title=no-break-space::a no-break space ")
    assert error.startswith(
        "::error file=a.txt,line=2,title=open-command::the command never ends%3A its"[:62]
    )
    main(["check", "--format", "github=out", "a.txt"])
    assert capfd.readouterr().out == ""


def test_the_log_reads_as_on_a_terminal() -> None:
    text = tell("github", runs.ARTICLE)
    assert "\ndocs/a.md:6: failed: exit status 5, 0 expected; the output differs\n    ~$ fox \\\n" in text
    assert "\ndocs/a.md: 1 failed, 1 passed, 1 not reached in 20 min 34 s (vm:tiny)\n" in text


@pytest.mark.parametrize("transcript", [runs.UNREACHED, runs.INTERRUPTED, runs.LOST])
def test_what_could_not_be_checked_is_annotated_once(transcript: Transcript) -> None:
    (line,) = obeyed(tell("github", transcript))
    assert line.startswith("::error file=docs/a.md,line=")


def test_paths_start_at_the_top_of_the_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "sub").mkdir()
    monkeypatch.chdir(tmp_path / "sub")
    monkeypatch.setenv("GITHUB_WORKSPACE", str(tmp_path))
    assert obeyed(tell("github", runs.ARTICLE))[0].startswith("::error file=sub/docs/a.md,")


def test_no_article_gives_the_runner_an_order() -> None:
    lines = obeyed(tell("github", runs.NASTY))
    assert len(lines) == 3  # a failed step, one in error, and why it could not be checked
    for line in lines:
        properties, _, message = line.removeprefix("::error ").partition("::")
        assert re.fullmatch(r"\w+=[^:,]*(,\w+=[^:,]*)*", properties)
        assert re.fullmatch(r"([^%\r\n]|%25|%0D|%0A)*", message)


def test_a_message_is_no_longer_than_the_runner_takes() -> None:
    long = Verdict(
        step=runs.step(1), outcome=Outcome.FAILED, output=Output(), diff="--- a\n+++ b\n" + "+x\n" * 6_000
    )
    assert len(obeyed(tell("github", runs.run(long)))[0]) < 40_000


def test_the_summary_has_a_table_and_what_went_wrong(summary: Path) -> None:
    summary.write_text("what was there\n")
    tell("github", runs.ARTICLE, runs.run(runs.PASSED, path="b_c.md"), articles=3)
    text = summary.read_text()
    assert text.startswith("what was there\n### wordish\n\n2 articles")
    assert "| docs/a.md | failed | 1 passed, 1 failed, 1 not reached | vm&#58;tiny | 20 min 34 s |\n" in text
    assert "| b_c.md | passed | 1 passed |" in text
    assert "1 article never begun" in text
    assert "```text\ndocs/a.md:6: failed: " in text


def test_the_summary_shows_hostile_texts_to_the_letter(summary: Path) -> None:
    tell("github", runs.NASTY)
    tokens = MarkdownIt("commonmark").enable("table").parse(summary.read_text())
    kinds = {token.type for token in tokens}
    assert "html_block" not in kinds
    inner = {child.type for token in tokens for child in token.children or ()}
    assert inner <= {"text", "text_special", "softbreak"}
    assert sum(token.type == "td_open" for token in tokens) == 5
    assert [token.type for token in tokens].count("fence") == 3


def test_a_summary_is_never_too_long_to_be_shown(summary: Path) -> None:
    long = Verdict(
        step=runs.step(1),
        outcome=Outcome.FAILED,
        output=Output(),
        diff="--- a\n+++ b\n" + ("+" + "é" * 300 + "\n") * 2000,
    )
    tell("github", runs.run(long), runs.ARTICLE)
    assert summary.stat().st_size < 1 << 20
    assert summary.read_text().endswith("`\n\nThe rest is left out here.\n")
    assert MarkdownIt().parse(summary.read_text())[-1].type == "paragraph_close"


def test_there_is_a_summary_only_where_it_is_asked_for(
    summary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GITHUB_STEP_SUMMARY")
    tell("github", runs.ARTICLE)
    assert not summary.exists()
