"""Recordings to play: what is in them, and at what pace."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from wordish.cast import cast, casting
from wordish.cli import main
from wordish.document import parse
from wordish.errors import UsageError
from wordish.model import Outcome, Output, Target, Transcript, Verdict

ARTICLE = """\
~# if true; then
>   echo yes
> fi
yes
~$ false   # wordish: status=1
"""


def transcript(text: str, *outputs: Output | None) -> Transcript:
    document = parse(text, path="docs/a.txt")
    return Transcript(
        document=document,
        target=Target(kind="host"),
        verdicts=tuple(
            Verdict(step=step, outcome=Outcome.PASSED if output else Outcome.SKIPPED, output=output)
            for step, output in zip(document.steps, outputs, strict=True)
        ),
        started="1970-01-01T01:00:05+01:00",
    )


def played(text: str) -> tuple[Any, str, list[list[Any]]]:
    """The header, what a terminal gets, and the events."""
    header, *events = map(json.loads, text.splitlines())
    return header, "".join(data for _, code, data in events if code == "o"), events


def test_a_recording_shows_the_session_as_at_a_keyboard() -> None:
    run = transcript(ARTICLE, Output(stdout="yes", stderr="careful", elapsed=0.5), Output(status=1))
    header, shown, events = played(cast(run))
    assert header == {
        "version": 3,
        "term": {"cols": 80, "rows": 24},
        "timestamp": 5,
        "title": "docs/a.txt",
    }
    assert shown == "~# if true; then\r\n>   echo yes\r\n> fi\r\nyes\r\ncareful\r\n~$ false\r\n"
    assert [data for _, code, data in events if code == "m"] == ["if true; then", "false"]
    assert events[-1][1:] == ["x", "0"]
    assert all(wait >= 0 for wait, _, _ in events)


def test_the_output_comes_after_the_time_that_it_took_but_nobody_waits_for_long() -> None:
    def wait(elapsed: float) -> float:
        _, _, events = played(cast(transcript("~$ true\n", Output(stdout="here", elapsed=elapsed))))
        return next(float(wait) for wait, _, data in events if data == "here\r\n")

    assert (wait(0.25), wait(600)) == (0.25, 2.5)


def test_typing_has_a_human_pace_and_an_end() -> None:
    def seconds(command: str) -> float:
        _, _, events = played(cast(transcript(f"~$ {command}\n", Output())))
        return sum(float(wait) for wait, code, data in events if code == "o" and len(data) == 1)

    assert 1 < seconds("apt-get install lvm2") < 3
    assert seconds("echo " + "word " * 500) < 5


def test_what_readers_do_not_see_is_not_played() -> None:
    text = "```console\n~$ echo a\n```\n<!-- wordish: hidden -->\n```console\n~$ echo b\n```\n"
    document = parse(text, path="a.md")
    verdicts = tuple(Verdict(step=s, outcome=Outcome.PASSED, output=Output()) for s in document.steps)
    run = transcript("~$ x\n", None)._replace(document=document, verdicts=verdicts)
    assert played(cast(run))[1] == "~$ echo a\r\n"
    assert played(cast(transcript("~$ x\n", None)))[1] == ""


def test_control_characters_do_nothing_to_the_players_terminal() -> None:
    run = transcript("~$ true\n", Output(stdout="a\x9b2Jb\u202ec\udcff"))
    assert "a\\x9b2Jb\\u202ec\\udcff\r\n" in played(cast(run))[1]


def test_a_flood_is_not_played_whole() -> None:
    text = cast(transcript("~$ true\n", Output(stdout="x" * 1_000_000)))
    assert len(text) < 60_000
    assert "x\r\n[wordish: 950000 characters are left out here]\r\nx" in played(text)[1]


def test_each_article_that_passed_has_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "good.txt").write_text("~$ echo on\non\n")
    (tmp_path / "docs" / "bad.txt").write_text("~$ echo on\noff\n")
    assert main(["check", "--cast", "casts", "docs"]) == 1
    assert [path.relative_to(tmp_path).as_posix() for path in tmp_path.glob("casts/**/*.cast")] == [
        "casts/docs/good.txt.cast"
    ]
    text = (tmp_path / "casts" / "docs" / "good.txt.cast").read_text()
    assert played(text)[1] == "~$ echo on\r\non\r\n"


def test_an_article_outside_of_the_project_stays_inside_the_folder(tmp_path: Path) -> None:
    base = tmp_path / "project"
    base.mkdir()
    run = transcript("~$ x\n", Output())
    outside = run._replace(document=run.document._replace(path=str(tmp_path / "a.txt")))
    with casting(base / "casts", base=base) as hear:
        hear(outside)
    assert (base / "casts" / "__" / "a.txt.cast").exists()


def test_a_folder_that_cannot_be_made_is_told_before_anything_runs(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with (
        pytest.raises(UsageError, match=r"--cast .*: no such folder can be made"),
        casting(tmp_path / "file" / "casts", base=tmp_path),
    ):
        raise AssertionError("it ran")
