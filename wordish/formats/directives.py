"""What the directives of Sphinx, MyST and their extensions do with their content.

Only as much as is needed to find sessions: a directive that is not named here holds markup.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from wordish.formats.reading import Session, session


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Their content is shown to the letter. The value is the language when the directive names none.
SESSIONS: Final = {
    "code": "",
    "code-block": "",
    "sourcecode": "",
    "code-tab": "",
    "console": "console",
    "parsed-literal": "",
    "prompt": "",
    "terminal": "console",
}

# The words after three colons that say what is between them is shown to the letter, not a container's name.
CONSOLES: Final = _names(
    """
    text console terminal shell-session sh-session bash-session shellsession bash sh shell zsh ksh
    """
)

# They show another file, or read it as if it stood in their place.
INCLUDES: Final = _names("include literalinclude")

# Their content is neither markup nor a session: another language, data, or another file's.
OPAQUE: Final = _names(
    """
    autoclass autofunction automodule autosummary blockdiag code-cell csv-table date digraph doctest
    figure graph graphviz highlight image index math mermaid meta
    plantuml plot productionlist raw role testcode testcleanup testoutput testsetup toctree
    unicode
    """
)

# They take no argument: what stands on their first line is content already.
ADMONITIONS: Final = _names(
    """
    attention caution danger error hint important note seealso tip todo warning
    epigraph highlights pull-quote compound
    """
)

_OPTION: Final = re.compile(r"\s*:([^:\s][^:]*):(?:\s+(.*)|$)")
_YAML_OPTION: Final = re.compile(r"\s*([\w-]+)\s*:(?:\s+(.*)|$)")
_QUOTED: Final = re.compile(r"(['\"])(.*)\1$")


class Option(NamedTuple):
    """What an option says, and the index of its line."""

    value: str
    at: int


class Content(NamedTuple):
    """What stands in a directive: its argument, its options, and its body.

    ``lines`` are those below the directive's first line, options included; the body begins at the index
    ``below``. ``line`` is the file's line of the first of them; the directive stands from line ``start`` to
    ``end``. ``tab`` is how many columns a tab takes.
    """

    argument: str
    options: Mapping[str, Option]
    lines: Sequence[str]
    below: int
    path: str
    start: int
    end: int
    line: int
    tab: int

    @property
    def body(self) -> Sequence[str]:
        """The lines below the options."""
        return self.lines[self.below :]

    def said(self, name: str, default: str = "") -> str:
        """The value of an option."""
        option = self.options.get(name)
        return option.value if option else default

    def plain(self, language: str) -> Iterator[Session]:
        """The body as a block in this language."""
        yield from session(
            self.body,
            path=self.path,
            start=self.start,
            end=self.end,
            line=self.line + self.below,
            language=language,
            tab=self.tab,
        )


def split(lines: Sequence[str], *, yaml: bool) -> tuple[Mapping[str, Option], int]:
    """The options at the top of a directive's lines, and the index of the first line below them.

    They are ``:name: value``, further indented where the value goes on. With ``yaml``, as in MyST, they may
    also be ``name: value`` between two lines ``---``, and a value may stand in quotes.
    """
    if yaml and lines and lines[0].rstrip() == "---":
        end = next((index for index, line in enumerate(lines[1:], 1) if line.rstrip() == "---"), 0)
        inside = ((index, _YAML_OPTION.match(lines[index])) for index in range(1, end))
        return {
            option.group(1): Option(value=_unquoted(option.group(2) or ""), at=index)
            for index, option in inside
            if option
        }, end + 1 if end else 0
    found: dict[str, Option] = {}
    name, margin = "", 0
    for index, line in enumerate(lines):
        indent = len(line) - len(line.lstrip())
        option = _OPTION.match(line)
        if option and (not name or indent <= margin):
            name, margin, value = option.group(1), indent, option.group(2) or ""
            found[name] = Option(value=_unquoted(value) if yaml else value.rstrip(), at=index)
        elif name and line.strip() and indent > margin and not yaml:
            found[name] = found[name]._replace(value=f"{found[name].value}\n{line.strip()}")
        else:
            return found, index
    return found, len(lines)


def _unquoted(value: str) -> str:
    value = value.rstrip()
    quoted = _QUOTED.match(value)
    return quoted.group(2) if quoted else value
