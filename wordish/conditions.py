"""What must hold for steps to run: the words of ``needs`` and of a conditional ``skip``.

A condition is ``[not] TERM``, and a term one of

- ``root``, ``kvm``: the account is root; /dev/kvm may be used;
- ``host``, ``vm`` and the other kinds of targets;
- ``command:NAME``, ``kernel:NAME``, ``/PATH``: there is such a command, module or file system, file;
- ``debian``, ``ubuntu>=24.04``, ``distribution:NAME``: the distribution, by its name in os-release(5).

A shell of the place where the steps run is asked: `question` gives what to type.
"""

from __future__ import annotations

import re
import shlex
from typing import Final, NamedTuple

TARGETS: Final = ("host", "vm", "sandbox", "container", "ssh")
_DISTRIBUTIONS: Final = (
    *("almalinux", "alpine", "arch", "centos", "debian", "devuan", "fedora", "gentoo", "kali", "linuxmint"),
    *("nixos", "opensuse", "raspbian", "rhel", "rocky", "slackware", "sles", "suse", "ubuntu", "void"),
)
_NAMES: Final = ("root", "kvm", *TARGETS, *_DISTRIBUTIONS)
_FORMS: Final = (
    "conditions are [not] root, kvm, host, vm, debian, debian>=12, command:NAME, kernel:NAME, /PATH; "
    "a reason has more words"
)

_TERM: Final = re.compile(
    r"""
    (?P<prefix>command|kernel|distribution):(?P<prefixed>[\w.+@%-]+)(?P<more>.*)
  | (?P<path>/\S*)
  | (?P<name>[a-z][a-z-]*)(?P<version>.*)
    """,
    re.VERBOSE,
)
_VERSION: Final = re.compile(r"\s*(>=|<=|==|>|<)\s*([\w.-]+)")
_ALMOST: Final = re.compile(r"(?:command|kernel|distribution|target|os)\s*:.*|[\w-]+\s*[=<>!]=?\s*\S*")
_COMMAND: Final = re.compile(r"[\w.+@%-]+")
_BEFORE: Final = frozenset({"not", "no", "if", "when", "unless", "on"})
_JOINING: Final = frozenset({"not", "no", "and", "or"})


class Condition(NamedTuple):
    """One condition. ``kind`` is ``root kvm target command kernel path distribution``.

    ``version`` is what the distribution's is compared with, by ``operator``; "" for any.
    """

    kind: str
    name: str
    negated: bool = False
    operator: str = ""
    version: str = ""


def parse(text: str) -> Condition | None:
    """The condition that ``text`` is, ``None`` when it is a reason in plain words.

    Raises `ValueError` for what is almost a condition: as a reason it would hold always.
    """
    words = text.split()
    term = " ".join(words[1:] if words[:1] == ["not"] else words)
    found = _term(term)
    if found:
        return found._replace(negated=words[0] == "not")
    guess = _guess(words[-1]) if len(words) == 1 or (len(words) == 2 and words[0] in _BEFORE) else ""
    if guess or (words[:1] == ["not"] and len(words) == 2) or _ALMOST.fullmatch(term):
        raise ValueError(f"no such condition{guess}: {_FORMS}")
    return None


def needed(text: str) -> tuple[str, ...]:
    """The words of ``needs``: names of commands, ``kernel:NAME``, ``/PATH``. Raises `ValueError`."""
    words = text.split()
    for word in words:
        command = _COMMAND.fullmatch(word) and word not in _JOINING
        term = _term(word)
        if not command and not (term and term.kind in ("command", "kernel", "path")):
            raise ValueError(f"{word!r} is no command, kernel:NAME or /PATH")
    if not words:
        raise ValueError("takes commands, kernel:NAME or /PATH, separated by blanks")
    return tuple(words)


def need(word: str) -> Condition:
    """The condition that a word of ``needs`` is."""
    term = _term(word) if word.startswith(("/", "command:", "kernel:")) else None
    return term or Condition(kind="command", name=word)


def question(condition: Condition) -> str:
    """Commands for bash whose exit status is 0 when the condition, not negated, holds."""
    name, version = shlex.quote(condition.name), shlex.quote(condition.version)
    if condition.kind == "distribution":
        same = f'[[ " $ID $ID_LIKE " == *" "{name}" "* ]]'
        if condition.version:
            same = f"[[ $ID == {name} && $VERSION_ID ]] && {_comparison(condition.operator, version)}"
        return f"ID= ID_LIKE= VERSION_ID=; {{ . /etc/os-release || . /usr/lib/os-release; }}; {same}"
    if condition.kind == "kernel":
        module = shlex.quote(condition.name.replace("-", "_"))
        known = f'" "$(\\builtin echo $(</proc/filesystems))" " == *" "{name}" "*'
        return f"[[ -e /sys/module/{module} || {known} ]] || modprobe --dry-run --quiet {name}"
    return {
        "root": "[[ $EUID == 0 ]]",
        "kvm": "[[ -r /dev/kvm && -w /dev/kvm ]]",
        "path": f"[[ -e {name} ]]",
        "command": f"\\builtin command -v {name}",
    }[condition.kind]


def _comparison(operator: str, version: str) -> str:
    """Whether $VERSION_ID is so; 12 stands for all its 12.N where it is to be the same."""
    if operator == "==":
        return f"[[ $VERSION_ID. == {version}.* ]]"
    pair = f'{version} "$VERSION_ID"' if operator in (">=", "<") else f'"$VERSION_ID" {version}'
    ordered = f"\\builtin printf '%s\\n' {pair} | sort --version-sort --check=quiet"
    return ordered if "=" in operator else f"! {ordered}"


def _term(text: str) -> Condition | None:
    found = _TERM.fullmatch(text)
    if not found:
        return None
    if found["path"]:
        return Condition(kind="path", name=found["path"])
    kind, name, more = found["prefix"], found["prefixed"], found["more"]
    if found["name"]:
        name, more = found["name"], found["version"]
        kind = "target" if name in TARGETS else "distribution" if name in _DISTRIBUTIONS else name
        if name not in _NAMES:
            return None
    version = _VERSION.fullmatch(more) if kind == "distribution" else None
    if more and not version:
        return None
    operator, number = version.groups() if version else ("", "")
    return Condition(kind=kind, name=name, operator=operator, version=number)


def _guess(word: str) -> str:
    import difflib  # for those who make mistakes

    close = difflib.get_close_matches(word.lower(), _NAMES, n=1, cutoff=0.65) if len(word) > 2 else []
    return f" (did you mean {close[0]}?)" if close else ""
