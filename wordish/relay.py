"""An agent that is reached through a program: a shell at the other end of its standard input and output.

The program (``podman exec``, ``ssh``) starts Perl, which reads the agent (``machine/guest/agent.pl``)
from its standard input and becomes it. Both ends see the stream's end when the other one is gone,
however that came: whatever we started there ends with us.
"""

from __future__ import annotations

import os
import re
import shlex
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from importlib import resources
from typing import IO, NamedTuple

from wordish.errors import MachineError
from wordish.framed import FramedTerminal
from wordish.shell import Shell, new_mark, startup

_TAIL = 4096  # bytes of what a program said last that are looked at
_END_SECONDS = 5.0
_ERROR = 9  # the descriptor of the second terminal, in the shell that the agent starts

Explain = Callable[[str], MachineError]
"""From what the program said on standard error before it ended to what the user is told."""


def program() -> bytes:
    """The agent, as Perl is given it."""
    return (resources.files("wordish.machine") / "guest" / "agent.pl").read_bytes()


def command(*words: str) -> list[str]:
    """The command that becomes the agent; ``words`` say what it is to do."""
    size = len(program())
    # No quotes but those around it, no `!`: any login shell understands it.
    read = f"sysread(STDIN,$_,{size}-length,length)||exit while length()<{size};eval;die$@ if$@"
    return ["perl", "-e", f"$_=q();{read}", *words]


def quoted(words: Sequence[str]) -> str:
    """A command as a line for a login shell of any kind."""
    return " ".join(word if re.fullmatch(r"[\w./-]+", word) else shlex.quote(word) for word in words)


@contextmanager
def reached(
    argv: Sequence[str],
    *,
    explain: Explain,
    timeout: float,
    cwd: str | os.PathLike[str] = "/",
    clear_up: Callable[[], None] = lambda: None,
) -> Iterator[str]:
    """Have ``argv`` keep a place for the length of the block: what its agent says of the place.

    ``clear_up`` is called when the program had to be ended, and may have left what it was to remove.
    Raises what ``explain`` gives when it does not say so within ``timeout`` seconds.
    """
    with _Running(argv, cwd=cwd, clear_up=clear_up) as running:
        with _explained(running, explain):
            said = running.terminal.ready(timeout=timeout)
        yield said


@contextmanager
def opened(
    argv: Sequence[str], *, explain: Explain, timeout: float, cwd: str | os.PathLike[str] = "/"
) -> Iterator[Shell]:
    """The shell of the agent that ``argv`` starts, for the length of the block; raises as `reached`."""
    mark = new_mark()
    with _Running(argv, cwd=cwd) as running:
        with _explained(running, explain):
            running.terminal.begin(startup(mark, error=_ERROR) + "exec 8<&-\n", timeout=timeout)
            shell = Shell(running.terminal, mark)
            shell.wait(timeout=timeout)
        yield shell


@contextmanager
def _explained(running: _Running, explain: Explain) -> Iterator[None]:
    try:
        yield
    except MachineError as error:
        if running.has_ended():
            raise explain(running.said()) from error
        running.give_up()
        raise


class _Running:
    """A program with an agent at its other end."""

    def __init__(
        self,
        argv: Sequence[str],
        *,
        cwd: str | os.PathLike[str],
        clear_up: Callable[[], None] = lambda: None,
    ) -> None:
        self._argv, self._cwd, self._clear_up = argv, cwd, clear_up
        self._given_up = False

    def __enter__(self) -> _Running:
        self._log: IO[bytes] = tempfile.TemporaryFile(prefix="wordish-said-")
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                # In a session of its own, where ^C does not reach it: its input ends when we do.
                self._process = subprocess.Popen(
                    self._argv, stdin=theirs.fileno(), stdout=theirs.fileno(), stderr=self._log,
                    cwd=self._cwd, start_new_session=True,
                )  # fmt: skip
            except OSError as error:
                ours.close()
                self._log.close()
                raise MachineError(f"{self._argv[0]} cannot be started: {error.strerror}") from error
        with suppress(OSError):  # it has ended, which the first answer will tell
            ours.sendall(program())
        self.terminal = FramedTerminal(ours, lost=self.said)
        return self

    def has_ended(self) -> bool:
        """Whether the program has ended by itself, or is about to."""
        try:
            self._process.wait(1)
        except subprocess.TimeoutExpired:
            return False
        return True

    def give_up(self) -> None:
        """End the program, which does not answer."""
        self._given_up = True
        self._process.terminate()

    def said(self) -> str:
        """The last lines that it said on standard error."""
        size = self._log.seek(0, os.SEEK_END)
        self._log.seek(max(0, size - _TAIL))
        lines = self._log.read().decode(errors="replace").strip().splitlines()
        return " / ".join(line.strip() for line in lines[-3:])

    def __exit__(self, *_: object) -> None:
        self.terminal.close()
        try:
            self._process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            self._given_up = True
            self._process.kill()
            self._process.wait()
        self._log.close()
        if self._given_up:
            self._clear_up()


def refusal(said: str) -> str:
    """What the agent itself says that keeps it from working, "" when it is not that."""
    found = re.search(r"wordish: ([^/]*)", said)
    return found[1].strip() if found else ""


class Facts(NamedTuple):
    """What is known of a place: its environment (see `wordish.targets.Place`), and our user id there.

    ``folder`` is for those who visit, "" where they have homes.
    """

    environment: Mapping[str, str]
    uid: int
    folder: str


def facts(said: str) -> Facts:
    """The facts of which the agent that keeps a place tells. Raises `MachineError` when these are none."""
    found = re.fullmatch(r"(.+)\n(.+)\n(\d+)\n(.*)", said)
    if not found:
        raise MachineError("the agent there talks nonsense")
    environment = {"distribution": found[1], "kernel": found[2]}
    return Facts(environment=environment, uid=int(found[3]), folder=found[4])
