"""The commands.

Exit status: 0 all passed; 1 something failed; 2 wordish could not do its work; 130 interrupted.
Modules are imported by the command that needs them: ``wordish --version`` costs next to nothing.
"""

from __future__ import annotations

import gc
import os
import sys
from argparse import Namespace
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack
from functools import partial
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wordish import intake
from wordish.arguments import parse
from wordish.errors import ArticleError, UsageError, WordishError
from wordish.process import give_up_streams, interruptible, open_streams, say, say_last

if TYPE_CHECKING:
    from wordish.config import Settings
    from wordish.model import Event, Shard, Transcript
    from wordish.runner import Job

PASSED, FAILED, TROUBLE, INTERRUPTED = 0, 1, 2, 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return the exit status; ``SystemExit`` comes from argparse alone."""
    open_streams()
    gc.set_threshold(50_000)  # an article is many small values that live long, and no cycles
    try:
        arguments = parse(argv)
    except (SystemExit, OSError) as leaving:  # some Pythons let the error of a full stream through
        if give_up_streams() or isinstance(leaving, OSError):
            return TROUBLE
        raise
    from wordish.rundir import sweep

    if isinstance(sys.stdout, TextIOWrapper):  # what a terminal's encoding lacks is no reason to crash
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        with interruptible():
            sweep()
            status = COMMANDS[arguments.command](arguments)
            sys.stdout.flush()
    except WordishError as error:
        say_last(str(error) if error.where else f"wordish: {error}")
        return TROUBLE
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:  # our reader has gone
        give_up_streams()
        return TROUBLE
    except OSError as error:  # a full disk, a directory that may not be written to
        where = str(error.filename or give_up_streams())
        say_last(": ".join(filter(None, ("wordish", where, error.strerror or str(error)))))
        return TROUBLE
    except Exception:  # a fault of ours; Python's own status for it, 1, means that an article is wrong
        sys.excepthook(*sys.exc_info())
        return TROUBLE
    return status


def check(arguments: Namespace) -> int:
    """``wordish check``: replay the articles and report."""
    if arguments.resume or arguments.watch:
        _refuse_to_keep(arguments)
    if not arguments.watch:
        return _check(arguments)
    from wordish.watching import watch

    watch(arguments, lambda again: _check(again) != INTERRUPTED)
    return INTERRUPTED


def _check(arguments: Namespace) -> int:
    from wordish.audience import audience, critic, wanted
    from wordish.model import Planned

    reports = wanted(arguments.format, arguments.output)
    settings = intake.settings(arguments)
    jobs = intake.jobs(
        arguments,
        settings,
        warn=not arguments.quiet,
        allow_empty=arguments.allow_empty,
        hear=critic(reports),
    )
    if jobs is None:
        return TROUBLE
    jobs, shard = _part(arguments, settings, jobs)
    if (
        arguments.resume
        and not arguments.watch
        and (others := [job for job in jobs if job.target.kind != "vm"])
    ):
        kinds = ", ".join(sorted({job.target.kind for job in others}))
        say(f"wordish: no checkpoints, so from the start: {len(others)} of {len(jobs)} articles ({kinds})")
    with ExitStack() as stack:
        run = _running(arguments, settings, jobs, stack)
        tell = audience(
            reports,
            articles=len(jobs),
            color=arguments.color,
            verbosity=arguments.verbose - arguments.quiet,
            also=[stack.enter_context(keeper) for keeper in _keepers(arguments, settings)],
            stack=stack,
        )
        tell(Planned(paths=tuple(job.document.path for job in jobs), shard=shard))
        try:
            return _status(run(exit_first=arguments.exitfirst, tell=tell))
        except KeyboardInterrupt:  # between two articles: the reports tell what was found until then
            return INTERRUPTED


def _refuse_to_keep(arguments: Namespace) -> None:
    """A check that is resumed is no full verification, and no recording of one; it runs here."""
    option = "--watch" if arguments.watch else "--resume"
    if arguments.dask:
        hint = "leave out one of them"
        raise UsageError("checkpoints stay where they were made", where=f"--dask {option}", hint=hint)
    for keeper, asked in (("--record", arguments.record), ("--cast", arguments.cast)):
        if asked:
            raise UsageError(
                "not from a check that is resumed",
                where=f"{keeper} {option}",
                hint=f"leave {option} out, so that all runs that {keeper} keeps",
            )


def _part(arguments: Namespace, settings: Settings, jobs: list[Job]) -> tuple[list[Job], Shard | None]:
    """The jobs of the part that was asked for, if one was."""
    if arguments.shard is None:
        if arguments.durations:
            where = f"--durations {arguments.durations}"
            raise UsageError("says how to divide a run", where=where, hint="it goes with `--shard`")
        return jobs, None
    from wordish.shards import part

    record = settings.directory / settings.record
    return part(jobs, arguments.shard, durations=arguments.durations, record=record, records=arguments.record)


def merge(arguments: Namespace) -> int:
    """``wordish merge``: the reports, or records, of several checks as one."""
    from wordish import merging, verified
    from wordish.audience import audience, wanted
    from wordish.model import Planned

    files = list(map(Path, arguments.reports))
    if arguments.record:
        if arguments.format or arguments.output:
            hint = "merge the reports in a command of their own"
            raise UsageError("records are no reports", where="--record", hint=hint)
        settings = intake.settings(arguments)
        path = settings.directory / settings.record
        verified.update(path, merging.latest([verified.load(path), *merging.records(files)]), prune=False)
        return PASSED
    forms = wanted(arguments.format, arguments.output)
    reports = merging.reports(files)
    transcripts = merging.joined(reports)
    lost = merging.missing(reports)
    with ExitStack() as stack:
        tell = audience(
            forms,
            articles=len(transcripts),
            color=arguments.color,
            verbosity=arguments.verbose - arguments.quiet,
            also=(),
            stack=stack,
        )
        paths = tuple(transcript.document.path for transcript in transcripts)
        tell(Planned(paths=paths, elapsed=sum(report.elapsed for report in reports)))
        for transcript in transcripts:
            tell(transcript)
    if lost:
        say(f"wordish: {lost}")
        return max(TROUBLE, _status(transcripts))
    return _status(transcripts)


def _running(
    arguments: Namespace, settings: Settings, jobs: list[Job], stack: ExitStack
) -> Callable[..., Iterable[Transcript]]:
    """What checks the jobs: this process one by one, others side by side, or a cluster."""
    from wordish.checking import checking, remembering

    how: dict[str, Any] = {
        "machines": settings.machines,
        "timeout": arguments.timeout or settings.timeout,
        "limits": intake.limits(arguments, settings).begun(),
        "keep_going": arguments.keep_going,
        "survey": arguments.record,
        "resume": arguments.resume,
    }
    if arguments.dask:
        if arguments.jobs is not None:
            where = f"--dask {arguments.dask}"
            raise UsageError("the cluster says how many run side by side", where=where, hint="leave out -j")
        from wordish import cluster

        del how["resume"]
        client = stack.enter_context(cluster.connected(arguments.dask))
        return partial(remembering, partial(cluster.run, jobs, client=client, **how))
    wanted = settings.jobs if arguments.jobs is None else arguments.jobs
    return stack.enter_context(checking(jobs, together=wanted, **how))


def _keepers(
    arguments: Namespace, settings: Settings
) -> Iterator[AbstractContextManager[Callable[[Event], None]]]:
    """What keeps the findings of a check: the record, and recordings to play."""
    if arguments.record:
        from wordish.verified import recording

        yield recording(settings.directory / settings.record, everything=not arguments.paths)
    if arguments.cast:
        from wordish.cast import casting

        yield casting(Path(arguments.cast), base=settings.directory)


def update(arguments: Namespace) -> int:
    """``wordish update``: replay the articles, and rewrite the outputs that are no longer true."""
    from wordish.audience import style
    from wordish.reporters.words import updated
    from wordish.rewrite import give_back
    from wordish.update import rival
    from wordish.update import update as renewed

    if arguments.pin:
        return _pin(arguments)
    if arguments.interactive:
        from wordish.asking import require_answers, settled

        require_answers()
    settings = intake.settings(arguments)
    jobs = intake.jobs(arguments, settings)
    if jobs is None:
        return TROUBLE
    status, stopped = PASSED, False
    written: dict[str, str] = {}
    words = sys.stderr if arguments.diff else sys.stdout
    for number, transcript in enumerate(_updating(arguments, settings, jobs), 1):
        document, found = transcript.document, renewed(transcript)
        if arguments.interactive and found.edits:
            found, answered = settled(transcript, found, words, style(words, "auto", 0)._replace(live=False))
            stopped = answered.stopped
            status = INTERRUPTED if answered.interrupted else status
        try:
            rivals = give_back(document, found, written, diff=sys.stdout if arguments.diff else None)
        except ArticleError as error:
            say(str(error))
            status = max(status, TROUBLE)
            continue
        found = found._replace(left=(*found.left, *map(rival, rivals)))
        words.writelines(f"{line}\n" for line in updated(transcript, found.rewritten, found.left))
        words.flush()
        status = max(status, FAILED if found.left else PASSED, _trouble(transcript))
        if stopped and number < len(jobs):
            say(f"wordish: stopped, {len(jobs) - number} of {len(jobs)} articles not run")
            return max(status, FAILED)
    return status


def _updating(arguments: Namespace, settings: Settings, jobs: list[Job]) -> Iterator[Transcript]:
    """The articles as they are run, with progress on stderr; there is none while the user is asked."""
    from wordish.audience import style
    from wordish.reporters.style import PROGRESS
    from wordish.reporters.terminal import report
    from wordish.runner import run

    limits = intake.limits(arguments, settings).begun()
    for some in [[job] for job in jobs] if arguments.interactive else [jobs]:
        with report(sys.stderr, style=style(sys.stderr, "auto", PROGRESS), articles=len(some)) as tell:
            transcripts = run(
                some,
                machines=settings.machines,
                timeout=arguments.timeout or settings.timeout,
                limits=limits,
                keep_going=True,
                tell=tell,
            )
            if not arguments.interactive:
                yield from transcripts
                return
            (transcript,) = transcripts
        yield transcript
        if transcript.interrupted:
            return


def _pin(arguments: Namespace) -> int:
    """``wordish update --pin``: run nothing, and write down what each bare ``# `` was guessed to be."""
    from wordish.destination import overwrite
    from wordish.pin import pin
    from wordish.reporters.words import pinned
    from wordish.update import patch

    documents, refusals = intake.read(arguments, intake.settings(arguments))
    if intake.complain(intake.remarks(documents), refusals, strict=arguments.strict, warn=False):
        return TROUBLE
    status = PASSED
    words = sys.stderr if arguments.diff else sys.stdout
    for document in documents:
        found = pin(document)
        if arguments.diff:
            sys.stdout.write(patch(document.path, document.text, found.text))
        elif found.written:
            overwrite(document.path, found.text, was=document.text)
        words.writelines(f"{line}\n" for line in pinned(document, found.written, found.left))
        status = max(status, FAILED if found.left else PASSED)
    return status


def shell(arguments: Namespace) -> int:
    """``wordish shell``: a terminal in a machine, or where an article has come to."""
    from wordish import visiting
    from wordish.model import Document
    from wordish.redaction import errors_redacted
    from wordish.runner import choose, plan

    if len(arguments.paths) > 1 or (arguments.until and not arguments.paths):
        raise UsageError("which article?", where="wordish shell", hint="name one: wordish shell PATH")
    visiting.require_terminal()
    settings = intake.settings(arguments)
    if not arguments.paths:
        where = intake.wish(arguments, settings, superuser=os.geteuid() == 0)
        where = where._replace(on=where.on or "vm")
        plan((), wish=where, machines=settings.machines)  # refuses what makes no sense
        target = choose(Document(path="", text=""), where)
        with visiting.place(target, machines=settings.machines, say=say) as opened:
            visiting.visit(opened)
        return PASSED
    jobs = intake.jobs(arguments, settings)
    if jobs is None:
        return TROUBLE
    if len(jobs) > 1:
        raise UsageError(f"holds {len(jobs)} articles", where=arguments.paths[0], hint="name one of them")
    found = visiting.article(
        jobs[0],
        line=arguments.until,
        machines=settings.machines,
        timeout=arguments.timeout or settings.timeout,
        limits=settings.limits.begun(),
        say=say,
    )
    with errors_redacted(jobs[0].document.conventions.redact), found as opened:
        visiting.visit(opened)
    return PASSED


def step(arguments: Namespace) -> int:
    """``wordish step``: walk through an article, command by command."""
    from wordish.redaction import errors_redacted
    from wordish.walking import walk

    settings = intake.settings(arguments)

    def read() -> Job | None:
        jobs = intake.jobs(arguments, settings)
        if jobs and len(jobs) > 1:
            where = arguments.paths[0]
            raise UsageError(f"holds {len(jobs)} articles", where=where, hint="walk through one of them")
        return jobs[0] if jobs else None

    job = read()
    if job is None:
        return TROUBLE
    with errors_redacted(job.document.conventions.redact):
        right = walk(
            job,
            again=read,
            machines=settings.machines,
            timeout=arguments.timeout or settings.timeout,
            limits=settings.limits,
            say=say,
        )
    return PASSED if right else FAILED


def export(arguments: Namespace) -> int:
    """``wordish export``: the steps of one article in another form."""
    from wordish.destination import destination
    from wordish.export import FORMS

    documents, refusals = intake.read(arguments, intake.settings(arguments))
    remarks = (told for told in intake.remarks(documents) if told.name != "no-session")  # here an error
    if intake.complain(remarks, refusals, strict=arguments.strict):
        return TROUBLE
    if len(documents) > 1:
        raise UsageError(
            f"holds {len(documents)} articles", where=arguments.paths[0], hint="export one at a time"
        )
    (document,) = documents
    if not document.steps:
        raise UsageError("no session found", where=f"{document.path}:1", hint=intake.PROMPTS)
    with destination(arguments.output) as stream:
        if arguments.to == "json":
            from wordish.record import listing
            from wordish.reporters.json import write

            write(listing(documents), stream)
        else:
            from wordish.reporters.style import for_stream

            stream.write(for_stream(stream, FORMS[arguments.to](document)))
    return PASSED


def list_(arguments: Namespace) -> int:
    """``wordish list``: the steps as parsed."""
    settings = intake.settings(arguments)
    documents, refusals = intake.read(arguments, settings)
    if arguments.format == "json":
        from wordish.record import listing
        from wordish.reporters.json import write

        write(listing(documents), sys.stdout)
    else:
        from wordish.reporters.listing import steps

        width = os.get_terminal_size(sys.stdout.fileno()).columns if sys.stdout.isatty() else 0
        for document in documents:
            lines = steps(document, width=width, verbose=arguments.verbose)
            sys.stdout.writelines(f"{line}\n" for line in lines)
    return (
        TROUBLE if intake.complain(intake.remarks(documents), refusals, strict=arguments.strict) else PASSED
    )


def lint(arguments: Namespace) -> int:
    """``wordish lint``: everything there is to say about the articles without running them."""
    from wordish.lint import lint as linted

    settings = intake.settings(arguments)
    documents, refusals = intake.read(arguments, settings)
    documents, notes = linted(
        documents,
        wish=intake.wish(arguments, settings, superuser=True),
        machines=settings.machines,
        timeout=arguments.timeout or settings.timeout,
        off=settings.ignore | {*arguments.ignore},
    )
    if arguments.format == "json":
        from wordish.record import remarks
        from wordish.reporters.json import write

        write(remarks(documents, notes), sys.stdout)
    else:
        from wordish.reporters.words import remarks as lines

        sys.stdout.writelines(f"{line}\n" for line in lines(documents))
    for note in notes:
        say(f"wordish: {note}")
    serious = any(arguments.strict or remark.severity == "error" for remark in intake.remarks(documents))
    return TROUBLE if intake.complain((), refusals) or serious else PASSED


def machine(arguments: Namespace) -> int:
    """``wordish machine build|list|remove|prune``."""
    from datetime import datetime

    from wordish import shelf
    from wordish.machine import cache, image

    cache.sweep()
    if arguments.action == "build":
        settings = intake.settings(arguments)
        for name in arguments.names or settings.machines:
            if name not in settings.machines:
                raise UsageError(
                    f"the machine {name!r} is not described",
                    hint=f"described are {', '.join(settings.machines)}",
                )
        for name in arguments.names or settings.machines:
            path = image.build(settings.machines[name], say=say, again=arguments.again)
            sys.stdout.write(f"{name}: {path}\n")
    elif arguments.action == "list":
        for built in image.listing():
            when = datetime.fromtimestamp(built.built).astimezone().isoformat(" ", "minutes")
            about = ", ".join((built.suite, *built.packages))
            sys.stdout.write(f"{built.name}  {built.key}  {built.size / 1e6:.0f} MB  {when}  {about}\n")
        if articles := shelf.kept():
            taken = sum(each.size for each in articles)
            sys.stdout.write(f"checkpoints of articles: {len(articles)}, {taken / 1e6:.0f} MB\n")
    elif arguments.action == "prune":
        from wordish import stock

        kept = stock.items(intake.settings(arguments).machines.values(), keep=arguments.keep)
        sys.stdout.writelines(stock.clear(kept, dry_run=arguments.dry_run))
    else:
        if not arguments.names and not arguments.checkpoints:
            raise UsageError("which machines?", hint="name them, or say --checkpoints")
        if arguments.checkpoints and arguments.names:
            known = {*intake.settings(arguments).machines, *(built.name for built in image.listing())}
            known |= {each.machine for each in shelf.kept()} - {""}
            if unknown := [name for name in arguments.names if name not in known]:
                what = f"there is no machine {unknown[0]!r}"
                raise UsageError(what, hint=f"machines: {', '.join(sorted(known))}")
        for name in arguments.names if not arguments.checkpoints else ():
            for removed in image.remove(name, say=say):
                sys.stdout.write(f"removed {removed.name} ({removed.key}): {removed.size / 1e6:.0f} MB\n")
        for name in arguments.names or [""]:
            if freed := shelf.forget(name):
                sys.stdout.write(f"removed checkpoints of {name or 'all machines'}: {freed / 1e6:.0f} MB\n")
        shelf.tidy()
    return PASSED


def doctor(_arguments: Namespace) -> int:
    """``wordish doctor``: what is here and what is missing; 1 when something is."""
    from wordish.machine.doctor import findings
    from wordish.targets import doctor

    missing = 0
    for finding in (*findings(), *doctor.findings()):
        missing += finding.needed and not finding.found
        hint = f": {finding.install_hint}" if finding.install_hint and not finding.found else ""
        state = "ok" if finding.found else "missing" if finding.needed else "absent"
        sys.stdout.write(f"{state:8}{finding.name}: {finding.detail}{hint}\n")
    return FAILED if missing else PASSED


COMMANDS: dict[str, Callable[[Namespace], int]] = {
    "check": check,
    "merge": merge,
    "update": update,
    "list": list_,
    "export": export,
    "lint": lint,
    "shell": shell,
    "step": step,
    "machine": machine,
    "doctor": doctor,
}


def _status(transcripts: Iterable[Transcript]) -> int:
    """The exit status of a run: the worst that happened."""
    return max((max(_trouble(told), _STATUSES[told.outcome]) for told in transcripts), default=PASSED)


def _trouble(transcript: Transcript) -> int:
    """The exit status of an article that could not be checked to its end."""
    if transcript.interrupted:
        return INTERRUPTED
    return TROUBLE if transcript.outcome == "error" else PASSED


_STATUSES = {"passed": PASSED, "skipped": PASSED, "failed": FAILED, "error": TROUBLE}
