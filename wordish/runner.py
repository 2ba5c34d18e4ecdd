"""Documents + Target -> Transcripts, one by one.

`plan` decides where each article runs and refuses what must not run, before anything does.
`check` takes values and gives a value, so that any `concurrent.futures.Executor` can be given it.
"""

from __future__ import annotations

import math
import os
import re
import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import NamedTuple

from wordish.errors import MachineError, UsageError
from wordish.limits import NONE, Limits
from wordish.model import (
    RED,
    Began,
    Containers,
    Diagnostic,
    Document,
    Event,
    Machine,
    Outcome,
    Said,
    Step,
    Target,
    Transcript,
    Verdict,
)
from wordish.replay import knowledge, replay
from wordish.targets import ADDRESSES, ON_REQUEST, TARGETS, Place


class Wish(NamedTuple):
    """Where the user wants articles to run; "" and ``False``: nothing said.

    ``on`` (``host``, ``vm``, ``vm:NAME``, ``KIND:ADDRESS``) and ``machine`` come from the command
    line and beat the article. ``default_machine`` is the configuration's. ``as_root`` allows root
    steps on the target that ``on`` names. ``superuser``: this process may act as root here.
    ``containers`` is the configuration's.
    """

    on: str = ""
    machine: str = ""
    default_machine: str = ""
    as_root: bool = False
    superuser: bool = False
    containers: Containers = Containers()


class Job(NamedTuple):
    """One article and where it runs."""

    document: Document
    target: Target


def plan(
    documents: Iterable[Document], *, wish: Wish, machines: Mapping[str, Machine]
) -> tuple[list[Job], list[Diagnostic]]:
    """Choose a target for each document, and say what keeps documents from running.

    An article without steps gives no job, but one that its reader calls ``no-session`` is reported
    beside the others, as skipped. The target: the command line's, else the article's
    ``on``, else ``vm`` for an article that names a machine or has a root step that runs, else
    ``host``. Raises `wordish.errors.UsageError` when the wish itself makes no sense.
    """
    _refuse_nonsense(wish, machines)
    jobs: list[Job] = []
    problems: list[Diagnostic] = []
    for document in documents:
        target = choose(document, wish)
        if not document.steps:
            if any(remark.name == "no-session" for remark in document.diagnostics):
                jobs.append(Job(document=document, target=target))
            continue
        found = _objection(document, target, wish=wish, machines=machines)
        if found:
            problems.append(found)
        else:
            jobs.append(Job(document=document, target=target))
    return jobs if any(job.document.steps for job in jobs) else [], problems


def choose(document: Document, wish: Wish) -> Target:
    """Where ``document`` runs; whether it may is another question."""
    machine = wish.machine or document.options.machine or ""
    root = any(step.user == "root" and step.options.skip is None for step in document.sequence)
    on = wish.on or document.options.on or ("vm" if root or machine else "host")
    kind, _, address = on.partition(":")
    as_root = wish.as_root and bool(wish.on)
    if kind == "vm":
        return Target(kind="vm", machine=address or machine or wish.default_machine, as_root=as_root)
    containers = wish.containers if kind == "container" else Containers()
    return Target(kind=kind, address=address, as_root=as_root, containers=containers)


def to_run(document: Document, target: Target, *, superuser: bool) -> Document:
    """The document with all that runs as its own steps, and what the target alone decides decided.

    That is the conditions that ask for the target, or whether it may act as root.
    """
    if document.before or document.closing:
        document = document._replace(steps=document.sequence, before=(), closing=())
    if not any(step.options.skip_if for step in document.steps):
        return document
    from wordish import conditions

    steps = []
    for step in document.steps:
        condition = conditions.parse(step.options.skip_if or "")
        holds = None
        if condition and condition.kind == "target":
            holds = condition.name == target.kind
        elif condition and condition.kind == "root" and step.user == "root":
            holds = _may_be_root(target, superuser=superuser)
        if condition and holds is not None:
            reason = "" if holds == condition.negated else f"asked for when {step.options.skip_if}"
            step = step.skipped(reason or None)
        steps.append(step)
    return document._replace(steps=tuple(steps))


def _may_be_root(target: Target, *, superuser: bool) -> bool:
    disposable = target.kind in TARGETS and TARGETS[target.kind].DISPOSABLE
    return disposable or (target.as_root and (superuser or target.kind != "host"))


def check(
    job: Job,
    *,
    machines: Mapping[str, Machine],
    timeout: float,
    limits: Limits = NONE,
    keep_going: bool = False,
    survey: bool = False,
    prepare: Callable[[Place], None] = lambda _: None,
    tell: Callable[[Event], None] = lambda _: None,
) -> Transcript:
    """Replay one article where its job says and tell what became of it.

    Never raises for a broken machine or an interruption: the transcript says so, and has a
    verdict for every step. ``timeout`` is in seconds, for the steps that do not say. ``survey``: find out
    which packages the programs came from. ``prepare`` is given the place before the first step, and may
    raise a `wordish.errors.MachineError`. What ``tell`` raises is the caller's.
    """
    target, patterns = job.target, job.document.conventions.redact
    if patterns:
        tell = _hiding(tell, patterns)
    if time.monotonic() >= limits.end:
        transcript = unchecked(job, error=limits.over)
        tell(transcript)
        return transcript
    unheard: list[OSError] = []

    def told(event: Event) -> None:
        try:
            tell(event)
        except OSError as fault:
            unheard.append(fault)
            raise

    document = to_run(job.document, target, superuser=os.geteuid() == 0)
    started = _now()
    clock = time.monotonic()
    verdicts: list[Verdict] = []
    environment: dict[str, str] = {}
    owners: dict[str, str] = {}
    error, interrupted = "", False
    known = knowledge(document)
    try:
        told(Began(path=document.path, target=target, total=len(document.steps)))
        if all(step.options.skip is not None for step in document.steps):
            verdicts.extend(_unreached(document.steps))
        else:
            reach = TARGETS[target.kind].reach
            with ExitStack() as leaving:
                with _ended_at(limits.end):
                    say = _sayer(document, told)
                    place = leaving.enter_context(reach(target, machines=machines, say=say))
                    environment.update(place.environment)
                    prepare(place)
                for verdict in replay(
                    document, place.shell, timeout=timeout, limits=limits, keep_going=keep_going,
                    known=known, tell=told,
                ):  # fmt: skip
                    verdicts.append(verdict)  # noqa: PERF402 - each is kept as soon as it is there
                if survey:
                    from wordish.packages import owners_of  # only who records pays for it

                    with _ended_at(limits.end):
                        owners.update(owners_of(verdicts, place.shell))
    except KeyboardInterrupt:
        interrupted = True
    except _OverError:
        error = limits.over
    except MachineError as broken:
        error = known.hide(str(broken)) if known else str(broken)
    except OSError as refused:
        if refused in unheard:
            raise
        error = f"the system refuses what is needed: {refused.strerror or refused}"
    if known:  # a secret may have been printed before it was known
        verdicts = list(map(known.redacted, verdicts))
    transcript = Transcript(
        document=job.document,
        target=target,
        verdicts=(*verdicts, *_unreached(document.steps[len(verdicts) :])),
        started=started,
        elapsed=time.monotonic() - clock,
        environment=environment,
        error=error,
        interrupted=interrupted,
        packages=owners,
    )
    transcript = _redacted(transcript, patterns)
    tell(transcript)
    return transcript


class _OverError(BaseException):
    """The run's time is over. Nothing on the way to a machine is to take it for a fault of that."""


@contextmanager
def _ended_at(end: float) -> Iterator[None]:
    """Raise `_OverError` in the block at ``end`` (`time.monotonic`), where signals can be handled."""
    if end == math.inf or threading.current_thread() is not threading.main_thread():
        yield
        return

    def over(*_: object) -> None:
        raise _OverError

    before = signal.signal(signal.SIGALRM, over)
    try:
        signal.setitimer(signal.ITIMER_REAL, max(0.001, end - time.monotonic()))
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def unchecked(job: Job, *, error: str = "", interrupted: bool = False) -> Transcript:
    """What to say of an article of which nothing was run."""
    transcript = Transcript(
        document=job.document,
        target=job.target,
        verdicts=tuple(_unreached(job.document.sequence)),
        started=_now(),
        error=error,
        interrupted=interrupted,
    )
    return _redacted(transcript, job.document.conventions.redact)


def _hiding(tell: Callable[[Event], None], patterns: Sequence[str]) -> Callable[[Event], None]:
    from wordish.redaction import redacted

    return lambda event: tell(redacted(event, patterns))


def _redacted(transcript: Transcript, patterns: Sequence[str]) -> Transcript:
    if not patterns:
        return transcript
    from wordish.redaction import redacted

    return redacted(transcript, patterns)


def run(
    jobs: Iterable[Job],
    *,
    machines: Mapping[str, Machine],
    timeout: float,
    limits: Limits = NONE,
    keep_going: bool = False,
    exit_first: bool = False,
    survey: bool = False,
    tell: Callable[[Event], None] = lambda _: None,
) -> Iterator[Transcript]:
    """Check the jobs one by one.

    The first interruption ends the run, and so does, with ``exit_first``, the first article that is wrong.
    """
    for job in jobs:
        transcript = check(
            job, machines=machines, timeout=timeout, limits=limits, keep_going=keep_going, survey=survey,
            tell=tell,
        )  # fmt: skip
        yield transcript
        if transcript.interrupted or (exit_first and transcript.outcome in RED):
            return


def _now() -> str:
    """The local time with its offset: ISO 8601."""
    now = time.strftime("%Y-%m-%dT%H:%M:%S%z")
    return f"{now[:-2]}:{now[-2:]}"


def _sayer(document: Document, tell: Callable[[Event], None]) -> Callable[[str], None]:
    return lambda text: tell(Said(path=document.path, text=text))


def _unreached(steps: Iterable[Step]) -> list[Verdict]:
    return [
        Verdict(
            step=step,
            outcome=Outcome.SKIPPED,
            reason="not reached" if step.options.skip is None else step.options.skip or "asked for",
        )
        for step in steps
    ]


def _refuse_nonsense(wish: Wish, machines: Mapping[str, Machine]) -> None:
    kind, _, address = wish.on.partition(":")
    if wish.on and kind not in TARGETS:
        raise UsageError("no such target", where=f"--on {wish.on}", hint=f"there are {', '.join(TARGETS)}")
    if wish.on and (wrong := _misaddressed(kind, address)):
        raise UsageError(wrong[0], where=f"--on {wish.on}", hint=f"say `--on {wrong[1]}`")
    if wish.machine and kind not in ("", "vm"):
        raise UsageError(
            f"{kind} has no machines", where=f"--machine {wish.machine}", hint="it goes with `--on vm`"
        )
    if wish.as_root and not wish.on:
        raise UsageError(
            "allows root steps on a target that you name",
            where="--as-root",
            hint="say `--on host --as-root`, or leave it out to run root steps in a virtual machine",
        )
    for where, name in (
        (f"--machine {wish.machine}", wish.machine),
        (f"--on {wish.on}", address if kind == "vm" else ""),
    ):
        if name and name not in machines:
            raise UsageError("this machine is not described", where=where, hint=_described(machines))


def _objection(
    document: Document, target: Target, *, wish: Wish, machines: Mapping[str, Machine]
) -> Diagnostic | None:
    """What keeps ``document`` from running on ``target``, ``None`` when nothing does."""
    if target.kind not in TARGETS:
        return Diagnostic(
            path=document.path,
            line=_line_of(document.text, "on", target.kind),
            name="unknown-target",
            message=f"no such target: {target.kind}",
            hint=f"there are {', '.join(TARGETS)}",
        )
    if target.kind == "vm" and target.machine not in machines:
        return Diagnostic(
            path=document.path,
            line=_line_of(document.text, "machine|on", target.machine),
            name="unknown-machine",
            message=f"the machine {target.machine!r} is not described"
            if target.machine
            else "which machine?",
            hint=_described(machines) if target.machine else _choice(machines),
        )
    if wrong := _misaddressed(target.kind, target.address):
        return Diagnostic(
            path=document.path,
            line=_line_of(document.text, "on", str(target)),
            name="wrong-address",
            message=wrong[0],
            hint=f"say `on={wrong[1]}`",
        )
    if target.kind in ON_REQUEST and not wish.on:
        return Diagnostic(
            path=document.path,
            line=_line_of(document.text, "on", str(target)),
            name="real-machine",
            message=f"{target} is a real machine, which an article does not choose for itself",
            hint=f"say `--on {target}` if you mean it",
        )
    steps = to_run(document, target, superuser=wish.superuser).steps
    roots = [step for step in steps if step.user == "root" and step.options.skip is None]
    if guessed := [step for step in roots if step.is_guess]:
        more = f", and {len(guessed) - 1} more below" if len(guessed) > 1 else ""
        return Diagnostic(
            path=guessed[0].path,
            line=guessed[0].line,
            name="root-on-a-guess",
            message=f'nothing is run as root on a guess, as this "# " is{more}',
            hint=f"say hash=root or hash=comment: `wordish update --pin {document.path}` writes it",
        )
    if not roots or _may_be_root(target, superuser=wish.superuser):
        return None
    return Diagnostic(
        path=roots[0].path,
        line=roots[0].line,
        name="root-prompt",
        message=f"a root prompt, but the target {target.kind} is not thrown away afterwards",
        hint=f"run it in a virtual machine with `--on vm`, or say `--on {target} --as-root` if you mean it"
        if not target.as_root
        else "`--as-root` needs wordish itself to run as root",
    )


def _line_of(text: str, option: str, value: str) -> int:
    from wordish.options import line_of

    return line_of(text, option, value)


def _misaddressed(kind: str, address: str) -> tuple[str, str] | None:
    """What is wrong with an address, and what to say instead; ``vm`` may be told a machine or not."""
    if kind in ADDRESSES:
        name, form = ADDRESSES[kind]
        if not address:
            return f"which {name.lower()}?", f"{kind}:{name}"
        if not re.fullmatch(form, address):
            return f"this is no {name.lower()}", f"{kind}:{name}"
    if kind not in ADDRESSES and kind != "vm" and address:
        return f"{kind} takes no address", kind
    return None


def _described(machines: Mapping[str, Machine]) -> str:
    return f"described are {', '.join(sorted(machines))}; others go into [tool.wordish.machines.NAME]"


def _choice(machines: Mapping[str, Machine]) -> str:
    return (
        f"say `--machine NAME`, or set `machine` in [tool.wordish], to one of {', '.join(sorted(machines))}"
    )
