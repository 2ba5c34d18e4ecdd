"""The record: what the last real check found of each article, in a file that is meant to be committed.

``verified.json`` is a contract, described by ``wordish/schemas/verified.json``. Its order and
indentation are stable, so that a check of one article changes a few lines.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Annotated, Any

import msgspec

from wordish import __version__
from wordish.destination import destination
from wordish.errors import ConfigError, UsageError
from wordish.likes import KINDS
from wordish.model import Document, Event, Expectation, Outcome, Scope, Step, Transcript
from wordish.record import clean, count, option_values

VERSION = 1


Seconds = Annotated[float, msgspec.Meta(ge=0, le=1e9)]
"""What is no time that passed is no number of seconds: NaN neither."""


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """What the last whole check of one article found.

    ``verified`` is when it was, in ISO 8601 with the offset, ``digest`` what was checked,
    ``outcome`` ``passed`` or ``failed``, ``steps`` how many of each outcome, ``elapsed`` in
    seconds. ``last_passed``, in a failed one: when it passed last, if that is known.
    """

    verified: str
    wordish: str
    digest: str
    outcome: Outcome
    steps: dict[str, int]
    elapsed: Seconds
    target: str
    environment: dict[str, str]
    packages: dict[str, str]
    last_passed: str = ""


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """The entries, by the article's path from the record's folder, with ``/``."""

    version: int = VERSION
    articles: Mapping[str, Entry] = {}


# What an author says that decides neither what runs nor how it is judged, or that steps and expectations
# are made of.
_NOT_JUDGED = frozenset(
    {
        "article-timeout",
        "hash",
        "hidden",
        "lint-ignore",
        "match",
        "output-limit",
        "root-prompt",
        "status",
        "stream",
        "timeout",
        "user-prompt",
    }
)
_NOTHING_SHOWN = Expectation()


def digest(document: Document) -> str:
    """A hash (SHA-256, hexadecimal) of what a check of this article runs and judges.

    That is its own steps, and those of the articles that it comes after. Other prose, places, prompts and
    indentations leave it as it is. What has its default is left out, so that options which come later
    change no old digest.
    """
    scopes: dict[Scope, int] = {}
    steps = [_judged(step, scopes) for step in document.sequence]
    return hashlib.sha256(json.dumps(steps, sort_keys=True).encode()).hexdigest()


def _judged(step: Step, scopes: dict[Scope, int]) -> dict[str, Any]:
    """What decides how a step runs and how it is judged; ``scopes`` are numbered as they are met."""
    promised = step.expectation._asdict()
    promised.pop("lines")
    said = option_values(step.options)
    return {
        "user": step.user,
        "command": clean(step.command),
        "expected": {
            name: clean(value) if isinstance(value, str) else value
            for name, value in promised.items()
            if value != getattr(_NOTHING_SHOWN, name)
        },
        "options": {
            name: value
            for name, value in said.items()
            if name not in _NOT_JUDGED and value not in (None, False)
        },
        **_kinds(step),
        **_surroundings(step, scopes),
    }


def _kinds(step: Step) -> dict[str, Any]:
    """The author's own kinds of samples, which the configuration may change."""
    samples = step.options.samples or ()
    own = {each.like: each.pattern for each in samples if each.like and each.pattern != KINDS.get(each.like)}
    return {"kinds": own} if own else {}


def _surroundings(step: Step, scopes: dict[Scope, int]) -> dict[str, Any]:
    """What surrounds a step of a block that has something of its own; the options tell the rest."""
    if not any(scope.line for scope in step.scopes):
        return {}
    return {"scopes": [(scopes.setdefault(scope, len(scopes)), *scope[2:]) for scope in step.scopes]}


def key_of(path: str | Path, record: Path) -> str:
    """What the record in the file ``record`` calls the article at ``path``."""
    article = Path(path)
    real = article.parent.resolve() / article.name
    return clean(Path(os.path.relpath(real, record.parent.resolve())).as_posix())


def load(path: Path) -> Record:
    """The record in the file ``path``; an empty one when there is no such file.

    Raises `wordish.errors.ConfigError` with the line, or the key, that is no record's.
    """
    try:
        text = path.read_bytes()
    except FileNotFoundError:
        return Record()
    except OSError as error:
        raise ConfigError(error.strerror or str(error), where=str(path)) from error
    hint = "mend it, or remove it and check everything with --record"
    try:
        values = json.loads(text)
        if isinstance(values, dict) and values.get("version", VERSION) != VERSION:
            what = f"a record of version {values['version']!r}, and this wordish knows {VERSION}"
            raise ConfigError(what, where=str(path), hint="use the wordish that wrote it, or a newer one")
        return msgspec.convert(values, Record)
    except json.JSONDecodeError as error:
        raise ConfigError(f"not JSON: {error.msg}", where=f"{path}:{error.lineno}", hint=hint) from error
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"not a record: {error}", where=str(path), hint=hint) from error


def entry(transcript: Transcript) -> Entry | None:
    """What to record of a check, ``None`` of one that was no whole one.

    Whole is what ran from the start, passed or failed, and was not cut short: each step that did not run was
    left out by its author's word, or follows a failure.
    """
    cut_short = any(
        verdict.outcome is Outcome.SKIPPED and verdict.step.options.skip is None
        for verdict in transcript.verdicts
    )
    outcome = transcript.outcome
    if transcript.resumed or outcome in (Outcome.ERROR, Outcome.SKIPPED):
        return None
    if outcome is Outcome.PASSED and cut_short:
        return None
    return Entry(
        verified=transcript.started,
        wordish=__version__,
        digest=digest(transcript.document),
        outcome=outcome,
        steps=count(verdict.outcome for verdict in transcript.verdicts),
        elapsed=round(transcript.elapsed, 2),
        target=str(transcript.target),
        environment={clean(name): clean(value) for name, value in transcript.environment.items()},
        packages={clean(name): clean(value) for name, value in sorted(transcript.packages.items())},
    )


def merged(record: Record, found: Mapping[str, Entry]) -> Record:
    """The record with the entries ``found``; of an article that fails it keeps when it passed last."""
    articles = dict(record.articles)
    for key, new in found.items():
        old = articles.get(key)
        if old and new.outcome is Outcome.FAILED:
            passed = old.verified if old.outcome is Outcome.PASSED else old.last_passed
            new = msgspec.structs.replace(new, last_passed=passed)
        articles[key] = new
    return Record(articles=articles)


def dumped(record: Record) -> str:
    """The text of a record's file."""
    articles = {key: msgspec.to_builtins(record.articles[key]) for key in sorted(record.articles)}
    for values in articles.values():
        if not values["last_passed"]:
            del values["last_passed"]
    values = {"version": record.version, "articles": articles}
    return json.dumps(values, indent=2, ensure_ascii=False) + "\n"


def update(path: Path, found: Mapping[str, Entry], *, prune: bool) -> None:
    """Bring the record in the file ``path`` up to date; ``prune`` drops articles that are gone.

    Other runs that do the same meanwhile lose nothing. Raises as `load` and `destination` do.
    """
    with _alone_in(path.parent):
        record = merged(load(path), found)
        if prune:
            there = {key: kept for key, kept in record.articles.items() if (path.parent / key).exists()}
            record = Record(articles=there)
        with destination(str(path), where=str(path)) as stream:
            stream.write(dumped(record))


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """Wait until no other run of wordish is here, where the file system has locks."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        with suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


@contextmanager
def recording(path: Path, *, everything: bool) -> Iterator[Callable[[Event], None]]:
    """Give what hears a run, and on leaving bring the record in the file ``path`` up to date.

    ``everything``: all the articles of the configuration are checked. Raises at once when the file
    is no record, or cannot be written.
    """
    load(path)
    if not os.access(path.parent, os.W_OK | os.X_OK):
        raise UsageError(
            "the record cannot be written",
            where=str(path),
            hint="name a file in a folder of yours as `record` in [tool.wordish]",
        )
    found: dict[str, Entry] = {}

    def hear(event: Event) -> None:
        if isinstance(event, Transcript) and (new := entry(event)):
            found[key_of(event.document.path, path)] = new

    try:
        yield hear
    finally:  # what was verified before an interruption was
        if found or (everything and path.exists()):
            update(path, found, prune=everything)
