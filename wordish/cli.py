"""The commands.

Exit status: 0 all passed; 1 something failed; 2 wordish could not do its work; 130 interrupted.
Modules are imported by the command that needs them: ``wordish --version`` costs next to nothing.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
from argparse import Namespace
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING

from wordish.arguments import parse
from wordish.errors import ArticleError, UsageError, WordishError

if TYPE_CHECKING:
    from wordish.config import Settings
    from wordish.model import Diagnostic, Document, Event, Transcript
    from wordish.runner import Job

PASSED, FAILED, TROUBLE, INTERRUPTED = 0, 1, 2, 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return the exit status; ``SystemExit`` comes from argparse alone."""
    _open_streams()
    gc.set_threshold(50_000)  # an article is many small values that live long, and no cycles
    try:
        arguments = parse(argv)
    except (SystemExit, OSError) as leaving:  # some Pythons let the error of a full stream through
        if _give_up_streams() or isinstance(leaving, OSError):
            return TROUBLE
        raise
    from wordish.rundir import sweep

    if isinstance(sys.stdout, TextIOWrapper):  # what a terminal's encoding lacks is no reason to crash
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        with _signals():
            sweep()
            status = COMMANDS[arguments.command](arguments)
            sys.stdout.flush()
    except WordishError as error:
        _say_last(str(error) if error.where else f"wordish: {error}")
        return TROUBLE
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:  # our reader has gone
        _give_up_streams()
        return TROUBLE
    except OSError as error:  # a full disk, a directory that may not be written to
        where = str(error.filename or _give_up_streams())
        _say_last(": ".join(filter(None, ("wordish", where, error.strerror or str(error)))))
        return TROUBLE
    except Exception:  # a fault of ours; Python's own status for it, 1, means that an article is wrong
        sys.excepthook(*sys.exc_info())
        return TROUBLE
    return status


def check(arguments: Namespace) -> int:
    """``wordish check``: replay the articles and report."""
    from wordish.audience import audience, wanted
    from wordish.runner import run

    reports = wanted(arguments.format, arguments.output)
    settings = _settings(arguments)
    jobs = _jobs(arguments, settings, warn=not arguments.quiet, allow_empty=arguments.allow_empty)
    if jobs is None:
        return TROUBLE
    with ExitStack() as stack:
        keep = [stack.enter_context(keeper) for keeper in _keepers(arguments, settings)]
        transcripts = run(
            jobs,
            machines=settings.machines,
            timeout=arguments.timeout or settings.timeout,
            keep_going=arguments.keep_going,
            survey=arguments.record,
            tell=audience(
                reports,
                articles=len(jobs),
                color=arguments.color,
                verbosity=arguments.verbose - arguments.quiet,
                also=keep,
                stack=stack,
            ),
        )
        return _status(transcripts)


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
    from wordish.destination import overwrite
    from wordish.reporters.style import PROGRESS
    from wordish.reporters.terminal import report
    from wordish.reporters.words import updated
    from wordish.runner import run
    from wordish.update import patch
    from wordish.update import update as renewed

    settings = _settings(arguments)
    jobs = _jobs(arguments, settings)
    if jobs is None:
        return TROUBLE
    status = PASSED
    words = sys.stderr if arguments.diff else sys.stdout
    with report(sys.stderr, style=style(sys.stderr, "auto", PROGRESS), articles=len(jobs)) as tell:
        for transcript in run(
            jobs,
            machines=settings.machines,
            timeout=arguments.timeout or settings.timeout,
            keep_going=True,
            tell=tell,
        ):
            document, found = transcript.document, renewed(transcript)
            if arguments.diff:
                sys.stdout.write(patch(document.path, document.text, found.text))
            elif found.rewritten:
                overwrite(document.path, found.text, was=document.text)
            words.writelines(f"{line}\n" for line in updated(transcript, found.rewritten, found.left))
            words.flush()
            status = max(status, FAILED if found.left else PASSED, _trouble(transcript))
    return status


def export(arguments: Namespace) -> int:
    """``wordish export``: the steps of one article in another form."""
    from wordish.destination import destination
    from wordish.document import read
    from wordish.export import FORMS

    document = read(arguments.path)
    if _complain(map(_complaint, document.diagnostics)):
        return TROUBLE
    if not document.steps:
        raise UsageError("no session found", where=arguments.path, hint=_PROMPTS)
    with destination(arguments.output) as stream:
        stream.write(FORMS[arguments.to](document))
    return PASSED


def list_(arguments: Namespace) -> int:
    """``wordish list``: the steps as parsed."""
    settings = _settings(arguments)
    documents, complaints = _read(arguments, settings)
    if arguments.format == "json":
        from wordish.record import listing
        from wordish.reporters.json import write

        write(listing(documents), sys.stdout)
    else:
        from wordish.reporters.words import steps

        sys.stdout.writelines(f"{line}\n" for document in documents for line in steps(document))
    return TROUBLE if _complain(complaints) else PASSED


def machine(arguments: Namespace) -> int:
    """``wordish machine build|list|remove``."""
    from datetime import datetime

    from wordish.machine import cache, image

    cache.sweep()
    if arguments.action == "build":
        settings = _settings(arguments)
        for name in arguments.names or settings.machines:
            if name not in settings.machines:
                raise UsageError(
                    f"the machine {name!r} is not described",
                    hint=f"described are {', '.join(settings.machines)}",
                )
        for name in arguments.names or settings.machines:
            path = image.build(settings.machines[name], say=_say, again=arguments.again)
            sys.stdout.write(f"{name}: {path}\n")
    elif arguments.action == "list":
        for built in image.listing():
            when = datetime.fromtimestamp(built.built).astimezone().isoformat(" ", "minutes")
            about = ", ".join((built.suite, *built.packages))
            sys.stdout.write(f"{built.name}  {built.key}  {built.size / 1e6:.0f} MB  {when}  {about}\n")
    else:
        for name in arguments.names:
            for removed in image.remove(name, say=_say):
                sys.stdout.write(f"removed {removed.name} ({removed.key}): {removed.size / 1e6:.0f} MB\n")
    return PASSED


def doctor(_arguments: Namespace) -> int:
    """``wordish doctor``: what is here and what is missing; 1 when something is."""
    from wordish.machine.doctor import findings

    missing = 0
    for finding in findings():
        missing += not finding.found
        hint = f": {finding.install_hint}" if finding.install_hint and not finding.found else ""
        sys.stdout.write(f"{'ok' if finding.found else 'missing':8}{finding.name}: {finding.detail}{hint}\n")
    return FAILED if missing else PASSED


COMMANDS: dict[str, Callable[[Namespace], int]] = {
    "check": check,
    "update": update,
    "list": list_,
    "export": export,
    "machine": machine,
    "doctor": doctor,
}

_PROMPTS = "a session starts with a prompt such as `~$ `"

Complaint = tuple[str, int, str, bool]
"""Path, line, what is wrong on one line, and whether it keeps the article from running."""


def _settings(arguments: Namespace) -> Settings:
    from wordish.config import load

    return load(Path(arguments.config) if arguments.config else None, directory=Path.cwd())


def _read(arguments: Namespace, settings: Settings) -> tuple[list[Document], list[Complaint]]:
    """All the articles, and everything there is to say about them."""
    from wordish.document import find, read

    paths, base = (arguments.paths, Path.cwd()) if arguments.paths else (settings.paths, settings.directory)
    if not paths:
        raise UsageError(
            "which articles?", hint="name them, or set `paths` in [tool.wordish] of pyproject.toml"
        )
    documents: list[Document] = []
    complaints: list[Complaint] = []
    for path in find(paths, base=base):
        try:
            documents.append(read(path))
        except ArticleError as error:
            complaints.append((str(path), 0, str(error), True))
    complaints += [_complaint(remark) for document in documents for remark in document.diagnostics]
    return documents, complaints


def _jobs(
    arguments: Namespace, settings: Settings, *, warn: bool = True, allow_empty: bool = False
) -> list[Job] | None:
    """What is to run, ``None`` when something keeps an article from running, which is told then."""
    from wordish.runner import Wish, plan

    documents, complaints = _read(arguments, settings)
    wish = Wish(
        on=arguments.on,
        machine=arguments.machine,
        default_machine=settings.machine,
        as_root=arguments.as_root,
        superuser=os.geteuid() == 0,
    )
    jobs, objections = plan(documents, wish=wish, machines=settings.machines)
    complaints += map(_complaint, objections)
    if _complain(told for told in complaints if told[3] or warn):
        return None
    if not jobs and not allow_empty:
        raise UsageError("no article has a shell session", hint=_PROMPTS)
    return jobs


def _complaint(remark: Diagnostic) -> Complaint:

    serious = remark.severity == "error"
    text = str(remark) if serious else str(remark._replace(message=f"warning: {remark.message}"))
    return remark.path, remark.line, text, serious


def _complain(complaints: Iterable[Complaint]) -> bool:
    """Tell the complaints in order, each once; whether one of them is serious."""
    told = sorted(set(complaints))
    for _, _, text, _ in told:
        _say(text)
    return any(serious for *_, serious in told)


def _say(text: str) -> None:
    """One line for the user, beside the report."""
    from wordish.reporters.style import visible

    sys.stderr.write(f"{visible(text)}\n")
    sys.stderr.flush()


def _say_last(text: str) -> None:
    """What ends the command; where it cannot be told, the exit status alone tells."""
    with suppress(OSError):
        _say(text)
    _give_up_streams()


def _status(transcripts: Iterable[Transcript]) -> int:
    """The exit status of a run: the worst that happened."""
    return max((max(_trouble(told), _STATUSES[told.outcome]) for told in transcripts), default=PASSED)


def _trouble(transcript: Transcript) -> int:
    """The exit status of an article that could not be checked to its end."""
    if transcript.interrupted:
        return INTERRUPTED
    return TROUBLE if transcript.outcome == "error" else PASSED


_STATUSES = {"passed": PASSED, "skipped": PASSED, "failed": FAILED, "error": TROUBLE}


def _open_streams() -> None:
    """Have descriptors 0, 1 and 2 taken, by ``/dev/null`` if need be: else other files would be these."""
    for number, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        try:
            os.fstat(number)
        except OSError:
            opened = os.open(os.devnull, os.O_RDWR)  # the lowest number that is free: this one
            os.set_inheritable(opened, True)
        if getattr(sys, name) is None:
            setattr(sys, name, open(number, mode, encoding="utf-8", errors="backslashreplace", closefd=False))  # noqa: SIM115


def _give_up_streams() -> str:
    """Keep the flush at exit from failing again on streams that cannot be written; their names."""
    lost = []
    for name, stream in (("standard output", sys.stdout), ("standard error", sys.stderr)):
        try:
            stream.flush()
        except OSError:
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null, stream.fileno())
            os.close(null)
            lost.append(name)
    return " and ".join(lost)


@contextmanager
def _signals() -> Iterator[None]:
    """SIGTERM and SIGHUP interrupt as ^C does; who started us with one ignored (nohup) has a reason."""
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)}
    for number, handler in before.items():
        if handler is not signal.SIG_IGN:
            signal.signal(number, _interrupt)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _interrupt(_number: int, _frame: object) -> None:
    raise KeyboardInterrupt
