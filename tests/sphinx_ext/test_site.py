"""This project's own pages build without a warning, read and written side by side."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT


@pytest.mark.parametrize("builder", ["html", "text"])
def test_the_site_builds_without_a_warning(tmp_path: Path, builder: str) -> None:
    pytest.importorskip("furo")
    command: list[str | Path] = [sys.executable, "-m", "sphinx", "-qW", "-j2", "-b", builder, "-c", ROOT]
    done = subprocess.run([*command, ROOT / "docs", tmp_path], check=False, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert any(tmp_path.glob("howto/lvm-upgrade-safety-net.*"))
