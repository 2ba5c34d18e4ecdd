"""Walk through an article: read a passage, run its command, or do something else about it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from wordish.errors import UsageError
from wordish.limits import Limits
from wordish.model import RED, Document, Machine, Outcome, Step, Transcript, User, Verdict
from wordish.past import Past, Ran
from wordish.redaction import redacted
from wordish.replay import knowledge, replay
from wordish.reporters.style import visible
from wordish.reporters.words import duration
from wordish.runner import Job, to_run
from wordish.targets import TARGETS, Place
from wordish.visiting import clean_up, reach, require_terminal, tell_failure, unsaid, visit

if TYPE_CHECKING:
    from wordish.binding import Known

_PASSAGE: Final = 12  # lines of text above a command that are shown at most
_HELP: Final = """\
y - run this command
n - leave it out
b - go back to the command before: the machine becomes what it was there
s - take the shell; when you leave it, the machine becomes what it is now
e - rewrite what the article shows of the last command that ran
q - stop
? - tell what the letters mean"""


def walk(
    job: Job,
    *,
    again: Callable[[], Job | None],
    machines: Mapping[str, Machine],
    timeout: float,
    limits: Limits,
    say: Callable[[str], None],
) -> bool:
    """Ask the user on the standard output and input what to do at each step; whether what ran was right.

    ``again`` reads the article once more, after its outputs were rewritten. The end of the input is
    like ``q``. The run's time in ``limits`` has not begun, nor does it. Raises
    `wordish.errors.MachineError` when no machine can be had.
    """
    way = _Way(job, machines=machines, say=say, timeout=timeout, limits=limits)
    with ExitStack() as stack:
        stack.callback(way.leave)
        while way.at < len(way.document.steps):
            step = way.document.steps[way.at]
            if step.options.skip is not None:
                way.at += 1
                continue
            _write(_passage(way.document, way.at))
            letter = _asked(f"({way.at + 1}/{len(way.document.steps)}) Run this [y,n,b,s,e,q,?]? ")
            if letter == "y":
                way.run()
            elif letter == "n":
                way.leave_out()
            elif letter == "b":
                way.back()
            elif letter == "s":
                way.visit()
            elif letter == "e":
                way.rewrite(again)
            elif letter == "q":
                break
            else:
                _write(_HELP)
    return way.right


class _Way:
    """How far one has come: ``at`` is the next step, ``verdicts`` are those on steps that ran.

    ``cleaned`` are those on what cleaned up the last time that a place was left.
    """

    def __init__(
        self,
        job: Job,
        *,
        machines: Mapping[str, Machine],
        say: Callable[[str], None],
        timeout: float,
        limits: Limits,
    ) -> None:
        self.document = _to_walk(job, {})
        self.at = 0
        self.verdicts: dict[int, Verdict] = {}
        self.cleaned: list[Verdict] = []
        self._job, self._say = job, say
        self._machines = machines
        self._how: dict[str, Any] = {"timeout": timeout, "limits": limits, "keep_going": True}
        self._left_out: dict[int, str] = {}
        self._asked: list[int] = []  # the steps that were run or left out
        self._ran: list[Ran] = []
        self._known: Known | None = None  # what the samples stand for
        self._stack = ExitStack()
        self._place: Place | None = None

    @property
    def right(self) -> bool:
        """Whether all that ran was right, and what cleaned up after it."""
        return not any(verdict.outcome in RED for verdict in (*self.verdicts.values(), *self.cleaned))

    def run(self) -> None:
        """Run the next step and say what became of it."""
        if self._stuck():
            return
        verdict = self._replayed(self.at + 1)[self.at]
        if verdict.reason != "interrupted":
            self.verdicts[self.at] = verdict
            self._go_on()
        self._tell(verdict)

    def _stuck(self) -> bool:
        """Whether a shell has ended in this place, which is told."""
        if any(ran.output and ran.output.ended for ran in self._ran):
            _write("a shell has ended: go back to the command before, or stop")
            return True
        return False

    def leave_out(self) -> None:
        """Go on without the next step."""
        self._left_out[self.at] = "left out"
        self.document = _to_walk(self._job, self._left_out)
        self._go_on()

    def _go_on(self) -> None:
        self._asked.append(self.at)
        self.at += 1

    def back(self) -> None:
        """Go to the step before, in a machine as it was there."""
        if not self._asked:
            _write("this is where it begins")
            return
        to = self._asked.pop()
        self.leave()
        self.at = to
        self.verdicts.pop(to, None)
        self._left_out.pop(to, None)
        self.document = _to_walk(self._job, self._left_out)

    def visit(self) -> None:
        """Have the user type in the shell, and forget what that did."""
        try:
            require_terminal()
        except UsageError as error:
            _write(str(error))
            return
        self._replayed(self.at)
        if self._stuck():
            return
        assert self._place
        shells = [self._place.shell(ran.user) for ran in self._ran[-1:] if ran.depth]
        visit(shells[0] if shells else self._place.shell(self.document.steps[self.at].user))
        self.leave()

    def rewrite(self, again: Callable[[], Job | None]) -> None:
        """Ask the user for what the article is to show of the last step that ran."""
        from wordish.asking import settled
        from wordish.audience import style
        from wordish.rewrite import give_back
        from wordish.update import update

        last = max(self.verdicts, default=None)
        if last is None or self.verdicts[last].outcome is Outcome.PASSED:
            _write("nothing was wrong with the last command")
            return
        unrun = (Verdict(step=step, outcome=Outcome.SKIPPED) for step in self.document.steps)
        verdicts = tuple(self.verdicts[last] if at == last else other for at, other in enumerate(unrun))
        transcript = Transcript(document=self._job.document, target=self._job.target, verdicts=verdicts)
        found = update(transcript)
        if found.edits:
            found, _ = settled(
                transcript, found, sys.stdout, style(sys.stdout, "auto", 0)._replace(live=False)
            )
            give_back(transcript.document, found, {})
        for told in found.left:
            _write(str(told))
        job = again()
        if job is None or _commands(job) != _commands(self._job):
            raise UsageError("its commands are others now", where=self._job.document.path, hint="begin again")
        self._job, self.document = job, _to_walk(job, self._left_out)
        self.verdicts[last] = self._replayed(self.at)[last]
        self._tell(self.verdicts[last])

    def leave(self) -> None:
        """Leave the place, clean where it is not thrown away."""
        try:
            if self._place and self._ran and not TARGETS[self._job.target.kind].DISPOSABLE:
                how = {name: self._how[name] for name in ("timeout", "limits")}
                how["known"] = self._known
                self.cleaned = clean_up(self.document, self.at, self._place, self._say, **how)
        finally:
            self._place, self._ran = None, []
            self._stack.close()

    def _replayed(self, count: int) -> list[Verdict]:
        """The verdicts on so many steps, of which those run that have not, in this place."""
        past = Past(self._ran, sure=True)  # in this very place
        if self._place is None:
            reached = reach(
                self.document,
                self._job.target,
                machines=self._machines,
                say=self._say,
                until=count,
                **self._how,
            )
            self._place, past = self._stack.enter_context(reached)
        place = self._place

        def shell_for(user: User) -> Any:
            return place.shell(user)

        self._known = known = knowledge(self.document)
        found = list(islice(replay(self.document, shell_for, known=known, past=past, **self._how), count))
        self._ran = past.ran
        return [unsaid(verdict, self.document, known) for verdict in found]

    def _tell(self, verdict: Verdict) -> None:
        if verdict.outcome in RED:
            tell_failure(verdict, _write)
            return
        if verdict.output and verdict.output.stdout:
            _write(visible(verdict.output.stdout))
        took = f" in {duration(verdict.output.elapsed)}" if verdict.output else ""
        _write(f"{verdict.outcome}{took}{f': {verdict.reason}' if verdict.reason else ''}")


def _to_walk(job: Job, left_out: Mapping[int, str]) -> Document:
    """The article as it is walked through: see `wordish.runner.to_run`."""
    document = to_run(job.document, job.target, superuser=os.geteuid() == 0)
    steps = tuple(
        step.skipped(left_out[at]) if at in left_out else step for at, step in enumerate(document.steps)
    )
    return document._replace(steps=steps)


def _commands(job: Job) -> list[tuple[str, str]]:
    return [(step.user, step.command) for step in job.document.sequence]


def _passage(document: Document, at: int) -> str:
    """The text above a step, from the one before on, and what the article shows of it."""
    step = document.steps[at]
    above: Step | None = document.steps[at - 1] if at else None
    lines = {document.path: document.text, **document.included}.get(step.path, "").splitlines()
    first = 0
    if above and above.path == step.path:
        first = above.expectation.lines[1] if above.expectation.lines else above.end_line
    last = step.expectation.lines[1] if step.expectation.lines else step.end_line
    text = "\n".join(lines[max(first, step.line - 1 - _PASSAGE) : step.line - 1]).strip("\n")
    shown = "\n".join(lines[step.line - 1 : last]) or f"{step.prompt}{step.command}"
    passage = "\n".join(filter(None, (text, f"{step.path}:{step.line}:", shown)))
    return f"\n{visible(redacted(passage, document.conventions.redact))}"


def _asked(question: str) -> str:
    """The letter that the user types; ``q`` at the end of what there is to read."""
    sys.stdout.write(question)
    sys.stdout.flush()
    line = sys.stdin.readline()
    if not sys.stdin.isatty() or not line:
        sys.stdout.write(line if line.endswith("\n") else f"{line}\n")
    return line.strip()[:1].lower() if line else "q"


def _write(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
