"""What a dask worker takes on at once. That it does it is told by the tests of the cluster."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from wordish import errands, workers
from wordish.document import parse
from wordish.model import Target
from wordish.runner import Job


@pytest.fixture(autouse=True)
def _little_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "_free_memory", lambda: 2000 + workers._SPARE)


@pytest.fixture
def held() -> Iterator[None]:
    """A machine that takes most of it."""
    with errands._fitting(1500, unwanted=lambda: False) as fits:
        assert fits
        yield


def entered(memory: int, moments: list[str]) -> threading.Thread:
    def work() -> None:
        with errands._fitting(memory, unwanted=lambda: False):
            moments.append("in")

    thread = threading.Thread(target=work)
    thread.start()
    return thread


def test_one_machine_fits_whatever_its_size() -> None:
    with errands._fitting(9000, unwanted=lambda: False) as fits:
        assert fits
    assert errands._Memory.taken == 0


@pytest.mark.usefixtures("held")
def test_what_fits_beside_it_begins_at_once() -> None:
    for memory in (500, 0):
        with errands._fitting(memory, unwanted=lambda: False) as fits:
            assert fits


def test_what_does_not_waits_for_its_turn() -> None:
    moments: list[str] = []
    with errands._fitting(1500, unwanted=lambda: False):
        thread = entered(501, moments)
        time.sleep(0.2)
        moments.append("out")
    thread.join()
    assert moments == ["out", "in"]
    assert errands._Memory.taken == 0


@pytest.mark.usefixtures("held")
def test_what_is_wanted_no_more_waits_no_longer() -> None:
    with errands._fitting(501, unwanted=lambda: True) as fits:
        assert not fits
    assert errands._Memory.taken == 1500


SPEAKER = """\
#!{python}
import os, sys
from multiprocessing.connection import Connection
connection = Connection(int(sys.argv[3]))
connection.recv_bytes()
os.write(connection.fileno(), (1000).to_bytes(4, "big") + b"not so many bytes")
os._exit(7)
"""


def test_a_process_that_dies_in_the_middle_of_a_word_has_died(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    speaker = tmp_path / "speaker"
    speaker.write_text(SPEAKER.format(python=sys.executable))
    speaker.chmod(0o755)
    monkeypatch.setattr("sys.executable", str(speaker))
    job = Job(document=parse("~$ true\n", path="bad.console"), target=Target(kind="host"))
    found = errands._checked(job, {}, unwanted=lambda: False)
    assert found.transcript.error == "the process that checked it has died, with status 7"
