"""This project's articles with their outputs spoilt: an update gives them back, and a check passes."""

from __future__ import annotations

import itertools
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT
from wordish.document import find, parse, read
from wordish.model import Document, Outcome, Step, Target, Transcript
from wordish.place import before, place
from wordish.runner import Job, check
from wordish.update import Update, update

HOST = Target(kind="host")
ARTICLES = [
    path
    for path in map(Path, find(["docs", "README.md", "tests/articles"], base=ROOT))
    if (steps := read(path).steps)
    and {step.user for step in steps} == {"user"}
    and any(step.expectation.lines for step in steps)
    and "reading" not in path.parts  # those are only to be read
    # What is redacted, wrong by another step's output or a time behind a gap cannot be mended in one go.
    and path.name
    not in ("safety.md", "configuration.md", "warnings.md", "command-line.md", "many-articles.md")
]


@pytest.fixture(autouse=True)
def programs(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the articles call: the programs of this Python, too."""
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}:{os.environ['PATH']}")


def ran(document: Document) -> Transcript:
    return check(Job(document=document, target=HOST), machines={}, timeout=60, keep_going=True)


def spoilt(document: Document) -> str:
    """The text of an article with most of its outputs wrong: changed, taken out, or made up."""
    rows = re.split(r"\r?\n", document.text)
    ways = itertools.cycle(("changed", "taken out", "longer"))
    for step in sorted(document.steps, key=lambda step: step.line, reverse=True):
        if step.path == document.path and _is_compared(step):
            start, stop, _ = place(rows, step)
            rows[start:stop] = _wrong(rows[start:stop], before(rows, step), next(ways), step)
    return ("\r\n" if "\r\n" in document.text else "\n").join(rows)


def _is_compared(step: Step) -> bool:
    options = step.options
    said = (
        options.skip,
        options.ignore,
        options.status_only,
        options.skip_if,
        step.expectation.samples or None,
    )
    return not any(said) and step.expectation.match != "regex" and not step.expectation.together


def _wrong(lines: list[str], prefix: str, way: str, step: Step) -> list[str]:
    bare = [line.removeprefix(prefix) for line in lines]
    varies = any("..." in line or "…" in line for line in bare)
    if way == "taken out" and lines and not varies:
        return []
    if way == "longer" and not varies:
        return [*lines, f"{prefix}nobody printed this"]
    return [prefix + _changed(line) for line in bare]


def _changed(line: str) -> str:
    """The line with one letter changed, unless something of it varies."""
    letter = re.search(r"[A-Za-z]{4}", line) if "..." not in line and "…" not in line else None
    return line if letter is None else f"{line[: letter.start()]}QQ{line[letter.start() + 1 :]}"


def wrong(transcript: Transcript) -> Iterator[str]:
    for verdict in transcript.verdicts:
        if verdict.outcome not in (Outcome.PASSED, Outcome.SKIPPED):
            yield f"{verdict.step.path}:{verdict.step.line}: {verdict.reason}\n{verdict.diff}"


@pytest.mark.parametrize("path", ARTICLES, ids=lambda path: path.name)
def test_an_article_whose_outputs_are_wrong_is_mended(path: Path) -> None:
    document = read(path)
    if "articles" in path.parts:  # those of the documentation are checked elsewhere
        right = ran(document)
        assert list(wrong(right)) == []
        assert update(right) == Update(text=path.read_bytes().decode())
    stale = parse(spoilt(document), path=document.path)
    assert [step.command for step in stale.steps] == [step.command for step in document.steps]
    assert stale.text != document.text
    found = update(ran(stale))
    assert found.left == ()
    assert found.rewritten
    mended = parse(found.text, path=document.path)
    passed = ran(mended)
    assert list(wrong(passed)) == []
    again = update(passed)
    assert (again.text, again.rewritten, again.left) == (mended.text, (), ())
    assert _outside(mended) == _outside(document)


def _outside(document: Document) -> list[str]:
    """The lines of an article where no output is shown."""
    rows = document.text.split("\n")
    assert all(row.endswith("\r") for row in rows[:-1]) or "\r" not in document.text
    shown = {
        line
        for step in document.steps
        if step.path == document.path and step.expectation.lines
        for line in range(step.expectation.lines[0], step.expectation.lines[1] + 1)
    }
    return [row for number, row in enumerate(rows, 1) if number not in shown and row.strip(" >")]
