"""What holds around the steps of an article: where their shell stands, and what must be there for them.

A `Scope` is entered before its first step and left after its last one, when directory and variables
become what they were. What it needs, and on what condition it is skipped, is asked in the shell
itself on entering.

What is typed for that is no step and is not reported. ``$?`` and the history are afterwards what they
were; ``$_`` and PIPESTATUS are not.
"""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from wordish import conditions
from wordish.errors import MachineError
from wordish.model import Scope, Step
from wordish.shell import Shell

_SECONDS = 30.0  # for what is typed here, on a machine that is busy
_NOT_INSIDE = "needs, cwd, env and conditions are not for steps inside of a shell that the article has opened"
_HISTORY = "{ [[ -o history ]] && \\builtin history -d -1; } 2> /dev/null || :"
# Programs for administrators are there, whether or not the account has them in its path.
_PATH = "PATH=${PATH-}:/usr/local/sbin:/usr/sbin:/sbin"


class Surroundings:
    """Where the shells of one article stand."""

    def __init__(self) -> None:
        self._places: list[tuple[Shell, _Place]] = []

    def prepare(self, step: Step, shell: Shell) -> tuple[str, str]:
        """Bring the shell where ``step`` runs: why it is to be skipped, else why it cannot be run.

        Both are "" for a step that can be run now. Raises `MachineError` when the shell is lost.
        """
        return self._place(shell).prepare(step)

    def standing(self, shell: Shell) -> tuple[tuple[str, str, str, bool], ...]:
        """How the shell stands: for each scope that it is in all that was learnt on entering it."""
        return tuple(entered[1:] for entered in self._place(shell).inside)

    def stand(
        self, shell: Shell, scopes: Sequence[Scope], standing: Iterable[tuple[str, str, str, bool]]
    ) -> None:
        """Take a shell to be in these scopes, where it stands as was told."""
        pairs = zip(scopes, standing, strict=True)
        self._place(shell).inside[:] = [_Entered(scope, *learnt) for scope, learnt in pairs]

    def _place(self, shell: Shell) -> _Place:
        for known, place in self._places:
            if known is shell:
                return place
        self._places.append((shell, _Place(shell)))
        return self._places[-1][1]


class _Entered(NamedTuple):
    """A scope that a shell is in, and what undoes it.

    ``wrong`` says why the shell is not where it should be, ``missing`` why the steps are skipped, "" if
    not. ``condition``: whether the scope's conditional ``skip`` holds.
    """

    scope: Scope
    undo: str
    wrong: str
    missing: str
    condition: bool


class _Place:
    """Where one shell stands: ``inside`` of these scopes."""

    def __init__(self, shell: Shell) -> None:
        self._shell = shell
        self.inside: list[_Entered] = []
        self._complaint = ""

    def prepare(self, step: Step) -> tuple[str, str]:
        """See `Surroundings.prepare`."""
        inside = self.inside
        if self._shell.depth:
            return self._as_outside(step)
        while inside and [entered.scope for entered in inside] != list(step.scopes[: len(inside)]):
            undo = inside.pop().undo
            if undo:
                self._do(undo, self._ask("")[0])
        for scope in step.scopes[len(inside) :]:
            inside.append(self._entered(scope))
        reason = next(filter(None, (entered.missing for entered in inside)), "")
        if not reason and step.options.skip_if and self._is_skipped(step.options.skip_if):
            reason = f"asked for when {step.options.skip_if}"
        return reason, next(filter(None, (entered.wrong for entered in inside)), "")

    def _as_outside(self, step: Step) -> tuple[str, str]:
        """`prepare` for a step inside of a shell that the article has opened: what is true outside stays."""
        outside = {entered.scope: entered for entered in self.inside}
        conditions = {scope.skip_if: entered.condition for scope, entered in outside.items()}
        if not outside.keys() >= {*step.scopes} or (step.options.skip_if or "") not in {"", *conditions}:
            return "", _NOT_INSIDE
        return "", ""

    def _entered(self, scope: Scope) -> _Entered:
        undo = wrong = ""
        if scope.cwd or scope.env:
            status, saved = self._ask(_saving(scope))
            undo = "; ".join(saved)
            if self._do(entering(scope), status):
                wrong = self._complaint or f"{scope.cwd or 'the environment'}: it cannot be entered"
                self._do(undo, status)
                undo = ""
        held = self._hold(list(map(conditions.need, scope.needs)))
        absent = [need for need, holds in zip(scope.needs, held, strict=True) if not holds]
        missing = f"needs {', '.join(absent)}, which is not here" if absent else ""
        condition = not absent and bool(scope.skip_if) and self._holds(scope.skip_if)
        return _Entered(scope, undo, wrong, missing, condition)

    def _is_skipped(self, condition: str) -> bool:
        """Whether a condition holds: one of a scope as it was when that was entered."""
        for entered in reversed(self.inside):
            if entered.scope.skip_if == condition:
                return entered.condition
        return self._holds(condition)

    def _holds(self, text: str) -> bool:
        condition = conditions.parse(text)
        return condition is not None and self._hold([condition]) != [condition.negated]

    def _hold(self, asked: Sequence[conditions.Condition]) -> list[bool]:
        """Which of the conditions hold, their ``not`` left out."""
        if not asked:
            return []
        questions = (
            f"if {{ {conditions.question(condition)}; }} > /dev/null 2>&1; then {_told('yes')}; "
            f"else {_told('no')}; fi"
            for condition in asked
        )
        status, answers = self._ask("; ".join((_PATH, *questions)))
        self._do(":", status)
        return [answer == "yes" for answer in answers]

    # With ``set -e`` a shell ends on what fails, unless it stands before && or ||, or after if.

    def _ask(self, script: str) -> tuple[int, list[str]]:
        """Run ``script`` in a subshell: ``$?`` before it, which is lost, and what it told (see `_told`)."""
        first, *others = self._run(f"( x=$?; {_told('$x')}; {script or ':'}; \\builtin exit 0 ); {_HISTORY}")
        return int(first), others

    def _do(self, script: str, status: int) -> bool:
        """Run ``script`` in the shell, then make ``status`` its ``$?``: whether it went wrong."""
        done = f"if {{ {script}; }}; then ( {_told('yes')} ); else ( {_told('no')} ); fi"
        return self._run(f"{done}; {_HISTORY}; (\\builtin exit {status}) && \\builtin :") != ["yes"]

    def _run(self, line: str) -> list[str]:
        word = os.urandom(8).hex()
        output = self._shell.run(line.replace(_WORD, word), timeout=_SECONDS)
        self._complaint = output.stderr.strip().rsplit("\n", 1)[-1].removeprefix("bash: ")
        answers = re.findall(rf"^{word}:(.*)$", output.stdout, re.MULTILINE)
        if output.status is None or output.ended or not answers:
            raise MachineError("the shell does not answer any more", hint=self._complaint)
        return answers


_WORD = "\0"  # where the word belongs that marks what is told


def _told(value: str) -> str:
    """A command that tells ``value``, wherever the shell's own standard output goes."""
    return f'\\builtin printf "{_WORD}:%s\\n" "{value}" > /dev/tty'


def _saving(scope: Scope) -> str:
    """What tells the commands that bring the shell back to where it stands now."""
    # ${name@A} is what would declare it anew, in quotes; bash(1), Parameter transformation.
    commands = [
        f"{_told(f'unset -v {name}')}; [[ -v {name} ]] && {_told(f'${{{name}@A}}')}"
        for name in [name for name, _ in scope.env] + ["OLDPWD"] * bool(scope.cwd)
    ]
    if scope.cwd:
        commands.insert(0, _told("\\builtin cd -- ${PWD@Q}"))
    return "; ".join(commands)


def entering(scope: Scope) -> str:
    """What brings a shell into a scope; its status tells whether it did."""
    exports = [f"\\builtin export {name}={shlex.quote(value)}" for name, value in scope.env]
    changes = [f"\\builtin cd -- {_directory(scope.cwd)} > /dev/null"] if scope.cwd else []
    return " && ".join((*exports, *changes))


def _directory(path: str) -> str:
    """A directory as a word for ``cd``, which looks for others than these in CDPATH."""
    if path == "~" or path.startswith("~/"):
        return "~" + (f"/{shlex.quote(path[2:])}" if path[2:] else "")
    return shlex.quote(path if path.startswith(("/", "./", "../")) else f"./{path}")
