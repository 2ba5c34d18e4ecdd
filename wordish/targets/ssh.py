"""Another machine, as the user's own ssh reaches it: a real one, where what an article does stays done.

As on this machine, the article gets a home and a temporary directory of its own, removed afterwards,
and a scrubbed environment, and all that it started is ended. One connection carries all its shells.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from wordish.errors import MachineError
from wordish.machine.tools import SSH, require
from wordish.model import Machine, Target, User
from wordish.rundir import rundir
from wordish.shell import Shell

if TYPE_CHECKING:
    from wordish.relay import Facts

DISPOSABLE = False

HOST = r"(?!-)[^\s/'\"$`;&|<>()\\]+|//[^\s/'\"$`;&|<>()\\]+/?"
"""A host as ssh takes it: ``[USER@]HOST``, a name of its configuration, or ``//[USER@]HOST[:PORT]``."""

_START_SECONDS = 30.0
# What the article, and we, must not depend on, whatever the user's configuration says: nobody is
# asked, nothing of this machine is lent to that one, and a connection that is lost is noticed.
_OPTIONS = (
    "BatchMode=yes", "ClearAllForwardings=yes", "ConnectTimeout=10", "ControlPath=connection",
    "ControlPersist=no", "ForwardAgent=no", "ForwardX11=no", "LogLevel=ERROR",
    "PermitLocalCommand=no", "RemoteCommand=none", "RequestTTY=no", "ServerAliveCountMax=3",
    "ServerAliveInterval=5", "Tunnel=no",
)  # fmt: skip


@contextmanager
def reach(
    target: Target, *, machines: Mapping[str, Machine], say: Callable[[str], None]
) -> Iterator[HostPlace]:
    """See `wordish.targets.Reach`."""
    from wordish import relay  # those who reach no other machine do not pay for it

    del machines, say
    require(SSH)
    with rundir() as directory, ExitStack() as open_shells:
        host = _Host(target.address, directory)
        said = open_shells.enter_context(
            relay.reached(
                host.command("keep", "", "own", master="yes"),
                explain=host.explained,
                timeout=_START_SECONDS,
                cwd=directory,
            )
        )
        yield HostPlace(host, relay.facts(said), open_shells, as_root=target.as_root)


class HostPlace:
    """A machine at the other end of a connection: the account that one logs in as, and perhaps root."""

    def __init__(
        self,
        host: _Host,
        facts: Facts,
        open_shells: ExitStack,
        *,
        as_root: bool,
    ) -> None:
        self._host = host
        self._open_shells = open_shells
        self._as_root = as_root
        self._shells: dict[bool, Shell] = {}
        self.environment = facts.environment
        self._facts = facts

    def shell(self, user: User) -> Shell:
        """See `wordish.targets.Place`. Who logs in as root has one shell for both prompts."""
        if user == "root" and not self._as_root:
            raise MachineError(
                f"a root prompt may not run on {self._host.address}",
                hint=f"use --on vm, or --on ssh:{self._host.address} --as-root",
            )
        from wordish import relay

        by_sudo = user == "root" and self._facts.uid != 0
        if by_sudo not in self._shells or self._shells[by_sudo].ended:
            folder = f"{self._facts.folder}/{'root' if by_sudo else 'user'}"
            argv = self._host.command("visit", folder, by_sudo=by_sudo)
            self._shells[by_sudo] = self._open_shells.enter_context(
                relay.opened(
                    argv, explain=self._host.explained, timeout=_START_SECONDS, cwd=self._host.directory
                )
            )
        return self._shells[by_sudo]


class _Host:
    """A host, and the directory in which the connection to it has its socket."""

    def __init__(self, address: str, directory: Path) -> None:
        self.address = address
        self.directory = directory

    def command(self, *words: str, master: str = "no", by_sudo: bool = False) -> list[str]:
        """What has the agent do this there, as root if asked to."""
        options = [word for option in (*_OPTIONS, f"ControlMaster={master}") for word in ("-o", option)]
        from wordish import relay

        there = [*(("sudo", "-n", "--") if by_sudo else ()), *relay.command(*words)]
        host = f"ssh:{self.address}" if self.address.startswith("//") else self.address
        return ["ssh", "-T", *options, "--", host, f"exec {relay.quoted(there)}"]

    def explained(self, said: str) -> MachineError:
        """See `wordish.relay.Explain`."""
        from wordish import relay

        last = said.rpartition(" / ")[2] or "ssh does not say why"
        by_hand = f"ssh {'ssh:' * self.address.startswith('//')}{self.address}"
        for pattern, what, hint in (
            (
                "wordish: ",
                f"{self.address} cannot be used: {relay.refusal(said)}",
                "it takes Linux, bash, perl",
            ),
            (
                "Host key verification failed|HOST IDENTIFICATION HAS CHANGED",
                f"the host key of {self.address} is not the one that is known, or none is",
                f"compare its fingerprint, then `{by_hand}` once by hand",
            ),
            (
                r"Permission denied \(",
                f"{self.address} does not let us in: {last}",
                f"nothing is asked here: `{by_hand} -o BatchMode=yes true` has to work",
            ),
            (
                r"perl: (command )?not found|perl: (No such|Permission)|Unknown command.*perl",
                f"{self.address} has no perl, which looks at what runs there",
                "install perl-base (or perl) there",
            ),
            (
                "sudo",
                f"a root prompt needs root on {self.address}: {last}",
                "log in as root, or let `sudo -n true` work there",
            ),
        ):
            if re.search(pattern, said):
                return MachineError(what, hint=hint)
        return MachineError(f"{self.address} cannot be reached: {last}", hint=f"try `{by_hand}`")
