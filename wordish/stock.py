"""All that is kept in the cache, and what of it goes: one list, and one budget for everything.

What costs least to be made again goes first: checkpoints and readings, those that were not used for the
longest time before the others; then templates and images (see `wordish.machine.prune`). What is in use, or
being made, is never touched.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

from wordish import readings, shelf
from wordish.machine import cache, prune
from wordish.model import Machine


class Item(NamedTuple):
    """Something that is kept: ``what``, in words, ``why`` it goes, "" when it stays, its ``size`` in bytes.

    ``kind`` is ``image``, ``template``, ``checkpoints`` or ``readings``. ``busy``: somebody uses it, so it
    stays. ``discard`` removes it, and says whether it did.
    """

    kind: str
    what: str
    why: str
    size: int
    busy: bool
    discard: Callable[[], bool]

    @property
    def stays(self) -> bool:
        """Whether it is there afterwards."""
        return self.busy or not self.why


class _Small(NamedTuple):
    """Checkpoints or a reading: ``used`` is when that was last, in seconds since 1970."""

    used: float
    item: Item


def items(machines: Iterable[Machine], *, keep: int | None = None) -> Iterator[Item]:
    """All of it, when ``machines`` are described here and at most ``keep`` bytes are to stay.

    What goes first comes first.
    """
    machines = list(machines)
    wastes = list(prune.waste(machines))
    going = {waste.path: waste for waste in wastes if not waste.busy}
    small = sorted([*_checkpoints({*going}), *_readings()], key=lambda each: each.used)
    large = {path: cache.size(path) for path in prune.entries()}
    if keep is not None:
        left = sum(each.item.size for each in small if each.item.stays)
        left += sum(size for path, size in large.items() if path not in going)
        for number, each in enumerate(small):
            if left > keep and each.item.stays and not each.item.busy:
                small[number] = each._replace(item=each.item._replace(why="more than there is room for"))
                left -= each.item.size
        rest = sum(each.item.size for each in small if each.item.stays)
        wastes = list(prune.waste(machines, keep=max(0, keep - rest)))
    yield from (each.item for each in small)
    for waste in wastes:
        large.pop(waste.path, None)
        discard = partial(cache.discard, waste.path)
        yield Item(_kind(waste.path), waste.what, waste.why, waste.size, waste.busy, discard)
    for path, size in large.items():
        yield Item(_kind(path), path.name, "", size, busy=False, discard=partial(cache.discard, path))


def _kind(path: Path) -> str:
    return path.parent.name.removesuffix("s")


def _checkpoints(templates: set[Path]) -> Iterator[_Small]:
    for each in shelf.kept():
        why = each.why or ("its template goes" if each.template in templates else "") or _idle(each.used)
        what = f"checkpoints of {each.article} ({each.folder.name})"
        busy = not shelf.discard(each.folder, really=False)
        discard = partial(shelf.discard, each.folder)
        yield _Small(each.used, Item("checkpoints", what, why, each.size, busy, discard))


def _readings() -> Iterator[_Small]:
    for each in readings.kept():
        why = "of another wordish or Python" if each.alien else _idle(each.used)
        discard = partial(_removed, each.path)
        yield _Small(each.used, Item("readings", "readings", why, each.size, busy=False, discard=discard))


def _idle(used: float) -> str:
    idle = time.time() - used > shelf.FORGOTTEN
    return f"not used for {shelf.FORGOTTEN / 86400:.0f} days" if idle else ""


def _removed(path: Path) -> bool:
    path.unlink(missing_ok=True)
    return True


def clear(items: Iterable[Item], *, dry_run: bool) -> Iterator[str]:
    """Remove what goes, or with ``dry_run`` nothing: lines that say what, why, and what stays."""
    freed = 0
    stay: dict[str, list[int]] = {kind: [] for kind in _COUNTED}
    alike: dict[str, list[int]] = {}  # readings are many: those of one reason are told in one line
    for item in items:
        if item.why:
            gone = not item.busy and (dry_run or item.discard())
            done = ("would be removed" if dry_run else "removed") if gone else "in use, stays"
            if item.kind == "readings":
                alike.setdefault(f"{item.why}: {done}", []).append(item.size)
            else:
                yield f"{item.what}: {_mb(item.size)}, {item.why}: {done}\n"
        if item.why and gone:
            freed += item.size
        else:
            stay[item.kind].append(item.size)
    for told, sizes in alike.items():
        yield f"{_count('readings', len(sizes))}: {_mb(sum(sizes))}, {told}\n"
    kinds = [f"{_count(kind, len(sizes))} {_mb(sum(sizes))}" for kind, sizes in stay.items() if sizes]
    total = sum(map(sum, stay.values()))
    left = f"{_mb(total)} stay: {', '.join(kinds)}" if kinds else "nothing stays"
    yield f"{_mb(freed)} {'to be freed' if dry_run else 'freed'}, {left}\n"


_COUNTED = {
    "image": ("image", "images"),
    "template": ("template", "templates"),
    "checkpoints": ("article with checkpoints", "articles with checkpoints"),
    "readings": ("article as it was read", "articles as they were read"),
}


def _count(kind: str, number: int) -> str:
    one, many = _COUNTED[kind]
    return f"{number} {one if number == 1 else many}"


def _mb(size: int) -> str:
    return f"{size / 1e6:.0f} MB"
