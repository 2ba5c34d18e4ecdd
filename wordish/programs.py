"""Which programs an article finds where it runs, told without running anything."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress

from wordish.model import Machine, Target, User

Programs = Mapping[User, frozenset[str]]
"""For each account, the names that its PATH leads to."""


def programs(target: Target, machines: Mapping[str, Machine]) -> Programs | str:
    """The programs of a target, or, in one line, why they cannot be told."""
    if target.kind == "vm" and target.machine in machines:
        from wordish.machine import programs as images  # who lints for this machine need not pay for it

        return images.programs(machines[target.machine])
    if target.kind == "host":
        here = frozenset().union(*map(_executables, os.environ.get("PATH", os.defpath).split(os.pathsep)))
        return {"root": here, "user": here}
    if target.kind == "sandbox":
        from wordish.machine.programs import PATHS

        return {user: frozenset().union(*map(_executables, path.split(":"))) for user, path in PATHS.items()}
    return f"what is on {target} is not known before it is reached"


def _executables(folder: str) -> set[str]:
    found: set[str] = set()
    with suppress(OSError):
        for entry in os.scandir(folder or "."):
            with suppress(OSError):
                if entry.is_file() and entry.stat().st_mode & 0o111:
                    found.add(entry.name)
    return found
