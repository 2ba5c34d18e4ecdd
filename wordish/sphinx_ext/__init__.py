"""The Sphinx extension: ``extensions = ["wordish.sphinx_ext"]``.

Sessions rendered as what they are, the stamp and its kin, casts, and the builder ``wordish`` that checks
the project's articles. Rendering never runs anything.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx.config import Config

from wordish import __version__, lexer
from wordish.sphinx_ext import badge, page, project, recording, report, sessions, settings, stamp
from wordish.sphinx_ext.builder import WordishBuilder

STATIC = Path(__file__).parent / "static"
"""What pages need beside themselves; its one folder is ours, so that no project's file is in the way."""

COPYBUTTON = ".linenos, .gp, .go, .c-Hint"
"""What sphinx-copybutton leaves out: line numbers, prompts, outputs and hints."""


def setup(app: Sphinx) -> dict[str, Any]:
    """Tell Sphinx what there is."""
    settings.add_values(app)
    app.add_builder(WordishBuilder)
    app.add_lexer(sessions.LANGUAGE, lexer.SessionLexer)
    app.add_node(sessions.session_block, html=(page.visit_session, None))
    app.add_transform(sessions.Sessions)
    app.add_directive("wordish", sessions.Say)
    app.add_directive("verified", stamp.Verified)
    app.add_directive("wordish-report", report.Report)
    app.add_directive("wordish-cast", recording.Cast)
    app.add_role("wordish", stamp.Mention())
    project.connect(app)
    report.connect(app)
    badge.connect(app)
    recording.connect(app)
    app.add_css_file("wordish/wordish.css")
    app.connect("config-inited", _leave_out_of_copies, priority=400)  # sphinx-copybutton reads it at 500
    app.connect("builder-inited", _add_static_files)
    return {
        "version": __version__,
        "env_version": 3,
        "parallel_read_safe": True,
        "parallel_write_safe": True,
    }


def _leave_out_of_copies(_app: Sphinx, config: Config) -> None:
    """Have sphinx-copybutton copy commands alone, unless the project says what it is to leave out."""
    if "copybutton_exclude" in config and config.copybutton_exclude == ".linenos":
        config.copybutton_exclude = COPYBUTTON


def _add_static_files(app: Sphinx) -> None:
    app.config.html_static_path.append(str(STATIC))
    if app.builder.name == "epub":  # nothing plays in a book
        unused = (f"_static/wordish/{file.name}" for file in (STATIC / "wordish").iterdir())
        unused = (name for name in unused if not name.endswith("wordish.css"))
        app.config.epub_exclude_files = [*app.config.epub_exclude_files, *unused]
