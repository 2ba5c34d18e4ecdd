"""The samples that an article declares: what they may look like, where they hold, what is odd about them.

Said of the article, a sample holds in all of it; said of a block, from there on. What varies does so where it
is said.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from wordish import forms, likes
from wordish.model import Diagnostic, Options, Sample, Severity, Step
from wordish.options import line_of

_WORDS = "sample|vary|text"  # what a sample is said with


MOST = 100  # of an article: each step looks for all of them


def resolved(
    options: Options, own: Mapping[str, str], *, path: str, line: int, text: str, left: int = MOST
) -> tuple[Options, list[Diagnostic]]:
    """The options with the patterns of their samples, and what is wrong with those that are left out.

    ``own`` are the author's own kinds, patterns by name. Faults are told at the line of ``text`` that says
    the sample, else at ``line``. No more are kept than are ``left`` of `MOST`.
    """
    found: list[Sample] = []
    faults: list[Diagnostic] = []
    for sample in options.samples or ():
        try:
            if len(found) == left:
                faults.append(_too_many(path, line))
                break
            pattern = sample.pattern or likes.pattern_of(sample.text, sample.like, own)
            found.append(sample._replace(pattern=pattern))
        except ValueError as error:
            at = line_of(text, _WORDS, sample.text, default=line)
            faults.append(Diagnostic(path=path, line=at, name="bad-option", message=str(error)))
    return options._replace(samples=tuple(found) or None), faults


def _too_many(path: str, line: int) -> Diagnostic:
    message = f"more than {MOST} samples in one article"
    return Diagnostic(path=path, line=line, name="bad-option", message=message, hint="name fewer")


def carried(steps: Sequence[Step]) -> list[Step]:
    """The steps, with the samples of the blocks before them."""
    known: dict[str, Sample] = {}
    found = []
    for step in steps:
        own = {sample.text: sample for sample in step.options.samples or ()}
        samples = tuple({**known, **own}.values())
        known.update({text: sample for text, sample in own.items() if not sample.varies})
        found.append(step._replace(options=step.options._replace(samples=samples or None)))
    return found


def remarks(steps: Sequence[Step], *, path: str, text: str) -> Iterator[Diagnostic]:
    """Warnings for samples that no output shows, and for commands that use one before an output does.

    ``steps`` are all that run, those of articles before too; told is of those at ``path``, whose text is
    ``text``.
    """
    samples: dict[str, Sample] = {}
    seen: set[str] = set()
    early: set[str] = set()
    for step in steps:
        declared = step.options.samples or ()
        if step.path == path:
            samples.update({sample.text: sample for sample in declared})
        for _, _, sample in forms.occurrences(step.command, declared):
            if not sample.varies and sample.text not in seen | early and step.path == path:
                early.add(sample.text)
                message = f"no output shows the sample {sample.text} before: it is typed as it stands"
                yield _warning(path, step.line, "unbound-sample", message, "")
        shown = forms.shown(step.expectation._replace(samples=declared))
        seen |= {sample.text for sample in shown}
    for sample in samples.values():
        if sample.text not in seen:
            inside = any(sample.text in step.expectation.text for step in steps)
            yield _warning(
                path,
                line_of(text, _WORDS, sample.text),
                "unshown-sample",
                f"no output shows the sample {sample.text}",
                "it stands only inside of longer words" if inside else "check the spelling",
            )


def _warning(path: str, line: int, name: str, message: str, hint: str) -> Diagnostic:
    return Diagnostic(path=path, line=line, severity=Severity.WARNING, name=name, message=message, hint=hint)
