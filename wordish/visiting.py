"""The shell of a place, on the user's own terminal: keys go there, and what is printed comes here."""

from __future__ import annotations

import os
import select
import sys
import termios
import tty
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from itertools import islice
from typing import TYPE_CHECKING, Any

from wordish.errors import MachineError, UsageError
from wordish.judge import retold
from wordish.limits import Limits
from wordish.model import RED, Document, Machine, Outcome, Target, User, Verdict
from wordish.past import Past
from wordish.redaction import redacted
from wordish.replay import knowledge, replay
from wordish.reporters.words import failure
from wordish.runner import Job, to_run
from wordish.shell import Shell
from wordish.targets import TARGETS, Place
from wordish.terminal import Terminal

if TYPE_CHECKING:
    from wordish.binding import Known

_MOMENT = 0.01  # seconds between two looks at the keyboard
_KEYS = 1024  # bytes that are typed at once: less than a terminal takes


def require_terminal() -> None:
    """Raise `UsageError` unless a person sits at a terminal."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError("needs a terminal", where="wordish shell", hint="run it by hand")


@contextmanager
def place(target: Target, *, machines: Mapping[str, Machine], say: Callable[[str], None]) -> Iterator[Shell]:
    """The shell of root in a pristine place; of the user where root may not come."""
    user: User = "root" if TARGETS[target.kind].DISPOSABLE or target.as_root else "user"
    with TARGETS[target.kind].reach(target, machines=machines, say=say) as reached:
        yield reached.shell(user)


@contextmanager
def article(
    job: Job,
    *,
    line: int | None,
    machines: Mapping[str, Machine],
    timeout: float,
    limits: Limits,
    say: Callable[[str], None],
) -> Iterator[Shell]:
    """The shell in which the article goes on at ``line``, after the steps above it, or at its end.

    It is that of the next step's account. Where a step is wrong, which is told, the article goes no further.
    Raises `wordish.errors.MachineError`.
    """
    document = to_run(job.document, job.target, superuser=os.geteuid() == 0)
    until = len(document.steps)
    if line is not None:
        here = (step.path == document.path and step.line >= line for step in document.steps)
        until = next((number for number, below in enumerate(here) if below), until)
    how: dict[str, Any] = {"timeout": timeout, "limits": limits, "keep_going": False}
    with reach(document, job.target, machines=machines, say=say, until=until, **how) as (reached, past):
        used: list[Shell] = []

        def shell_for(user: User) -> Shell:
            used.append(reached.shell(user))
            return used[-1]

        reasons = [step.options.skip for step in document.steps[:until]]
        say(f"{document.path}: running {reasons.count(None)} of {len(document.steps)} steps")
        ran = 0
        known = knowledge(document)
        verdicts = replay(document, shell_for, known=known, past=past, **how)
        for verdict in islice(verdicts, until):
            ran += 1
            if verdict.outcome in RED:
                tell_failure(unsaid(verdict, document, known), say)
                until = ran
            if verdict.outcome is Outcome.ERROR:
                ran += sum(1 for _ in verdicts)  # it cleans up, and then raises what was wrong
            if ran >= until:
                break
        if not used and past.ran:
            shell_for(past.ran[-1].user)
        try:
            if used and used[-1].depth:
                yield used[-1]
            else:
                following = document.steps[min(ran, len(document.steps) - 1)]
                yield reached.shell(following.user)
        finally:
            if not TARGETS[job.target.kind].DISPOSABLE:
                anew = limits.begun()  # the user may have taken all of the run's time
                clean_up(document, ran, reached, say, known=known, timeout=timeout, limits=anew)


@contextmanager
def reach(
    document: Document,
    target: Target,
    *,
    machines: Mapping[str, Machine],
    say: Callable[[str], None],
    until: int,
    **how: Any,
) -> Iterator[tuple[Place, Past]]:
    """The place of an article of which so many steps are to run, and what is known of those.

    ``how`` is what `wordish.replay.replay` takes.
    """
    if target.kind == "vm":
        from wordish import checkpoints  # the others have none

        with checkpoints.reach(document, target, machines=machines, say=say, until=until, **how) as found:
            yield found.place, found.past
    else:
        with TARGETS[target.kind].reach(target, machines=machines, say=say) as reached:
            yield reached, Past()


def clean_up(
    document: Document,
    ran: int,
    place: Place,
    say: Callable[[str], None],
    *,
    known: Known | None,
    timeout: float,
    limits: Limits,
) -> list[Verdict]:
    """Run what cleans up after the steps that ran, in a place that is not thrown away: the verdicts on it.

    ``known`` is what the samples stand for by then. What is wrong is told.
    """
    steps = tuple(step for step in document.steps[ran:] if step.options.cleanup)
    rest = document._replace(steps=steps)
    how: dict[str, Any] = {"timeout": timeout, "limits": limits, "keep_going": True}
    verdicts = []
    for verdict in replay(rest, place.shell, known=known, **how):
        verdicts.append(unsaid(verdict, document, known))
        if verdict.outcome in RED:
            tell_failure(verdicts[-1], say)
    return verdicts


def unsaid(verdict: Verdict, document: Document, known: Known | None) -> Verdict:
    """The verdict without what is never to be told, as in a report."""
    hidden = known.redacted(verdict) if known else verdict
    return retold(verdict, redacted(hidden, document.conventions.redact))


def tell_failure(verdict: Verdict, say: Callable[[str], None]) -> None:
    """Say what is wrong with a step."""
    for line in failure(verdict):
        say("".join(text for text, _ in line))


def visit(shell: Shell) -> None:
    """Have the user type in the shell until it ends. Raises `wordish.errors.MachineError` when it is lost."""
    if shell.ended:
        raise MachineError("the shell has ended, and there is no other", hint="stop above: --until LINE")
    size = os.get_terminal_size(sys.stdout.fileno())
    kind = os.environ.get("TERM", "dumb")
    before = termios.tcgetattr(sys.stdin.fileno())
    try:
        tty.setraw(sys.stdin.fileno())
        _carry(shell.hand_over(rows=size.lines, columns=size.columns, kind=kind))
    finally:
        termios.tcsetattr(sys.stdin.fileno(), termios.TCSADRAIN, before)


def _carry(terminal: Terminal) -> None:
    keyboard, screen = sys.stdin.fileno(), sys.stdout.fileno()
    while True:
        try:
            printed = b"".join(terminal.read(_MOMENT))
        except EOFError:
            return
        while printed:
            printed = printed[os.write(screen, printed) :]
        while select.select([keyboard], [], [], 0)[0]:
            keys = os.read(keyboard, _KEYS)
            if not keys:
                return
            terminal.control(keys)
