"""Markup -> Blocks: one module for each markup, in a plain table.

A module imports the parser of its markup only when it reads, so that an article in Markdown does not
pay for docutils, nor the reverse.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from wordish.formats import markdown, rst, transcript
from wordish.formats.inclusion import Load
from wordish.formats.reading import Reading
from wordish.model import Options


class Format(Protocol):
    """What a module of this folder provides."""

    @property
    def SUFFIXES(self) -> tuple[str, ...]:  # noqa: N802 - a module's constant
        """The endings of the files it reads, with the dot."""

    def read(self, text: str, *, path: str, load: Load, outer: Options = ...) -> Reading:
        """The blocks of a text whose lines end in ``\\n``; never raises for what an author may write.

        ``load`` gives the files that it includes. ``outer`` are the options that the article's own go
        before: prompts may be among them.
        """


# A suffix may be claimed twice: then the first that finds a session is the one that reads.
FORMATS: Mapping[str, Format] = {"rst": rst, "markdown": markdown, "transcript": transcript}
