"""The only dialogue with bash: a command goes in, an `Output` comes out.

The shell is an interactive bash on a terminal, as a person's is. Its prompt (PS1) is a random
word with ``$?``, printed on standard error; nothing else of ours is in the shell: no function, no
variable, no trap, no command runs between two steps, so ``$?``, ``$_`` and ``PIPESTATUS`` stay, and
``set -x``, traps and redefined builtins see only the article. In PS1 the word stands in octal, so
that printing all variables does not print it.

A command has ended when bash waits for the next one: it stands in the system call in which it
reads commands, and nothing that was typed is unread. The prompt alone would not do: an article can
print it (``${PS1@P}``). Where a kernel does not tell how a process stands, the prompt has to do.
"""

from __future__ import annotations

import os
import re
import shlex
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import NamedTuple

from wordish.answers import Answers
from wordish.dialogue import ENDED, PROMPT, SILENCE, Dialogue
from wordish.errors import MachineError
from wordish.keyboard import typed
from wordish.limits import KEPT
from wordish.model import Output
from wordish.screen import around, shown
from wordish.terminal import RUNNING, Reader, Standing, Terminal

_MOMENT = 0.05  # seconds after which a program that was just started is running
_GRACE = 0.8  # seconds that a command has to go after each way of ending it
_LAST_GRACE = 5.0  # and after the last one, which may have thousands of processes to end

# Seconds without a prompt after which the shell is looked at: is it waiting for a command all the
# same? The second figure is for a shell that prompts where nobody sees it, or has just prompted.
_SILENCE, _SHORT_SILENCE = 0.3, 0.001
_ANSWER = 20.0  # seconds that a shell which waits for a command may take to answer, on a busy machine
_SETTLED = 1.0  # seconds that what a command left in the background has to come to rest
_LOOKS = 100  # looks that it gets at least, within `_LAST_GRACE`: where they take long, so does all else
_LESS = "less than was typed, and the shell took the rest for a command"
_TRIES = 100  # looks at a shell that is about to wait for its first command, at most a millisecond apart
_YIELDS = 20  # looks at one that has just prompted, some microseconds apart

_STARTED = re.compile(rb"^\[\d+\] (\d+)$", re.MULTILINE)  # [1] 12345
_NOTICE = re.compile(r"^\[\d+\][-+ ]  .*", re.MULTILINE)  # [1]+  Done                    make

_PERSON = 2.0  # seconds after which a program that waits for a person is given up
_NOBODY = Reader()
_LIKE_A_PROMPT = re.compile(rb"[$#%>] ?$")

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


def _greeting(mark: str, *, again: bool) -> str:
    """The first line typed into a shell that an article has opened: as that of ours, in any POSIX shell.

    Bash is told to read plain lines, without an editor that would echo them. One that is greeted ``again``
    has run a command since, whose status it is to tell; a bash that has taken its place (``exec``) knows
    of no greeting, and expands the history. What makes the status ends no shell and runs no trap for errors.
    """
    octal = _octal(mark)
    status = "PS1=$?; case $- in *H*) PS1=0;; esac" if again else "PS1=0"
    bash, other = f"PS1='{octal}:\\$?:'", f"PS1=\\\"\\$(printf '{octal}'):\\\\\\$?:\\\""
    return (
        f"{status}; case ${{BASH_VERSION-}} in ?*) set +o emacs +o vi +o histexpand;; esac; "
        f'eval "case \\${{BASH_VERSION-}} in ?*) {bash};; *) {other};; esac; '
        "PS2=; (\\exit $PS1; /bin/sh -c 'exit $PS1')\" && PS2=\n"
    )


def _welcome(*, rows: int, columns: int, kind: str) -> str:
    """What makes the shell that waits for a command one for a person."""
    sane = f"\\command stty sane rows {rows} cols {columns} 2> /dev/null"
    bash = "PS1='\\u@\\h:\\w\\$ '; set -o emacs -o histexpand"
    return (
        f"exec 2>&1; {sane}; export TERM={shlex.quote(kind)}; unset PROMPT_COMMAND; PS2='> '; "
        f"case ${{BASH_VERSION-}} in ?*) {bash};; *) PS1='$ ';; esac\n"
    )


def _octal(mark: str) -> str:
    return "".join(f"\\{ord(letter):03o}" for letter in mark)


# Asks for what a prompt would have told. The answer is an error message of bash's, because a command's
# name can mean anything by now; POSIXLY_CORRECT keeps the status in the subshell, and makes `exit` mean
# what it should there, if it means anything. It is a list so that neither `set -e` nor an ERR trap minds.
_ASK = (
    '(POSIXLY_CORRECT="$? ${PIPESTATUS[@]}"; '
    '(${99999999?"WORD:${POSIXLY_CORRECT/ /:}:"}) 2> /dev/tty; '
    '\\exit "${POSIXLY_CORRECT%% *}"; /bin/sh -c "exit ${POSIXLY_CORRECT%% *}") && (POSIXLY_CORRECT=)\n'
)
# Takes the last lines typed, itself included, out of the history, where `history` would show them.
_FORGET = (
    "[[ -o history && ! ${HISTIGNORE-} ]] && "
    "\\builtin eval '\\builtin history -d -%d--1 2> /dev/null #' \"$_\" || [[ x ]]; "
)
_NO_EDITING = "[[ -o vi || -o emacs ]] && \\builtin set +o vi +o emacs; " + _FORGET % 1


def _exiting(status: int, pipeline: list[int]) -> str:
    """What makes these the status of the last command and of its pipeline."""
    statuses = pipeline if pipeline[-1:] == [status] else [status]
    commands = " | ".join(f"(POSIXLY_CORRECT=; \\exit {each}; /bin/sh -c 'exit {each}')" for each in statuses)
    return f"{commands} {'&&' if status else '||'} [[ x ]]\n"


class Memory(NamedTuple):
    """What this side knows of a shell between two commands: a value, from which another `Shell` goes on.

    The fields are those of `Shell`; ``status`` is what its last prompt told, ``left`` what came after that.
    """

    marks: tuple[str, ...]
    inner: dict[str, int]
    home: bytes | None
    children: dict[int, bool]
    unseen: bool
    prompt: bytes
    notices: str
    mark: str
    status: int
    left: bytes


class Shell:
    """A bash that is held open: commands run in it one after the other.

    ``marks`` are the words in its prompt and in those of shells opened in it, the outermost first. A shell
    that the article has given another prompt, or whose prompt it has sent where it cannot be seen, is asked
    for the status of each command instead.
    """

    def __init__(self, terminal: Terminal, *marks: str) -> None:
        self._terminal = terminal
        self._inner: dict[str, int] = {}  # the processes of those opened in it, by their marks
        self._home: bytes | None = None  # the call in which it waits for a command, empty if not told
        self._standing = Standing()  # as last seen
        self._children: Mapping[int, bool] = {}  # those it has, as far as was seen
        self._unseen = False  # the prompt goes where it cannot be seen
        self._prompt = b""  # what the article has put before our word, or in its place
        self._notices = ""  # what bash said of its jobs during the last command
        self._asked = ""  # what the last command asked a person for
        self._limit = KEPT
        self._listen(*marks)

    def _listen(self, *marks: str) -> None:
        """Listen to the prompts of the shell and of those opened in it, the outermost first."""
        self._marks = marks
        self._inner = {mark: pid for mark, pid in self._inner.items() if mark in marks}
        self._dialogue = Dialogue(self._terminal, *marks, limit=self._limit)

    @classmethod
    def going_on(cls, terminal: Terminal, memory: Memory) -> Shell:
        """The shell of which this is known, on a terminal that was left as it was then."""
        shell = cls(terminal, *memory.marks)
        shell._inner = dict(memory.inner)
        shell._home, shell._unseen, shell._prompt = memory.home, memory.unseen, memory.prompt
        shell._children, shell._notices = memory.children, memory.notices
        shell._dialogue.mark, shell._dialogue.exit_status = memory.mark, memory.status
        shell._dialogue.left = memory.left
        return shell

    def memory(self) -> Memory:
        """What is known of this shell, which waits for a command."""
        return Memory(
            marks=self._marks,
            inner=dict(self._inner),
            home=self._home,
            children=dict(self._children),
            unseen=self._unseen,
            prompt=self._prompt,
            notices=self._notices,
            mark=self._dialogue.mark,
            status=self._dialogue.exit_status,
            left=self._dialogue.left,
        )

    @property
    def depth(self) -> int:
        """How many shells are open inside this one, each in the one before."""
        return len(self._marks) - 1

    def wait(self, *, timeout: float) -> None:
        """Wait for the first prompt. Raises `MachineError` when it does not come in ``timeout`` seconds."""
        if self._dialogue.wait(timeout) != PROMPT:
            said = self._dialogue.take_all()[1].decode(errors="replace").strip()
            raise MachineError("the shell does not start", hint=said)
        self._dialogue.take_all()

    def adopt(self, *, timeout: float) -> None:
        """Make a cloned shell one of a kind: a new mark, another ``RANDOM``, an empty history."""
        mark = new_mark()
        seed = int.from_bytes(os.urandom(4), "big")
        self._terminal.type(f"RANDOM={seed}; {_prompts(mark)}; history -c\n".encode())
        self._listen(mark)
        self.wait(timeout=timeout)

    def run(
        self,
        command: str,
        *,
        timeout: float,
        limit: int = KEPT,
        enters: bool | None = False,
        answers: Sequence[str] = (),
    ) -> Output:
        """Run one command, as typed by a person, and wait until bash waits for the next one.

        A command that opens another shell has come to its end when that one waits for a command: with
        ``enters``, or with ``None`` if it is seen to be a shell. What is run then is run there, until
        it ends. A command that waits for a person is typed the ``answers``, a line each time; when there are
        none left, it is given up after a moment.

        After ``timeout`` seconds it is interrupted with ^C, and killed if that does not end it;
        the output's status is then ``None``. A user's ^C does the same, and goes on to the caller;
        the `KeyboardInterrupt` has the argument 2 when the user could not wait and asked again.
        Of each stream ``limit`` bytes are kept. Raises `MachineError` when the machine is lost.
        """
        start = time.monotonic()
        self._limit = limit
        self._dialogue.keep(limit)
        person = Answers(answers)
        keys = typed(command)
        try:
            self._find_home()
            self._dialogue.prompted.clear()
            self._terminal.type(keys, echo=bool(person))
            status = self._await(timeout, enters=enters, person=person)
            if person.typed:
                status = self._left_over(status)
            asked = self._asked
            if status is None and answers:
                self._terminal.type(b"")  # what is typed now is not for the article to show
            if status is None:
                self._stop()
            elapsed = time.monotonic() - start
            stdout, stderr = self._printed(command)
            if answers:
                stdout, stderr = person.told(stdout, stderr)
                stdout = stdout.removeprefix(keys)
        except KeyboardInterrupt:
            self._abandon()
            raise
        dropped = around(stdout)
        output = Output(
            stdout=shown(stdout), stderr=shown(stderr), status=status,
            elapsed=elapsed, ended=self.ended, asked=asked, around=dropped, notices=self._notices,
            nuls=stdout.count(0) + stderr.count(0),
        )  # fmt: skip
        self._notices = "\n".join(_NOTICE.findall(output.stderr))
        return output

    def _find_home(self) -> None:
        """Learn, once, where the shell waits for a command: now, after a prompt."""
        if self._home is not None:
            return
        self._home, before = b"", b""
        for number in range(_TRIES):
            standing = self._terminal.standing()
            now = b"" if standing.unread else standing.call
            call, descriptor, buffer, *_ = (*now.split(maxsplit=3), b"", b"", b"")
            if now and now == before and descriptor == b"0x0":  # it reads commands, and stays there
                self._home = b" ".join((call, descriptor, buffer, b""))
                return
            before = now
            time.sleep(min(1e-3, 5e-5 * 2**number))  # it has printed its prompt and is about to wait

    def _await(
        self, timeout: float, *, enters: bool | None = False, person: Answers | None = None
    ) -> int | None:
        """Read until bash waits for a command, or has ended: the status; ``None`` if that takes too long.

        Or if it waits for a person: what for is then in ``_asked``.
        """
        end = time.monotonic() + timeout
        prompted, asking, self._asked = False, 0.0, ""
        silence = _SHORT_SILENCE if self._unseen else _SILENCE
        came = SILENCE
        while True:
            left = end - time.monotonic()
            silence = _MOMENT if person else silence
            how = self._dialogue.wait(min(silence, max(left, 0))) if came == SILENCE else came
            came = SILENCE
            if how == PROMPT and self._dialogue.mark != self._marks[0]:  # of a shell in this one
                self._listen_to(self._dialogue.mark)
                return self._dialogue.exit_status
            if how == PROMPT:
                prompted, silence = True, _SHORT_SILENCE
            if how != ENDED and (self._at_home() or (how == PROMPT and self._comes_home())):
                rest = self._dialogue.rest()  # a prompt that was on its way, perhaps
                prompted = prompted or rest == PROMPT
                how = ENDED if rest == ENDED else PROMPT
            elif how == PROMPT and self._home:  # that was not bash's
                continue
            if how == ENDED:
                return self._terminal.status
            if how == PROMPT:
                self._listen_to(self._marks[0])
                self._unseen = not prompted
                return self._dialogue.exit_status if prompted else self._ask()
            if prompted and 2 * silence > _SILENCE and self._moved():
                return self._dialogue.exit_status
            reader = _NOBODY if prompted else self._terminal.reader()
            if reader.name and not reader.inner and self._at_home():
                silence = _SHORT_SILENCE  # it has come home since it was looked at, and waits for us
                continue
            if enters is not False and self._is_open(reader, person, sure=enters is True):
                return self._enter(reader)
            if person and not prompted:
                came, answered = self._answer(person, reader.name)
                if answered or came != SILENCE:
                    asking = 0.0
                    continue
            asking = (asking or time.monotonic()) if reader.name else 0.0
            if left <= silence or (asking and time.monotonic() - asking > _PERSON):
                self._asked = self._question(reader.name) if asking else ""
                return None
            silence = _SILENCE / 2 if asking else min(2 * silence, 2.0)

    def _answer(self, person: Answers, reader: str) -> tuple[int, bool]:
        """Type what the command waits for: what came meanwhile, and whether something was typed."""
        lines, echo = self._terminal.modes()
        came = self._dialogue.rest()
        if came != SILENCE:
            return came, False
        cursor, now = self._dialogue.cursor(), time.monotonic()
        keys = person.due(cursor, reader=reader, lines=lines, echo=echo, now=now)
        if keys:
            self._terminal.control(keys)
        return came, bool(keys)

    def _left_over(self, status: int | None) -> int | None:
        """The status of a command that was answered.

        ``None`` when it did not read all that was typed, and the shell took the rest for a command.
        """
        if status is None or self.ended or len(self._dialogue.prompted) < 2:
            return status
        status, rest = self._dialogue.since_prompted()
        if more := shown(rest):
            self._asked = f"{_LESS}: {more}"
        return None if more else status

    def _listen_to(self, mark: str) -> None:
        """The shells inside the one that prompts with ``mark`` have ended."""
        if mark != self._marks[-1]:
            status, printed = self._dialogue.exit_status, self._dialogue.put_aside()
            self._listen(*self._marks[: self._marks.index(mark) + 1])
            self._dialogue.put_back(printed, b"")
            self._dialogue.mark, self._dialogue.exit_status = mark, status

    def _is_open(self, reader: Reader, person: Answers | None, *, sure: bool) -> bool:
        """Whether a shell that the command has opened waits for a command, with a prompt of its own.

        While there are answers, what our own shell reads is one of these; else another may have taken its
        place (``exec``).
        """
        line = self._dialogue.last_line()
        if sure and not person:
            return bool(line)
        likely = reader.name in SHELLS and (reader.inner or not person)
        return likely and bool(_LIKE_A_PROMPT.search(line))

    def _enter(self, reader: Reader) -> int | None:
        """Give the shell that waits for a command a prompt of ours: its status.

        That of its last command, if it had one of our prompts already; of another shell, 0. ``None`` from a
        program that was no shell, and took the line for something else.
        """
        outer, mark = self._marks, new_mark()
        known = [at for at, each in enumerate(outer) if self._inner.get(each) == reader.pid]
        known = known if reader.name in SHELLS else []  # another program may have opened another shell
        stdout, stderr = self._dialogue.put_aside()
        self._listen(*outer, mark)
        self._terminal.type(_greeting(mark, again=bool(known)).encode())
        entered = self._dialogue.wait(_ANSWER) == PROMPT and self._dialogue.mark == mark
        status = self._dialogue.exit_status
        if entered:
            self._listen(*outer[: known[-1] if known else None], mark)
            self._inner[mark] = reader.pid
            self._dialogue.mark, self._dialogue.exit_status = mark, status
        else:
            self._asked = "it is no shell that takes commands"
            self._listen(*outer)
        self._dialogue.put_back((stdout, stderr.without_last_line()), b"")
        return status if entered else None

    def leave(self) -> None:
        """End the shells that are open inside this one."""
        while self.depth and not self.ended:
            before = self.depth
            self._terminal.type(b"exit\n")
            if self._await_stirring(_GRACE) is None or self.depth == before:
                self._terminal.kill(signal.SIGKILL)
                if self._await_stirring(_GRACE) is None:
                    break
        self._dialogue.take_all()

    def _question(self, reader: str) -> str:
        """The line on which the terminal's cursor stands, or who is waiting there."""
        line = shown(self._dialogue.last_line())
        return repr(line) if line else reader

    def _moved(self) -> bool:
        """Whether a shell that has prompted waits for commands in another way than before.

        That is so when the article has turned line editing on (``set -o vi``), which nobody needs
        who does not edit lines: it is turned off.
        """
        printed = self._dialogue.put_aside()
        self._terminal.type(b"\n")
        moved = self._dialogue.wait(_MOMENT) == PROMPT
        if moved:
            self._terminal.type((_NO_EDITING + _exiting(self._dialogue.exit_status, [])).encode())
            self._dialogue.wait(_GRACE)
            self._home = None
            self._find_home()
        self._dialogue.put_back(printed, self._dialogue.take_all()[0])
        return moved

    def _at_home(self) -> bool:
        """Whether the shell waits for a command, and all that was typed is read."""
        if not self._home:
            return False
        self._standing = self._terminal.standing()
        return not self._standing.unread and self._standing.call.startswith(self._home)

    def _comes_home(self) -> bool:
        """Whether the shell, which seems to have prompted, waits for a command a moment later."""
        for _ in range(_YIELDS if self._home else 0):
            os.sched_yield()
            if self._at_home():
                return True
        return False

    def _come_home(self) -> None:
        """Wait until the shell has done what was typed.

        Raises `MachineError` when that takes so long that there must be something wrong with it.
        """
        begun = looked = time.monotonic()
        while not self.ended and not self._at_home():
            now = time.monotonic()
            if now > begun + _ANSWER:
                raise MachineError("the shell waits for a command and does not take one")
            # A look takes its time from the shell, on a slow machine: give it as much for itself.
            self._dialogue.wait(max(_SHORT_SILENCE, now - looked))
            looked = time.monotonic()
        self._dialogue.rest()

    def _ask(self) -> int | None:
        """The status of the last command, from a shell whose prompt cannot be seen.

        It stays what it was, and so do ``PIPESTATUS``, ``$_`` and the history.
        """
        if self._dialogue.misplaced(self._prompt) is not None:
            # Standard error was sent there, or the command has printed an old prompt: is there a new one?
            printed = self._dialogue.put_aside()
            self._terminal.type(b"\n")
            self._come_home()
            status = self._dialogue.misplaced(self._prompt)
            self._dialogue.put_back(printed, self._dialogue.take_all()[0])
            if status is not None:
                return status
        printed = self._dialogue.put_aside()
        self._terminal.type(_ASK.replace("WORD", self._marks[0]).encode())
        self._come_home()
        if self.ended:
            return self._terminal.status
        answer = self._dialogue.answer()
        if answer is None:
            raise MachineError("the shell does not tell the exit status of its last command")
        stdout, stderr = self._dialogue.take_all()
        self._prompt = _last_line(stderr)
        self._terminal.type((_FORGET % 2 + _exiting(*answer)).encode())
        self._come_home()
        self._dialogue.put_back(printed, stdout)
        return answer[0]

    def _printed(self, command: str) -> tuple[bytes, bytes]:
        """What was printed since the command was typed, without what bash prints at its prompts."""
        jobs_ended = self._settle()
        stdout, stderr = self._dialogue.take()
        if self.ended or self.depth or not self._home:
            return stdout, stderr
        jobs_ended = jobs_ended or any(int(pid) not in self._children for pid in _STARTED.findall(stderr))
        last = _last_line(stderr)
        if jobs_ended or (last and not self._unseen and not (self._prompt and last.endswith(self._prompt))):
            out, err = self._press(b"\n")
            self._prompt = _last_line(err)
            stdout += b"" if stdout.endswith(out) else out  # PROMPT_COMMAND says the same again
            stderr = stderr.removesuffix(self._prompt) + err.removesuffix(self._prompt)
        else:
            self._prompt = self._prompt if last else b""
            stderr = stderr.removesuffix(self._prompt)
        if stderr and "\n" in command:
            _, err = self._press(b"\\\n\n")
            second = err.removesuffix(self._prompt)
            for _ in range(command.count("\n")):
                stderr = stderr.removeprefix(second)
        return stdout, stderr

    def _press(self, keys: bytes) -> tuple[bytes, bytes]:
        """What bash prints when nothing but Enter is pressed."""
        self._terminal.type(keys)
        self._come_home()
        return self._dialogue.take_all() if self._unseen else self._dialogue.take()

    def _settle(self) -> bool:
        """Wait until what the command left in the background is at rest; whether a child has ended.

        Else it would be chance whether the first words of a job, or the last, come before the next
        command or after it. What was at work before the command gets but a moment.
        """
        if not self._home or self.ended or self.depth:
            return False
        before, now = self._children, self._standing.children
        seen, still, looks = {*before, *now}, 0, 0
        start = last = time.monotonic()
        while before or now:
            begun = any(busy and not before.get(pid) for pid, busy in now.items())
            still = 0 if begun else still + 1
            if not any(now.values()) and (still > 1 or before.keys() == now.keys()):
                break  # all are asleep, and have been before, so that none was about to wake another
            looks, asked = looks + 1, time.monotonic()
            if begun and asked - start > (_SETTLED if looks > _LOOKS else _LAST_GRACE):
                break
            if not begun and asked - last > _MOMENT and still > 1:
                break
            last = asked if begun else last
            self._dialogue.wait(_SHORT_SILENCE)
            now = self._terminal.standing().children
            seen.update(now)
        self._children = now
        return seen != now.keys()

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
            self._dialogue.take_all()

    def _stop(self) -> None:
        """End the running command as a person would, then by force."""
        # A second ^C, as a person presses it, that comes while bash takes the terminal back after the first
        # may end bash: it is for the program alone. The last way ends the shell: not one that is only late.
        ways: list[tuple[Callable[[], None], Callable[[], int | None]]] = [
            (lambda: None, self._await_start),
            (lambda: self._terminal.control(b"\x03"), lambda: self._await(_GRACE / 2)),
            (lambda: self._terminal.control(b"\x03", below=True), lambda: self._await(_GRACE / 2)),
            (lambda: self._terminal.control(b"\x1c", below=True), lambda: self._await(_GRACE)),
            (lambda: self._terminal.kill(signal.SIGKILL), lambda: self._await_stirring(_GRACE)),
            (self._terminal.kill_all, lambda: self._await(_LAST_GRACE)),
        ]
        for way, wait in ways:
            way()
            status = wait()
            if status is not None and (self.ended or self._obeys(status)):
                return
        raise MachineError("the shell does not answer any more, not even to SIGKILL")

    def _await_start(self) -> int | None:
        """`_await` for a moment, and for some more while bash may just be starting a program.

        ^C at that very moment gets lost, or bash reads while the terminal is the program's, which ends it.
        """
        end = time.monotonic() + _GRACE / 2
        while (status := self._await(_MOMENT)) is None and time.monotonic() < end:
            if self._terminal.standing().call != RUNNING:
                break
        return status

    def _await_stirring(self, patience: float) -> int | None:
        """`_await` for so many seconds, and up to `_LAST_GRACE` while there is something to be expected.

        That is of a shell that computes, or is about to read what was typed, and of what it has started that
        is at work.
        """
        end = time.monotonic() + _LAST_GRACE
        while (status := self._await(patience)) is None and time.monotonic() < end:
            standing = self._terminal.standing()
            comes = bool(self._home) and standing.call.startswith(self._home or b"")
            if not (comes or standing.call == RUNNING or any(standing.children.values())):
                break
        return status

    def _obeys(self, status: int) -> bool:
        """Whether the shell does what it is told; ``status`` is that of its last command, and stays."""
        printed = self._dialogue.put_aside()
        self._terminal.type((_FORGET % 1 + _exiting(status, [])).encode())
        obeyed = self._await_stirring(_GRACE / 2) is not None
        self._dialogue.put_back(printed, self._dialogue.take_all()[0])
        return obeyed

    def hand_over(self, *, rows: int, columns: int, kind: str) -> Terminal:
        """Make it a shell for a person at such a terminal (``kind`` is its TERM), and give its own away.

        Both streams come on the first one from then on; a shell that others are open in keeps its prompt.
        """
        self._terminal.type(_welcome(rows=rows, columns=columns, kind=kind).encode())
        return self._terminal

    @property
    def ended(self) -> bool:
        """Whether the shell is gone: nothing more can run in it."""
        return self._terminal.status is not None

    def close(self) -> None:
        """Hang up."""
        self._terminal.close()


def _last_line(printed: bytes) -> bytes:
    """What stands after the last newline."""
    return printed[printed.rfind(b"\n") + 1 :]
