"""Find articles, and read a path into a Document."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from wordish import options as words
from wordish import prompts, session
from wordish.errors import ArticleError, UsageError
from wordish.formats import FORMATS, Format
from wordish.formats.reading import Reading
from wordish.model import Block, Conventions, Diagnostic, Document, Severity, Step
from wordish.pattern import regex_errors
from wordish.unread import unread

# Directories that hold what was built or installed, not written. Hidden ones are skipped too.
SKIPPED = frozenset({"_build", "node_modules", "__pycache__", "site-packages", "venv"})


_NONE = Conventions()


class Found(NamedTuple):
    """The path of an article, and whether it was named itself, not found in a directory."""

    path: Path
    named: bool

    def __fspath__(self) -> str:
        return str(self.path)

    def __str__(self) -> str:
        return str(self.path)


def find(paths: Iterable[str | Path], *, base: Path | None = None) -> tuple[Found, ...]:
    """The articles that ``paths`` name, each once: files as they are, directories searched.

    Relative paths start at ``base`` (default: the current directory); the result can be opened from
    the current directory, and is spelt as it was given. A directory gives, sorted, the files below it
    that a format claims by suffix; a ``.txt`` there counts only when it shows a prompt. Links to
    directories are not followed. Raises `UsageError` for a path that is empty or not there, and for a
    directory without articles.
    """
    articles: dict[str, Found] = {}
    for given in paths:
        if not str(given):
            raise UsageError("an empty path", where="''", hint="say `.` for the current directory")
        path = _from_here(Path(given), base)
        if not path.exists():
            raise UsageError("no such file or directory", where=str(path), hint="check the spelling")
        below = sorted(_walk(path)) if path.is_dir() else [path]
        if not below:
            raise UsageError(
                "no articles in this directory",
                where=str(path),
                hint=f"articles end in {', '.join(sorted(_suffixes()))}",
            )
        for article in below:
            real, named = os.path.realpath(article), article is path
            if real not in articles or (named and not articles[real].named):
                articles[real] = Found(path=articles[real].path if real in articles else article, named=named)
    return tuple(articles.values())


def read(path: str | Path | Found, *, conventions: Conventions = _NONE) -> Document:
    """The article at ``path``, read whole; what its author did wrong is in ``Document.diagnostics``, by line.

    One that was named and has no session is told so: a directory may hold prose, a wish is for something.

    Raises `ArticleError` when there is no such file, or it cannot be opened, or is not text in UTF-8, and
    `MissingToolError` when bash is needed to tell where a command ends and is not installed.
    """
    article = parse(_text(Path(path)), path=str(path), conventions=conventions)
    if article.steps or article.errors or not (isinstance(path, Found) and path.named):
        return article
    nothing = Diagnostic(
        path=article.path,
        line=1,
        severity=Severity.WARNING,
        name="no-session",
        message="no session found",
        hint="a session starts with a prompt such as `~$ `",
    )
    return article._replace(diagnostics=_sorted([*article.diagnostics, nothing]))


def parse(text: str, *, path: str, conventions: Conventions = _NONE) -> Document:
    """The article whose file at ``path`` would hold ``text``. Nothing is opened."""
    prepared = text.removeprefix("\ufeff").replace("\r\n", "\n")
    reading = _reading(prepared, path=path)
    steps: list[Step] = []
    remarks: list[Diagnostic] = []
    article = words.merge(conventions.options, reading.options)
    for block in reading.blocks:
        more, faults = session.steps(block, outer=article)
        steps += more
        remarks += faults
    remarks += [fault for step in steps for fault in _bad_patterns(step)]
    owned = _owned(steps)
    remarks += [
        told for told in reading.diagnostics if told.line not in owned or told.name != "stray-comment"
    ]
    remarks += unread(prepared.split("\n"), reading, owned, path=path)
    return Document(
        path=path,
        text=text,
        steps=tuple(steps),
        options=article,
        diagnostics=_sorted(remarks),
        conventions=conventions,
    )


def blocks(document: Document) -> tuple[Block, ...]:
    """The blocks of an article, in whatever language."""
    prepared = document.text.removeprefix("\ufeff").replace("\r\n", "\n")
    return _reading(prepared, path=document.path).blocks


def _bad_patterns(step: Step) -> Iterator[Diagnostic]:
    """What is no regular expression where the author said that it is one."""
    expectation = step.expectation
    if expectation.match == "regex" and expectation.lines:
        for index, message in regex_errors(expectation.text):
            yield Diagnostic(
                path=step.path,
                line=expectation.lines[0] + index,
                name="bad-pattern",
                message=f"not a regular expression: {message}",
                hint="see RE2's syntax, or say match=ellipsis",
            )


def _owned(steps: Iterable[Step]) -> set[int]:
    """The lines of commands and of what they promise."""
    owned: set[int] = set()
    for step in steps:
        owned.update(range(step.line, step.end_line + 1))
        if step.expectation.lines:
            first, last = step.expectation.lines
            owned.update(range(first, last + 1))
    return owned


def _reading(text: str, *, path: str) -> Reading:
    """What the first format that finds a session finds, of those that claim this suffix."""
    readings = [form.read(text, path=path) for form in _formats(path)[:1]]
    if any(map(session.has_prompt, readings[0].blocks)):
        return readings[0]
    for form in _formats(path)[1:]:
        reading = form.read(text, path=path)
        if any(map(session.has_prompt, reading.blocks)):
            return reading
    return readings[0]


def _formats(path: str) -> list[Format]:
    """The formats that claim this suffix; for a suffix that none claims, those of plain text."""
    suffix = Path(path).suffix.lower()
    return [form for form in FORMATS.values() if suffix in form.SUFFIXES] or _formats("article.txt")


def _suffixes() -> set[str]:
    return {suffix for form in FORMATS.values() for suffix in form.SUFFIXES}


def _sorted(remarks: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    return tuple(sorted(set(remarks), key=lambda remark: (remark.line, remark.severity, remark.message)))


def _from_here(path: Path, base: Path | None) -> Path:
    if base is None or path.is_absolute():
        return path
    return Path(os.path.relpath(base / path)) if base.resolve() != Path.cwd() else path


def _walk(directory: Path) -> Iterator[Path]:
    for folder, names, files in os.walk(directory):
        names[:] = [name for name in names if not _is_skipped(Path(folder, name))]
        for name in files:
            path = Path(folder, name)
            if path.suffix.lower() in _suffixes() and not name.startswith(".") and _is_article(path):
                yield path


def _is_skipped(directory: Path) -> bool:
    name = directory.name
    return name in SKIPPED or name.startswith(".") or (directory / "pyvenv.cfg").exists()


def _is_article(path: Path) -> bool:
    """Whether a file of a directory is meant: of plain text there are many kinds."""
    if path.suffix.lower() != ".txt":
        return path.is_file()
    try:
        text = _text(path)
    except ArticleError:
        return False
    found = (prompts.match(line.strip()) for line in text.split("\n"))
    return any(prompted is not None and prompted.rest.strip() for prompted in found)


def _text(path: Path) -> str:
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise ArticleError("not a file", where=str(path), hint="give articles or directories")
        data = path.read_bytes()
    except OSError as error:
        raise ArticleError(f"cannot be read: {error.strerror}", where=str(path)) from error
    if (at := data.find(0)) >= 0:
        line, what = data.count(10, 0, at) + 1, f"not a text: a NUL byte at offset {at}"
        raise ArticleError(what, where=str(path), line=line, hint="leave this file out")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(10, 0, error.start) + 1
        what = f"not UTF-8: byte 0x{data[error.start]:02x} at offset {error.start}"
        raise ArticleError(what, where=str(path), line=line, hint="save it as UTF-8") from error
