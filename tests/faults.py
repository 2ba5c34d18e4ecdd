"""Faults, and how an article fares that meets one: replayed in a process of its own, which may break."""

from __future__ import annotations

import multiprocessing
import os
import resource
import shutil
import signal
import socket
import stat
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import NamedTuple

from wordish.limits import Limits
from wordish.model import Began, Document, Event, Judged, Machine, Running, Target, Transcript
from wordish.runner import Job, check

HANGS = 100.0  # seconds, on a machine that is busy: no step of these articles may take more than 20
PAUSE = 5.0

Fault = Callable[[], None]


class Stage(NamedTuple):
    """A moment of a run: when this kind of news comes, of this step (0: of the article)."""

    news: type[Event]
    number: int

    def has_come(self, event: Event) -> bool:
        """Whether ``event`` is that moment."""
        return isinstance(event, self.news) and getattr(event, "number", 0) == self.number

    def __str__(self) -> str:
        return f"{self.news.__name__.lower()}-{self.number}"


REACHING, FIRST, BETWEEN, LAST = Stage(Began, 0), Stage(Running, 1), Stage(Judged, 1), Stage(Running, 3)
STAGES = (REACHING, FIRST, BETWEEN, LAST)


def suffered(
    document: Document,
    *,
    target: Target,
    machines: Mapping[str, Machine],
    fault: Fault,
    stage: Stage,
    temporary: Path,
    limits: Limits | None = None,
) -> Transcript | None:
    """What a check comes to that meets a fault at a stage; ``None`` when that ended it without a word.

    Raises `TimeoutError` when it hangs.
    """
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    job = Job(document=document, target=target)
    process = context.Process(
        target=_suffer, args=(theirs, job, machines, fault, stage, str(temporary), limits or Limits())
    )
    process.start()
    theirs.close()
    try:
        if not ours.poll(HANGS):
            raise TimeoutError(f"{fault.__name__} at {stage}")
        return ours.recv()  # type: ignore[no-any-return]
    except EOFError:
        return None
    finally:
        process.join(5)
        process.kill()
        process.join()
        ours.close()


def _suffer(
    connection: Connection,
    job: Job,
    machines: Mapping[str, Machine],
    fault: Fault,
    stage: Stage,
    temporary: str,
    limits: Limits,
) -> None:
    os.environ["TMPDIR"] = tempfile.tempdir = temporary
    waiting = True

    def tell(event: Event) -> None:
        nonlocal waiting
        if waiting and stage.has_come(event):
            waiting = False
            fault()

    transcript = check(job, machines=machines, timeout=20, limits=limits, tell=tell)
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    connection.send(transcript)


def below(pid: int) -> list[int]:
    """The processes that a process started, with those that these started."""
    found = []
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        found += [int(child), *below(int(child))]
    return found


def _name(pid: int) -> str:
    return Path(f"/proc/{pid}/comm").read_text().strip()


def _ours(name: str) -> list[int]:
    return [pid for pid in below(os.getpid()) if _name(pid) == name]


def _signal(number: int, *pids: int) -> None:
    for pid in pids:
        os.kill(pid, number)


def _later(seconds: float, what: Callable[[], None]) -> None:
    threading.Timer(seconds, what).start()


def nothing() -> None:
    """No fault: the article is as it should be."""


def kill_shell() -> None:
    """The bash of the article is killed."""
    _signal(signal.SIGKILL, *_ours("bash")[:1])


def kill_shell_soon() -> None:
    """The bash of the article is killed while a command runs."""
    _later(0.15, kill_shell)


def kill_sandbox() -> None:
    """The first process of the sandbox is killed, with all that is in it."""
    _, init, *_ = below(os.getpid())
    _signal(signal.SIGKILL, init)


def kill_keeper() -> None:
    """The sandbox's keeper is killed."""
    _signal(signal.SIGKILL, below(os.getpid())[0])


def _pause(*pids: int) -> None:
    _signal(signal.SIGSTOP, *pids)
    _later(PAUSE, lambda: _signal(signal.SIGCONT, *pids))


def stop_shell() -> None:
    """The bash of the article stands still for some seconds."""
    _pause(*_ours("bash")[:1])


def stop_us() -> None:
    """Wordish itself stands still for some seconds."""
    pid = os.fork()
    if pid == 0:
        time.sleep(PAUSE)
        os.kill(os.getppid(), signal.SIGCONT)
        os._exit(0)
    os.kill(os.getpid(), signal.SIGSTOP)
    os.waitpid(pid, 0)


def no_descriptors() -> None:
    """Nothing can be opened any more."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))


def no_room() -> None:
    """No file may grow: to wordish, and to what it starts from now on, the disk is full."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def fill_disk() -> None:
    """The disk that holds what is temporary is full, for as long as this process lives."""
    block = b"\0" * (1 << 16)
    filler, path = tempfile.mkstemp()
    Path(path).unlink()
    with suppress(OSError):  # ENOSPC
        while True:
            os.write(filler, block)
    assert shutil.disk_usage(tempfile.gettempdir()).free < len(block)


def no_processes() -> None:
    """Nothing can be started any more (root is not bound by RLIMIT_NPROC, and loses its programs)."""
    os.environ["PATH"] = "/nowhere"


def no_directory() -> None:
    """Somebody cleans up the temporary directory under the run."""
    for left in Path(os.environ["TMPDIR"]).iterdir():
        if left.is_dir():
            shutil.rmtree(left)
        else:
            left.unlink()


def close_sockets() -> None:
    """The other ends of all sockets are closed."""
    for entry in list(Path("/proc/self/fd").iterdir()):
        try:
            is_socket = stat.S_ISSOCK(entry.stat().st_mode)
        except OSError:
            continue
        if is_socket:
            with socket.socket(fileno=os.dup(int(entry.name))) as end:
                end.shutdown(socket.SHUT_RDWR)


def kill_machine() -> None:
    """QEMU is killed."""
    _signal(signal.SIGKILL, *[pid for pid in below(os.getpid()) if _name(pid).startswith("qemu")])


def kill_machine_soon() -> None:
    """QEMU is killed while a command runs."""
    _later(0.3, kill_machine)


def kill_machine_that_boots() -> None:
    """QEMU is killed while it boots the machine that is to be cloned."""
    _later(2, kill_machine)


def stop_machine() -> None:
    """QEMU stands still for some seconds."""
    _pause(*[pid for pid in below(os.getpid()) if _name(pid).startswith("qemu")])
