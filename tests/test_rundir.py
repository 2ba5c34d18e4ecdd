"""Run directories: private, and gone afterwards, also after kill -9."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from wordish.rundir import kill_users_of, rundir, sweep, users_of

OWNER = """
import subprocess, sys
from wordish.rundir import rundir
with rundir() as path:
    (path / "file").write_text("x")
    child = subprocess.Popen(["sleep", "1000"], env={"HOME": str(path)},
                             stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, start_new_session=True)
    print(path, child.pid, flush=True)
    sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    return tmp_path


def test_it_is_private_and_gone_afterwards_with_what_it_was_home_to(temporary: Path) -> None:
    with rundir() as path:
        assert (path.parent, path.stat().st_mode & 0o777) == (temporary, 0o700)
        (path / "sub").mkdir()
        (path / "sub" / "file").write_text("x")
        daemon = subprocess.Popen(
            ["sh", "-c", "echo; exec sleep 1000"],
            env={"HOME": str(path)},
            stdout=subprocess.PIPE,
            start_new_session=True,
        )
        assert daemon.stdout is not None
        daemon.stdout.readline()
        assert users_of(path) == [daemon.pid]
    assert daemon.wait(timeout=5) == -signal.SIGKILL
    assert list(temporary.iterdir()) == []


def test_it_is_gone_after_an_exception(temporary: Path) -> None:
    with pytest.raises(ValueError, match="inside"), rundir() as path:
        raise ValueError("inside " + str(path))
    assert list(temporary.iterdir()) == []


def test_what_a_killed_run_left_is_swept_and_a_living_run_is_not(temporary: Path) -> None:
    with rundir() as alive:
        owner = subprocess.Popen(
            [sys.executable, "-c", OWNER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert owner.stdout is not None
        path, child = owner.stdout.readline().split()
        assert sweep() == []
        owner.kill()
        owner.communicate()
        assert Path(path, "file").exists()
        assert sweep() == [Path(path)]
        assert not Path(path).exists()
        assert not _runs(int(child))
        assert {file.name for file in temporary.iterdir()} == {alive.name, alive.name + ".lock"}


def test_only_processes_that_name_the_directory_are_ended(tmp_path: Path) -> None:
    other = subprocess.Popen(["sleep", "1000"], env={"HOME": str(tmp_path / "other")})
    mine = subprocess.Popen(["sleep", "1000"], env={"HOME": str(tmp_path / "mine" / "home")})
    kill_users_of(tmp_path / "mine")
    assert mine.wait(timeout=5) == -signal.SIGKILL
    assert other.poll() is None
    other.kill()
    other.wait()


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
