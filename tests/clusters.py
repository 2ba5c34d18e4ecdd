"""A dask cluster of this machine: a scheduler and workers, processes of ours that end with the block."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import IO, NamedTuple


class Cluster(NamedTuple):
    """Where its scheduler is, and the processes: the scheduler's, and those of the workers."""

    address: str
    scheduler: subprocess.Popen[bytes]
    workers: list[subprocess.Popen[bytes]]


@contextmanager
def cluster(folder: Path, *, workers: int = 2) -> Iterator[Cluster]:
    """Start one whose files are in ``folder``; every worker does one article at a time, and stays dead."""
    file = folder / "scheduler.json"
    own = {"WORDISH_CACHE_DIR": str(folder / "cache"), "DASK_TEMPORARY_DIRECTORY": str(folder)}
    env = {**os.environ, **own}
    with ExitStack() as stack:
        log = stack.enter_context((folder / "log").open("wb"))

        def start(module: str, *words: str) -> subprocess.Popen[bytes]:
            command = [
                sys.executable,
                "-m",
                f"distributed.cli.{module}",
                "--scheduler-file",
                str(file),
                *words,
            ]
            return stack.enter_context(_started([*command, "--no-dashboard"], log, env))

        scheduler = start("dask_scheduler", "--host", "127.0.0.1", "--port", "0")
        address = json.loads(_written(file, scheduler))["address"]
        alike = ("--nthreads", "1", "--no-nanny")
        yield Cluster(address, scheduler, [start("dask_worker", *alike) for _ in range(workers)])


def busy_with(found: Cluster, name: str) -> subprocess.Popen[bytes]:
    """The worker that is at something whose command has this word in it, when one is."""
    while True:
        for worker in found.workers:
            if worker.poll() is None and any(name in command for command in _below(worker.pid)):
                return worker
        time.sleep(0.02)


def _below(pid: int) -> Iterator[str]:
    """The command lines of all that a process started, at any depth."""
    try:
        tasks = [*Path(f"/proc/{pid}/task").iterdir()]
        children = [int(each) for task in tasks for each in (task / "children").read_text().split()]
    except OSError:
        return
    for child in children:
        try:
            yield Path(f"/proc/{child}/cmdline").read_text().replace("\0", " ")
        except OSError:
            continue
        yield from _below(child)


def _written(file: Path, process: subprocess.Popen[bytes]) -> str:
    """The text of a file that a process writes, when it is whole."""
    while process.poll() is None:
        with suppress(FileNotFoundError, ValueError):
            text = file.read_text()
            json.loads(text)
            return text
        time.sleep(0.05)
    raise AssertionError(f"{process.args!r} ended with status {process.returncode}")


@contextmanager
def _started(command: list[str], log: IO[bytes], env: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=env, start_new_session=True
    )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
