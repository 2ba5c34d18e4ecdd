"""What a command is answered when it waits for a person: one line each time that it waits.

A terminal shows what a person types, unless the program has turned that off. So does this one while a
command with answers runs. What it shows belongs behind the question, wherever that was printed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

# Seconds after which a program that waits, and was not seen to do anything else since the last line,
# waits again; and after which one that nobody can look at, and that has begun a line, is taken to wait.
_AGAIN: Final = 0.25
_SILENT: Final = 1.0

_CONTROL: Final = re.compile(r"\^[@-_]")


class Cursor(NamedTuple):
    """Where a terminal stands: the bytes of both streams so far, and the line that is not ended.

    ``on_stdout``: that line is one of standard output.
    """

    out: int
    err: int
    line: str
    on_stdout: bool


class _Echo(NamedTuple):
    text: bytes
    out: int
    err: int


class Answers:
    """The lines that are still to be typed; ``typed``: some have been."""

    def __init__(self, lines: Sequence[str]) -> None:
        self._lines = list(lines)
        self._keys = b""  # the rest of a line, for a program that takes key by key
        self._read = True  # what was typed last was
        self._typed_at = self._spoken_at = 0.0
        self._before: tuple[int, int] | None = None
        self._echoes: list[_Echo] = []
        self.typed = False

    def __bool__(self) -> bool:
        return bool(self._lines or self._keys)

    def due(self, cursor: Cursor, *, reader: str, lines: bool, echo: bool, now: float) -> bytes:
        """The keys to press now, none if it is not the time (``now``, in seconds).

        ``reader`` names the program that waits for input. ``lines``: it takes whole lines, not single
        keys. ``echo``: the terminal shows what is typed.
        """
        if (cursor.out, cursor.err) != self._before:
            self._before, self._spoken_at, self._read = (cursor.out, cursor.err), now, True
        if reader:
            waits = self._read or now - self._typed_at > _AGAIN
        else:
            self._read = True
            waits = bool(cursor.line) and now - max(self._spoken_at, self._typed_at) > _SILENT
        if not waits:
            return b""
        if lines:
            self._keys = b""  # of what it took before, it needed no more
        if not self._keys and self._lines:
            self._keys = keys(self._lines.pop(0))
        typed, self._keys = (self._keys, b"") if lines else (self._keys[:1], self._keys[1:])
        if echo and typed and not cursor.on_stdout:
            self._echoes.append(_Echo(_echoed(typed), cursor.out, cursor.err))
        self.typed, self._read, self._typed_at = True, False, now
        return typed

    def told(self, stdout: bytes, stderr: bytes) -> tuple[bytes, bytes]:
        """Both streams with what the terminal showed of the answers behind the questions on stderr."""
        for echo in reversed(self._echoes):
            end = echo.out + len(echo.text)
            if stdout[echo.out : end] == echo.text:
                stdout = stdout[: echo.out] + stdout[end:]
                stderr = stderr[: echo.err] + echo.text + stderr[echo.err :]
        return stdout, stderr


def keys(line: str) -> bytes:
    """The keys of a line and Enter; of ``^D`` and its like, that one key alone."""
    if _CONTROL.fullmatch(line):
        return bytes((ord(line[1]) - 0x40,))
    return line.encode(errors="surrogateescape") + b"\r"


def _echoed(typed: bytes) -> bytes:
    """What the terminal shows of it (termios(3), ECHOCTL): ``^C``; nothing of ^D, which ends the input."""
    if len(typed) == 1 and typed < b" " and typed != b"\r":
        return b"" if typed == b"\x04" else b"^" + bytes((typed[0] + 0x40,))
    return typed.replace(b"\r", b"\n")
