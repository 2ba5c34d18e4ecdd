"""What a throwaway machine needs, what of it is here, and what installs the rest."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import NamedTuple

from wordish import cachedir
from wordish.machine import accelerator, image, qemu, tools

_ROOM = 1_000_000_000  # bytes: an image while it is built, its template, and some room


class Finding(NamedTuple):
    """One thing that was looked for; ``install_hint`` is a command, "" where none helps.

    ``needed``: without it something that wordish does by itself cannot be done.
    """

    name: str
    found: bool
    detail: str
    install_hint: str = ""
    needed: bool = True


def findings() -> Iterator[Finding]:
    """Look for everything, in the order in which it is needed."""
    for tool in dict.fromkeys((tools.QEMU, *tools.BUILDERS)):
        path = shutil.which(tool.program)
        yield Finding(
            name=tool.program, found=path is not None, detail=f"{tool.purpose}{f' ({path})' if path else ''}",
            install_hint=tools.install_command(tool),
        )  # fmt: skip
    lacking = tools.lacking_subordinates()
    yield Finding(
        name="subordinate users", found=not lacking, detail=lacking or "machines can be built",
        install_hint=tools.add_subordinates_command(),
    )  # fmt: skip
    if shutil.which(tools.QEMU.program):
        accel, why = accelerator.choose(tools.QEMU.program, qemu.version())
        speed = "hardware virtualisation" if accel == "kvm" else "emulation, slower but the same"
        yield Finding(name="accelerator", found=True, detail=f"{speed}: {why}")
    yield _room()
    built = ", ".join(f"{machine.name} ({machine.size / 1e6:.0f} MB)" for machine in image.listing())
    yield Finding(name="machines", found=True, detail=built or "none is built; check builds what it needs")


def _room() -> Finding:
    directory = cachedir.root()
    try:
        directory.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(directory).free
    except OSError as error:
        return Finding(
            name="cache", found=False, detail=f"{directory} cannot be made: {error.strerror}",
            install_hint="set WORDISH_CACHE_DIR to a directory of yours",
        )  # fmt: skip
    return Finding(
        name="cache", found=free > _ROOM, detail=f"{directory}, {free / 1e9:.0f} GB free",
        install_hint="make room there, or set WORDISH_CACHE_DIR to another disk",
    )  # fmt: skip
