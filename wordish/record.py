"""Transcript and Document -> values that JSON can hold.

The shapes are contracts: `list.json`, `lint.json` and `check.json` in ``wordish/schemas`` describe
them. A key may be added within a version, never renamed, removed or given another meaning.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from wordish import __version__
from wordish.catalogue import code
from wordish.model import (
    Diagnostic,
    Document,
    Options,
    Outcome,
    Sample,
    Severity,
    Shard,
    Step,
    Transcript,
    Verdict,
)

VERSION = 1

Values = dict[str, Any]
"""A JSON object: keys in a stable order."""


def listing(documents: Iterable[Document]) -> Values:
    """What ``wordish list --format json`` prints."""
    return {
        "version": VERSION,
        "wordish": __version__,
        "documents": [document_values(document) for document in documents],
    }


def remarks(documents: Sequence[Document], notes: Iterable[str]) -> Values:
    """What ``wordish lint --format json`` prints; ``notes`` tell what was not looked for."""
    severities = Counter(told.severity for document in documents for told in document.diagnostics)
    return {
        "version": VERSION,
        "wordish": __version__,
        "documents": [
            {
                "path": clean(document.path),
                "diagnostics": [diagnostic_values(told) for told in document.diagnostics],
            }
            for document in documents
        ],
        "totals": {
            "documents": len(documents),
            "errors": severities[Severity.ERROR],
            "warnings": severities[Severity.WARNING],
        },
        "notes": [clean(note) for note in notes],
    }


def heading(shard: Shard | None = None) -> Values:
    """How what ``wordish check --format json`` prints begins; `transcript_values` and `Totals` follow."""
    return {
        "version": VERSION,
        "wordish": __version__,
        **({"shard": shard_values(shard)} if shard else {}),
    }


class Totals:
    """How many articles, and steps, came to which outcome."""

    def __init__(self) -> None:
        self._documents: Counter[Outcome] = Counter()
        self._steps: Counter[Outcome] = Counter()

    def add(self, transcript: Transcript) -> None:
        """Count an article."""
        self._documents[transcript.outcome] += 1
        self._steps.update(verdict.outcome for verdict in transcript.verdicts)

    def values(self, *, elapsed: float) -> Values:
        """What was counted, zeros included; ``elapsed`` is the whole run's, in seconds."""
        return {
            "documents": _counted(self._documents),
            "steps": _counted(self._steps),
            "elapsed": round(elapsed, 6),
        }


def count(outcomes: Iterable[Outcome]) -> dict[str, int]:
    """How many of each outcome, zeros included."""
    return _counted(Counter(outcomes))


def _counted(counts: Mapping[Outcome, int]) -> dict[str, int]:
    return {str(outcome): counts[outcome] for outcome in Outcome}


def shard_values(shard: Shard) -> Values:
    """Which part of a run it was, and the articles of all its parts, in order."""
    return {
        "number": shard.number,
        "total": shard.total,
        "articles": [clean(path) for path in shard.articles],
    }


def document_values(document: Document) -> Values:
    """One article as parsed: its steps, and every remark on it."""
    return {
        "path": clean(document.path),
        "steps": [step_values(step) for step in document.steps],
        "diagnostics": [diagnostic_values(diagnostic) for diagnostic in document.diagnostics],
    }


def transcript_values(transcript: Transcript) -> Values:
    """One article as checked: where, when, for how long (seconds), and what became of each step."""
    return {
        "path": clean(transcript.document.path),
        "outcome": str(transcript.outcome),
        "target": str(transcript.target),
        "started": transcript.started,
        "elapsed": round(transcript.elapsed, 6),
        "environment": {clean(key): clean(value) for key, value in transcript.environment.items()},
        "error": clean(transcript.error),
        "interrupted": transcript.interrupted,
        **({"resumed": clean(transcript.resumed)} if transcript.resumed else {}),
        "steps": [verdict_values(verdict) for verdict in transcript.verdicts],
    }


def step_values(step: Step) -> Values:
    """One step as parsed. ``path`` is the file where it stands, which may be an included one."""
    expectation = step.expectation
    return {
        "path": clean(step.path),
        "line": step.line,
        "end_line": step.end_line,
        "prompt": clean(step.prompt),
        "user": step.user,
        "command": clean(step.command),
        "expected": clean(expectation.text),
        "expected_line": expectation.lines[0] if expectation.lines else None,
        "together": expectation.together,
        "options": option_values(step.options),
    }


def verdict_values(verdict: Verdict) -> Values:
    """One step as judged. What never ran printed ``None``; what never ended has the status ``None``."""
    output = verdict.output
    bound = {each.text: each.value for each in verdict.step.expectation.samples if each.value is not None}
    return {
        **step_values(verdict.step),
        **({"bound": {clean(text): clean(value) for text, value in bound.items()}} if bound else {}),
        "outcome": str(verdict.outcome),
        "reason": clean(verdict.reason),
        "diff": clean(verdict.diff),
        "stdout": clean(output.stdout) if output else None,
        "stderr": clean(output.stderr) if output else None,
        "status": output.status if output else None,
        "elapsed": round(output.elapsed, 6) if output else None,
        **({"nuls": output.nuls} if output and output.nuls else {}),
    }


def option_values(options: Options) -> Values:
    """What an author said, in the words of the markup; what was not said is left out."""
    values: Values = {}
    for name, value in options._asdict().items():
        if name == "env" and value is not None:
            values[name] = {key: clean(text) for key, text in value}
        elif name == "samples":
            for sample in value or ():
                values.setdefault("vary" if sample.varies else "sample", []).append(sample_values(sample))
        elif isinstance(value, tuple):
            values[name.replace("_", "-")] = [clean(each) for each in value]
        elif value is not None:
            values[name.replace("_", "-")] = clean(value) if isinstance(value, str) else value
    return values


def sample_values(sample: Sample) -> Values:
    """A literal that stands for something else: what it may look like, and whether that is secret."""
    said = {"like": clean(sample.like), "secret": sample.secret}
    return {"text": clean(sample.text), **{word: value for word, value in said.items() if value}}


def diagnostic_values(diagnostic: Diagnostic) -> Values:
    """One remark on an article."""
    return {
        "path": clean(diagnostic.path),
        "line": diagnostic.line,
        "severity": str(diagnostic.severity),
        "code": code(diagnostic.name),
        "name": diagnostic.name,
        "message": clean(diagnostic.message),
        "hint": clean(diagnostic.hint),
    }


def clean(text: str) -> str:
    """``text`` without lone surrogates, which JSON cannot hold: each becomes U+FFFD."""
    return text if text.isascii() else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
