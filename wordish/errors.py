"""What wordish raises when it cannot do its work: what, where, and what to try.

A red step is a value, never one of these. `wordish.runner` turns a broken machine into a
transcript's error; `wordish.cli` prints the rest on one line and exits with status 2.
"""

from __future__ import annotations


class WordishError(Exception):
    """Wordish could not do its work. ``str()`` is one line: ``where: what: hint``."""

    def __init__(self, what: str, *, where: str = "", hint: str = "") -> None:
        self.what = what
        self.where = where
        self.hint = hint
        super().__init__(": ".join(part for part in (where, what, hint) if part))


class UsageError(WordishError):
    """The command line, or what it asks for, makes no sense."""


class ConfigError(WordishError):
    """The configuration does not say what it should; ``what`` names the key."""


class ArticleError(WordishError):
    """A file that cannot be read as an article, or written; ``line`` counts from 1, 0: the whole file."""

    def __init__(self, what: str, *, where: str, line: int = 0, hint: str = "") -> None:
        self.line = line
        super().__init__(what, where=f"{where}:{line}" if line else where, hint=hint)


class MachineError(WordishError):
    """A target could not be reached, built, booted or kept."""


class MissingToolError(MachineError):
    """A program that is needed is not installed; the hint is the command that installs it."""
