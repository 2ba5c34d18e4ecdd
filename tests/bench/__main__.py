"""Run the comparisons, print them, and write them down if asked to."""

from __future__ import annotations

import argparse
import datetime
import json
import os
import platform
import tempfile
from pathlib import Path
from typing import Any

from tests.bench.rows import ROWS
from wordish import __version__
from wordish.machine import accelerator, qemu
from wordish.machine.tools import QEMU

VERSION = 2


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("row", nargs="*", metavar="ROW", help=f"default: all of {', '.join(ROWS)}")
    parser.add_argument("--rounds", type=int, default=7, help="how often each contender runs (7)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there, too")
    arguments = parser.parse_args()
    if unknown := sorted(set(arguments.row) - set(ROWS)):
        parser.error(f"no such row: {', '.join(unknown)}")
    here = machine()
    print(", ".join(f"{name} {value}" for name, value in here.items()))
    rows = [result for name in arguments.row or ROWS for result in found(name, arguments.rounds)]
    if arguments.json:
        figures = {"version": VERSION, "machine": here, "rows": rows}
        arguments.json.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


def found(name: str, rounds: int) -> list[dict[str, Any]]:
    """What a row has found, after it was printed."""
    values = []
    with tempfile.TemporaryDirectory(prefix="wordish-bench-") as folder:
        for result in ROWS[name](Path(folder), rounds):
            print("", *result.rows(), sep="\n", flush=True)
            values.append({"row": name, **result.values()})
    return values


def machine() -> dict[str, Any]:
    """What the figures were found on."""
    told = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    models = (line.partition(":")[2].strip() for line in told.splitlines() if line.startswith("model name"))
    accel, _ = accelerator.choose(QEMU.program, qemu.version())
    return {
        "date": datetime.datetime.now(tz=datetime.UTC).date().isoformat(),
        "wordish": __version__,
        "processor": next(models, platform.machine()),
        "processors": len(os.sched_getaffinity(0)),
        "memory": os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"),
        "kernel": platform.release().partition("-")[0],
        "python": platform.python_version(),
        "qemu": qemu.version(),
        "accelerator": {"kvm": "KVM", "tcg": "emulation"}[accel],
    }


main()
