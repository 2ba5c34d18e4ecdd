"""What samples stand for: bound where they are first shown, meant from then on, never shown when secret."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from functools import partial
from typing import Final

from wordish import forms
from wordish.alignment import ALIKE, ON_STDERR, align, likeness
from wordish.matching import closest_reading, matches
from wordish.model import RED, Expectation, Output, Sample, Step, Verdict
from wordish.pattern import Glob, Regex, Token, matches_whole
from wordish.redaction import HIDDEN
from wordish.similar import pieces

_TRIED: Final = 32  # values of samples
_LINES: Final = 20_000  # lines shown and printed, in all that is tried
_RESEMBLING: Final = 1000  # printed lines that are looked at
_RUN: Final = "a run without blanks"


def bind(step: Step, output: Output) -> Step:
    """The step with values for those of its samples that it shows first.

    The values are those with which the whole output is true, else those of the lines that are nearest to
    the shown ones.
    """
    free = [sample for sample in forms.shown(step.expectation) if not sample.varies and sample.value is None]
    if not free:
        return step
    nearest = _nearest(step, output, free)
    if step.options.ignore or step.options.status_only or _matches(nearest.expectation, output):
        return nearest
    # Between wildcards a line may have been found too early. What is tried costs a matching each.
    left = min(_TRIED, _LINES // (1 + sum(text.count("\n") for text in (step.expectation.text, *output[:2]))))
    for sample in free:
        for value in _Shown(step.expectation, output).values(sample):
            if left <= 0:
                return nearest
            left -= 1
            tried = _with_value(step, sample, value)
            if _matches(tried.expectation, output):
                step = tried
                break
        else:
            return nearest
    return step


def _nearest(step: Step, output: Output, samples: Iterable[Sample]) -> Step:
    """The step with the values that stand in the lines nearest to those that show the samples first."""
    shown = _Shown(step.expectation, output)
    for sample in samples:
        guesses = () if sample.secret else shown.resembling(sample)
        value = next(itertools.chain(shown.values(sample), guesses), None)
        step = step if value is None else _with_value(step, sample, value)
    return step


def contradiction(step: Step, output: Output) -> str:
    """What is printed in the place of a sample and cannot be what it stands for, in words; "" for nothing."""
    for sample in forms.shown(step.expectation):
        free = _freed(step.expectation, sample, pattern=sample.pattern if sample.value is not None else ".+")
        for value in _Shown(free, output).values(sample, nearest=True):
            if sample.value is None and not matches_whole(sample.pattern, value):
                what = "something else" if sample.secret else value
                return f"{sample.text} is like {sample.like or _RUN}, and {what} is not"
            if sample.value is not None and value != sample.value:
                if sample.secret:
                    return f"{sample.text} stands for something else since {sample.place}"
                return f"{sample.text} stands for {sample.value} since {sample.place}, and here for {value}"
    return ""


def _matches(expectation: Expectation, output: Output) -> bool:
    return matches(expectation, stdout=output.stdout, stderr=output.stderr) is True


def _with_value(step: Step, sample: Sample, value: str) -> Step:
    """The step with a value for a sample that it shows."""
    text, lines = step.expectation.text, step.expectation.lines
    start = next((start for start, _, _ in forms.occurrences(text, [sample])), 0)
    line = (lines[0] if lines else step.end_line) + text.count("\n", 0, start)
    bound = sample._replace(value=value, place=f"{step.path}:{line}")
    samples = tuple(bound if each.text == sample.text else each for each in step.expectation.samples)
    return step._replace(expectation=step.expectation._replace(samples=samples))


def _freed(expectation: Expectation, sample: Sample, *, pattern: str) -> Expectation:
    """The expectation in which this sample has no value, and may be what is like that pattern."""
    free = sample._replace(value=None, pattern=pattern)
    samples = tuple(free if each.text == sample.text else each for each in expectation.samples)
    return expectation._replace(samples=samples)


class _Shown:
    """An expectation laid over an output."""

    def __init__(self, expectation: Expectation, output: Output) -> None:
        self._reading = closest_reading(expectation, stdout=output.stdout, stderr=output.stderr)
        self._aligned = align(self._reading.tokens, self._reading.out, self._reading.err)

    def values(self, sample: Sample, *, nearest: bool = False) -> Iterator[str]:
        """What may stand for a sample that has no value, the likeliest first, each once.

        ``nearest``: only what stands in the lines that are aligned with those that show it, all of them.
        """
        reading = self._reading
        showing = [at for at, token in enumerate(reading.tokens) if sample.text in _names(token)]
        seen: set[str] = set()
        for at in showing if nearest else showing[:1]:
            span = self._aligned[at]
            lines = [] if span is None else reading.err if span == ON_STDERR else reading.out[slice(*span)]
            for line in lines if nearest else [*lines, *reading.out, *reading.err]:
                for name, value in _read(reading.tokens[at], line):
                    if name == sample.text and value not in seen:
                        seen.add(value)
                        yield value

    def resembling(self, sample: Sample) -> Iterator[str]:
        """What stands in the place of a sample in the line that most resembles one that shows it."""
        lines = [*self._reading.out, *self._reading.err][:_RESEMBLING]
        for token in self._reading.tokens:
            if isinstance(token, Glob) and sample.text in _names(token) and lines:
                line = max(lines, key=partial(likeness, token.text))
                for text, hole in pieces(token, line) if likeness(token.text, line) >= ALIKE else ():
                    fitting = hole and hole.sample and matches_whole(sample.pattern, text)
                    if fitting and hole and hole.shown == sample.text:
                        yield text


def _names(token: Token) -> Iterable[str]:
    if isinstance(token, Glob):
        return (hole.shown for hole in token.holes if hole.sample)
    return token.samples if isinstance(token, Regex) else ()


def _read(token: Token, line: str) -> Iterable[tuple[str, str]]:
    return token.read(line) if isinstance(token, Glob | Regex) else ()


class Known:
    """What the samples of one article stand for so far."""

    def __init__(self) -> None:
        self._samples: dict[str, Sample] = {}
        self._secrets: set[str] = set()

    def meant(self, step: Step) -> Step:
        """The step as it is meant now: what to type, and what its samples stand for.

        Raises `ValueError` when a value cannot be typed.
        """
        if not step.options.samples:
            return step
        samples = tuple(
            sample._replace(value=known.value, place=known.place)
            if not sample.varies and (known := self._samples.get(sample.text))
            else sample
            for sample in step.options.samples
        )
        lines = step.options.input and tuple(forms.spoken(line, samples) for line in step.options.input)
        return step._replace(
            command=forms.typed(step.command, samples),
            expectation=step.expectation._replace(samples=samples),
            options=step.options._replace(input=lines),
        )

    def learned(self, step: Step, verdict: Verdict) -> Verdict:
        """The verdict on ``step`` without secrets, after learning what its samples stand for."""
        judged = verdict.step
        withheld = self._learn_secrets(judged, verdict) if verdict.output else False
        for sample in judged.expectation.samples:
            if sample.value is not None:
                self._samples[sample.text] = sample
        verdict = verdict._replace(step=judged._replace(command=step.command, options=step.options))
        return self.redacted(_withheld(verdict) if withheld else verdict)

    def _learn_secrets(self, step: Step, verdict: Verdict) -> bool:
        """Keep what secret samples stand for; whether one of them may be in the output, and is not sure."""
        output = verdict.output
        assert output is not None
        unsure = False
        for sample in forms.shown(step.expectation):
            if sample.secret:
                free = _freed(step.expectation, sample, pattern=sample.pattern)
                values = {*_Shown(free, output).values(sample, nearest=True)}
                values |= set() if sample.value is None else {sample.value}
                self._secrets.update(spelt for value in values for spelt in forms.spellings(value))
                told = any(value in text for value in values for text in output[:2])
                unsure |= not told or (verdict.outcome in RED and sample.text not in self._samples)
        return unsure

    def redacted(self, verdict: Verdict) -> Verdict:
        """The verdict with all secrets that are known hidden."""
        if not self._secrets:
            return verdict
        output, expectation = verdict.output, verdict.step.expectation
        if output:
            output = output._replace(
                stdout=self.hide(output.stdout),
                stderr=self.hide(output.stderr),
                asked=self.hide(output.asked),
                notices=self.hide(output.notices),
            )
        samples = tuple(
            sample._replace(value=None if sample.value is None else self.hide(sample.value))
            for sample in expectation.samples
        )
        return verdict._replace(
            step=verdict.step._replace(expectation=expectation._replace(samples=samples)),
            output=output,
            reason=self.hide(verdict.reason),
            diff=self.hide(verdict.diff),
        )

    def hide(self, text: str) -> str:
        """``text`` without the secrets that are known."""
        for secret in sorted(self._secrets, key=len, reverse=True):
            text = text.replace(secret, HIDDEN)
        return text


def _withheld(verdict: Verdict) -> Verdict:
    """The verdict without what was printed, which may hold a secret that is not known."""
    assert verdict.output is not None
    stdout, stderr = (HIDDEN if text else "" for text in verdict.output[:2])
    reason = "waits for input" if verdict.output.asked else verdict.reason
    return verdict._replace(
        output=verdict.output._replace(stdout=stdout, stderr=stderr, asked="", notices=""),
        reason=f"{reason} (not shown: a secret may stand there)" if reason else "",
        diff="",
    )
