"""Checkpoints: where a check of an article can go on, kept on the disk.

``CACHE/checkpoints/KEY`` belongs to one article in one machine:

``about``     JSON: which article, which machine, from which template
``contents``  what stands in pages of the machine's memory, of all its checkpoints
``00000012``  the checkpoint after twelve steps: the machine, and what became of the steps since the last

A checkpoint is of use as long as all that decides how the steps before it run is what it was: their commands,
accounts, surroundings and answers (`wordish.past`), the machine's template and wordish's version. One that is
damaged, and those after it, are as if they had never been.

When one is made: before the second step; before the last one, and the last one that is not for cleaning up,
unless the steps since the one before took less time than a checkpoint; and before any step when they took
`PATIENCE` times as long. So checkpoints cost a quarter of the article's own time, and what has to run again
before the step that was changed takes four times as long as one of them, or is a single step.

How many are kept: of an article no more are made when they take `MOST` bytes; whose are forgotten,
`wordish.shelf` says.
"""

from __future__ import annotations

import os
import shutil
import time
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from itertools import islice
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from wordish import shelf
from wordish.errors import MachineError
from wordish.limits import Limits
from wordish.machine import checkpoint, qemu
from wordish.model import RED, Document, Machine, Target, User
from wordish.past import ForgottenError, Past, Ran
from wordish.replay import replay
from wordish.shell import Shell
from wordish.targets import vm

PATIENCE: Final = 4
"""How much longer than a checkpoint the steps since the last one may take."""

MOST: Final = 512 << 20
"""Bytes of the checkpoints of one article."""

_ROOM: Final = 1 << 30  # bytes of the disk that are left free


class _Checkpoint(NamedTuple):
    """A machine at rest, and what became of the steps since the checkpoint before."""

    resting: vm.Resting
    ran: tuple[Ran, ...]


class Resumption(NamedTuple):
    """A place to go on in, with what is known from before.

    ``place`` has no machine when nothing is left to run. ``rest`` is called where a checkpoint may be made
    (see `wordish.replay.replay`).
    """

    place: vm.MachinePlace | vm.NoPlace
    past: Past
    rest: Callable[[bool], None]


@contextmanager
def reach(
    document: Document,
    target: Target,
    *,
    machines: Mapping[str, Machine],
    timeout: float,
    limits: Limits,
    keep_going: bool,
    say: Callable[[str], None],
    until: int | None = None,
) -> Iterator[Resumption]:
    """The article's machine, as far along as is known; ``document`` is as it is to run.

    The other arguments are those of `wordish.runner.check`. With ``until``, so many of the steps are to run,
    there is a machine whatever becomes of them, and no checkpoint is made. Raises `MachineError`.
    """
    made = vm.template(target, machines=machines, say=say)
    with ExitStack() as stack:
        why = _objection(document)
        if why:  # there may be some from before it was told
            shelf.forget_article(os.path.realpath(document.path))
        line = None if why else stack.enter_context(_opened(document.path, made))
        if line is None:
            say(f"from the start: {why or 'its checkpoints are in use, or cannot be kept'}")
            place = stack.enter_context(_pristine(made, say))
            yield Resumption(place, Past(), _nothing)
            return
        known = line.known()
        same, fails, all_told = recalled(
            document, known, timeout=timeout, limits=limits, keep_going=keep_going, until=until
        )
        if all_told and until is None:
            yield Resumption(vm.NoPlace(made), Past(known[:same]), _nothing)
            return
        found = None
        while found is None and (after := line.last(same)):
            try:
                found = stack.enter_context(vm.resumed(made, line.resting(after), line.contents))
            except (MachineError, OSError) as error:
                say(f"a checkpoint is of no use, and forgotten: {error}")
                line.forget(after - 1)
        past = Past(known[:after])
        place = found or stack.enter_context(_pristine(made, say))
        if fails or until is not None:  # what comes after that will be of use again
            yield Resumption(place, past, _nothing)
            return
        line.forget(after)
        yield Resumption(place, past, _Keeper(line, place, past, say).rest)


def _nothing(_: bool) -> None:
    """Make no checkpoint."""


def recalled(
    document: Document,
    known: Sequence[Ran],
    *,
    timeout: float,
    limits: Limits,
    keep_going: bool,
    until: int | None = None,
) -> tuple[int, bool, bool]:
    """How many of the steps that ran are those of the article as it is now, up to the one where it stops.

    Of the first ``until`` steps, if that is said.

    And whether it is wrong up to there, and whether that is all there is to say: nothing has to run any more.
    """
    past = Past(known, only=True)

    def nobody(_: User) -> Shell:
        raise ForgottenError

    stopped = False
    verdicts = replay(document, nobody, timeout=timeout, limits=limits, keep_going=keep_going, past=past)
    try:
        for verdict in islice(verdicts, until):
            stopped = stopped or (verdict.outcome in RED and not keep_going)
    except ForgottenError:
        return past.recalled, stopped, False
    if stopped or until is not None:
        return past.recalled, stopped, True
    # Nothing is left to run, and it is right: the last step runs again.
    return past.recalled - 1, False, False


def _objection(document: Document) -> str:
    """Why nothing of this article is kept, "" when it may be."""
    secret = any(sample.secret for step in document.steps for sample in step.options.samples or ())
    if secret or document.conventions.redact:
        return "what holds secrets is not kept in checkpoints"
    return ""


@contextmanager
def _pristine(made: qemu.Template, say: Callable[[str], None]) -> Iterator[vm.MachinePlace]:
    with qemu.clone(made, say=say) as guest:
        yield vm.MachinePlace(made, guest, {})


@contextmanager
def _opened(path: str, made: qemu.Template) -> Iterator[_Line | None]:
    """The article's checkpoints; ``None`` when another process is at them, or they cannot be kept."""
    article = os.path.realpath(path)
    try:
        folder = shelf.place(article, made)
        folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = shelf.lock(folder)
        lock.acquire(timeout=0)
    except OSError:  # filelock's Timeout too
        yield None
        return
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        shelf.mark(folder, article, made)
        yield _Line(folder)
    finally:
        lock.release()
    shelf.tidy()


class _Line:
    """The checkpoints of one article, in their order; ``contents`` is the file with their memory."""

    def __init__(self, folder: Path) -> None:
        self.contents = folder / "contents"
        self._folder = folder
        self._steps: list[int] = []  # after which there is one
        self._found: list[_Checkpoint] = []
        for file in sorted(folder.glob("[0-9]" * 8)):
            checked = _read(file)
            if checked is None or int(file.name) != len(self.known()) + len(checked.ran):
                break
            self._found.append(checked)
            self._steps.append(int(file.name))
        whole = checkpoint.is_whole(self.contents, [found.resting.machine for found in self._found])
        self.forget(self._steps[whole - 1] if whole else 0)

    def known(self) -> list[Ran]:
        """What became of the steps before the last checkpoint."""
        return [ran for found in self._found for ran in found.ran]

    def last(self, steps: int) -> int:
        """After how many steps the last checkpoint is, of those after at most so many; 0 for none."""
        return max((each for each in self._steps if each <= steps), default=0)

    def resting(self, steps: int) -> vm.Resting:
        """The machine after so many steps, where there is a checkpoint."""
        return self._found[self._steps.index(steps)].resting

    def forget(self, steps: int) -> None:
        """Forget the checkpoints after more than so many steps."""
        kept = sum(each <= steps for each in self._steps)
        del self._steps[kept:], self._found[kept:]
        for file in self._folder.glob("[0-9]" * 8):
            if int(file.name) > steps:
                file.unlink(missing_ok=True)

    def open_contents(self) -> checkpoint.Contents:
        """The file of contents, to be added to."""
        last = self._found[-1].resting.machine if self._found else None
        return checkpoint.Contents(self.contents, last)

    def add(self, resting: vm.Resting, ran: Sequence[Ran]) -> None:
        """Keep a checkpoint: ``ran`` are all steps before it."""
        made = _Checkpoint(resting=resting, ran=tuple(ran[len(self.known()) :]))
        packed = msgspec.msgpack.encode(made)
        draft = self._folder / "draft"
        draft.write_bytes(zlib.crc32(packed).to_bytes(4, "big") + packed)
        draft.replace(self._folder / f"{len(ran):08}")
        self._found.append(made)
        self._steps.append(len(ran))

    @property
    def scratch(self) -> Path:
        """A file for QEMU."""
        return self._folder / "devices"


def _read(file: Path) -> _Checkpoint | None:
    """A checkpoint; ``None`` for one that is not as it was written."""
    with suppress(OSError, msgspec.MsgspecError):
        packed = file.read_bytes()
        if zlib.crc32(packed[4:]).to_bytes(4, "big") == packed[:4]:
            return msgspec.msgpack.decode(packed[4:], type=_Checkpoint)
    return None


def patience(last: bool) -> float:
    """How much longer than a checkpoint the steps before this one must have taken; see the module.

    Before the ``last`` step, where an author is most often, less is worth it.
    """
    return 1 if last else PATIENCE


class _Keeper:
    """Makes checkpoints as an article runs, where they are worth it."""

    def __init__(self, line: _Line, place: vm.MachinePlace, past: Past, say: Callable[[str], None]) -> None:
        self._line, self._place, self._past, self._say = line, place, past, say
        self._contents = line.open_contents()
        self._since = time.monotonic()
        self._cost = 0.0  # seconds that the last one took

    def rest(self, last: bool) -> None:
        """Make a checkpoint here, before a step, if that is due; see the module."""
        start = time.monotonic()
        if start - self._since < patience(last) * self._cost:
            return
        try:
            if self._contents.size > MOST:
                raise OSError(f"those of this article take {MOST >> 20} MiB")
            if shutil.disk_usage(self._line.contents.parent).free < _ROOM:
                raise OSError("the disk is nearly full")
            resting = self._place.rest(self._contents, scratch=self._line.scratch)
            self._line.add(resting, self._past.ran)
        except (OSError, ValueError) as error:  # the second for a text that cannot be written down
            self._say(f"no more checkpoints: {error}")
            self._cost = float("inf")
            return
        self._since = time.monotonic()
        self._cost = self._since - start
