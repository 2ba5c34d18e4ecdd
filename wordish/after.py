"""Articles that come after others: what ``after`` names runs before, in the same shells, unseen.

The steps of the others keep their places and their own options. What cleans up at the end of one of
them would undo what it is run for: it runs last, in the other order.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from wordish import document
from wordish.errors import ArticleError
from wordish.model import Diagnostic, Document, Step

_DEEP = 50  # articles, one before the other


def read(path: str | Path | document.Found, *, conventions_of: document.ConventionsOf) -> Document:
    """The article at ``path``, with the steps of those that it comes after.

    What keeps one of these from running is in its diagnostics. Raises as `wordish.document.read`.
    """
    article = document.read(path, conventions=conventions_of(path))
    return preceded(article, conventions_of=conventions_of)


def preceded(article: Document, *, conventions_of: document.ConventionsOf) -> Document:
    """``article`` with the steps of those that it comes after; see `read`."""
    if not article.options.after:
        return article
    from wordish.options import line_of

    others: dict[str, Document] = {}
    faults: list[Diagnostic] = []

    def visit(later: Document, trail: Sequence[str]) -> None:
        """Read what ``later`` comes after, and before that what those come after; ``trail`` leads to it."""
        for name in later.options.after or ():
            path = os.path.normpath(Path(later.path).parent / name)
            real = os.path.realpath(path)
            line = line_of(later.text, "after", name)
            if real == trail[-1] and later.options.after == later.conventions.options.after:
                continue  # said of a whole folder, of which it is one
            if real in trail:
                first, *more = map(os.path.relpath, (*trail[trail.index(real) :], real))
                what = f"{first} comes after {', which comes after '.join(more)}"
                faults.append(_fault(later, line, "circular-after", what, "leave one of these out"))
            elif len(trail) > _DEEP:
                what = f"more than {_DEEP} articles, one after the other"
                faults.append(_fault(later, line, "circular-after", what, "leave some of these out"))
            elif real not in others:
                earlier = _read(path, later, line, conventions_of, faults)
                visit(earlier, (*trail, real))
                others[real] = earlier

    visit(article, (os.path.realpath(article.path),))
    faults += [fault for other in others.values() for fault in other.errors]
    parts = [_parted(other.steps) for other in others.values()]
    article = article._replace(
        sources=(
            *article.sources,
            *(path for other in others.values() for path in (other.path, *other.sources)),
        ),
        before=tuple(_hidden(step) for before, _ in parts for step in before),
        closing=tuple(_hidden(step) for _, closing in reversed(parts) for step in closing),
    )
    if any(step.options.samples for step in article.steps):
        from wordish import samples

        faults += samples.remarks(article.sequence, path=article.path, text=article.text)
    return article._replace(diagnostics=(*article.diagnostics, *dict.fromkeys(faults)))


def _read(
    path: str, later: Document, line: int, conventions_of: document.ConventionsOf, faults: list[Diagnostic]
) -> Document:
    try:
        found = document.read(path, conventions=conventions_of(path))
    except ArticleError as error:
        faults.append(_fault(later, line, "no-such-article", f"after {path}: {error.what}", error.hint))
        return Document(path=path, text="")
    if not found.steps and not found.errors:
        hint = "name one that has"
        faults.append(_fault(later, line, "no-such-article", f"after {path}: it has no session", hint))
    return found


def _parted(steps: tuple[Step, ...]) -> tuple[tuple[Step, ...], tuple[Step, ...]]:
    """The steps up to the last one that is not there for cleaning up, and the others."""
    count = len(steps)
    while count and steps[count - 1].options.cleanup:
        count -= 1
    return steps[:count], steps[count:]


def _hidden(step: Step) -> Step:
    return step._replace(options=step.options._replace(hidden=True))


def _fault(later: Document, line: int, name: str, message: str, hint: str = "") -> Diagnostic:
    return Diagnostic(path=later.path, line=line, name=name, message=message, hint=hint)
