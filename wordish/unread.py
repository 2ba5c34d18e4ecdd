"""What looks like a session and is not read: nothing of that kind is lost without a word."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from wordish import prompts, session
from wordish.formats import markdown
from wordish.formats.reading import Reading
from wordish.model import Block, Diagnostic, Severity

# What a language may be a slip of: "text" is too near to others, such as "tex".
_SPELT = sorted(session.LANGUAGES - {"", "none", "text", "plaintext"})

# Languages that show markup, in which a session is an example of the markup.
_MARKUPS = frozenset({"markdown", "md", "myst", "rst", "rest", "restructuredtext", "html", "xml"})


def unread(lines: Sequence[str], reading: Reading, owned: set[int], *, path: str) -> Iterator[Diagnostic]:
    """A warning for each place that shows a session of which nothing is a step, nor part of one.

    Nobody else would notice: an article whose steps are not read passes. A session in a markup's own
    language is an example, and one that the author skips is known.
    """
    known = set(owned)
    blocks: dict[int, Block] = {}
    shown = {number for number, line in enumerate(lines, 1) if prompts.unmistakable(line)}
    for told in reading.refused:
        known.update(told)
    for block in reading.blocks:
        inside = range(block.line, block.line + block.text.count("\n") + 1)
        starts = session.prompt_lines(block)
        if block.running:
            known.update(starts)
            blocks.update(dict.fromkeys(inside, block))
        elif block.options.skip or block.language.lower() in _MARKUPS:
            known.update(inside)
        elif session.is_looked_at(block):
            known.update(range(starts[0], inside.stop) if starts else ())
            blocks.update(dict.fromkeys(inside, block))
        else:
            blocks.update(dict.fromkeys(inside, block))
            if starts and _near(block.language):
                shown.add(starts[0])
    last = 0
    for number in sorted(shown - known):
        block_here = blocks.get(number)
        together = last and blocks.get(last) is block_here
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
