"""Find articles, and read a path into a Document.

What reads is imported where it is needed: an article that was read before is not read again.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from wordish import readings
from wordish.errors import ArticleError, UsageError
from wordish.model import Block, Conventions, Diagnostic, Document, Options, Scope, Severity, Step
from wordish.text import text_of

if TYPE_CHECKING:
    from wordish.formats import Format
    from wordish.formats.inclusion import Load, Loaded
    from wordish.formats.reading import Reading

# Directories that hold what was built or installed, not written. Hidden ones are skipped too.
SKIPPED = frozenset({"_build", "node_modules", "__pycache__", "site-packages", "venv"})


_NONE = Conventions()

ConventionsOf = Callable[[str | os.PathLike[str]], Conventions]
"""What holds for the article at a path."""


class Found(NamedTuple):
    """The path of an article, and whether it was named itself, not found in a directory."""

    path: Path
    named: bool

    def __fspath__(self) -> str:
        return str(self.path)

    def __str__(self) -> str:
        return str(self.path)


def find(
    paths: Iterable[str | Path], *, base: Path | None = None, conventions_of: ConventionsOf = lambda _: _NONE
) -> tuple[Found, ...]:
    """The articles that ``paths`` name, each once: files as they are, directories searched.

    Relative paths start at ``base`` (default: the current directory); the result can be opened from
    the current directory, and is spelt as it was given. A directory gives, sorted, the files below it
    that a format claims by suffix; a ``.txt`` there counts only when it shows a prompt or speaks to wordish.
    Links to directories are not followed. Raises `UsageError` for a path that is empty or not there, and for
    a directory without articles, `ArticleError` for a directory that cannot be searched.
    """
    articles: dict[str, Found] = {}
    for given in paths:
        if not str(given):
            raise UsageError("an empty path", where="''", hint="say `.` for the current directory")
        path = _from_here(Path(given), base)
        if not path.exists():
            raise UsageError("no such file or directory", where=str(path), hint="check the spelling")
        below = sorted(_walk(path, conventions_of)) if path.is_dir() else [path]
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
    article = readings.read(
        text_of(Path(path)),
        path=str(path),
        conventions=conventions,
        load=lambda: _loader(str(path)),
        parse=parse,
    )
    if article.steps or article.errors or not (isinstance(path, Found) and path.named):
        return article
    none = Diagnostic(
        path=article.path,
        line=1,
        severity=Severity.WARNING,
        name="no-session",
        message="no session found",
        hint="a session starts with a prompt such as `~$ `",
    )
    return article._replace(diagnostics=_sorted([*article.diagnostics, none], article.path))


def _loader(path: str) -> Load:
    from wordish.sources import loader

    return loader(path)


def parse(text: str, *, path: str, conventions: Conventions = _NONE, load: Load | None = None) -> Document:
    """The article whose file at ``path`` would hold ``text``. Nothing is opened but what ``load`` opens."""
    from wordish import blocks, session
    from wordish import options as words
    from wordish.unread import unread

    sources: list[str] = []
    load = load and _noting(load, sources)
    reading = reading_of(text, path=path, conventions=conventions, load=load)
    steps: list[Step] = []
    remarks: list[Diagnostic] = []
    errors: list[Diagnostic] = []
    article = words.merge(conventions.options, reading.options)
    if sampled := article.samples or any(block.options.samples for block in reading.blocks):
        article, reading, remarks = _looked_up(
            article, reading, conventions=conventions, path=path, text=text
        )
    for block in reading.blocks:
        more, faults = blocks.steps(block, outer=article, substitutions=conventions.substitutions)
        scopes = scopes_of(block, article, path=path)
        steps += [step._replace(scopes=scopes) for step in more] if scopes else more
        remarks += faults
        errors += [told for told in faults if told.severity is Severity.ERROR]
        if len(errors) >= session.MOST_ERRORS:
            remarks.append(_too_many(errors))
            break
    if sampled:
        from wordish import samples

        steps = samples.carried(steps)
        remarks += [] if article.after else samples.remarks(steps, path=path, text=text)
    remarks += [fault for step in steps for fault in _bad_patterns(step)]
    owned = lines_of(steps)
    remarks += [
        told
        for told in reading.diagnostics
        if told.name != "stray-comment" or (told.path, told.line) not in owned
    ]
    remarks += unread(text, reading, owned, path=path, article=article)
    return Document(
        path=path,
        text=text,
        steps=tuple(steps),
        options=article,
        diagnostics=_sorted(remarks, path),
        included={part.path: part.text for part in reading.parts},
        sources=tuple(dict.fromkeys(sources)),
        conventions=conventions,
    )


def _noting(load: Load, sources: list[str]) -> Load:
    """``load``, which notes the path of each file that it is asked for."""

    def noted(name: str, by: str) -> Loaded:
        loaded = load(name, by)
        sources.append(loaded.path)
        return loaded

    return noted


def _looked_up(
    article: Options, reading: Reading, *, conventions: Conventions, path: str, text: str
) -> tuple[Options, Reading, list[Diagnostic]]:
    """The article's options and what was read, with the patterns of samples; what is wrong with some."""
    from wordish import samples  # few articles have any

    article, faults = samples.resolved(article, conventions.like, path=path, line=1, text=text)
    found = []
    left = samples.MOST - len(article.samples or ())
    for block in reading.blocks:
        options, more = samples.resolved(
            block.options, conventions.like, path=block.path, line=block.line, text=text, left=left
        )
        left -= len(options.samples or ())
        found.append(block._replace(options=options))
        faults += more
    return article, reading._replace(blocks=tuple(found)), faults


def blocks_of(document: Document) -> tuple[Block, ...]:
    """The blocks of an article's own file, in whatever language."""
    return reading_of(document.text, path=document.path, conventions=document.conventions).blocks


def reading_of(
    text: str, *, path: str, conventions: Conventions = _NONE, load: Load | None = None
) -> Reading:
    """What the first format that finds a session finds, of those that claim this suffix; as `parse`."""
    from wordish import options as words
    from wordish import session
    from wordish.formats.reading import Reading, prepared
    from wordish.sources import nothing

    load, first = load or nothing, None
    for form in _formats(path):
        reading = form.read(prepared(text), path=path, load=load, outer=conventions.options)
        article = words.merge(conventions.options, reading.options)
        if any(session.has_prompt(block, outer=article) for block in reading.blocks):
            return reading
        first = first or reading
    return first or Reading()


def _too_many(errors: Sequence[Diagnostic]) -> Diagnostic:
    """The error that nothing is read below the last of so many others."""
    return Diagnostic(
        path=errors[-1].path,
        line=errors[-1].line,
        name="too-many-errors",
        message=f"these are {len(errors)} errors, and what stands below is not read",
        hint="mend them first",
    )


def scopes_of(block: Block, article: Options, *, path: str) -> tuple[Scope, ...]:
    """What surrounds the steps of a block: what the article at ``path`` says, and what is said of it."""
    return tuple(
        Scope(
            path=where,
            line=line,
            cwd=said.cwd or "",
            env=said.env or (),
            needs=said.needs or (),
            skip_if=said.skip_if or "",
        )
        for where, line, said in ((path, 0, article), (block.path, block.line, block.options))
        if said.cwd or said.env or said.needs or said.skip_if
    )


def _bad_patterns(step: Step) -> Iterator[Diagnostic]:
    """What is no regular expression where the author said that it is one."""
    expectation = step.expectation
    if expectation.match == "regex" and expectation.lines:
        from wordish.pattern import regex_errors

        for index, message in regex_errors(expectation.text):
            yield Diagnostic(
                path=step.path,
                line=expectation.lines[0] + index,
                name="bad-pattern",
                message=f"not a regular expression: {message}",
                hint="see RE2's syntax, or say match=ellipsis",
            )


def lines_of(steps: Iterable[Step]) -> set[tuple[str, int]]:
    """The paths and lines of commands and of what they promise."""
    owned: set[tuple[str, int]] = set()
    for step in steps:
        first, last = step.expectation.lines or (1, 0)
        for number in (*range(step.line, step.end_line + 1), *range(first, last + 1)):
            owned.add((step.path, number))
    return owned


def _formats(path: str) -> list[Format]:
    """The formats that claim this suffix; for a suffix that none claims, those of plain text."""
    from wordish.formats import FORMATS

    suffix = Path(path).suffix.lower()
    return [form for form in FORMATS.values() if suffix in form.SUFFIXES] or _formats("article.txt")


def _suffixes() -> set[str]:
    from wordish.formats import FORMATS

    return {suffix for form in FORMATS.values() for suffix in form.SUFFIXES}


def _sorted(remarks: Iterable[Diagnostic], path: str) -> tuple[Diagnostic, ...]:
    """The remarks, each once: those on the article itself, by line, before those on what it includes."""
    return tuple(
        sorted(
            set(remarks),
            key=lambda told: (told.path != path, told.path, told.line, told.severity, told.message),
        )
    )


def _from_here(path: Path, base: Path | None) -> Path:
    if base is None or path.is_absolute():
        return path
    return Path(os.path.relpath(base / path)) if base.resolve() != Path.cwd() else path


def _walk(directory: Path, conventions_of: ConventionsOf) -> Iterator[Path]:
    suffixes = _suffixes()
    for folder, names, files in os.walk(directory, onerror=_refuse):
        names[:] = [name for name in names if not _is_skipped(Path(folder, name))]
        for name in files:
            path = Path(folder, name)
            if (
                path.suffix.lower() in suffixes
                and not name.startswith(".")
                and _is_article(path, conventions_of)
            ):
                yield path


def _refuse(error: OSError) -> None:
    """What cannot be searched may hold articles."""
    what, hint = f"cannot be searched: {error.strerror}", "check its permissions, or name the articles"
    raise ArticleError(what, where=str(error.filename), hint=hint) from error


def _is_skipped(directory: Path) -> bool:
    name = directory.name
    return name in SKIPPED or name.startswith(".") or os.access(directory / "pyvenv.cfg", os.F_OK)


def _is_article(path: Path, conventions_of: ConventionsOf) -> bool:
    """Whether a file of a directory is meant: of plain text there are many kinds.

    One that cannot be looked at is: its reader tells why.
    """
    try:
        if path.suffix.lower() != ".txt" or not path.is_file():
            return path.is_file()
        text = path.read_bytes().decode(errors="replace")
    except OSError:
        return True
    from wordish import prompts

    own = prompts.own(conventions_of(path).options)
    found = (prompts.match(line.strip(), own=own) for line in text.split("\n"))
    shown = any(prompted is not None and prompted.rest.strip() for prompted in found)
    return shown or bool(_SPEAKS.search(text))


_SPEAKS = re.compile(r"\bwordish\s*:")
