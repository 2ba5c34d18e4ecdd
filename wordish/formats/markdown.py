"""Markdown: CommonMark as markdown-it-py parses it, with MyST's fences, directives and comments."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from wordish import options as words
from wordish import prompts
from wordish.formats import directives, rst
from wordish.formats.inclusion import Included, Load
from wordish.formats.reading import (
    NOTHING,
    Comment,
    Found,
    Reading,
    Remark,
    Session,
    assemble,
    is_lost,
    lost,
    misspelt,
    session,
)
from wordish.formats.sessions import sessions
from wordish.model import Diagnostic, Options

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

SUFFIXES = (".md", ".markdown")

# The language of a fence that is indented so far that it is code itself.
INDENTED = "indented-fence"

# How deep directives may hold directives.
DEPTH = 20

# markdown-it ends lines at a lone CR, files do not: it is kept out of its sight as a private character.
_CR = "\ue00d"
_DIRECTIVE = re.compile(r"\{([^}\s.#=][^}\s=]*)\}\s*(.*)")
# Pandoc's attributes: {.console .numberLines}, {#id .console}, {=html}.
_ATTRIBUTES = re.compile(r"\{[^}]*\}?")
_CLASS = re.compile(r"(?:(?<=[{\s])\.|(?<=\{)=)([\w+-]+)")
_LANGUAGE = re.compile(r"[\w+-]*")
_KRAMDOWN = re.compile(r"\{:\s*([^}]*\.\w[^}]*)\}[ \t]*(?:\n|$)")
_FENCE = re.compile(r"\s*(?:```|~~~|:::)")
_LOST_HINT = "put it on a line of its own, with a blank line before it"
_ANY_COMMENT = re.compile(r"<!--(.*?)(?:-->|\Z)", re.DOTALL)
_HTML_COMMENT = re.compile(r"<!--\s*wordish\s*:[ \t]*(.*?)(-->|\Z)", re.DOTALL)
_LINE_COMMENT = re.compile(r"\s*wordish\s*:\s*(.*)", re.DOTALL)
_KEY = re.compile(r"^(['\"]?)wordish\1\s*:", re.MULTILINE)


def read(text: str, *, path: str, load: Load, outer: Options = NOTHING) -> Reading:
    """The blocks of fences, indented code and MyST directives, wherever they stand."""
    included = Included(load, path=path)
    everything = found(text, path=path, offset=0, included=included)
    return assemble(everything, lines=text.split("\n"), path=path, outer=outer)


def found(text: str, *, path: str, offset: int, included: Included) -> list[Found]:
    """What stands in a text whose first line is the file's line ``offset + 1``."""
    return _found(text.replace("\r", _CR), _File(path=path, included=included), offset=offset, depth=0)


class _File(NamedTuple):
    """The file that is read, and what it may include."""

    path: str
    included: Included


@functools.cache
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt  # 65 ms: only those who read Markdown pay
    from mdit_py_plugins.colon_fence import colon_fence_plugin
    from mdit_py_plugins.deflist import deflist_plugin
    from mdit_py_plugins.footnote import footnote_plugin
    from mdit_py_plugins.front_matter import front_matter_plugin
    from mdit_py_plugins.myst_blocks import myst_block_plugin

    from wordish.formats.mkdocs import mkdocs_plugin

    parser = MarkdownIt("commonmark").enable("table").disable(["inline", "text_join"])
    for plugin in (front_matter_plugin, myst_block_plugin, colon_fence_plugin, deflist_plugin):
        parser.use(plugin)
    # Its last rule would move the footnotes to the end, and drop those without a reference.
    return parser.use(mkdocs_plugin).use(footnote_plugin).disable("footnote_tail")


def _found(text: str, file: _File, *, offset: int, depth: int) -> list[Found]:
    path = file.path
    found: list[Found] = []
    for token in _parser().parse(text):
        if not token.map:
            continue
        line, last = offset + token.map[0] + 1, offset + token.map[1]
        content = token.content.replace(_CR, "\r")
        if token.type == "fence" or (token.type == "colon_fence" and _is_fence(token)):
            found += _fence(token, file, line=line, last=last, depth=depth)
        elif token.type == "colon_fence" and depth < DEPTH:
            found += _found(token.content, file, offset=line, depth=depth + 1)
        elif token.type == "inline":
            if attributes := _KRAMDOWN.match(content):
                found[-1:] = [_attributed(each, attributes.group(1), line=line) for each in found[-1:]]
            for number, shown in enumerate(content.split("\n"), line):
                if is_lost(shown):
                    found.append(Remark(diagnostics=(lost(path, number, _LOST_HINT),)))
        elif token.type == "code_block":
            lines = content.split("\n")
            language = INDENTED if _FENCE.match(content.lstrip("\n")) else ""
            found += session(lines, path=path, start=line, end=last, line=line, language=language, tab=4)
        elif token.type == "html_block":
            found += _html_comments(content, path=path, line=line)
        elif token.type == "myst_line_comment":
            if said := _LINE_COMMENT.match(content):
                found.append(Comment(start=line, end=last, text=re.sub(r"(?m)^ ", "", said.group(1))))
            else:
                found += misspelt(content, path=path, line=line, written="% wordish: ")
        elif token.type == "front_matter" and line == 1 and file.included.at_the_top:
            found += _front_matter(content, path=path)
    return found


def _attributed(found: Found, classes: str, *, line: int) -> Found:
    """A block above a line of Kramdown's attributes: the first class is its language, if it has none."""
    if not isinstance(found, Session) or found.end != line - 1 or found.block.language:
        return found
    language = classes.split(".")[1].split()[0].removeprefix("language-")
    return found._replace(end=line, block=found.block._replace(language=language))


def _fence(token: Token, file: _File, *, line: int, last: int, depth: int) -> Iterator[Found]:
    """A fence on these lines of the file: a session in some language, or a directive."""
    path, info = file.path, token.info.strip()
    directive = _DIRECTIVE.match(info)
    lines = token.content.replace(_CR, "\r").split("\n")
    if not directive:
        language = _language(info)
        yield from session(lines, path=path, start=line, end=last, line=line + 1, language=language, tab=4)
        return
    name, argument = directive.group(1).lower(), directive.group(2)
    options, below = directives.split(lines, yaml=True)
    held = directives.Content(
        argument=argument,
        options=options,
        lines=lines,
        below=below,
        path=path,
        start=line,
        end=last,
        line=line + 1,
        tab=4,
    )
    if name == "wordish":  # typed for the comment: it has the same words, and the same body
        text = "\n".join([argument, *lines]).rstrip("\n")
        yield Comment(start=line, end=line + len(lines), text=text)
    elif name in directives.SESSIONS:
        yield from sessions(name, held)
    elif name in directives.INCLUDES:
        yield from file.included.read(name, held, markup="markdown")
    elif name == "eval-rst":
        yield from rst.found("\n".join(lines), path=path, offset=line, included=file.included)
    elif name not in directives.OPAQUE and depth < DEPTH:
        inside = "\n".join(token.content.split("\n")[below:])
        yield from _found(inside, file, offset=line + below, depth=depth + 1)


def _language(info: str) -> str:
    """The language of a fence: its first word, or the first class of its attributes."""
    attributes = _ATTRIBUTES.match(info)
    found = _CLASS.search(attributes.group()) if attributes else _LANGUAGE.match(info)
    return found.group(found.lastindex or 0) if found else ""


def _is_fence(token: Token) -> bool:
    """Whether three colons fence a directive or a session, as in MyST, and do not just hold markup.

    Markup is what Docusaurus' and VitePress' ``:::note`` and Pandoc's ``::: {.note}`` hold.
    """
    info = token.info.strip()
    if _DIRECTIVE.match(info):
        return True
    language = _language(info).lower()
    if language or info:
        return language in directives.CONSOLES
    first = next((line for line in token.content.split("\n") if line.strip()), "")
    return prompts.match(first.strip()) is not None


def _html_comments(html: str, *, path: str, line: int) -> Iterator[Found]:
    """The comments in a piece of HTML that speak to wordish."""
    for comment in _ANY_COMMENT.finditer(html):
        if not _HTML_COMMENT.match(comment.group()):
            start = line + html.count("\n", 0, comment.start())
            yield from misspelt(comment.group(1), path=path, line=start, written="<!-- wordish: ")
    for said in _HTML_COMMENT.finditer(html):
        start = line + html.count("\n", 0, said.start(1))
        if said.group(2):
            end = line + html.count("\n", 0, said.end())
            yield Comment(start=start, end=end, text=said.group(1).rstrip(" "))
        else:
            fault = Diagnostic(
                path=path,
                line=start,
                name="open-comment",
                message="this comment of wordish never ends",
                hint="end it with -->",
            )
            yield Remark(diagnostics=(fault,))


def _front_matter(content: str, *, path: str) -> Iterator[Found]:
    """The key ``wordish`` of the article's YAML: a line of options, or a mapping of them."""
    key = _KEY.search(content)
    if not key:
        return
    from wordish.formats.front_matter import decoded  # PyYAML: only for those who say something

    line = 2 + content.count("\n", 0, key.start())
    try:
        value = decoded(content).get("wordish")
    except ValueError as error:
        message = f"the front matter {error}"
        hint = "write `key: value` lines, as YAML has them"
        fault = Diagnostic(path=path, line=line, name="bad-front-matter", message=message, hint=hint)
        yield Remark(diagnostics=(fault,))
        return
    if isinstance(value, str):
        yield Comment(start=line, end=line, text=value, article=True)
    elif isinstance(value, Mapping):
        # YAML 1.1 takes a bare "on" for true.
        named = {"on" if name is True else str(name): said for name, said in value.items()}
        options, faults = words.from_mapping(named, path=path, line=line, level="article")
        yield Remark(options=options, diagnostics=faults)
    elif value is not None:
        fault = Diagnostic(
            path=path, line=line, name="bad-option", message="wordish: takes options", hint="such as on=vm"
        )
        yield Remark(diagnostics=(fault,))
