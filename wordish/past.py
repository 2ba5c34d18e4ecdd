"""What became of the steps that ran before, so that a replay can go on from there.

The verdict on a step depends on what it shows and on what was printed. The second depends on what was
typed, step by step, and on nothing of the article beside: as long as what decides how the steps run is what
it was, what they printed is known, and whatever they show can be judged by it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from wordish.model import Output, Scope, Step, User


class Ran(NamedTuple):
    """A step that was reached, and what came of it: all that its verdict depends on beside its expectation.

    ``asked`` stands for what decided how it ran (see `Past.asked`). ``user`` is whose shell it was typed in,
    ``within``: in a shell that the article had opened there, ``depth`` how many such were open afterwards.
    Where it could not be run ``output`` is ``None``, and ``missing`` or ``wrong`` tells why. ``entered`` is
    how the shell stood (see `wordish.surroundings.Surroundings.standing`).
    """

    asked: bytes
    user: User
    output: Output | None = None
    missing: str = ""
    wrong: str = ""
    within: bool = False
    depth: int = 0
    entered: tuple[tuple[str, str, str, bool], ...] = ()


class ForgottenError(Exception):
    """A replay that is to run nothing has come to a step of which nothing is known."""


class Past:
    """The steps of one replay that were reached, the first ones known from before.

    ``remembered`` are those; ``sure``: they are asked now what they were asked then. ``only``: nothing is to
    run, a step that is not known raises `ForgottenError`. ``ran`` grows with the replay, ``recalled`` of them
    were not run; ``resumed`` is the first step that was, if any were not.
    """

    def __init__(self, remembered: Sequence[Ran] = (), *, only: bool = False, sure: bool = False) -> None:
        self.ran: list[Ran] = []
        self.recalled = 0
        self.resumed: Step | None = None
        self._remembered = remembered
        self._only, self._sure = only, sure
        self._scopes: dict[Scope, int] = {}

    def asked(self, step: Step, meant: Step, *, seconds: float, limit: int, enters: bool | None) -> bytes:
        """What stands for all that decides how a step runs, when those before it ran as they did.

        ``meant`` is the step as it is typed. Where it stands in its file does not matter; a scope is told
        from another one like it.
        """
        import hashlib  # few replays are to be resumed

        scopes = [(self._scopes.setdefault(scope, len(self._scopes)), *scope[2:]) for scope in step.scopes]
        typed = step.user, meant.command, meant.options.input, enters
        decides = (typed, step.options.skip_if, scopes, seconds, limit)
        return hashlib.sha256(repr(decides).encode(errors="surrogatepass")).digest()

    def recall(self, asked: bytes) -> Ran | None:
        """What became of the step that is next, if that is known and it was asked the same; else it runs."""
        if self.recalled == len(self.ran) < len(self._remembered):
            ran = self._remembered[self.recalled]
            if self._sure or ran.asked == asked:
                self.recalled += 1
                self.ran.append(ran)
                return ran
        if self._only:
            raise ForgottenError
        return None
