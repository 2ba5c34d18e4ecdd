"""What the pages of one project know of its articles, from build to build.

Kept in Sphinx' environment: which pages show a state, and so have to be read again when the record
appears, and which pages show sessions.
"""

from __future__ import annotations

import functools
import hashlib
import os
from collections.abc import Collection, Iterable, Iterator, Set
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging

from wordish import after, verified
from wordish.config import Settings
from wordish.errors import WordishError
from wordish.lexer import Reading, SessionLexer
from wordish.model import Conventions
from wordish.sphinx_ext import settings
from wordish.sphinx_ext.state import Calendar, State, entry_of, judged
from wordish.verified import Record

_logger = logging.getLogger(__name__)

Stamp = tuple[int, int]
Stamps = tuple[tuple[str, Stamp], ...]


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
    named = env.config.wordish_config
    configuration = Path(confdir, named) if named else found.directory / "pyproject.toml"
    files = tuple(each for each in (file, configuration) if each.is_file())
    return Known(settings=found, record=record, file=file, calendar=calendar, files=files)


def state_of(docname: str, env: BuildEnvironment, now: Known) -> State:
    """The state of the article that is this page; one that cannot be read is told, and has changed."""
    path = env.doc2path(docname)
    entry = entry_of(path, now.record, now.file)
    if entry is None:
        return State()
    try:
        return judged(entry, _look(docname, env, now).digest)
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


class Look(NamedTuple):
    """What an article said when it was last looked at: its digest.

    ``settings`` are the files of the configuration, ``sources`` those that the article was read from, and
    when each was touched.
    """

    settings: Stamps
    sources: Stamps
    digest: str


class Pages:
    """What is kept of the pages, for as long as the environment is."""

    def __init__(self) -> None:
        self.confdir = Path()
        self.with_sessions: set[str] = set()
        self.waiting: set[str] = set()  # they show a state, and there was no record
        self.shows: dict[str, set[str]] = {}  # by page, the articles whose state it says
        self.reports: set[str] = set()  # they say that of all
        self.written: dict[str, dict[str, object]] = {}  # by builder and page, the states when it was written
        self.looks: dict[str, Look] = {}
        self.readings: dict[str, dict[str, Reading]] = {}  # by page, and the name of the lexer
        self.prompts: object = None  # what the configuration said of them

    def purge(self, docname: str) -> None:
        """Forget a page, which is about to be read again or is gone."""
        self.with_sessions.discard(docname)
        self.waiting.discard(docname)
        self.shows.pop(docname, None)
        self.reports.discard(docname)
        self.readings.pop(docname, None)

    def merge(self, other: Pages, docnames: Iterable[str]) -> None:
        """Take over what another process found of these pages."""
        for docname in docnames:
            if docname in other.with_sessions:
                self.with_sessions.add(docname)
            if docname in other.waiting:
                self.waiting.add(docname)
            if docname in other.shows:
                self.shows[docname] = other.shows[docname]
            if docname in other.reports:
                self.reports.add(docname)
            if docname in other.readings:
                self.readings[docname] = other.readings[docname]


def pages(env: BuildEnvironment) -> Pages:
    """The pages of this environment."""
    if not hasattr(env, "wordish_pages"):
        env.wordish_pages = Pages()  # type: ignore[attr-defined]
    found: Pages = env.wordish_pages  # type: ignore[attr-defined]
    return found


def depend(docname: str, env: BuildEnvironment, now: Known, articles: Collection[str] = ()) -> None:
    """Have a page read again when the record changes, or what one of these articles is read from."""
    own = os.fspath(env.doc2path(docname))
    sources = {path for article in articles for path in _sources(article, env, now)} - {own}
    for path in sorted({*map(os.fspath, now.files)} | sources):
        env.note_dependency(os.path.relpath(path, env.srcdir))
    pages(env).shows.setdefault(docname, set()).update(articles)
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
def _record(file: Path, _stamp: Stamp) -> Record:
    """The record in a file that was last touched then."""
    return verified.load(file)


def _sources(docname: str, env: BuildEnvironment, now: Known) -> Iterator[str]:
    """The files that decide the state of the article that is this page."""
    path = os.fspath(env.doc2path(docname))
    yield path
    if entry_of(path, now.record, now.file):
        with suppress(WordishError):  # `state_of` tells
            yield from (source for source, _ in _look(docname, env, now).sources)


def _look(docname: str, env: BuildEnvironment, now: Known) -> Look:
    """What an article says today; that of the last look when no file of it was touched since."""
    looks = pages(env).looks
    settings = _stamps(path for path in now.files if path != now.file)
    kept = looks.get(docname)
    if kept and kept.settings == settings and kept.sources == _stamps(path for path, _ in kept.sources):
        return kept
    path = os.fspath(env.doc2path(docname))
    article = after.read(path, conventions_of=now.settings.conventions_of)
    sources = _stamps((path, *article.sources))
    looks[docname] = Look(settings=settings, sources=sources, digest=verified.digest(article))
    return looks[docname]


def _stamps(paths: Iterable[os.PathLike[str] | str]) -> Stamps:
    return tuple((os.fspath(path), _stamp(path)) for path in paths)


def _stamp(path: os.PathLike[str] | str) -> Stamp:
    try:
        found = Path(path).stat()
    except OSError:
        return 0, 0
    return found.st_mtime_ns, found.st_size
