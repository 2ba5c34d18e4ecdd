"""Articles on a dask cluster: a real scheduler and real workers of this machine."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import distributed
import pytest

from tests.clusters import Cluster, busy_with, cluster
from tests.reporters import as_json
from wordish import cluster as dask
from wordish import runner
from wordish.cli import main
from wordish.document import parse
from wordish.errors import MachineError, UsageError
from wordish.limits import Limits
from wordish.model import Began, Event, Judged, Said, Target, Transcript
from wordish.runner import Job

HOST, SANDBOX = Target(kind="host"), Target(kind="sandbox")


@pytest.fixture(scope="module")
def steady(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A cluster that nobody hurts."""
    with cluster(tmp_path_factory.mktemp("steady")) as found:
        yield found


@pytest.fixture
def frail(tmp_path: Path) -> Iterator[Cluster]:
    """A cluster of the test's own."""
    folder = tmp_path / "frail"
    folder.mkdir()
    with cluster(folder) as found:
        yield found


def job(path: str, *commands: str, target: Target = HOST, parallel: bool = True) -> Job:
    text = "".join(f"~$ {command}\n" for command in commands)
    document = parse(text, path=f"{path}.console")
    return Job(
        document=document._replace(options=document.options._replace(parallel=parallel)), target=target
    )


def run(found: Cluster, jobs: Sequence[Job], **how: Any) -> tuple[dict[str, Transcript], list[Event]]:
    events: list[Event] = []
    how = {"durations": {}, "tell": events.append, "machines": {}, "timeout": 60, **how}
    with dask.connected(found.address) as client:
        told = list(dask.run(jobs, client=client, **how))
    return {transcript.document.path.split(".")[0]: transcript for transcript in told}, events


def outcomes(found: dict[str, Transcript]) -> dict[str, str]:
    return {name: str(transcript.outcome) for name, transcript in found.items()}


def until(so: Callable[[], object]) -> None:
    while not so():
        time.sleep(0.02)


def events_left(found: Cluster) -> list[str]:
    """Names of the events that are on the scheduler."""
    with distributed.Client(found.address, set_as_default=False) as client:
        return list(
            client.run_on_scheduler(lambda dask_scheduler: [*dask_scheduler.extensions["events"]._events])
        )


def test_what_is_found_there_is_what_is_found_here(steady: Cluster) -> None:
    jobs = [
        job("good", "echo one\none", "x=2; echo é", "echo $x\n2"),
        job("bad", "echo red fox\nred dog", "true"),
        job("gone", "exit 3", "true"),
        job("slow", "sleep 60  # wordish: timeout=0.3"),
    ]
    there, _ = run(steady, jobs)
    here = [runner.check(each, machines={}, timeout=60) for each in jobs]

    def told(transcripts: Sequence[Transcript]) -> list[Any]:
        values = as_json(transcripts, elapsed=0)["documents"]
        for document in values:
            del document["started"], document["elapsed"]
            for step in document["steps"]:
                del step["elapsed"]
        return list(values)

    assert told([there[name] for name in ("good", "bad", "gone", "slow")]) == told(here)


def test_each_article_has_its_news_in_order(steady: Cluster) -> None:
    _, events = run(steady, [job("a", "true", "true"), job("b", "false", "true")])
    for name, steps in (("a", 2), ("b", 1)):
        own = [event for event in events if isinstance(event, Began | Judged) and event.path.startswith(name)]
        assert [type(event).__name__ for event in own] == ["Began", *["Judged"] * steps]
    assert sum(isinstance(event, Transcript) for event in events) == 2


def test_they_run_side_by_side(steady: Cluster, tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    jobs = [
        job("a", f"touch {one}; until [ -e {two} ]; do sleep 0.01; done"),
        job("b", f"touch {two}; until [ -e {one} ]; do sleep 0.01; done"),
    ]
    assert outcomes(run(steady, jobs)[0]) == {"a": "passed", "b": "passed"}


def test_those_that_share_a_machine_run_one_at_a_time(steady: Cluster, tmp_path: Path) -> None:
    alone = f"mkdir {tmp_path}/in && sleep 0.2 && rmdir {tmp_path}/in"
    jobs = [job(f"host{number}", alone, parallel=False) for number in range(4)]
    assert {*outcomes(run(steady, jobs)[0]).values()} == {"passed"}


def test_a_process_that_dies_takes_its_article_alone(steady: Cluster) -> None:
    jobs = [job("bad", "kill -9 $(ps -o ppid= -p $$)"), *(job(f"good{n}", "sleep 0.1") for n in range(4))]
    found, _ = run(steady, jobs)
    assert outcomes(found) == {"bad": "error"} | {f"good{n}": "passed" for n in range(4)}
    assert found["bad"].error == "the process that checked it has died, with status -9"


def test_the_first_that_is_wrong_ends_the_run(steady: Cluster) -> None:
    jobs = [job("wrong", "false"), *(job(f"later{number}", "sleep 0.3") for number in range(8))]
    found, _ = run(steady, jobs, exit_first=True, durations={os.path.realpath("wrong.console"): 9.0})
    assert outcomes(found)["wrong"] == "failed"
    assert len(found) < 5
    until(lambda: not events_left(steady))


def test_the_runs_time_is_over_there_too(steady: Cluster) -> None:
    jobs = [job("slow", "sleep 30"), job("quick", "true")]
    found, _ = run(steady, jobs, limits=Limits(run=2).begun())
    assert found["slow"].verdicts[0].reason == "the run's time is over: 2 s"
    assert outcomes(found)["slow"] == "error"


def test_another_wordish_there_is_refused(steady: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dask, "__version__", "0.0")
    with pytest.raises(MachineError, match=r"refuses: it has wordish .*, not 0\.0: install the same"):
        run(steady, [job("a", "true")])


# A worker that dies.


def test_what_is_thrown_away_begins_once_more(frail: Cluster, tmp_path: Path) -> None:
    found: dict[str, Transcript] = {}
    events: list[Event] = []
    with dask.connected(frail.address) as client:
        how: dict[str, Any] = {"durations": {}, "tell": events.append, "machines": {}, "timeout": 60}
        jobs = [job("long", "sleep 5.125", "echo end\nend", target=SANDBOX), job("short", "sleep 0.1")]
        murder = _at_once(lambda: busy_with(frail, "sleep 5.125").kill())
        for transcript in dask.run(jobs, client=client, **how):
            found[transcript.document.path.split(".")[0]] = transcript
        murder.join()
    assert outcomes(found) == {"short": "passed", "long": "passed"}
    (said,) = [event.text for event in events if isinstance(event, Said)]
    assert said == "long.console: the dask worker that checked it has died, it begins once more"


def test_what_is_not_is_never_run_twice(frail: Cluster, tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    deadly = f"echo begun >> {runs}; kill -9 $(ps -o ppid= -p $(ps -o ppid= -p $$)); sleep 60"
    found, _ = run(frail, [job("deadly", deadly), *(job(f"good{n}", "sleep 0.1") for n in range(3))])
    assert outcomes(found) == {"deadly": "error"} | {f"good{n}": "passed" for n in range(3)}
    assert found["deadly"].error == "the dask worker that checked it has died"
    assert runs.read_text() == "begun\n"


def test_without_any_worker_it_ends(frail: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dask, "DESERTED", 1.0)
    for worker in frail.workers:
        worker.kill()
        worker.wait()
    found, _ = run(frail, [job("a", "true"), job("b", "true")])
    assert {transcript.error for transcript in found.values()} == {"the dask cluster has no worker"}


def test_without_the_scheduler_it_ends(frail: Cluster, tmp_path: Path) -> None:
    jobs = [job("a", f"touch {tmp_path}/begun; sleep 60"), job("b", "sleep 60")]
    told = []
    with dask.connected(frail.address) as client:
        how: dict[str, Any] = {"durations": {}, "machines": {}, "timeout": 60}
        end = _when(lambda: (tmp_path / "begun").exists(), frail.scheduler.kill)
        told = list(dask.run(jobs, client=client, **how))
        end.join()
    assert {transcript.error for transcript in told} == {"the dask scheduler has gone"}
    assert len(told) == 2


def _when(so: Callable[[], bool], then: Callable[[], None]) -> threading.Thread:
    def watch() -> None:
        until(so)
        then()

    return _at_once(watch)


def _at_once(do: Callable[[], None]) -> threading.Thread:
    thread = threading.Thread(target=do, daemon=True)
    thread.start()
    return thread


# From the command line.


def wordish(*words: str, cwd: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "wordish", *words],
        cwd=cwd,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def articles(folder: Path, count: int) -> list[str]:
    for number in range(count):
        text = f"~$ touch {folder}/in-{number}; sleep 60\n~$ rm {folder}/in-{number}   # wordish: cleanup\n"
        (folder / f"a{number}.console").write_text(text)
    (folder / "pyproject.toml").write_text("[tool.wordish.options]\nparallel = true\n")
    return [f"a{number}.console" for number in range(count)]


def test_an_interruption_reaches_all_and_cleans_up(steady: Cluster, tmp_path: Path) -> None:
    process = wordish("check", "--dask", steady.address, *articles(tmp_path, 4), cwd=tmp_path)
    until(lambda: len([*tmp_path.glob("in-*")]) == 2)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert [*tmp_path.glob("in-*")] == []
    assert "2 interrupted" in out
    assert "2 articles never begun" in out
    assert err == ""
    until(lambda: not events_left(steady))


def test_when_wordish_is_killed_the_articles_end(steady: Cluster, tmp_path: Path) -> None:
    process = wordish("check", "--dask", steady.address, *articles(tmp_path, 4), cwd=tmp_path)
    until(lambda: len([*tmp_path.glob("in-*")]) == 2)
    process.kill()
    process.communicate()
    until(lambda: not [*tmp_path.glob("in-*")])
    assert outcomes(run(steady, [job("after", "true")])[0]) == {"after": "passed"}


def test_the_report_keeps_the_order(steady: Cluster, tmp_path: Path) -> None:
    for number, seconds in enumerate((0.6, 0.3, 0)):
        (tmp_path / f"a{number}.console").write_text(f"~$ sleep {seconds}\n")
    process = wordish(
        "check", "--dask", steady.address, "a0.console", "a1.console", "a2.console", cwd=tmp_path
    )
    out, err = process.communicate(timeout=60)
    assert [line.split(":")[0] for line in out.splitlines()] == [
        "a0.console",
        "a1.console",
        "a2.console",
        "3 articles",
    ]
    assert (process.returncode, err) == (0, "")


@pytest.mark.parametrize("address", ["no://such", "127.0.0.1", "tcp://127.0.0.1:eight"])
def test_nobody_waits_for_an_answer_from_what_is_no_address(
    monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setattr(distributed, "Client", pytest.fail)
    with pytest.raises(UsageError, match="no address of a scheduler"), dask.connected(address):
        pass


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ["--dask", "tcp://127.0.0.1:1"],
            "--dask tcp://127.0.0.1:1: no scheduler answers there: start one with",
        ),
        (
            ["--dask", "no://such"],
            "--dask no://such: no address of a scheduler: say `--dask tcp://HOST:PORT`",
        ),
        (
            ["--dask", "tcp://127.0.0.1:1", "-j", "2"],
            "the cluster says how many run side by side: leave out -j",
        ),
    ],
)
def test_what_cannot_be(
    words: list[str],
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(dask, "CONNECT", 0.5)
    Path("a.console").write_text("~$ true\n")
    assert main(["check", "a.console", *words]) == 2
    out, err = capfd.readouterr()
    assert out == ""
    assert said in err
    assert err.count("\n") == 1


def test_without_dask(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, "distributed", None)
    Path("a.console").write_text("~$ true\n")
    assert main(["check", "a.console", "--dask", "tcp://x:1"]) == 2
    assert (
        capfd.readouterr().err
        == "--dask tcp://x:1: dask is not installed here: pip install 'wordish[dask]'\n"
    )


def test_an_interruption_waits_for_nothing_that_has_not_begun(steady: Cluster, tmp_path: Path) -> None:
    """Others have the cluster for themselves."""
    names = articles(tmp_path, 2)
    with distributed.Client(steady.address, set_as_default=False) as others:
        until(lambda: len(others.nthreads()) == 2)
        busy = others.map(lambda seconds: time.sleep(seconds), [8.0, 8.1])
        process = wordish("check", "--dask", steady.address, *names, cwd=tmp_path)
        until(lambda: len(others.run_on_scheduler(lambda dask_scheduler: [*dask_scheduler.tasks])) == 4)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
        assert not any(future.done() for future in busy)
        others.gather(busy)
    assert (process.returncode, err) == (130, "")
    assert out.endswith("; 2 articles never begun\n")
    assert [*tmp_path.glob("in-*")] == []
