"""A session as HTML: lines that are not copied take their ends with them, and what varies says so."""

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
from wordish.model import Sample
from wordish.sphinx_ext.sessions import WRITTEN, Written

_TAG = re.compile(r"(<[^>]*>)")
_WILDCARD = r"\[\.\.\.\]|\.\.\.|…"
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
        written: Written = getattr(node, WRITTEN)
        marked = _marked(translator.body[-1], written.samples)
        before, pre, after = marked.rpartition("<pre>")  # not that of line numbers
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


def _marked(block: str, samples: Iterable[Sample]) -> str:
    """The HTML of a block in which samples, and the wildcards of outputs, say what they are."""
    titles = {
        _escaped(sample.text): _("differs each time") if sample.varies else _("an example: yours differs")
        for sample in samples
    }
    wildcards = "..." in block or "…" in block
    if not (titles or wildcards):
        return block
    literals = "|".join(map(re.escape, sorted(titles, key=len, reverse=True)))
    everywhere = re.compile(literals or r"(?!)")
    in_output = re.compile("|".join(filter(None, (literals, _WILDCARD))))

    def mark(found: re.Match[str]) -> str:
        title = html.escape(titles.get(found[0], _("anything may stand here")))
        return f'<span class="wordish-varies" title="{title}">{found[0]}</span>'

    parts = _TAG.split(block)  # text and tags in turn
    for number in range(0, len(parts), 2):
        output = number and parts[number - 1] == '<span class="go">'
        parts[number] = (in_output if output else everywhere).sub(mark, parts[number])
    return "".join(parts)


def _escaped(text: str) -> str:
    """A text as Pygments writes it in HTML."""
    return html.escape(text).replace("&#x27;", "&#39;")
