"""The containers of MkDocs, for markdown-it: admonitions, details and content tabs of indented Markdown.

``!!! note``, ``??? note`` and ``=== "Tab"`` hold what is indented by four columns below them, as
Python-Markdown and its extensions have it. CommonMark alone would take that for code.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_block import StateBlock

_INDENT: Final = 4
_OPENS: Final = re.compile(r"(?:!!!|\?\?\?\+?)\s+[\w\"]|===[!+]?\s+\"")


def mkdocs_plugin(parser: MarkdownIt) -> None:
    """Make these containers known to a parser."""
    ends = ["paragraph", "reference", "blockquote", "list"]
    parser.block.ruler.before("code", "mkdocs_container", _container, {"alt": ends})


def _container(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """A rule of markdown-it's block parser."""
    if state.is_code_block(start):
        return False
    first = state.bMarks[start] + state.tShift[start]
    if state.src[first : first + 1] not in ("!", "?", "=") or not _OPENS.match(
        state.src[first : state.eMarks[start]]
    ):
        return False
    if silent:
        return True
    inner = state.sCount[start] + _INDENT
    line = start + 1
    while line < end and (state.isEmpty(line) or state.sCount[line] >= inner):
        line += 1
    before = state.parentType, state.lineMax, state.blkIndent
    state.parentType, state.lineMax, state.blkIndent = "mkdocs_container", line, inner
    state.md.block.tokenize(state, start + 1, line)
    state.parentType, state.lineMax, state.blkIndent = before
    state.line = line
    return True
