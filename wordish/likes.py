"""What samples may look like: the kinds of ``like``, as patterns of RE2.

By default a sample is a run without blanks, or as many runs as the literal has.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from wordish.pattern import matches_whole

_TIME: Final = (
    r"\d{1,2}:\d\d(?::\d\d(?:[.,]\d+)?)?(?: ?[AaPp]\.?[Mm]\.?)?(?: ?(?:Z|[+-]\d\d:?\d\d|[A-Z]{3,5}))?"
)
_DURATION: Final = r"\d+(?:[.,]\d+)? ?(?:ns|us|µs|ms|s|m|h|d|secs?|mins?|seconds?|minutes?|hours?|days?)"
_MONTH: Final = r"\p{Lu}\pL{1,8}\.?"
_DAY: Final = (
    r"\d{4}[-/.]\d\d?[-/.]\d\d?|\d\d?[-/.]\d\d?[-/.](?:\d{4}|\d\d)"
    rf"|\d\d?\.? {_MONTH}(?: \d{{4}})?|{_MONTH} {{1,2}}\d\d?(?:,? \d{{4}})?"
)

KINDS: Final[Mapping[str, str]] = {
    # As blkid and lvm print them: RFC 9562's, and those of LVM, FAT, NTFS and ISO 9660.
    "uuid": (
        r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}|[0-9A-Za-z]{6}(?:-[0-9A-Za-z]{4}){5}-[0-9A-Za-z]{6}"
        r"|[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}|[0-9A-Fa-f]{16}|\d{4}(?:-\d\d){6}"
    ),
    "date": rf"(?:{_MONTH},? )?(?:{_DAY})(?:[T, ] ?(?:{_TIME}))?(?: \d{{4}})?",
    "time": rf"{_TIME}|{_DURATION}(?: ?{_DURATION})*",
    "size": r"[<>~]?\d+(?:[.,]\d+)*(?: ?[KMGTPEZYkmgtpezy]i?)?(?: ?(?:[Bb]|bytes?|bits?|blocks?|sectors?))?",
    "int": r"[+-]?(?:\d{1,3}(?:[,.' ]\d{3})+|\d+)",
    "hex": r"(?:0[xX])?[0-9A-Fa-f]+",
    "path": r"[^\s/:;,<>|\"'`]*(?:/[^\s/:;,<>|\"'`]*)+",
    "version": r"[vV]?(?:\d+:)?\d[0-9A-Za-z.+~_-]*(?:\(\d+\))?",
    "word": r"[\pL\pM\pN_]+",
    "line": r".+",
}


def pattern_of(text: str, like: str, own: Mapping[str, str]) -> str:
    """What stands for the literal ``text``: a pattern of that kind, one of ``own`` before one of `KINDS`.

    Raises `ValueError` when there is no such kind, or when the literal is none of it.
    """
    if not like:
        return " +".join(r"\S+" for _ in text.split())
    pattern = own.get(like) or KINDS.get(like)
    if pattern is None:
        import difflib  # for those who make mistakes

        close = difflib.get_close_matches(like, [*own, *KINDS], n=1)
        guess = f"did you mean {close[0]}?" if close else f"there are {', '.join([*own, *KINDS])}"
        raise ValueError(f"{like} is no kind that a sample may be like: {guess}")
    if not matches_whole(pattern, text):
        raise ValueError(f"{text!r} does not look like {like}")
    return pattern


def bad_kind(name: str, pattern: str) -> str:
    """What is wrong with a kind of the author's own, "" when nothing is."""
    if not re.fullmatch(r"[a-z][a-z0-9_-]*", name):
        return "names are lower-case letters, digits, - and _"
    if re.search(r"\(\?P?<", pattern):
        return "groups may have no names"
    try:
        return "it also matches the empty text" if matches_whole(pattern, "") else ""
    except ValueError as error:
        return str(error)
