"""What of the cache is of no use any more: old templates, forgotten images, more than there is room for.

What is in use, or being made, is never touched. What is removed can be made again.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from wordish.machine import cache, image
from wordish.model import Machine

FORGOTTEN = 30 * 86400.0
"""Seconds without use after which an image goes that the configuration at hand does not describe."""

SUPERSEDED = 86400.0
"""Seconds without use after which a template goes by itself when a later one has taken its place.

Not at once: two versions of wordish, or of QEMU, that take turns would make theirs anew each time.
"""


class Waste(NamedTuple):
    """An entry to remove, and why: ``what`` it is, in words, and its ``size`` in bytes.

    ``busy``: somebody uses it, so it stays.
    """

    path: Path
    what: str
    why: str
    size: int
    busy: bool = False


class _Entry(NamedTuple):
    """An image or a template: ``about`` is what its file says, empty when that cannot be read."""

    path: Path
    about: dict[str, Any]
    used: float
    size: int

    @property
    def is_image(self) -> bool:
        return self.path.parent.name == "images"

    @property
    def what(self) -> str:
        kind = "image" if self.is_image else "template"
        return f"{kind} of {self.about.get('name', 'an unknown machine')} ({self.path.name})"

    @property
    def image(self) -> str:
        """The key of its image."""
        return self.path.name.split("-")[0]


def waste(machines: Iterable[Machine], *, keep: int | None = None) -> Iterator[Waste]:
    """What to remove, in order, when ``machines`` are described here; at most ``keep`` bytes stay.

    A template goes when its image does.
    """
    here = {image.path_of(machine).name for machine in machines}
    entries = [*_entries("images"), *_entries("templates")]
    going: dict[Path, str] = {}
    now = time.time()
    for entry in entries:
        if why := _useless(entry, entries, here, now):
            going[entry.path] = why
    if keep is not None:
        # What was used last stays longest, and what is described here longer than the rest.
        def worth(entry: _Entry) -> tuple[bool, float, bool]:
            with_it = [other.used for other in entries if entry.is_image and other.image == entry.image]
            return entry.image in here, max([entry.used, *with_it]), entry.is_image

        rest = sorted(entries, key=worth)
        left = sum(entry.size for entry in _staying(entries, going))
        for entry in rest:
            if left > keep and entry.path not in going and not _busy(entry, entries):
                going[entry.path] = "more than there is room for"
                left = sum(other.size for other in _staying(entries, going))
    gone = {entry.image for entry in entries if entry.is_image and entry.path in going}
    for entry in [each for each in entries if not each.is_image] + [
        each for each in entries if each.is_image
    ]:
        why = going.get(entry.path) or ("its image goes" if entry.image in gone else "")
        if why:
            yield Waste(entry.path, entry.what, why, entry.size, busy=_busy(entry, entries))


def entries() -> list[Path]:
    """All images and templates."""
    return [*cache.entries("images"), *cache.entries("templates")]


def collect(made: Path) -> None:
    """Remove the templates in whose place ``made`` is now, when they were not used for a while."""
    entries = [entry for entry in _entries("templates") if entry.image == made.name.split("-")[0]]
    own = next((entry for entry in entries if entry.path == made), None)
    for entry in entries:
        old = entry.used < time.time() - SUPERSEDED
        if own and entry.path != made and old and _same(entry, own):
            cache.discard(entry.path)


def _entries(folder: str) -> list[_Entry]:
    found = []
    for path in cache.entries(folder):
        about: Any = {}
        with suppress(OSError, ValueError):
            about = json.loads((path / f"{folder.removesuffix('s')}.json").read_text(encoding="utf-8"))
        about = about if isinstance(about, dict) else {}
        found.append(_Entry(path, about, cache.last_used(path), cache.size(path)))
    return found


def _useless(entry: _Entry, entries: list[_Entry], here: set[str], now: float) -> str:
    """Why nobody will miss it, "" when somebody might."""
    if not cache.whole(entry.path):
        return "damaged, or of an older wordish"
    if entry.is_image:
        if not image.is_current(entry.about):
            return "no machine of this wordish"
        idle = int((now - entry.used) / 86400)
        forgotten = entry.path.name not in here and now - entry.used > FORGOTTEN
        return f"not described here, and not used for {idle} days" if forgotten else ""
    if not any(other.is_image and other.image == entry.image for other in entries):
        return "its image is gone"
    later = any(
        not other.is_image and _same(entry, other) and _made(other) > _made(entry) for other in entries
    )
    return "another has taken its place" if later else ""


def _same(one: _Entry, other: _Entry) -> bool:
    """Whether two templates are of the same machine, made by other programs; older ones do not say."""
    kept = ("memory", "disk", "network", "aslr", "accelerator")
    alike = all(one.about.get(name, False) == other.about.get(name, False) for name in kept)
    return one.image == other.image and (alike or not one.about)


def _made(entry: _Entry) -> float:
    with suppress(OSError):
        return (entry.path / "template.json").stat().st_mtime
    return 0.0


def _staying(entries: list[_Entry], going: dict[Path, str]) -> list[_Entry]:
    gone = {entry.image for entry in entries if entry.is_image and entry.path in going}
    return [entry for entry in entries if entry.path not in going and entry.image not in gone]


def _busy(entry: _Entry, entries: list[_Entry]) -> bool:
    """Whether somebody uses it, or for an image one of its templates."""
    with_it = [entry, *(other for other in entries if entry.is_image and other.image == entry.image)]
    return not all(cache.discard(each.path, really=False) for each in with_it)
