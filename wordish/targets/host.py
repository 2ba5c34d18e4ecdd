"""This machine, this user: in a temporary directory, with a scrubbed environment, removed afterwards."""

from __future__ import annotations

import os
import pwd
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from functools import cache
from pathlib import Path

from wordish.errors import MachineError
from wordish.model import Machine, Target, User
from wordish.orphans import orphans_ended
from wordish.rundir import rundir
from wordish.shell import ENVIRONMENT, Shell, arguments, new_mark, startup
from wordish.terminal import LocalTerminal

DISPOSABLE = False

_START_SECONDS = 10.0


@contextmanager
def reach(
    target: Target, *, machines: Mapping[str, Machine], say: Callable[[str], None]
) -> Iterator[HostPlace]:
    """See `wordish.targets.Reach`."""
    del machines
    with (
        rundir(contained=True) as directory,
        orphans_ended(say=say) as adopt,
        ExitStack() as open_shells,
    ):
        yield HostPlace(directory, open_shells, adopt, as_root=target.as_root)


class HostPlace:
    """A home directory of its own on this machine."""

    def __init__(
        self, directory: Path, open_shells: ExitStack, adopt: Callable[[], None], *, as_root: bool
    ) -> None:
        self._directory = directory
        self._open_shells = open_shells
        self._adopt = adopt
        self._as_root = as_root
        self._shell: Shell | None = None

    @property
    def environment(self) -> Mapping[str, str]:
        """See `wordish.targets.Place`."""
        return {"distribution": distribution(), "kernel": os.uname().release}

    def shell(self, user: User) -> Shell:
        """See `wordish.targets.Place`. There is one account here, so one shell for both prompts."""
        if user == "root" and not self._as_root:
            raise MachineError(
                "a root prompt may not run on this machine", hint="use --on vm, or --on host --as-root"
            )
        if user == "root" and os.geteuid() != 0:
            raise MachineError("a root prompt needs root", hint="run wordish as root, or use --on vm")
        if self._shell is None or self._shell.ended:
            self._shell = self._open()
        return self._shell

    def _open(self) -> Shell:
        home = self._directory / "home"
        temporary = self._directory / "tmp"
        for made in (home, temporary):
            made.mkdir(mode=0o700, exist_ok=True)
        mark = new_mark()
        start = self._directory / "bashrc"

        def command(error: int) -> list[str]:
            start.write_text(startup(mark, error=error), encoding="ascii")
            return arguments(str(start))

        terminal = LocalTerminal(command, env=_scrubbed(home, temporary), cwd=home)
        self._open_shells.callback(terminal.close)
        self._adopt()  # while the shell starts
        shell = Shell(terminal, mark)
        shell.wait(timeout=_START_SECONDS)
        start.unlink()
        return shell


def _scrubbed(home: Path, temporary: Path) -> dict[str, str]:
    """The environment of the article: nothing of the caller's but PATH and the account."""
    try:
        account = pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # a user without an account, as in many containers
        account = str(os.getuid())
    return {
        **ENVIRONMENT,
        "HOME": str(home),
        "LOGNAME": account,
        "PATH": os.environ.get("PATH", os.defpath),
        "SHELL": "/bin/bash",
        "TMPDIR": str(temporary),
        "USER": account,
    }


@cache
def distribution() -> str:
    """The name and version of this machine's system, as it calls itself."""
    for path in ("/etc/os-release", "/usr/lib/os-release"):  # os-release(5)
        with suppress(OSError):
            release = Path(path).read_text(encoding="utf-8", errors="replace")
            if found := re.search(r"""^PRETTY_NAME=(["']?)(.+)\1$""", release, re.MULTILINE):
                return found[2]
    return os.uname().sysname
