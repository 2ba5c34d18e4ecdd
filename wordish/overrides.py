"""Which conventions hold for which article: those of the configuration, and its overrides by path.

Patterns are those of gitignore(5), from the configuration file's folder on: ``docs/net/`` and
``docs/net/*.md`` there, ``*.md`` at any depth, ``**``, and ``!`` for what is left out again.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from wordish.model import Conventions


class Override(NamedTuple):
    """What holds for the articles that ``paths`` name, one of which may be a pattern with a ``!``."""

    paths: tuple[str, ...]
    conventions: Conventions


def conventions_of(
    path: str | os.PathLike[str],
    *,
    everywhere: Conventions,
    overrides: Iterable[Override],
    directory: Path,
) -> Conventions:
    """What holds for the article at ``path``: of several overrides that name it, the later ones win.

    The patterns start at ``directory``, and so do the articles that others come after. As with what an
    article says itself, those that are given start at the article's folder.
    """
    found, inside = everywhere, _inside(Path(path), directory)
    for override in overrides:
        if inside and _names(override.paths, inside):
            found = _merged(found, override.conventions)
    if found.options.after:
        folder = Path(path).parent
        after = tuple(os.path.relpath(directory / name, folder) for name in found.options.after)
        found = found._replace(options=found.options._replace(after=after))
    return found


def _inside(path: Path, directory: Path) -> str:
    """The article's path from the folder, "" when it is not in there. Links may lead to either."""
    for article, folder in ((path, directory), (path.parent.resolve() / path.name, directory.resolve())):
        inside = os.path.relpath(article, folder)
        if Path(inside).parts[0] != os.pardir:
            return inside
    return ""


def bad_pattern(pattern: str) -> str:
    """What is wrong with a pattern, "" when nothing is."""
    from pathspec import GitIgnoreSpec

    try:
        (parsed,) = GitIgnoreSpec.from_lines([pattern]).patterns
    except ValueError:
        return "not a pattern"
    if parsed.include is None:
        return "names no article"
    return "leads out of the folder" if ".." in pattern.split("/") else ""


def _names(patterns: Iterable[str], path: str) -> bool:
    from pathspec import GitIgnoreSpec  # 35 ms: only those who have overrides pay

    return GitIgnoreSpec.from_lines(patterns).match_file(path)


def _merged(outer: Conventions, inner: Conventions) -> Conventions:
    """``outer`` where ``inner`` says nothing."""
    from wordish.options import merge

    silent = Conventions()
    kept = (mine if mine != none else theirs for mine, none, theirs in zip(inner, silent, outer, strict=True))
    return Conventions._make(kept)._replace(
        options=merge(outer.options, inner.options),
        substitutions={**outer.substitutions, **inner.substitutions},
    )
