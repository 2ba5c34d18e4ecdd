"""Writes the page of the documentation that lists the hostile articles: ``python -m tests.hostile``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby

from tests.hostile import PAGE, Article, articles
from wordish.model import Outcome

_KINDS = {
    "output": "What is printed",
    "streams": "The two streams",
    "state": "What the shell knows",
    "prompts": "Prompts",
    "options": "Options of the shell",
    "traps": "Traps",
    "terminal": "The terminal",
    "descriptors": "Descriptors",
    "builtins": "Builtins",
    "jobs": "Jobs and daemons",
    "endings": "Shells that end",
    "time": "Time",
    "stdin": "Commands that wait for a person",
    "commands": "The commands themselves",
    "machine": "Against the machine",
}

_INTRODUCTION = """\
# Hostile articles

These articles try to fool wordish, or to hang it. Each does one thing, and each is run by wordish's
tests, on this machine (*here*), in a [throwaway machine](machine.md), or both; so is a twin of it with
one wrong letter, which has to fail at that line. They lie in `tests/hostile`. How a verdict comes
about is told in [What happens in one run](one-run.md).

The verdict is that of the step which the article is about: *passed* where a person at a terminal would
see what the article shows.
"""


def page(found: Sequence[Article]) -> str:
    """The text of the page."""
    parts = [_INTRODUCTION]
    kinds = {kind: list(group) for kind, group in groupby(found, key=lambda article: article.kind)}
    assert kinds.keys() == _KINDS.keys(), kinds.keys() ^ _KINDS.keys()
    for kind, title in _KINDS.items():
        parts.append(f"\n## {title}\n\n| article | what it does | verdict | runs |\n|---|---|---|---|\n")
        parts += map(_row, kinds[kind])
    return "".join(parts)


def _row(article: Article) -> str:
    places = [place for place, runs in (("here", article.here), ("machine", article.machine)) if runs]
    cells = (article.name, article.title.replace("|", "\\|"), _verdict(article), ", ".join(places))
    return f"| {' | '.join(cells)} |\n"


def _verdict(article: Article) -> str:
    told = [each for each in article.deserved.values() if each.outcome is not Outcome.SKIPPED]
    if not told:
        return "passed"
    return f"{told[0].outcome}: {told[0].reason}" if told[0].reason else str(told[0].outcome)


def write(found: Iterable[Article]) -> None:
    """Write the page."""
    PAGE.write_text(page(list(found)), encoding="utf-8")


if __name__ == "__main__":
    write(articles())
