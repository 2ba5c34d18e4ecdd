"""Trivial steps on this machine: wordish, its peers and a bare shell."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

from tests.bench import loop
from tests.bench.timing import BIN, PEERS, Comparison, Goal, compare, program


def start(folder: Path, *, rounds: int) -> Comparison:
    """What comes before anything is read."""
    return compare(
        "start-up: nothing is read and nothing is run",
        reference="python",
        rounds=rounds,
        contenders={
            "python": program(sys.executable, "-c", "pass", cwd=folder),
            "cram --version": program(PEERS / "cram", "--version", cwd=folder),
            "wordish --version": program(BIN / "wordish", "--version", cwd=folder),
            "wordish --help": program(BIN / "wordish", "--help", cwd=folder),
        },
    )


def trivial_steps(folder: Path, *, rounds: int, steps: int) -> Comparison:
    """So many commands that print one line each, as whole processes."""
    commands = [(f"echo line {number}", f"line {number}") for number in range(steps)]
    files = {
        "steps.sh": _lines(command for command, _ in commands),
        "steps.t": _lines(f"  $ {command}\n  {printed}" for command, printed in commands),
        "steps.sh-session": _lines(f"~$ {command}\n{printed}" for command, printed in commands),
        "byexample.md": "".join(f"```shell\n$ {typed}\n{shown}\n```\n\n" for typed, shown in commands),
    }
    files["steps.md"] = f"# Steps\n\n```console\n{files['steps.sh-session']}```\n"
    for name, text in files.items():
        (folder / name).write_text(text)
    what = "one step" if steps == 1 else f"{steps:,} steps"
    return compare(
        f"{what} of one line on this machine, the whole process",
        reference="cram",
        rounds=rounds,
        contenders={
            "bash script": program("bash", "steps.sh", cwd=folder),
            "bare dialogue with a terminal": program(sys.executable, loop.__file__, "steps.sh", cwd=folder),
            "cram": program(PEERS / "cram", "steps.t", cwd=folder),
            "prysk": program(PEERS / "prysk", "steps.t", cwd=folder),
            "byexample": program(PEERS / "byexample", "-q", "-l", "shell", "byexample.md", cwd=folder),
            "wordish, transcript": program(BIN / "wordish", "check", "steps.sh-session", cwd=folder),
            "wordish, Markdown": program(BIN / "wordish", "check", "steps.md", cwd=folder),
        },
        goals=[Goal("wordish, Markdown", 1.0)],
    )


def _lines(lines: Iterable[str]) -> str:
    return "".join(f"{line}\n" for line in lines)
