"""Articles side by side, on real shells of this machine."""

from __future__ import annotations

import multiprocessing
import os
import signal
import struct
import threading
import time
from collections.abc import Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from types import SimpleNamespace

import pytest

from wordish import workers
from wordish.document import parse
from wordish.model import Began, Event, Machine, Outcome, Target, Transcript
from wordish.runner import Job
from wordish.targets import TARGETS, host

HOST, THROWN = Target(kind="host"), Target(kind="thrown")


@pytest.fixture(autouse=True)
def _a_disposable_target(monkeypatch: pytest.MonkeyPatch) -> None:
    """The host once more, as if it were thrown away: what runs there may run side by side."""
    monkeypatch.setitem(TARGETS, "thrown", SimpleNamespace(DISPOSABLE=True, reach=host.reach))


def job(path: str, *commands: str, target: Target = THROWN) -> Job:
    text = "".join(f"~$ {command}\n" for command in commands)
    return Job(document=parse(text, path=f"{path}.console"), target=target)


def run(jobs: Sequence[Job], *, count: int = 2, **how: object) -> tuple[list[Transcript], list[Event]]:
    events: list[Event] = []
    with workers.crew(jobs, workers=count, machines={}, timeout=20) as crew:
        told = workers.run(crew, **{"durations": {}, "tell": events.append, **how})  # type: ignore[arg-type]
        return list(told), events


def outcomes(transcripts: Sequence[Transcript]) -> dict[str, str]:
    return {transcript.document.path.split(".")[0]: str(transcript.outcome) for transcript in transcripts}


def waits_for(other: Path) -> str:
    return f"until [ -e {other} ]; do sleep 0.01; done"


def test_disposable_ones_run_side_by_side(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    jobs = [job("a", f"touch {one}", waits_for(two)), job("b", f"touch {two}", waits_for(one))]
    transcripts, _ = run(jobs)
    assert outcomes(transcripts) == {"a": "passed", "b": "passed"}


def test_the_others_run_one_at_a_time_beside_them(tmp_path: Path) -> None:
    inside, there = tmp_path / "inside", tmp_path / "there"
    alone = f"mkdir {inside} && sleep 0.1 && rmdir {inside}"
    jobs = [job(f"host{n}", alone, waits_for(there), target=HOST) for n in range(3)]
    transcripts, _ = run([*jobs, job("thrown", f"touch {there}")], count=4)
    assert set(outcomes(transcripts).values()) == {"passed"}
    assert len(transcripts) == 4


def test_each_article_has_its_news_in_order() -> None:
    _, events = run([job("a", "true", "true"), job("b", "false")])
    for path, steps in (("a.console", 2), ("b.console", 1)):
        own = [event for event in events if not isinstance(event, Transcript) and event.path == path]  # type: ignore[union-attr]
        assert [type(event).__name__ for event in own] == ["Began", *["Running", "Judged"] * steps]


def test_long_articles_begin_first() -> None:
    jobs = [job("short", "true"), job("long", "sleep 0.5"), job("new", "sleep 0.5", *["true"] * 9)]
    _, events = run(jobs, count=2, durations={os.path.realpath("long.console"): 9.0})
    began = [event.path for event in events if isinstance(event, Began)]
    assert began.index("short.console") == 2


def test_those_that_take_about_as_long_begin_in_their_order() -> None:
    """Nothing of one that ended early is held back until those before it have ended."""
    jobs = [job(name, "true") for name in "abcd"]
    took = {os.path.realpath(f"{name}.console"): 0.1 * number for number, name in enumerate("abcd")}
    _, events = run(jobs, count=1, durations=took)
    assert [event.path[0] for event in events if isinstance(event, Began)] == list("abcd")


def test_a_worker_that_dies_takes_its_article_alone() -> None:
    kill = "kill -9 $(ps -o ppid= -p $$)"
    transcripts, _ = run([job("bad", kill), *(job(f"good{n}", "sleep 0.1") for n in range(4))])
    assert outcomes(transcripts) == {"bad": "error"} | {f"good{n}": "passed" for n in range(4)}
    (bad,) = (told for told in transcripts if told.outcome is Outcome.ERROR)
    assert "has died, with status -9" in bad.error


def _dies_speaking(connection: Connection) -> None:
    os.write(connection.fileno(), struct.pack("!i", 1000) + b"not so many bytes")
    os._exit(7)


def test_a_worker_that_dies_in_the_middle_of_its_news_has_died() -> None:
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe()
    process = context.Process(target=_dies_speaking, args=(theirs,))
    process.start()
    theirs.close()
    worker = workers._Worker(process, ours)
    worker.job = job("bad", "true")
    told = worker.news()
    assert isinstance(told, Transcript)
    assert (told.error, worker.died) == ("the process that checked it has died, with status 7", True)


def test_when_all_have_died_the_rest_is_checked_here() -> None:
    kill = "kill -9 $(ps -o ppid= -p $$)"
    transcripts, _ = run([job("bad1", kill, "true"), job("bad2", kill, "true"), job("good", "true")])
    assert outcomes(transcripts) == {"bad1": "error", "bad2": "error", "good": "passed"}


def test_a_fault_of_ours_is_not_swallowed(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setitem(TARGETS, "thrown", SimpleNamespace(DISPOSABLE=True, reach=broken))
    with pytest.raises(RuntimeError, match="ZeroDivisionError"):
        run([job("a", "true"), job("b", "true")])


def test_the_first_that_is_wrong_ends_the_run() -> None:
    jobs = [job("wrong", "true", "false"), *(job(f"later{n}", "sleep 0.3") for n in range(5))]
    transcripts, _ = run(jobs, exit_first=True)
    assert outcomes(transcripts)["wrong"] == "failed"
    assert len(transcripts) < 4


def test_an_interruption_reaches_all_at_work_and_cleans_up(tmp_path: Path) -> None:
    def article(name: str) -> Job:
        here = tmp_path / name
        return job(name, f"touch {here}", "sleep 60", f"rm {here}  # wordish: cleanup")

    jobs = [article("a"), article("b"), article("c")]

    def press() -> None:
        while len(list(tmp_path.iterdir())) < 2:
            time.sleep(0.01)
        os.kill(os.getpid(), signal.SIGINT)

    finger = threading.Thread(target=press)
    finger.start()
    transcripts, _ = run(jobs)
    finger.join()
    assert [transcript.interrupted for transcript in transcripts] == [True, True]
    assert list(tmp_path.iterdir()) == []


def test_who_hears_us_may_leave() -> None:
    def leave(_: Event) -> None:
        raise KeyboardInterrupt

    transcripts, _ = run([job("a", "sleep 60"), job("b", "sleep 60")], tell=leave)
    assert all(transcript.interrupted for transcript in transcripts)


def test_nothing_of_it_is_left() -> None:
    def children() -> set[str]:
        return set(Path(f"/proc/self/task/{threading.get_native_id()}/children").read_text().split())

    before = children()
    run([job("a", "true"), job("b", "true")])
    assert children() == before


@pytest.fixture
def _little_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "_free_memory", lambda: 2000)


@pytest.mark.usefixtures("_little_memory")
def test_no_more_machines_than_fit() -> None:
    machines = {"small": Machine(name="small", memory=700), "big": Machine(name="big", memory=4000)}
    jobs = [
        Job(document=parse("~# ls\n", path=name), target=Target(kind="vm", machine=name.rstrip("0123")))
        for name in ("big", "small1", "small2", "small3")
    ]
    line = workers._Line(jobs, machines=machines, durations={})
    first = line.next(())
    assert first is jobs[0], "one that does not fit beside another runs alone"
    assert line.next([first]) is None
    second, third = line.next(()), line.next([jobs[1]])
    assert (second, third) == (jobs[1], jobs[2])
    assert line.next([second, third]) is None


def test_those_that_disturb_nobody_run_side_by_side_on_the_host(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"

    def parallel(path: str, *commands: str) -> Job:
        made = job(path, *commands, target=HOST)
        options = made.document.options._replace(parallel=True)
        return made._replace(document=made.document._replace(options=options))

    jobs = [
        parallel("a", f"touch {one}", waits_for(two)),
        parallel("b", f"touch {two}", waits_for(one)),
        job("alone", "true", target=HOST),
    ]
    transcripts, _ = run(jobs)
    assert set(outcomes(transcripts).values()) == {"passed"}
