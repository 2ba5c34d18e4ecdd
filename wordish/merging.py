"""Reports and records of several runs -> one, as if it had been one run.

A report is read back into the transcripts that it was made of, so that it can be told again in any form.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, NamedTuple

import msgspec

from wordish import record
from wordish.errors import ConfigError, UsageError
from wordish.model import (
    MOST_PARTS,
    Document,
    Expectation,
    Options,
    Outcome,
    Output,
    Sample,
    Shard,
    Step,
    Target,
    Transcript,
    User,
    Verdict,
)
from wordish.verified import Entry, Record, Seconds
from wordish.verified import load as load_record

_NAMED = 3  # articles, or parts, that are named where many are missing


class Report(NamedTuple):
    """What ``wordish check --format json`` wrote: ``elapsed`` in seconds, ``shard`` of a part of a run."""

    path: Path
    transcripts: tuple[Transcript, ...]
    elapsed: float
    shard: Shard | None = None


class _Step(msgspec.Struct, frozen=True):
    path: str
    line: int
    end_line: int
    prompt: str
    user: User
    command: str
    expected: str
    expected_line: int | None
    options: dict[str, Any]
    outcome: Outcome
    reason: str
    diff: str
    stdout: str | None
    stderr: str | None
    status: int | None
    elapsed: Seconds | None
    together: bool = False
    bound: dict[str, str] = {}
    nuls: int = 0


class _Document(msgspec.Struct, frozen=True):
    path: str
    target: str
    started: str
    elapsed: Seconds
    environment: dict[str, str]
    error: str
    interrupted: bool
    outcome: Outcome
    steps: tuple[_Step, ...]
    resumed: str = ""


class _Totals(msgspec.Struct, frozen=True):
    documents: dict[str, int]
    steps: dict[str, int]
    elapsed: Seconds


class _Shard(msgspec.Struct, frozen=True):
    number: int
    total: int
    articles: tuple[str, ...]


class _Report(msgspec.Struct, frozen=True):
    version: Literal[1]
    wordish: str
    documents: tuple[_Document, ...]
    totals: _Totals
    shard: _Shard | None = None


def load(path: Path) -> Report | Record:
    """The report, or the record, in the file ``path``.

    Raises `wordish.errors.ConfigError` with the line, or the key, that is neither's.
    """
    hint = "give what `wordish check --format json` wrote, or a record"
    try:
        values = json.loads(path.read_bytes())
    except OSError as error:
        raise ConfigError(error.strerror or str(error), where=str(path)) from error
    except json.JSONDecodeError as error:
        raise ConfigError(f"not JSON: {error.msg}", where=f"{path}:{error.lineno}", hint=hint) from error
    except (ValueError, RecursionError) as error:
        raise ConfigError("not JSON", where=str(path), hint=hint) from error
    if isinstance(values, dict) and "articles" in values:
        return load_record(path)
    if isinstance(values, dict) and values.get("version", record.VERSION) != record.VERSION:
        what = f"a report of version {values['version']!r}, and this wordish knows {record.VERSION}"
        raise ConfigError(what, where=str(path), hint="use the wordish that wrote it, or a newer one")
    try:
        return _report(path, msgspec.convert(values, _Report))
    except (msgspec.ValidationError, ValueError) as error:
        raise ConfigError(f"not a report: {error}", where=str(path), hint=hint) from error


def reports(paths: Iterable[Path]) -> list[Report]:
    """The reports in some files; raises as `load`, and for a record."""
    found = []
    for path in paths:
        report = load(path)
        if isinstance(report, Record):
            raise UsageError("a record, no report", where=str(path), hint="records: `wordish merge --record`")
        found.append(report)
    return found


def records(paths: Iterable[Path]) -> list[Record]:
    """The records in some files; raises as `load`, and for a report."""
    found = []
    for path in paths:
        each = load(path)
        if isinstance(each, Report):
            raise UsageError("a report, no record", where=str(path), hint="leave out `--record`")
        found.append(each)
    return found


def joined(reports: Sequence[Report]) -> list[Transcript]:
    """The transcripts of all, in the order of the whole run when they are its parts.

    Raises `UsageError` for an article that two have, and for parts of different runs.
    """
    first: dict[str, Report] = {}
    for report in reports:
        for transcript in report.transcripts:
            path = transcript.document.path
            if path in first:
                what = f"{path} is in {first[path].path} too"
                raise UsageError(what, where=str(report.path), hint="give one report of each article")
            first[path] = report
    parts = [report for report in reports if report.shard]
    for part in parts:
        if _whole(part) != _whole(parts[0]):
            what = f"not a part of the run that {parts[0].path} is a part of"
            raise UsageError(what, where=str(part.path), hint="merge the parts of one run")
    transcripts = [transcript for report in reports for transcript in report.transcripts]
    if parts:
        order = {path: number for number, path in enumerate(_whole(parts[0])[1])}
        transcripts.sort(key=lambda told: order.get(told.document.path, len(order)))
    return transcripts


def missing(reports: Sequence[Report]) -> str:
    """What of a run whose parts these are is in none of them, in words; "" when nothing is."""
    parts = [report.shard for report in reports if report.shard]
    if not parts:
        return ""
    told = {transcript.document.path for report in reports for transcript in report.transcripts}
    lost = [path for path in parts[0].articles if path not in told]
    if not lost:
        return ""
    absent = {*range(1, parts[0].total + 1)} - {part.number for part in parts}
    names = ", ".join(lost[:_NAMED]) + (", ..." if len(lost) > _NAMED else "")
    many = f"{len(lost)} article{'s' if len(lost) > 1 else ''} in no report ({names})"
    if not absent:
        return f"{many}: a part was stopped before its end"
    which = ", ".join(f"{number}/{parts[0].total}" for number in sorted(absent)[:_NAMED])
    which += ", ..." if len(absent) > _NAMED else ""
    return f"{many}: give the report of part {which} too"


def _whole(part: Report) -> tuple[int, tuple[str, ...]]:
    assert part.shard
    return part.shard.total, part.shard.articles


def latest(records: Iterable[Record]) -> dict[str, Entry]:
    """The entry of each article that was verified last; a failed one knows when any saw it pass last."""
    found: dict[str, Entry] = {}
    for each in records:
        for key, entry in each.articles.items():
            old = found.get(key, entry)
            later, earlier = (entry, old) if _when(entry.verified) >= _when(old.verified) else (old, entry)
            if later.outcome is Outcome.FAILED:
                passes = [later.last_passed, earlier.last_passed]
                passes += [earlier.verified] if earlier.outcome is Outcome.PASSED else []
                later = msgspec.structs.replace(later, last_passed=max(passes, key=_when))
            found[key] = later
    return found


def _when(time: str) -> float:
    """Seconds since 1970 of a record's time; before all others when it is none."""
    try:
        return datetime.fromisoformat(time).timestamp()
    except ValueError:
        return float("-inf")


def _report(path: Path, said: _Report) -> Report:
    shard = None
    if part := said.shard:
        shard = Shard(number=part.number, total=part.total, articles=part.articles)
        if not 1 <= shard.number <= shard.total <= MOST_PARTS:
            raise ValueError(f"there is no part {shard}")
    transcripts = tuple(map(_transcript, said.documents))
    for document, transcript in zip(said.documents, transcripts, strict=True):
        if document.outcome != transcript.outcome:
            what = f"is {document.outcome}, and its steps say {transcript.outcome}"
            raise ValueError(f"{document.path} {what}")
    return Report(path=path, transcripts=transcripts, elapsed=said.totals.elapsed, shard=shard)


def _transcript(said: _Document) -> Transcript:
    verdicts = tuple(map(_verdict, said.steps))
    kind, _, detail = said.target.partition(":")
    return Transcript(
        document=Document(path=said.path, text="", steps=tuple(verdict.step for verdict in verdicts)),
        target=Target(kind=kind, machine=detail) if kind == "vm" else Target(kind=kind, address=detail),
        verdicts=verdicts,
        started=said.started,
        elapsed=said.elapsed,
        environment=said.environment,
        error=said.error,
        interrupted=said.interrupted,
        resumed=said.resumed,
    )


def _verdict(said: _Step) -> Verdict:
    line = said.expected_line
    step = Step(
        path=said.path,
        line=said.line,
        end_line=said.end_line,
        prompt=said.prompt,
        user=said.user,
        command=said.command,
        expectation=Expectation(
            text=said.expected,
            lines=None if line is None else (line, line),
            together=said.together,
            samples=tuple(Sample(text=text, value=value) for text, value in said.bound.items()),
        ),
        options=_options(said.options),
    )
    ran = said.stdout is not None
    output = Output(
        stdout=said.stdout or "", stderr=said.stderr or "", status=said.status, elapsed=said.elapsed or 0.0,
        nuls=said.nuls,
    )  # fmt: skip
    return Verdict(
        step=step, outcome=said.outcome, output=output if ran else None, reason=said.reason, diff=said.diff
    )


def _options(said: Mapping[str, Any]) -> Options:
    """The options that `wordish.record.option_values` told so; raises `msgspec.ValidationError`."""
    fields: dict[str, Any] = {}
    for name, value in said.items():
        if name in ("sample", "vary"):
            samples = msgspec.convert(value, tuple[_Sample, ...])
            fields["samples"] = fields.get("samples", ()) + tuple(
                Sample(text=each.text, like=each.like, secret=each.secret, varies=name == "vary")
                for each in samples
            )
        elif name == "env":
            fields[name] = tuple(msgspec.convert(value, dict[str, str]).items())
        elif name.replace("-", "_") in Options._fields:  # others are of a newer wordish
            fields[name.replace("-", "_")] = value
    return msgspec.convert(Options(**fields), Options) if fields else _NOTHING


class _Sample(msgspec.Struct, frozen=True):
    text: str
    like: str = ""
    secret: bool = False


_NOTHING = Options()
