"""A throwaway machine: a clone of the described one, gone afterwards with all that was done to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from wordish.errors import MachineError
from wordish.framed import Unread
from wordish.machine.saved import Saved
from wordish.model import Machine, Target, User
from wordish.shell import Memory, Shell, new_mark

if TYPE_CHECKING:
    from pathlib import Path

    from wordish.machine import qemu
    from wordish.machine.checkpoint import Contents

DISPOSABLE = True

_ANSWER_SECONDS = 30.0


@contextmanager
def reach(
    target: Target, *, machines: Mapping[str, Machine], say: Callable[[str], None]
) -> Iterator[MachinePlace]:
    """See `wordish.targets.Reach`."""
    from wordish.machine import qemu  # who checks on this machine need not pay for it

    made = template(target, machines=machines, say=say)
    with qemu.clone(made, say=say) as guest:
        yield MachinePlace(made, guest, {})


def template(target: Target, *, machines: Mapping[str, Machine], say: Callable[[str], None]) -> qemu.Template:
    """What the target's machine is cloned from; raises `MachineError` when that cannot be had."""
    from wordish.machine import qemu

    try:
        machine = machines[target.machine]
    except KeyError:
        hint = "described: " + (", ".join(sorted(machines)) or "none")
        raise MachineError(f"machine {target.machine!r} is not described", hint=hint) from None
    made = qemu.template(machine, say=say)
    if made.accel != "kvm":
        say(f"machine {machine.name}: emulated ({made.why})")
    return made


class Resting(NamedTuple):
    """A machine between two commands: its own state, and what this side knows of its shells and terminals."""

    machine: Saved
    shells: dict[User, Memory]
    unread: dict[User, Unread]


@contextmanager
def resumed(made: qemu.Template, resting: Resting, contents: Path) -> Iterator[MachinePlace]:
    """A machine that goes on from where it was left, with the right time and randomness of its own.

    ``contents`` is the file with the contents of its memory. Raises `MachineError` when it does not go on,
    `OSError` when its memory cannot be written.
    """
    from wordish.machine import checkpoint

    with checkpoint.resumed(made, resting.machine, contents, unread=resting.unread) as guest:
        shells = {
            user: Shell.going_on(guest.terminals[user], memory) for user, memory in resting.shells.items()
        }
        yield MachinePlace(made, guest, shells)


class NoPlace:
    """The machine of an article of which nothing is left to run: there is none."""

    def __init__(self, template: qemu.Template) -> None:
        self._template = template

    @property
    def environment(self) -> Mapping[str, str]:
        """See `wordish.targets.Place`."""
        return self._template.environment

    def shell(self, user: User) -> Shell:
        """See `wordish.targets.Place`."""
        raise MachineError(f"no machine runs in which {user} could have a shell")


class MachinePlace:
    """A machine that runs: an account, and so a shell, for each of the two prompts.

    ``shells`` are those that an article has typed in already.
    """

    def __init__(self, template: qemu.Template, guest: qemu.Guest, shells: dict[User, Shell]) -> None:
        self._template = template
        self._guest = guest
        self._shells = shells

    def rest(self, contents: Contents, *, scratch: Path) -> Resting:
        """The state of this machine, whose shells wait for a command; it goes on afterwards.

        Raises `OSError` where that cannot be had or kept, `MachineError` when the machine is lost.
        """
        from wordish.machine import checkpoint

        terminals = self._guest.terminals
        for terminal in terminals.values():
            terminal.standing()  # an answer comes when all that was typed before has been read
        self._guest.order("stop")
        try:
            machine = checkpoint.save(self._guest, self._template, contents, scratch=scratch)
            unread = {user: terminal.unread() for user, terminal in terminals.items()}
        finally:
            self._guest.order("cont")
        shells = {user: shell.memory() for user, shell in self._shells.items()}
        return Resting(machine=machine, shells=shells, unread=unread)

    @property
    def environment(self) -> Mapping[str, str]:
        """See `wordish.targets.Place`."""
        return self._template.environment

    def shell(self, user: User) -> Shell:
        """See `wordish.targets.Place`. The shell waits since before the machine was cloned."""
        if user not in self._shells:
            shell = Shell(self._guest.terminals[user], new_mark())
            shell.adopt(timeout=_ANSWER_SECONDS)
            self._shells[user] = shell
        return self._shells[user]
