"""What the pages of one project know of its articles, from build to build.

Kept in Sphinx' environment: which pages show a state, and so have to be read again when the record
appears, and which pages show sessions.
"""

from __future__ import annotations

import functools
import hashlib
import os
from collections.abc import Iterable, Set
from pathlib import Path
from typing import NamedTuple

from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging

from wordish import verified
from wordish.config import Settings
from wordish.errors import WordishError
from wordish.lexer import Reading, SessionLexer
from wordish.model import Conventions
from wordish.sphinx_ext import settings
from wordish.sphinx_ext.state import Calendar, State, digest_of, entry_of, judged
from wordish.verified import Record

_logger = logging.getLogger(__name__)


class Known(NamedTuple):
    """The project's settings and record, as they are now; ``files`` are those that they come from."""

    settings: Settings
    record: Record
    file: Path
    calendar: Calendar
    files: tuple[Path, ...]


def known(env: BuildEnvironment) -> Known:
    """The settings and the record; what cannot be read is told, and taken for empty."""
    confdir = pages(env).confdir
    found = _settings(env.config.wordish_config, confdir)
    file = settings.record_file(env.config, found, confdir)
    try:
        record = _record(file, _stamp(file))
    except WordishError as error:
        tell(str(error), kind="record")
        record = Record()
    calendar = Calendar(form=env.config.wordish_date_format, language=env.config.language)
    files = tuple(each for each in (file, found.directory / "pyproject.toml") if each.is_file())
    return Known(settings=found, record=record, file=file, calendar=calendar, files=files)


def state_of(docname: str, env: BuildEnvironment, now: Known) -> State:
    """The state of the article that is this page; one that cannot be read is told, and has changed."""
    path = env.doc2path(docname)
    entry = entry_of(path, now.record, now.file)
    if entry is None:
        return State()
    try:
        return judged(entry, _digest(docname, env, now))
    except WordishError as error:
        tell(str(error), kind="article")
        return judged(entry, "")


def conventions_of(docname: str, env: BuildEnvironment) -> Conventions:
    """What the configuration says of the article that is this page; what cannot be read says nothing."""
    return _settings(env.config.wordish_config, pages(env).confdir).conventions_of(env.doc2path(docname))


def lexer_of(reading: Reading, env: BuildEnvironment) -> str:
    """The name, for Pygments, of the lexer of sessions that are read like that on this page."""
    name = f"wordish-{hashlib.sha256(repr(reading).encode()).hexdigest()[:12]}"
    pages(env).readings.setdefault(env.docname, {})[name] = reading
    return name


def tell(text: str, *, kind: str, location: str | None = None) -> None:
    """A warning of the type ``wordish.KIND``, once in a build."""
    _logger.warning("%s", text, type="wordish", subtype=kind, location=location, once=location is None)


class Pages:
    """What is kept of the pages, for as long as the environment is."""

    def __init__(self) -> None:
        self.confdir = Path()
        self.with_sessions: set[str] = set()
        self.waiting: set[str] = set()  # they show a state, and there was no record
        self.reports: dict[str, object] = {}
        self.digests: dict[str, tuple[object, str]] = {}
        self.readings: dict[str, dict[str, Reading]] = {}  # by page, and the name of the lexer
        self.prompts: object = None  # what the configuration said of them

    def purge(self, docname: str) -> None:
        """Forget a page, which is about to be read again or is gone."""
        self.with_sessions.discard(docname)
        self.waiting.discard(docname)
        self.reports.pop(docname, None)
        self.readings.pop(docname, None)

    def merge(self, other: Pages, docnames: Iterable[str]) -> None:
        """Take over what another process found of these pages."""
        for docname in docnames:
            if docname in other.with_sessions:
                self.with_sessions.add(docname)
            if docname in other.waiting:
                self.waiting.add(docname)
            if docname in other.reports:
                self.reports[docname] = other.reports[docname]
            if docname in other.readings:
                self.readings[docname] = other.readings[docname]


def pages(env: BuildEnvironment) -> Pages:
    """The pages of this environment."""
    if not hasattr(env, "wordish_pages"):
        env.wordish_pages = Pages()  # type: ignore[attr-defined]
    found: Pages = env.wordish_pages  # type: ignore[attr-defined]
    return found


def depend(docname: str, env: BuildEnvironment, now: Known, articles: Iterable[str] = ()) -> None:
    """Have a page read again when the record changes, or one of these articles."""
    paths = [*now.files, *(Path(env.doc2path(article)) for article in articles if article != docname)]
    for path in paths:
        env.note_dependency(os.path.relpath(path, env.srcdir))
    if now.file not in now.files:
        pages(env).waiting.add(docname)


def connect(app: Sphinx) -> None:
    """Keep the pages up to date with what Sphinx does to its environment."""
    app.connect("builder-inited", _begin)
    app.connect("env-purge-doc", lambda _app, env, docname: pages(env).purge(docname))
    app.connect("env-merge-info", lambda _app, env, docnames, other: pages(env).merge(pages(other), docnames))
    app.connect("env-get-outdated", _outdated)
    app.connect("env-updated", _add_lexers)


def _begin(app: Sphinx) -> None:
    pages(app.env).confdir = Path(app.confdir)
    _settings.cache_clear()


def _outdated(
    _app: Sphinx, env: BuildEnvironment, _added: Set[str], _changed: Set[str], _removed: Set[str]
) -> list[str]:
    """The pages that were made without a record, once there is one; all, when prompts are others now."""
    kept = pages(env)
    found = _settings(env.config.wordish_config, kept.confdir)
    everywhere = found.conventions.options
    before, kept.prompts = (
        kept.prompts,
        (everywhere.root_prompt, everywhere.user_prompt, everywhere.hash, found.overrides),
    )
    if before != kept.prompts:
        return sorted(env.found_docs)
    waiting = kept.waiting
    return sorted(waiting) if waiting and known(env).record.articles else []


def _add_lexers(app: Sphinx, env: BuildEnvironment) -> None:
    """Have Pygments know the lexers that the pages name, in all processes that write them."""
    for readings in pages(env).readings.values():
        for name, reading in readings.items():
            app.add_lexer(name, SessionLexer.of(reading))


@functools.lru_cache(maxsize=1)
def _settings(named: str, confdir: Path) -> Settings:
    """The settings of the project, read once in a build; what cannot be read is told."""
    try:
        return settings.load(named, confdir)
    except WordishError as error:
        tell(str(error), kind="configuration")
        return settings.none(confdir)


@functools.lru_cache(maxsize=2)
def _record(file: Path, _stamp: tuple[int, int]) -> Record:
    """The record in a file that was last touched then."""
    return verified.load(file)


def _digest(docname: str, env: BuildEnvironment, now: Known) -> str:
    """Today's digest of an article; that of the last look when no file of it was touched since."""
    path = env.doc2path(docname)
    needed = [path, *(env.srcdir / each for each in sorted(env.dependencies.get(docname, ()))), *now.files]
    touched = tuple((os.fspath(each), _stamp(each)) for each in needed if each != now.file)
    kept = pages(env).digests
    if docname not in kept or kept[docname][0] != touched:
        kept[docname] = (touched, digest_of(path, now.settings))
    return kept[docname][1]


def _stamp(path: os.PathLike[str] | str) -> tuple[int, int]:
    try:
        found = Path(path).stat()
    except OSError:
        return 0, 0
    return found.st_mtime_ns, found.st_size
