"""Which programs a machine has, read from its image: nothing is booted."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping
from typing import Final

from wordish.machine import image
from wordish.machine.tools import TAR2SQFS, install_command
from wordish.model import Machine, User

# What guest/agent.pl gives the accounts as PATH.
PATHS: Final[Mapping[User, str]] = {
    "root": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "user": "/usr/local/bin:/usr/bin:/bin:/usr/local/games:/usr/games",
}

# A line of `rdsquashfs --describe` (gensquashfs(1), PACK FILE FORMAT): kind, path, mode, owner, group.
_ENTRY: Final = re.compile(rb"^(file|slink) ([^\s\"]+)/([^\s\"/]+) 0?([0-7]{3,4}) ", re.MULTILINE)


def programs(machine: Machine) -> Mapping[User, frozenset[str]] | str:
    """The names of the programs that each account finds, or, in one line, why that cannot be told."""
    system = image.path_of(machine) / "root.sqfs"
    if not system.exists():
        return f"the machine {machine.name} is not built: `wordish machine build {machine.name}`"
    try:
        told = subprocess.run(["rdsquashfs", "--describe", system], capture_output=True, check=False)
    except FileNotFoundError:
        return f"rdsquashfs is not installed: {install_command(TAR2SQFS)}"
    found: dict[str, set[str]] = {}
    for kind, folder, name, mode in _ENTRY.findall(told.stdout):
        if kind == b"slink" or int(mode, 8) & 0o111:
            found.setdefault("/" + folder.decode(errors="replace"), set()).add(name.decode(errors="replace"))
    if told.returncode or "bash" not in found.get("/usr/bin", found.get("/bin", ())):
        return f"the image of the machine {machine.name} cannot be read: `wordish machine build --again`"
    return {
        user: frozenset().union(*(found.get(folder, ()) for folder in path.split(":")))
        for user, path in PATHS.items()
    }
