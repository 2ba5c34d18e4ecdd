"""Trivial steps on this machine: wordish, its peer and a bare shell."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

from tests.bench import loop
from tests.bench.timing import Comparison, compare, program

_BIN = Path(sys.executable).parent


def trivial_steps(folder: Path, *, rounds: int, steps: int) -> Comparison:
    """So many commands that print one line each, as whole processes."""
    commands = [(f"echo line {number}", f"line {number}") for number in range(steps)]
    files = {
        "steps.sh": _lines(command for command, _ in commands),
        "steps.t": _lines(f"  $ {command}\n  {printed}" for command, printed in commands),
        "steps.sh-session": _lines(f"~$ {command}\n{printed}" for command, printed in commands),
    }
    files["steps.md"] = f"# Steps\n\n```console\n{files['steps.sh-session']}```\n"
    for name, text in files.items():
        (folder / name).write_text(text)
    return compare(
        f"{steps:,} steps of one line on this machine, the whole process",
        reference="cram",
        rounds=rounds,
        contenders={
            "bash script": program("bash", "steps.sh", cwd=folder),
            "bare dialogue with a terminal": program(sys.executable, loop.__file__, "steps.sh", cwd=folder),
            "cram": program(_BIN / "cram", "steps.t", cwd=folder),
            "wordish, transcript": program(_BIN / "wordish", "check", "steps.sh-session", cwd=folder),
            "wordish, Markdown": program(_BIN / "wordish", "check", "steps.md", cwd=folder),
        },
    )


def _lines(lines: Iterable[str]) -> str:
    return "".join(f"{line}\n" for line in lines)
