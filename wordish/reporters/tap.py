"""The run as TAP, the Test Anything Protocol, version 14: a subtest an article, a test point a step.

The form: testanything.org/tap-version-14-specification.html. What went wrong with a step stands below
it as YAML.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

from wordish.model import Event, Outcome, Transcript, Verdict
from wordish.reporters import words
from wordish.reporters.style import Style, visible

_INDENT = "    "


@contextmanager
def report(stream: TextIO, *, style: Style, articles: int) -> Iterator[Callable[[Event], None]]:  # noqa: ARG001
    """Write each article as it ends."""
    stream.write(f"TAP version 14\n1..{articles}\n")
    number = 0

    def hear(event: Event) -> None:
        nonlocal number
        if isinstance(event, Transcript):
            number += 1
            stream.writelines(f"{line}\n" for line in _article(event, number))
            if event.interrupted:
                stream.write("Bail out! interrupted\n")
            stream.flush()

    yield hear


def _article(transcript: Transcript, number: int) -> Iterator[str]:
    path = _description(transcript.document.path)
    yield f"# Subtest: {path}"
    yield f"{_INDENT}1..{len(transcript.verdicts)}"
    for point, verdict in enumerate(transcript.verdicts, 1):
        yield from (f"{_INDENT}{line}" for line in _step(verdict, point))
    outcome = transcript.outcome
    skipped = " # SKIP no step ran" if outcome is Outcome.SKIPPED else ""
    yield f"{'ok' if outcome in _GOOD else 'not ok'} {number} - {path}{skipped}"
    if reason := words.untold(transcript):
        yield from _yaml(message=reason, severity="error")


_GOOD = (Outcome.PASSED, Outcome.SKIPPED)


def _step(verdict: Verdict, point: int) -> Iterator[str]:
    step = verdict.step
    good = "ok" if verdict.outcome in _GOOD else "not ok"
    where = _description(f"{step.path}:{step.line}: {words.text([words.first_line(step)])}")
    skipped = f" # SKIP {_description(verdict.reason)}" if verdict.outcome is Outcome.SKIPPED else ""
    yield f"{good} {point} - {where}{skipped}"
    if good == "ok":
        return
    severity = "fail" if verdict.outcome is Outcome.FAILED else "error"
    yield from _yaml(
        message=visible(verdict.reason),
        severity=severity,
        file=visible(step.path),
        line=step.line,
        command=visible(step.command),
        status=verdict.output.status if verdict.output else None,
        nuls=(verdict.output.nuls if verdict.output else 0) or "",
        diff=visible(verdict.diff),
        stderr=visible(verdict.output.stderr) if verdict.output else "",
    )


def _yaml(**values: str | int | None) -> Iterator[str]:
    """A block of YAML: several lines as a literal block, the rest as JSON, which YAML includes."""
    import json  # for those who need it

    yield "  ---"
    for name, value in values.items():
        if value == "":
            continue
        if isinstance(value, str) and "\n" in value:
            keep = "" if value.endswith("\n") else "-"
            yield f"  {name}: |2{keep}"
            yield from (f"    {line}" for line in value.removesuffix("\n").split("\n"))
        else:
            yield f"  {name}: {json.dumps(value, ensure_ascii=False)}"
    yield "  ..."


def _description(text: str) -> str:
    """One line in which nothing starts a directive."""
    return re.sub(r"([\\#])", r"\\\1", " ".join(visible(text).split()))
