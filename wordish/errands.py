"""One article on a dask worker: what the cluster runs there.

An article needs a process of its own, because what its shells leave behind is found as a child of the
process that started them (`wordish.orphans`), and ^C reaches a process. A dask worker runs threads. So it
keeps such processes beside it, one for each article at a time, and for a while after its last one.

A cluster runs again, without a word, what a worker that died was at. An article that changed the
machine that it ran on must not be. So an errand first leaves word on the scheduler that it begins, and one
that finds such a word does nothing: whoever sent it decides.
"""

from __future__ import annotations

import os
import pickle
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from multiprocessing.connection import Connection
from typing import Any, NamedTuple

from wordish import __version__
from wordish.errors import MachineError
from wordish.model import Event, Said, Transcript
from wordish.runner import Job, check, unchecked

IDLE = 10.0
"""Seconds after which a process without an article ends."""

_LOOK = 0.3  # seconds between two looks whether the article is still wanted


class Errand(NamedTuple):
    """An article's way to a worker: ``name`` is unique, ``run`` that of all that were sent together.

    ``cargo`` is a pickled pair: the `Job`, and further arguments of `wordish.runner.check`. Bytes, so
    that a worker with another version of wordish refuses them before it reads them.
    """

    version: str
    run: str
    name: str
    cargo: bytes


def interrupted(run: str) -> str:
    """The name of the scheduler's event that presses ^C on all of a run that is under way."""
    return f"wordish-interrupted-{run}"


def begun(name: str) -> str:
    """The name of the event that an errand has begun."""
    return f"wordish-begun-{name}"


class Refused(NamedTuple):
    """The worker cannot do it, and why."""

    why: str


class Lost(NamedTuple):
    """It has begun before, on a worker that has not come back with it."""


class Found(NamedTuple):
    """What became of the article, and what was said meanwhile; ``fault`` is a traceback of wordish's own."""

    transcript: Transcript
    said: tuple[Said, ...] = ()
    fault: str = ""


Reply = Refused | Lost | Found


def go(errand: Errand) -> bytes:
    """Do it, in a task of a dask worker, and give the pickled `Reply`."""
    return pickle.dumps(_reply(errand))


def _reply(errand: Errand) -> Reply:
    import distributed

    if errand.version != __version__:
        return Refused(f"it has wordish {__version__}, not {errand.version}")
    word = distributed.Event(begun(errand.name))
    if word.is_set():
        return Lost()
    word.set()
    job, how = pickle.loads(errand.cargo)  # noqa: S301 - who may send tasks to a worker may do anything there
    if "limits" in how:
        how["limits"] = how["limits"].heard()
    stop = distributed.Event(interrupted(errand.run))
    tasks: Mapping[str, Any] = distributed.get_worker().state.tasks

    def taken_back() -> bool:
        """Whether whoever sent it wants it no more, or has gone without a word."""
        task = tasks.get(errand.name)
        return task is None or task.state == "cancelled"

    def unwanted() -> bool:
        return taken_back() or bool(stop.is_set())

    if taken_back():  # while it left word
        word.clear()
        return Lost()
    try:
        machine = how["machines"].get(job.target.machine)
        with (
            _fitting(machine.memory if machine else 0, unwanted=unwanted) as fits,
            _alone(job, unwanted=unwanted) as may,
        ):
            if fits and may:
                return _checked(job, how, unwanted=unwanted)
            return Found(unchecked(job, interrupted=True))
    except MachineError as error:
        return Found(unchecked(job, error=str(error)))


class _Memory:
    """MiB that the machines of this worker take, and what they may take together."""

    taken = 0
    room = 0
    changed = threading.Condition()


@contextmanager
def _fitting(memory: int, *, unwanted: Callable[[], bool]) -> Iterator[bool]:
    """Wait until a machine of so many MiB fits beside the others; one fits always. As `_alone` otherwise."""
    from wordish.workers import room

    fits = True
    with _Memory.changed:
        if not _Memory.taken:
            _Memory.room = room()
        while fits and memory and _Memory.taken and _Memory.taken + memory > _Memory.room:
            fits = _Memory.changed.wait(_LOOK) or not unwanted()
        held = memory if fits else 0
        _Memory.taken += held
    try:
        yield fits
    finally:
        with _Memory.changed:
            _Memory.taken -= held
            _Memory.changed.notify_all()


@contextmanager
def _alone(job: Job, *, unwanted: Callable[[], bool]) -> Iterator[bool]:
    """Wait until the article may run on this machine beside the others; not when it is wanted no more."""
    from wordish.workers import is_apart

    if is_apart(job):
        yield True
        return
    from filelock import FileLock, Timeout

    from wordish import cachedir

    cachedir.root().mkdir(parents=True, exist_ok=True)
    lock = FileLock(cachedir.root() / f"host-{socket.gethostname()}.lock", thread_local=False)
    while True:
        try:
            with lock.acquire(timeout=_LOOK):
                yield True
                return
        except Timeout:
            if unwanted():
                yield False
                return


def _checked(job: Job, how: Mapping[str, Any], *, unwanted: Callable[[], bool]) -> Found:
    """Have a process of ours check the article; press ^C on it when it is wanted no more."""
    from wordish.workers import Fault

    said: list[Said] = []
    pressed = False
    with _process() as process:
        try:
            process.connection.send((job, how))
            while True:
                if not process.connection.poll(_LOOK):
                    if not pressed and unwanted():
                        pressed = True
                        process.child.send_signal(signal.SIGINT)
                    continue
                event: Event | Fault = process.connection.recv()
                if isinstance(event, Transcript):
                    return Found(event, tuple(said))
                if isinstance(event, Fault):
                    return Found(unchecked(job, error="wordish is wrong"), fault=event.text)
                if isinstance(event, Said):
                    said.append(event)
        except (EOFError, OSError):  # the second in the middle of a word, too
            process.end()
            why = f"the process that checked it has died, with status {process.child.returncode}"
            return Found(unchecked(job, error=why), tuple(said))


class _Process:
    """A process that checks one article at a time; ``free`` is when it had none any more."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            self.connection = Connection(ours.detach())
            code = "import sys; sys.path[:] = sys.argv[3:]; from wordish.errands import main; main()"
            self.child = subprocess.Popen(
                [sys.executable, "-c", code, str(theirs.fileno()), str(os.getpid()), *sys.path],
                stdin=subprocess.DEVNULL,
                pass_fds=(theirs.fileno(),),
                start_new_session=True,
            )
        self.free = time.monotonic()

    def end(self) -> None:
        """End it, if it has not ended, and forget it."""
        self.connection.close()
        with suppress(ProcessLookupError):
            self.child.terminate()
        self.child.wait()


_idle: list[_Process] = []
_turn = threading.Lock()


@contextmanager
def _process() -> Iterator[_Process]:
    """A process that has no article: one that is there, or a new one."""
    with _turn:
        while _idle and time.monotonic() - _idle[0].free > IDLE / 2:  # it may be about to end
            _idle.pop(0).end()
        process = _idle.pop() if _idle else None
    process = process or _Process()
    try:
        yield process
    except BaseException:
        process.end()
        raise
    if process.child.returncode is None:
        process.free = time.monotonic()
        with _turn:
            _idle.append(process)


def main() -> None:
    """The life of such a process: articles come, events go, until there is no other end or nothing to do."""
    from wordish.rundir import sweep
    from wordish.workers import Check, serve

    connection = Connection(int(sys.argv[1]))
    sweep()

    def order() -> tuple[Job, Check]:
        if not connection.poll(IDLE):
            raise EOFError
        job, how = connection.recv()
        return job, partial(check, **how)

    serve(connection, order, parent=int(sys.argv[2]))
