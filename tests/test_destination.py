"""A report's file appears whole, as it would have without a draft, or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from wordish.destination import destination
from wordish.errors import UsageError


def write(path: Path, text: str) -> None:
    with destination(str(path)) as stream:
        stream.write(text)


def test_the_permissions_are_those_that_the_file_has_or_would_have(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    old.touch()
    old.chmod(0o640)
    before = os.umask(0o027)
    try:
        write(old, "x")
        write(new, "x")
    finally:
        os.umask(before)
    assert [path.stat().st_mode & 0o777 for path in (old, new)] == [0o640, 0o640]
    old.chmod(0o604)
    write(old, "y")
    assert (old.read_text(), old.stat().st_mode & 0o777) == ("y", 0o604)


def test_a_link_that_waits_where_the_draft_would_be_is_not_followed(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("precious")
    (tmp_path / f".report.{os.getpid()}").symlink_to(victim)
    write(tmp_path / "report", "x")
    assert victim.read_text() == "precious"


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    report = tmp_path / "report"
    report.write_text("old")

    def fail() -> None:
        with destination(str(report)) as stream:
            stream.write("new")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("report", "old")]


def test_a_long_name_is_no_problem(tmp_path: Path) -> None:
    write(tmp_path / ("x" * 255), "x")
    assert [path.name for path in tmp_path.iterdir()] == ["x" * 255]


def test_a_draft_that_cannot_be_opened_up_is_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "fchmod", refuse)
    with pytest.raises(UsageError, match="cannot be written: Operation not permitted"):
        write(tmp_path / "report", "x")
    assert list(tmp_path.iterdir()) == []
