"""Check again what changed, each time that it is saved, until the user has seen enough.

The kernel tells when something happens in the folders of the articles; what happened is seen by looking at
the files, so that an edit during a check is not missed.
"""

from __future__ import annotations

import os
from argparse import Namespace
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from wordish import intake
from wordish.errors import MissingToolError, UsageError, WordishError
from wordish.process import say

_LOOK = 1000  # milliseconds after which the files are looked at though the kernel has told nothing

Stamp = tuple[int, int, int] | None


class _Articles(NamedTuple):
    """What is watched: the files that each article is read from, and the folders where new ones may come."""

    files: Mapping[str, frozenset[str]]
    folders: frozenset[str]
    configuration: str

    def all_files(self) -> set[str]:
        return {self.configuration, *(file for files in self.files.values() for file in files)} - {""}


def watch(arguments: Namespace, check: Callable[[Namespace], bool]) -> None:
    """Check the articles, and each of them again when it has changed, as long as ``check`` says so.

    Raises what the first check raises, and `UsageError` where it makes no sense; what is wrong later is told,
    and waited for. An interruption while nothing runs is the caller's.
    """
    try:
        import watchfiles  # noqa: F401 - is it there?
    except ImportError as error:
        what, hint = "watchfiles is not installed here", "pip install 'wordish[watch]'"
        raise MissingToolError(what, where="--watch", hint=hint) from error
    if arguments.format or arguments.output:
        where = "--format --watch" if arguments.format else "--output --watch"
        raise UsageError("a watch reports to the terminal", where=where, hint="leave out one of them")
    arguments = Namespace(**{**vars(arguments), "resume": True, "allow_empty": True})
    articles = _looked_up(arguments)
    now: list[str] = arguments.paths
    first = True
    while True:
        stamps = {file: _stamp(file) for file in articles.all_files()}
        try:
            if not check(Namespace(**{**vars(arguments), "paths": now})):
                return
            articles = articles if first else _looked_up(arguments)
        except WordishError as error:
            if first:
                raise
            say(str(error) if error.where else f"wordish: {error}")
        first = False
        stamps = {file: stamps.get(file, _stamp(file)) for file in articles.all_files()}
        say(f"wordish: watching {len(articles.files)} article{'s' * (len(articles.files) != 1)}; ^C ends")
        now = _changed(articles, stamps)
        say(f"\nwordish: changed: {', '.join(now)}")


def _looked_up(arguments: Namespace) -> _Articles:
    settings = intake.settings(arguments)
    documents, _ = intake.read(arguments, settings)
    files = {
        document.path: frozenset(
            map(
                os.path.realpath,
                (document.path, *document.included, *(step.path for step in document.sequence)),
            )
        )
        for document in documents
    }
    base = Path() if arguments.paths else settings.directory
    given = [base / path for path in arguments.paths or settings.paths]
    folders = {str(path.resolve()) for path in given if path.is_dir()}
    configuration = arguments.config or str(settings.directory / "pyproject.toml")
    return _Articles(files, frozenset(folders), os.path.realpath(configuration))


def _changed(articles: _Articles, stamps: Mapping[str, Stamp]) -> list[str]:
    """Wait until articles are to be checked again, or new ones are there: which."""
    import watchfiles

    from wordish.document import find

    known = {os.path.realpath(path) for path in articles.files}
    folders = [*_below(articles.folders), *{str(Path(file).parent) for file in articles.all_files()}]
    there = [folder for folder in dict.fromkeys(folders) if Path(folder).is_dir()]
    events = watchfiles.watch(
        *there, watch_filter=None, recursive=False, rust_timeout=_LOOK, yield_on_timeout=True,
        raise_interrupt=True,
    )  # fmt: skip
    for number, event in enumerate(events):
        now = {file: _stamp(file) for file in articles.all_files()}
        differ = {file for file, stamp in now.items() if stamp and stamp != stamps[file]}
        if articles.configuration in differ:
            return list(articles.files)
        changed = [path for path, files in articles.files.items() if files & differ and Path(path).exists()]
        if articles.folders and (event or number == 0):  # before the first, nothing was told
            new = find(sorted(articles.folders))
            changed += [os.path.relpath(path) for path in new if os.path.realpath(path) not in known]
        if changed:
            return changed
    raise KeyboardInterrupt  # the events have an end when somebody has asked for it


def _below(folders: Iterable[str]) -> Iterator[str]:
    """The folders, and those in which articles would be looked for."""
    from wordish.document import SKIPPED

    for folder in folders:
        for path, names, _ in os.walk(folder):
            names[:] = [name for name in names if not name.startswith(".") and name not in SKIPPED]
            yield path


def _stamp(file: str) -> Stamp:
    """What is another when the file was written to; ``None`` when it is not there."""
    try:
        told = Path(file).stat()
    except OSError:
        return None
    return told.st_mtime_ns, told.st_size, told.st_ino
