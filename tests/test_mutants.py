"""No article with a mistake in it passes: each fails at the line of its mistake."""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Callable, Iterator

import pytest

from tests import hostile, mutants
from tests.conftest import ROOT
from tests.mutants import Mutant
from tests.playing import Play
from wordish import document
from wordish.judge import judge
from wordish.model import Document, Outcome, Transcript

PAGES = ("README.md", "docs/index.md", "docs/howto/shell-basics.md", "docs/explanation/one-run.md")
REFERENCE = ("command-line", "configuration", "json", "markup")
SHARE = 6  # one of so many mutants that have to be run, whatever others there are
IN_MACHINES = 25

Kind = Callable[..., Iterator[Mutant]]


def read(path: str) -> Document:
    return document.parse((ROOT / path).read_text(encoding="utf-8"), path=path)


@pytest.fixture(scope="module")
def articles(play_here: Play) -> list[Transcript]:
    """The articles that run on this machine, and what was really printed."""
    documents = [read(path) for path in (*PAGES, *(f"docs/reference/{name}.md" for name in REFERENCE))]
    documents += [article.document for article in hostile.articles() if article.here]
    pending = [play_here(each) for each in documents]
    return [wait() for wait in pending]


def judged(article: Transcript, mutant: Mutant) -> Outcome:
    """What the step becomes that the mutant is about; all else must be as it was."""
    changed = document.parse(mutant.text, path=article.document.path)
    assert changed.errors == ()
    assert len(changed.steps) == len(article.document.steps)
    outcome = None
    for verdict, step in zip(article.verdicts, changed.steps, strict=True):
        if verdict.step == mutant.step:
            assert (step.line, step.command) == (mutant.step.line, mutant.step.command)
            assert verdict.output is not None
            outcome = judge(step, verdict.output).outcome
        else:
            assert step.expectation.text == verdict.step.expectation.text
    assert outcome is not None
    return outcome


def test_every_mistake_in_an_output_fails_at_its_line(articles: list[Transcript]) -> None:
    excluded: Counter[str] = Counter()
    passed, number = [], 0
    for article in articles:
        for mutant in mutants.of_outputs(article, excluded=excluded):
            number += 1
            if judged(article, mutant) is not Outcome.FAILED:
                passed.append((article.document.path, mutant.step.line, mutant.what))
    assert passed == []
    assert number > 2000
    assert excluded.total() < number / 10, excluded


def test_every_broken_command_fails_at_its_line(articles: list[Transcript], play_here: Play) -> None:
    brief = [article for article in articles if article.elapsed < 0.4]
    assert wrongly(sample(brief, mutants.of_commands, SHARE), play_here) == []


@pytest.mark.vm
def test_mistakes_fail_at_their_lines_in_the_machine_too(play_in_machines: Play) -> None:
    documents = [article.document for article in hostile.articles() if article.machine and article.here]
    ran = [wait() for wait in [play_in_machines(each) for each in documents]]
    brief = [article for article in ran if article.elapsed < 2]
    for kind in (mutants.of_commands, mutants.of_outputs):
        assert wrongly(sample(brief, kind, IN_MACHINES), play_in_machines) == []


def sample(articles: list[Transcript], kind: Kind, share: int) -> list[tuple[Transcript, Mutant]]:
    """One of so many mutants of a kind. Each is chosen for its own text, whatever others there are."""
    return [
        (article, mutant)
        for article in articles
        for mutant in kind(article, excluded=Counter())
        if zlib.crc32(mutant.text.encode()) % share == 0
    ]


def wrongly(chosen: list[tuple[Transcript, Mutant]], play: Play) -> list[str]:
    """The mutants that do not fail, or not at their line, when they are run."""
    pending = [
        (article, mutant, play(document.parse(mutant.text, path=article.document.path)))
        for article, mutant in chosen
    ]
    wrong = []
    for article, mutant, wait in pending:
        at = next(at for at, verdict in enumerate(article.verdicts) if verdict.step == mutant.step)
        found = wait().verdicts[: at + 1]
        before = [
            verdict.outcome for verdict in article.verdicts[:at]
        ]  # some articles fail before they clean up
        if [verdict.outcome for verdict in found] != [*before, Outcome.FAILED]:
            wrong.append(f"{article.document.path}:{mutant.step.line}: {mutant.what}: {found[-1]}")
    return wrong
