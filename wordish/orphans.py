"""The end of everything that was started, daemons too.

A process whose parent has ended goes to the next *subreaper* above it (prctl(2),
PR_SET_CHILD_SUBREAPER). While this process is one, nothing that it started, at any depth, gets away:
neither a new session nor an emptied environment changes whose child an orphan becomes. One that has become
another account's, as what sudo starts does, is ended by sudo, where that asks for no password.
"""

from __future__ import annotations

import os
import select
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from wordish.terminal import undisturbed

if TYPE_CHECKING:
    from ctypes import CDLL

# In linux/prctl.h: PR_SET_CHILD_SUBREAPER, PR_GET_CHILD_SUBREAPER, PR_SET_PDEATHSIG.
_SET, _GET, _DEATH = 36, 37, 1

_MOMENT = 500  # milliseconds that a process has to end which is hung up, or killed by another one


@contextmanager
def orphans_ended(*, say: Callable[[str], None]) -> Iterator[Callable[[], None]]:
    """End, after the block, every process that became our child during it; no interruption comes meanwhile.

    ``say`` is told of those that may not be ended, being another account's.

    Gives a function that starts it: from then on orphans come to us. (It may wait until there is
    time for it: it costs some milliseconds.) Processes that other threads of ours start meanwhile
    would be ended as well.
    """
    before = children()
    was = -1

    def adopt() -> None:
        nonlocal was
        if was < 0:
            was = _subreaper()
            _become_subreaper(1)

    try:
        yield adopt
    finally:
        if was >= 0:
            beyond: set[int] = set()
            with undisturbed():  # who cannot wait does not mean them to stay
                while started := children() - before - beyond:  # ending a parent gives us its children
                    beyond.update(pid for pid in started if not _end(pid))
                _become_subreaper(was)
            for pid in sorted(beyond):
                say(f"process {pid}, which the article started as another account, cannot be ended")


def _end(pid: int) -> bool:
    """End a child of ours; whether it has ended."""
    try:
        os.kill(pid, signal.SIGKILL)  # our child: its number is not given away yet
    except ProcessLookupError:
        pass
    except PermissionError:
        _end_by_sudo(pid)
        if not _ends(pid):
            return False
    with suppress(ChildProcessError):
        os.waitpid(pid, 0)
    return True


def _end_by_sudo(pid: int) -> None:
    import subprocess  # few articles start what is not ours

    kill, nothing = ["sudo", "-n", "kill", "-KILL", str(pid)], subprocess.DEVNULL
    with suppress(OSError):  # where there is no sudo
        subprocess.run(kill, stdin=nothing, stdout=nothing, stderr=nothing, check=False)


def _ends(pid: int) -> bool:
    """Whether a child of ours has ended, or does so in a moment."""
    descriptor = os.pidfd_open(pid)
    try:
        poll = select.poll()
        poll.register(descriptor, select.POLLIN)
        return bool(poll.poll(_MOMENT))
    finally:
        os.close(descriptor)


def children() -> set[int]:
    """The process ids of our children, those that ended and were not waited for too."""
    found: set[int] = set()
    for task in Path("/proc/self/task").iterdir():
        with suppress(OSError):  # a thread that has just ended
            found.update(map(int, (task / "children").read_text(encoding="ascii").split()))
    return found


def die_with_parent(number: int, *, parent: int) -> None:
    """Have the kernel send us the signal ``number`` when our parent, the process ``parent``, ends."""
    _libc().prctl(_DEATH, number, 0, 0, 0)
    if os.getppid() != parent:  # it was quicker
        os.kill(os.getpid(), number)


@cache
def _libc() -> CDLL:
    """The C library; each time that it is opened makes a class that only the garbage collector removes."""
    import ctypes  # here, because it is slow to import and few need it

    return ctypes.CDLL(None, use_errno=True)


def _subreaper() -> int:
    import ctypes

    value = ctypes.c_int()
    _libc().prctl(_GET, ctypes.byref(value), 0, 0, 0)
    return value.value


def _become_subreaper(value: int) -> None:
    _libc().prctl(_SET, value, 0, 0, 0)
