"""What a command starts from: the settings, the articles, what is wrong with them, where each runs."""

from __future__ import annotations

import os
from argparse import Namespace
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from wordish.errors import ArticleError, UsageError
from wordish.limits import Limit, Limits
from wordish.model import Severity
from wordish.process import say

if TYPE_CHECKING:
    from wordish.config import Settings
    from wordish.document import Found
    from wordish.model import Diagnostic, Document
    from wordish.runner import Job, Wish

PROMPTS = "a session starts with a prompt such as `~$ `"
"""What to try when there is no session."""


def settings(arguments: Namespace) -> Settings:
    """What the configuration in force here says; raises `wordish.errors.ConfigError`."""
    from wordish.config import load

    return load(Path(arguments.config) if arguments.config else None, directory=Path.cwd())


def read(arguments: Namespace, settings: Settings) -> tuple[list[Document], list[UsageError]]:
    """All the articles, without the warnings that are switched off, and the paths that name none.

    One that cannot be read is an article without steps, and a remark that says why.
    """
    from wordish import after
    from wordish.catalogue import told

    off = settings.ignore | {*arguments.ignore}
    documents: list[Document] = []
    paths, refusals = _found(arguments, settings)
    for path in paths:
        try:
            document = after.read(path, conventions_of=settings.conventions_of)
        except ArticleError as error:
            document = _unreadable(str(path), error)
        documents.append(document._replace(diagnostics=told(document, document.diagnostics, off=off)))
    return documents, refusals


def _found(arguments: Namespace, settings: Settings) -> tuple[Sequence[Found], list[UsageError]]:
    """The articles, and why some of the paths name none."""
    from wordish.document import find

    paths, base = (arguments.paths, Path.cwd()) if arguments.paths else (settings.paths, settings.directory)
    if not paths:
        raise UsageError(
            "which articles?", hint="name them, or set `paths` in [tool.wordish] of pyproject.toml"
        )
    try:
        return find(paths, base=base, conventions_of=settings.conventions_of), []
    except UsageError:  # all that is wrong is told at once
        refusals, good = [], []
        for path in paths:
            try:
                find([path], base=base, conventions_of=settings.conventions_of)
                good.append(path)
            except UsageError as error:
                refusals.append(error)
        return find(good, base=base, conventions_of=settings.conventions_of), refusals


def _unreadable(path: str, error: ArticleError) -> Document:
    from wordish.model import Diagnostic, Document

    fault = Diagnostic(
        path=path, line=error.line or 1, name="unreadable", message=error.what, hint=error.hint
    )
    return Document(path=path, text="", diagnostics=(fault,))


def jobs(
    arguments: Namespace,
    settings: Settings,
    *,
    warn: bool = True,
    allow_empty: bool = False,
    hear: Callable[[Diagnostic], None] = lambda _: None,
) -> list[Job] | None:
    """What is to run, ``None`` when something keeps an article from running, which is told then.

    ``hear`` is told too. Raises `wordish.errors.UsageError` when there is nothing to run, unless
    ``allow_empty``.
    """
    from wordish.runner import plan

    documents, refusals = read(arguments, settings)
    where = wish(arguments, settings, superuser=os.geteuid() == 0)
    planned, objections = plan(documents, wish=where, machines=settings.machines)
    told = [*remarks(documents), *objections]
    if complain(told, refusals, strict=arguments.strict, warn=warn, hear=hear):
        return None
    if not planned and not allow_empty:
        raise UsageError("no article has a shell session", hint=PROMPTS)
    return planned


def wish(arguments: Namespace, settings: Settings, *, superuser: bool) -> Wish:
    """Where the command line wants articles to run; ``superuser``: as for `wordish.runner.Wish`."""
    from wordish.runner import Wish

    return Wish(
        on=arguments.on,
        machine=arguments.machine,
        default_machine=settings.machine,
        as_root=arguments.as_root,
        superuser=superuser,
        containers=settings.containers,
    )


def limits(arguments: Namespace, settings: Settings) -> Limits:
    """What articles and the run may take. No article gets more than the command line names."""
    found = settings.limits
    if (seconds := arguments.article_timeout) is not None:
        found = found._replace(article=Limit(usual=seconds, most=seconds))
    if (size := arguments.output_limit) is not None:
        found = found._replace(output=Limit(usual=size, most=size))
    return found._replace(run=arguments.run_timeout or found.run)


def remarks(documents: Iterable[Document]) -> Iterator[Diagnostic]:
    """All that there is to say about the articles."""
    return (remark for document in documents for remark in document.diagnostics)


def complain(
    remarks: Iterable[Diagnostic],
    refusals: Iterable[UsageError] = (),
    *,
    strict: bool = False,
    warn: bool = True,
    hear: Callable[[Diagnostic], None] = lambda _: None,
) -> bool:
    """Tell in order, each once, what is wrong; whether it is serious, as with ``strict`` all of it is.

    ``hear`` gets the remarks that are told, serious ones as errors.
    """
    lines: dict[tuple[str, int, str], Diagnostic | None]
    lines = {(error.where, 0, str(error)): None for error in refusals}
    serious = bool(lines)
    for remark in remarks:
        error = strict or remark.severity == "error"
        if error or warn:
            text = remark if error else remark._replace(message=f"warning: {remark.message}")
            lines[remark.path, remark.line, str(text)] = remark._replace(
                severity=Severity.ERROR if error else Severity.WARNING
            )
            serious |= error
    for place in sorted(lines):
        say(place[-1])
        if remark_there := lines[place]:
            hear(remark_there)
    return serious
