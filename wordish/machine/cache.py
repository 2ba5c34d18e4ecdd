"""Where images and templates are kept: one directory each, named by a hash of what made it.

An entry is complete or absent: it is made under another name, and renamed when it is whole. One
process makes it, whoever else wants it waits; what a killed maker left is removed by the next. It says
itself how long its files are (``sizes.json``), so that one which a full disk or a crash has cut short is
found out and made again.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import re
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from wordish.cachedir import root

_PARTIAL = ".partial-"
_SIZES = "sizes.json"
_FOLDERS = ("images", "templates", "checkpoints")
_NAME = r"[0-9a-f]{16}(?:-[0-9a-f]{16})?"


def key(description: object) -> str:
    """Sixteen hexadecimal digits that stand for ``description`` (anything JSON can say)."""
    text = json.dumps(description, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


@contextmanager
def locked(path: Path, *, say: Callable[[str], None], waiting: str) -> Iterator[None]:
    """Hold the lock of an entry; ``say`` is told ``waiting`` when another process has it.

    The lock is the kernel's, on a file beside the entry: it goes with the process that holds it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(path.with_name(path.name + ".lock"))
    try:
        lock.acquire(timeout=0)
    except Timeout:
        say(waiting)
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


@contextmanager
def making(path: Path) -> Iterator[Path]:
    """A directory to fill, which becomes ``path`` if the block ends well and vanishes otherwise.

    To be called with the lock held.
    """
    for left in path.parent.glob(path.name + _PARTIAL + "*"):
        shutil.rmtree(left, ignore_errors=True)
    partial = path.with_name(path.name + _PARTIAL + secrets.token_hex(4))
    partial.mkdir(parents=True)
    try:
        yield partial
        sizes = {file.name: file.stat().st_size for file in sorted(partial.iterdir())}
        (partial / _SIZES).write_text(json.dumps(sizes), encoding="utf-8")
        remove(path)
        partial.rename(path)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def whole(path: Path) -> bool:
    """Whether the entry is there, each of its files as long as it was made."""
    try:
        sizes = json.loads((path / _SIZES).read_bytes())
        return all((path / name).stat().st_size == size for name, size in sizes.items())
    except (OSError, ValueError, AttributeError):  # not there, or no such table
        return False


def entries(folder: str, pattern: str = "*") -> list[Path]:
    """The complete entries of ``images`` or ``templates`` that match ``pattern``."""
    found = (root() / folder).glob(pattern)
    return [path for path in found if _PARTIAL not in path.name and path.is_dir()]


def sweep() -> None:
    """Remove what makers that were killed left, and locks of what is gone.

    What somebody is at work on is not touched.
    """
    for folder in _FOLDERS:
        for left in (root() / folder).glob(f"*{_PARTIAL}*"):
            # Nothing else goes, in case the cache directory is also used for other things.
            entry = re.fullmatch(rf"({_NAME})\.partial-[0-9a-f]{{8}}", left.name)
            with contextlib.suppress(OSError):  # filelock's Timeout too: its maker is alive
                if entry:
                    with FileLock(left.with_name(f"{entry[1]}.lock"), timeout=0):
                        shutil.rmtree(left, ignore_errors=True)
        for lock in (root() / folder).glob("*.lock"):
            with contextlib.suppress(OSError):
                if re.fullmatch(_NAME, lock.stem):
                    with FileLock(lock, timeout=0):
                        if not lock.with_suffix("").exists():
                            lock.unlink()


def remove(path: Path) -> None:
    """Take an entry away, in one step for whoever looks."""
    if path.exists():
        going = path.with_name(path.name + _PARTIAL + secrets.token_hex(4))
        path.rename(going)
        shutil.rmtree(going, ignore_errors=True)


_USED = "used"  # a file whose time tells when the entry was used last


@contextmanager
def used(path: Path) -> Iterator[None]:
    """Say that an entry is in use, now and for the length of the block: `discard` leaves it alone.

    One that is gone, or on a file system without locks, cannot be held, which changes nothing here.
    """
    with contextlib.ExitStack() as held:
        with contextlib.suppress(OSError):
            descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
            held.callback(os.close, descriptor)
            fcntl.flock(descriptor, fcntl.LOCK_SH)
            (path / _USED).touch()
        yield


def last_used(path: Path) -> float:
    """When an entry was used last, or made, in seconds since 1970."""
    for file in (path / _USED, path):
        with contextlib.suppress(OSError):
            return file.stat().st_mtime
    return 0.0


def discard(path: Path, *, really: bool = True) -> bool:
    """Remove an entry that nobody uses or makes; whether nobody does. ``really``: or else only tell."""
    with contextlib.suppress(OSError), FileLock(path.with_name(f"{path.name}.lock"), timeout=0):
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if really:
                remove(path)
        finally:
            os.close(descriptor)
        return True
    return False


def size(path: Path) -> int:
    """Bytes that an entry really takes on the disk (holes not counted)."""
    total = 0
    for entry in path.rglob("*"):
        with contextlib.suppress(OSError):
            total += entry.lstat().st_blocks * 512
    return total
