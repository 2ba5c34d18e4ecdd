"""This machine's own files under a layer that is thrown away, for root howtos that touch only files.

The article may change every file that it sees: what it writes goes to memory, and vanishes. It sees no
home directory, no temporary file of others, no running program or socket, no network and no disk. What
it does share with this machine is the kernel, which a virtual machine does not.
"""

from __future__ import annotations

import os
import pwd
import select
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from wordish.errors import MachineError
from wordish.machine.tools import (
    FUSE_OVERLAYFS,
    NEWUIDMAP,
    add_subordinates_command,
    require,
    subordinates,
)
from wordish.model import Machine, Target, User
from wordish.shell import ENVIRONMENT, Shell, arguments, new_mark, startup
from wordish.targets.host import distribution
from wordish.terminal import GivenTerminal, undisturbed

if TYPE_CHECKING:
    import socket

DISPOSABLE = True

_SIZE = 512  # MiB that an article may write, as in a virtual machine
_IDS = 65535  # root is this user; all others are subordinate
_ANSWER_SECONDS = 10.0
_END_SECONDS = 5.0

# Imported, so that Python keeps it compiled.
_PROGRAM = """\
import sys; sys.path.append(sys.argv[1])
from wordish.enclosure import keeper; keeper.main(sys.argv[2:])
"""

_HOMES = ("HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME")


@contextmanager
def reach(
    target: Target, *, machines: Mapping[str, Machine], say: Callable[[str], None]
) -> Iterator[SandboxPlace]:
    """See `wordish.targets.Reach`."""
    del target, machines, say
    with _enclosed() as enclosed, ExitStack() as open_shells:
        yield SandboxPlace(enclosed, open_shells)


class SandboxPlace:
    """This machine's files as the article leaves them: an account, and so a shell, for each prompt."""

    def __init__(self, enclosed: _Enclosed, open_shells: ExitStack) -> None:
        self._enclosed = enclosed
        self._open_shells = open_shells
        self._shells: dict[User, Shell] = {}

    @property
    def environment(self) -> Mapping[str, str]:
        """See `wordish.targets.Place`."""
        return {"distribution": distribution(), "kernel": os.uname().release}

    def shell(self, user: User) -> Shell:
        """See `wordish.targets.Place`."""
        if user not in self._shells or self._shells[user].ended:
            mark = new_mark()
            terminal = self._enclosed.start(user, mark)
            self._open_shells.callback(terminal.close)
            shell = Shell(terminal, mark)
            shell.wait(timeout=_ANSWER_SECONDS)
            self._shells[user] = shell
        return self._shells[user]


@contextmanager
def _enclosed() -> Iterator[_Enclosed]:
    """A sandbox that runs, for the length of the block; afterwards all in it is gone."""
    import socket  # those who need no sandbox do not pay for it

    first = subordinate_ids()
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours, theirs:
        ours.setblocking(False)
        process = subprocess.Popen(
            [
                "setpriv", "--pdeathsig", "KILL", sys.executable, "-I", "-S", "-c", _PROGRAM,
                str(Path(__file__).parents[2]), str(theirs.fileno()),
                str(_SIZE), *map(str, first), *_own_directories(),
            ],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, cwd="/", pass_fds=(theirs.fileno(),),
            env={**ENVIRONMENT, **_of_this_python()}, start_new_session=True,
        )  # fmt: skip
        try:
            theirs.close()
            enclosed = _Enclosed(ours)
            enclosed.hear("ready")
            yield enclosed
        finally:
            ours.close()
            _end(process)


def _of_this_python() -> dict[str, str]:
    """What this interpreter may need to start once more: where programs are, and its own libraries."""
    libraries = os.environ.get("LD_LIBRARY_PATH")
    path = {"PATH": os.environ.get("PATH", os.defpath)}
    return path if libraries is None else {**path, "LD_LIBRARY_PATH": libraries}


def subordinate_ids() -> tuple[int, int]:
    """The ids for the accounts of a sandbox. Raises `MachineError` when this user cannot have one."""
    if os.geteuid() == 0:
        return 0, 0
    require(FUSE_OVERLAYFS, NEWUIDMAP)
    if not os.access("/dev/fuse", os.R_OK | os.W_OK):
        raise MachineError(
            "/dev/fuse may not be opened by this user, so only root can have a sandbox here",
            hint="sudo modprobe fuse; sudo chmod 666 /dev/fuse",
        )
    found = subordinates(_IDS)
    if found is None:
        raise MachineError(
            f"a sandbox needs {_IDS} subordinate user and group ids", hint=add_subordinates_command()
        )
    return found


def _own_directories() -> list[str]:
    """This user's directories, which the article is not to see; those that are the system's stay."""
    named = [os.environ.get(name, "") for name in (*_HOMES, "TMPDIR", "WORDISH_CACHE_DIR")]
    with suppress(KeyError):
        named.append(pwd.getpwuid(os.getuid()).pw_dir)
    owned = []
    for path in dict.fromkeys(named):
        with suppress(OSError):
            if path.startswith("/") and Path(path).stat().st_uid == os.getuid():
                owned.append(path)
    return owned


def _end(process: subprocess.Popen[bytes]) -> None:
    """Wait for the sandbox's end, which the closed socket has brought about."""
    try:
        process.wait(_END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


class _Enclosed:
    """The other end of the socket to `wordish.enclosure`."""

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        self._ended: dict[int, int] = {}

    def start(self, account: str, mark: str) -> GivenTerminal:
        """Start a shell for ``account``. Raises `MachineError` when that is not possible."""

        from wordish import enclosure

        text = startup(mark, error=enclosure.ERROR) + f"exec {enclosure.START_UP}<&-\n"
        command = "\0".join(["start", account, *arguments(f"/dev/fd/{enclosure.START_UP}")])
        start_up = os.memfd_create("start-up")
        try:
            os.write(start_up, text.encode())
            os.lseek(start_up, 0, os.SEEK_SET)
            with undisturbed():  # an answer that nobody waits for any more would be the next one's
                self._say(command, start_up)
                (pid,), (out, slave, err, pidfd) = self.hear("started")
        finally:
            os.close(start_up)
        os.set_blocking(out, False)
        os.set_blocking(err, False)
        return GivenTerminal(
            out=out, slave=slave, err=err, pid=int(pid), pidfd=pidfd, processes=self,
            wait=lambda: self._wait(int(pid)),
        )  # fmt: skip

    def read(self, name: str) -> str:
        """See `wordish.terminal.Processes.read`."""
        return self._told("read", name)

    def link(self, name: str) -> str:
        """See `wordish.terminal.Processes.link`."""
        return self._told("link", name)

    def _told(self, order: str, name: str) -> str:
        with undisturbed():
            self._say(f"{order}\0{name}")
            number, said = self.hear("told")[0]
        if int(number):
            raise OSError(int(number), said, name)
        return said

    def _say(self, words: str, *descriptors: int) -> None:
        import socket

        try:
            socket.send_fds(self._socket, [words.encode()], descriptors)
        except OSError as error:
            raise MachineError(f"the sandbox is lost: {error.strerror}") from error

    def hear(self, wanted: str) -> tuple[list[str], list[int]]:
        """The next words of this kind. Raises `MachineError` when they do not come."""
        import socket

        while True:
            if not select.select([self._socket], [], [], _ANSWER_SECONDS)[0]:
                raise MachineError("the sandbox does not answer")
            with undisturbed():
                data, descriptors, _, _ = socket.recv_fds(self._socket, 65536, 4)
                kind, *words = data.decode(errors="replace").split("\0")
                if kind == "ended":
                    pid, status = map(int, words)
                    self._ended[pid] = status
            if kind == wanted:
                return words, descriptors
            if kind == "error":
                raise MachineError(f"no sandbox: {words[0]}", hint=_hint(words[0]))
            if not data:
                raise MachineError("the sandbox has ended")

    def _wait(self, pid: int) -> int:
        """The exit status of a shell that ends, -N when signal N ended it."""
        while pid not in self._ended:
            try:
                self.hear("ended")
            except MachineError:  # with all that was in it
                return -signal.SIGKILL
        return os.waitstatus_to_exitcode(self._ended[pid])


def _hint(reason: str) -> str:
    if "namespace" not in reason:
        return "use --on vm"
    return (
        "the kernel or a container around wordish forbids them (sysctl kernel.unprivileged_userns_clone, "
        "kernel.apparmor_restrict_unprivileged_userns): use --on vm"
    )
