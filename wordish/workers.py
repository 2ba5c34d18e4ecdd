"""Jobs on several processes of this machine: who does what when, and how it is stopped.

Articles in disposable targets run side by side, as many as fit into memory, and so do those whose
authors say that they disturb nobody; the others run one at a time beside them. Processes, not threads:
what a shell leaves behind is found as a child of the process that started it (`wordish.orphans`).

The workers are forked once, with all the jobs, and are told numbers. What they say comes back on a
pipe each, so that a worker that dies takes nothing with it but its article. They are out of reach
of the terminal's ^C: it comes to this process, which passes it on to those at work.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkProcess
from pathlib import Path
from typing import Any, NamedTuple

from wordish.limits import NONE, Limits
from wordish.model import RED, Event, Machine, Transcript
from wordish.orphans import die_with_parent
from wordish.rundir import sweep
from wordish.runner import Job, check, unchecked
from wordish.targets import TARGETS
from wordish.terminal import undisturbed

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_SPARE = 512  # MiB of memory that machines leave to everything else
_GUESS = 0.1  # seconds for a step of an article that was never checked before

Check = Callable[..., Transcript]
"""Takes a job and ``tell``."""


def processors() -> int:
    """How many processors this process may use (sched_getaffinity(2))."""
    return len(os.sched_getaffinity(0))


def run(
    crew: Crew,
    *,
    exit_first: bool = False,
    durations: Mapping[str, float],
    tell: Callable[[Event], None] = lambda _: None,
) -> Iterator[Transcript]:
    """Have the crew check its jobs, and yield the transcripts as they come.

    ``durations`` tells what articles took the last time, in seconds, by their real paths: long ones
    begin first.
    With ``exit_first`` nothing begins any more after an article that is wrong. An interruption is
    passed on to the articles under way, and ends the run when they have ended.
    """
    line = _Line(crew.jobs, machines=crew.machines, durations=durations)
    workers = list(crew.workers)
    stopped = interrupted = told = False

    def interrupt(*_: object) -> None:
        nonlocal stopped, interrupted
        stopped = interrupted = True
        for worker in workers:
            worker.interrupt()

    with handled_by(interrupt):
        while True:
            for worker in workers:
                if worker.job is None and not stopped and (job := line.next(w.job for w in workers)):
                    worker.begin(job, crew.jobs.index(job))
            at_work = {worker.connection: worker for worker in workers if worker.job}
            if not at_work:
                break
            for connection in wait(list(at_work)):
                event = at_work[connection].news()  # type: ignore[index]  # what went in comes out
                try:
                    tell(event)
                except KeyboardInterrupt:  # who hears us has gone
                    interrupt()
                if isinstance(event, Transcript):
                    told |= event.interrupted
                    stopped |= event.interrupted or (exit_first and event.outcome in RED)
                    yield event
            workers = [worker for worker in workers if not worker.died]
    if interrupted and not told:
        raise KeyboardInterrupt
    while not stopped and (job := line.next(())):  # all the workers have died
        yield crew.check(job, tell=tell)


def most_at_once(jobs: Sequence[Job]) -> int:
    """How many of the jobs can ever run side by side."""
    apart = sum(map(is_apart, jobs))
    return apart + (apart < len(jobs))


class _Line:
    """The jobs that wait for their turn."""

    def __init__(
        self, jobs: Sequence[Job], *, machines: Mapping[str, Machine], durations: Mapping[str, float]
    ) -> None:
        self._machines = machines
        self._room = room()

        def turn(job: Job) -> tuple[bool, int]:
            path = os.path.realpath(job.document.path)
            return is_apart(job), -round(durations.get(path, _GUESS * len(job.document.sequence)))

        # First those that go one at a time: together they are one long job. Then the long ones; those of
        # the same whole second stay in the order of the report, where none has to wait for its turn then.
        self._waiting = sorted(jobs, key=turn)

    def next(self, active: Iterable[Job | None]) -> Job | None:
        """The next job, taken out of the line, if one may begin beside the active ones."""
        running = [job for job in active if job]
        taken = sum(map(self._memory, running))
        for number, job in enumerate(self._waiting):
            alone = is_apart(job) or all(map(is_apart, running))
            if alone and (not taken or taken + self._memory(job) <= self._room):
                return self._waiting.pop(number)
        return None

    def _memory(self, job: Job) -> int:
        machine = self._machines.get(job.target.machine)
        return machine.memory if machine else 0


def is_apart(job: Job) -> bool:
    """Whether it disturbs no other: what it runs in is its own, or its author says so."""
    return TARGETS[job.target.kind].DISPOSABLE or bool(job.document.options.parallel)


def room() -> int:
    """MiB that machines may take together."""
    return _free_memory() - _SPARE


def _free_memory() -> int:
    """MiB that new programs may take (proc(5), MemAvailable)."""
    told = Path("/proc/meminfo").read_text(encoding="ascii").partition("MemAvailable:")[2]
    return int(told.split()[0]) // 1024


class _Worker:
    """A process of ours that checks one article at a time; ``job`` is the one it is at."""

    def __init__(self, process: ForkProcess, connection: Connection) -> None:
        self.connection = connection
        self.job: Job | None = None
        self.died = False
        self._process = process

    def begin(self, job: Job, number: int) -> None:
        """Have it check ``job``, which it knows by its number."""
        self.job = job
        with suppress(BrokenPipeError):  # it has died, which its news will tell
            self.connection.send(number)

    def interrupt(self) -> None:
        """Press ^C on its article, if it is at one."""
        if self.job and self._process.pid:
            with suppress(ProcessLookupError):
                os.kill(self._process.pid, signal.SIGINT)

    def news(self) -> Event:
        """The next thing that it says of its article.

        For one that has died: that it could not be checked. Raises `RuntimeError` when wordish is wrong.
        """
        assert self.job
        try:
            said: Event | Fault = self.connection.recv()
        except (EOFError, OSError):  # the second in the middle of a word, too
            self.died = True
            self._process.join()
            sweep()  # what it had started
            why = f"the process that checked it has died, with status {self._process.exitcode}"
            said = unchecked(self.job, error=why)
        if isinstance(said, Fault):
            raise RuntimeError(said.text)
        if isinstance(said, Transcript):
            self.job = None
        return said


class Fault(NamedTuple):
    """What a worker says when wordish itself is wrong: the traceback."""

    text: str


class Crew(NamedTuple):
    """Workers, and the jobs that they know."""

    workers: tuple[_Worker, ...]
    jobs: Sequence[Job]
    machines: Mapping[str, Machine]
    check: Check


@contextmanager
def crew(
    jobs: Sequence[Job],
    *,
    workers: int,
    machines: Mapping[str, Machine],
    timeout: float,
    limits: Limits = NONE,
    keep_going: bool = False,
    survey: bool = False,
    resume: bool = False,
) -> Iterator[Crew]:
    """At most so many workers for these jobs, forked here (before there are threads), ended on leaving.

    The other arguments are those of `wordish.runner.check`.
    """
    how: dict[str, Any] = {"timeout": timeout, "limits": limits, "keep_going": keep_going}
    one = partial(check, machines=machines, survey=survey, resume=resume, **how)
    context = multiprocessing.get_context("fork")  # they have the jobs and all modules from us
    started: list[tuple[ForkProcess, Connection]] = []
    try:
        for _ in range(min(workers, most_at_once(jobs))):
            ours, theirs = context.Pipe()
            others = [ours, *(connection for _, connection in started)]
            process = context.Process(target=_work, args=(theirs, others, jobs, one, os.getpid()))
            with undisturbed():  # until it can handle signals
                process.start()
            theirs.close()
            started.append((process, ours))
        yield Crew(
            workers=tuple(_Worker(process, connection) for process, connection in started),
            jobs=jobs,
            machines=machines,
            check=one,
        )
    finally:
        for process, connection in started:
            connection.close()
            process.terminate()
        for process, _ in started:
            process.join()


def _work(
    connection: Connection, others: Iterable[Connection], jobs: Sequence[Job], one: Check, parent: int
) -> None:
    """A worker's life: numbers of jobs come, events go, until the other end is closed."""
    for other in others:
        other.close()
    serve(connection, lambda: (jobs[connection.recv()], one), parent=parent)


def serve(connection: Connection, order: Callable[[], tuple[Job, Check]], *, parent: int) -> None:
    """Check what ``order`` gives, and tell ``connection`` the events; return when it raises `EOFError`.

    What interrupts this process interrupts the article that it is at. It ends with its ``parent``.
    """
    if os.getpgrp() != os.getpid():
        os.setpgid(0, 0)
    at_work = False

    def interrupted(*_: object) -> None:
        if at_work:
            raise KeyboardInterrupt

    def tell(event: Event | Fault) -> None:
        nonlocal at_work
        with undisturbed():  # half an event would be the end of all
            connection.send(event)
            at_work = at_work and not isinstance(event, Transcript)

    for number in _SIGNALS:
        signal.signal(number, interrupted)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, (*_SIGNALS, signal.SIGALRM))
    die_with_parent(signal.SIGTERM, parent=parent)
    with suppress(EOFError, ConnectionError):
        while True:
            job, one = order()
            try:
                at_work = True
                one(job, tell=tell)
            except KeyboardInterrupt:  # before it began
                tell(unchecked(job, interrupted=True))
            except ConnectionError:
                raise
            except Exception:
                tell(Fault(traceback.format_exc()))


@contextmanager
def handled_by(interrupt: Callable[..., None]) -> Iterator[None]:
    """The signals that interrupt us call ``interrupt``; those that we were started deaf to do not."""
    before = {number: signal.getsignal(number) for number in _SIGNALS}
    for number, handler in before.items():
        if handler is not signal.SIG_IGN:
            signal.signal(number, interrupt)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
