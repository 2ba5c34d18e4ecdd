"""Transcript -> the text the article should have had.

Only the lines that show an output are rewritten, where they are untrue and the run can tell better.
What still agrees stays in the author's own letters: wildcards, lines of stderr, indentation. The new
text is read again before it is given out: it must hold the same commands, and show what it was to show.
"""

from __future__ import annotations

import os
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from wordish.alignment import ALIKE, ON_STDERR, align, likeness
from wordish.document import parse
from wordish.matching import Reading, closest_reading, indentation, matches, without_remarks
from wordish.model import Diagnostic, Document, Outcome, Output, Step, Transcript, Verdict
from wordish.pattern import GAP, Glob, Token, fits, indent, solid, token_of
from wordish.place import before, place
from wordish.placeholders import substitute
from wordish.redaction import HIDDEN
from wordish.session import normalise
from wordish.similar import glob_of, pieces
from wordish.sources import loader

# What a terminal would act on, and what UTF-8 cannot hold.
_UNWRITABLE: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_PATTERNS: Final = "its author shows patterns, not what is printed"
_TRIED: Final = 100  # lines that may take a gone one's place


class Update(NamedTuple):
    """What an update makes of an article.

    ``text`` is the whole new text of the file, the old one when nothing of it is ``rewritten``. ``included``
    are the new texts, by path, of files that it includes. ``left`` tells what is wrong and stays so, by line.
    ``edits`` are what it is made of, one for each step that is rewritten.
    """

    text: str
    rewritten: tuple[Step, ...] = ()
    left: tuple[Diagnostic, ...] = ()
    included: Mapping[str, str] = {}
    edits: tuple[Edit, ...] = ()


class Edit(NamedTuple):
    """For the document's step number ``at``, from 0: the ``lines`` of its file that show its output."""

    at: int
    step: Step
    lines: tuple[str, ...]


_Rows = Mapping[str, Sequence[str]]
"""The lines of the files of an article, by path."""


def update(transcript: Transcript) -> Update:
    """The text of the article with true outputs, as far as the run tells them.

    A step is left as it is, and told, when its exit status is wrong, when it did not finish, when its
    author wrote patterns, or when its output cannot stand in the article. After a step that went wrong
    in more than its output, what others printed may be a consequence of that, so they are left too.
    """
    document = transcript.document
    rows = _rows(document)
    meant = document.conventions.substitutions
    edits: list[Edit] = []
    left: list[Diagnostic] = []
    redacts = bool(document.conventions.redact)
    secrets = any(sample.secret for step in document.sequence for sample in step.options.samples or ())
    again = _again(transcript.verdicts)
    stopped = transcript.error or ("interrupted" if transcript.interrupted else "")
    for index, verdict in enumerate(transcript.verdicts, -len(document.before)):
        if verdict.outcome not in (Outcome.FAILED, Outcome.ERROR):
            continue
        reason = stopped or _beyond_update(verdict, redacts=redacts, secrets=secrets)
        if not reason and verdict.step.path not in rows:
            reason = "it stands in another file"
        elif not reason and _scattered(rows[verdict.step.path], verdict.step, meant):
            reason = "it is shown in several places"
        elif not reason:
            step = verdict.step._replace(expectation=without_remarks(verdict.step.expectation))
            lines = _lines(rows[step.path], verdict._replace(step=step), meant)
            if lines is None:
                reason = "what it printed cannot stand in a text so that it would match"
            elif not lines and verdict.output and verdict.output.nuls:
                reason = "nothing but NUL bytes is there: what the article shows is lost, or never was"
            elif not all(agrees(document, other, lines) for other in again.get((step.path, step.line), ())):
                reason = "its file is included more than once, and it prints something else each time"
            else:
                if lines and verdict.step.expectation.lines and not step.expectation.lines:
                    lines.append(
                        before(rows[step.path], step).rstrip(" \t")
                    )  # a remark stands below a blank line
                edits.append(Edit(at=index, step=step, lines=tuple(lines)))
                continue
        elif not stopped and reason != _PATTERNS:
            where = "line " if verdict.step.path == document.path else f"{verdict.step.path}:"
            stopped = f"the step at {where}{verdict.step.line} went wrong before it"
        left.append(leave(verdict.step, reason))
    return revised(document, edits, left=left)


def _again(verdicts: Sequence[Verdict]) -> Mapping[tuple[str, int], Sequence[Verdict]]:
    """The verdicts on what is shown more than once, by file and line: that file is included again."""
    found: dict[tuple[str, int], list[Verdict]] = defaultdict(list)
    for verdict in verdicts:
        options = verdict.step.options
        if verdict.output and not (
            options.ignore or options.status_only or verdict.step.expectation.together
        ):
            found[verdict.step.path, verdict.step.line].append(verdict)
    return {place: several for place, several in found.items() if len(several) > 1}


def revised(document: Document, edits: Sequence[Edit], *, left: Sequence[Diagnostic]) -> Update:
    """The update that these edits make, as far as the article then reads as before; ``left`` is told too."""
    rows = _rows(document)
    good = _accepted(document, rows, (), edits)
    reason = "what it printed would be read as a prompt, as prose or as markup"
    told = [*left, *(leave(edit.step, reason) for edit in edits if edit not in good)]
    new = _texts(document, rows, good)
    return Update(
        text=new.pop(document.path, document.text),
        rewritten=tuple(edit.step for edit in good),
        left=tuple(sorted(told, key=lambda told: (told.path, told.line))),
        included=new,
        edits=good,
    )


def leave(step: Step, reason: str) -> Diagnostic:
    """That a step is wrong and stays so, and why."""
    return Diagnostic(path=step.path, line=step.line, name="left", message=reason)


def agrees(document: Document, verdict: Verdict, lines: Sequence[str]) -> bool:
    """Whether these lines of its file, as the output of the step, would show what it printed."""
    assert verdict.output is not None
    step = verdict.step._replace(expectation=without_remarks(verdict.step.expectation))
    text = _normalised(_rows(document)[step.path], step, lines, document.conventions.substitutions)
    return not _UNWRITABLE.search(text) and bool(_matches(step, verdict.output, text=text))


def _beyond_update(verdict: Verdict, *, redacts: bool, secrets: bool) -> str:
    """Why a new output would not make this step right, "" when it would."""
    step, output = verdict.step, verdict.output
    if output is None or output.status is None or verdict.outcome is Outcome.ERROR:
        return verdict.reason
    if (redacts or secrets) and _hides(step, output, redacts=redacts):
        return "something in it is not to be told"
    if step.options.ignore or step.options.status_only or _matches(step, output):
        return verdict.reason or "its output is right"
    if step.expectation.status not in ("any", output.status):
        return verdict.reason
    if output.ended and verdict.reason != "the output differs":
        return verdict.reason
    if verdict.reason.startswith("the output differs") and verdict.reason != "the output differs":
        return verdict.reason  # a sample stands for two values, or what is printed is secret
    if step.expectation.match == "regex":
        return _PATTERNS
    return ""


def _hides(step: Step, output: Output, *, redacts: bool) -> bool:
    """Whether something was hidden in a step or its output, and nobody knows what the article calls it.

    That is known of a secret sample that is bound, if it is the only one and the configuration hides nothing.
    """
    if HIDDEN in step.command or HIDDEN in step.expectation.text:
        return True
    secrets = [sample for sample in step.expectation.samples if sample.secret]
    known = not redacts and len(secrets) == 1 and secrets[0].value is not None
    return not known and (HIDDEN in output.stdout or HIDDEN in output.stderr)


def _matches(step: Step, output: Output, *, text: str | None = None) -> bool | None:
    shown = step.expectation if text is None else step.expectation._replace(text=text)
    return matches(shown, stdout=output.stdout, stderr=output.stderr)


# What one step should show.


def _lines(rows: Sequence[str], verdict: Verdict, meant: Mapping[str, str]) -> list[str] | None:
    """The lines of the file that show what was printed; ``None`` when no lines can.

    ``meant`` are the substitutions.
    """
    step, output = verdict.step, verdict.output
    assert output is not None
    reading = closest_reading(step.expectation, stdout=output.stdout, stderr=output.stderr)
    for attempt in _attempts(rows, step, reading):
        lines = _with_literals(rows, step, attempt, meant)
        text = _normalised(rows, step, lines, meant)
        if not _UNWRITABLE.search(text) and _matches(step, output, text=text):
            return lines
    return None


def _attempts(rows: Sequence[str], step: Step, reading: Reading) -> Iterator[list[str]]:
    """Lines to try, those nearest to the author's first."""
    yield _kept(rows, step, reading, err=reading.err)
    yield _kept(rows, step, reading, err=())
    yield _plain(rows, step, reading)


def _with_literals(rows: Sequence[str], step: Step, lines: list[str], meant: Mapping[str, str]) -> list[str]:
    """The lines, with the author's literals for their values where they look like a shown one with such."""
    first, last = step.expectation.lines or (1, 0)
    shown = [row for row in rows[first - 1 : last] if any(literal in row for literal in meant)][:_TRIED]

    def written(line: str) -> str:
        for row in shown:
            if line not in shown and likeness(substitute(row, meant), line) >= ALIKE:
                for literal in (literal for literal in meant if literal in row and meant[literal]):
                    value = re.escape(meant[literal])
                    line = re.sub(rf"(?<!\w){value}(?!\w)", literal.replace("\\", r"\\"), line)
        return line

    return [written(line) for line in lines] if shown else lines


def _plain(rows: Sequence[str], step: Step, reading: Reading) -> list[str]:
    """All that was printed, and nothing of what the author wrote."""
    prefix = before(rows, step)
    return [(prefix + _written(line, step)).rstrip(" \t") for line in reading.out]


def _kept(rows: Sequence[str], step: Step, reading: Reading, *, err: Sequence[str]) -> list[str]:
    """What was printed, in the author's own lines where they still say so.

    The lines are placed as the author placed them: printed columns, moved by what the shown ones were
    moved. What would then begin to the left of the prompt moves all to the right.
    """
    prefix = before(rows, step)
    first, last = step.expectation.lines or (1, 0)
    raw = rows[first - 1 : last]
    aligned = align(reading.tokens, reading.out, reading.err)
    margin = _margin(raw, prefix)
    anchored = any(span and solid(token) for token, span in zip(reading.tokens, aligned, strict=True))
    shift = margin - reading.columns if anchored else margin
    merged = list(_merged(reading, aligned, err))
    printed = [line for line in merged if isinstance(line, str) and line]
    missing = max([0, *(-shift - indent(line) for line in printed)])
    lines = []
    for line in merged:
        if isinstance(line, int):
            kept = raw[line]
            bare = kept[len(prefix) :] if kept.startswith(prefix) else ""
            lines.append(prefix + " " * missing + bare if missing and bare.strip() else kept)
        else:
            at = shift + missing
            placed = _written(" " * at + line if at >= 0 else line[-at:], step)
            lines.append((prefix + (placed if line else "")).rstrip(" \t"))
    return lines


def _merged(
    reading: Reading, aligned: Sequence[tuple[int, int] | None], err: Sequence[str]
) -> Iterator[int | str]:
    """In order, the numbers of shown lines that stay, and lines that are new.

    Of those on stderr, ``err``, only such as resemble a shown one that is nowhere to be found.
    """
    shown, out = reading.tokens, reading.out
    gone: list[Token] = []
    j = k = 0
    for index, span in enumerate([*aligned, (len(out), len(out))]):
        if span is None:
            gone.append(shown[index])
            continue
        if span == ON_STDERR:  # stays behind as many lines of stdout as stood before it
            ahead = (other[0] for other in aligned[index:] if other and other != ON_STDERR)
            start = end = min(j + len(gone), next(ahead, len(out)))
        else:
            start, end = span
        yield from _adapted(out[j:start], gone)
        for token in gone[:_TRIED]:
            if not any(_alike(token, line) for line in out[j:start][:_TRIED]):
                near = (at for at, line in enumerate(err[k : k + _TRIED], k) if _alike(token, line))
                if (at := next(near, -1)) >= 0:
                    k = at + 1
                    yield from _adapted([err[at]], [token])
        if span == ON_STDERR:
            k = next((at + 1 for at in range(k, len(err)) if fits(shown[index], err[at])), k)
        gone, j = [], end
        if index < len(aligned):
            yield index


def _adapted(printed: Sequence[str], gone: Sequence[Token]) -> Iterator[str]:
    """The printed lines, with the wildcards of those lines that they took the place of."""
    globs = [token for token in gone if isinstance(token, Glob)]
    for line in printed:
        near = next((at for at, glob in enumerate(globs) if _alike(glob, line)), None)
        if near is None:
            yield line
        else:
            yield _with_wildcards(globs[near], line)
            del globs[: near + 1]


def _alike(token: Token, line: str) -> bool:
    text = token.text if isinstance(token, Glob) else str(token)
    return bool(line) and likeness(text, line) >= ALIKE


def _with_wildcards(glob: Glob, line: str) -> str:
    """The printed line, with the wildcards and samples of the shown one between words that both have."""
    found = pieces(glob, line)
    text = "".join(hole.shown if hole else piece for piece, hole in found)
    fitting = all(hole is None for _, hole in found) or glob_of(found).fits(line)
    return text if fitting and token_of(text) is not GAP else line


def _written(line: str, step: Step) -> str:
    """A printed line with the samples of the article for their values."""
    if not step.expectation.samples:
        return line
    from wordish.forms import written

    return written(line, step.expectation.samples)


# Where it stands in the file.


def _rows(document: Document) -> _Rows:
    texts = {**document.included, document.path: document.text}
    return {path: re.split(r"\r?\n", text) for path, text in texts.items()}


def _scattered(rows: Sequence[str], step: Step, meant: Mapping[str, str]) -> bool:
    """Whether the file's lines from the first to the last of what is shown are not just that."""
    start, stop, _ = place(rows, step)
    return _normalised(rows, step, rows[start:stop], meant) != step.expectation.text


def _normalised(rows: Sequence[str], step: Step, lines: Sequence[str], meant: Mapping[str, str]) -> str:
    """The text of the expectation that these lines of the file would be."""
    prefix = before(rows, step)
    inside = all(line.startswith(prefix) for line in lines if line.strip(" \t>"))
    shown = [line[len(prefix) :] for line in lines] if inside else lines
    return normalise([substitute(line, meant) for line in shown])


def _margin(raw: Sequence[str], prefix: str) -> int:
    """How far to the right of the prompt the author began the shown lines."""
    bare = [row[len(prefix) :].expandtabs() for row in raw if row.strip() and row.startswith(prefix)]
    return indentation(bare) if all(row.startswith(prefix) for row in raw if row.strip()) else 0


def _texts(document: Document, rows: _Rows, edits: Sequence[Edit]) -> dict[str, str]:
    """The files with these edits, by path; those without any are left out."""
    texts = {**document.included, document.path: document.text}
    paths = {edit.step.path for edit in edits}
    return {
        path: _text(texts[path], rows[path], [edit for edit in edits if edit.step.path == path])
        for path in paths
    }


def _text(text: str, rows: Sequence[str], edits: Sequence[Edit]) -> str:
    """The file with these edits; the line ends are those around."""
    ends = re.findall(r"\r?\n", text)
    usual = Counter(ends).most_common(1)[0][0] if ends else "\n"
    pieces = list(zip(rows, [*ends, ""], strict=True))
    places = {place(rows, edit.step): edit for edit in edits}  # one, where a file is included twice
    for (start, stop, apart), edit in sorted(places.items(), reverse=True):
        end = pieces[edit.step.line - 1][1] or usual
        blank = apart and edit.lines and rows[start - 1].strip(" \t>")
        above = [(before(rows, edit.step).rstrip(), end)] if blank else []
        pieces[start:stop] = [*above, *((line, end) for line in edit.lines)]
    whole = "".join(line + (end or usual) for line, end in pieces[:-1])
    return whole + pieces[-1][0] if pieces else whole


def _accepted(
    document: Document, rows: _Rows, sure: Sequence[Edit], edits: Sequence[Edit]
) -> tuple[Edit, ...]:
    """Those of the edits after which the article still reads as it should, beside those that are sure."""
    if not edits or _reads(document, rows, (*sure, *edits)):
        return (*sure, *edits)
    if len(edits) == 1:
        return tuple(sure)
    half = len(edits) // 2
    return _accepted(document, rows, _accepted(document, rows, sure, edits[:half]), edits[half:])


def _reads(document: Document, rows: _Rows, edits: Sequence[Edit]) -> bool:
    """Whether the edited text has the same commands, shows what the edits say, and all else as before."""
    meant = document.conventions.substitutions
    new = {**document.included, **_texts(document, rows, edits)}
    load = loader(document.path, known=new)
    again = parse(
        new.get(document.path, document.text),
        path=document.path,
        conventions=document.conventions,
        load=load,
    )
    shown = {
        (edit.step.path, edit.step.line): _normalised(rows[edit.step.path], edit.step, edit.lines, meant)
        for edit in edits
    }
    return (
        len(again.steps) == len(document.steps)
        and again.options == document.options
        and not again.errors
        and all(
            (new.command, new.prompt, new.options) == (old.command, old.prompt, old.options)
            and new.expectation.together == old.expectation.together
            and (
                without_remarks(new.expectation).text == shown[old.path, old.line]
                if (old.path, old.line) in shown
                else new.expectation.text == old.expectation.text
            )
            for new, old in zip(again.steps, document.steps, strict=True)
        )
    )


def rival(path: str) -> Diagnostic:
    """That an included file was given another text for another article."""
    return Diagnostic(path=path, line=1, name="left", message="updated for another article: update again")


def patch(path: str, before: str, after: str) -> str:
    """A unified diff that ``git apply`` takes in the current directory, "" when nothing changed."""
    from difflib import unified_diff

    if before == after:
        return ""
    name = os.path.relpath(path)
    old, new = _name(f"a/{name}"), _name(f"b/{name}")
    was, now = (re.findall(r"[^\n]*\n|[^\n]+", text) for text in (before, after))
    return "".join(
        line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"
        for line in unified_diff(was, now, old, new)
    )


def _name(path: str) -> str:
    """A path as git writes it, quoted like a string in C where it has to be."""
    if re.search(r'["\\\x00-\x1f\x7f]', path):
        escaped = re.sub(
            r'["\\\x00-\x1f\x7f]',
            lambda found: f"\\{ord(found[0]):03o}",
            path,
        )
        return f'"{escaped}"'
    return f"{path}\t" if " " in path else path
