"""Private temporary directories of a run, and the removal of what a killed run left behind.

A run directory is ``TMPDIR/wordish-UID-WORD``. A lock file beside it is held by the process that
made it, from before the directory exists until after it is gone: a directory whose lock nobody
holds was left by a run that was killed. What such a run started is found by the directory's
unique name in a process's command line, environment or working directory, so that nothing else is
ever touched.
"""

from __future__ import annotations

import fcntl
import os
import re
import select
import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import IO

from wordish.errors import MachineError
from wordish.terminal import undisturbed


def _prefix() -> str:
    return f"wordish-{os.getuid()}-"


def _temporary() -> Path:
    """TMPDIR (POSIX, "Environment Variables") where it can be used, else /tmp."""
    chosen = Path(os.environ.get("TMPDIR") or "/tmp")  # noqa: S108 - the names made there cannot be guessed
    usable = chosen.is_dir() and os.access(chosen, os.W_OK | os.X_OK)
    return chosen.absolute() if usable else Path("/tmp")  # noqa: S108


@contextmanager
def rundir(*, mode: int = 0o700, contained: bool = False) -> Iterator[Path]:
    """Make a run directory, and remove it and every process that names it on the way out.

    ``contained``: the caller ends its processes itself, to the last one; they are looked for only
    when the directory cannot be removed.

    Raises `MachineError` when none can be made.
    """
    with ExitStack() as claimed:
        try:
            path = claimed.enter_context(_claimed(contained=contained))
            path.mkdir()
            path.chmod(mode)
        except OSError as error:
            raise MachineError(
                f"no temporary directory can be made: {error.strerror}",
                where=str(error.filename or _temporary()),
                hint="set TMPDIR to a directory of yours",
            ) from error
        yield path


@contextmanager
def _claimed(*, contained: bool) -> Iterator[Path]:
    """The path of a run directory whose lock is held, removed afterwards."""
    while True:
        path = _temporary() / f"{_prefix()}{os.urandom(6).hex()}"
        with path.with_suffix(".lock").open("w") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            if not _is_lock_of(held, path):  # a sweep was quicker
                continue
            try:
                yield path
            finally:
                with undisturbed():  # who cannot wait does not mean it to stay
                    _clear(path, contained=contained)
            return


def _is_lock_of(held: IO[str], path: Path) -> bool:
    """Whether the file whose lock we hold is still the one that others find."""
    try:
        return os.path.samestat(os.fstat(held.fileno()), path.with_suffix(".lock").lstat())
    except FileNotFoundError:
        return False


def sweep() -> list[Path]:
    """Remove what killed runs of this user left: processes first, then directories.

    Returns the run directories that were removed. Runs that are alive are not touched.
    """
    removed = []
    for lock in _temporary().glob(f"{_prefix()}*.lock"):
        path = lock.with_suffix("")
        with suppress(OSError), lock.open("r+") as held:
            if lock.lstat().st_uid != os.getuid():
                continue
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)  # BlockingIOError: its run is alive
            if _is_lock_of(held, path) and _clear(path):
                removed.append(path)
    return removed


def users_of(path: Path) -> list[int]:
    """Process ids whose command line, environment or directory names ``path``, this process excepted."""
    pids = (int(entry.name) for entry in os.scandir("/proc") if entry.name.isdigit())
    return [pid for pid in pids if pid != os.getpid() and _names(pid, path)]


def _names(pid: int, path: Path) -> bool:
    needle = os.fsencode(path)
    for name in ("environ", "cmdline"):
        with suppress(OSError), Path(f"/proc/{pid}/{name}").open("rb", buffering=0) as text:
            if needle in text.read():
                return True
    with suppress(OSError):
        return os.fsencode(os.readlink(f"/proc/{pid}/cwd")).startswith(needle)  # noqa: PTH115 - faster
    return False


def kill_users_of(path: Path) -> None:
    """End every process that names ``path``, also those that these start meanwhile."""
    for _ in range(20):  # a process that forks faster than it is found is given up on
        pids = users_of(path)
        if not pids:
            return
        for pid in pids:
            with suppress(OSError):
                descriptor = os.pidfd_open(pid)
                try:
                    # The number may have changed hands since the scan; the descriptor cannot.
                    if _names(pid, path):
                        signal.pidfd_send_signal(descriptor, signal.SIGKILL)
                        select.select([descriptor], [], [], 1)
                finally:
                    os.close(descriptor)


def _clear(path: Path, *, contained: bool = False) -> bool:
    """Remove a run directory, then its lock; a later sweep tries again when that did not work."""
    if contained:
        _remove(path)
    if not contained or os.path.lexists(path):
        kill_users_of(path)
        _remove(path)
    if os.path.lexists(path):
        return False
    path.with_suffix(".lock").unlink(missing_ok=True)
    return True


def _mounts(path: Path) -> list[str]:
    """What is mounted below it, in the order in which it was (proc(5), mountinfo)."""
    below = os.path.realpath(path) + "/"
    lines = Path("/proc/self/mountinfo").read_bytes().splitlines()
    points = (
        re.sub(rb"\\([0-7]{3})", lambda octal: bytes([int(octal[1], 8)]), line.split()[4]) for line in lines
    )
    return [point for point in map(os.fsdecode, points) if point.startswith(below)]


def _unmounted(path: Path) -> bool:
    """Whether nothing is mounted below it, now: what is seen there is not ours to remove."""
    points = _mounts(path)
    if not points:
        return True
    import subprocess

    for command in (["umount", "--lazy"], ["sudo", "-n", "umount", "--lazy"]):
        nothing = subprocess.DEVNULL
        with suppress(OSError):  # where there is no sudo
            subprocess.run([*command, *reversed(points)], check=False, stdout=nothing, stderr=nothing)
        points = _mounts(path)
        if not points:
            return True
    return False


def _remove(path: Path) -> None:
    if not _unmounted(path):
        return
    with suppress(OSError):
        for folder, _, _ in os.walk(path, topdown=False):
            Path(folder).rmdir()
    if not os.path.lexists(path):  # most articles leave no file: nothing to start for them
        return
    import subprocess

    # These know how to go down directories of any depth, and follow no link on the way.
    away = ["rm", "-rf", "--one-file-system", "--", str(path)]
    for command in (
        away,
        ["chmod", "--recursive", "u+rwx", "--", str(path)],  # an article has closed them (chmod 000 d)
        away,
        # Files of subordinate users: a system image whose build was cut short.
        ["unshare", "--map-root-user", "--map-auto", *away],
        ["sudo", "-n", *away],  # of another account, as what an article's sudo makes
    ):
        with suppress(OSError):  # where there is no sudo
            subprocess.run(command, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        if not os.path.lexists(path):
            return
