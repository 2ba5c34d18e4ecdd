"""Transcripts -> words on a stream: one module a form.

A new one is a module that provides what `Reporter` says, a line in `REPORTERS`, and its tests.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Protocol, TextIO

from wordish.model import Event
from wordish.reporters import github, html, json, junit, tap, terminal
from wordish.reporters.style import Style


class Reporter(Protocol):
    """What a module of this folder provides."""

    def report(
        self, stream: TextIO, *, style: Style, articles: int
    ) -> AbstractContextManager[Callable[[Event], None]]:
        """Give what is to hear the events of a run of so many ``articles``, `Planned` first.

        What it hears it writes on ``stream``, at once or on leaving the context; when that is left with an
        exception, nothing more is written, so that no beginning looks like a whole.
        """


REPORTERS: dict[str, Reporter] = {
    "terminal": terminal,
    "json": json,
    "junit": junit,
    "github": github,
    "tap": tap,
    "html": html,
}
