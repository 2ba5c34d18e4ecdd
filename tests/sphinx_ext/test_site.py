"""This project's own pages build without a warning, read and written side by side."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT


def built(builder: str, folder: Path) -> Path:
    """This project's pages, built in a folder without a warning; the folder of what was written."""
    command: list[str | Path] = [sys.executable, "-m", "sphinx", "-qW", "-j2", "-b", builder, "-c", ROOT]
    command += ["-d", folder / "doctrees", ROOT / "docs", folder / builder]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    return folder / builder


@pytest.fixture(scope="module")
def html(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """This project's site."""
    return built("html", tmp_path_factory.mktemp("site"))


@pytest.mark.parametrize(
    ("builder", "written"),
    [("text", "howto/luks-volume.txt"), ("epub", "wordish.epub"), ("latex", "wordish.tex")],
)
def test_the_site_builds_without_a_warning(tmp_path: Path, builder: str, written: str) -> None:
    assert (built(builder, tmp_path) / written).stat().st_size > 1000


def test_each_page_leads_to_its_source_and_to_its_neighbours(html: Path) -> None:
    pages = sorted(page.relative_to(html) for page in html.glob("**/*.html") if "_static" not in page.parts)
    pages = [page for page in pages if page.name not in ("genindex.html", "search.html")]
    assert len(pages) > 20
    for page in pages:
        text = (html / page).read_text(encoding="utf-8")
        leads = re.findall(r'class="(?:next|prev)-page" href="([^"]*)"', text)
        assert len(leads) == (1 if page.stem in ("index", "changelog") and page.parent == Path() else 2), page
        (source,) = set(re.findall(r'href="([^"]*_sources/[^"]*)"', text))
        for target in (*leads, source):
            assert (html / page.parent / target.partition("#")[0]).is_file(), (page, target)


def test_the_page_on_performance_shows_every_goal_and_every_contender_of_the_last_bench(html: Path) -> None:
    page = (html / "explanation/performance.html").read_text(encoding="utf-8")
    cells = {re.sub(r"<[^>]*>", "", cell) for cell in re.findall(r"<td>(.*?)</td>", page)}
    found = json.loads((ROOT / "docs/bench.json").read_text(encoding="utf-8"))
    assert "of the last bench" not in page
    assert found["machine"]["date"] in page
    goals = [goal for row in found["rows"] for goal in row["goals"]]
    missed = [goal for goal in goals if goal["found"] > goal["most"]]
    assert page.count("<p><strong>not met</strong></p></td>") == len(missed)
    assert page.count("<p>met</p></td>") == len(goals) - len(missed)
    for row in found["rows"]:
        for name in row.get("contenders", row.get("figures")):
            assert name in cells, row["name"]


def test_the_manual_page_tells_every_command_and_option(tmp_path: Path) -> None:
    page = built("man", tmp_path) / "wordish.1"
    shown = {"MANWIDTH": "200", "LC_ALL": "C.UTF-8", "PATH": os.environ["PATH"]}
    manual = subprocess.run(["man", "-l", page], env=shown, capture_output=True, text=True, check=True).stdout
    assert re.search(r"^NAME\n +wordish - verify the shell sessions of articles$", manual, re.MULTILINE)
    assert re.search(r"^EXIT STATUS\n +0 +Everything passed", manual, re.MULTILINE)

    def help_of(*command: str) -> str:
        told = [sys.executable, "-m", "wordish", *command, "--help"]
        return subprocess.run(told, capture_output=True, text=True, check=True).stdout

    commands = re.findall(r"^    ([a-z]+)  ", help_of(), re.MULTILINE)
    assert {"check", "update", "doctor"} <= {*commands}
    for command in commands:
        assert re.search(rf"^ +wordish {command}\b", manual, re.MULTILINE)
        options = {*re.findall(r"(?<![\w-])--?[a-z][a-z-]*", help_of(command))} - {"-h", "--help"}
        assert {option for option in options if f" {option}" not in manual} == set()


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
