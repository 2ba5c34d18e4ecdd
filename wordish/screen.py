"""What a person sees in the end of the bytes that a program wrote to a terminal.

Escape sequences go (ECMA-48: control sequences, strings, two- and three-byte escapes), what was
written over after a carriage return, a backspace or a move of the cursor is what stands there at the
end, tabs become blanks, trailing blanks and blank lines at both ends are dropped. Bytes that are no
UTF-8 are shown as ``\\xff``. Output without any of these costs one look for each.
"""

from __future__ import annotations

import re
from typing import Final

from wordish.terminal import COLUMNS, ROWS

_STRING = r"[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)"  # operating system command and other strings
_OTHER = r"[ -/]+[0-~]|[0-~]"  # character sets and the like
_ESCAPE = re.compile(rf"\x1b(?:\[[0-?]*[ -/]*[@-~]|{_STRING}|{_OTHER})?")
# What moves the cursor or erases (ECMA-48 8.3; save and restore are DEC's), alone and in its place.
_MOVED = r"\[(\d{0,4})(?:;(\d{0,4}))?([@ABCDEFGHJKPXdf])|([78c])"
_MOVES = re.compile(rf"[\r\b\v\f]|\x1b(?:{_MOVED})")
_UP_OR_DOWN = re.compile(r"[\v\f]|\x1b(?:\[[\d;]{0,9}[ABEFHJdf]|[78c])")
_TOKEN = re.compile(
    rf"([^\x1b\a\b\t\n\v\f\r]+)|(\r+|\n+|\t+|\v+|\f+|\x08+)|\x1b(?:{_MOVED})|\a|{_ESCAPE.pattern}"
)
_UNSEEN = bytes({*range(0x20), 0x7F} - {*b"\a\b\t\n\v\f\r\x1b"})
_CONTROLS: Final = dict.fromkeys(range(0x80, 0xA0))  # the upper ones (ECMA-48 5.3)


def shown(raw: bytes) -> str:
    """The text that stands on the terminal after ``raw``, without a final newline."""
    if not raw:
        return ""
    seen = raw.translate(None, _UNSEEN)
    if len(seen) == len(raw):
        seen = raw  # of a long output no more copies are held than it takes
    text = str(memoryview(seen)[: len(seen.rstrip(b"\n"))], "utf-8", "backslashreplace")
    del seen
    if not text.isascii():
        text = text.translate(_CONTROLS)
    if "\r" in text:
        text = text.replace("\r\n", "\n")
    # A look for one character is far faster than a pattern's for all of them.
    if ("\x1b" in text or "\v" in text or "\f" in text) and _UP_OR_DOWN.search(text):
        text = _Screen(text).text()
    elif ("\x1b" in text or "\r" in text or "\b" in text) and _MOVES.search(text):
        text = "\n".join(_Screen(line).text() if _MOVES.search(line) else line for line in text.split("\n"))
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
    start = len(raw) - len(raw.lstrip(b"\r\n \t"))
    return raw.count(b"\n", 0, start), max(0, raw.count(b"\n", start + len(text)) - 1)


class _Screen:
    """The rows of a terminal of our size, and what was scrolled out of it.

    What is longer than a row goes on in the next one, and is one line all the same.
    """

    def __init__(self, text: str) -> None:
        self.scrolled_out: list[str] = []
        self.rows: list[list[str]] = [[]]  # of cells
        self.ends = ["\n"]  # of the rows: empty where a line goes on
        self.row = self.column = 0
        self.saved = 0, 0
        for found in _TOKEN.finditer(text):
            plain, control, number, second, move, other = found.groups()
            if plain:
                self.write(plain)
            elif control:
                self.control(control[0], len(control))
            elif move:
                self.move(move, int(number or 0), int(second or 0))
            elif other:
                self.other(other)

    def text(self) -> str:
        """What stands in the rows."""
        rows = ("".join(row) + end for row, end in zip(self.rows, self.ends, strict=True))
        return "".join([*self.scrolled_out, *rows])[:-1]

    def down(self) -> None:
        """Move the cursor one row down; at the last one, the others move up."""
        if self.row < ROWS - 1:
            self.to(self.row + 1, self.column)
            return
        self.scrolled_out += (*self.rows.pop(0), self.ends.pop(0))
        self.rows.append([])
        self.ends.append("\n")

    def to(self, row: int, column: int) -> None:
        """Move the cursor within the screen."""
        self.row = max(0, min(row, ROWS - 1))
        self.column = max(0, min(column, COLUMNS))
        while len(self.rows) <= self.row:
            self.rows.append([])
            self.ends.append("\n")

    def write(self, text: str) -> None:
        """Write text where the cursor is."""
        cells = list(text) if text.isascii() else _cells(text)
        start = 0
        while start < len(cells):
            if self.column >= COLUMNS:
                self.ends[self.row] = ""
                self.down()
                self.column = 0
            row, column = self.rows[self.row], self.column
            part = cells[start : start + COLUMNS - column]
            row += " " * (column - len(row))
            _separate(row, column)
            _separate(row, column + len(part))
            row[column : column + len(part)] = part
            self.column += len(part)
            start += len(part)

    def control(self, control: str, count: int) -> None:
        """Obey a control character that stands there so many times."""
        if control == "\r":
            self.column = 0
        elif control == "\b":
            self.column = max(0, min(self.column, COLUMNS - 1) - count)
        elif control == "\t":
            self.column = min(self.column // 8 * 8 + 8 * count, COLUMNS - 1)
        else:
            self.column = 0 if control == "\n" else self.column
            for _ in range(count):
                self.down()

    def move(self, move: str, number: int, second: int) -> None:
        """Obey a control sequence that moves the cursor or erases."""
        row, column, count = self.row, min(self.column, COLUMNS - 1), max(1, number)
        if move in "ABEF":
            self.to(row - count if move in "AF" else row + count, 0 if move in "EF" else column)
        elif move in "CDG":
            to = {"C": column + count, "D": column - count, "G": count - 1}[move]
            self.to(row, min(to, COLUMNS - 1))
        elif move in "Hf":
            self.to(count - 1, min(max(1, second), COLUMNS) - 1)
        elif move == "d":
            self.to(count - 1, column)
        else:
            self.erase(move, number, column)

    def erase(self, move: str, number: int, column: int) -> None:
        """Erase, delete or insert."""
        cells = self.rows[self.row]
        if move == "P":
            del cells[column : column + max(1, number)]
        elif move == "@":
            cells[column:column] = " " * min(max(1, number), COLUMNS)
            del cells[COLUMNS:]
        elif move == "X":
            _blank(cells, column, column + max(1, number))
        elif number == 0:  # J and K: from here on, up to here, all
            del cells[column:]
        else:
            _blank(cells, 0, column + 1 if number == 1 else COLUMNS)
        if move == "J":
            first = 0 if number else self.row + 1
            last = self.row if number == 1 else len(self.rows)
            for row in range(first, last):
                if row != self.row:
                    self.rows[row], self.ends[row] = [], "\n"

    def other(self, letter: str) -> None:
        """Obey an escape sequence of one letter: save the cursor, go back there, reset."""
        if letter == "7":
            self.saved = self.row, self.column
        elif letter == "8":
            self.to(*self.saved)
        else:
            self.to(0, 0)
            self.erase("J", 2, 0)


def _blank(cells: list[str], start: int, end: int) -> None:
    end = max(start, min(end, len(cells)))
    cells[start:end] = " " * (end - start)


def _separate(cells: list[str], column: int) -> None:
    """Take away both halves of a wide character of which only one is to stay."""
    if 0 < column < len(cells) and not cells[column]:
        cells[column - 1 : column + 1] = "  "


def _cells(text: str) -> list[str]:
    """The text in cells: a mark belongs to the character before it, a wide one takes a second, empty cell."""
    from wcwidth import wcwidth  # few outputs are both beyond ASCII and written over

    cells: list[str] = []
    for character in text:
        width = wcwidth(character)
        if width == 0 and cells:
            cells[-2 if not cells[-1] else -1] += character
        else:
            cells += (character, "") if width == 2 else character
    return cells
