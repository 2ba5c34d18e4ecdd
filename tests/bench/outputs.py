"""A command that prints a lot: read, and matched in full or by a gap, beside a bare read of its terminal."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from tests.bench import drain
from tests.bench.timing import BIN, Comparison, Figures, Goal, compare, most, program

LINES = 200_000
_LINE = "line %06d of a long output that goes on and on."  # with its end, 50 bytes
_SIZE = LINES * 50 / 1e6  # megabytes
_WRONG = "what nothing prints"
_FULL, _GAP = "wordish, shown in full", "wordish, ..."


def long(folder: Path, *, rounds: int) -> Iterator[Comparison | Figures]:
    """So many lines, as whole processes: in the first, the article itself is as long as its output."""
    command = _articles(folder)
    contenders = {
        "bare read of a terminal": program(sys.executable, drain.__file__, command, cwd=folder),
        _GAP: program(BIN / "wordish", "check", "gap.md", cwd=folder),
        _FULL: program(BIN / "wordish", "check", "full.md", cwd=folder),
    }
    yield compare(
        f"{LINES:,} lines printed by one step ({_SIZE:.0f} MB), the whole process",
        reference="bare read of a terminal",
        rounds=rounds,
        contenders=contenders,
        goals=[Goal(_GAP, 1.5), Goal(_FULL, 1.5)],
    )
    least = most(BIN / "wordish", "check", "echo.md", cwd=folder)
    yield Figures(
        f"memory of wordish itself, while a step prints {_SIZE:.0f} MB",
        "MB",
        {
            "a check of one echo": least,
            f"{_GAP}, more than that": most(BIN / "wordish", "check", "gap.md", cwd=folder) - least,
            f"{_FULL}, more than that": most(BIN / "wordish", "check", "full.md", cwd=folder) - least,
        },
        [Goal(f"{name}, more than that", 4 * _SIZE, "MB") for name in (_GAP, _FULL)],
    )


def wrong(folder: Path, *, rounds: int) -> Comparison:
    """One of so many lines is wrong, in the middle: how soon that is told."""
    command = _articles(folder)
    return compare(
        f"one line of {LINES:,} is wrong, until that is told with a diff, the whole process",
        reference="bare read of a terminal",
        rounds=rounds,
        contenders={
            "bare read of a terminal": program(sys.executable, drain.__file__, command, cwd=folder),
            "shown with ...": program(BIN / "wordish", "check", "wrong-gap.md", cwd=folder, status=1),
            "shown in full": program(BIN / "wordish", "check", "wrong-full.md", cwd=folder, status=1),
        },
        goals=[Goal("shown with ...", 1.0, "s"), Goal("shown in full", 1.0, "s")],
    )


def _articles(folder: Path) -> str:
    """Write the articles; the command that prints so much."""
    awk = f'BEGIN {{ for (i = 1; i <= {LINES}; i++) printf "{_LINE}\\n", i }}'
    (folder / "long.awk").write_text(awk)
    command = f"awk -f {folder}/long.awk"
    full = [_LINE % number for number in range(1, LINES + 1)]
    half = LINES // 2
    gap, wrong_gap = [full[0], "...", full[-1]], [full[0], "...", _WRONG, "...", full[-1]]
    for name, typed, output in (
        ("echo", "echo one", ["one"]),
        ("full", command, full),
        ("gap", command, gap),
        ("wrong-full", command, [*full[:half], _WRONG, *full[half + 1 :]]),
        ("wrong-gap", command, wrong_gap),
    ):
        text = "\n".join(output)
        (folder / f"{name}.md").write_text(f"# Long\n\n```console\n~$ {typed}\n{text}\n```\n")
    return command
