"""Which packages the programs of an article came from: their names and versions, for the record.

Asked once, in the article's own shells, after its last step: bash's table of the programs that it
found (``hash``), and the words that stand where a command stands, for what ran in pipelines and
below ``sudo`` or ``xargs``. What other programs start by themselves is not known, nor what a shell
ran that has ended. The system's own package manager then says whose the files are.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import NamedTuple

from wordish.anatomy import anatomy
from wordish.errors import MachineError
from wordish.model import User, Verdict
from wordish.shell import Shell

_SECONDS = 30.0  # what one question may take, on a slow machine
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def owners_of(verdicts: Iterable[Verdict], shell_for: Callable[[User], Shell]) -> dict[str, str]:
    """Name and version of the packages that own programs which these steps ran, sorted.

    Empty where it cannot be told. Nothing is raised but `KeyboardInterrupt`.
    """
    commands: dict[User, list[str]] = {}
    for verdict in verdicts:
        if verdict.output is not None:
            commands.setdefault(verdict.step.user, []).append(verdict.step.command)
    files: set[str] = set()
    asked = None
    for user, ran in commands.items():
        with suppress(MachineError):
            shell = shell_for(user)
            if not shell.ended:
                files.update(_programs(ran, shell))
                asked = shell
    if not files or asked is None:
        return {}
    with suppress(MachineError):
        return dict(sorted(_owners(sorted(files), asked).items()))
    return {}


def _programs(commands: Iterable[str], shell: Shell) -> Iterator[str]:
    """The files of the programs that ``commands`` ran in ``shell``."""
    words = sorted({word for command in commands for word in command_words(command)})
    # A list that ends in success: under `set -e` a word that is no program would end the shell.
    named = f"\\builtin type -p -- {' '.join(words)};" if words else ""
    said = _ask(shell, f"{{ \\builtin hash -l; {named} }} 2> /dev/null || \\builtin true")
    for line in said:
        with suppress(ValueError):
            found = shlex.split(line)[3:4] if line.startswith("builtin hash -p ") else [line]
            yield from (path for path in found if path.startswith("/"))


class _Manager(NamedTuple):
    """A package manager: what to ask it, and where package and version stand in an answer.

    ``question`` is a script for sh, whose arguments are files.
    """

    question: str
    answer: re.Pattern[str]


_MANAGERS: Mapping[str, _Manager] = {
    "dpkg-query": _Manager(  # dpkg-query(1)
        question="dpkg-query -S \"$@\" | sed '/^diversion /d; s/: .*//; s/,//g; s/:[^ ]*//g' | tr ' ' '\\n' "
        "| sort -u | xargs -r dpkg-query -W -f '${Package} ${Version}\\n'",
        answer=re.compile(r"(\S+) (\S+)"),
    ),
    "rpm": _Manager(  # rpm(8)
        question="rpm -qf --qf '%{NAME} %{VERSION}-%{RELEASE}\\n' \"$@\"",
        answer=re.compile(r"(\S+) (\S+)"),
    ),
    "apk": _Manager(  # apk-info(8)
        question='apk info --who-owns "$@"',
        answer=re.compile(r"/.* is owned by (\S+)-([^\s-]+-r\d+)"),
    ),
    "pacman": _Manager(  # pacman(8)
        question='pacman -Qo "$@"',
        answer=re.compile(r"/.* is owned by (\S+) (\S+)"),
    ),
}


def _owners(files: Sequence[str], shell: Shell) -> dict[str, str]:
    present = f"for m in {' '.join(_MANAGERS)}; do command -v $m > /dev/null && echo $m; done"
    found = _ask(shell, _script(f'realpath "$@"; {present}', files))
    # The databases of Debian 12 and others know /bin/ls, where the file is /usr/bin/ls.
    names = {*files, *(line for line in found if line.startswith("/"))}
    names |= {name.removeprefix("/usr") for name in names if name.startswith(("/usr/bin/", "/usr/sbin/"))}
    owners = {}
    for name, manager in _MANAGERS.items():
        if name in found:
            for line in _ask(shell, _script(manager.question, sorted(names))):
                if answer := manager.answer.fullmatch(line):
                    owners[answer[1]] = answer[2]
    return owners


def _script(text: str, arguments: Iterable[str]) -> str:
    """A command that runs a script for sh with nothing of the article's environment."""
    words = " ".join(map(shlex.quote, arguments))
    quiet = f"env -i PATH={_PATH} LC_ALL=C /bin/sh -c {shlex.quote(text)} sh {words}"
    return f"/usr/bin/{quiet} 2> /dev/null || \\builtin true"


def _ask(shell: Shell, command: str) -> list[str]:
    return shell.run(command, timeout=_SECONDS).stdout.split("\n")


_NAME = re.compile(r"[\w./+-]+")
_ASSIGNMENT = re.compile(r"\w+=")

# Programs and builtins that run the command in their arguments: the options that take a value, and
# how many arguments stand before that command.
_WRAPPERS: Mapping[str, tuple[str, int]] = {
    "builtin": ("", 0),
    "chroot": ("", 1),
    "command": ("", 0),
    "doas": ("Cu", 0),
    "env": ("uC", 0),
    "exec": ("a", 0),
    "ionice": ("cn", 0),
    "nice": ("n", 0),
    "nohup": ("", 0),
    "setsid": ("", 0),
    "stdbuf": ("ioe", 0),
    "strace": ("eopsuEOPS", 0),
    "sudo": ("CDghpRrTtUu", 0),
    "time": ("fo", 0),
    "timeout": ("ks", 1),
    "watch": ("n", 0),
    "xargs": ("adEILnPs", 0),
}
_RUNNERS = frozenset({"-exec", "-execdir", "-ok", "-okdir"})  # find(1)


def command_words(command: str) -> set[str]:
    """The plain words of a shell command that name what it runs: programs, functions, builtins.

    What quotes and expansions make up is left out.
    """
    return {name for call in anatomy(command).calls for name in _names(call.name, call.words)}


def _names(name: str, words: Sequence[str]) -> Iterator[str]:
    """A call's own name, and those of the calls in its arguments."""
    if not _NAME.fullmatch(name):
        return
    yield name
    if name in _WRAPPERS:
        values, before = _WRAPPERS[name]
        rest = list(words)
        while rest and (rest[0].startswith("-") or _ASSIGNMENT.match(rest[0]) or before):
            word = rest.pop(0)
            if len(word) == 2 and word[0] == "-" and word[1] in values:
                del rest[:1]
            elif word[0] != "-" and not _ASSIGNMENT.match(word):
                before -= 1
        if rest:
            yield from _names(rest[0], rest[1:])
    for number, word in enumerate(words[:-1]):
        if word in _RUNNERS:
            yield from _names(words[number + 1], ())
