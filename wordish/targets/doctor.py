"""Which of the targets that are taken on request only can be had here, and what brings the others."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator

from wordish.errors import MachineError
from wordish.machine.doctor import Finding
from wordish.machine.tools import SSH, require
from wordish.targets import container, sandbox

_SECONDS = 20.0


def findings() -> Iterator[Finding]:
    """Look for what each of these targets needs."""
    yield _finding("sandbox", _sandbox)
    yield _finding("container", _container)
    yield _finding("ssh", _ssh)


def _finding(name: str, look: Callable[[], str]) -> Finding:
    try:
        return Finding(name=name, found=True, detail=look(), needed=False)
    except MachineError as error:
        return Finding(name=name, found=False, detail=error.what, install_hint=error.hint, needed=False)


def _sandbox() -> str:
    first, _ = sandbox.subordinate_ids()
    return "this user may have one, with subordinate users" if first else "root may have one"


def _container() -> str:
    program = container.installed()
    try:
        done = subprocess.run(
            [program, "info"], stdin=subprocess.DEVNULL, capture_output=True, timeout=_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        raise MachineError(f"{program} does not answer", hint=f"try `{program} info`") from None
    if done.returncode:
        raise MachineError(f"{program} is installed and does not work", hint=f"try `{program} info`")
    return f"{program} runs them ({shutil.which(program)})"


def _ssh() -> str:
    require(SSH)
    return f"{SSH.purpose} ({shutil.which(SSH.program)})"
