"""Articles as they were last read, kept in the cache: one that did not change is not read again.

Reading costs more than all else that a short article needs. What is kept is used only when nothing is
different that a reading depends on: the text, the path, the conventions, bash, this Python, the libraries
beside wordish, wordish itself. An article that includes others, or tries to, is not kept. A cache that
cannot be read or written, or that holds something else, is an empty one.

A file begins with two checksums: of what follows, and of what all readings of this wordish here depend on.
"""

from __future__ import annotations

import io
import os
import pickle
import re
import sys
import time
import zlib
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

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

_DAY = 86400.0
_NAME = "(?:[0-9a-f]{4}|long-[0-9a-f])"  # of a file for an article


class Kept(NamedTuple):
    """One of them: its file, when it was used last (to a day, in seconds since 1970), its size in bytes.

    ``alien``: this wordish, as it is here, cannot use it.
    """

    path: Path
    used: float
    size: int
    alien: bool


def kept() -> list[Kept]:
    """All of them, and what processes that were killed left of one."""
    found = []
    for path in (cachedir.root() / "readings").glob("*"):
        with suppress(OSError):  # gone meanwhile
            about = path.lstat()
            draft = re.fullmatch(rf"{_NAME}\.\d+", path.name)
            if draft and about.st_mtime < time.time() - _DAY:
                found.append(Kept(path, about.st_mtime, about.st_blocks * 512, alien=True))
            elif re.fullmatch(_NAME, path.name):
                with path.open("rb") as file:
                    alien = file.read(8)[4:] != _digest()
                found.append(Kept(path, about.st_mtime, about.st_blocks * 512, alien=alien))
    return found


def read(
    text: str,
    *,
    path: str,
    conventions: Conventions,
    load: Callable[[], Load],
    parse: Callable[..., Document],
) -> Document:
    """What ``parse`` says of this text, now or the last time; ``load`` gives what opens included files."""
    if len(text) > LONG:
        _give_back()
    slot = _slot(path, len(text))
    if slot is None:
        return parse(text, path=path, conventions=conventions, load=load())
    key = (text if len(text) <= LONG else _fingerprint(text), path, repr(conventions), _surroundings())
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


@cache
def _give_back() -> None:
    """Have what this process frees of such a text go back to the system, not stay between what is in use.

    Else the GNU C library keeps blocks that are as large as one that was freed before (mallopt(3),
    M_MMAP_THRESHOLD).
    """
    with suppress(ImportError, OSError, AttributeError):  # another C library
        import ctypes  # slow to import, and short texts do without it

        ctypes.CDLL(None).mallopt(-3, LONG)


def _slot(path: str, length: int) -> Path | None:
    """The file for the article at this path; ``None`` for one that is too long, or a user without a cache."""
    if length > LONGEST:
        return None
    with suppress(MachineError):
        number = zlib.crc32(os.path.realpath(path).encode(errors="surrogateescape"))
        name = f"{number % SLOTS:04x}" if length <= LONG else f"long-{number % LONG_SLOTS:x}"
        return cachedir.root() / "readings" / name
    return None


def _fingerprint(text: str) -> bytes:
    """What stands for a long text, so that this is not kept, and held, twice."""
    from _blake2 import blake2b  # hashlib's own: that comes with OpenSSL, which takes 4 MB

    found = blake2b()
    for start in range(0, len(text), LONG):  # nor its bytes beside it
        found.update(text[start : start + LONG].encode(errors="surrogatepass"))
    return found.digest()


def _kept(slot: Path, key: tuple[object, ...]) -> Document | None:
    try:
        with slot.open("rb") as file:
            data = file.read()
            if data[:8] != zlib.crc32(memoryview(data)[8:]).to_bytes(4, "big") + _digest():
                return None
            stream = io.BytesIO(data)  # which copies nothing
            stream.seek(8)
            known, document = _Values(stream).load()
            if known != key or not isinstance(document, model.Document):
                return None
            if os.fstat(file.fileno()).st_mtime < time.time() - _DAY:
                os.utime(file.fileno())  # it is of use
    except Exception:  # whatever is wrong with it, the article itself is there
        return None
    return document


def _keep(slot: Path, key: tuple[object, ...], document: Document) -> None:
    """Write it whole or not at all: another process may read there, or write."""
    kept = document._replace(text="", conventions=model.Conventions())
    data = pickle.dumps((key, kept), 5)
    draft = slot.with_suffix(f".{os.getpid()}")
    with suppress(OSError):
        try:
            slot.parent.mkdir(mode=0o700, parents=True, exist_ok=True)  # articles may be private
            with draft.open("wb") as file:
                file.write(zlib.crc32(data).to_bytes(4, "big") + _digest())
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


@cache
def _digest() -> bytes:
    return zlib.crc32(repr(_surroundings()).encode()).to_bytes(4, "big")


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
