"""The run for GitHub Actions: an annotation at each line that is wrong, and a summary of the job.

The commands and their escapes are those of GitHub's page "Workflow commands for GitHub Actions" and of
``actions/toolkit``. Whatever comes from articles stands between ``stop-commands`` and a random word, or
is escaped, so that no output can give the runner an order.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from wordish.model import RED, Diagnostic, Event, Severity, Transcript, Verdict
from wordish.reporters import words
from wordish.reporters.style import Line, Style, visible

_LONGEST_MESSAGE = 10_000  # characters; the runner cuts annotations at 64 KiB
_LONGEST_SUMMARY = 900_000  # bytes; a summary above 1 MiB is dropped whole


@contextmanager
def report(stream: TextIO, *, style: Style, articles: int) -> Iterator[Callable[[Event], None]]:  # noqa: ARG001
    """Write each article as it ends, and the summary on leaving, into ``$GITHUB_STEP_SUMMARY``."""
    transcripts: list[Transcript] = []

    def hear(event: Event) -> None:
        if not isinstance(event, Transcript):
            return
        transcripts.append(event)
        _write_quietly(stream, list(_article(event)))
        for verdict in event.verdicts:
            if verdict.outcome in RED:
                stream.write(_annotation(verdict))
        if reason := words.untold(event):
            stream.write(_command(reason, file=_file(event.document.path), line=1, title="not checked"))
        stream.flush()

    yield hear
    if summary := os.environ.get("GITHUB_STEP_SUMMARY"):
        with Path(summary).open("a", encoding="utf-8") as file:
            file.write(_summary(transcripts, missing=articles - len(transcripts)))


def remark(told: Diagnostic) -> str:
    """The command that annotates the line of a remark on an article."""
    text = f"{visible(told.message)}: {visible(told.hint)}" if told.hint else visible(told.message)
    level = "error" if told.severity is Severity.ERROR else "warning"
    return _command(text, level=level, file=_file(told.path), line=told.line, title=told.name).rstrip()


def _article(transcript: Transcript) -> Iterator[Line]:
    for verdict in transcript.verdicts:
        if verdict.outcome in RED:
            yield from words.failure(verdict)
    yield words.article(transcript, words.counts(transcript.verdicts))


def _write_quietly(stream: TextIO, lines: Sequence[Line]) -> None:
    """Write lines that the runner takes for no commands."""
    word = os.urandom(16).hex()
    stream.write(f"::stop-commands::{word}\n{words.text(lines)}\n::{word}::\n")


def _annotation(verdict: Verdict) -> str:
    step = verdict.step
    text = words.text(list(words.failure(verdict))[1:])
    return _command(
        f"{visible(verdict.reason)}\n{text}",
        file=_file(step.path),
        line=step.line,
        endLine=step.end_line,
        title=f"{verdict.outcome}: {words.text([words.first_line(step)])}",
    )


def _command(message: str, *, level: str = "error", **properties: str | int) -> str:
    said = ",".join(f"{name}={_property(str(value))}" for name, value in properties.items())
    return f"::{level} {said}::{_data(message[:_LONGEST_MESSAGE])}\n"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _file(path: str) -> str:
    """The path from the top of the repository, as annotations want it."""
    top = os.environ.get("GITHUB_WORKSPACE")
    return visible(os.path.relpath(path, top) if top else path)


def _summary(transcripts: Sequence[Transcript], *, missing: int) -> str:
    """The run in Markdown: a table, and what went wrong below it."""
    counted = Counter(words.outcome(transcript) for transcript in transcripts)
    steps = Counter[str]()
    rows = []
    for transcript in transcripts:
        counts = words.counts(transcript.verdicts)
        steps.update(counts)
        told = ", ".join(f"{number} {word}" for word, number in counts.items())
        took = words.duration(transcript.elapsed)
        cells = (transcript.document.path, words.outcome(transcript), told, str(transcript.target), took)
        rows.append(f"| {' | '.join(map(_escaped, cells))} |\n")
    elapsed = sum(transcript.elapsed for transcript in transcripts)
    said = words.text([words.summary(counted, steps, elapsed=elapsed, missing=missing)])
    text = f"### wordish\n\n{_escaped(said)}\n\n"
    text += "| article | outcome | steps | where | time |\n|---|---|---|---|---|\n" + "".join(rows) + "\n"
    for transcript in transcripts:
        for verdict in transcript.verdicts:
            if verdict.outcome in RED:
                text += _fenced(words.text(words.failure(verdict)))
        if reason := words.untold(transcript):
            text += _fenced(f"{visible(transcript.document.path)}: {reason}")
    if len(text.encode()) > _LONGEST_SUMMARY:
        cut = text.encode()[:_LONGEST_SUMMARY].decode(errors="ignore")
        text = f"{cut}\n{'`' * 100}\n\nThe rest is left out here.\n"
    return text


def _fenced(text: str) -> str:
    fence = "`" * max(3, *(len(run) + 1 for run in re.findall("`+", text)), 0)
    return f"{fence}text\n{text}\n{fence}\n\n"


def _escaped(text: str) -> str:
    """``text`` as Markdown that shows it to the letter, on one line."""
    return re.sub(
        r"[^\w\s./,;-]|(?<!\w)_|_(?!\w)", lambda found: f"&#{ord(found[0])};", " ".join(visible(text).split())
    )
