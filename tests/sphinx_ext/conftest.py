"""Small projects that Sphinx builds for real."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace, patch_docutils

CONF = """
extensions = ["myst_parser", "wordish.sphinx_ext"]
project = "Howtos"
html_theme = "basic"
exclude_patterns = ["_*", "part*"]
"""


class Built(NamedTuple):
    """What a build left: its status, what it warned of, and where its files are."""

    status: int
    warnings: str
    info: str
    out: Path
    read: tuple[str, ...]
    written: tuple[str, ...]

    def text(self, name: str) -> str:
        return (self.out / name).read_text(encoding="utf-8")


class Project:
    """A folder with a ``conf.py``, articles, and what was built of them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.write("conf.py", CONF)
        self.write("pyproject.toml", "[tool.wordish]\n")

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def build(
        self, builder: str = "html", *, names: list[Path] | None = None, parallel: int = 0, **values: Any
    ) -> Built:
        info, warnings = io.StringIO(), io.StringIO()
        out = self.folder / "_build" / builder
        read: list[str] = []
        with patch_docutils(str(self.folder)), docutils_namespace():
            app = Sphinx(
                self.folder, self.folder, out, self.folder / "_build" / "doctrees", builder,
                confoverrides=values, status=info, warning=warnings, parallel=parallel,
            )  # fmt: skip
            app.connect("env-before-read-docs", lambda _app, _env, docnames: read.extend(docnames))
            app.build(filenames=names or [])
        told = re.sub(r"\x1b\[[0-9;]*m", "", warnings.getvalue()).replace(f"{self.folder}/", "")
        said = re.sub(r"\x1b\[[0-9;]*m", "", info.getvalue())
        wrote = tuple(re.findall(r"writing output\.\.\. \[ *\d+%\] (\S+)", said))
        return Built(
            status=app.statuscode, warnings=told, info=said, out=out, read=tuple(read), written=wrote
        )


Start = Callable[[Mapping[str, str]], Project]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Start:
    """Make a project of these files."""

    def start(files: Mapping[str, str]) -> Project:
        made = Project(tmp_path / "project")
        for name, text in files.items():
            made.write(name, text)
        monkeypatch.chdir(made.folder)
        return made

    return start
