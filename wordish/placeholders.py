"""What a command shows in place of something that the reader has to fill in.

``<name>``, ``{{ name }}`` and ``|name|``, and an ellipsis for what was left out. Bash would take the first
for two redirections and the third for a pipeline, so honest ones have to be told from them: these hardly
ever stand close around one word, with a blank behind.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import islice
from typing import NamedTuple

from wordish import syntax

# How often bash is asked about one command.
PATIENCE = 20

_FOUND = re.compile(
    r"""
    (?P<angle>  (?<![<>&$(]) < (?P<inner> [A-Za-z][\w.:+/\x20-]* | \.\.\. | … ) > (?![>&]) )
  | (?P<braces> (?<![$\\}]) \{\{ [ ]? [A-Za-z_][\w-]* (?:[. ] [A-Za-z_][\w-]*)* [ ]? \}\} )
  | (?P<bars>   (?<! [\w|)}\]>"'&]) \| (?P<name> [A-Za-z][\w.-]*) \| (?![\w|&]) )
  | (?P<left>   (?<!\S) (?: \.\.\. | … | \[\.\.\.\] | \[…\] ) (?= [\s;)&|] | $ ) )
    """,
    re.VERBOSE | re.MULTILINE,
)
ELLIPSES = frozenset({"...", "…"})
_SIGNS = re.compile(r"<[A-Za-z.…]|\.\.\.|…|\{\{|\|[A-Za-z]")
_OPENER = re.compile(r"<<-?[ \t]*[\"'\\]?([\w.-]+)")
_DEVICE = re.compile(r"/dev/(?:null|zero|full|tty|std(?:in|out|err))\b")


class Placeholder(NamedTuple):
    """One of them, and where it begins in the command."""

    text: str
    position: int

    @property
    def is_ellipsis(self) -> bool:
        """Whether nobody can say what it stands for, not even once for all."""
        return self.text.strip("[]") in ELLIPSES


def may_hold(text: str) -> bool:
    """Whether it is worth a look."""
    return bool(_SIGNS.search(text))


def substitute(text: str, substitutions: Mapping[str, str]) -> str:
    """``text`` with the value of each literal that is in it; where several fit, the longest."""
    if not any(literal in text for literal in substitutions):
        return text
    longest_first = sorted(substitutions, key=len, reverse=True)
    return re.sub("|".join(map(re.escape, longest_first)), lambda found: substitutions[found[0]], text)


def neutral(text: str) -> str:
    """``text`` with a plain word for what may be a placeholder, so that bash can tell where it ends."""
    if not may_hold(text):
        return text
    return _FOUND.sub(lambda found: "_" if _is_one(found) else found.group(), text)


def unfilled(command: str) -> Placeholder | None:
    """The first placeholder of a command; in quotes, comments and here-documents there is none.

    Raises `wordish.errors.MissingToolError` when bash is needed to tell and not installed.
    """
    bodies = _bodies(command)
    asked = 0
    for found in _FOUND.finditer(command):
        if not _is_one(found) or any(start <= found.start() < end for start, end in bodies):
            continue
        asked += 1
        # What lies before it must not confuse bash either.
        before = neutral(command[: found.start()])
        if syntax.is_unquoted(before, len(before)):
            return Placeholder(text=found.group(), position=found.start())
        if asked == PATIENCE:
            break
    return None


def _bodies(command: str) -> list[tuple[int, int]]:
    """Where the here-documents of a command stand, those with a delimiter."""
    found = []
    end = 0
    for opener in islice(_OPENER.finditer(command), PATIENCE):
        start = command.find("\n", opener.end())
        if start >= 0 and opener.start() >= end:
            delimiter = re.compile(rf"^\t*{re.escape(opener[1])}$", re.MULTILINE).search(command, start)
            if delimiter:
                end = delimiter.end()
                found.append((start, end))
    return found


def _is_one(found: re.Match[str]) -> bool:
    text = found.string
    before, after = text[max(0, found.start() - 1) : found.start()], text[found.end() : found.end() + 20]
    if found["angle"]:
        return _is_angle(found["inner"], before=before, after=after)
    if found["bars"]:
        from wordish.lookalikes import is_command  # only for such a pipeline

        alone = (not before or before.isspace()) and after[:1].isspace()
        return not alone and not is_command(found["name"])
    return True


def _is_angle(inner: str, *, before: str, after: str) -> bool:
    """Whether ``<inner>`` is a placeholder, and not the two ends of ``<in >out`` or ``2<in>out``."""
    if inner[-1] == " " or re.search(r"\s\d$", inner) or before.isdigit() or _DEVICE.match(after):
        return False
    if re.match(r"[\w$\"'~*{]", after):  # as in sd<X>1, not in <in>out
        return bool(before and not before.isspace()) and bool(inner.isupper() or re.search(r"[ _-]", inner))
    is_path = "/" in inner or "." in inner.strip(".")
    return not (is_path and re.match(r"[ \t]+[\w./~$\"']", after))
