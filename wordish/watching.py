"""Check again what changed, each time that it is saved, until the user has seen enough.

The kernel tells when something happens in the folders of the articles; what happened is seen by looking at
the files, so that an edit during a check is not missed.
"""

from __future__ import annotations

import os
from argparse import Namespace
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from wordish import intake
from wordish.errors import MissingToolError, UsageError, WordishError
from wordish.model import Conventions
from wordish.process import say

if TYPE_CHECKING:
    from wordish.model import Document

_LOOK = 1000  # milliseconds after which the files are looked at though the kernel has told nothing

Stamp = tuple[int, int, int, int] | None


class _Articles(NamedTuple):
    """What is watched: the files that each article is read from, and the folders where new ones may come.

    ``empty`` are folders without articles, or that are gone, and paths that name nothing: it was told.
    """

    files: Mapping[str, frozenset[str]] = {}
    folders: frozenset[str] = frozenset()
    empty: frozenset[str] = frozenset()
    configuration: str = ""
    conventions_of: Callable[[str | os.PathLike[str]], Conventions] = lambda _: Conventions()

    def all_files(self) -> set[str]:
        return {self.configuration, *(file for files in self.files.values() for file in files)}

    def files_of(self, changed: Sequence[str]) -> set[str]:
        """The files that are read to check what changed; all of them for the configuration."""
        if not changed:
            return self.all_files()
        return {file for path in changed for file in self.files.get(path, ())}

    def knowing(self, changed: Iterable[str]) -> _Articles:
        """These, and what was found to be new or empty."""
        real = {path: os.path.realpath(path) for path in changed if path not in self.files}
        new = {path: frozenset({file}) for path, file in real.items() if file not in self.folders}
        empty = self.empty.union(self.folders.intersection(real.values()))
        return self._replace(files={**self.files, **new}, empty=empty)


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
    _refuse_nonsense(arguments)
    arguments = Namespace(**{**vars(arguments), "resume": True, "allow_empty": True})
    articles = _looked_up(arguments, was=_Articles())
    stamps: dict[str, Stamp] = {}
    changed: list[str] = []
    first = True
    while True:
        stamps |= {file: _stamp(file) for file in articles.files_of(changed)}
        try:
            if not check(Namespace(**{**vars(arguments), "paths": changed or arguments.paths})):
                return
            articles = articles if first else _looked_up(arguments, was=articles)
        except WordishError as error:
            if first:
                raise
            say(str(error) if error.where else f"wordish: {error}")
        first = False
        stamps = {file: stamps[file] if file in stamps else _stamp(file) for file in articles.all_files()}
        say(f"wordish: watching {len(articles.files)} article{'s' * (len(articles.files) != 1)}; ^C ends")
        changed = _changed(articles, stamps)
        articles = articles.knowing(changed)
        say(f"\nwordish: changed: {', '.join(changed) or 'the configuration'}")


def _refuse_nonsense(arguments: Namespace) -> None:
    for option, asked, what in (
        ("--format", arguments.format, "a watch reports to the terminal"),
        ("--output", arguments.output, "a watch reports to the terminal"),
        ("--shard", arguments.shard, "a watch checks what changed, not a part of all articles"),
    ):
        if asked:
            raise UsageError(what, where=f"{option} --watch", hint="leave out one of them")


def _looked_up(arguments: Namespace, *, was: _Articles) -> _Articles:
    settings = intake.settings(arguments)
    documents, refusals = intake.read(arguments, settings)
    files = {document.path: _files(document, was=was) for document in documents}
    base = Path() if arguments.paths else settings.directory
    given = [os.path.relpath(base / path) for path in arguments.paths or settings.paths]
    real = {os.path.realpath(path): path for path in given}
    folders = {file for file in real if Path(file).is_dir() or file in was.folders}
    known = set(map(os.path.realpath, files))
    files |= {path: frozenset({file}) for file, path in real.items() if file not in folders | known}
    return _Articles(
        files,
        folders=frozenset(folders),
        empty=frozenset(os.path.realpath(error.where) for error in refusals),
        configuration=os.path.realpath(arguments.config or settings.directory / "pyproject.toml"),
        conventions_of=settings.conventions_of,
    )


def _files(document: Document, *, was: _Articles) -> frozenset[str]:
    """What an article is read from; where anything is wrong or missing, as before too."""
    files = frozenset(map(os.path.realpath, (document.path, *document.sources)))
    if document.errors or not all(map(_stamp, files)):
        return files.union(was.files.get(document.path, ()))
    return files


def _changed(articles: _Articles, stamps: Mapping[str, Stamp]) -> list[str]:
    """Wait until articles are to be checked again, or new ones are there, or a folder has none any more.

    Which; it is nothing when the configuration has changed, with which anything may be different.
    """
    for anything_new in _looks(articles):
        now = {file: _stamp(file) for file in articles.all_files()}
        differ = {file for file, stamp in now.items() if stamp and stamp != stamps[file]}
        if articles.configuration in differ:
            return []
        changed = [path for path, files in articles.files.items() if files & differ and _stamp(path)]
        if anything_new:
            changed += _unknown(articles)
        if changed:
            return list(dict.fromkeys(changed))
    raise KeyboardInterrupt  # the looks have an end when somebody has asked for it


def _looks(articles: _Articles) -> Iterator[bool]:
    """Each time that the files are to be looked at: whether something may be new in the folders."""
    import watchfiles

    while True:
        there = {folder: _stamp(folder) for folder in _watched(articles)}
        if there.keys() != _watched(articles).keys():
            continue  # one came before its parent's stamp was taken, which would not tell of it
        events = watchfiles.watch(
            *there, watch_filter=None, recursive=False, rust_timeout=_LOOK, yield_on_timeout=True,
            raise_interrupt=True,
        )  # fmt: skip
        with suppress(FileNotFoundError):  # a folder that went at this moment
            for number, event in enumerate(events):
                moved = any(_stamp(folder) != stamp for folder, stamp in there.items())
                yield bool(event) or moved or number == 0  # before the first, nothing was told
                if moved:
                    break
            else:
                return


def _unknown(articles: _Articles) -> Iterator[str]:
    """The articles in the folders that are new, and the folders that have none, which was not told yet."""
    from wordish.document import find

    known = {os.path.realpath(path) for path in articles.files}
    for folder in sorted(articles.folders):
        try:
            found = find([os.path.relpath(folder)], conventions_of=articles.conventions_of)
        except WordishError:
            if folder not in articles.empty:
                yield os.path.relpath(folder)
        else:
            yield from (os.path.relpath(path) for path in found if os.path.realpath(path) not in known)


def _watched(articles: _Articles) -> dict[str, None]:
    """The folders where something may happen; for one that is gone, the next above it."""
    files = articles.all_files()
    folders = [*articles.folders, *_below(articles.folders), *map(os.path.dirname, files)]
    return dict.fromkeys(map(_nearest, folders))


def _nearest(folder: str) -> str:
    """The folder, or the next above it that is one and may be watched."""
    above = (Path(folder), *Path(folder).parents)
    return next((str(each) for each in above if os.access(each, os.R_OK) and each.is_dir()), "/")


def _below(folders: Iterable[str]) -> Iterator[str]:
    """The folders, and those in which articles would be looked for."""
    from wordish.document import SKIPPED

    for folder in folders:
        for path, names, _ in os.walk(folder):
            names[:] = [name for name in names if not name.startswith(".") and name not in SKIPPED]
            yield path


def _stamp(file: str) -> Stamp:
    """What is another when the file was written to, or may be read now; ``None`` when it is not there."""
    try:
        told = Path(file).stat()
    except OSError:
        return None
    return told.st_mtime_ns, told.st_ctime_ns, told.st_size, told.st_ino
