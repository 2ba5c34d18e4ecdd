"""A throwaway machine: a clone of the described one, gone afterwards with all that was done to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from wordish.errors import MachineError
from wordish.model import Machine, Target, User
from wordish.shell import Shell, new_mark

if TYPE_CHECKING:
    from wordish.machine import qemu

DISPOSABLE = True

_ANSWER_SECONDS = 30.0


@contextmanager
def reach(
    target: Target, *, machines: Mapping[str, Machine], say: Callable[[str], None]
) -> Iterator[MachinePlace]:
    """See `wordish.targets.Reach`."""
    from wordish.machine import qemu  # who checks on this machine need not pay for it

    try:
        machine = machines[target.machine]
    except KeyError:
        hint = "described: " + (", ".join(sorted(machines)) or "none")
        raise MachineError(f"machine {target.machine!r} is not described", hint=hint) from None
    template = qemu.template(machine, say=say)
    if template.accel != "kvm":
        say(f"machine {machine.name}: emulated ({template.why})")
    with qemu.clone(template, say=say) as guest:
        yield MachinePlace(template, guest)


class MachinePlace:
    """A machine that runs: an account, and so a shell, for each of the two prompts."""

    def __init__(self, template: qemu.Template, guest: qemu.Guest) -> None:
        self._template = template
        self._guest = guest
        self._shells: dict[User, Shell] = {}

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
