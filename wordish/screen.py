"""What a person sees in the end of the bytes that a program wrote to a terminal.

Escape sequences go (ECMA-48: control sequences, strings, two- and three-byte escapes), a line
written over after a carriage return or a backspace is what stands there at the end, tabs become
blanks, trailing blanks and blank lines at both ends are dropped. Bytes that are no UTF-8 are shown
as ``\\xff``. Output without any of these costs one look for each.
"""

from __future__ import annotations

import re

_ESCAPE = re.compile(
    r"\x1b(?:"
    r"\[[0-?]*[ -/]*[@-~]"  # control sequence
    r"|[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)?"  # operating system command and other strings
    r"|[ -/]+[0-~]"  # character sets and the like
    r"|[0-~]"
    r")?"
)
# What moves within a line: erase in line, column, forward, backward, delete, blank (ECMA-48 8.3).
_MOVE = re.compile(r"\x1b\[(\d{0,5})([KGCDPX])|([\r\b])|([^\x1b\r\b]+)|" + _ESCAPE.pattern)
_MOVES = re.compile(r"[\r\b]|\x1b\[\d{0,5}[KGCDPX]")
_UNSEEN = bytes({*range(0x20), 0x7F} - {*b"\a\b\t\n\r\x1b"})


def shown(raw: bytes) -> str:
    """The text that stands on the terminal after ``raw``, without a final newline."""
    if not raw:
        return ""
    text = raw.translate(None, _UNSEEN).decode("utf-8", "backslashreplace")
    if "\r" in text:
        text = text.replace("\r\n", "\n")
    if _MOVES.search(text):
        text = "\n".join(_written_over(line) if _MOVES.search(line) else line for line in text.split("\n"))
    if "\x1b" in text:
        text = _ESCAPE.sub("", text)
    if "\a" in text:
        text = text.replace("\a", "")
    if "\t" in text:
        text = text.expandtabs()
    if " \n" in text or text.endswith(" "):
        text = "\n".join(line.rstrip(" ") for line in text.split("\n"))
    return text.strip("\n")


def around(raw: bytes) -> tuple[int, int]:
    """How many blank lines stand at the beginning and at the end of ``raw``, which `shown` drops."""
    text = raw.strip(b"\r\n \t")
    if not text:
        return raw.count(b"\n"), 0
    start = raw.index(text)
    return raw.count(b"\n", 0, start), max(0, raw.count(b"\n", start + len(text)) - 1)


def _written_over(line: str) -> str:
    """One line as it stands after carriage returns, backspaces and moves of the cursor within it."""
    cells: list[str] = []
    column = 0
    for found in _MOVE.finditer(line):
        number, move, control, text = found.groups()
        count = int(number or 0)
        if text:
            cells += " " * (column - len(cells))
            cells[column : column + len(text)] = text
            column += len(text)
        elif control == "\r" or move == "G":
            column = max(0, count - 1)
        elif control == "\b" or move == "D":
            column = max(0, column - max(1, count))
        elif move == "C":
            column += max(1, count)
        elif move == "P":
            del cells[column : column + max(1, count)]
        elif move == "X" or (move == "K" and count == 1):
            start, end = (column, column + max(1, count)) if move == "X" else (0, column + 1)
            cells[start:end] = " " * (min(end, len(cells)) - start)
        elif move == "K":
            del cells[column if count == 0 else 0 :]
    return "".join(cells)
