"""What the tests themselves leave is found, whatever it is."""

from __future__ import annotations

import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from multiprocessing import shared_memory
from pathlib import Path
from typing import Any

import pytest

from tests import traces
from tests.traces import Traces


@pytest.fixture
def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Traces]:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    monkeypatch.setattr(traces, "PATIENCE", 0)
    session = Traces()
    yield session
    session.clear()
    assert not session.directory.exists()


def test_a_session_that_leaves_nothing_is_told_nothing(session: Traces) -> None:
    subprocess.run(["sh", "-c", 'touch "$TMPDIR/file"; rm "$TMPDIR/file"'], check=True)
    assert session.left() == []


def test_files_are_told(session: Traces) -> None:
    subprocess.run(["mkdir", "-p", f"{session.directory}/a/b"], check=True)
    assert session.left() == ["file: a", "file: a/b"]


@pytest.fixture
def starts() -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """Starts a process without an environment, which is ended afterwards."""
    with ExitStack() as running:

        def start(*words: str, **how: Any) -> subprocess.Popen[bytes]:
            process = running.enter_context(subprocess.Popen(words, **{"env": {}, **how}))
            running.callback(process.kill)
            return process

        yield start


Starts = Callable[..., subprocess.Popen[bytes]]


def is_told(session: Traces, process: subprocess.Popen[bytes]) -> bool:
    end = time.monotonic() + 20  # it is about to
    while f"process {process.pid}" not in [line.split(":")[0] for line in session.left()]:
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


def test_processes_are_told_by_what_they_know_of_the_directory(session: Traces, starts: Starts) -> None:
    assert is_told(session, starts("sleep", "1000", env=None))
    assert is_told(session, starts("sleep", "1000", cwd=session.directory))
    assert is_told(session, starts("bash", "-c", f"exec -a {session.directory} sleep 1000"))
    with tempfile.TemporaryFile(dir=session.directory) as file:
        assert is_told(session, starts("sleep", "1000", stdout=file))


def test_other_programs_are_not(session: Traces, starts: Starts) -> None:
    starts("sleep", "1000")
    assert session.left() == []


def test_a_helper_of_pythons_own_is_not(session: Traces) -> None:
    shared_memory.SharedMemory(create=True, size=1).unlink()
    assert session.left() == []


@pytest.mark.parametrize(("user", "told"), [(0, True), (1000, False)], ids=["root", "another"])
def test_control_groups_are_told_to_who_makes_them(
    user: int, told: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.geteuid", lambda: user)
    monkeypatch.setattr(traces, "GROUPS", tmp_path / "cgroup")
    parent = tmp_path / "cgroup" / "pids" / "libpod_parent"
    (parent / "libpod-1").mkdir(parents=True)
    session = Traces()
    monkeypatch.setattr(traces, "PATIENCE", 0)
    (parent / "libpod-2").mkdir()
    left = session.left()
    session.clear()
    assert left == [f"control group: {parent / 'libpod-2'}"] * told
