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
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from io import BytesIO

import pexpect
from pexpect.expect import Expecter, searcher_re
from pexpect.spawnbase import SpawnBase

from wordish.answers import Answers, Cursor
from wordish.errors import MachineError
from wordish.model import Output
from wordish.screen import around, shown
from wordish.terminal import Terminal

# A terminal hands over lines of at most 4095 bytes (termios(3), canonical mode); control
# characters would act on it instead of reaching bash.
_LONGEST_LINE = 4000
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")

_MOMENT = 0.05  # seconds after which a program that was just started is running
_GRACE = 0.8  # seconds that a command has to go after each way of ending it
_LONGEST_STATUS = 3

_MOST = 8 << 20  # bytes of a step's output that are kept at its beginning, and as many at its end

# Seconds without a prompt after which the shell is looked at: is it waiting for a command all the
# same? The second figure is for a shell that is known to prompt where nobody sees it.
_SILENCE, _SHORT_SILENCE = 0.3, 0.1
_PERSON = 2.0  # seconds after which a program that waits for a person is given up
_ANSWER = 10.0  # seconds that a shell which waits for a command may take to answer, on a busy machine
_TRIES = 100
_LESS = "less than was typed, and the shell took the rest for a command"

_LIKE_A_PROMPT = re.compile(r"[$#%>]$")

# The programs that are shells, and take the line that gives them a prompt of ours.
SHELLS = frozenset({"bash", "rbash", "sh", "dash", "ash", "busybox"})

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
    return f"PS1='{_octal(mark)}:$?:' PS2="


def _greeting(mark: str) -> str:
    """The first line typed into a shell that an article has opened: as that of ours, in any POSIX shell.

    Bash is told to read plain lines, without an editor that would echo them.
    """
    octal = _octal(mark)
    return (
        f"case ${{BASH_VERSION-}} in ?*) PS1='{octal}:$?:'; set +o emacs +o vi +o histexpand;; "
        f"*) PS1=\"$(printf '{octal}'):\\$?:\";; esac; PS2=\n"
    )


def _octal(mark: str) -> str:
    return "".join(f"\\{ord(letter):03o}" for letter in mark)


class Shell:
    """A bash that is held open: commands run in it one after the other.

    ``mark`` is the word in its prompt. A prompt that cannot be seen (PS1 was changed, standard
    error redirected or closed) is missed after a moment of silence: then the shell is found waiting
    for a command, asked for its status, and given its prompt back.
    """

    def __init__(self, terminal: Terminal, mark: str) -> None:
        self._terminal = terminal
        self._home: str | None = None  # where the shell waits for a command, "" where that is not told
        self._unseen = False  # the prompt goes where it cannot be seen
        self._listen(mark)

    def _listen(self, *marks: str) -> None:
        """Listen to the prompts of the shell and of those opened in it, the outermost first."""
        self._marks = marks
        words = "|".join(map(re.escape, marks)).encode()
        prompt = re.compile(rb"(" + words + rb"):(\d{1,3}):")
        self._dialogue = _Dialogue(self._terminal, prompt, window=len(marks[0]) + _LONGEST_STATUS + 2)

    @property
    def depth(self) -> int:
        """How many shells are open inside this one, each in the one before."""
        return len(self._marks) - 1

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

    def run(
        self, command: str, *, timeout: float, enters: bool | None = False, answers: Sequence[str] = ()
    ) -> Output:
        """Run one command, as typed by a person, and wait for the next prompt.

        A command that opens another shell has come to its end when that one waits for a command: with
        ``enters``, or with ``None`` if it is seen to be a shell. What is run then is run there, until
        it ends. A command that waits for a person is typed the ``answers``, a line each time; when there are
        none left, it is given up after a moment.

        After ``timeout`` seconds it is interrupted with ^C, and killed if that does not end it;
        the output's status is then ``None``. A user's ^C does the same, and goes on to the caller;
        the `KeyboardInterrupt` has the argument 2 when the user could not wait and asked again.
        Raises `MachineError` when the machine is lost.
        """
        start = time.monotonic()
        person = Answers(answers)
        try:
            self._find_home()
            self._terminal.type(typed(command), echo=bool(person))
            how, status = self._await(timeout, enters=enters, person=person)
            left_over = self._left_over() if person.typed and how == _PROMPT else ""
        except KeyboardInterrupt:
            self._abandon()
            raise
        finished, asked = how not in (_TIMEOUT, _ASKS), ""
        if not finished:
            asked = self._question() if how == _ASKS else ""
            if answers:
                self._terminal.type(b"")  # ^C is not for the article to show
            how = self._stop()
        elif status is None:
            asked = "it is no shell that takes commands"
        elif left_over:
            status, asked = None, f"{_LESS}: {left_over}"
        elapsed = time.monotonic() - start
        stdout, stderr = self._dialogue.forget()
        if answers:
            stdout, stderr = person.told(stdout, stderr)
            stdout = stdout.removeprefix(typed(command))
        return Output(
            stdout=shown(stdout), stderr=shown(stderr), status=status if finished else None,
            elapsed=elapsed, ended=how == _ENDED, asked=asked, around=around(stdout),
        )  # fmt: skip

    def _find_home(self) -> None:
        """Learn, once, where the shell waits for a command: now, after a prompt."""
        if self._home is not None:
            return
        self._home, before = "", ""
        for _ in range(_TRIES):
            now = self._terminal.where()
            if now and now == before and now.split()[1] == "0x0":  # it reads descriptor 0, and stays there
                self._home = now
                return
            before = now
            time.sleep(0.001)  # it has printed its prompt and is about to wait

    def _await(self, timeout: float, *, enters: bool | None, person: Answers) -> tuple[int, int | None]:
        """Wait for the end of a command: what came, and the status."""
        end = time.monotonic() + timeout
        asking = 0.0  # since when it has been waiting for a person
        silence = _SHORT_SILENCE if self._unseen else _SILENCE
        while True:
            left = end - time.monotonic()
            silence = _MOMENT if person else silence
            how = self._dialogue.wait(min(silence, max(left, 0)))
            if how == _TIMEOUT and self._home and self._terminal.where() == self._home:
                how = self._dialogue.wait_for_the_rest()  # perhaps a prompt that was on its way
                if how == _TIMEOUT:
                    return self._recover()
            if how == _PROMPT:
                return how, self._prompted()
            if how == _ENDED:
                return how, self._terminal.status
            if left <= silence:
                return (_ASKS if asking else _TIMEOUT), None
            reader = self._terminal.reader()
            if enters is not False and self._is_open(reader, sure=enters is True and not person):
                return self._enter()
            if person:
                how = self._answer(person, reader)
                if how in (_PROMPT, _ENDED):
                    return how, self._prompted() if how == _PROMPT else self._terminal.status
                if how == _ANSWERED:
                    asking = 0.0
                    continue
            asking = (asking or time.monotonic()) if reader else 0.0
            if asking and time.monotonic() - asking > _PERSON:
                return _ASKS, None
            if asking:
                silence = _SILENCE / 2
            silence = min(2 * silence, 2.0)

    def _answer(self, person: Answers, reader: str) -> int:
        """Type what the command waits for: `_ANSWERED`, or what came meanwhile, `_TIMEOUT` for nothing."""
        lines, echo = self._terminal.modes()
        how = self._dialogue.wait_for_the_rest()
        if how == _TIMEOUT:
            cursor, now = self._dialogue.cursor(), time.monotonic()
            keys = person.due(cursor, reader=reader, lines=lines, echo=echo, now=now)
            if keys:
                self._terminal.control(keys)
                how = _ANSWERED
        return how

    def _left_over(self) -> str:
        """What the shell made of what was typed, not read by the command, and so taken for another one."""
        stdout, stderr = self._dialogue.forget()
        end = time.monotonic() + _GRACE
        while time.monotonic() < end and not (self._home and self._terminal.where() == self._home):
            if self._dialogue.wait(_MOMENT) == _PROMPT:
                more = self._dialogue.forget()
                stdout, stderr = stdout + more[0], stderr + self._marks[-1].encode() + b":0:" + more[1]
        stderr, *others = self._dialogue.parted(stderr)
        self._dialogue.put_back((stdout, stderr))
        return shown(b"".join(others))

    def _prompted(self) -> int:
        """The status in the prompt that came; the shells inside the one that it belongs to have ended."""
        mark, status = self._dialogue.prompted()
        if mark != self._marks[-1]:
            before = self._dialogue.forget()
            self._listen(*self._marks[: self._marks.index(mark) + 1])
            self._dialogue.put_back(before)
        return status

    def _is_open(self, reader: str, *, sure: bool) -> bool:
        """Whether a shell that the command has opened waits for a command, with a prompt of its own."""
        line = self._dialogue.last_line()
        return bool(line) if sure else reader in SHELLS and bool(_LIKE_A_PROMPT.search(line))

    def _enter(self) -> tuple[int, int | None]:
        """Give the shell that waits for a command a prompt of ours: what came, and the status.

        There is none from a program that was no shell, and took the line for something else.
        """
        outer = self._marks
        before = self._dialogue.put_aside()
        self._listen(*outer, new_mark())
        self._terminal.type(_greeting(self._marks[-1]).encode())
        how, status = self._dialogue.wait(_ANSWER), None
        if how == _PROMPT and self._dialogue.prompted()[0] == self._marks[-1]:
            status = 0
        else:
            self._listen(*outer)
        self._dialogue.put_back(before)
        return how, status

    def leave(self) -> None:
        """End the shells that are open inside this one."""
        while self.depth and not self.ended:
            before = self.depth
            self._terminal.type(b"exit\n")
            if self._dialogue.wait(_GRACE) == _PROMPT:
                self._prompted()
            if self.depth == before:
                self._terminal.kill(signal.SIGKILL)
                if self._dialogue.wait(_GRACE) != _PROMPT:
                    break
                self._prompted()
        self._dialogue.forget()

    def _question(self) -> str:
        """The line on which the terminal's cursor stands, or who is waiting there."""
        reader = self._terminal.reader()
        line = self._dialogue.last_line()
        return repr(line) if line else reader

    def _recover(self) -> tuple[int, int | None]:
        """Ask a shell whose prompt cannot be seen for its status, and give it a prompt again.

        It is another prompt than before: one of the old that turns up late ends no other command.
        """
        before = self._dialogue.put_aside()
        status = self._ask()
        if status is None:
            return _TIMEOUT, None
        if not self._unseen:
            self._listen(new_mark())
            self._terminal.type(f"{_prompts(self._marks[0])}; (\\builtin exit {status})\n".encode())
            self._unseen = self._dialogue.wait(_GRACE) != _PROMPT
            if self._unseen:
                # It goes where nobody looks. An empty prompt cannot turn up late, out of place.
                self._terminal.type(f"PS1= PS2=; (\\builtin exit {status})\n".encode())
                self._ask()
        self._dialogue.put_back(before)
        return _PROMPT, status

    def _ask(self) -> int | None:
        """The status of the last command, by way of the terminal; it stays what it was."""
        word = _octal(self._marks[0])
        tell = f"""\\builtin printf '{word}:%s:' "$x" > /dev/tty"""
        self._terminal.type(f"""(x=$?; {tell}; \\builtin exit "$x")\n""".encode())
        return self._dialogue.told(timeout=_ANSWER)

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
        # ^C at the very moment when bash starts a program gets lost, or leaves bash waiting for it
        # behind a prompt. A person is not that fast, and presses the key again.
        ways: list[tuple[Callable[[], None], float]] = [
            (lambda: None, _MOMENT),
            (lambda: self._terminal.control(b"\x03"), _GRACE / 2),
            (lambda: self._terminal.control(b"\x03"), _GRACE / 2),
            (lambda: self._terminal.control(b"\x1c"), _GRACE),
            (lambda: self._terminal.kill(signal.SIGKILL), _GRACE),
        ]
        for way, patience in ways:
            way()
            how = self._dialogue.wait(patience)
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
_ASKS, _ANSWERED = 3, 4  # it waits for a person; it was typed what it waits for


class _Dialogue(SpawnBase):  # type: ignore[type-arg]  # generic in its stubs only
    """pexpect's reader on the stream that carries the prompt; standard output is put aside."""

    def __init__(self, terminal: Terminal, prompt: re.Pattern[bytes], *, window: int) -> None:
        super().__init__(timeout=None)
        self.delayafterread = None
        self._expecter = Expecter(self, searcher_re([prompt, pexpect.EOF, pexpect.TIMEOUT]), window)
        self._buffer, self._before = BytesIO(), BytesIO()  # pexpect's own, of its own kind
        self._prompt = prompt
        self._terminal = terminal
        self._stdout = _Kept()
        self._heard = 0  # bytes, of both streams

    def read_nonblocking(self, size: int = 1, timeout: float | None = None) -> bytes:  # noqa: ARG002
        """See `pexpect.spawnbase.SpawnBase`."""
        try:
            out, err = self._terminal.read(timeout)
        except EOFError:
            self.flag_eof = True
            raise pexpect.EOF("the shell has ended") from None
        self._heard += len(out) + len(err)
        if out:
            self._stdout.add(out)
        elif not err and self._terminal.status is None:
            raise pexpect.TIMEOUT("silence")
        if self._before.tell() > 2 * _MOST:
            kept = _Kept()
            kept.add(self._before.getvalue())
            self._before = BytesIO()
            self._before.write(kept.whole())
        return err

    def wait(self, timeout: float) -> int:
        """Read until one of `_PROMPT`, `_ENDED` and `_TIMEOUT`; ``timeout`` is in seconds."""
        return self._expecter.expect_loop(timeout)

    def wait_for_the_rest(self) -> int:
        """Read all that is already there."""
        how, before = _TIMEOUT, -1
        while how == _TIMEOUT and before != self._heard:
            before = self._heard
            how = self.wait(0)
        return how

    def prompted(self) -> tuple[str, int]:
        """The mark and the exit status in the prompt that was just read."""
        assert isinstance(self.match, re.Match)
        return self.match.group(1).decode("ascii"), int(self.match.group(2))

    def last_line(self) -> str:
        """What stands on the last line of either stream, if it is not ended."""
        for stream in (self._before.getvalue()[-_LONGEST_LINE:], self._stdout.whole()[-_LONGEST_LINE:]):
            if line := shown(stream[stream.rfind(b"\n") + 1 :]):
                return line
        return ""

    def cursor(self) -> Cursor:
        """Where the terminal stands."""
        out, err = self._stdout.whole(), self._before.getvalue()
        begun = not shown(err[err.rfind(b"\n") + 1 :]) and bool(shown(out[out.rfind(b"\n") + 1 :]))
        return Cursor(out=len(out), err=len(err), line=self.last_line(), on_stdout=begun)

    def parted(self, stderr: bytes) -> list[bytes]:
        """What was printed before, between and after prompts."""
        return [part for number, part in enumerate(self._prompt.split(stderr)) if number % 3 == 0]

    def forget(self) -> tuple[bytes, bytes]:
        """What was printed before the prompt: standard output and standard error; the next starts afresh."""
        error = _Kept()
        error.add(self.before if isinstance(self.before, bytes) else b"")
        printed = self._stdout.whole(), error.whole()
        self._stdout = _Kept()
        return printed

    def put_aside(self) -> tuple[bytes, bytes]:
        """What was printed so far, taken out of the way; the prompt that ended it is left out."""
        stdout, stderr = self.forget()
        self._buffer, self._before = BytesIO(), BytesIO()
        for prompt in self._prompt.finditer(stdout[-200:]):  # standard error was sent there
            stdout = stdout[: prompt.start() - min(len(stdout), 200)]
        return stdout, stderr[: stderr.rfind(b"\n") + 1]

    def told(self, *, timeout: float) -> int | None:
        """The status that a prompt on standard output tells, ``None`` when it does not come in time."""
        end = time.monotonic() + timeout
        heard = b""
        while (left := end - time.monotonic()) > 0:
            with suppress(pexpect.TIMEOUT, pexpect.EOF):
                self.read_nonblocking(timeout=left)
            heard = (heard + self._stdout.whole())[-_LONGEST_LINE:]
            self._stdout = _Kept()
            if found := self._prompt.search(heard):
                return int(found[2])
        return None

    def put_back(self, printed: tuple[bytes, bytes]) -> None:
        """Make ``printed`` what was printed, and forget all that came since."""
        self.forget()
        self._stdout.add(printed[0])
        self.before = printed[1]


class _Kept:
    """The beginning and the end of what was printed; a middle that is too long is dropped, and said so."""

    def __init__(self) -> None:
        self._head: list[bytes] = []
        self._tail: deque[bytes] = deque()
        self._size = self._tail_size = self._dropped = 0

    def add(self, chunk: bytes) -> None:
        """Keep what can be kept of ``chunk``."""
        if self._size < _MOST:
            self._head.append(chunk[: _MOST - self._size])
            chunk, self._size = chunk[_MOST - self._size :], self._size + len(chunk)
        if chunk:
            self._tail.append(chunk[-_MOST:])
            self._dropped += max(0, len(chunk) - _MOST)
            self._tail_size += len(self._tail[-1])
            while self._tail_size - len(self._tail[0]) >= _MOST:
                gone = len(self._tail.popleft())
                self._tail_size -= gone
                self._dropped += gone

    def whole(self) -> bytes:
        """What is kept."""
        gap = b"\n[wordish: %d bytes are left out here]\n" % self._dropped if self._dropped else b""
        return b"".join([*self._head, gap, *self._tail])


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
