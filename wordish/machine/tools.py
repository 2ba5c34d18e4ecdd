"""The programs of this system that a machine needs, and how to get those that are missing."""

from __future__ import annotations

import os
import pwd
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from wordish.errors import MissingToolError


class Tool(NamedTuple):
    """A program, the Debian package that brings it, and what it is for."""

    program: str
    package: str
    purpose: str


QEMU = Tool("qemu-system-x86_64", "qemu-system-x86", "runs the throwaway machine")
MMDEBSTRAP = Tool("mmdebstrap", "mmdebstrap", "builds a machine's system from Debian packages")
NEWUIDMAP = Tool("newuidmap", "uidmap", "lets mmdebstrap work without root")
TAR2SQFS = Tool("tar2sqfs", "squashfs-tools-ng", "makes the system's read-only image")
FUSE_OVERLAYFS = Tool(
    "fuse-overlayfs", "fuse-overlayfs", "lays a sandbox over this machine's files without root"
)
PODMAN = Tool("podman", "podman", "runs containers")
DOCKER = Tool("docker", "docker.io", "runs containers")
SSH = Tool("ssh", "openssh-client", "reaches other machines")
BUILDERS = (MMDEBSTRAP, TAR2SQFS, *(() if os.geteuid() == 0 else (NEWUIDMAP,)))


def require(*tools: Tool) -> None:
    """Raise `MissingToolError` naming every one of ``tools`` that is not installed."""
    missing = [tool for tool in tools if shutil.which(tool.program) is None]
    if missing:
        names = ", ".join(f"{tool.program} ({tool.purpose})" for tool in missing)
        raise MissingToolError(f"not installed: {names}", hint=install_command(*missing))


def install_command(*tools: Tool) -> str:
    """The command that installs ``tools`` on a Debian system."""
    return "sudo apt-get install --no-install-recommends " + " ".join(tool.package for tool in tools)


def lacking_subordinates() -> str:
    """Why mmdebstrap cannot work without root for this user, "" when it can (subuid(5))."""
    if os.geteuid() == 0:
        return ""
    for file in _SUBORDINATES:
        if not any(_extents(file)):
            return (
                f"user {_account()} has no subordinate users in {file}, "
                "without which only root can build a machine"
            )
    return ""


def subordinates(many: int) -> tuple[int, int] | None:
    """The first of this user's subordinate user and group ids, ``None`` when there are not so ``many``."""
    uid, gid = (next((first for first, size in _extents(file) if size >= many), 0) for file in _SUBORDINATES)
    return (uid, gid) if uid and gid else None


_SUBORDINATES = ("/etc/subuid", "/etc/subgid")


def _extents(file: str) -> Iterator[tuple[int, int]]:
    """This user's subordinate ids: the first, and how many."""
    with suppress(OSError, ValueError):
        for line in Path(file).read_text("utf-8").splitlines():
            owner, _, numbers = line.partition(":")
            if owner in (_account(), str(os.getuid())):
                first, _, many = numbers.partition(":")
                yield int(first), int(many)


def add_subordinates_command() -> str:
    """The command that gives this user subordinate users."""
    return f"sudo usermod --add-subuids 100000-165535 --add-subgids 100000-165535 {_account()}"


def _account() -> str:
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # `docker run --user 1234` and the like
        return str(os.getuid())
