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


ARTICLE = """\
Howtos
======

::

   ~$ echo hello
   hello

.. verified::
"""


def test_a_project_of_quickstart_needs_one_line_in_its_configuration(tmp_path: Path) -> None:
    def run(*command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", *command], cwd=tmp_path, check=False, capture_output=True, text=True
        )

    made = run("sphinx.cmd.quickstart", "-q", "-p", "Howtos", "-a", "us", "-r", "1", "-l", "en", "--sep")
    assert made.returncode == 0, made.stderr
    with (tmp_path / "source/conf.py").open("a", encoding="utf-8") as conf:
        conf.write('extensions = ["wordish.sphinx_ext"]\n')
    (tmp_path / "source/index.rst").write_text(ARTICLE, encoding="utf-8")
    built = run("sphinx", "-W", "source", "build/html")
    assert built.returncode == 0, built.stderr
    assert "never verified" in (tmp_path / "build/html/index.html").read_text(encoding="utf-8")
    assert run("sphinx", "-b", "wordish", "source", "build/wordish").returncode == 0
    (tmp_path / "source/index.rst").write_text(ARTICLE.replace("   hello", "   hallo"), encoding="utf-8")
    failed = run("sphinx", "-b", "wordish", "source", "build/wordish")
    assert failed.returncode == 1
    assert "index.rst:6: " in failed.stderr
