"""Articles that pass, run again and again while everything else on the machine is busy.

An article that fails once in fifty runs is worse than one that fails always: nobody believes it any
more. ``make stress`` runs what the tests run once, many times, beside others that take the processors,
the disk and the process table for themselves.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from tests import hostile
from tests.playing import players
from wordish import config
from wordish.arguments import parse
from wordish.intake import jobs
from wordish.model import Document, Outcome, Target, Transcript

ROOT = Path(__file__).parent.parent

# What each processor has to do besides: compute, write to the disk and wait for it, start processes.
BURDENS = (
    "while :; do :; done",
    "while :; do dd if=/dev/zero of=$TMPDIR/$$ bs=1M count=8 conv=fsync 2> /dev/null; done",
    "while :; do /bin/true; done",
)


_TOLD = 2000  # characters of what was wrong: some articles print megabytes


class Trial(NamedTuple):
    """An article, where it runs, and what is not as it should be in what a run of it found."""

    document: Document
    target: Target
    wrong: Callable[[Transcript], Sequence[str]]


@contextmanager
def load(processors: int | None = None) -> Iterator[None]:
    """Keep that many processors busy (all, unless told) for the length of the block."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        for burden in BURDENS * (processors or os.cpu_count() or 1):
            command = ["setpriv", "--pdeathsig", "KILL", "bash", "-c", burden]  # they end with us, however
            process = stack.enter_context(
                subprocess.Popen(
                    command,
                    env={**os.environ, "TMPDIR": folder},
                    stdout=subprocess.PIPE,
                    start_new_session=True,
                )
            )
            assert process.stdout is not None
            stack.callback(process.stdout.read)  # until the last of them has ended
            stack.callback(os.killpg, process.pid, signal.SIGKILL)
        yield


def trials(*, machines: bool) -> list[Trial]:
    """The hostile articles and those of the site which run on this machine; or those in a machine."""
    target = Target(kind="vm", machine="bookworm") if machines else Target(kind="host")
    found = [
        Trial(each.document, target, each.wrong)
        for each in hostile.articles()
        if (each.machine if machines else each.here) and each.kind != "machine"
    ]
    arguments = parse(["check"])
    planned = jobs(arguments, config.load(directory=ROOT)) or []
    return found + [
        Trial(job.document, job.target, _not_passed)
        for job in planned
        if (job.target.kind == "vm") == machines
    ]


def _not_passed(transcript: Transcript) -> list[str]:
    return [
        f"{transcript.document.path}:{verdict.step.line}: {verdict.outcome}: {verdict.reason}\n{verdict.diff}"
        for verdict in transcript.verdicts
        if verdict.outcome not in (Outcome.PASSED, Outcome.SKIPPED)
    ] or [transcript.error] * bool(transcript.error)


def tried(chosen: Sequence[Trial], *, temporary: Path) -> Iterator[tuple[Trial, Sequence[str]]]:
    """Run each of them once, several at a time: what was wrong with it."""
    with ExitStack() as stack:
        play = {
            target: stack.enter_context(players(target, temporary=temporary))
            for target in {trial.target for trial in chosen}
        }
        pending = [(trial, play[trial.target](trial.document)) for trial in chosen]
        for trial, wait in pending:
            yield trial, trial.wrong(wait())


def main(argv: Sequence[str] | None = None) -> int:
    """Run all of them that often, and tell of each run that is not as it should be."""
    parser = argparse.ArgumentParser(prog="python -m tests.stress", description=main.__doc__)
    parser.add_argument("--runs", type=int, default=50, metavar="N", help="how often (default: 50)")
    parser.add_argument("--machines", action="store_true", help="those that run in throwaway machines")
    parser.add_argument("names", nargs="*", metavar="NAME", help="only articles with this in their paths")
    arguments = parser.parse_args(argv)
    chosen = [
        trial
        for trial in trials(machines=arguments.machines)
        if not arguments.names or any(name in trial.document.path for name in arguments.names)
    ]
    false: Counter[str] = Counter()
    number = 0
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder,
        suppress(KeyboardInterrupt),
        load(),
    ):
        for number in range(1, arguments.runs + 1):
            begun = time.monotonic()
            for trial, wrong in tried(chosen, temporary=Path(folder)):
                if wrong:
                    false[trial.document.path] += 1
                    print(f"run {number}:", *(text[:_TOLD] for text in wrong), sep="\n", flush=True)
            took = time.monotonic() - begun
            print(f"run {number}: {len(chosen)} articles in {took:.0f} s, {false.total()} false", flush=True)
    for path, count in false.most_common():
        print(f"{path}: {count} of {number} runs")
    return 1 if false else 0


if __name__ == "__main__":
    sys.exit(main())
