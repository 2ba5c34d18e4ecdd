"""Where steps run: one module a kind of target.

A target knows how to *reach* a machine, never how to talk to bash. A new one is a module that
provides what `Reach` says, a line in `TARGETS`, and its place in the contract suite.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import NamedTuple, Protocol

from wordish.model import Machine, Target, User
from wordish.shell import Shell
from wordish.targets import container, host, sandbox, ssh, vm


class Place(Protocol):
    """A machine that has been reached, for one article."""

    @property
    def environment(self) -> Mapping[str, str]:
        """What the place is: ``distribution``, ``kernel``, ``accelerator``..., names and versions."""

    def shell(self, user: User) -> Shell:
        """The account's one shell in this place, opened at the first call.

        Another one, when that has ended and the place can open another.

        Raises `wordish.errors.MachineError` when the place has no such account or is lost.
        """


class Reach(Protocol):
    """What a module of this folder provides."""

    @property
    def DISPOSABLE(self) -> bool:  # noqa: N802 - a constant of the module
        """Whether the place is thrown away afterwards, so that root steps cannot hurt anyone."""

    def reach(
        self, target: Target, *, machines: Mapping[str, Machine], say: Callable[[str], None]
    ) -> AbstractContextManager[Place]:
        """Reach a pristine place; leaving the context undoes everything.

        ``say`` is told, in one line each, what takes time or matters (a build, the accelerator).
        Raises `wordish.errors.MachineError` with what to try.
        """


TARGETS: dict[str, Reach] = {
    "host": host,
    "vm": vm,
    "sandbox": sandbox,
    "container": container,
    "ssh": ssh,
}


class Address(NamedTuple):
    """What has to follow the colon of a target's name (``KIND:ADDRESS``): its name, and its form."""

    name: str
    form: str


ADDRESSES: dict[str, Address] = {
    "container": Address("IMAGE", container.IMAGE),
    "ssh": Address("HOST", ssh.HOST),
}
"""The targets that need to be told which; the others take nothing there."""

ON_REQUEST = frozenset({"ssh"})
"""Those that only the user may choose, and neither an article nor the configuration beside it."""
