"""The files that articles include: found where their authors mean them, and opened."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from wordish.errors import ArticleError
from wordish.formats.inclusion import Load, Loaded
from wordish.text import text_of

_NOTHING: Mapping[str, str] = {}


def loader(article: str, *, known: Mapping[str, str] = _NOTHING) -> Load:
    """What gives the files that the article at this path includes; the ``known`` texts are not read again.

    In a project of Sphinx, one with a ``conf.py`` in a folder above, a path starts at the article, and one
    that starts with ``/`` at that folder (sphinx.environment, relfn2path). Elsewhere it starts at the file
    that says it (docutils, ``include``). Where nothing is there, the other of the two is tried.
    """
    project = _project(Path(article))

    def load(name: str, by: str) -> Loaded:
        path = _found(name, by=by, article=article, project=project)
        try:
            return Loaded(path=path, text=known[path] if path in known else text_of(Path(path)))
        except ArticleError as error:
            return Loaded(path=path, fault=error.what.removeprefix("cannot be read: "))

    return load


def nothing(name: str, by: str) -> Loaded:  # noqa: ARG001 - a `Load`
    """The `Load` of who reads a text without any files around it."""
    return Loaded(path=name, fault="no file is opened")


def _found(name: str, *, by: str, article: str, project: Path | None) -> str:
    """The path of the file that is meant, spelt like the article's."""
    if name.startswith("/"):
        return name if project is None else os.path.normpath(project / name.lstrip("/"))
    starts = (by, article) if project is None else (article, by)
    paths = [os.path.normpath(Path(start).parent / name) for start in starts]
    return next((path for path in paths if os.path.lexists(path)), paths[0])


def _project(article: Path) -> Path | None:
    """The folder of the ``conf.py`` that is next above an article, spelt as the article is."""
    here = Path.cwd() / article.parent
    for folder in (here, *here.parents):
        if (folder / "conf.py").is_file():
            return folder if article.is_absolute() else Path(os.path.relpath(folder))
    return None
