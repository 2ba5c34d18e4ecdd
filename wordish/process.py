"""This process among others: its standard streams, the signals that end it, and what it says to its user."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress


def open_streams() -> None:
    """Have descriptors 0, 1 and 2 taken, by ``/dev/null`` if need be: else other files would be these."""
    for number, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        try:
            os.fstat(number)
        except OSError:
            opened = os.open(os.devnull, os.O_RDWR)  # the lowest number that is free: this one
            os.set_inheritable(opened, True)
        if getattr(sys, name) is None:
            setattr(sys, name, open(number, mode, encoding="utf-8", errors="backslashreplace", closefd=False))  # noqa: SIM115


def give_up_streams() -> str:
    """Keep the flush at exit from failing again on streams that cannot be written; their names."""
    lost = []
    for name, stream in (("standard output", sys.stdout), ("standard error", sys.stderr)):
        try:
            stream.flush()
        except OSError:
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null, stream.fileno())
            os.close(null)
            lost.append(name)
    return " and ".join(lost)


def say(text: str) -> None:
    """One line for the user, beside the report."""
    from wordish.reporters.style import visible

    sys.stderr.write(f"{visible(text)}\n")
    sys.stderr.flush()


def say_last(text: str) -> None:
    """What ends the command; where it cannot be told, the exit status alone tells."""
    with suppress(OSError):
        say(text)
    give_up_streams()


@contextmanager
def interruptible() -> Iterator[None]:
    """SIGTERM and SIGHUP interrupt as ^C does; who started us with one ignored (nohup) has a reason."""
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)}
    for number, handler in before.items():
        if handler is not signal.SIG_IGN:
            signal.signal(number, _interrupt)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _interrupt(_number: int, _frame: object) -> None:
    raise KeyboardInterrupt
