"""Which programs that an article calls are nowhere to be found.

Only what is sure is told. From the first step on that may bring programs (an installation, a file
below a folder of programs, another PATH, another shell), any name may be one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from wordish import syntax
from wordish.anatomy import Anatomy, Call, anatomy
from wordish.model import Step
from wordish.programs import Programs

# Package managers, under whatever verb, and the verbs of all others.
_INSTALLERS: Final = frozenset(
    {"apk", "brew", "conda", "dpkg", "flatpak", "install", "mamba", "nix-env", "pacman", "rpm", "snap", "uv"}
)
_VERBS: Final = frozenset({"install", "--install", "localinstall", "groupinstall"})
# After these, commands may be defined that nobody sees here, or be typed elsewhere.
_ELSEWHERE: Final = frozenset({".", "chroot", "enable", "eval", "nsenter", "source", "ssh", "su", "unshare"})
_SHELLS: Final = frozenset({"bash", "dash", "fish", "ksh", "newgrp", "screen", "sh", "tmux", "zsh"})
_FOLDER: Final = re.compile(r"(?:^|/)s?bin(?:/|[\"']?$)")
_PATH: Final = re.compile(r"\bPATH\+?=")
_HANDLER: Final = "command_not_found_handle"  # of bash: what it does with a name is its own matter
# Whoever asks whether there is a program has thought of its absence.
_ASKERS: Final = frozenset({"type", "which", "whereis", _HANDLER})


def unknown_programs(steps: Iterable[Step], programs: Programs) -> Iterator[tuple[Step, str, str]]:
    """The steps that call a program which is not there: step, name, and the name that may be meant.

    The same name again: it is there for root, and the step is for an ordinary user. "": no idea.
    """
    known = set(syntax.built_in())
    for step in steps:
        parts = anatomy(step.command)
        if _may_bring(parts, step.command) or _is_elsewhere(step):
            return
        if _HANDLER in parts.functions:
            return
        known.update(parts.functions)
        for call in parts.calls:
            known.update(_aliases(call))
        if _expects_absence(step, parts):
            continue
        for call in parts.calls:
            user = "root" if call.by in ("sudo", "doas") else step.user
            needed = any(call.name in scope.needs for scope in step.scopes)
            if not (needed or "/" in call.name or call.name in known or call.name in programs[user]):
                yield step, call.name, _meant(call.name, programs, user=user)
                known.add(call.name)


def _may_bring(parts: Anatomy, command: str) -> bool:
    return (
        not parts.clear
        or bool(_PATH.search(command))
        or any(map(_FOLDER.search, parts.targets))
        or any(map(_brings, parts.calls))
    )


def _is_elsewhere(step: Step) -> bool:
    """Whether what follows is typed in another shell, or this one finds its programs elsewhere."""
    return step.options.enters is True or any(
        name == "PATH" for scope in step.scopes for name, _ in scope.env
    )


def _brings(call: Call) -> bool:
    interactive = call.name in _SHELLS and all(word.startswith("-") for word in call.words)
    return (
        interactive
        or call.name in _INSTALLERS | _ELSEWHERE
        or bool(_VERBS & {*call.words})
        or any(map(_FOLDER.search, call.words))
    )


def _aliases(call: Call) -> Iterator[str]:
    if call.name == "alias":
        yield from (word.partition("=")[0] for word in call.words)


def _expects_absence(step: Step, parts: Anatomy) -> bool:
    return (
        step.options.ignore is True
        or step.options.skip_if is not None
        or step.expectation.status in ("any", 127)
        or any(
            call.name in _ASKERS or (call.name in ("command", "hash") and "-v" in call.words)
            for call in parts.calls
        )
    )


def _meant(name: str, programs: Programs, *, user: str) -> str:
    import difflib  # for those who make mistakes

    if user == "user" and name in programs["root"]:
        return name
    return next(iter(difflib.get_close_matches(name, programs["root"], n=1, cutoff=0.75)), "")
