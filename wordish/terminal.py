"""A shell's terminal, here or far away: bytes in, standard output and standard error out, apart.

Two pseudo-terminals carry the two streams. Their order is kept where it matters: what a program
wrote to its output before it wrote to its error is read before it, because the output is drained
after each read of the error, and the kernel hands over all pending terminal input before a read
says "nothing there" (``n_tty_read`` in the kernel's ``drivers/tty/n_tty.c``).
"""

from __future__ import annotations

import fcntl
import os
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple, Protocol

from wordish.errors import MachineError

CHUNK = 65536


class Standing(NamedTuple):
    """How a shell stands.

    ``call`` is the system call that it waits in, with its arguments, in the form of /proc/PID/syscall
    (proc(5)); empty when that cannot be told. It begins in the same way each time that the shell waits for
    a command, and no other time: its buffer for commands is its own. ``unread``: what was typed has not been
    read yet, so that it will not wait for long.

    ``children`` are the processes that it started and that have not ended, also those whose parent
    has, each with whether it, or any that it started itself, is at work: it runs, is about to, or
    waits for a disk; or it has ended and the shell is about to hear of it.
    """

    call: bytes = b""
    children: Mapping[int, bool] = {}
    unread: bool = False


class Reader(NamedTuple):
    """The program that waits for what a person types: its name, "" when there is none, and its process.

    ``inner``: it is not the shell, but one below it.
    """

    name: str = ""
    pid: int = 0
    inner: bool = False


RUNNING = b"running"
"""What stands in /proc/PID/syscall of a process that does not wait."""

_NONE: Mapping[int, bool] = {}

_MODES = bytes(64)  # room for the kernel's struct termios
ROWS, COLUMNS = 24, 80
_HELD = 1 << 20  # more than the kernel keeps for one terminal (TTYB_DEFAULT_MEM_LIMIT, 640 KiB)


class Terminal(Protocol):
    """What `wordish.shell.Shell` needs of a terminal with a bash on it."""

    @property
    def status(self) -> int | None:
        """The exit status that the shell left (128 + N when signal N ended it), ``None`` while it lives."""

    def read(self, timeout: float | None) -> tuple[bytes, bytes]:
        """What was printed since the last call: standard output and standard error.

        Waits ``timeout`` seconds (``None``: for ever) for the first byte; two empty values when
        nothing came. Raises `EOFError` when the shell has ended and everything has been read,
        `MachineError` when the machine is lost.
        """

    def type(self, data: bytes, *, echo: bool = False) -> None:
        """Type ``data``, after putting the terminal's modes back to what they were at the start.

        With ``echo``, it shows what is typed, from this on until a program turns that off.
        """

    def modes(self) -> tuple[bool, bool]:
        """Whether input is taken by whole lines, and whether the terminal shows what is typed.

        What was printed before can be read at once afterwards.
        """

    def control(self, data: bytes, *, below: bool = False) -> None:
        """Type ``data`` (control characters) with the modes as they are; drop what was not typed yet.

        With ``below``, it is only typed for programs: not when the shell itself is in the foreground.
        """

    def kill(self, number: int) -> None:
        """Send a signal to the terminal's foreground process group, unless that is the shell's own."""

    def kill_all(self) -> None:
        """Kill the shell, and all that is left in its session, with SIGKILL."""

    def standing(self) -> Standing:
        """How the shell stands; what was printed before can be read at once afterwards."""

    def reader(self) -> Reader:
        """The program below the shell, or the shell, that waits for what a person types.

        None when that cannot be told, or when what was typed has not been read yet. One that also waits for
        something else, or for some time only, is not meant.
        """

    def close(self) -> None:
        """Give the terminal back; the shell on it is hung up."""


class Processes(Protocol):
    """How one looks at the processes of the machine that a shell runs on (proc(5)); raises `OSError`."""

    def read(self, name: str) -> str:
        """What the file /proc/NAME says."""

    def link(self, name: str) -> str:
        """Where the link /proc/NAME leads."""


class _OurProcesses:
    def read(self, name: str) -> str:
        """See `Processes.read`."""
        return Path("/proc", name).read_text(encoding="utf-8", errors="replace")

    def link(self, name: str) -> str:
        """See `Processes.link`."""
        return str(Path("/proc", name).readlink())


_SIGNALS = frozenset({signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGALRM})


@contextmanager
def undisturbed() -> Iterator[None]:
    """Hold back the signals that interrupt us: between two lines of the block no ^C may come.

    What was sent and not yet taken off a buffer would be sent twice, what was received and not yet
    kept would be lost. Waiting is done outside of such blocks.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


_FILES = ("{pid}/syscall", "{pid}/task/{pid}/children", "{reaper}/task/{reaper}/children")


class LocalTerminal:
    """Two pseudo-terminals of this machine and a shell on them, leader of a session of its own.

    The shell starts with its three descriptors on the first terminal, so that it has job control.
    ``command`` is told the descriptor of the second one, where its standard error belongs, and
    gives the argument list. The shell dies with this process, however that ends.
    """

    _processes: Processes = _OurProcesses()

    def __init__(self, command: Callable[[int], Sequence[str]], *, env: Mapping[str, str], cwd: Path) -> None:
        opened: list[int] = []
        try:
            out, slave = _terminal(opened)
            err, err_slave = _terminal(opened)
            # setpriv and setsid become the shell: one process, no code of ours after the fork.
            process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", *_heard(), "setsid", "--ctty", *command(err_slave)],
                stdin=slave, stdout=slave, stderr=slave, pass_fds=(err_slave,),
                env=dict(env), cwd=cwd, umask=0o022,
            )  # fmt: skip
            os.close(err_slave)
            opened.remove(err_slave)
            pidfd = os.pidfd_open(process.pid)
            _keep_from_dumping(process.pid)
        except OSError as error:
            for descriptor in opened:
                os.close(descriptor)
            raise MachineError(f"no shell could be started: {error.strerror or error}") from error
        self._hold(out, slave, err, process.pid, pidfd, process.wait)

    def _hold(self, out: int, slave: int, err: int, pid: int, pidfd: int, wait: Callable[[], int]) -> None:
        """Take over the terminals and the shell: see `GivenTerminal`."""
        self.status: int | None = None
        self._typing = b""
        self._out, self._slave, self._err = out, slave, err
        self._pid, self._pidfd, self._wait_for_end = pid, pidfd, wait
        self._modes = fcntl.ioctl(err, termios.TCGETS, _MODES)  # those of both, and nobody's to change yet
        self._poll = select.poll()
        for descriptor in (self._err, self._out, self._pidfd):
            self._poll.register(descriptor, select.POLLIN)
        self._unread = select.poll()
        self._unread.register(self._slave, select.POLLIN)
        self._ours = self._processes is LocalTerminal._processes
        reaper = os.getpid() if self._ours else 1  # who becomes the parent of orphans: see `wordish.orphans`
        names = [name.format(pid=pid, reaper=reaper) for name in _FILES]
        # Files that are read often stay open.
        self._files = [_opened(f"/proc/{name}") if self._ours else name for name in names]

    def read(self, timeout: float | None) -> tuple[bytes, bytes]:
        """See `Terminal.read`."""
        if self.status is not None:
            raise EOFError
        ready = self._wait(timeout)
        out = err = b""
        if self._pidfd in ready:
            code = self._wait_for_end()
            out, err = _drain(self._out), _drain(self._err)
            self.status = code if code >= 0 else 128 - code
        elif self._err in ready:
            err = _take(self._err)
            out = _drain(self._out)
        elif self._out in ready:
            out = _take(self._out)
        return out, err

    def _wait(self, timeout: float | None) -> dict[int, int]:
        """The descriptors that have something to read, none when that takes too long; type meanwhile."""
        end = None if timeout is None else time.monotonic() + timeout
        while True:
            left = None if end is None else max(0.0, end - time.monotonic())
            ready = dict(self._poll.poll(None if left is None else left * 1000))
            if ready.get(self._out, 0) & select.POLLOUT:
                self._feed()
                if not self._typing:
                    self._poll.modify(self._out, select.POLLIN)
                ready[self._out] &= ~select.POLLOUT
            if ready.get(self._err) == select.POLLHUP:
                # Nobody has it open any more: the shell is about to end, which its descriptor will
                # tell in a moment, or it has closed its standard error and will never prompt again.
                self._poll.unregister(self._err)
                del ready[self._err]
            if any(ready.values()) or left == 0:
                return ready

    def type(self, data: bytes, *, echo: bool = False) -> None:
        """See `Terminal.type`."""
        # The modes as bytes: a look at them is a fifth of tcgetattr's, and each command pays for it.
        wanted = _with_echo(self._modes) if echo else self._modes
        with suppress(OSError):  # the shell may have ended, and hung up
            if fcntl.ioctl(self._slave, termios.TCGETS, _MODES) != wanted:
                fcntl.ioctl(self._slave, termios.TCSETS, wanted)
        self._typing += data
        self._feed()
        if self._typing:
            self._poll.modify(self._out, select.POLLIN | select.POLLOUT)

    def _feed(self) -> None:
        """Type what the terminal takes; after an interruption here, `control` drops the rest."""
        try:
            while self._typing:
                self._typing = self._typing[os.write(self._out, self._typing[:2048]) :]
        except OSError:
            pass

    def control(self, data: bytes, *, below: bool = False) -> None:
        """See `Terminal.control`."""
        self._typing = b""
        with suppress(OSError):
            if not (below and _leads_session(os.tcgetpgrp(self._out))):
                os.write(self._out, data)

    def modes(self) -> tuple[bool, bool]:
        """See `Terminal.modes`."""
        with suppress(OSError):
            return lines_and_echo(fcntl.ioctl(self._slave, termios.TCGETS, _MODES))
        return True, False

    def kill(self, number: int) -> None:
        """See `Terminal.kill`."""
        with suppress(OSError):
            group = os.tcgetpgrp(self._out)
            if group > 1 and not _leads_session(group):  # 0, our own group, stands for "none"
                os.killpg(group, number)

    def kill_all(self) -> None:
        """See `Terminal.kill_all`."""
        if not self._ours:
            with suppress(OSError):
                signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)
            return
        for pid in (entry.name for entry in os.scandir("/proc") if entry.name.isdigit()):
            with suppress(OSError):
                descriptor = os.pidfd_open(int(pid))  # the number may change hands, the descriptor cannot
                try:
                    if _stat(int(pid), self._processes)[3] == str(self._pid):
                        signal.pidfd_send_signal(descriptor, signal.SIGKILL)
                finally:
                    os.close(descriptor)

    def standing(self) -> Standing:
        """See `Terminal.standing`."""
        # To be asked for it makes the kernel hand over what was typed (n_tty_poll): nothing is on its way.
        unread = bool(self._typing or self._unread.poll(0))
        call = self._told(0)  # before the rest, so that what it has done before it came there is done below
        children, orphans = self._told(1).split(), self._told(2).split()
        if not children and len(orphans) < 2:
            return Standing(call, _NONE, unread)
        at_work: dict[int, bool] = {}
        for pid in map(int, children + orphans):
            with suppress(OSError):  # it has just ended
                state, parent, _, session, *_ = _stat(pid, self._processes)
                child = parent == str(self._pid)
                if child or (session == str(self._pid) and pid != self._pid):
                    at_work[pid] = (child and state == "Z") or _busy(pid, state, self._processes)
        return Standing(call, at_work, unread)

    def _told(self, number: int) -> bytes:
        """What one of the `_FILES` says; empty when that cannot be told."""
        file = self._files[number]
        if isinstance(file, int):
            return _told(file)
        try:
            return self._processes.read(file).encode()
        except OSError:
            return b""

    def reader(self) -> Reader:
        """See `Terminal.reader`."""
        with suppress(OSError):
            if not self._typing and not self._unread.poll(0):
                return _reader(self._pid, self._processes)
        return Reader()

    def close(self) -> None:
        """See `Terminal.close`."""
        if self.status is None:
            with suppress(PermissionError):  # another account's, after `exec sudo`: it is hung up below
                with suppress(ProcessLookupError):
                    signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)
                self._wait_for_end()
        files = [file for file in self._files if isinstance(file, int)]
        for descriptor in (self._out, self._err, self._slave, self._pidfd, *files):
            if descriptor >= 0:
                os.close(descriptor)


class GivenTerminal(LocalTerminal):
    """Two pseudo-terminals of this machine, and a shell on them that somebody else started.

    ``out`` and ``err`` are the masters, which do not block; ``slave`` is the first one's other side.
    ``pid`` is the shell's number in ``processes``; ``pidfd`` is the shell's, or that of who ends with it;
    ``wait`` gives its exit status, -N when signal N ended it.
    """

    def __init__(
        self,
        *,
        out: int,
        slave: int,
        err: int,
        pid: int,
        pidfd: int,
        processes: Processes,
        wait: Callable[[], int],
    ) -> None:
        self._processes = processes
        self._hold(out, slave, err, pid, pidfd, wait)


# The system calls that read and that wait for one descriptor, by number (arch/*/entry/syscalls).
_READ = {"x86_64": "0", "aarch64": "63"}.get(os.uname().machine, "")
_SELECT = {"x86_64": ("23", "270"), "aarch64": ("72",)}.get(os.uname().machine, ())


def _reader(shell: int, processes: Processes) -> Reader:
    """The first process, of the shell and those below it, that waits for input of the shell's terminal.

    Not of another one: there it is a program that types.
    """
    terminal = _stat(shell, processes)[4]
    waiting = [shell]
    while waiting:
        pid = waiting.pop()
        with suppress(OSError):  # it ends meanwhile, or is another user's
            waiting += map(int, processes.read(f"{pid}/task/{pid}/children").split())
            if _reads(pid, terminal, processes):
                return Reader(processes.read(f"{pid}/comm").strip(), pid, inner=pid != shell)
    return Reader()


def _reads(pid: int, terminal: str, processes: Processes) -> bool:
    """Whether a process, in the foreground of this terminal, does nothing but wait for its input."""
    call = processes.read(f"{pid}/syscall").split()
    if call[0] == _READ:
        descriptor = int(call[1], 16)
    elif call[0] in _SELECT and (call[1], call[5]) == ("0x1", "0x0"):  # descriptor 0 alone, for ever
        descriptor = 0
    else:
        return False
    if not processes.link(f"{pid}/fd/{descriptor}").startswith(("/dev/pts/", "/dev/tty")):
        return False
    _, _, group, _, own, foreground, *_ = _stat(pid, processes)
    return group == foreground and own == terminal


def _leads_session(pid: int) -> bool:
    try:
        return os.getsid(pid) == pid
    except OSError:  # it has ended, and others of its group have not
        return False


def _stat(pid: int, processes: Processes) -> list[str]:
    """State, parent, process group, session, terminal, its foreground group... (proc(5), /proc/PID/stat)."""
    return processes.read(f"{pid}/stat").rpartition(")")[2].split()


def _heard() -> list[str]:
    """What lets the shell hear the signals of a terminal that we were started deaf to.

    A job in the background of a script, and what nohup starts, ignores them, and so would whatever
    it starts, for ever.
    """
    deaf = any(signal.getsignal(number) is signal.SIG_IGN for number in _OF_TERMINALS)
    return ["env", "--default-signal"] if deaf else []


_OF_TERMINALS = (
    signal.SIGINT, signal.SIGQUIT, signal.SIGHUP, signal.SIGTERM,
    signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU, signal.SIGCHLD,
)  # fmt: skip


def _terminal(opened: list[int]) -> tuple[int, int]:
    """A pseudo-terminal without echo and output processing: master, which does not block, and slave."""
    master, slave = os.openpty()
    opened += (master, slave)
    os.set_blocking(master, False)
    modes = termios.tcgetattr(slave)
    modes[1] &= ~termios.OPOST
    modes[3] &= ~termios.ECHO
    termios.tcsetattr(slave, termios.TCSANOW, modes)
    termios.tcsetwinsize(slave, (ROWS, COLUMNS))
    return master, slave


def lines_and_echo(modes: bytes) -> tuple[bool, bool]:
    """Of a struct termios: whether it is in canonical mode, and whether it echoes."""
    (local,) = _LOCAL.unpack_from(modes, 3 * _LOCAL.size)
    return bool(local & termios.ICANON), bool(local & termios.ECHO)


def _with_echo(modes: bytes) -> bytes:
    """A struct termios that echoes."""
    (local,) = _LOCAL.unpack_from(modes, 3 * _LOCAL.size)
    return modes[: 3 * _LOCAL.size] + _LOCAL.pack(local | termios.ECHO) + modes[4 * _LOCAL.size :]


_LOCAL = struct.Struct("=I")  # a word of modes; the fourth is c_lflag (asm-generic/termbits.h)


def _take(descriptor: int) -> bytes:
    """What can be read now, at most a chunk: "" when there is nothing."""
    try:
        return os.read(descriptor, CHUNK)
    except OSError:  # nothing there, or nobody has the other side open any more
        return b""


def _drain(descriptor: int) -> bytes:
    """Everything that was written before now, and perhaps a little of what is written meanwhile."""
    chunks = []
    left = _HELD  # a program that never stops writing must not keep us here
    while left > 0 and (chunk := _take(descriptor)):
        chunks.append(chunk)
        left -= len(chunk)
    return b"".join(chunks)


def _opened(path: str) -> int:
    """A descriptor to read a file of /proc with, -1 on a kernel that has none."""
    try:
        return os.open(path, os.O_RDONLY)
    except OSError:
        return -1


def _told(descriptor: int) -> bytes:
    """What a file of /proc says now; nothing on a kernel that does not tell, or not us."""
    try:
        return os.pread(descriptor, CHUNK, 0)
    except OSError:
        return b""


def _busy(pid: int, state: str, processes: Processes) -> bool:
    """Whether a process in this state, or any that it started, is at work."""
    if state in ("R", "D"):  # running or about to, waiting for a disk
        return True
    with suppress(OSError):  # it has just ended
        for child in map(int, processes.read(f"{pid}/task/{pid}/children").split()):
            with suppress(OSError):
                if _busy(child, _stat(child, processes)[0], processes):
                    return True
    return False


def _keep_from_dumping(pid: int) -> None:
    """Have the kernel write no core, nor hand one to a collector, which 0 would allow (core(5))."""
    import resource

    with suppress(OSError, ValueError):  # it has just ended
        hard = resource.prlimit(pid, resource.RLIMIT_CORE)[1]
        resource.prlimit(pid, resource.RLIMIT_CORE, (1 if hard else 0, hard))
