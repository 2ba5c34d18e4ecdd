"""The init of a sandbox: moves in, closes the door behind, and starts the shells."""

from __future__ import annotations

import fcntl
import os
import resource
import select
import signal
import socket
import struct
import termios

from wordish.enclosure import ERROR, START_UP, layer, linux
from wordish.enclosure.layer import NOBODY, ROOT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import NoReturn

ROWS, COLUMNS = 24, 80
_TIOCSPTLCK, _TIOCGPTPEER = 0x40045431, 0x5441  # asm-generic/ioctls.h
_DEVICES = ("null", "zero", "full", "random", "urandom", "tty")
_MASKED = ("keys", "key-users", "kcore", "kmsg", "timer_list")  # of /proc: not about the sandbox
_LINKS = (
    ("ptmx", "pts/ptmx"),
    ("fd", "/proc/self/fd"),
    ("stdin", "/proc/self/fd/0"),
    ("stdout", "/proc/self/fd/1"),
    ("stderr", "/proc/self/fd/2"),
)


class _Account:
    def __init__(self, uid: int, gid: int, home: str, path: str) -> None:
        self.uid, self.gid, self.home, self.path = uid, gid, home, path


def live(sock: socket.socket, tell: int, go_on: int) -> NoReturn:
    """Be the init. ``tell`` says that the user namespace waits for its ids, ``go_on`` that it has them."""
    linux.unshare(linux.NEWNS)
    _mount_what_the_kernel_says()
    linux.move_to(ROOT)
    os.umask(0o022)
    accounts = _accounts()
    linux.unshare(linux.NEWUSER)
    os.write(tell, b"x")
    os.close(tell)
    if not os.read(go_on, 1):
        raise linux.CannotError("the user namespace gets no ids")
    os.close(go_on)
    linux.unshare(linux.NEWNS | linux.NEWUTS | linux.NEWCGROUP)
    linux.die_with_parent()
    linux.hide_memory()
    null = os.open("/dev/null", os.O_RDWR)
    for number in range(3):
        os.dup2(null, number)
    _serve(sock, accounts)


def _mount_what_the_kernel_says() -> None:
    """Mount /proc and /sys, of these namespaces and never to be written, and a /dev without devices."""
    unwritten = linux.RDONLY | linux.NOSUID | linux.NODEV | linux.NOEXEC
    linux.mount("proc", f"{ROOT}/proc", "proc", unwritten)
    linux.mount("sysfs", f"{ROOT}/sys", "sysfs", unwritten)
    linux.mount("dev", f"{ROOT}/dev", "tmpfs", linux.NOSUID, "size=64k,mode=755")
    for name in _DEVICES:
        linux.write(f"{ROOT}/dev/{name}", "")
        linux.mount(f"/dev/{name}", f"{ROOT}/dev/{name}", flags=linux.BIND)
    for name in _MASKED:
        if os.path.exists(f"{ROOT}/proc/{name}"):
            linux.mount("/dev/null", f"{ROOT}/proc/{name}", flags=linux.BIND)
    for name in ("pts", "shm"):
        os.mkdir(f"{ROOT}/dev/{name}")
    terminals = "newinstance,ptmxmode=666,mode=620,gid=5"
    linux.mount("devpts", f"{ROOT}/dev/pts", "devpts", linux.NOSUID | linux.NOEXEC, terminals)
    linux.mount(layer.folder("/dev/shm", 0o1777), f"{ROOT}/dev/shm", flags=linux.BIND)  # noqa: S108
    for name, target in _LINKS:
        os.symlink(target, f"{ROOT}/dev/{name}")


def _accounts() -> dict[str, _Account]:
    """Root, and ``user``, who is made when the machine has no such account, and has a home of its own."""
    people = [line.split(":") for line in linux.read("/etc/passwd")]
    groups = [line.split(":") for line in linux.read("/etc/group")]
    known = {person[0]: person for person in people if len(person) == 7}  # passwd(5)
    if "user" in known:
        uid, gid, home = int(known["user"][2]), int(known["user"][3]), known["user"][5]
    else:
        taken = {entry[2] for entry in (*people, *groups) if len(entry) > 2}
        uid = gid = next(number for number in range(1000, NOBODY) if str(number) not in taken)
        home = "/home/user"
        linux.write("/etc/passwd", f"user:x:{uid}:{gid}::{home}:/bin/bash\n", os.O_APPEND)
        linux.write("/etc/group", f"user:x:{gid}:\n", os.O_APPEND)
    os.makedirs(home, exist_ok=True)
    os.chown(home, uid, gid)
    system = "/usr/local/bin:/usr/bin:/bin"
    everything = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    return {
        "root": _Account(0, 0, known["root"][5] if "root" in known else "/root", everything),
        "user": _Account(uid, gid, home, f"{system}:/usr/local/games:/usr/games"),
    }


def _serve(sock: socket.socket, accounts: Mapping[str, _Account]) -> NoReturn:
    """Start the shells that are asked for, tell of their end, and see to it that no zombie stays."""
    woken, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    processes = os.open("/proc", os.O_PATH)  # whatever is mounted there later
    shells: set[int] = set()
    say(sock, "ready")
    poll = select.poll()
    poll.register(sock, select.POLLIN)
    poll.register(woken, select.POLLIN)
    while True:
        for ready, _ in poll.poll():
            if ready == woken:
                os.read(woken, 4096)
                for pid, status in iter(_reaped, None):
                    if pid in shells:
                        shells.remove(pid)
                        say(sock, "ended", pid, status)
                continue
            data, descriptors, _, _ = socket.recv_fds(sock, 65536, 1)
            if not data:
                os._exit(0)
            order, *words = data.decode().split("\0")
            if order in ("read", "link"):
                say(sock, "told", *_told(processes, order, words[0]))
                continue
            try:
                pid, passed = _shell(words[0], accounts[words[0]], words[1:], descriptors[0])
            except OSError as error:
                say(sock, "error", error)
                continue
            finally:
                os.close(descriptors[0])
            shells.add(pid)
            socket.send_fds(sock, [f"started\0{pid}".encode()], passed)
            for descriptor in passed:
                os.close(descriptor)


def _told(processes: int, order: str, name: str) -> list[object]:
    """What a file of /proc says, or where a link there leads, which others than root may not see."""
    try:
        if order == "link":
            return [0, os.readlink(name, dir_fd=processes)]
        file = os.open(name, os.O_RDONLY | os.O_NONBLOCK, dir_fd=processes)
        try:
            return [0, os.read(file, 4096).decode(errors="replace")]
        finally:
            os.close(file)
    except OSError as error:
        return [error.errno, error.strerror]


def _reaped() -> tuple[int, int] | None:
    try:
        pid, status = os.waitpid(-1, os.WNOHANG)
    except ChildProcessError:
        return None
    return (pid, status) if pid else None


def _shell(name: str, account: _Account, command: Sequence[str], start_up: int) -> tuple[int, list[int]]:
    """Start a shell on two new terminals: its process id, and the descriptors for who asked."""
    out, slave = _terminal(account)
    err, err_slave = _terminal(account)
    pid = os.fork()
    if pid == 0:
        try:
            _be_shell(name, account, command, slave, {START_UP: start_up, ERROR: err_slave})
        finally:
            os._exit(127)
    os.close(err_slave)
    return pid, [out, slave, err, os.pidfd_open(pid)]


def _be_shell(
    name: str, account: _Account, command: Sequence[str], terminal: int, given: Mapping[int, int]
) -> None:
    for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
        signal.signal(number, signal.SIG_DFL)
    os.setsid()
    fcntl.ioctl(terminal, termios.TIOCSCTTY, 0)
    high = {number: fcntl.fcntl(given[number], fcntl.F_DUPFD, 20) for number in given}
    for standard in range(3):
        os.dup2(terminal, standard)
    for wanted, descriptor in high.items():
        os.dup2(descriptor, wanted)
    os.closerange(3, min(given))
    os.closerange(max(given) + 1, 1024)
    resource.setrlimit(resource.RLIMIT_CORE, (1, 1))  # 1: not even to the host's collector (core(5))
    os.setgroups([account.gid])
    os.setgid(account.gid)
    os.setuid(account.uid)
    os.chdir(account.home)
    os.environ.pop("LD_LIBRARY_PATH", None)  # this interpreter's own
    environment = {
        **os.environ, "HOME": account.home, "LOGNAME": name, "USER": name,
        "PATH": account.path, "SHELL": "/bin/bash",
    }  # fmt: skip
    os.execve("/bin/bash", list(command), environment)


def _terminal(account: _Account) -> tuple[int, int]:
    """A pseudo-terminal without echo and output processing, the account's own: master and slave."""
    master = os.open("/dev/pts/ptmx", os.O_RDWR | os.O_NOCTTY)
    fcntl.ioctl(master, _TIOCSPTLCK, struct.pack("i", 0))
    slave = fcntl.ioctl(master, _TIOCGPTPEER, os.O_RDWR | os.O_NOCTTY)
    os.fchown(slave, account.uid, -1)
    modes = termios.tcgetattr(slave)  # as wordish.terminal does it
    modes[1] &= ~termios.OPOST
    modes[3] &= ~termios.ECHO
    termios.tcsetattr(slave, termios.TCSANOW, modes)
    termios.tcsetwinsize(slave, (ROWS, COLUMNS))
    return master, slave


def say(sock: socket.socket, *words: object) -> None:
    """Send a packet: words, parted by NUL."""
    sock.send("\0".join(map(str, words)).encode(errors="replace"))
