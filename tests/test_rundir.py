"""Run directories: private, and gone afterwards, also after kill -9."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import IO

import pytest

from wordish import rundir as rundirs
from wordish.errors import MachineError
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


@pytest.mark.skipif(os.geteuid() != 0, reason="only root mounts anything")
@pytest.mark.parametrize("name", ["d", "with a blank"])
def test_what_an_article_has_mounted_there_is_not_removed(
    name: str, temporary: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    other = tmp_path_factory.mktemp("other")
    (other / "empty").mkdir()
    (other / "precious").touch()
    with rundir() as path:
        (path / name).mkdir()
        subprocess.run(["mount", "--bind", str(other), str(path / name)], check=True)
    assert sorted(each.name for each in other.iterdir()) == ["empty", "precious"]
    assert list(temporary.iterdir()) == []


def test_an_interruption_while_it_is_removed_comes_afterwards(
    temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    remove = rundirs._remove

    def interrupted(path: Path) -> None:
        signal.pthread_kill(threading.get_ident(), signal.SIGINT)  # not to a thread of pytest's
        remove(path)

    monkeypatch.setattr(rundirs, "_remove", interrupted)
    with pytest.raises(KeyboardInterrupt), rundir() as path:
        (path / "file").touch()
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


def test_a_lock_that_a_sweep_removed_before_it_was_held_is_not_relied_on(
    temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, swept = fcntl.flock, list[Path]()

    def flock(held: IO[str], how: int) -> None:
        if not swept:
            swept.extend(temporary.glob("*.lock"))
            swept[0].unlink()
        real(held, how)

    monkeypatch.setattr(fcntl, "flock", flock)
    with rundir() as path:
        assert path.with_suffix(".lock").exists()
        assert path.with_suffix(".lock") not in swept
        assert sweep() == []
        assert path.exists()
    assert list(temporary.iterdir()) == []


# Root may read any directory, unless it has given that up (capabilities(7)).
UNPRIVILEGED = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] if os.geteuid() == 0 else []


def test_directories_that_were_closed_are_removed_and_links_are_not_followed(temporary: Path) -> None:
    code = """
import os
from wordish.rundir import rundir
with rundir() as path:
    (path / "a" / "b").mkdir(parents=True)
    (path / "a" / "b" / "file").write_text("x")
    (path / "link").symlink_to(path.parent / "kept")
    for closed in ("a/b", "a", "."):
        (path / closed).chmod(0)
"""
    kept = temporary / "kept"
    kept.mkdir(mode=0o500)
    subprocess.run([*UNPRIVILEGED, sys.executable, "-c", code], check=True)
    assert [path.name for path in temporary.iterdir()] == ["kept"]
    assert kept.stat().st_mode & 0o777 == 0o500


def test_directories_of_any_depth_are_removed(temporary: Path) -> None:
    with rundir() as path:
        deeper = 'for (1..1100) { mkdir "deeper" or die; chdir "deeper" or die }'
        subprocess.run(["perl", "-e", deeper], cwd=path, check=True)
    assert list(temporary.iterdir()) == []


def test_what_could_not_be_removed_is_tried_again_by_a_later_sweep(
    temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch, rundir() as path:
        patch.setattr("wordish.rundir._remove", lambda _: None)
    assert path.exists()
    with monkeypatch.context() as patch:
        patch.setattr("wordish.rundir._remove", lambda _: None)
        assert sweep() == []
    assert sweep() == [path]
    assert list(temporary.iterdir()) == []


def test_no_temporary_directory_is_a_machines_error_on_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wordish.rundir._temporary", lambda: Path("/proc/nope"))
    with pytest.raises(MachineError) as raised, rundir():
        pass
    assert str(raised.value).startswith("/proc/nope/wordish-")
    assert str(raised.value).endswith(
        "no temporary directory can be made: No such file or directory: set TMPDIR to a directory of yours"
    )


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_a_process_without_an_environment_is_known_by_where_it_works(temporary: Path) -> None:
    with rundir() as path:
        daemon = subprocess.Popen(["sleep", "1000"], env={}, cwd=path, start_new_session=True)
        assert users_of(path) == [daemon.pid]
    assert daemon.wait(timeout=5) == -signal.SIGKILL
