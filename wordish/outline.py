"""Where a command of several lines ends, for those that need no parser to tell.

Bash itself decides (`wordish.syntax`), at a millisecond a question; here-documents, functions and loops
made of simple commands are recognised here, and with any doubt nothing is said. What is taken for granted
is bash's grammar: bash(1), "SHELL GRAMMAR" and "Here Documents".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from wordish.syntax import PIECE, RESERVED

_DOCUMENT = re.compile(r"(?<![<\d])<<(?P<dash>-?)[ \t]*(?P<quote>['\"]?)(?P<word>\w+)(?P=quote)(?=[ \t]|$)")
_FUNCTION = re.compile(r"(?P<name>[A-Za-z_][\w.-]*)[ \t]*\([ \t]*\)[ \t]*\{(?=[ \t]|$)", re.ASCII)
_FOR = re.compile(r"for[ \t]+[A-Za-z_]\w*[ \t]+in(?=[ \t])", re.ASCII)
_FIRST = re.compile(r"[^ \t;]+")

# What an opening word waits for, what that one waits for, and after which it may stand.
_OPENS = {"{": "}", "if": "then", "while": "do", "until": "do"}
_GOES_ON = {"then": "fi", "elif": "then", "else": "fi at last", "do": "done"}
_AFTER = {"then": ("then",), "elif": ("fi",), "else": ("fi",), "do": ("do", "for")}
_CLOSES = ("}", "fi", "done")


class _DoubtError(Exception):
    """This is more than is known here."""


def extent(lines: Sequence[str]) -> tuple[int, str] | None:
    """As `wordish.syntax.extent`, of a command that surely ends; ``None``: ask bash."""
    if len(lines) < 2:
        return None
    document = _DOCUMENT.search(lines[0])
    try:
        count = _document(lines, document) if document else _Outline().after(lines)
    except _DoubtError:
        return None
    return (count, "") if count else None


def _document(lines: Sequence[str], document: re.Match[str]) -> int:
    """The lines of a simple command with one here-document, 0 when its delimiter is missing."""
    before, after = lines[0][: document.start()], lines[0][document.end() :]
    if "#" in lines[0] or not (_Outline().after([before]) and _Outline().after([f"{before} {after}"])):
        return 0  # it stands in a string or a comment, or there is more than one
    for number, line in enumerate(lines[1:], 2):
        if not document["quote"] and line.endswith("\\"):  # bash joins it with the next one
            return 0
        if (line.lstrip("\t") if document["dash"] else line) == document["word"]:
            return number
    return 0


class _Outline:
    """What is open after the words that were read so far."""

    def __init__(self) -> None:
        self.waiting: list[str] = []  # the words that will close what is open, the innermost last
        self.starts = True  # the next word is a command's first, and may be reserved
        self.assigned = False  # ... unless an assignment stands before it
        self.empty = True  # nothing stands yet where a command has to
        self.closed = False  # the last word closed something: only operators may follow
        self.dangling = False  # the last operator wants a command behind it
        self.redirected = False  # the last redirection wants a file's name behind it

    def after(self, lines: Sequence[str]) -> int:
        """How many of these lines the first command takes, 0 when it never ends; raises `_DoubtError`."""
        for count, line in enumerate(lines, 1):
            if line.endswith("\\"):
                if line[-2:-1] not in (" ", "\t") or "#" in line:
                    raise _DoubtError  # what it joins are not words, or it joins nothing
                self._read(line[:-1])
                continue
            self._read(line)
            if self.redirected:
                raise _DoubtError
            if not (self.waiting or self.dangling):
                return 0 if self.empty else count
            if not self.dangling:
                self._end()
        return 0

    def _end(self) -> None:
        """The end of a command: that of its line, or an operator."""
        self.starts, self.assigned, self.closed = True, False, False

    def _read(self, line: str) -> None:
        position = 0
        while position < len(line):
            position = self._construct(line, position) or self._piece(line, position)

    def _construct(self, line: str, position: int) -> int:
        """The position after a reserved word or the beginning of a function, 0 before anything else."""
        if not self.starts or self.assigned or self.redirected:
            return 0
        if (function := _FUNCTION.match(line, position)) and function["name"] not in RESERVED:
            self._open("}")
            return function.end()
        if loop := _FOR.match(line, position):
            self._open("for")
            self.starts = self.empty = False
            return loop.end()
        word = _FIRST.match(line, position)
        if not word or word.group() not in _KNOWN:
            return 0
        if self.waiting[-1:] == ["for"] and word.group() != "do":
            raise _DoubtError
        _KNOWN[word.group()](self, word.group())
        return word.end()

    def _open(self, word: str) -> None:
        self.waiting.append(_OPENS.get(word, word))
        self.empty, self.dangling = True, False

    def _go_on(self, word: str) -> None:
        """The end of a list of commands, and the start of another."""
        top = self.waiting.pop() if self.waiting else ""
        if self.dangling or self.empty or top not in _AFTER[word]:
            raise _DoubtError
        self.waiting.append(_GOES_ON[word])
        self.empty = True

    def _close(self, word: str) -> None:
        top = self.waiting.pop() if self.waiting else ""
        if self.dangling or self.empty or top not in (word, f"{word} at last"):
            raise _DoubtError
        self.starts, self.closed = False, True

    def _piece(self, line: str, position: int) -> int:
        """The position after a piece of a simple command."""
        piece = PIECE.match(line, position)
        if piece is None:
            raise _DoubtError
        kind, text = piece.lastgroup, piece.group()
        if kind == "redirection":
            if self.redirected or (self.starts and not self.assigned):
                raise _DoubtError
            self.redirected = not text[-1].isdigit() and text[-1] != "-"
        elif kind == "operator":
            nothing = self.starts and not self.assigned
            if nothing or self.redirected or (self.waiting[-1:] == ["for"] and text != ";"):
                raise _DoubtError
            self._end()
            self.dangling = text not in ("&", ";")
        elif kind == "word":
            self._word(text)
        return piece.end()

    def _word(self, text: str) -> None:
        if self.redirected:
            self.redirected = False
            return
        reserved = self.starts and text in RESERVED
        if reserved or self.closed or (self.starts and self.waiting[-1:] == ["for"]):
            raise _DoubtError
        self.assigned = self.starts and "=" in text
        self.starts = self.assigned
        self.dangling = self.empty = False


_KNOWN: Mapping[str, Callable[[_Outline, str], None]] = {
    **dict.fromkeys(_OPENS, _Outline._open),
    **dict.fromkeys(_GOES_ON, _Outline._go_on),
    **dict.fromkeys(_CLOSES, _Outline._close),
}
