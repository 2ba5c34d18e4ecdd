"""What a markup found in a text, and which of it a comment of wordish is meant for.

A parser reports `Session` and `Comment` in the order of the text; `assemble` applies the one rule
that all markups share. A comment is for

- the article, when it says ``on`` or ``machine``, or stands before the first block but not right before it;
- the block right below it, with nothing but blank lines and other comments in between.

Anywhere else it means nothing, which is told. A ``hidden`` comment may hold a session of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from wordish import options as words
from wordish import prompts
from wordish.model import Block, Diagnostic, Options, Severity
from wordish.starts import starts

NOTHING = Options()

_ARTICLE_WORDS = {name for name, word in words.WORDS.items() if word.levels == frozenset({"article"})}


class Reading(NamedTuple):
    """What a format found: blocks in order, the article's options, and remarks.

    ``refused``: the lines of comments that hold what they may not, of which the remarks tell.
    """

    blocks: tuple[Block, ...] = ()
    options: Options = Options()
    diagnostics: tuple[Diagnostic, ...] = ()
    refused: tuple[range, ...] = ()


class Session(NamedTuple):
    """A block, and the line where its markup starts (that of its directive, fence or introduction)."""

    start: int
    block: Block


class Comment(NamedTuple):
    """What stands after ``wordish:``, from the line of that word to the last line of the comment.

    ``article``: it is not a comment but a field of the article itself.
    """

    start: int
    end: int
    text: str
    article: bool = False


class Remark(NamedTuple):
    """A fault or options that a parser has already understood by itself."""

    options: Options = Options()
    diagnostics: tuple[Diagnostic, ...] = ()


Found = Session | Comment | Remark


def assemble(found: Iterable[Found], *, lines: Sequence[str], path: str, outer: Options = NOTHING) -> Reading:
    """Everything a parser found, each comment given to what it is meant for; ``lines`` are the file's.

    ``outer`` are the options that the article's own go before.
    """
    blocks: list[Block] = []
    article = Options()
    faults: list[Diagnostic] = []
    refused: list[range] = []
    waiting: list[tuple[Comment, Options]] = []

    def release() -> None:
        """The waiting comments have no block below them."""
        nonlocal article
        for comment, said in waiting:
            if blocks:
                faults.append(_stray(path, comment.start))
            else:
                faults.extend(words.misplaced(said, level="article", path=path, line=comment.start))
                article = words.merge(article, said)
        waiting.clear()

    for item in found:
        if isinstance(item, Remark):
            article = words.merge(article, item.options)
            faults += item.diagnostics
            continue
        if waiting and not _adjacent(lines, waiting[-1][0].end, item.start):
            release()
        if isinstance(item, Session):
            said = item.block.options
            for comment, more in waiting:
                faults += words.misplaced(more, level="block", path=path, line=comment.start)
                said = words.merge(said, more)
            waiting.clear()
            blocks.append(item.block._replace(options=said, start=item.start))
            continue
        said, body, remarks = _understood(item, path=path, outer=words.merge(outer, article))
        faults += remarks
        if any(remark.name == "session-in-comment" for remark in remarks):
            refused.append(range(item.start, item.end + 1))
        if body is not None:
            blocks.append(body)
        elif item.article or _ARTICLE_WORDS & set(words.said(said)):
            if blocks and not item.article:
                faults.append(_late(path, item.start))
            faults += words.misplaced(said, level="article", path=path, line=item.start)
            article = words.merge(article, said)
        elif said != Options():
            waiting.append((item, said))
    release()
    return Reading(blocks=tuple(blocks), options=article, diagnostics=tuple(faults), refused=tuple(refused))


def _understood(
    comment: Comment, *, path: str, outer: Options
) -> tuple[Options, Block | None, tuple[Diagnostic, ...]]:
    """A comment's options, the session it holds if any, and what is wrong with it.

    The words go up to the first blank line or the first prompt; the session is the rest.
    """
    lines = comment.text.split("\n")
    own = prompts.own(outer)
    count = 1
    while count < len(lines) and lines[count].strip() and not prompts.match(lines[count].lstrip(), own=own):
        count += 1
    said, faults = words.parse(" ".join(lines[:count]), path=path, line=comment.start)
    while count < len(lines) and not lines[count].strip():
        count += 1
    below = lines[count:]
    if not below:
        return said, None, faults
    if not said.hidden:
        fault = Diagnostic(
            path=path,
            line=comment.start,
            name="session-in-comment",
            message="a comment of wordish holds more than options",
            hint="say hidden if these are steps to run, or leave a blank line after the options",
        )
        return Options(), None, (*faults, fault)
    faults += words.misplaced(said, level="block", path=path, line=comment.start)
    text = "\n".join(dedent(below)).rstrip("\n \t")
    block = Block(path=path, line=comment.start + count, text=text, language="console", options=said)
    if not starts(block, block.text.split("\n"), options=words.merge(outer, said)):
        faults += (
            Diagnostic(
                path=path,
                line=comment.start,
                name="session-in-comment",
                message="the hidden comment holds no prompt, nothing of it would run",
                hint="start each command with a prompt such as ~$ or ~#",
            ),
        )
    return said, block, faults


def dedent(lines: Sequence[str], *, tab: int = 8) -> list[str]:
    """The lines without the blanks common to those that hold text; what is left of a tab becomes blanks."""
    margin = min((_indent(line, tab) for line in lines if line.strip(" \t\r")), default=0)
    return [_cut(line, margin, tab) for line in lines]


def _indent(line: str, tab: int) -> int:
    blanks = line[: len(line) - len(line.lstrip(" \t"))]
    return len(blanks.expandtabs(tab))


def _cut(line: str, margin: int, tab: int) -> str:
    column = position = 0
    while column < margin and position < len(line) and line[position] in " \t":
        column += 1 if line[position] == " " else tab - column % tab
        position += 1
    return " " * (column - margin) + line[position:]


def _adjacent(lines: Sequence[str], end: int, start: int) -> bool:
    """Whether only blank lines (in a quote: only its marks) stand between two lines of the file, from 1."""
    return all(not line.strip(" \t\r>") for line in lines[end : start - 1])


_LOST = re.compile(r"^\s*\.\.\s*wordish\s*:|<!--\s*wordish\s*:")
_CODE_SPAN = re.compile(r"(?<!`)(`+)(?!`)[^`]*(?<!`)\1(?!`)")
_ALMOST = re.compile(r"\s*wordish\b\s*(:?)\s*(.*)", re.DOTALL | re.IGNORECASE)


def is_lost(line: str) -> bool:
    """Whether a line of a paragraph holds what would be a comment of wordish outside of it."""
    return "wordish" in line and bool(_LOST.search(_CODE_SPAN.sub("", line)))


def lost(path: str, line: int, hint: str) -> Diagnostic:
    """The warning for a comment of wordish that stands where the markup sees no comment."""
    return Diagnostic(
        path=path,
        line=line,
        severity=Severity.WARNING,
        name="stray-comment",
        message="this comment of wordish is text here, and means nothing",
        hint=hint,
    )


def misspelt(comment: str, *, path: str, line: int, written: str) -> Iterator[Remark]:
    """A warning for the text of a comment that is meant for wordish and does not begin with ``wordish:``.

    Meant is one that begins with ``Wordish:``, or goes on with an option or with a session.
    """
    said = _ALMOST.match(comment)
    if not said:
        return
    first = said.group(2).split(None, 1)[:1]
    known = {name.partition("=")[0].lower() for name in first} & set(words.WORDS)
    session = (prompts.match(text.strip()) for text in said.group(2).split("\n"))
    if said.group(1) or known or any(prompted and prompted.rest.strip() for prompted in session):
        warning = Diagnostic(
            path=path,
            line=line,
            severity=Severity.WARNING,
            name="misspelt-comment",
            message="this comment is not read: it does not begin with `wordish:`",
            hint=f"write `{written}...`",
        )
        yield Remark(diagnostics=(warning,))


def _stray(path: str, line: int) -> Diagnostic:
    return Diagnostic(
        path=path,
        line=line,
        severity=Severity.WARNING,
        name="stray-comment",
        message="this comment of wordish is for no block, and means nothing",
        hint="put it right before a block, or before the first one for the whole article",
    )


def _late(path: str, line: int) -> Diagnostic:
    return Diagnostic(
        path=path,
        line=line,
        name="misplaced-option",
        message="what is said of the whole article has to stand before its first block",
        hint="move this comment up",
    )
