"""An update in pieces that can be judged one by one: what each would change, and other ways to put it."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from wordish.alignment import ALIKE, likeness
from wordish.model import Document, Transcript, Verdict
from wordish.place import before, place
from wordish.update import Edit, Update, agrees, revised

_CELLS: Final = 4_000_000  # pairs of lines beyond which lines are not compared one by one
_WORDS: Final = re.compile(r"\s+|\S+")
# Where a word may be cut: `size=12,` and `size=13,` differ in their numbers.
_EDGE: Final = re.compile(r"[^\w.%+-]")


class Hunk(NamedTuple):
    """The new output of one step: the ``lines`` of the file that would show it."""

    document: Document
    verdict: Verdict
    edit: Edit

    @property
    def path(self) -> str:
        """The file where the step stands."""
        return self.edit.step.path

    @property
    def rows(self) -> list[str]:
        """The lines of that file as it is."""
        texts = {**self.document.included, self.document.path: self.document.text}
        return re.split(r"\r?\n", texts[self.path])

    def showing(self, lines: Sequence[str]) -> Hunk:
        """The same with other lines."""
        return self._replace(edit=self.edit._replace(lines=tuple(lines)))


def hunks(transcript: Transcript, found: Update) -> list[Hunk]:
    """The pieces of an update, in the order of the files and lines."""
    document = transcript.document
    pieces = [
        Hunk(document, transcript.verdicts[edit.at + len(document.before)], edit) for edit in found.edits
    ]
    return sorted(pieces, key=lambda hunk: (hunk.path, hunk.edit.step.line))


def matches(hunk: Hunk) -> bool:
    """Whether what it would show is what was printed."""
    return agrees(hunk.document, hunk.verdict, hunk.edit.lines)


def reads(hunk: Hunk) -> bool:
    """Whether the article would still be read as before: the same steps, and this output."""
    return bool(revised(hunk.document, [hunk.edit], left=()).edits)


def difference(hunk: Hunk) -> str:
    """What it would change, as a unified diff of the file; "" for nothing."""
    found = revised(hunk.document, [hunk.edit], left=())
    text = found.text if hunk.path == hunk.document.path else found.included.get(hunk.path)
    old = hunk.rows
    new = old if text is None else re.split(r"\r?\n", text)
    if not old[-1] and not new[-1]:  # what stands behind the end of the last line is no line
        old, new = old[:-1], new[:-1]
    return "".join(f"{row}\n" for row in difflib.unified_diff(old, new, "shown", "printed", lineterm=""))


def editable(hunk: Hunk) -> str:
    """The new lines as text for an editor, without what stands before each line of the session."""
    return "".join(f"{line}\n" for line in _bare(hunk, hunk.edit.lines))


def edited(hunk: Hunk, text: str) -> Hunk:
    """The piece with the lines of an edited text instead; lines that were not edited keep their letters."""
    known = dict(zip(_bare(hunk, hunk.edit.lines), hunk.edit.lines, strict=True))
    lines = [line.rstrip() for line in text.split("\n")]
    while lines and not lines[-1]:
        lines.pop()
    return hunk.showing(
        [known.get(line, (before(hunk.rows, hunk.edit.step) + line).rstrip()) for line in lines]
    )


def with_ellipses(hunk: Hunk) -> Hunk | None:
    """The piece with `...` for what is shown otherwise than it was printed; ``None`` where that says nothing.

    Of lines that resemble each other, the words that differ; all others as a whole.
    """
    if hunk.edit.step.expectation.match != "ellipsis":
        return None
    start, stop, _ = place(hunk.rows, hunk.edit.step)
    old, new = _bare(hunk, hunk.rows[start:stop]), _bare(hunk, hunk.edit.lines)
    known = dict(zip(new, hunk.edit.lines, strict=True))
    prefix = before(hunk.rows, hunk.edit.step)
    lines = [known.get(line, (prefix + line).rstrip()) for line in _merged(_varied(old, new))]
    other = hunk.showing(lines)
    return other if lines != list(hunk.edit.lines) and matches(other) else None


def _bare(hunk: Hunk, lines: Sequence[str]) -> list[str]:
    """Lines of the file without what stands before them, and without trailing blanks."""
    prefix = before(hunk.rows, hunk.edit.step)
    bare = (line[len(prefix) :] if line.startswith(prefix) else line.lstrip(" \t>") for line in lines)
    return [line.rstrip() for line in bare]


def _varied(old: Sequence[str], new: Sequence[str]) -> Iterator[str]:
    """The new lines, with an ellipsis for each run of lines that the old ones have no likeness of."""
    if len(old) * len(new) > _CELLS:
        yield "..."
        return
    matcher = difflib.SequenceMatcher(
        None, [line.strip() for line in old], [line.strip() for line in new], False
    )
    for tag, i, n, j, m in matcher.get_opcodes():
        if tag == "equal":
            yield from new[j:m]
            continue
        for line in new[j:m]:
            partner = next((at for at in range(i, n) if line and likeness(old[at], line) >= ALIKE), None)
            if partner is None:
                yield _gap(line)
                continue
            if partner > i:
                yield _gap(old[i])
            yield _words_varied(old[partner], line)
            i = partner + 1
        if i < n:
            yield _gap(old[i])


def _gap(line: str) -> str:
    return " " * (len(line) - len(line.lstrip())) + "..."


def _merged(lines: Iterator[str]) -> Iterator[str]:
    """The lines, of wildcards for lines that follow each other only the first."""
    last = ""
    for line in lines:
        if line.strip() != "..." or last != "...":
            yield line
        last = line.strip()


def _words_varied(old: str, new: str) -> str:
    """The new line, with `...` for the words that the old one has otherwise."""
    before, after = _WORDS.findall(old), _WORDS.findall(new)
    pieces: list[str] = []
    for tag, i, n, j, m in difflib.SequenceMatcher(None, before, after, False).get_opcodes():
        if tag == "equal":
            pieces += after[j:m]
        elif tag == "replace" and n - i == m - j == 1:
            pieces.append(_word_varied(before[i], after[j]))
        else:
            pieces.append("...")
    return re.sub(r"\.\.\.(?:\s*\.\.\.)+", "...", "".join(pieces))


def _word_varied(old: str, new: str) -> str:
    """`...` between the signs that both words begin and end with."""
    start = 0
    while start < min(len(old), len(new)) and old[start] == new[start]:
        start += 1
    while start and not _EDGE.match(new[start - 1]):
        start -= 1
    end = 0
    while end < min(len(old), len(new)) - start and old[-1 - end] == new[-1 - end]:
        end += 1
    while end and not _EDGE.match(new[len(new) - end]):
        end -= 1
    return f"{new[:start]}...{new[len(new) - end :]}"
