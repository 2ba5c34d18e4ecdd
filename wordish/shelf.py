"""The folders with the checkpoints of articles, one for each article in each machine: which stay.

All together they take at most `BUDGET` bytes; those of the article that was not checked for the longest time
go first. What they are is the business of `wordish.checkpoints`.
"""

from __future__ import annotations

import json
import shutil
import time
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple

from filelock import FileLock

from wordish import __version__
from wordish.cachedir import root
from wordish.machine import cache, qemu

BUDGET: Final = 2 << 30
"""Bytes of all checkpoints."""

FORGOTTEN: Final = 30 * 86400.0
"""Seconds after which nobody will go on from there."""

_TAKEN_OVER: Final = 86400.0  # seconds without use after which those of another wordish go by themselves
_FOLDER: Final = "checkpoints"


class Kept(NamedTuple):
    """The checkpoints of one article: when it was checked last (seconds since 1970), and their bytes.

    ``why`` nobody can go on from them, "" when somebody may.
    """

    folder: Path
    article: str
    machine: str
    template: Path
    used: float
    size: int
    why: str


def lock(folder: Path) -> FileLock:
    """What is held by who is at the checkpoints in this folder."""
    return FileLock(folder.with_name(f"{folder.name}.lock"))


def place(article: str, made: qemu.Template) -> Path:
    """The folder for an article (its real path) in the machines of a template.

    Raises `OSError` when the template is not there.
    """
    return root() / _FOLDER / _key(article, made.path)


def _key(article: str, template: Path) -> str:
    return cache.key([article, template.name, qemu.identity(template), __version__])


def mark(folder: Path, article: str, made: qemu.Template) -> None:
    """Say what is in a folder, and that it is of use now."""
    about = {"article": article, "machine": made.machine.name, "template": str(made.path)}
    (folder / "about").write_text(json.dumps(about), encoding="ascii")


def kept() -> list[Kept]:
    """Those of all articles, the one checked last at the end."""
    found = []
    for folder in (root() / _FOLDER).glob("[0-9a-f]" * 16):
        with suppress(OSError):  # gone meanwhile
            about = folder / "about"
            used = (about if about.exists() else folder).stat().st_mtime
            told = _told(about)
            article, template = told.get("article", "?"), Path(told.get("template", "nowhere"))
            found.append(
                Kept(
                    folder=folder, article=article, machine=told.get("machine", ""), template=template,
                    used=used, size=cache.size(folder), why=_useless(folder, article, template),
                )
            )  # fmt: skip
    return sorted(found, key=lambda each: each.used)


def _told(about: Path) -> dict[str, str]:
    with suppress(OSError, ValueError, AttributeError):
        return {str(key): str(value) for key, value in json.loads(about.read_bytes()).items()}
    return {}


_GONE = ("damaged", "the article is gone", "the template is gone")


def _useless(folder: Path, article: str, template: Path) -> str:
    damaged, no_article, no_template = _GONE
    if article == "?":
        return damaged
    if not Path(article).exists():
        return no_article
    try:
        same = _key(article, template) == folder.name
    except OSError:
        return no_template
    return "" if same else "of another wordish, or of a template that was made again"


def discard(folder: Path, *, really: bool = True) -> bool:
    """Remove an article's checkpoints, unless somebody is at them; ``really``: or else only tell."""
    with suppress(OSError), lock(folder).acquire(timeout=0):  # filelock's Timeout is an OSError
        if really:
            shutil.rmtree(folder, ignore_errors=True)
        return True
    return False


def forget(machine: str = "") -> int:
    """Forget the checkpoints of a machine, or all: the bytes that are free now."""
    chosen = (each for each in kept() if machine in ("", each.machine))
    return sum(each.size for each in chosen if discard(each.folder))


def forget_article(article: str) -> None:
    """Forget the checkpoints of an article (its real path) in all machines."""
    for each in kept():
        if each.article == article:
            discard(each.folder)


def tidy() -> None:
    """Forget what is of no use any more, and what was not used for the longest time beyond the budget.

    Two versions of wordish that take turns leave each other's alone.
    """
    stays = []
    for each in kept():
        idle = time.time() - each.used
        if each.why in _GONE or idle > (_TAKEN_OVER if each.why else FORGOTTEN):
            discard(each.folder)
        else:
            stays.append(each)
    total = sum(each.size for each in stays)
    for each in stays:
        if total > BUDGET and discard(each.folder):
            total -= each.size
