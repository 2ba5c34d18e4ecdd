"""Step and output in, verdict out: the only opinion in wordish.

In this order: a step that never finished has failed, whatever it was to show; a step to be ignored
has passed; then the exit status must be the one asked for (0 when nothing is said), and the output
must match what the article shows (`wordish.matching`), unless the status alone is to be judged, or what was
printed is shown further down, with that of the next step.
"""

from __future__ import annotations

from typing import Final

from wordish.matching import matches, without_remarks
from wordish.model import Outcome, Output, Step, Verdict

_UNDECIDED: Final = "too many ways to tell what is shown of stdout from what is shown of stderr"


def judge(step: Step, output: Output, *, timeout: float | None = None) -> Verdict:
    """The verdict on a step that ran.

    ``timeout`` is the one that was in force, in seconds; the step's own when nothing is given. It is
    only told, never measured: the shell says whether the command finished. Samples that the step shows
    first have their values in the verdict's step.
    """
    if step.expectation.samples:
        from wordish.binding import bind, contradiction  # few articles have any

        step = bind(step, output)

    def verdict(outcome: Outcome, reason: str = "", diff: str = "") -> Verdict:
        return Verdict(step=step, outcome=outcome, output=output, reason=reason, diff=diff)

    shown = step.expectation
    matched: bool | None = True
    if not (step.options.ignore or step.options.status_only or shown.together):
        matched = matches(shown, stdout=output.stdout, stderr=output.stderr)
        if matched is False and output.notices and shown.stream == "both":
            # bash tells what became of a job before the next prompt, which is here, or was the last one.
            told = f"{output.notices}\n{output.stderr}"
            matched = matches(shown, stdout=output.stdout, stderr=told)
    told_apart = difference(step, output) if matched is False else ""
    if output.status is None:
        seconds = step.options.timeout if timeout is None else timeout
        reason = "timed out" if seconds is None else f"timed out after {seconds:g} s"
        if output.asked:
            reason = f"waits for input: {output.asked}"
        return verdict(Outcome.FAILED, reason, told_apart)
    if step.options.ignore:
        return verdict(Outcome.PASSED)
    reasons = []
    if shown.status not in ("any", output.status):
        reasons.append(f"exit status {output.status}, {shown.status} expected")
    if matched is False:
        other = contradiction(step, output) if shown.samples else ""
        reasons.append(": ".join(filter(None, ["the output differs", other])))
    if reasons:
        return verdict(Outcome.FAILED, "; ".join(reasons), told_apart)
    if matched is None:
        return verdict(Outcome.ERROR, f"{_UNDECIDED}: say stream=stdout or stream=stderr")
    return verdict(Outcome.PASSED)


def retold(verdict: Verdict, hidden: Verdict) -> Verdict:
    """``hidden``, which is ``verdict`` without what is not to be told, with a diff of what is left.

    Lines of a diff are cut where they are too long, which may leave a piece of what was to be hidden.
    """
    if not hidden.diff or not hidden.output or (hidden.step, hidden.output) == (verdict.step, verdict.output):
        return hidden
    diff = difference(hidden.step, hidden.output)
    where = "" if diff else " (where it is not to be told)"
    return hidden._replace(diff=diff, reason=hidden.reason + where)


def difference(step: Step, output: Output) -> str:
    """The unified diff of what a step shows and what was printed, "" where they agree."""
    from wordish.diff import diff  # an article that tells the truth does not pay for it

    return diff(step._replace(expectation=without_remarks(step.expectation)), output)
