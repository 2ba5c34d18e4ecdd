"""A page of the project -> the Document that its readers see: includes and substitutions resolved.

The file is read as `wordish check` reads it, which gives exact lines, hidden steps and options. What
the page shows beyond that (from an included or literally included file, from a substitution, from a
docstring) is taken from the doctree and put in its place.
"""

from __future__ import annotations

import functools
import os
import re
from collections.abc import Callable, Iterator, Sequence
from difflib import SequenceMatcher
from pathlib import Path
from typing import NamedTuple

from docutils import nodes

from wordish import after, document, session
from wordish import options as words
from wordish.catalogue import told
from wordish.config import Settings
from wordish.formats import FORMATS
from wordish.model import Block, Diagnostic, Document, Step
from wordish.sources import loader
from wordish.sphinx_ext.recording import transcript
from wordish.sphinx_ext.sessions import WRITTEN, Written

UNREAD = "unread-session"
"""The remark on a session that the file's reader passes over, and that the page may show."""

_SUFFIXES = frozenset(suffix for form in FORMATS.values() for suffix in form.SUFFIXES)
# |release| in rst, {{ release }} in MyST.
_SUBSTITUTION = re.compile(r"\|[^|\s](?:[^|]*[^|\s])?\||\{\{.*?\}\}")


def of_page(path: str, settings: Settings, doctree: nodes.document) -> Document:
    """The article in a file, as its page ``doctree`` shows it; raises as `wordish.document.read`.

    Of a file that is no article of ours (a notebook) there is nothing but the page.
    """
    if Path(path).suffix.lower() in _SUFFIXES:
        article = document.read(path, conventions=settings.conventions_of(path))
    else:
        article = Document(path=path, text="")
    article = after.preceded(_shown(article, doctree), conventions_of=settings.conventions_of)
    return article._replace(diagnostics=told(article, article.diagnostics, off=settings.ignore))


def near(path: Path) -> str:
    """A path as the command line would have it: from the current directory, when it is below that."""
    relative = os.path.relpath(path)
    return str(path) if relative.startswith("..") else relative


def _shown(article: Document, doctree: nodes.document) -> Document:
    """``article`` as its page has it: substitutions made, and with the steps that its file does not have."""
    nodes_shown = [node for node in doctree.findall(nodes.literal_block) if _is_session(node)]
    lines_of = functools.cache(_lines_of)
    blocks = [_Seen.of(node, article, lines_of) for node in nodes_shown]
    text = _substituted(article, blocks)
    if text != article.text:
        load = loader(article.path)
        article = document.parse(text, path=article.path, conventions=article.conventions, load=load)
    known = {_key(step) for step in article.steps}
    steps: list[Step] = []
    faults: list[Diagnostic] = []
    for block in blocks:
        found, remarks = block.steps(article)
        steps += found
        if block.path != article.path or any(_key(step) not in known for step in found):
            faults += remarks  # else it is a block of the file, of which all is told already
    lines = {step.line for step in steps if step.path == article.path}
    kept = (remark for remark in article.diagnostics if remark.name != UNREAD or remark.line not in lines)
    return article._replace(steps=tuple(_merged(article.steps, steps)), diagnostics=(*kept, *faults))


class _Seen(NamedTuple):
    """A block of the page, and where it stands in which file."""

    written: Written
    path: str
    line: int

    @classmethod
    def of(
        cls, node: nodes.literal_block, article: Document, lines_of: Callable[[str], Sequence[str]]
    ) -> _Seen:
        """What a node has kept of its session; ``lines_of`` gives a file's lines."""
        kept: Written = getattr(node, WRITTEN)
        written = kept._replace(text=(kept.text or node.astext()).rstrip("\n"))
        path, about = _place(node, article)
        line = _line(written.text.split("\n"), lines_of(path), about)
        return cls(written=written, path=path, line=line)

    def steps(self, article: Document) -> tuple[tuple[Step, ...], tuple[Diagnostic, ...]]:
        """Its steps as part of the article, and what is wrong with it."""
        said, faults = words.parse(self.written.options, path=self.path, line=self.line)
        block = Block(
            path=self.path,
            line=self.line,
            text=self.written.text,
            language=self.written.language,
            options=said,
        )
        substitutions = article.conventions.substitutions
        steps, more = session.steps(block, outer=article.options, substitutions=substitutions)
        scopes = document.scopes_of(block, article.options, path=article.path)
        return tuple(step._replace(scopes=scopes) for step in steps), (*faults, *more)


def _is_session(node: nodes.literal_block) -> bool:
    return hasattr(node, WRITTEN) and not isinstance(node.parent, transcript)


def _substituted(article: Document, blocks: Sequence[_Seen]) -> str:
    """The article's text with what its page shows in the place of substitutions, line by line."""
    lines = article.text.split("\n")
    for block in blocks:
        if block.path != article.path:
            continue
        for number, seen in enumerate(block.written.text.split("\n"), block.line - 1):
            written = lines[number].strip() if number < len(lines) else ""
            if written != seen.strip() and _stands_for(written, seen.strip()):
                lines[number] = lines[number].replace(written, seen.strip())
    return "\n".join(lines)


def _place(node: nodes.literal_block, article: Document) -> tuple[str, int]:
    """The file that a block comes from, and the line that docutils thinks it stands at."""
    named = node.get("source") or node.source or article.path  # literalinclude says it in an attribute
    path = Path(str(named))
    if path.is_file() and path.samefile(article.path):
        return article.path, node.line or 1
    return near(path), node.line or 1


def _lines_of(path: str) -> tuple[str, ...]:
    """The lines of a file without blanks around them, none of one that cannot be read."""
    try:
        return tuple(line.strip() for line in Path(path).read_text(encoding="utf-8").split("\n"))
    except (OSError, UnicodeDecodeError):
        return ()


def _line(wanted: Sequence[str], lines: Sequence[str], about: int) -> int:
    """The line of the file where a block with these lines begins; ``about``, when it is not found.

    docutils' lines are off, by up to five.
    """
    pattern = [line.strip() for line in wanted]
    last = len(lines) - len(pattern)
    found = [
        number
        for number, line in enumerate(lines[: last + 1])
        if _stands_for(line, pattern[0])
        and all(map(_stands_for, lines[number : number + len(pattern)], pattern))
    ]
    return min((number + 1 for number in found), key=lambda number: abs(number - about), default=about)


def _stands_for(written: str, seen: str) -> bool:
    """Whether what is written is seen as ``seen`` once its substitutions are made."""
    if written == seen:
        return True
    if "|" not in written and "{{" not in written:
        return False
    parts = _SUBSTITUTION.split(written)
    if len(parts) == 1:
        return False
    return re.fullmatch(".*".join(map(re.escape, parts)), seen, re.DOTALL) is not None


def _merged(own: Sequence[Step], seen: Sequence[Step]) -> Iterator[Step]:
    """The steps of the file and those of its page, each once, in order; the file's have the exact text."""
    same = SequenceMatcher(None, [_key(step) for step in own], [_key(step) for step in seen], autojunk=False)
    for kind, mine, my_end, theirs, their_end in same.get_opcodes():
        yield from own[mine:my_end]
        if kind != "equal":
            yield from seen[theirs:their_end]


def _key(step: Step) -> tuple[str, str]:
    """What a step of the file and the same step of its page have in common.

    docutils expands tabs and takes off trailing blanks.
    """
    return step.user, "\n".join(line.expandtabs(8).strip() for line in step.command.split("\n"))
