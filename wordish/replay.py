"""Document + shells -> Verdicts: the loop, and when to stop.

The steps run in the article's order. What keeps a step from running:

- its own ``skip``, or a condition of it that does not hold (`wordish.surroundings`);
- a failure before it (``after line N``), unless ``keep_going``; a lost shell is always the end;
- an interruption before it.

What a step prints that the article shows together with that of the next one is judged there.

Cleanup steps run all the same, at their place in that order: in an article that passes they are
steps like any other, in one that does not they are what still runs at the end. Only a second
interruption, or the loss of the machine, skips them.

When the article's time is over, the step that runs is interrupted and has failed; the cleanup steps have
`CLEANUP` seconds then. When it is the run's time, nobody can tell whether the article is right.
"""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from wordish.errors import MachineError
from wordish.judge import judge, retold
from wordish.limits import NONE, Limits
from wordish.model import RED, Document, Judged, Outcome, Output, Running, Step, User, Verdict
from wordish.past import Ran
from wordish.shell import Shell

if TYPE_CHECKING:
    from wordish.binding import Known
    from wordish.past import Past
    from wordish.surroundings import Surroundings


CLEANUP = 30.0
"""Seconds that the cleanup steps of an article have, all together, when its time is over."""


def replay(
    document: Document,
    shell_for: Callable[[User], Shell],
    *,
    timeout: float,
    limits: Limits = NONE,
    keep_going: bool = False,
    known: Known | None = None,
    past: Past | None = None,
    rest: Callable[[bool], None] = lambda _: None,
    tell: Callable[[Running | Judged], None] = lambda _: None,
) -> Iterator[Verdict]:
    """Yield one verdict for each step of ``document``, in order, whatever happens.

    ``shell_for`` gives a user's shell and is asked before every step. ``timeout`` is in seconds,
    for the steps that do not say; the time that ``limits`` gives the article is counted from now.
    ``keep_going`` goes on after a wrong output. ``known`` learns what samples stand for. ``tell`` hears each
    step start and each verdict.

    ``past`` knows what became of the first steps, which are then judged without running; the shells are as
    those left them. It learns what becomes of the others. ``rest`` is called where another replay could go on
    later, before a step that runs when none was wrong: with whether that is the last one, or the last before
    cleaning up.

    Raises, after the last verdict, `KeyboardInterrupt` when the replay was interrupted, else the
    first `wordish.errors.MachineError` when one was met.
    """
    known = known or knowledge(document)
    clock = _Clock(limits, document.options.article_timeout)
    total = len(document.steps)
    waiting = deque(step for step in document.steps if step.options.skip is None)
    around = _surroundings(document.steps)
    stopped = ""  # why the steps that are not for cleaning up no longer run
    wrong = False  # a step was
    lost: dict[User, MachineError] = {}
    ended: list[Shell] = []
    inside: Shell | None = None  # the last one; it gets all steps while a shell is open inside it
    last_user: User = "user"  # whose it is
    printed: list[Output] = []  # by the steps just before, whose outputs are shown with the next one's
    interruptions = 0
    standing: dict[User, tuple[Step, Ran]] = {}  # as the steps that are only remembered have left the shells
    for number, step in enumerate(document.steps, 1):
        if step.options.skip is None:
            waiting.popleft()
        try:
            given_up = interruptions > 1 or clock.given_up
            reason = _reason_to_skip(step, stopped=stopped, lost=step.user in lost, given_up=given_up)
            if reason:
                verdict = Verdict(step=step, outcome=Outcome.SKIPPED, reason=reason)
            elif (left := clock.left(step)) <= 0:
                verdict = clock.late(Verdict(step=step, outcome=Outcome.FAILED))
            else:
                limit = int(limits.output.of(step.options.output_limit))
                way = _way(step, known=known, timeout=timeout, limit=limit, waiting=waiting, past=past)
                ran = past.recall(way.asked) if past and not stopped else None
                if ran:
                    clock.spend(ran.output.elapsed if ran.output else 0.0)
                    verdict = _judged(way, ran, known=known, printed=printed)
                    if ran.output and ran.output.elapsed >= left:
                        verdict = clock.late(verdict)
                    if not ran.within:
                        standing[ran.user] = step, ran
                else:
                    tell(Running(path=document.path, step=step, number=number, total=total))
                    with _on_a_machine():
                        if past and past.recalled and not inside:
                            past.resumed, last_user = step, past.ran[-1].user
                            inside = _as_left(last_user, standing, around, shell_for)
                        elif past and inside and not (wrong or ended):
                            rest(_is_last(step, way.waiting))
                        if stopped and inside and inside.depth:
                            inside.leave()  # cleaning up is not for a shell that the article had opened
                        if not (inside and inside.depth):
                            inside, last_user = shell_for(step.user), step.user
                        verdict = _attempt(
                            way,
                            inside,
                            shell_for,
                            user=last_user,
                            around=around,
                            known=known,
                            clock=clock,
                            ended=ended,
                            printed=printed,
                            past=None if stopped else past,
                        )
        except KeyboardInterrupt as interruption:
            interruptions += 2 if interruption.args == (2,) else 1
            verdict = Verdict(step=step, outcome=Outcome.ERROR, reason="interrupted")
        except MachineError as error:
            lost[step.user] = error
            verdict = Verdict(step=step, outcome=Outcome.ERROR, reason=str(error))
        verdict = retold(verdict, known.redacted(verdict)) if known else verdict
        try:
            tell(Judged(path=document.path, verdict=verdict, number=number, total=total))
        except KeyboardInterrupt:
            interruptions += 1
        if not step.expectation.together:
            printed.clear()
        here = place_of(step, document)
        wrong = wrong or verdict.outcome in RED
        if interruptions:
            stopped = stopped or f"interrupted at {here}"
        elif verdict.outcome in RED and (clock.over or not (keep_going and _can_go_on(verdict))):
            stopped = stopped or f"after {here}"
        yield verdict
    if interruptions:
        raise KeyboardInterrupt
    if lost:
        raise next(iter(lost.values()))


@contextmanager
def _on_a_machine() -> Iterator[None]:
    """What the system refuses us on the way to the machine (descriptors, room) has lost the machine."""
    try:
        yield
    except OSError as error:
        raise MachineError(" ".join(filter(None, (error.strerror or str(error), error.filename)))) from error


class _Clock:
    """How long the steps of an article may still take, counted from now."""

    def __init__(self, limits: Limits, said: float | None) -> None:
        seconds = limits.article.of(said)
        own = time.monotonic() + seconds
        self._end = min(own, limits.end)
        self._cleaned = math.inf
        if own <= limits.end:
            self._outcome, self._why = Outcome.FAILED, f"the article's time is over: {seconds:g} s"
        else:
            self._outcome, self._why = Outcome.ERROR, limits.over
        self.over = False  # a verdict has told it
        self.given_up = False  # and so is the time for cleaning up

    def spend(self, seconds: float) -> None:
        """Count what a step took that is only remembered."""
        self._end -= seconds if self._outcome is Outcome.FAILED else 0

    def left(self, step: Step) -> float:
        """Seconds that ``step`` may take, if more than 0; ``math.inf`` when nobody has said anything."""
        now = time.monotonic()
        if not step.options.cleanup:
            return self._end - now
        if now < self._end:
            return max(self._end - now, CLEANUP)
        self._cleaned = min(self._cleaned, now + CLEANUP)
        return self._cleaned - now

    def late(self, verdict: Verdict) -> Verdict:
        """The verdict on a step for which there was no time, or not enough."""
        self.over = True
        if verdict.step.options.cleanup:
            self.given_up = True
            return verdict._replace(reason=f"the time for cleaning up is over: {CLEANUP:g} s")
        return verdict._replace(outcome=self._outcome, reason=self._why)


def place_of(step: Step, document: Document) -> str:
    """Where a step stands, in the words of a report on the document."""
    return f"line {step.line}" if step.path == document.path else f"{step.path}:{step.line}"


def knowledge(document: Document) -> Known | None:
    """What learns what the samples of an article stand for; ``None`` where there are none."""
    if not any(step.options.samples for step in document.steps):
        return None
    from wordish.binding import Known  # few articles have any

    return Known()


def _surroundings(steps: Sequence[Step]) -> Surroundings | None:
    if not any(step.scopes or step.options.skip_if for step in steps):
        return None
    from wordish.surroundings import Surroundings  # few articles have any

    return Surroundings()


def _reason_to_skip(step: Step, *, stopped: str, lost: bool, given_up: bool) -> str:
    """Why ``step`` does not run, "" when it does."""
    if step.options.skip is not None:
        return step.options.skip or "asked for"
    if step.options.cleanup and not lost and not given_up:
        return ""
    return stopped


def _can_go_on(verdict: Verdict) -> bool:
    """Whether this red verdict leaves a shell in which the next steps mean something."""
    if verdict.output is None:
        return verdict.outcome is Outcome.FAILED  # it could not be run where it should
    return not verdict.output.ended


class _Way(NamedTuple):
    """How a step runs: ``meant`` is what is typed, unless that is ``wrong``; ``waiting`` are the steps below.

    ``asked`` stands for all of it (see `Past.asked`).
    """

    step: Step
    meant: Step
    wrong: str
    seconds: float
    limit: int
    enters: bool | None
    waiting: Collection[Step]
    asked: bytes


def _is_last(step: Step, waiting: Collection[Step]) -> bool:
    return not waiting or (not step.options.cleanup and all(later.options.cleanup for later in waiting))


def _way(
    step: Step,
    *,
    known: Known | None,
    timeout: float,
    limit: int,
    waiting: Collection[Step],
    past: Past | None,
) -> _Way:
    seconds = timeout if step.options.timeout is None else step.options.timeout
    enters = step.options.enters
    if enters is None and not waiting:
        enters = False  # nothing would be typed there
    meant, wrong = step, ""
    try:
        meant = known.meant(step) if known else step
    except ValueError as error:  # its author has to say it in another way
        wrong = known.hide(str(error)) if known else ""
    asked = past.asked(step, meant, seconds=seconds, limit=limit, enters=enters) if past else b""
    return _Way(step, meant, wrong, seconds, limit, enters, waiting, asked)


def _as_left(
    user: User,
    standing: Mapping[User, tuple[Step, Ran]],
    around: Surroundings | None,
    shell_for: Callable[[User], Shell],
) -> Shell:
    """The shell that was typed in last, after all shells have learnt how they stand."""
    for each, (step, ran) in standing.items():
        if around:
            around.stand(shell_for(each), step.scopes, ran.entered)
    return shell_for(user)


def _attempt(
    way: _Way,
    shell: Shell,
    shell_for: Callable[[User], Shell],
    *,
    user: User,
    around: Surroundings | None,
    known: Known | None,
    clock: _Clock,
    ended: list[Shell],
    printed: list[Output],
    past: Past | None,
) -> Verdict:
    """Run one step in ``shell``, which is the user's, and judge it; if it ends it, add it to ``ended``.

    It is judged by what was ``printed`` before it, too, and adds to that if it is shown with the next one's.

    A step that ends its shell and is not the last one has failed, whatever it printed: otherwise an
    ``exit 0`` in the middle would turn the rest of the article into a silent pass.
    """
    step = way.step
    if any(shell is other for other in ended):
        return Verdict(step=step, outcome=Outcome.SKIPPED, reason="its shell has ended")
    within, left = bool(shell.depth), math.inf
    missing, wrong = around.prepare(step, shell) if around else ("", "")
    output = None
    if not (missing or wrong or way.wrong):
        answers = way.meant.options.input or ()
        left = clock.left(step)
        output = shell.run(
            way.meant.command,
            timeout=min(way.seconds, left),
            limit=way.limit,
            enters=way.enters,
            answers=answers,
        )
    ran = Ran(
        asked=way.asked, user=user, output=output, missing=missing, wrong=wrong,
        within=within, depth=shell.depth, entered=around.standing(shell) if around else (),
    )  # fmt: skip
    if past:
        past.ran.append(ran)
    verdict = _judged(way, ran, known=known, printed=printed)
    if output is None:
        return verdict
    if output.status is None and not output.asked and left < way.seconds:
        verdict = clock.late(verdict)
    if not output.ended:
        return verdict
    ended.append(shell)
    needed = any(
        shell_for(later.user) is shell if later.options.cleanup else later.user == step.user
        for later in way.waiting
    )
    if verdict.outcome is Outcome.PASSED and needed:
        return verdict._replace(outcome=Outcome.FAILED, reason="the shell ended here, and steps follow")
    return verdict


def _judged(way: _Way, ran: Ran, *, known: Known | None, printed: list[Output]) -> Verdict:
    """The verdict on a step of which this is known: see `_attempt`."""
    step = way.step
    if ran.missing:
        return Verdict(step=step.skipped(ran.missing), outcome=Outcome.SKIPPED, reason=ran.missing)
    if ran.output is None:
        return Verdict(step=step, outcome=Outcome.FAILED, reason=ran.wrong or way.wrong)
    output = ran.output
    if step.expectation.together:
        printed.append(output)
    else:
        output = _all(printed, output) if printed else output
    verdict = judge(way.meant, output, timeout=way.seconds)
    return retold(verdict, known.learned(step, verdict)) if known else verdict


def _all(before: Iterable[Output], last: Output) -> Output:
    """The last output as if one command had printed it together with those before it."""
    outputs = [*before, last]
    lines: list[str] = []
    for output in outputs:
        above, below = output.around
        lines += [""] * above + (output.stdout.split("\n") if output.stdout else []) + [""] * below
    stderr = "\n".join(output.stderr for output in outputs if output.stderr)
    return last._replace(stdout="\n".join(lines).strip("\n"), stderr=stderr)
