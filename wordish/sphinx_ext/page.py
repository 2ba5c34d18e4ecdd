"""A session as HTML: lines that are not copied take their ends with them, and wildcards say what they are."""

from __future__ import annotations

import functools
import html
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from docutils import nodes
from pygments.formatters import HtmlFormatter
from pygments.token import _TokenType
from sphinx.locale import _

from wordish import lexer

_OUTPUT = re.compile(r'(<span class="go">)(.*?)(</span>)', re.DOTALL)
_WILDCARD = re.compile(r"\[\.\.\.\]|\.\.\.|…")
_LEFT_OUT = frozenset({lexer.OUTPUT, lexer.PROMPT, lexer.USER, lexer.ROOT, lexer.CONTINUATION})


class Ends:
    """Mixed into a formatter of Pygments, which leaves the end of a line outside of the line's elements.

    What is not to be copied would then leave an empty line in its place.
    """

    _apart: Iterator[bool]

    def format_unencoded(self, tokens: Iterable[tuple[_TokenType, str]], outfile: Any) -> None:
        """Format, knowing of each line whether its end belongs to what is copied."""
        pieces = list(tokens)
        apart: list[bool] = []
        for kind, value in pieces:
            if "\n" in value:
                apart += [kind in _LEFT_OUT] * value.count("\n")
        self._apart = iter(apart)
        super().format_unencoded(pieces, outfile)  # type: ignore[misc]

    def wrap(self, source: Iterable[tuple[int, str]]) -> Iterator[tuple[int, str]]:
        """The lines, and around them what the formatter puts there."""
        wrapped: Iterator[tuple[int, str]] = super().wrap(self._closed(source))  # type: ignore[misc]
        return wrapped

    def _closed(self, source: Iterable[tuple[int, str]]) -> Iterator[tuple[int, str]]:
        for is_line, line in source:
            if is_line and next(self._apart, False):
                before, _end, after = line.rpartition("\n")
                line = f'{before}<span class="go">\n</span>{after}'
            yield is_line, line


def visit_session(translator: Any, node: nodes.literal_block) -> None:
    """As a literal block; the keyboard reaches it, too."""
    bridge = translator.highlighter
    formatter = bridge.formatter
    bridge.formatter = _with_ends(formatter)
    try:
        translator.visit_literal_block(node)
    except nodes.SkipNode:
        before, pre, after = _varying(translator.body[-1]).rpartition("<pre>")  # not that of line numbers
        # Whoever has no mouse has to reach what is wider than the page, to move it.
        translator.body[-1] = before + (pre and '<pre tabindex="0">') + after
        raise
    finally:
        bridge.formatter = formatter


@functools.cache
def _with_ends(formatter: type[HtmlFormatter[str]]) -> Callable[..., HtmlFormatter[str]]:
    """What makes such a formatter that closes its lines: one for all blocks of a kind, it is slow to make."""
    made: Callable[..., HtmlFormatter[str]] = type(formatter.__name__, (Ends, formatter), {})
    kept = functools.cache(made)

    def make(**options: Any) -> HtmlFormatter[str]:
        try:
            return kept(**options)
        except TypeError:  # a list of lines to emphasize, which is no key
            return made(**options)

    return make


def _varying(block: str) -> str:
    """The HTML of a block in which the wildcards of outputs say what they are."""
    if "..." not in block and "…" not in block:
        return block
    title = html.escape(_("anything may stand here"))
    marked = rf'<span class="wordish-varies" title="{title}">\g<0></span>'
    return _OUTPUT.sub(lambda found: found[1] + _WILDCARD.sub(marked, found[2]) + found[3], block)
