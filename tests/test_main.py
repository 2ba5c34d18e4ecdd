"""How the program ends: at once, and with nothing lost."""

from __future__ import annotations

import os
import pstats
import subprocess
import sys
from pathlib import Path

import pytest


def ends(before: str, *words: str) -> tuple[int, list[str]]:
    """The exit status and the lines of the program, when ``before`` was run before it."""
    program = f"import sys; sys.argv[1:] = {words!r}\n{before}\nfrom wordish.__main__ import run\nrun()"
    done = subprocess.run(
        [sys.executable, "-c", program],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        env={name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"},
    )
    return done.returncode, done.stdout.splitlines()


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (["--version"], 0),
        (["--help"], 0),
        (["chek"], 2),
        (["check", "--no-such"], 2),
        (["check", "none.md"], 2),
    ],
)
def test_the_status_is_that_of_the_command(words: list[str], status: int) -> None:
    found, told = ends("", *words)
    assert found == status
    assert told


def test_a_profiler_has_the_last_word(tmp_path: Path) -> None:
    words = ["-m", "cProfile", "-o", str(tmp_path / "profile"), "-m", "wordish", "--version"]
    assert subprocess.run([sys.executable, *words], stdout=subprocess.DEVNULL, check=False).returncode == 0
    assert pstats.Stats(str(tmp_path / "profile")).get_stats_profile().total_tt > 0


def test_nothing_is_taken_apart_after_the_last_word() -> None:
    taken_apart = "class Late:\n    def __del__(self): print('late')\nlate = Late()"
    assert "late" not in ends(taken_apart, "--version")[1]


@pytest.mark.parametrize(
    "before",
    [
        "import atexit; atexit.register(print, 'bye')",
        "import threading, time; threading.Thread(target=lambda: time.sleep(0.5) or print('bye')).start()",
    ],
    ids=["what is registered for the end", "who is still at work"],
)
def test_what_is_not_done_yet_is_done(before: str) -> None:
    status, told = ends(before, "--version")
    assert status == 0
    assert any("bye" in line for line in told)
