"""Articles as they were last read, kept in the cache: one that did not change is not read again.

Reading costs more than all else that a short article needs. What is kept is used only when nothing is
different that a reading depends on: the text, the path, the conventions, bash, this Python, the libraries
beside wordish, wordish itself. An article that includes others, or tries to, is not kept. A cache that
cannot be read or written, or that holds something else, is an empty one.
"""

from __future__ import annotations

import io
import os
import pickle
import sys
import zlib
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wordish import cachedir, model
from wordish.errors import MachineError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wordish.formats.inclusion import Load, Loaded
    from wordish.model import Conventions, Document

SLOTS, LONG_SLOTS = 8192, 16
"""How many articles are kept at most, and how many long ones; those that fall on the same one take turns."""

LONG, LONGEST = 500_000, 20_000_000
"""Characters from which an article is long, and of the longest one that is kept."""


def read(
    text: str,
    *,
    path: str,
    conventions: Conventions,
    load: Callable[[], Load],
    parse: Callable[..., Document],
) -> Document:
    """What ``parse`` says of this text, now or the last time; ``load`` gives what opens included files."""
    slot = _slot(path, len(text))
    if slot is None:
        return parse(text, path=path, conventions=conventions, load=load())
    key = (text, path, repr(conventions), _surroundings())
    document = _kept(slot, key)
    if document is not None:
        return document._replace(text=text, conventions=conventions)
    opened: list[str] = []

    def watched(name: str, by: str) -> Loaded:
        opened.append(name)
        return load()(name, by)

    document = parse(text, path=path, conventions=conventions, load=watched)
    if not opened:
        _keep(slot, key, document)
    return document


def _slot(path: str, length: int) -> Path | None:
    """The file for the article at this path; ``None`` for one that is too long, or a user without a cache."""
    if length > LONGEST:
        return None
    with suppress(MachineError):
        number = zlib.crc32(os.path.realpath(path).encode(errors="surrogateescape"))
        name = f"{number % SLOTS:04x}" if length <= LONG else f"long-{number % LONG_SLOTS:x}"
        return cachedir.root() / "readings" / name
    return None


def _kept(slot: Path, key: tuple[object, ...]) -> Document | None:
    try:
        data = slot.read_bytes()
        if int.from_bytes(data[:4], "big") != zlib.crc32(memoryview(data)[4:]):
            return None
        stream = io.BytesIO(data)  # which copies nothing
        stream.seek(4)
        known, document = _Values(stream).load()
    except Exception:  # whatever is wrong with it, the article itself is there
        return None
    return document if known == key and isinstance(document, model.Document) else None


def _keep(slot: Path, key: tuple[object, ...], document: Document) -> None:
    """Write it whole or not at all: another process may read there, or write."""
    kept = document._replace(text="", conventions=model.Conventions())
    data = pickle.dumps((key, kept), 5)
    draft = slot.with_suffix(f".{os.getpid()}")
    with suppress(OSError):
        try:
            slot.parent.mkdir(parents=True, exist_ok=True)
            with draft.open("wb") as file:
                file.write(zlib.crc32(data).to_bytes(4, "big"))
                file.write(data)
            draft.replace(slot)
        except OSError:
            draft.unlink(missing_ok=True)


class _Values(pickle.Unpickler):
    """Loads our own nouns and nothing else: a cache is no program."""

    def find_class(self, module_name: str, global_name: str, /) -> Any:
        """The class of a noun."""
        if module_name != model.__name__ or "." in global_name:
            raise pickle.UnpicklingError(f"{module_name}.{global_name} is no noun")
        return getattr(model, global_name)


@cache
def _surroundings() -> tuple[object, ...]:
    """All that a reading depends on beside the article: what stands there stands for what it says."""
    return (
        sys.version,
        *_stamps(Path(__file__).parent),
        *(_stamp(Path(entry)) for entry in sys.path if entry.endswith("-packages")),
        *(_stamp(Path(folder, "bash")) for folder in os.environ.get("PATH", os.defpath).split(os.pathsep)),
    )


def _stamps(folder: Path) -> Iterator[object]:
    """The modules of a package, as they are now."""
    with os.scandir(folder) as entries:
        for entry in sorted(entries, key=lambda entry: entry.name):
            if entry.name.endswith(".py"):
                yield entry.name, entry.stat().st_mtime_ns, entry.stat().st_size
            elif entry.is_dir() and entry.name != "__pycache__":
                yield from _stamps(Path(entry))


def _stamp(path: Path) -> object:
    with suppress(OSError):
        found = path.stat()
        return found.st_mtime_ns, found.st_size
    return None
