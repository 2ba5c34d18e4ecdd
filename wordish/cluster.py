"""Articles on a dask cluster that is there: who goes where is the cluster's to say, what it means is ours.

Articles travel as values, and so do their transcripts. See `wordish.errands` for what a worker does.
"""

from __future__ import annotations

import logging
import os
import pickle
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any

from wordish import __version__
from wordish.errands import Errand, Found, Lost, Refused, Reply, begun, go, interrupted
from wordish.errors import MachineError, MissingToolError, UsageError
from wordish.model import RED, Began, Event, Judged, Said, Transcript
from wordish.runner import Job, unchecked
from wordish.targets import TARGETS
from wordish.workers import handled_by

if TYPE_CHECKING:
    import distributed

CONNECT = 5.0
"""Seconds for the scheduler to answer."""

DESERTED = 30.0
"""Seconds without any worker after which the rest is given up."""

_LOOK = 0.2  # seconds between two looks for signals
_TWICE = 2  # times that an article is begun at most


@contextmanager
def connected(address: str) -> Iterator[distributed.Client]:
    """The scheduler at ``address`` (``tcp://HOST:PORT``).

    Raises `MissingToolError` without dask, `UsageError` for what is no address, and `MachineError` when
    nobody answers there.
    """
    try:
        import distributed
        from distributed.comm import get_address_host_port
    except ImportError as error:
        what = "dask is not installed here"
        raise MissingToolError(what, where=f"--dask {address}", hint="pip install 'wordish[dask]'") from error
    logging.getLogger("distributed").setLevel(logging.CRITICAL + 1)  # we say ourselves what goes wrong
    try:
        get_address_host_port(address)  # a client tries for all its time to reach what is none
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of other versions of Python or dask: what matters is told
            client = distributed.Client(
                address, timeout=CONNECT, set_as_default=False, name=f"wordish-{os.getpid()}"
            )
    except ValueError as error:
        hint = "say `--dask tcp://HOST:PORT`"
        raise UsageError("no address of a scheduler", where=f"--dask {address}", hint=hint) from error
    except OSError as error:
        raise MachineError(
            "no scheduler answers there",
            where=f"--dask {address}",
            hint="start one with `dask scheduler`, or check the address",
        ) from error
    try:
        yield client
    finally:
        with suppress(Exception):  # it may have gone
            client.close(timeout=CONNECT)


def run(
    jobs: Sequence[Job],
    *,
    client: distributed.Client,
    durations: Mapping[str, float],
    exit_first: bool = False,
    tell: Callable[[Event], None] = lambda _: None,
    **how: Any,
) -> Iterator[Transcript]:
    """Have the cluster check the jobs, and yield the transcripts as they come.

    ``how`` are further arguments of `wordish.runner.check`; the others are those of `wordish.workers.run`.
    An article whose worker died is begun once more, if its target is thrown away, and an error otherwise.
    Raises `MachineError` when a worker cannot do it at all.
    """
    crew = _Crew(jobs, client=client, how=how, durations=durations)
    stopped = pressed = told = False

    def interrupt(*_: object) -> None:
        nonlocal pressed
        if pressed:  # whoever presses twice does not want to wait
            raise KeyboardInterrupt
        pressed = True

    with handled_by(interrupt):
        try:
            crew.send_all()
            while crew.away:
                if pressed and not crew.interrupted:
                    stopped = True
                    crew.interrupt()
                back = crew.next()
                if back is None:
                    continue
                job, reply = back
                again = crew.again(job) if isinstance(reply, Lost) and not stopped else None
                lost = "the dask worker that checked it has died"
                found = reply if isinstance(reply, Found) else Found(unchecked(job, error=lost))
                try:
                    for event in [again] if again else _news(found):
                        tell(event)
                except KeyboardInterrupt:  # who hears us has gone
                    pressed = True
                if again:
                    continue
                transcript = found.transcript
                told |= transcript.interrupted
                if not stopped and (transcript.interrupted or (exit_first and transcript.outcome in RED)):
                    stopped = True
                    crew.halt()
                yield transcript
        finally:
            crew.forget()
    if pressed and not told:
        raise KeyboardInterrupt


def _news(found: Found) -> Iterator[Event]:
    """What a reporter hears of an article, now that it has ended."""
    transcript, path = found.transcript, found.transcript.document.path
    total = len(transcript.verdicts)
    yield Began(path=path, target=transcript.target, total=total)
    yield from found.said
    for number, verdict in enumerate(transcript.verdicts, 1):
        if verdict.output:
            yield Judged(path=path, verdict=verdict, number=number, total=total)
    yield transcript


class _Crew:
    """The jobs, and those of them that are ``away`` on the cluster, by the names of their errands."""

    def __init__(
        self,
        jobs: Sequence[Job],
        *,
        client: distributed.Client,
        how: Mapping[str, Any],
        durations: Mapping[str, float],
    ) -> None:
        self._client = client
        self._how = how
        self._durations = durations
        self._jobs = jobs
        self._run = os.urandom(8).hex()
        self._times: dict[str, int] = {}
        self._ended: SimpleQueue[distributed.Future] = SimpleQueue()
        self._deserted = time.monotonic()
        self._looked = 0.0
        self.away: dict[str, tuple[Job, distributed.Future]] = {}
        self._back: list[str] = []  # names of those that were taken back
        self.interrupted = False

    def send_all(self) -> None:
        """Send all of them, the long ones first."""
        for job in self._jobs:
            self._send(job)

    def _send(self, job: Job) -> None:
        path = job.document.path
        self._times[path] = self._times.get(path, 0) + 1
        name = f"wordish-{self._run}-{len(self._times)}-{self._times[path]}-{os.urandom(4).hex()}"
        how = dict(self._how)
        if "limits" in how:
            how["limits"] = how["limits"].told()
        errand = Errand(version=__version__, run=self._run, name=name, cargo=pickle.dumps((job, how)))
        took = self._durations.get(os.path.realpath(path), 0.0)
        future = self._client.submit(go, errand, key=name, pure=False, priority=took)
        self.away[name] = job, future
        future.add_done_callback(self._ended.put)

    def again(self, job: Job) -> Said | None:
        """Send once more what may run twice, and give what to say of it."""
        path = job.document.path
        if not TARGETS[job.target.kind].DISPOSABLE or self._times[path] >= _TWICE:
            return None
        self._send(job)
        return Said(path=path, text=f"{path}: the dask worker that checked it has died, it begins once more")

    def next(self) -> tuple[Job, Found | Lost] | None:
        """The next one that has come back, ``None`` when none has for a while.

        Raises `MachineError` for what a worker refused, `RuntimeError` when wordish is wrong.
        """
        try:
            future = self._ended.get(timeout=_LOOK)
        except Empty:
            return self._given_up()
        if future.key not in self.away:  # it was given up
            return None
        job, _ = self.away.pop(future.key)
        reply = self._reply(job, future)
        if not self._gone:
            self._event(begun(future.key)).clear()
        if isinstance(reply, Refused):
            raise MachineError(f"a dask worker refuses: {reply.why}", hint="install the same wordish there")
        if isinstance(reply, Found) and reply.fault:
            raise RuntimeError(reply.fault)
        return job, reply

    @property
    def _gone(self) -> bool:
        return str(self._client.status) != "running"

    def _reply(self, job: Job, future: distributed.Future) -> Reply:
        from distributed.scheduler import KilledWorker

        try:
            reply: Reply = pickle.loads(future.result())  # noqa: S301 - from a worker that we trust with more
        except KilledWorker:
            return Lost()
        except ModuleNotFoundError as error:
            return Refused(f"{error}")
        except Exception as error:
            if future.cancelled() or self._gone:
                return Found(unchecked(job, error="the dask scheduler has gone"))
            raise RuntimeError(f"{job.document.path}: {error!r} on a dask worker") from error
        return reply

    def _given_up(self) -> tuple[Job, Found] | None:
        """One of those that nobody is there for, when nobody has been for long."""
        now = time.monotonic()
        if now - self._looked < min(1.0, DESERTED / 2):
            return None
        self._looked = now
        try:
            somebody = bool(self._client.nthreads())
        except Exception:  # the scheduler does not answer: as good as nobody
            somebody = False
        if somebody:
            self._deserted = now
        if now - self._deserted < DESERTED:
            return None
        name = next(iter(self.away))
        job, future = self.away.pop(name)
        with suppress(Exception):
            future.cancel()
        return job, Found(unchecked(job, error="the dask cluster has no worker"))

    def halt(self) -> None:
        """Let nothing more begin: take back what has not begun. (What begins meanwhile is interrupted.)"""
        with suppress(Exception):  # the scheduler may have gone: then nothing begins
            waiting = [name for name in self.away if not self._event(begun(name)).is_set()]
            self._back += waiting
            self._client.cancel([self.away.pop(name)[1] for name in waiting], force=True)

    def interrupt(self) -> None:
        """Press ^C on all that is under way, and let nothing more begin."""
        self.interrupted = True
        if not self._gone:
            self._event(interrupted(self._run)).set()
        self.halt()

    def _event(self, name: str) -> distributed.Event:
        import distributed

        return distributed.Event(name, client=self._client)

    def forget(self) -> None:
        """Leave nothing of this run on the scheduler."""
        with suppress(Exception):  # it may have gone
            self._client.cancel([future for _, future in self.away.values()], force=True)
            for name in (interrupted(self._run), *map(begun, (*self.away, *self._back))):
                self._event(name).clear()
