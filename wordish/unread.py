"""What looks like a session and is not read: nothing of that kind is lost without a word."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence, Set

from wordish import prompts, session
from wordish.formats import markdown
from wordish.formats.reading import Reading, prepared
from wordish.model import Block, Diagnostic, Options, Severity

# What a language may be a slip of: "text" is too near to others, such as "tex".
_SPELT = sorted(session.LANGUAGES - {"", "none", "text", "plaintext"})

# Languages that show markup, in which a session is an example of the markup.
_MARKUPS = frozenset({"markdown", "md", "myst", "rst", "rest", "restructuredtext", "html", "xml"})

# Blocks that are no session for another reason than their language, and what to try.
_WHY = {
    "parsed-literal": ("there is markup in its block", "make it a code-block, or take the markup out"),
    markdown.INDENTED: ("its fence is indented so far that it is code", "indent it less than four columns"),
}


def unread(
    text: str, reading: Reading, owned: Set[tuple[str, int]], *, path: str, article: Options
) -> Iterator[Diagnostic]:
    """A warning for each place that shows a session of which nothing is a step, nor part of one.

    Nobody else would notice: an article whose steps are not read passes. A session in a markup's own
    language is an example, and one that the author skips is known. ``owned`` are the paths and lines of
    steps, ``article`` the options of all of it. Of an included file, what was read of it is looked through.
    """
    files = {path: text, **{part.path: part.text for part in reading.parts}}
    read: dict[str, set[int]] = {part.path: set() for part in reading.parts}
    for part in reading.parts:
        read[part.path].update(part.lines)
    for name, whole in files.items():
        lines = prepared(whole).split("\n")
        known = {line for file, line in owned if file == name} if len(files) > 1 else {n for _, n in owned}
        for file, told in reading.refused:
            known.update(told if file == name else ())
        blocks = [block for block in _all(reading.blocks) if block.path == name]
        within = range(1, len(lines) + 1) if name == path else sorted(read[name])
        yield from _unread(name, lines, within, blocks, known, article)


def _all(blocks: Iterable[Block]) -> Iterator[Block]:
    """The blocks, each followed by those that show its outputs."""
    for block in blocks:
        yield block
        yield from block.outputs


def _unread(
    path: str,
    lines: Sequence[str],
    within: Iterable[int],
    blocks: Iterable[Block],
    known: set[int],
    article: Options,
) -> Iterator[Diagnostic]:
    """The places among the lines ``within``, those ``known`` left out."""
    around: dict[int, Block] = {}
    own = prompts.own(article)
    shown = {number for number in within if prompts.unmistakable(lines[number - 1], own=own)}
    for block in blocks:
        starts = [*session.prompted_lines(block, outer=article)]
        if block.running:
            known.update(starts)
        elif block.options.skip or block.language.lower() in _MARKUPS:
            known.update(block.lines)
            continue
        elif session.is_looked_at(block):
            known.update(line for line in block.lines if starts and line >= starts[0])
        elif starts and (block.language in _WHY or _near(block.language)):
            shown.add(starts[0])
        around.update(dict.fromkeys(block.lines, block))
    last = 0
    for number in sorted(shown - known):
        block_here = around.get(number)
        together = last and around.get(last) is block_here
        marked = block_here is not None and not block_here.running
        if not together or not (marked or all(line.strip() for line in lines[last:number])):
            yield _unread_session(path, number, block_here)
        last = number


def _unread_session(path: str, line: int, block: Block | None) -> Diagnostic:
    if block is None:
        why = "it stands in no block that is looked at"
        hint = (
            "put it into a fence, ```console"
            if path.lower().endswith(markdown.SUFFIXES)
            else "indent it below a line `::` or `.. code-block:: console`"
        )
    elif session.is_looked_at(block):
        why, hint = "its prompt does not stand at the start of its line", "take off what stands before it"
    elif block.language in _WHY:
        why, hint = _WHY[block.language]
    else:
        why = f"the block's language is {block.language!r}"
        near = _near(block.language)
        hint = f"did you mean {near}?" if near else "name it console, or say `skip` in a comment before it"
    return Diagnostic(
        path=path,
        line=line,
        severity=Severity.WARNING,
        name="unread-session",
        message=f"this session is not read: {why}",
        hint=hint,
    )


def _near(language: str) -> str:
    """The language of sessions that this one may be a slip of, "" for none."""
    import difflib  # for those who make mistakes

    return next(iter(difflib.get_close_matches(language.lower(), _SPELT, n=1, cutoff=0.66)), "")
