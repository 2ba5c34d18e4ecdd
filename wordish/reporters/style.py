"""How to speak to this stream, and how to show foreign text on it unharmed."""

from __future__ import annotations

import re
from typing import NamedTuple, TypeAlias

Line: TypeAlias = list[tuple[str, str]]
"""One line of words: pieces of text, each with the name of its style, "" for none."""


PROGRESS = -1000


class Style(NamedTuple):
    """How to speak to a stream.

    ``color``: colours are welcome. ``live``: it is a terminal that a progress display may redraw.
    ``verbosity``: 0 each article; 1 and above each step too; below 0 only what went wrong and the
    summary; `PROGRESS` nothing of that, only what is going on.
    """

    color: bool = False
    live: bool = False
    verbosity: int = 0


# C0 and C1 controls but newline and tab; what is invisible, or turns the direction of writing
# (Unicode's bidirectional controls, UAX #9); what XML has no place for; lone surrogates.
_UNSEEN = re.compile(
    "[\\x00-\\x08\\x0b-\\x1f\\x7f-\\xa0\\xad\\u061c\\u180e\\u200b\\u200e\\u200f\\u2028-\\u202f"
    "\\u2060-\\u206f\\ufeff\\ufff9-\\ufffb\\ufffe\\uffff\\ud800-\\udfff\\U000e0000-\\U000e007f]"
)


def visible(text: str) -> str:
    """``text`` with everything that a terminal would obey or hide shown as an escape: ``\\x1b``."""
    return _UNSEEN.sub(
        lambda match: (
            match[0].encode("ascii", "backslashreplace").decode()
            if match[0] > "\x7f"
            else f"\\x{ord(match[0]):02x}"
        ),
        text,
    )


def shortened(text: str, most: int) -> str:
    """``text`` with no more than ``most`` characters: without its middle, and a line that says so."""
    gone = len(text) - most
    if gone <= 0:
        return text
    return f"{text[: most // 2]}\n[wordish: {gone} characters are left out here]\n{text[-(most // 2) :]}"
