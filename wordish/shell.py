"""The only dialogue with bash: a command goes in, an `Output` comes out.

The shell is an interactive bash on a terminal, as a person's is. Its prompt (PS1) is a random
word with ``$?``, printed on standard error; nothing else of ours is in the shell: no function, no
variable, no trap, no command runs between two steps, so ``$?``, ``$_`` and ``PIPESTATUS`` stay, and
``set -x``, traps and redefined builtins see only the article. In PS1 the word stands in octal, so
that printing all variables does not print it.
"""

from __future__ import annotations

import os
import re
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import suppress

import pexpect
from pexpect.expect import Expecter, searcher_re
from pexpect.spawnbase import SpawnBase

from wordish.errors import MachineError
from wordish.model import Output
from wordish.screen import shown
from wordish.terminal import Terminal

# A terminal hands over lines of at most 4095 bytes (termios(3), canonical mode); control
# characters would act on it instead of reaching bash.
_LONGEST_LINE = 4000
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")

_GRACE = 0.8  # seconds that a command has to go after each way of ending it
_LONGEST_STATUS = 3

# What every shell has in its environment beside its account's own variables.
ENVIRONMENT = {
    "TERM": "dumb",
    "LANG": "C.UTF-8",
    "PAGER": "cat",
    "GIT_PAGER": "cat",
    "SYSTEMD_PAGER": "cat",
}


def new_mark() -> str:
    """A word that nothing prints by chance: the prompt of one shell."""
    return os.urandom(16).hex()


def arguments(startup: str) -> list[str]:
    """The command line of a shell; ``startup`` is the path of its start-up file."""
    return ["bash", "--noprofile", "--noediting", "--rcfile", startup, "-i"]


def startup(mark: str, *, error: int) -> str:
    """The start-up file of a shell whose standard error's terminal is descriptor ``error``."""
    return f"exec 2>&{error} {error}>&-\n{_prompts(mark)}\nunset HISTFILE\nset +o histexpand\n"


def _prompts(mark: str) -> str:
    word = "".join(f"\\{ord(letter):03o}" for letter in mark)
    return f"PS1='{word}:$?:' PS2="


class Shell:
    """A bash that is held open: commands run in it one after the other.

    ``mark`` is the word in its prompt.
    """

    def __init__(self, terminal: Terminal, mark: str) -> None:
        self._terminal = terminal
        self._listen(mark)

    def _listen(self, mark: str) -> None:
        prompt = re.compile(re.escape(mark).encode() + rb":(\d{1,3}):")
        self._dialogue = _Dialogue(self._terminal, prompt, window=len(mark) + _LONGEST_STATUS + 2)

    def wait(self, *, timeout: float) -> None:
        """Wait for the first prompt. Raises `MachineError` when it does not come in ``timeout`` seconds."""
        if self._dialogue.wait(timeout) != _PROMPT:
            said = self._dialogue.forget()[1].decode(errors="replace").strip()
            raise MachineError("the shell does not start", hint=said)
        self._dialogue.forget()

    def adopt(self, *, timeout: float) -> None:
        """Make a cloned shell one of a kind: a new mark, another ``RANDOM``, an empty history."""
        mark = new_mark()
        seed = int.from_bytes(os.urandom(4), "big")
        self._terminal.type(f"RANDOM={seed}; {_prompts(mark)}; history -c\n".encode())
        self._listen(mark)
        self.wait(timeout=timeout)

    def run(self, command: str, *, timeout: float) -> Output:
        """Run one command, as typed by a person, and wait for the next prompt.

        After ``timeout`` seconds it is interrupted with ^C, and killed if that does not end it;
        the output's status is then ``None``. A user's ^C does the same, and goes on to the caller;
        the `KeyboardInterrupt` has the argument 2 when the user could not wait and asked again.
        Raises `MachineError` when the machine is lost.
        """
        start = time.monotonic()
        try:
            self._terminal.type(typed(command))
            how = self._dialogue.wait(timeout)
        except KeyboardInterrupt:
            self._abandon()
            raise
        finished = how != _TIMEOUT
        if not finished:
            how = self._stop()
        status = self._dialogue.prompted() if how == _PROMPT else self._terminal.status
        elapsed = time.monotonic() - start
        stdout, stderr = self._dialogue.forget()
        return Output(
            stdout=shown(stdout), stderr=shown(stderr), status=status if finished else None,
            elapsed=elapsed, ended=how == _ENDED,
        )  # fmt: skip

    def _abandon(self) -> None:
        """End the running command because the user asked for it; ask twice, and it is killed at once."""
        try:
            with suppress(MachineError):
                self._stop()
        except KeyboardInterrupt:
            self._terminal.kill(signal.SIGKILL)
            with suppress(MachineError):
                self._dialogue.wait(_GRACE)
            raise KeyboardInterrupt(2) from None
        finally:
            self._dialogue.forget()

    def _stop(self) -> int:
        """End the running command as a person would, then by force."""
        ways: list[Callable[[], None]] = [
            lambda: self._terminal.control(b"\x03"),
            lambda: self._terminal.control(b"\x1c"),
            lambda: self._terminal.kill(signal.SIGKILL),
        ]
        for way in ways:
            way()
            how = self._dialogue.wait(_GRACE)
            if how != _TIMEOUT:
                return how
        raise MachineError("the shell does not answer any more, not even to SIGKILL")

    @property
    def ended(self) -> bool:
        """Whether the shell is gone: nothing more can run in it."""
        return self._terminal.status is not None

    def close(self) -> None:
        """Hang up."""
        self._terminal.close()


_PROMPT, _ENDED, _TIMEOUT = range(3)  # what `_Dialogue.wait` waits for, in its order


class _Dialogue(SpawnBase):  # type: ignore[type-arg]  # generic in its stubs only
    """pexpect's reader on the stream that carries the prompt; standard output is put aside."""

    def __init__(self, terminal: Terminal, prompt: re.Pattern[bytes], *, window: int) -> None:
        super().__init__(timeout=None)
        self.delayafterread = None
        self._expecter = Expecter(self, searcher_re([prompt, pexpect.EOF, pexpect.TIMEOUT]), window)
        self._terminal = terminal
        self._stdout: list[bytes] = []

    def read_nonblocking(self, size: int = 1, timeout: float | None = None) -> bytes:  # noqa: ARG002
        """See `pexpect.spawnbase.SpawnBase`."""
        try:
            out, err = self._terminal.read(timeout)
        except EOFError:
            self.flag_eof = True
            raise pexpect.EOF("the shell has ended") from None
        if out:
            self._stdout.append(out)
        elif not err and self._terminal.status is None:
            raise pexpect.TIMEOUT("silence")
        return err

    def wait(self, timeout: float) -> int:
        """Read until one of `_PROMPT`, `_ENDED` and `_TIMEOUT`; ``timeout`` is in seconds."""
        return self._expecter.expect_loop(timeout)

    def prompted(self) -> int:
        """The exit status in the prompt that was just read."""
        assert isinstance(self.match, re.Match)
        return int(self.match.group(1))

    def forget(self) -> tuple[bytes, bytes]:
        """What was printed before the prompt: standard output and standard error; the next starts afresh."""
        printed = b"".join(self._stdout), self.before if isinstance(self.before, bytes) else b""
        self._stdout.clear()
        return printed


def typed(command: str) -> bytes:
    """The bytes to type for a command, the last newline included.

    A line that the terminal would cut, or whose control characters it would act upon, is handed
    over in quotes: bash evaluates it and keeps everything it keeps for a typed line.
    """
    raw = command.encode(errors="surrogateescape")
    too_long = len(raw) > _LONGEST_LINE and any(len(line) > _LONGEST_LINE for line in raw.split(b"\n"))
    if too_long or _CONTROL.search(command):
        raw = b"\\eval " + b"\\\n".join(_quoted(raw))
    return raw + b"\n"


def _quoted(raw: bytes) -> Iterator[bytes]:
    """``raw`` as pieces in ``$'...'``, which together are one word."""
    for start in range(0, len(raw), 900):  # four bytes each at most
        piece = raw[start : start + 900]
        yield b"$'" + b"".join(_ESCAPED.get(byte, bytes((byte,))) for byte in piece) + b"'"


_ESCAPED = {byte: b"\\%03o" % byte for byte in (*range(32), 39, 92, *range(127, 256))}
