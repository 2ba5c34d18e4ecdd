"""The state of a machine, as it is kept."""

from __future__ import annotations

from typing import NamedTuple


class Saved(NamedTuple):
    """A machine's state: what it has that its template has not.

    ``devices`` is what QEMU says of them. ``numbers`` are those of pages of the memory, and ``slots`` where
    their contents stand in the file of contents; both are arrays of unsigned integers ("I"), as bytes.
    ``end`` is that file's length in slots, ``check`` the CRC-32 of what was added to it.
    """

    devices: bytes
    numbers: bytes
    slots: bytes
    end: int
    check: int
