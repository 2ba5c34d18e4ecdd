"""A command that prints a lot: read, and matched in full or by a gap, beside a bare read of its terminal."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.bench import drain
from tests.bench.timing import Comparison, compare, program

_BIN = Path(sys.executable).parent
_LINE = "line %06d of a long output that goes on and on."  # with its end, 50 bytes


def long(folder: Path, *, rounds: int, lines: int) -> Comparison:
    """So many lines, as whole processes: in the first, the article itself is as long as its output."""
    awk = f'BEGIN {{ for (i = 1; i <= {lines}; i++) printf "{_LINE}\\n", i }}'
    (folder / "long.awk").write_text(awk)
    command = f"awk -f {folder}/long.awk"
    shown = [_LINE % number for number in range(1, lines + 1)]
    for name, output in (("full", shown), ("gap", [shown[0], "...", shown[-1]])):
        text = "\n".join(output)
        (folder / f"{name}.md").write_text(f"# Long\n\n```console\n~$ {command}\n{text}\n```\n")
    return compare(
        f"{lines:,} lines printed by one step ({lines * 50 / 1e6:.0f} MB), the whole process",
        reference="bare read of a terminal",
        rounds=rounds,
        contenders={
            "bare read of a terminal": program(sys.executable, drain.__file__, command, cwd=folder),
            "wordish, ...": program(_BIN / "wordish", "check", "gap.md", cwd=folder),
            "wordish, shown in full": program(_BIN / "wordish", "check", "full.md", cwd=folder),
        },
    )
