"""Whatever breaks, between any two stages: nothing passes that is wrong, nothing hangs, nothing is left."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests import faults
from tests.faults import BETWEEN, FIRST, LAST, REACHING, STAGES, Fault, Stage, suffered
from tests.test_leftovers import naming
from wordish import cachedir
from wordish.document import parse
from wordish.machine import cache
from wordish.model import Document, Machine, Outcome, Said, Target, Transcript
from wordish.rundir import sweep
from wordish.runner import Job, check

TRUE = """\
~$ sleep 1000 & echo one
one

~$ echo two
two

~$ sleep 0.5; echo three
three

~$ echo cleaned   # cleanup
cleaned
"""
RIGHT = parse(TRUE, path="right.txt")
WRONG = parse(TRUE.replace("\nthree", "\nthird"), path="wrong.txt")
UNTOUCHED = {Outcome.PASSED}
LOST = {Outcome.ERROR}
ENDED = {Outcome.FAILED}  # the shell has ended, and nobody can say that it was not the article's doing
RUNS = (FIRST, BETWEEN, LAST)


def cases(*rows: tuple[Fault, tuple[Stage, ...], set[Outcome]]) -> list[object]:
    return [
        pytest.param(fault, stage, outcomes, id=f"{fault.__name__}-{stage}")
        for fault, stages, outcomes in rows
        for stage in stages
    ]


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "tmp").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    return tmp_path / "tmp"


def fares(
    document: Document,
    kind: str,
    fault: Fault,
    stage: Stage,
    temporary: Path,
    machines: Mapping[str, Machine],
) -> Transcript | None:
    """What it comes to; afterwards the next run works, and nothing is left."""
    target = Target(kind=kind, machine="bookworm" if kind == "vm" else "")
    transcript = suffered(
        document, target=target, machines=machines, fault=fault, stage=stage, temporary=temporary
    )
    sweep()  # as every command does first
    again = check(Job(document=RIGHT, target=target), machines=machines, timeout=20)
    assert (again.outcome, again.error) == (Outcome.PASSED, "")
    assert naming(temporary) == []
    assert list(temporary.iterdir()) == []
    return transcript


ON_THE_HOST = cases(
    (faults.nothing, (REACHING,), UNTOUCHED),
    (faults.kill_shell, (BETWEEN, LAST), ENDED),
    (faults.kill_shell_soon, (LAST,), ENDED),
    (faults.stop_shell, (FIRST,), UNTOUCHED),
    (faults.stop_us, (LAST,), UNTOUCHED),
    (faults.no_descriptors, STAGES, UNTOUCHED | LOST),
    (faults.no_room, (REACHING,), LOST),
    (faults.no_room, RUNS, UNTOUCHED | LOST),
    (faults.no_processes, (REACHING,), LOST),
    (faults.no_processes, RUNS, UNTOUCHED | LOST),
    (faults.no_directory, RUNS, UNTOUCHED | LOST),
)
IN_A_SANDBOX = cases(
    (faults.nothing, (REACHING,), UNTOUCHED),
    (faults.kill_sandbox, RUNS, ENDED | LOST),
    (faults.kill_keeper, RUNS, ENDED | LOST),
    (faults.stop_us, (LAST,), UNTOUCHED),
    (faults.no_descriptors, STAGES, UNTOUCHED | LOST),
    (faults.no_processes, (REACHING,), LOST),
    (faults.close_sockets, RUNS, UNTOUCHED | ENDED | LOST),
)


@pytest.mark.parametrize(("fault", "stage", "outcomes"), ON_THE_HOST)
@pytest.mark.parametrize("document", [RIGHT, WRONG], ids=["right", "wrong"])
def test_on_the_host(
    document: Document, fault: Fault, stage: Stage, outcomes: set[Outcome], temporary: Path
) -> None:
    transcript = fares(document, "host", fault, stage, temporary, {})
    assert transcript
    expected = outcomes if document is RIGHT else {Outcome.FAILED, Outcome.ERROR}
    assert transcript.outcome in expected, (transcript.error, transcript.verdicts)


@pytest.mark.parametrize(("fault", "stage", "outcomes"), IN_A_SANDBOX)
@pytest.mark.parametrize("document", [RIGHT, WRONG], ids=["right", "wrong"])
def test_in_a_sandbox(
    document: Document, fault: Fault, stage: Stage, outcomes: set[Outcome], temporary: Path
) -> None:
    transcript = fares(document, "sandbox", fault, stage, temporary, {})
    assert transcript
    expected = outcomes if document is RIGHT else {Outcome.FAILED, Outcome.ERROR}
    assert transcript.outcome in expected, (transcript.error, transcript.verdicts)


@pytest.fixture
def small_disk(temporary: Path) -> Iterator[Path]:
    """A disk of four mebibytes, which takes root to mount."""
    if os.geteuid():
        pytest.skip("only root mounts a disk")
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "small", temporary], check=True)
    yield temporary
    subprocess.run(["umount", temporary], check=True)


@pytest.mark.parametrize("stage", STAGES, ids=str)
@pytest.mark.parametrize("kind", ["host", "sandbox", pytest.param("vm", marks=pytest.mark.vm)])
@pytest.mark.parametrize("document", [RIGHT, WRONG], ids=["right", "wrong"])
def test_a_disk_that_is_full(
    document: Document, kind: str, stage: Stage, small_disk: Path, machines: Mapping[str, Machine]
) -> None:
    transcript = fares(document, kind, faults.fill_disk, stage, small_disk, machines)
    assert transcript
    right = UNTOUCHED if document is RIGHT else ENDED
    assert transcript.outcome in right | LOST, (transcript.error, transcript.verdicts)


IN_A_MACHINE = cases(
    (faults.kill_machine, (BETWEEN, LAST), LOST),
    (faults.kill_machine_soon, (LAST,), LOST),
    (faults.stop_machine, (BETWEEN,), UNTOUCHED),
    (faults.close_sockets, (FIRST, BETWEEN), LOST),
    (faults.no_descriptors, (REACHING, BETWEEN), UNTOUCHED | LOST),
)


@pytest.mark.vm
@pytest.mark.parametrize(("fault", "stage", "outcomes"), IN_A_MACHINE)
def test_in_a_machine(
    fault: Fault, stage: Stage, outcomes: set[Outcome], temporary: Path, machines: Mapping[str, Machine]
) -> None:
    transcript = fares(RIGHT, "vm", fault, stage, temporary, machines)
    assert transcript
    assert transcript.outcome in outcomes, (transcript.error, transcript.verdicts)


@pytest.mark.vm
def test_a_clock_that_jumps_in_the_machine_is_its_own(machines: Mapping[str, Machine]) -> None:
    text = (
        "~# date --set=2001-01-01 > /dev/null; sleep 0.1; date +%Y\n2001\n\n"
        "~# date --set=2037-01-01 > /dev/null; sleep 0.1; date +%Y\n2037\n\n~$ sleep 0.1\n"
    )
    target = Target(kind="vm", machine="bookworm")
    transcript = check(Job(parse(text, path="clock.txt"), target), machines=machines, timeout=20)
    assert [verdict.reason for verdict in transcript.verdicts] == ["", "", ""]
    assert transcript.elapsed < 1000


@pytest.mark.vm
def test_a_machine_that_dies_while_it_boots_leaves_nothing_and_boots_the_next_time(
    temporary: Path, machines: Mapping[str, Machine], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "images").symlink_to(cachedir.root() / "images")
    monkeypatch.setenv("WORDISH_CACHE_DIR", str(tmp_path / "cache"))
    small = {"bookworm": machines["bookworm"]._replace(memory=256, disk=64)}
    transcript = fares(RIGHT, "vm", faults.kill_machine_that_boots, Stage(Said, 0), temporary, small)
    assert transcript
    assert transcript.outcome is Outcome.ERROR
    assert "QEMU has stopped" in transcript.error or "the machine has stopped" in transcript.error
    assert len(cache.entries("templates")) == 1
