"""What became of articles and steps, in words: lines of styled spans, for any stream.

Whatever comes from an article or a machine has been through `wordish.reporters.style.visible`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from wordish.catalogue import code
from wordish.model import NOT_RUNNABLE, Diagnostic, Document, Outcome, Severity, Step, Transcript, Verdict
from wordish.reporters.style import Line, visible

STDERR_TAIL = 10
"""Lines of a failed step's stderr that are shown."""


REASONS = 3
"""Reasons that are told for an article of which no step ran."""


def article(transcript: Transcript, counts: Counter[str]) -> Line:
    """One line: the article, what became of its steps, where and in how long."""
    worst = outcome(transcript)
    parts = [f"{counts[word]} {word}" for word in _ORDER if counts[word] and word != "error"]
    if worst in ("error", "interrupted"):
        parts = [worst, *parts]
    return [
        (visible(transcript.document.path), "place"),
        (": ", ""),
        (", ".join(parts) or "no session", worst),
        (f" in {duration(transcript.elapsed)} ({visible(str(transcript.target))})", ""),
        (f", resumed at {visible(transcript.resumed)}" if transcript.resumed else "", ""),
        *_why_nothing_ran(transcript),
    ]


def _why_nothing_ran(transcript: Transcript) -> Line:
    if transcript.outcome is not Outcome.SKIPPED or not transcript.verdicts:
        return []
    reasons = list(dict.fromkeys(verdict.reason for verdict in transcript.verdicts))
    more = ["..."] if len(reasons) > REASONS else []
    return [(f": {visible('; '.join([*reasons[:REASONS], *more]))}", "")]


def outcome(transcript: Transcript) -> str:
    """The article's outcome, ``interrupted`` told from other errors."""
    return "interrupted" if transcript.interrupted else str(transcript.outcome)


def step(verdict: Verdict) -> Line:
    """One line: the step, what became of it, in how long."""
    took = f" in {duration(verdict.output.elapsed)}" if verdict.output else ""
    why = f" ({visible(verdict.reason)})" if verdict.outcome is Outcome.SKIPPED else ""
    return [
        *place(verdict.step),
        (str(verdict.outcome), str(verdict.outcome)),
        (f"{took}{why}: ", ""),
        *first_line(verdict.step),
    ]


def failure(verdict: Verdict) -> Iterator[Line]:
    """What is wrong: place and reason, the command, the difference, the status, the tail of stderr."""
    kind = str(verdict.outcome)
    yield [*place(verdict.step), (f"{kind}: {visible(verdict.reason)}" if verdict.reason else kind, kind)]
    for number, text in enumerate(visible(verdict.step.command).split("\n")):
        lead = (
            visible(verdict.step.prompt.rstrip()) if number == 0 else " " * len(verdict.step.prompt.rstrip())
        )
        yield [(f"    {lead} ", "prompt"), (text, "command")]
    yield from ([("    ", ""), *line] for line in difference(verdict.diff))
    if verdict.output:
        yield from _circumstances(verdict)


def difference(diff: str) -> Iterator[Line]:
    """The lines of a diff, with the words that differ marked."""
    from wordish.diff import marked  # only those who read a difference pay for it

    for row, changed in marked(visible(diff)):
        yield list(_row(row, changed))


def _row(row: str, changed: list[tuple[int, int]]) -> Iterator[tuple[str, str]]:
    """A line of a diff, cut where its changed words start and end."""
    style = _SIGNS.get(row[:1], "") if not row.startswith(("--- ", "+++ ")) else "quiet"
    position = 0
    for start, end in changed:
        yield row[position:start], style
        yield row[start:end], f"{style} word"
        position = end
    yield row[position:], style


_SIGNS = {"-": "removed", "+": "added", "@": "quiet", "\\": "quiet"}


def _circumstances(verdict: Verdict) -> Iterator[Line]:
    assert verdict.output is not None
    status, took = verdict.output.status, duration(verdict.output.elapsed)
    ended = f"exit status {status}" if status is not None else "no exit status"
    yield [(f"    {ended}, after {took}{_unseen(verdict.output.nuls)}", "quiet")]
    said = visible(verdict.output.stderr).split("\n")
    shown = {line[1:] for line in verdict.diff.splitlines()}
    if any(line and line not in shown for line in said):
        yield [("    on stderr:", "quiet")]
        if len(said) > STDERR_TAIL:
            yield [(f"      ({len(said) - STDERR_TAIL} lines before)", "quiet")]
        for line in said[-STDERR_TAIL:]:
            yield [(f"      {line}", "")]


def remarks(documents: Sequence[Document]) -> Iterator[str]:
    """All remarks, ``file:line: code name: what: what to try``, and a sum."""
    found = [remark for document in documents for remark in document.diagnostics]
    for told in found:
        yield visible(str(told._replace(message=f"{code(told.name)} {told.name}: {told.message}")))
    errors = sum(told.severity is Severity.ERROR for told in found)
    yield (
        f"{_many(len(documents), 'article')}: {_many(errors, 'error')}, "
        f"{_many(len(found) - errors, 'warning')}"
    )


def _unseen(nuls: int) -> str:
    return f"; NUL bytes, which a terminal does not show: {nuls}" if nuls else ""


def updated(transcript: Transcript, rewritten: Sequence[Step], left: Sequence[Diagnostic]) -> Iterator[str]:
    """What an update did: a line for each output that is new and each step that stays wrong, and a sum."""
    nuls = {
        (verdict.step.path, verdict.step.line): verdict.output.nuls
        for verdict in transcript.verdicts
        if verdict.output
    }
    lines = [
        (step.path, step.line, f"updated: {_command(step)}{_unseen(nuls.get((step.path, step.line), 0))}")
        for step in rewritten
    ]
    lines += [(told.path, told.line, f"left: {told.message}") for told in left]
    yield from (visible(f"{path}:{line}: {text}") for path, line, text in sorted(lines))
    yield from ("".join(text for text, _ in line) for line in trouble(transcript))
    said = [outcome(transcript)] if transcript.outcome is Outcome.ERROR else []
    said += [f"{len(rewritten)} updated"] if rewritten else []
    said += [f"{len(left)} left"] if left else []
    yield f"{visible(transcript.document.path)}: {', '.join(said) or 'nothing to update'}"


def pinned(document: Document, written: Sequence[Diagnostic], left: Sequence[Diagnostic]) -> Iterator[str]:
    """What pinning did: a line for each word that is new and each doubt that stays, and a sum."""
    lines = [(told.path, told.line, f"pinned: {told.message}") for told in written]
    lines += [
        (told.path, told.line, f"left: {told.message if told.severity == 'error' else _UNSAID}")
        for told in left
    ]
    yield from (visible(f"{path}:{line}: {text}") for path, line, text in sorted(lines))
    said = [f"{len(written)} pinned"] if written else []
    said += [f"{len(left)} left"] if left else []
    yield f"{visible(document.path)}: {', '.join(said) or 'nothing to pin'}"


_UNSAID = 'it cannot be said here so that all is read as before: write "~# " before commands of root'


def _command(step: Step) -> str:
    return "".join(text for text, _ in first_line(step))


def trouble(transcript: Transcript) -> Iterator[Line]:
    """Why wordish could not tell, unless the verdict on a step says it."""
    if transcript.error and not _is_told(transcript):
        yield [
            (visible(transcript.document.path), "place"),
            (": ", ""),
            (f"error: {visible(transcript.error)}", "error"),
        ]


def untold(transcript: Transcript) -> str:
    """Why the article could not be checked to its end, "" when the verdict on a step says it, or it was."""
    if transcript.error:
        return "" if _is_told(transcript) else visible(transcript.error)
    on_a_step = any(verdict.outcome is Outcome.ERROR for verdict in transcript.verdicts)
    return "interrupted" if transcript.interrupted and not on_a_step else ""


def _is_told(transcript: Transcript) -> bool:
    return any(transcript.error == verdict.reason for verdict in transcript.verdicts)


def summary(articles: Counter[str], steps: Counter[str], *, elapsed: float, missing: int) -> Line:
    """One line on the whole run; ``missing`` articles were never begun."""
    worst = next((word for word in _ORDER if articles[word]), "skipped")
    line: Line = [
        (f"{_many(articles.total(), 'article')}: ", ""),
        (_counted(articles), worst),
        (f"; {_many(steps.total(), 'step')}: ", ""),
        (_counted(steps), worst),
        (f"; {duration(elapsed)}", ""),
    ]
    return [*line, (f"; {_many(missing, 'article')} never begun", "error")] if missing else line


def counts(verdicts: Iterable[Verdict]) -> Counter[str]:
    """How many steps of each outcome; of those skipped, why they were."""
    return Counter(
        _skipped(verdict.step) if verdict.outcome is Outcome.SKIPPED else str(verdict.outcome)
        for verdict in verdicts
    )


def text(lines: Iterable[Line]) -> str:
    """The lines without their styles."""
    return "\n".join("".join(piece for piece, _ in line) for line in lines)


def _skipped(step: Step) -> str:
    """``skipped`` on request, ``not runnable`` as it stands, or ``not reached``."""
    if step.options.skip is None:
        return "not reached"
    return NOT_RUNNABLE if step.options.skip.startswith(f"{NOT_RUNNABLE}: ") else "skipped"


def place(step: Step) -> Line:
    """``file:line: ``, as editors understand it."""
    return [(f"{visible(step.path)}:{step.line}", "place"), (": ", "")]


def first_line(step: Step) -> Line:
    """The prompt and the first line of the command."""
    first, newline, _ = visible(step.command).partition("\n")
    return [(f"{visible(step.prompt.rstrip())} ", "prompt"), (first + (" …" if newline else ""), "command")]


def duration(seconds: float) -> str:
    """``0.05 s``, ``12.3 s``, ``2 min 05 s``."""
    if seconds < 59.95:
        return f"{seconds:.2f} s" if seconds < 9.995 else f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s"


_ORDER = ("interrupted", "error", "failed", "passed", "skipped", NOT_RUNNABLE, "not reached")


def _counted(counter: Counter[str]) -> str:
    return ", ".join(f"{counter[word]} {word}" for word in _ORDER if counter[word]) or "none"


def _many(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
