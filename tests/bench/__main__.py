"""Run the comparisons, print them, and write them down if asked to."""

from __future__ import annotations

import argparse
import json
import os
import platform
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.bench import machines, many, outputs, shells, site
from tests.bench.many import Figures
from tests.bench.timing import Comparison
from wordish import __version__

VERSION = 1


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=7, help="how often each contender runs (7)")
    parser.add_argument("--no-vm", action="store_true", help="leave the throwaway machine out")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there, too")
    arguments = parser.parse_args()
    here = {
        "python": platform.python_version(),
        "kernel": platform.release(),
        "processors": len(os.sched_getaffinity(0)),
        "wordish": __version__,
    }
    print(", ".join(f"{name} {value}" for name, value in here.items()))
    done = []
    for comparison in _comparisons(rounds=arguments.rounds, vm=not arguments.no_vm):
        done.append(comparison)
        print("", *comparison.rows(), sep="\n", flush=True)
    if arguments.json:
        figures = {
            "version": VERSION,
            "here": here,
            "comparisons": [each.values() for each in done if isinstance(each, Comparison)],
            "figures": [each.values() for each in done if isinstance(each, Figures)],
        }
        arguments.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


def _comparisons(*, rounds: int, vm: bool) -> Iterator[Comparison | Figures]:
    with tempfile.TemporaryDirectory(prefix="wordish-bench-") as folder:
        for steps in (1000, 1):
            yield shells.trivial_steps(Path(folder), rounds=rounds, steps=steps)
        yield outputs.long(Path(folder), rounds=rounds, lines=200_000)
        yield site.pages(Path(folder), rounds=max(1, rounds // 2))
        yield many.short(Path(folder), rounds=max(1, rounds // 2))
        yield many.clustered(Path(folder), rounds=max(1, rounds // 2), count=40, command="sleep 0.5")
        yield many.clustered(Path(folder), rounds=max(1, rounds // 2), count=200, command="true")
        yield many.sleeping(Path(folder), rounds=max(1, rounds // 2))
        yield many.memory(Path(folder))
        yield many.recipe()
    if vm:
        yield machines.clones(rounds=rounds)
        with tempfile.TemporaryDirectory(prefix="wordish-bench-") as folder:
            yield machines.articles(Path(folder), rounds=max(1, rounds // 2))
        yield machines.idle()
        yield machines.article(rounds=max(1, rounds // 2))


main()
