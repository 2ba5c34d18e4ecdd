"""The programs of this system that a machine needs, and how to get those that are missing."""

from __future__ import annotations

import shutil
from dataclasses import dataclass

from wordish.errors import MissingToolError


@dataclass(frozen=True, slots=True)
class Tool:
    """A program, the Debian package that brings it, and what it is for."""

    program: str
    package: str
    purpose: str


QEMU = Tool("qemu-system-x86_64", "qemu-system-x86", "runs the throwaway machine")
MMDEBSTRAP = Tool("mmdebstrap", "mmdebstrap", "builds a machine's system from Debian packages")
NEWUIDMAP = Tool("newuidmap", "uidmap", "lets mmdebstrap work without root")
TAR2SQFS = Tool("tar2sqfs", "squashfs-tools-ng", "makes the system's read-only image")
TOOLS = (QEMU, MMDEBSTRAP, NEWUIDMAP, TAR2SQFS)


def require(*tools: Tool) -> None:
    """Raise `MissingToolError` naming every one of ``tools`` that is not installed."""
    missing = [tool for tool in tools if shutil.which(tool.program) is None]
    if missing:
        names = ", ".join(f"{tool.program} ({tool.purpose})" for tool in missing)
        raise MissingToolError(f"not installed: {names}", hint=install_command(*missing))


def install_command(*tools: Tool) -> str:
    """The command that installs ``tools`` on a Debian system."""
    return "sudo apt-get install --no-install-recommends " + " ".join(tool.package for tool in tools)
