"""A container: of the image that the article or the user names, run by podman or docker, gone afterwards.

Every article gets one of its own. It has no network, nothing of this machine but the kernel, and its
root has the rights that podman and docker leave it. How these run containers is a matter of their own
configuration, not of ours: what an article's tree could say there would lead out of the container.
"""

from __future__ import annotations

import functools
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress

from wordish.errors import MachineError, MissingToolError
from wordish.machine.tools import DOCKER, PODMAN, install_command
from wordish.model import Machine, Target, User
from wordish.shell import Shell

DISPOSABLE = True

IMAGE = r"[A-Za-z0-9][\w.-]*(?::[0-9]+/[\w.-]+)?(?:/[\w.-]+)*(?::[\w][\w.-]*)?(?:@sha256:[0-9a-f]{64})?"
"""An image's name, with its registry, tag and digest; nothing that podman would read a file for."""

_START_SECONDS = 60.0
_PROGRAMS = {tool.program: tool for tool in (PODMAN, DOCKER)}
_ACCOUNTS: Mapping[User, str] = {"root": "0:0", "user": "user"}


@contextmanager
def reach(
    target: Target, *, machines: Mapping[str, Machine], say: Callable[[str], None]
) -> Iterator[ContainerPlace]:
    """See `wordish.targets.Reach`."""
    from wordish import relay  # those who need no container do not pay for it

    del machines
    with ExitStack() as open_shells:
        containers = _Containers(installed(target.containers.program), target.address)
        if target.containers.pull and not containers.has_image():
            containers.fetch(say)
        name = f"wordish-{os.urandom(8).hex()}"
        network = [] if target.containers.network else containers.without_network
        run = [
            containers.program, "run", "--rm", "--interactive", "--name", name, "--pull", "never",
            "--user", "0:0", "--workdir", "/", *network, "--entrypoint", "perl", containers.image,
            *relay.command("keep", "user")[1:],
        ]  # fmt: skip
        said = open_shells.enter_context(
            relay.reached(
                run,
                explain=containers.explained,
                timeout=_START_SECONDS,
                clear_up=functools.partial(containers.remove, name),
            )
        )
        yield ContainerPlace(containers, name, relay.facts(said).environment, open_shells)


class ContainerPlace:
    """A container that runs: an account, and so a shell, for each of the two prompts."""

    def __init__(
        self, containers: _Containers, name: str, facts: Mapping[str, str], open_shells: ExitStack
    ) -> None:
        self._containers = containers
        self._name = name
        self._open_shells = open_shells
        self._shells: dict[User, Shell] = {}
        self.environment = {**facts, "image": containers.image}

    def shell(self, user: User) -> Shell:
        """See `wordish.targets.Place`."""
        from wordish import relay

        if user not in self._shells or self._shells[user].ended:
            inside = [
                self._containers.program, "exec", "--interactive", "--user", _ACCOUNTS[user], self._name,
                *relay.command("visit"),
            ]  # fmt: skip
            self._shells[user] = self._open_shells.enter_context(
                relay.opened(inside, explain=self._containers.explained, timeout=_START_SECONDS)
            )
        return self._shells[user]


def installed(wanted: str = "") -> str:
    """The program that runs containers: the one ``wanted``, else the first that is installed.

    Raises `MissingToolError` when there is none.
    """
    names = (wanted,) if wanted else tuple(_PROGRAMS)
    found = next(filter(shutil.which, names), "")
    if not found:
        raise MissingToolError(
            f"not installed: {' or '.join(names)}, which runs containers",
            hint=install_command(_PROGRAMS[names[0]]),
        )
    return found


class _Containers:
    """The program that runs them, and the image."""

    def __init__(self, program: str, image: str) -> None:
        self.program = program
        self.image = image

    @property
    def without_network(self) -> Sequence[str]:
        # What podman hands over of our environment by itself are the proxies.
        return ("--network", "none", *(("--http-proxy=false",) if self.program == "podman" else ()))

    def has_image(self) -> bool:
        """Whether the image is here."""
        asked = [self.program, "image", "inspect", "--format", "{{.Id}}", self.image]
        return _run(asked).returncode == 0

    def fetch(self, say: Callable[[str], None]) -> None:
        """Have the image fetched."""
        say(f"image {self.image}: fetching it")
        done = _run([self.program, "pull", "--quiet", self.image])
        if done.returncode:
            raise MachineError(
                f"the image {self.image} cannot be fetched: {_last(done.stderr)}",
                hint=f"try `{self.program} pull {self.image}`",
            )

    def remove(self, name: str) -> None:
        """Remove a container, whatever runs in it, when it is there."""
        with suppress(subprocess.TimeoutExpired):  # nothing more can be done about it
            _run([self.program, "rm", "--force", name], timeout=_START_SECONDS)

    def explained(self, said: str) -> MachineError:
        """See `wordish.relay.Explain`."""
        from wordish import relay

        if refusal := relay.refusal(said):
            return MachineError(
                f"the image {self.image} cannot be used: {refusal}", hint="it takes bash, perl and /proc"
            )
        if re.search(r"Cannot connect to|permission denied while trying to connect", said):
            what = f"{self.program} cannot run containers: {_last(said)}"
            return MachineError(what, hint=f"try `{self.program} info`")
        if not self.has_image():
            return MachineError(
                f"the image {self.image} is not here",
                hint=f"`{self.program} pull {self.image}`, or `pull = true` in [tool.wordish.container]",
            )
        if re.search(r'"?perl"?: (executable file )?not found|exec:? .*perl.*(No such|not found)', said):
            return MachineError(
                f"the image {self.image} has no perl, which looks at what runs there",
                hint="install perl-base (or perl) in it",
            )
        return MachineError(
            f"{self.program} cannot run a container: {_last(said)}",
            hint=f"try `{self.program} run --rm --network none {self.image} true`",
        )


def _run(words: Sequence[str], *, timeout: float | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        words, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", check=False,
        timeout=timeout,
    )  # fmt: skip


def _last(said: str) -> str:
    return said.strip().rpartition("\n")[2].rpartition(" / ")[2] or "it does not say why"
