"""What is typed for a command: the bytes a person's keyboard would send."""

from __future__ import annotations

import re

# A terminal hands over lines of at most 4095 bytes; the end-of-file character (^D) hands over what
# was typed of a line so far, and the line goes on. "Literal next" (^V) takes from the following
# character what it would do to the terminal: termios(3), canonical mode, VEOF and VLNEXT.
_LONGEST = 4000
_PUSH, _LITERAL = b"\x04", b"\x16"
_CONTROL = re.compile(rb"[\x00-\x08\x0b-\x1f\x7f]")


def typed(command: str) -> bytes:
    """The bytes to type for a command, the last newline included.

    Bash reads the command as it is written, whatever its length and characters.
    """
    raw = command.encode(errors="surrogateescape")
    if len(raw) > _LONGEST or _CONTROL.search(raw):
        raw = b"\n".join(map(_line, raw.split(b"\n")))
    return raw + b"\n"


def _line(line: bytes) -> bytes:
    pieces = (line[start : start + _LONGEST] for start in range(0, len(line), _LONGEST))
    return _PUSH.join(_CONTROL.sub(lambda found: _LITERAL + found[0], piece) for piece in pieces)
