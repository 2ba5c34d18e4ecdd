"""What is the same at both ends of a long shown text and a long printed one, left out of comparisons.

Texts are compared far faster than lines, and two long ones differ mostly in a few of these. Only what
decides nothing is left out: literal lines, each of which can stand for its twin alone, because everything
before it (after it, at the end) agrees as well. On each side a margin stays, down to a line that says
something in the first column: it keeps blank lines from being taken for the end of the text, and
indentation from being taken for that of the whole.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from wordish.model import Expectation

LONG: Final = 20_000
"""Characters from which on a text is worth it; shorter ones are compared as they are."""
_MARGIN: Final = 8  # lines that stay, more than the context of a diff
_SEARCHED: Final = 64  # lines that are looked at for one in the first column


class Trimmed(NamedTuple):
    """What is to be compared: so many lines of both texts were left out ``above`` it, and ``below`` it."""

    expectation: Expectation
    stdout: str
    above: int
    below: int


def trimmed(expectation: Expectation, *, stdout: str, stderr: str) -> Trimmed | None:
    """What is left to be compared; ``None`` where it is everything."""
    shown = expectation.text
    if (
        min(len(shown), len(stdout)) < LONG
        or expectation.match == "regex"
        or expectation.samples
        or expectation.remarks
        or expectation.stream == "stderr"
        or (stderr and expectation.stream == "both")
    ):
        return None
    same = common_prefix(shown, stdout)
    below = len(shown) - _common_suffix(shown, stdout, least=same)
    wild = expectation.match == "ellipsis"
    start = 0 if wild and _has_wildcards(shown[:same]) else _start(shown, same)
    end = len(shown) if wild and _has_wildcards(shown[below:]) else _end(shown, below)
    left_out = len(shown) - end
    if not start and not left_out:
        return None
    return Trimmed(
        expectation._replace(text=shown[start:end]),
        stdout[start : len(stdout) - left_out],
        above=shown.count("\n", 0, start),
        below=shown.count("\n", end),
    )


def _has_wildcards(text: str) -> bool:
    return "..." in text or "…" in text


def common_prefix(one: str, other: str) -> int:
    """How many characters both begin with."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _common_suffix(one: str, other: str, *, least: int) -> int:
    """How many characters both end with, after the first ``least``."""
    low, high = 0, min(len(one), len(other)) - least
    while low < high:
        middle = (low + high + 1) // 2
        if one[len(one) - middle : len(one) - low] == other[len(other) - middle : len(other) - low]:
            low = middle
        else:
            high = middle - 1
    return low


def _start(text: str, same: int) -> int:
    """Where the comparison begins when the first ``same`` characters agree, 0 where it has to begin there.

    Blank lines at the start of a text do not count, so that it is not known which of them agree.
    """
    if text.startswith(("\n", " ")):
        return 0
    at = text.rfind("\n", 0, same) + 1
    for lines in range(_MARGIN + _SEARCHED):
        if at == 0 or (lines >= _MARGIN and text[at] not in " \n"):
            return at
        at = text.rfind("\n", 0, at - 1) + 1
    return 0


def _end(text: str, same: int) -> int:
    """Where the comparison ends, before a line's end, when all from ``same`` on agrees."""
    if text.endswith(("\n", " ")):
        return len(text)
    at = text.find("\n", same) + 1
    for lines in range(_MARGIN + _SEARCHED):
        if at == 0:
            break
        end = text.find("\n", at)
        if lines >= _MARGIN - 1 and end >= 0 and text[at] not in " \n":
            return end
        at = end + 1
    return len(text)
