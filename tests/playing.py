"""Articles replayed for real, several at a time: most of a hostile article's time is spent waiting."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from wordish import config, runner
from wordish.model import Document, Target, Transcript

_PROCESSES = 4
_HANGS = 120.0  # seconds after which an article has hung, on a machine that is busy

Answer = Callable[[], Transcript]
"""Waits for what a replay has found. Raises `multiprocessing.TimeoutError` when it hangs."""

Play = Callable[[Document], Answer]


@contextmanager
def players(target: Target, *, temporary: Path, processes: int = _PROCESSES) -> Iterator[Play]:
    """Give a function that has a document replayed, once, in this target.

    Processes that hang are ended with the block. Run directories are made in ``temporary``.
    """
    # A process of its own for each, started afresh: what an article leaves behind goes to its parent.
    pool = multiprocessing.get_context("spawn").Pool(processes, _begin, (str(temporary),))

    begun: dict[tuple[str, str], Answer] = {}

    def play(document: Document) -> Answer:
        key = document.path, document.text
        if key not in begun:
            pending = pool.apply_async(_play, (document, target))
            begun[key] = lambda: pending.get(_HANGS)
        return begun[key]

    try:
        yield play
        pool.close()
    finally:
        pool.terminate()
        pool.join()


def _begin(temporary: str) -> None:
    os.environ["TMPDIR"] = temporary
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # ^C is for the process that reports


def _play(document: Document, target: Target) -> Transcript:
    said = config.load(directory=Path(__file__).parent.parent)
    job = runner.Job(document=document, target=target)
    return runner.check(job, machines=said.machines, timeout=said.timeout)
