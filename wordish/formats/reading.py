"""What a markup found in a text, and which of it a comment of wordish is meant for.

A parser reports `Session`, `Comment` and `Inclusion` in the order of the text; `assemble` applies the rules
that all markups share. A comment is for

- the article, when it says ``on`` or ``machine``, or stands before the first block but not right before it;
- the block right below it, with nothing but blank lines and other comments in between; or all the blocks
  of a file that is included there.

Anywhere else it means nothing, which is told. A ``hidden`` comment may hold a session of its own. A block
tagged ``output`` or ``error`` belongs to the block right above it.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple, TypeAlias

from wordish import options as words
from wordish import prompts
from wordish.model import Block, Diagnostic, Options, Severity
from wordish.starts import starts

NOTHING = Options()

OUTPUTS = frozenset({"output", "error"})
"""The languages of blocks that show what the commands in the block above print."""

_ARTICLE_WORDS = {name for name, word in words.WORDS.items() if word.levels == frozenset({"article"})}


class Part(NamedTuple):
    """What was read of an included file: its path, its whole text, and which of its lines, from 1."""

    path: str
    text: str
    lines: range


class Reading(NamedTuple):
    """What a format found: blocks in order, the article's options, and remarks.

    ``refused``: the path and the lines of comments that hold what they may not, of which the remarks tell.
    ``parts`` are the included files, in order.
    """

    blocks: tuple[Block, ...] = ()
    options: Options = Options()
    diagnostics: tuple[Diagnostic, ...] = ()
    refused: tuple[tuple[str, range], ...] = ()
    parts: tuple[Part, ...] = ()


class Session(NamedTuple):
    """A block, and the first and last line of its markup (that of its directive, fence or introduction)."""

    start: int
    end: int
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


class Inclusion(NamedTuple):
    """What was found in another file, included by the directive at line ``start``."""

    start: int
    part: Part
    found: tuple[Found, ...]


Found: TypeAlias = "Session | Comment | Remark | Inclusion"


def prepared(text: str) -> str:
    """A file's text as the formats read it: without a byte order mark, lines ended by ``\\n``."""
    return text.removeprefix("\ufeff").replace("\r\n", "\n")


def assemble(found: Iterable[Found], *, lines: Sequence[str], path: str, outer: Options = NOTHING) -> Reading:
    """Everything a parser found, each comment given to what it is meant for; ``lines`` are the file's.

    ``outer`` are the options that the article's own go before.
    """
    assembly = _Assembly(outer)
    assembly.take(found, lines=lines, path=path, outer=Options())
    return Reading(
        blocks=tuple(assembly.blocks),
        options=assembly.article,
        diagnostics=tuple(assembly.faults),
        refused=tuple(assembly.refused),
        parts=tuple(assembly.parts),
    )


class _Assembly:
    """What is known so far of an article while its files are gone through."""

    def __init__(self, outer: Options) -> None:
        self._outer = outer
        self.blocks: list[Block] = []
        self.article = Options()
        self.faults: list[Diagnostic] = []
        self.refused: list[tuple[str, range]] = []
        self.parts: list[Part] = []

    def take(self, found: Iterable[Found], *, lines: Sequence[str], path: str, outer: Options) -> None:
        """Add what was found in one file, where ``outer`` is said of all its blocks."""
        waiting: list[tuple[Comment, Options]] = []
        above = 0  # the last line of the markup of the last block, if nothing but blocks came since
        for item in found:
            if isinstance(item, Remark):
                self.article = words.merge(self.article, item.options)
                self.faults += item.diagnostics
                continue
            if waiting and not _adjacent(lines, waiting[-1][0].end, item.start):
                self._release(waiting, path)
            if isinstance(item, Comment):
                blocks = len(self.blocks)
                self._comment(item, waiting, path, outer)
                above = above if blocks == len(self.blocks) else 0
                continue
            said, first = outer, waiting[0][0].start if waiting else item.start
            for comment, more in waiting:
                self.faults += words.misplaced(more, level="block", path=path, line=comment.start)
                said = words.merge(said, more)
            waiting.clear()
            if isinstance(item, Inclusion):
                self.parts.append(item.part)
                inside = item.part.text.split("\n")
                self.take(item.found, lines=inside, path=item.part.path, outer=said)
                above = 0
                continue
            block = item.block._replace(options=words.merge(item.block.options, said), start=item.start)
            if above and block.language.lower() in OUTPUTS and _adjacent(lines, above, first):
                last = self.blocks[-1]
                self.blocks[-1] = last._replace(outputs=(*last.outputs, block))
            else:
                self.blocks.append(block)
            above = item.end
        self._release(waiting, path)

    def _comment(
        self, comment: Comment, waiting: list[tuple[Comment, Options]], path: str, outer: Options
    ) -> None:
        said, body, remarks = _understood(comment, path=path, outer=words.merge(self._outer, self.article))
        self.faults += remarks
        if any(remark.name == "session-in-comment" for remark in remarks):
            self.refused.append((path, range(comment.start, comment.end + 1)))
        if body is not None:
            self.blocks.append(body._replace(options=words.merge(outer, body.options)))
        elif comment.article or _ARTICLE_WORDS & set(words.said(said)):
            if self.blocks and not comment.article:
                self.faults.append(_late(path, comment.start))
            self.faults += words.misplaced(said, level="article", path=path, line=comment.start)
            self.article = words.merge(self.article, said)
        elif said != Options():
            waiting.append((comment, said))

    def _release(self, waiting: list[tuple[Comment, Options]], path: str) -> None:
        """The waiting comments have no block below them."""
        for comment, said in waiting:
            if self.blocks:
                self.faults.append(_stray(path, comment.start))
            else:
                self.faults += words.misplaced(said, level="article", path=path, line=comment.start)
                self.article = words.merge(self.article, said)
        waiting.clear()


def session(
    lines: Sequence[str], *, path: str, start: int, end: int, line: int, language: str, tab: int = 8
) -> Iterator[Session]:
    """A block of these lines of the file, the first of which is its ``line``; none if they are blank."""
    filled = [number for number, text in enumerate(lines) if text.strip()]
    if filled:
        inside = lines[filled[0] : filled[-1] + 1]
        # A tab in an output alone is what was printed: no piece of it is indentation.
        bare = _without_prefix(inside) if language.lower() in OUTPUTS else dedent(inside, tab=tab)
        block = Block(path=path, line=line + filled[0], text="\n".join(bare), language=language)
        yield Session(start=start, end=end, block=block)
    elif language.lower() in OUTPUTS:
        yield Session(start=start, end=end, block=Block(path=path, line=line, text="", language=language))


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


def _without_prefix(lines: Sequence[str]) -> list[str]:
    """The lines without the very blanks and tabs with which all that hold text begin."""
    margins = [line[: len(line) - len(line.lstrip(" \t"))] for line in lines if line.strip(" \t\r")]
    common = len(posixpath.commonprefix(margins))
    return [line[common:] if line.strip(" \t\r") else line.lstrip(" \t") for line in lines]


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
    """Whether only blank lines (in a quote or table: only its marks) stand between two lines, from 1."""
    return all(not line.strip(" \t\r>|") for line in lines[end : start - 1])


_LOST = re.compile(r"^\s*\.\.\s*wordish\s*:|<!--\s*wordish\s*:")
_CODE_SPAN = re.compile(r"(?<!`)(`+)(?!`)[^`]*(?<!`)\1(?!`)")
_ALMOST = re.compile(r"[-\s]*wordish\b\s*(:?)\s*(.*)", re.DOTALL | re.IGNORECASE)


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
