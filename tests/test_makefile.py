"""A recipe fails when a program in it does."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
@pytest.mark.parametrize("failing", ["", "ruff", "mypy", "lint-imports"])
def test_lint_fails_when_one_of_its_programs_does(tmp_path: Path, failing: str) -> None:
    for name in ("ruff", "mypy", "lint-imports"):
        (tmp_path / name).write_text(
            f"#!/bin/sh\necho told by {name}\necho last line\nexit {name == failing:d}\n"
        )
        (tmp_path / name).chmod(0o755)
    done = subprocess.run(
        ["make", "-o", "setup", "lint", f"BIN={tmp_path}"],
        cwd=ROOT, check=False, capture_output=True, text=True,
    )  # fmt: skip
    assert (done.returncode != 0) == bool(failing), done.stderr
    assert ("told by lint-imports" in done.stdout) == (failing == "lint-imports")
