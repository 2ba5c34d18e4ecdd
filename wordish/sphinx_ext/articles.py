"""A page of the project -> the Document that its readers see: includes and substitutions resolved.

The file is read as `wordish check` reads it, which gives exact lines, hidden steps and options. What
the page shows beyond that (from an included or literally included file, from a substitution, from a
docstring) is taken from the doctree and put in its place.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from pathlib import Path

from docutils import nodes

from wordish import document as articles
from wordish import options as words
from wordish import session
from wordish.config import Settings
from wordish.formats import FORMATS
from wordish.model import Block, Diagnostic, Document, Options, Step
from wordish.sphinx_ext.recording import transcript
from wordish.sphinx_ext.sessions import WRITTEN, Written

_SUFFIXES = frozenset(suffix for form in FORMATS.values() for suffix in form.SUFFIXES)
# |release| in rst, {{ release }} in MyST.
_SUBSTITUTION = re.compile(r"\|[^|\s](?:[^|]*[^|\s])?\||\{\{.*?\}\}")


def read(path: str, settings: Settings) -> Document:  # noqa: ARG001
    """The article in a file, as `wordish check` reads it; raises as `wordish.document.read`.

    Of a file that is no article of ours (a notebook) nothing is read.
    """
    if Path(path).suffix.lower() not in _SUFFIXES:
        return Document(path=path, text="")
    return articles.read(path)


def near(path: Path) -> str:
    """A path as the command line would have it: from the current directory, when it is below that."""
    relative = os.path.relpath(path)
    return str(path) if relative.startswith("..") else relative


def shown(article: Document, doctree: nodes.document) -> Document:
    """``article`` with the steps that its page shows and its file does not."""
    seen: list[Step] = []
    faults: list[Diagnostic] = []
    known = {_key(step) for step in article.steps}
    for node in doctree.findall(nodes.literal_block):
        written = getattr(node, WRITTEN, None)
        if not written or isinstance(node.parent, transcript):
            continue
        path, about = _place(node, article)
        written = written._replace(text=written.text or node.astext())
        steps, told = _steps(written, path=path, about=about, outer=article.options)
        seen += steps
        if path != article.path or any(_key(step) not in known for step in steps):
            faults += told  # else it is a block of the file, of which all is told already
    return article._replace(
        steps=tuple(_merged(article.steps, seen)), diagnostics=(*article.diagnostics, *faults)
    )


def _steps(
    written: Written, *, path: str, about: int, outer: Options
) -> tuple[tuple[Step, ...], tuple[Diagnostic, ...]]:
    """The steps of a block of the page that stands at about this line of this file, and what is wrong."""
    line = _line(written.text.split("\n"), path, about)
    said, faults = words.parse(written.options, path=path, line=line) if written.options else (Options(), ())
    block = Block(path=path, line=line, text=written.text, language=written.language, options=said)
    steps, more = session.steps(block, outer=outer)
    return steps, (*faults, *more)


def _place(node: nodes.literal_block, article: Document) -> tuple[str, int]:
    """The file that a block comes from, and the line that docutils thinks it stands at."""
    named = node.get("source") or node.source or article.path  # literalinclude says it in an attribute
    path = Path(str(named))
    if path.is_file() and path.samefile(article.path):
        return article.path, node.line or 1
    return near(path), node.line or 1


def _line(wanted: Sequence[str], path: str, about: int) -> int:
    """The line of the file where a block with these lines begins; ``about``, when it is not found.

    docutils' lines are off, by up to five.
    """
    try:
        lines = [line.strip() for line in Path(path).read_text(encoding="utf-8").split("\n")]
    except (OSError, UnicodeDecodeError):
        return about
    pattern = [line.strip() for line in wanted]
    first = [number for number, line in enumerate(lines) if _stands_for(line, pattern[0])]
    found = [
        number
        for number in first
        if all(map(_stands_for, lines[number : number + len(pattern)], pattern))
        and number + len(pattern) <= len(lines)
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
    """The steps of the file and those of its page, each once, in order.

    A step that both have is the file's, which alone has the exact text; with substitutions made,
    what it runs and expects is the page's.
    """
    same = SequenceMatcher(None, [_key(step) for step in own], [_key(step) for step in seen], autojunk=False)
    for _, mine, my_end, theirs, their_end in same.get_opcodes():
        for step in own[mine:my_end]:
            match = next((n for n in range(theirs, their_end) if _is_shown_as(step, seen[n])), None)
            if match is None:
                yield step
                continue
            yield from seen[theirs:match]
            yield _substituted(step, seen[match])
            theirs = match + 1
        yield from seen[theirs:their_end]


def _key(step: Step) -> tuple[str, str]:
    return step.user, _plain(step.command)


def _plain(text: str) -> str:
    """A text as docutils hands it on: tabs expanded, no trailing blanks."""
    return "\n".join(line.expandtabs(8).strip() for line in text.split("\n"))


def _is_shown_as(own: Step, seen: Step) -> bool:
    return own.user == seen.user and _stands_for(_plain(own.command), _plain(seen.command))


def _substituted(own: Step, seen: Step) -> Step:
    """The file's step, with what substitutions made of its command and its output."""
    changed = own
    if _SUBSTITUTION.search(own.command) and _key(own) != _key(seen):
        changed = changed._replace(command=seen.command)
    text = own.expectation.text
    if _SUBSTITUTION.search(text) and _stands_for(text, seen.expectation.text):
        changed = changed._replace(expectation=own.expectation._replace(text=seen.expectation.text))
    return changed
