"""An update, given back to the files of an article."""

from __future__ import annotations

from typing import TextIO

from wordish.destination import overwrite
from wordish.model import Document
from wordish.update import Update, patch


def give_back(
    document: Document, new: Update, written: dict[str, str], *, diff: TextIO | None = None
) -> list[str]:
    """Give an article's files their new texts, or print on ``diff`` what would change.

    ``written`` are the texts that files were given before, by path, and is added to: a file that two articles
    include is written once. The paths of those that would have needed two different texts are returned.
    Raises as `wordish.destination.overwrite`.
    """
    rivals = []
    before = {**document.included, document.path: document.text}
    for path, text in {document.path: new.text, **new.included}.items():
        if text in (before[path], written.get(path)):
            continue
        if path in written:
            rivals.append(path)
            continue
        if diff:
            diff.write(patch(path, before[path], text))
        else:
            overwrite(path, text, was=before[path])
        written[path] = text
    return rivals
