"""Articles that try to fool wordish, or to hang it: one behaviour each, with the verdicts they deserve.

``KIND/NAME.md``: the title says what the article does; every step passes, but for those that a comment
at its end names by their line, as ``7: failed: the shell ended here``. Those that say so run in a
machine too, and those of the kind ``machine``, which would hurt this one, there alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from tests import mutants
from wordish import document
from wordish.model import Document, Outcome, Transcript, Verdict

HERE = Path(__file__).parent
PAGE = HERE.parent.parent / "docs" / "explanation" / "hostile.md"

_VERDICT = re.compile(r"^(\d+): (passed|failed|skipped|error)(?:: (.*))?$", re.MULTILINE)
_IN_A_MACHINE = "<!-- also in a machine -->"


class Deserved(NamedTuple):
    """The verdict that a step deserves; ``reason`` is the beginning of what is said."""

    outcome: Outcome = Outcome.PASSED
    reason: str = ""


class Article(NamedTuple):
    """One behaviour; ``deserved`` are the verdicts other than passed, by the line of their step."""

    kind: str
    name: str
    title: str
    document: Document
    deserved: Mapping[int, Deserved]
    here: bool
    machine: bool

    def __str__(self) -> str:
        return f"{self.kind}/{self.name}"

    def wrong(self, transcript: Transcript) -> list[str]:
        """What is not as it should be in what a run found."""
        return [
            f"{self}:{verdict.step.line}: {verdict.outcome}: {verdict.reason} instead of {deserved}\n"
            f"{verdict.diff}{verdict.output}"
            for verdict in transcript.verdicts
            for deserved in [self.deserved.get(verdict.step.line, Deserved())]
            if not _as(verdict, deserved)
        ]

    @property
    def greedy(self) -> bool:
        """Whether it takes all that a machine has."""
        return bool(re.search("hog|bomb|filler", self.name))

    @property
    def twin(self) -> Twin | None:
        """The article with a mistake in what the last step that passes shows."""
        passing = [step for step in self.document.steps if step.line not in self.deserved]
        made = mutants.twin(self.document, passing)
        path = str(Path(self.document.path).with_name(f"untrue-{self.name}.md"))
        untrue = made and document.parse(made.text, path=path)
        return made and untrue and Twin(of=self, document=untrue, line=made.step.line)


class Twin(NamedTuple):
    """An article with a mistake in it, and the line of the step that must fail."""

    of: Article
    document: Document
    line: int

    def wrong(self, transcript: Transcript) -> list[str]:
        """What is not as it should be in what a run found."""
        told = {verdict.step.line: verdict for verdict in transcript.verdicts}
        found = told[self.line].outcome, told[self.line].reason
        before = (verdict for verdict in transcript.verdicts if verdict.step.line < self.line)
        wrong = self.of.wrong(transcript._replace(verdicts=tuple(before)))
        if found != (Outcome.FAILED, "the output differs"):
            wrong.append(f"the mistake of {self.of} in line {self.line}: {found} {transcript.error}")
        return wrong


def _as(verdict: Verdict, deserved: Deserved) -> bool:
    return verdict.outcome is deserved.outcome and verdict.reason.startswith(deserved.reason)


def articles() -> list[Article]:
    """All of them."""
    return [_read(path) for path in sorted(HERE.glob("*/*.md"))]


def _read(path: Path) -> Article:
    text = path.read_text(encoding="utf-8")
    here = path.parent.name != "machine"
    return Article(
        kind=path.parent.name,
        name=path.stem,
        title=text.split("\n", 1)[0].removeprefix("# "),
        document=document.parse(text, path=str(path.relative_to(HERE.parent.parent))),
        deserved={
            int(line): Deserved(outcome=Outcome(outcome), reason=reason)
            for line, outcome, reason in _VERDICT.findall(text)
        },
        here=here,
        machine=not here or _IN_A_MACHINE in text,
    )
