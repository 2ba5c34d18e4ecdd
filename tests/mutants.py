"""Articles with one mistake in them, and the line at which each must fail.

A mutant that is as true as the article is none. These are left out, each for a reason that is told:

- a step whose output is not judged: ``ignore``, ``status-only``, ``skip``;
- another character in a pattern (``match=regex``), which may stand for both;
- a changed line that stands for another line that was printed, by its wildcards or by chance;
- a dropped line beside a gap (``...``), which then stands for that line too; a dropped gap, which may
  stand for nothing; a dropped line that was printed on standard error, which need not be shown.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from wordish.model import Document, Outcome, Step, Transcript, Verdict

_GAPS = ("...", "…", "[...]", "[…]")
_ADDED = "this was never printed"
_JOB = re.compile(r"\[\d+\][+-]? ")  # the state of a job, as bash tells it
_LINES = 6  # of one output in which something is changed, the first and the last among them


class Mutant(NamedTuple):
    """An article's text with one mistake: ``step`` is the one that must fail, ``what`` the mistake."""

    step: Step
    what: str
    text: str


def of_outputs(article: Transcript, *, excluded: Counter[str]) -> Iterator[Mutant]:
    """Mistakes in what is shown of the steps that passed; counts what is left out, by reason."""
    chance = random.Random(article.document.path)
    for verdict in article.verdicts:
        step = verdict.step
        if verdict.outcome is not Outcome.PASSED or verdict.output is None:
            continue
        if step.options.ignore or step.options.status_only or step.options.skip is not None:
            excluded["its output is not judged"] += 1
        elif step.expectation.lines is None:
            yield _edited(article.document, step, "shown where nothing is", step.end_line, 0, [_ADDED])
        else:
            yield from _of_output(article.document, verdict, chance, excluded)


def twin(document: Document, steps: Collection[Step]) -> Mutant | None:
    """The article with a mistake in the last output shown among these steps, none if nothing can be shown.

    Nothing needs to be known of what is printed: no article prints what the mistake says.
    """
    judged = [step for step in steps if not (step.options.ignore or step.options.status_only)]
    if not judged:
        return None
    step = judged[-1]
    first, last = step.expectation.lines or (step.end_line + 1, step.end_line)
    lines = document.text.split("\n")
    for number in range(last, first - 1, -1):
        line = lines[number - 1]
        places = [at for at, letter in enumerate(line) if letter.isalnum()]
        if places and step.expectation.match != "regex":
            changed = f"{line[: places[-1]]}\N{INVERTED QUESTION MARK}{line[places[-1] + 1 :]}"
            return _edited(document, step, f"{line} -> {changed}", number - 1, 1, [changed])
    return _edited(document, step, "added", last, 0, [_ADDED])


def _of_output(
    document: Document, verdict: Verdict, chance: random.Random, excluded: Counter[str]
) -> Iterator[Mutant]:
    step, output = verdict.step, verdict.output
    assert output is not None
    assert step.expectation.lines is not None
    first, last = step.expectation.lines
    lines = document.text.split("\n")
    numbers = list(range(first - 1, last))
    if len(numbers) > _LINES:
        numbers = [numbers[0], *sorted(chance.sample(numbers[1:-1], _LINES - 2)), numbers[-1]]
    printed = f"{output.stdout}\n{output.stderr}\n{output.notices}".split("\n")
    for number in numbers:
        line = lines[number]
        gap = step.expectation.match == "ellipsis" and line.strip() in _GAPS
        beside = {lines[at].strip() for at in (number - 1, number + 1) if first - 1 <= at < last}
        yield _edited(document, step, "added above", number, 0, [_ADDED])
        if gap:
            excluded["a gap may stand for nothing"] += 1
            continue
        unneeded = (
            f"{output.stderr}\n{output.notices}".split("\n") if step.expectation.stream == "both" else []
        )
        if step.expectation.match == "ellipsis" and beside & {*_GAPS}:
            excluded["a gap beside it takes the dropped line"] += 1
        elif _fits(line, unneeded, step):
            excluded["what is printed on standard error need not be shown"] += 1
        elif line.strip():
            yield _edited(document, step, f"dropped: {line.strip()}", number, 1, [])
        if step.expectation.match == "regex":
            excluded["another character in a pattern"] += 1
            continue
        for changed in _typos(line, chance):
            if _fits(changed, printed, step):
                excluded["the changed line is true as well"] += 1
            else:
                yield _edited(document, step, f"{line.strip()} -> {changed.strip()}", number, 1, [changed])
    yield _edited(document, step, "added below", last, 0, [_ADDED])


def _typos(line: str, chance: random.Random) -> Iterator[str]:
    """The line with another letter or digit: the first, the last and one of those between."""
    places = [at for at, letter in enumerate(line) if letter.isalnum()]
    for at in sorted({*places[:1], *places[-1:], *chance.sample(places, min(1, len(places)))}):
        letter = line[at]
        if letter.isdigit() and letter.isascii():
            other = str((int(letter) + 1) % 10)
        else:
            other = letter.swapcase() if letter.swapcase() != letter and chance.random() < 0.5 else "¿"
        yield line[:at] + other + line[at + 1 :]


def _fits(shown: str, printed: Sequence[str], step: Step) -> bool:
    """Whether a shown line stands for one that was printed: the definition, and nothing of wordish's."""
    pattern = re.escape(shown.strip())
    if step.expectation.match == "ellipsis":
        pattern = pattern.replace(r"\.\.\.", ".*").replace("…", ".*")
    elif step.expectation.match == "regex":
        pattern = shown.strip()
    compiled = re.compile(pattern)
    return any(compiled.fullmatch(line.strip()) for line in printed if line.strip())


def of_commands(article: Transcript, *, excluded: Counter[str]) -> Iterator[Mutant]:
    """Commands that are broken: another program's name instead, or nothing done where something was shown."""
    for verdict in article.verdicts:
        step = verdict.step
        if verdict.outcome is not Outcome.PASSED or verdict.output is None:
            continue
        if step.options.ignore or step.options.cleanup or step.options.skip is not None:
            excluded["its output is not judged"] += 1
            continue
        lines = step.end_line - step.line + 1
        hint = _hint(document_line(article.document, step.end_line))
        if verdict.output.ended and not step.command.startswith("exit"):
            excluded["any failure ends the shell"] += 1
        elif step.expectation.status not in ("any", 127):
            yield _commanded(article.document, step, lines, f"no-such-program{hint}", "misspelt")
        else:
            excluded["any status will do"] += 1
        if verdict.output.stdout.strip() and not step.options.status_only and _says_something(step):
            yield _commanded(article.document, step, lines, f"true{hint}", "left out")
        else:
            excluded["it shows nothing"] += 1


def _says_something(step: Step) -> bool:
    """Whether what is shown stands for more than nothing, and for more than what bash tells by itself."""
    lines = [line.strip() for line in step.expectation.text.split("\n")]
    return any(line not in ("", *_GAPS) and not _JOB.match(line) for line in lines)


def _hint(line: str) -> str:
    found = re.search(r"\s+# (wordish:|returncode:|ignore|cleanup|&2).*$", line)
    return found.group() if found else ""


def document_line(document: Document, number: int) -> str:
    """A line of an article, counted from 1."""
    return document.text.split("\n")[number - 1]


def _commanded(document: Document, step: Step, lines: int, command: str, what: str) -> Mutant:
    line = document_line(document, step.line)
    indent = line[: line.index(step.prompt.rstrip())]
    typed = f"{indent}{step.prompt.rstrip()} {command}"
    return _edited(document, step, f"{what}: {step.command}", step.line - 1, lines, [typed])


def _edited(document: Document, step: Step, what: str, at: int, dropped: int, added: Sequence[str]) -> Mutant:
    """The article with so many lines dropped and others added behind its first ``at`` lines."""
    lines = document.text.split("\n")
    command = lines[step.line - 1]
    margin = command[: len(command) - len(command.lstrip())]
    placed = [line if dropped else margin + line for line in added]
    return Mutant(step=step, what=what, text="\n".join([*lines[:at], *placed, *lines[at + dropped :]]))
