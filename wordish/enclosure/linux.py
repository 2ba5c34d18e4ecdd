"""What Python's library lacks of Linux: namespaces, mounts, and a few words to the kernel."""

from __future__ import annotations

import ctypes
import fcntl
import os
import signal
import socket
import struct

# linux/sched.h
NEWNS, NEWCGROUP, NEWUTS, NEWIPC = 0x20000, 0x2000000, 0x4000000, 0x8000000
NEWUSER, NEWPID, NEWNET = 0x10000000, 0x20000000, 0x40000000
# linux/mount.h
RDONLY, NOSUID, NODEV, NOEXEC, REMOUNT = 1, 2, 4, 8, 32
BIND, REC, PRIVATE = 0x1000, 0x4000, 0x40000
_DETACH = 2
# linux/prctl.h, linux/keyctl.h
_SET_PDEATHSIG, _SET_DUMPABLE, _JOIN_SESSION_KEYRING = 1, 4, 1
_PIVOT_ROOT, _KEYCTL = {"x86_64": (155, 250), "aarch64": (41, 219)}.get(os.uname().machine, (0, 0))

# linux/sockios.h, linux/if.h
_SIOCGIFFLAGS, _SIOCSIFFLAGS, _IFF_UP = 0x8913, 0x8914, 1

_LIBC = ctypes.CDLL(None, use_errno=True)


class CannotError(Exception):
    """What cannot be done, and why."""


def die_with_parent() -> None:
    """Be killed when the parent ends; to be said again after each change of user or namespace."""
    _call("prctl", _SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def hide_memory() -> None:
    """Keep our memory, and what /proc/PID/exe leads to, from every process without rights over us."""
    _call("prctl", _SET_DUMPABLE, 0, 0, 0, 0)


def leave_keys() -> None:
    """Get an empty session keyring: the caller's keys are not for what we start (session-keyring(7))."""
    _syscall("keyctl", _KEYCTL, _JOIN_SESSION_KEYRING, None)


def unshare(flags: int) -> None:
    """Move to new namespaces. Raises `CannotError`."""
    try:
        _call("unshare", flags)
    except OSError as error:
        raise CannotError(f"no namespaces for this user: {error.strerror}") from error


def mount(what: str | None, where: str, kind: str | None = None, flags: int = 0, options: str = "") -> None:
    """Mount, as mount(2) does. Raises `CannotError`."""
    words = [None if word is None else os.fsencode(word) for word in (what, where, kind)]
    try:
        _call("mount", *words, ctypes.c_ulong(flags), options.encode())
    except OSError as error:
        raise CannotError(f"{kind or what} cannot be mounted at {where}: {error.strerror}") from error


def move_to(root: str) -> None:
    """Make a mounted directory the root directory, and leave the old one for good."""
    os.chdir(root)
    _syscall("pivot_root", _PIVOT_ROOT, b".", b".")  # pivot_root(2), 'pivot_root(".", ".")'
    _call("umount2", b".", _DETACH)
    os.chdir("/")


def raise_loopback() -> None:
    """Let the network namespace reach itself (netdevice(7))."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        told = fcntl.ioctl(sock, _SIOCGIFFLAGS, struct.pack("16sH22x", b"lo", 0))
        (flags,) = struct.unpack_from("H", told, 16)
        fcntl.ioctl(sock, _SIOCSIFFLAGS, struct.pack("16sH22x", b"lo", flags | _IFF_UP))


def read(path: str) -> list[str]:
    """The lines of a file."""
    with open(path, encoding="utf-8", errors="surrogateescape") as file:
        return file.read().splitlines()


def write(path: str, text: str, flags: int = 0) -> None:
    """Write to a file, in one go."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | flags, 0o644)
    try:
        os.write(descriptor, text.encode())
    finally:
        os.close(descriptor)


def _syscall(name: str, number: int, *arguments: object) -> None:
    if not number:
        raise CannotError(f"{name} has no known number on {os.uname().machine}")
    _call("syscall", number, *arguments)


def _call(name: str, *arguments: object) -> None:
    if getattr(_LIBC, name)(*arguments) < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), name)
