"""Sessions in the pages: blocks with a prompt are given our lexer, and what speaks to wordish is taken out.

Both are done to the doctree right after parsing, so that every builder renders the same, from rst and
from MyST. Blocks without a prompt, or in a language that is none of a session, stay as they are.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any, NamedTuple, Self

from docutils import nodes
from sphinx.transforms import SphinxTransform
from sphinx.util.docutils import SphinxDirective

from wordish import lexer, session
from wordish import options as words
from wordish.lexer import Reading
from wordish.model import Block, Options, Sample
from wordish.sphinx_ext import project

LANGUAGE = "wordish"
"""The language that Pygments knows our lexer by."""

WRITTEN = "wordish"
"""The attribute, of the object and not of the markup, in which a node has what was `Written`."""

# What is said of prompts is said of an article.
_OF_ARTICLES = ("root_prompt", "user_prompt")
_MINDED = (nodes.literal_block, nodes.comment, nodes.raw, nodes.field)
# Sphinx' words for "none was named".
_UNNAMED = ("", "default", "guess")
# What no hint can do without.
_MAYBE_HINT = re.compile(r"#\s*(?:wordish|returncode|ignore|cleanup|&2)")
_COMMENT = re.compile(r"\s*wordish\s*:")
_AFTER_COLON = re.compile(r"^\s*(?:<!--)?\s*wordish\s*:")
_HTML_COMMENT = re.compile(r"<!--\s*wordish\s*:.*?(?:-->|\Z)\n?", re.DOTALL)


class Written(NamedTuple):
    """A session as its author wrote it, hints and all, kept with the node for who checks it.

    ``options`` is what the comments right before it say, after the colon. ``text`` is "" when the node's
    own is meant, in which substitutions are still to be made. ``samples`` are those that the page names
    above it.
    """

    text: str
    language: str
    options: str = ""
    samples: tuple[Sample, ...] = ()


class session_block(nodes.literal_block):  # noqa: N801 - docutils' nodes are named so
    """A literal block that shows a session; whoever does not know it takes it for a literal block."""

    tagname = "literal_block"

    def copy(self) -> Self:
        """A copy that keeps what its author wrote, too."""
        copied = super().copy()
        vars(copied)[WRITTEN] = vars(self).get(WRITTEN)
        return copied


class Sessions(SphinxTransform):
    """Turns literal blocks that show a session into `session_block`."""

    # Before translations (20) are looked up, which are found by what is shown.
    default_priority = 15

    def apply(self, **_: Any) -> None:
        """Change the document in place."""
        known = [node for node in self.document.findall() if isinstance(node, _MINDED)]
        said = [node for node in known if _speaks_to_wordish(node)]
        hints = _hints_are_shown(said, default=self.config.wordish_hints)
        page = project.conventions_of(self.env.docname, self.env).options
        samples: tuple[Sample, ...] = ()
        for node in known:
            if isinstance(node, nodes.literal_block):
                self._session(node, hints=hints, samples=samples, page=page)
            elif node in said:
                options = _options(node)
                samples += options.samples or ()
                page = page._replace(
                    **{name: own for name in _OF_ARTICLES if (own := getattr(options, name))}
                )
        for node in said:
            _take_out(node)

    def _session(
        self, node: nodes.literal_block, *, hints: bool, samples: tuple[Sample, ...], page: Options
    ) -> None:
        """Have a block that shows a session rendered as one, and keep what its author wrote."""
        text, language = node.astext(), _language(node, self.config)
        if language not in session.LANGUAGES:
            return
        options = _said_before(node)
        reading = _reading(language, page, options)
        users = _users(text, reading)
        if not users:
            return
        project.pages(self.env).with_sessions.add(self.env.docname)
        plain = node.rawsource == text  # one with markup inside stays what it is
        shown = self._render(node, users, reading, hints=hints) if plain else node
        vars(shown)[WRITTEN] = Written(
            text=text if plain else "", language=language, options=options, samples=samples
        )

    def _render(
        self, node: nodes.literal_block, users: set[str], reading: Reading, *, hints: bool
    ) -> session_block:
        text = _displayed(node.astext(), reading, hints=hints)
        block = session_block(text, text)
        for name, value in node.attributes.items():
            block[name] = value
        block["language"] = project.lexer_of(reading, self.env) if reading != lexer.USUAL else LANGUAGE
        block["force"] = True  # our lexer knows no error
        block["classes"] = [*node["classes"], "wordish-session", f"wordish-{'-'.join(sorted(users))}"]
        block.source, block.line = node.source, node.line
        block.document = self.document
        node.replace_self(block)
        for name in block["ids"]:
            self.document.ids[name] = block
        return block


class Say(SphinxDirective):
    """``.. wordish:: ...``, typed for the comment: it says the same, and nothing of it is rendered."""

    has_content = True
    optional_arguments = 1
    final_argument_whitespace = True

    def run(self) -> list[nodes.Node]:
        """Nothing."""
        return []


def _language(node: nodes.literal_block, config: Any) -> str:
    """The language that the author named, "" for none."""
    language = str(node.get("language", "")).lower()
    return "" if language in _UNNAMED or language == config.highlight_language else language


def _reading(language: str, page: Options, said: str) -> Reading:
    """How a block is read in which ``said`` stands before it; a language counts for guesses alone."""
    said_hash = words.parse(said, path="", line=1)[0].hash if "hash" in said else None
    named = said_hash or page.hash
    options = Options(root_prompt=page.root_prompt, user_prompt=page.user_prompt, hash=named)
    return Reading(language=language, options=options) if named == "auto" else Reading(options=options)


def _users(text: str, reading: Reading) -> set[str]:
    """Who types a command in a text."""
    block = Block(path="", line=1, text=text, language=reading.language, options=reading.options)
    shown = session.prompted_lines(block).values()
    if not any(prompted.rest.strip() for prompted in shown):
        return set()
    users = {str(prompted.user) for prompted in shown}
    if len(users) > 1:  # it may be a here-document that shows the other one's prompt
        kinds = {kind for kind, _ in lexer.coloured(text, reading)}
        users = {user for user, kind in (("root", lexer.ROOT), ("user", lexer.USER)) if kind in kinds}
    return users


def _displayed(text: str, reading: Reading, *, hints: bool) -> str:
    """The text for readers: without hints, unless they are shown, and with blanks that a shell knows."""
    without = not hints and _MAYBE_HINT.search(text)
    if not without and "\u00a0" not in text:
        return text
    return "".join(
        piece if kind is lexer.OUTPUT else piece.replace("\u00a0", " ")
        for kind, piece in lexer.coloured(text, reading)
        if not (without and kind is lexer.HINT)
    )


def _hints_are_shown(said: Iterable[nodes.Node], *, default: str) -> bool:
    """What the page says in its field ``wordish-hints``, else the configuration."""
    fields = (node for node in said if isinstance(node, nodes.field))
    shown = (field[1].astext().strip() for field in fields if field[0].astext() == "wordish-hints")
    return next(shown, default) == "show"


def _options(said: nodes.Node) -> Options:
    """What a comment or a field says; what is wrong with it is the reader's to tell."""
    if not isinstance(said, nodes.field):
        return words.parse(_first_words(said), path="", line=1)[0]
    text = said[1].astext()
    try:
        values = json.loads(text)  # MyST hands on a mapping of front matter as JSON
    except ValueError:
        values = None
    if isinstance(values, dict):
        return words.from_mapping(values, path="", line=1)[0]
    return words.parse(text, path="", line=1)[0]


def _first_words(comment: nodes.Node) -> str:
    """What a comment says of options: what stands after the colon, up to a blank line."""
    return _AFTER_COLON.sub("", comment.astext()).strip().removesuffix("-->").partition("\n\n")[0]


def _said_before(node: nodes.Element) -> str:
    """What the comments right before a block say to wordish."""
    if isinstance(node.parent, nodes.container) and node.parent.get("literal_block"):  # it has a caption
        node = node.parent
    said: list[str] = []
    place = node.parent.index(node)
    while place and _speaks_to_wordish(above := node.parent[place - 1]):
        first = _first_words(above)
        if "hidden" not in first.split():  # steps of its own, which only the file's reader sees
            said.insert(0, first)
        place -= 1
    return " ".join(said)


def _speaks_to_wordish(node: nodes.Node) -> bool:
    """Whether it is a comment or a field of wordish, in rst or in MyST."""
    if isinstance(node, nodes.comment):
        return bool(_COMMENT.match(node.astext()))
    if isinstance(node, nodes.raw):
        return "html" in node.get("format", "").split() and bool(_HTML_COMMENT.search(node.astext()))
    return isinstance(node, nodes.field) and node[0].astext() in ("wordish", "wordish-hints")


def _take_out(node: nodes.Node) -> None:
    """Remove a comment, the comments in a piece of HTML, or a field and the list that it leaves empty."""
    parent = node.parent
    left = _HTML_COMMENT.sub("", node.astext()) if isinstance(node, nodes.raw) else ""
    if left.strip():
        node.parent.replace(node, nodes.raw("", left, format="html"))
        return
    parent.remove(node)
    if isinstance(parent, nodes.field_list) and not parent.children:
        parent.parent.remove(parent)
