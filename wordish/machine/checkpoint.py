"""A running machine's state, saved between two commands, and machines that go on from there.

All that a machine is stands in its memory, its disk too, which is a tmpfs over the read-only image. A
clone has its template's memory, copied page by page as it writes to it: those pages are what is saved,
as far as they differ from the template's, and the state of its devices. Which pages those are is told by
the kernel (Documentation/admin-guide/mm/pagemap.rst): a private page of a mapped file is no page of the
file any more. They are read, and later written, through /proc/PID/mem (proc(5)).

QEMU's own migration would go through the whole memory each time.
"""

from __future__ import annotations

import mmap
import os
import zlib
from array import array
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from wordish.errors import MachineError
from wordish.framed import Unread
from wordish.machine import qemu
from wordish.machine.saved import Saved
from wordish.model import User

PAGE = mmap.PAGESIZE

_PRIVATE, _OF_FILE = 0b11 << 62, 1 << 61  # of a page's entry in the pagemap: present or swapped; the file's


class Contents:
    """The contents of pages: a file that grows, each page's content in a slot of its own.

    What a page held at the last checkpoint, and holds still, is not written again. A file that holds
    more than what was saved last is cut.
    """

    def __init__(self, path: Path, last: Saved | None) -> None:
        self._path = path
        self._slots: dict[int, int] = {}
        self.end = 0
        if last:
            self._slots = dict(zip(_numbers(last.numbers), _numbers(last.slots), strict=True))
            self.end = last.end

    @property
    def size(self) -> int:
        """What the file takes."""
        return self.end * PAGE

    def add(self, pages: Iterator[tuple[int, bytes]]) -> tuple[array[int], array[int], int]:
        """Write pages (number and content): their numbers, their slots, and the CRC-32 of what is new."""
        numbers, slots, check = array("I"), array("I"), 0
        with self._path.open("ab+") as file, _mapped(file.fileno(), self.size) as before:
            file.truncate(self.size)
            end = self.end
            for number, content in pages:
                slot = self._slots.get(number, -1)
                if slot < 0 or before[slot * PAGE : slot * PAGE + PAGE] != content:
                    slot, end = end, end + 1
                    file.write(content)
                    check = zlib.crc32(content, check)
                numbers.append(number)
                slots.append(slot)
        self.end = end
        self._slots = dict(zip(numbers, slots, strict=True))
        return numbers, slots, check


def save(guest: qemu.Guest, made: qemu.Template, contents: Contents, *, scratch: Path) -> Saved:
    """The state of a machine that is stopped; ``scratch`` is a file for QEMU to write to.

    Raises `OSError` where the kernel does not let us look, or the disk is full, `MachineError` when the
    machine is lost.
    """
    guest.order("xen-save-devices-state", filename=str(scratch))
    try:
        devices = scratch.read_bytes()
    finally:
        scratch.unlink(missing_ok=True)
    numbers, slots, check = contents.add(_changed(guest.pid, made.path / "memory"))
    return Saved(
        devices=devices, numbers=numbers.tobytes(), slots=slots.tobytes(), end=contents.end, check=check
    )


@contextmanager
def resumed(
    made: qemu.Template, saved: Saved, contents: Path, *, unread: Mapping[User, Unread]
) -> Iterator[qemu.Guest]:
    """A machine that goes on from a saved state, with the right time and randomness of its own.

    ``unread`` is what its terminals had printed and nobody had looked at. Raises `MachineError` when it
    does not answer, `OSError` when its memory cannot be written.
    """
    with qemu.incoming(made, saved.devices) as (guest, go):
        with (
            contents.open("rb") as file,
            _memory(guest.pid, made.path / "memory", os.O_WRONLY) as (memory, at),
        ):
            for number, slot, count in _runs(_numbers(saved.numbers), _numbers(saved.slots)):
                os.pwrite(memory, os.pread(file.fileno(), count * PAGE, slot * PAGE), at + number * PAGE)
        for account, left in unread.items():
            guest.terminals[account].take_over(left)
        go()
        yield guest


def is_whole(contents: Path, saved: list[Saved]) -> int:
    """How many of the states, the first ones, have all their contents, as they were written."""
    whole = start = 0
    try:
        with contents.open("rb") as file:
            for state in saved:
                new = file.read((state.end - start) * PAGE)
                if len(new) != (state.end - start) * PAGE or zlib.crc32(new) != state.check:
                    break
                whole, start = whole + 1, state.end
    except OSError:
        pass
    return whole


def _changed(pid: int, template: Path) -> Iterator[tuple[int, bytes]]:
    """The pages, by their numbers, that are not what they are in the template."""
    with (
        template.open("rb") as file,
        _mapped(file.fileno(), template.stat().st_size) as before,
        _memory(pid, template, os.O_RDONLY) as (memory, at),
    ):
        entries = array("Q", bytes(len(before) // PAGE * 8))
        with Path(f"/proc/{pid}/pagemap").open("rb", buffering=0) as pagemap:
            pagemap.seek(at // PAGE * 8)
            if pagemap.readinto(entries) != len(entries) * 8:
                raise MachineError("the kernel does not tell which pages of the memory were written to")
        private = [
            number for number, entry in enumerate(entries) if entry & _PRIVATE and not entry & _OF_FILE
        ]
        for first, _, count in _runs(private, private):
            content = os.pread(memory, count * PAGE, at + first * PAGE)
            for number in range(first, first + count):
                page = content[(number - first) * PAGE : (number - first + 1) * PAGE]
                if before[number * PAGE : number * PAGE + PAGE] != page:
                    yield number, page


_MOST = 2048  # pages that are read or written at once


def _runs(numbers: list[int] | array[int], slots: list[int] | array[int]) -> Iterator[tuple[int, int, int]]:
    """Pages that follow one another, and so do their slots: the first of each, and how many."""
    first = slot = count = 0
    for number, where in zip(numbers, slots, strict=True):
        if count and count < _MOST and (number, where) == (first + count, slot + count):
            count += 1
            continue
        if count:
            yield first, slot, count
        first, slot, count = number, where, 1
    if count:
        yield first, slot, count


@contextmanager
def _memory(pid: int, template: Path, flags: int) -> Iterator[tuple[int, int]]:
    """The memory of a process, opened, and the address at which it has mapped the template's."""
    inode = template.stat().st_ino
    with Path(f"/proc/{pid}/maps").open(encoding="utf-8", errors="replace") as maps:
        found = [line.split() for line in maps if line.split()[4] == str(inode)]
    if len(found) != 1:
        raise MachineError("the memory of the machine is not found in QEMU")
    descriptor = os.open(f"/proc/{pid}/mem", flags)
    try:
        yield descriptor, int(found[0][0].partition("-")[0], 16)
    finally:
        os.close(descriptor)


@contextmanager
def _mapped(descriptor: int, size: int) -> Iterator[mmap.mmap | bytes]:
    if not size:
        yield b""
        return
    with mmap.mmap(descriptor, size, prot=mmap.PROT_READ) as mapped:
        yield mapped


def _numbers(packed: bytes) -> array[int]:
    numbers = array("I")
    numbers.frombytes(packed)
    return numbers
