"""Articles as tests: one an article, which never runs in pieces.

A step is no test of its own: it means nothing without the steps before it, so that a selection of
steps could only run the article again for each. What fails is reported step by step all the same: as
subtests where pytest has them, otherwise as one failure.
"""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Callable, Generator, Iterator
from contextlib import suppress
from html import escape
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from wordish.errors import ArticleError, UsageError, WordishError
from wordish.model import RED, Document, Event, Outcome, Said, Transcript, Verdict

NAME = "wordish"
"""The name of the test that is an article: ``docs/howto.md::wordish``."""


class WordishWarning(pytest.PytestWarning):
    """A remark on an article, with file and line."""


class _Project(NamedTuple):
    """What the configuration of wordish says, and the articles that it means: as spelt, by real path."""

    settings: Any
    articles: dict[str, Path]


_PROJECT = pytest.StashKey[_Project]()


def _project(config: pytest.Config) -> _Project:
    """Read once, when the first file is looked at."""
    if _PROJECT not in config.stash:
        from wordish.config import load
        from wordish.document import find

        try:
            settings = load(directory=config.rootpath)
            paths = settings.paths or [config.rootpath]
            found = find(paths, base=settings.directory, conventions_of=settings.conventions_of)
        except UsageError as error:
            if settings.paths:
                raise pytest.UsageError(str(error)) from error
            found = ()  # a project without articles
        except WordishError as error:
            raise pytest.UsageError(str(error)) from error
        articles = {os.path.realpath(article): article.path.absolute() for article in found}
        config.stash[_PROJECT] = _Project(settings=settings, articles=articles)
    return config.stash[_PROJECT]


def pytest_sessionstart(session: pytest.Session) -> None:
    """Refuse options that make no sense before anything runs."""
    from wordish.runner import plan

    settings = _project(session.config).settings
    _timeout(session.config)
    try:
        plan([], wish=_wish(session.config, settings), machines=settings.machines)
    except UsageError as error:
        raise pytest.UsageError(str(error)) from error


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Take the articles that ``wordish check`` would, and those named on the command line."""
    if file_path.suffix == ".py":
        return None
    from wordish.formats import FORMATS

    if file_path.suffix.lower() not in {suffix for form in FORMATS.values() for suffix in form.SUFFIXES}:
        return None
    spelt = _project(parent.config).articles.get(os.path.realpath(file_path))
    meant = spelt == file_path or (spelt is not None and not _by_a_link(file_path, parent.session))
    if meant or parent.session.isinitpath(file_path):
        return ArticleFile.from_parent(parent, path=file_path)
    return None


def _by_a_link(path: Path, session: pytest.Session) -> bool:
    """Whether pytest has followed a link to a folder to come here, which ``wordish check`` does not do."""
    for folder in path.parents:
        if session.isinitpath(folder):
            return False
        if folder.is_symlink():
            return True
    return False


class ArticleFile(pytest.File):
    """A file that may be an article."""

    def collect(self) -> Iterator[pytest.Item]:
        """One test, or none where there is no session. An error in the markup is one of collection."""
        from wordish.after import read
        from wordish.catalogue import told

        settings = _project(self.config).settings
        try:
            document = read(_from_here(self.path), conventions_of=settings.conventions_of)
        except ArticleError as error:
            raise self.CollectError(str(error)) from error
        document = document._replace(diagnostics=told(document, document.diagnostics, off=settings.ignore))
        if document.errors:
            raise self.CollectError("\n".join(map(str, document.errors)))
        for remark in document.diagnostics:
            self.warn(WordishWarning(str(remark)))
        if document.steps:
            yield Article.from_parent(self, name=NAME, callobj=_TEST, document=document)


def _from_here(path: Path) -> Path:
    """The path as one would type it here."""
    return Path(os.path.relpath(path))


class Article(pytest.Function):
    """The test. It is a function, so that fixtures of the project (``autouse``) hold for it too."""

    def __init__(self, *, document: Document, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.document = document

    def reportinfo(self) -> tuple[Path, int, str]:
        """The file, the line of its first step (from 0), and what the report calls the test."""
        first = self.document.steps[0]
        line = first.line - 1 if first.path == self.document.path else 0
        return self.path, line, f"[{NAME}] {self.document.path}"

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:  # noqa: ARG002
        """What is wrong reads as in the report of ``wordish check``."""
        if isinstance(excinfo.value, Wrong):
            return excinfo.value.report
        return super().repr_failure(excinfo)


class _Crash(NamedTuple):
    """What pytest's summary tells of a failure."""

    message: str


class _Report:
    """Words for pytest: coloured on a terminal, plain elsewhere."""

    def __init__(self, lines: list[list[tuple[str, str]]]) -> None:
        from wordish.reporters.words import text

        self._lines = lines
        self._text = text(lines)
        self.reprcrash = _Crash(text(lines[:1]))

    def __str__(self) -> str:
        return self._text

    def toterminal(self, tw: Any) -> None:
        """Write it on pytest's terminal writer."""
        for line in self._lines:
            for text, style in line:
                tw.write(text, **_COLOURS.get(style, {}))
            tw.line()


_COLOURS: dict[str, dict[str, bool]] = {
    "place": {"bold": True},
    "failed": {"red": True, "bold": True},
    "error": {"purple": True, "bold": True},
    "prompt": {"cyan": True},
    "removed": {"red": True},
    "added": {"green": True},
    "removed word": {"red": True, "bold": True, "invert": True},
    "added word": {"green": True, "bold": True, "invert": True},
    "quiet": {"light": True},
}


class Wrong(Exception):  # noqa: N818 - an article that is wrong is no error of ours
    """Something is wrong at a line of a file; ``report`` says it."""

    def __init__(self, lines: list[list[tuple[str, str]]], *, path: str, line: int) -> None:
        self.report = _Report(lines)
        self.path = path
        self.line = line
        super().__init__(str(self.report))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A step's failure stands at its own line."""
    report = yield
    wrong = call.excinfo.value if call.excinfo else None
    if isinstance(item, Article) and isinstance(wrong, Wrong):
        place = os.path.relpath(wrong.path, item.config.rootpath)
        report.location = (place, wrong.line - 1, report.location[2])
    html = item.config.pluginmanager.getplugin("html")  # pytest-html: it keeps one report of a test
    if html and report.when == "call" and (told := item.stash.get(_TOLD, "")):
        shown = html.extras.html(f"<pre>{escape(told)}</pre>")
        report.extras = [*getattr(report, "extras", []), shown]  # type: ignore[attr-defined]
    return report


_TOLD = pytest.StashKey[str]()
"""What is wrong with an article, all of it."""


def _test(request: pytest.FixtureRequest) -> None:
    """All that is wrong with an article, as one failure."""
    transcript = _checked(request.node)
    red = [verdict for verdict in transcript.verdicts if verdict.outcome in RED]
    if red:
        raise _wrong(*red)
    _finish(transcript)


def _test_with_subtests(request: pytest.FixtureRequest, subtests: Any) -> None:
    """Each step that is wrong, as a subtest."""
    transcript = _checked(request.node)
    red = [verdict for verdict in transcript.verdicts if verdict.outcome in RED]
    for verdict in red:
        with suppress(Wrong), subtests.test(f"line {verdict.step.line}"):  # -x lets it through
            raise _wrong(verdict)
    if red:
        request.node.stash[_TOLD] = str(_wrong(*red))
    _finish(transcript)


_TEST: Callable[..., None] = _test_with_subtests if hasattr(pytest, "Subtests") else _test


def _wrong(*verdicts: Verdict) -> Wrong:
    from wordish.reporters.words import failure

    lines = [line for verdict in verdicts for line in failure(verdict)]
    return Wrong(lines, path=verdicts[0].step.path, line=verdicts[0].step.line)


def _finish(transcript: Transcript) -> None:
    """Say what no step said."""
    from wordish.reporters.words import untold

    if transcript.interrupted:
        raise KeyboardInterrupt
    path = transcript.document.path
    if reason := untold(transcript):
        raise Wrong([[(path, "place"), (": ", ""), (f"error: {reason}", "error")]], path=path, line=1)
    if transcript.outcome is Outcome.SKIPPED:
        pytest.skip(transcript.verdicts[0].reason)


def _checked(item: Article) -> Transcript:
    """The article, checked as ``wordish check`` would."""
    from wordish import runner
    from wordish.rundir import sweep

    config, document, settings = item.config, item.document, _project(item.config).settings
    wish = _wish(config, settings)
    if not (config.getoption("wordish_on") or config.getoption("wordish_machine")):
        target = runner.choose(document, wish)
        chosen = item.ihook.pytest_wordish_target(document=document, target=target, config=config)
        wish = wish._replace(on=chosen, machine="") if chosen else wish
    try:
        jobs, problems = runner.plan([document], wish=wish, machines=settings.machines)
    except UsageError as error:  # from what the hook said
        raise Wrong([[(f"{document.path}: {error}", "error")]], path=document.path, line=1) from None
    if problems:
        first = problems[0]
        raise Wrong([[(str(problem), "")] for problem in problems], path=first.path, line=first.line)
    sweep()
    return runner.check(
        jobs[0],
        machines=settings.machines,
        timeout=_timeout(config) or settings.timeout,
        limits=settings.limits,
        keep_going=config.getini("wordish_keep_going"),
        prepare=lambda place: item.ihook.pytest_wordish_setup(place=place, document=document, config=config),
        tell=_tell,
    )


def _wish(config: pytest.Config, settings: Any) -> Any:
    from wordish.runner import Wish

    return Wish(
        on=config.getoption("wordish_on") or config.getini("wordish_on"),
        machine=config.getoption("wordish_machine") or config.getini("wordish_machine"),
        default_machine=settings.machine,
        as_root=config.getoption("wordish_as_root"),
        superuser=os.geteuid() == 0,
        containers=settings.containers,
    )


def _timeout(config: pytest.Config) -> float | None:
    said = config.getini("wordish_timeout")
    try:
        seconds = float(said) if said else None
    except ValueError:
        seconds = math.nan
    if seconds is not None and not 0 < seconds < math.inf:
        raise pytest.UsageError(f"wordish_timeout: {said!r} is no number of seconds above 0")
    return seconds


def _tell(event: Event) -> None:
    """What takes time, or matters: where pytest shows what tests print."""
    if isinstance(event, Said):
        sys.stderr.write(f"{event.path}: {event.text}\n")
