"""What a run of the tests leaves on the machine: nothing, or the run has failed.

The session has a temporary directory of its own, which its processes know by TMPDIR; what names that, or
has a file of it open, is ours. So are containers that were started as ours are. Other programs on the
machine are none of our business.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from pathlib import Path

GROUPS = Path("/sys/fs/cgroup")

PATIENCE = 10.0
"""Seconds that what was killed may take to be gone."""


class Traces:
    """The temporary directory of a session, taken over by this process and those that it starts."""

    def __init__(self) -> None:
        self._groups = _control_groups()
        self._before = os.environ.get("TMPDIR")
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", tempfile.gettempdir())  # pytest keeps the last three
        self.directory = Path(tempfile.mkdtemp(prefix="wordish-tests-"))
        self.directory.chmod(0o1777)  # as /tmp is: some tests are other users
        os.environ["TMPDIR"] = str(self.directory)
        tempfile.tempdir = None

    def left(self) -> list[str]:
        """What there is that should not be, in words; it is given a moment to go."""
        end = time.monotonic() + PATIENCE
        while (found := self._found()) and time.monotonic() < end:
            time.sleep(0.1)
        return found

    def _found(self) -> list[str]:
        name = os.fsencode(self.directory)
        found = [f"file: {path.relative_to(self.directory)}" for path in sorted(self.directory.rglob("*"))]
        found += [f"process {pid}: {line}" for pid, line in _processes(name)]
        found += [f"mount: {line}" for line in _lines(Path("/proc/self/mountinfo"), name)]
        for loop in Path("/sys/block").glob("loop*/loop/backing_file"):
            found += [f"loop device {loop.parts[3]}: {line}" for line in _lines(loop, name)]
        found += [f"control group: {path}" for path in sorted(_control_groups() - self._groups)]
        return found

    def clear(self) -> None:
        """Remove the directory; the environment is what it was."""
        shutil.rmtree(self.directory, ignore_errors=True)
        tempfile.tempdir = None
        if self._before is None:
            del os.environ["TMPDIR"]
        else:
            os.environ["TMPDIR"] = self._before


def _control_groups() -> set[Path]:
    """Those of containers that are started as the tests start them: by root's podman, without systemd.

    Those that an ordinary user sees are root's, who may run other tests beside.
    """
    return set() if os.geteuid() else {*GROUPS.rglob("libpod_parent/libpod-*")}


def _lines(path: Path, name: bytes) -> list[str]:
    try:
        return [line.decode(errors="replace") for line in path.read_bytes().splitlines() if name in line]
    except OSError:  # it has just gone
        return []


def _processes(name: bytes) -> list[tuple[int, str]]:
    """Those that are alive and that a directory of this name tells something, with their command lines."""
    found = []
    for pid in (int(entry.name) for entry in os.scandir("/proc") if entry.name.isdigit()):
        process = Path("/proc", str(pid))
        if pid != os.getpid() and _names(process, name):
            try:
                line = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                parent = int((process / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
            if parent == os.getpid() and "multiprocessing.resource_tracker" in line:
                continue  # it lives for as long as we do
            found.append((pid, line.strip()))
    return found


def _names(process: Path, name: bytes) -> bool:
    for file in ("environ", "cmdline"):
        try:
            if name in (process / file).read_bytes():
                return True
        except OSError:
            continue
    links = [process / "cwd", process / "root"]
    try:
        links += list((process / "fd").iterdir())
    except OSError:
        return False
    for link in links:
        try:
            if name in os.fsencode(link.readlink()):
                return True
        except OSError:
            continue
    return False
