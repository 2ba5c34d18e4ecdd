"""Document -> its steps in another form: a script that bash runs, a transcript without markup."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from wordish import __version__, prompts, syntax
from wordish.anatomy import anatomy
from wordish.model import Document, Scope, Step, User
from wordish.surroundings import entering

# `set -e` looks at simple commands and pipelines alone, and would end the script inside of all others.
# So only where both are the same is a step left to it; the others are groups, within which it is off.
_HEAD: Final = """\
set -e
shopt -s expand_aliases  # as in the shell of a session
trap 'printf "%s: line %s: exit status %s, 0 expected\\n" "$0" "$LINENO" "$?" >&2; exit 1' ERR
"""
_EXPECT: Final = """\
# wordish_expect STATUS PLACE: end if the group before ended with another exit status.
wordish_expect() {
    [ "$wordish_status" -ne "$1" ] || return 0
    printf '%s: exit status %s, %s expected\\n' "$2" "$wordish_status" "$1" >&2
    exit 1
}
"""
_ROOT: Final = """\
if [ "$(id -u)" -ne 0 ]; then
    echo 'some steps are for root: run this script as root' >&2
    exit 2
fi
"""
# Whoever runs a script as root by sudo is the user that is meant.
_USER: Final = """\
# Root's steps run in this shell. The user's go to a shell of the account that WORDISH_USER names, by
# default the one that called sudo; it lasts as long as this one.
: "${WORDISH_USER:=${SUDO_USER:?some steps are for an ordinary user: name one in WORDISH_USER}}"
exec {wordish_stdout}>&1
coproc wordish_shell { exec su --login --shell /bin/bash "$WORDISH_USER" 3>&1 1>&"$wordish_stdout"; }
wordish_user() {
    local status
    printf 'eval %q < /dev/null; wordish=$?; echo $wordish >&3; (exit $wordish)\\n' "$1" \\
        >&"${wordish_shell[1]}"
    read -r status <&"${wordish_shell[0]}" || status=1
    return "$status"
}
wordish_user 'shopt -s expand_aliases'
"""
_CLEANUP: Final = """\
# What cleans up runs at its place; if the script ends before that, then at its end.
wordish_cleanup=(
{commands})
wordish_cleaned=0
wordish_end() {{
    set +e
    trap - ERR
    local wordish_command
    for wordish_command in "${{wordish_cleanup[@]:wordish_cleaned}}"; do eval "$wordish_command"; done
}}
trap wordish_end EXIT
"""
_BREAKS: Final = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029]")
_STATUS: Final = re.compile(r"\$\{?\?")


def script(document: Document) -> str:
    """A script for bash that runs the steps in order and stops, with status 1, at the first that fails.

    Each step stands below its place in the article, the output that is shown below it, as comments.
    Steps to be skipped are comments too. Outputs are not compared. An article with steps for root wants
    root; if it has steps of an ordinary user, too, they get a shell of that user.
    """
    running = [step for step in document.sequence if step.options.skip is None]
    users = {step.user for step in running}
    pieces = [
        f"#!/usr/bin/env bash\n{_comment(f'Made from {document.path} by wordish {__version__}.')}{_HEAD}"
    ]
    pieces += [_ROOT] if "root" in users else []
    pieces += [_USER] if len(users) == 2 else []
    cleanups = [step for step in running if step.options.cleanup]
    if cleanups:
        commands = "".join(f"    {shlex.quote(_typed(step, users))}\n" for step in cleanups)
        pieces.append(_CLEANUP.format(commands=commands))
    steps = list(_steps(document.sequence, users))
    pieces += [_EXPECT] if any("\nwordish_expect " in step for step in steps) else []
    return "\n".join([*pieces, *steps])


def _steps(steps: Sequence[Step], users: set[User]) -> Iterator[str]:
    own: set[str] = set()
    inside: list[Scope] = []
    cleaned, zero = 0, True
    for step in steps:
        yield from _moves(inside, step)
        if step.options.skip is not None:
            yield _skipped(step)
            continue
        parts = anatomy(step.command)
        own |= {*parts.functions}
        own |= {word.partition("=")[0] for call in parts.calls if call.name == "alias" for word in call.words}
        lines = [_comment(": ".join([_place(step), *filter(None, [", ".join(_notes(step, users))])]))]
        if step.options.cleanup:
            cleaned += 1
            lines.append(f"wordish_cleaned={cleaned}\n")
        lines.append(_run(step, users, own=own, zero=zero))
        shown = step.expectation.text
        lines += [_comment(f"=> {line}") for line in (shown.split("\n") if shown else [])]
        yield "".join(lines)
        own |= {"*"} if any(call.name in ("source", ".", "eval", "enable") for call in parts.calls) else set()
        zero = _status(step) == 0


def _moves(inside: list[Scope], step: Step) -> Iterator[str]:
    """What leaves the scopes behind, and enters those of this step; ``inside`` are those the script is in."""
    scopes = [scope for scope in step.scopes if scope.cwd or scope.env]
    while inside != scopes[: len(inside)]:
        yield f'eval "$wordish_undo_{len(inside)}"\n'
        inside.pop()
    for scope in scopes[len(inside) :]:
        inside.append(scope)
        undo = "; ".join(["cd -- ${PWD@Q}", *(f"unset -v {name}; ${{{name}@A}}" for name, _ in scope.env)])
        yield f'wordish_undo_{len(inside)}="{undo}"\n{entering(scope)}\n'


def _run(step: Step, users: set[User], *, own: set[str], zero: bool) -> str:
    """The command, with what tells its exit status; ``own``: names that may be functions, ``*`` all of them.

    ``zero``: the step before ended with status 0.
    """
    command, expected = _typed(step, users), _status(step)
    asks = not zero and command is step.command and _STATUS.search(command)
    if expected == 0 and not asks and (command is not step.command or _is_left_to_bash(command, own)):
        return f"{command}\n"
    before = '(exit "$wordish_status")\n' if asks else ""
    text = f"{{\n{before}{command}\n}} && wordish_status=0 || wordish_status=$?\n"
    return text if expected is None else f"{text}wordish_expect {expected} {shlex.quote(_place(step))}\n"


def _is_left_to_bash(command: str, own: set[str]) -> bool:
    """Whether `set -e` ends the script when this ends with another status than 0, and only then."""
    names = {call.name for call in anatomy(command).calls}
    return syntax.is_one_pipeline(command) and "*" not in own and not names & own


def _typed(step: Step, users: set[User]) -> str:
    """The command as the script's shell runs it: itself, unless it goes to the shell of the user."""
    if step.user == "root" or len(users) == 1:
        return step.command
    return f"wordish_user {shlex.quote(step.command)}"


def _status(step: Step) -> int | None:
    """The exit status that the step must have, ``None`` for any."""
    if step.options.ignore or step.expectation.status == "any":
        return None
    return step.expectation.status


def _place(step: Step) -> str:
    return f"{step.path}:{step.line}"


def _skipped(step: Step) -> str:
    command = "".join(_comment(f"  {line}") for line in step.command.split("\n"))
    return _comment(f"{_place(step)}: skipped: {step.options.skip}") + command


def _notes(step: Step, users: set[User]) -> Iterator[str]:
    if "root" in users:
        yield step.user
    if step.options.hidden:
        yield "hidden"
    if step.options.cleanup:
        yield "cleanup"


def _comment(text: str) -> str:
    """One line that bash passes over, whatever is in the text."""
    return f"# {_BREAKS.sub('?', text)}".rstrip() + "\n"


def transcript(document: Document) -> str:
    """What the reader of the article sees of its sessions, as one: prompts, commands and outputs.

    Hints are gone, and hidden steps too. Further lines of a command stand behind ``> ``. It reads as the
    article does: a prompt that counts in the article alone is written ``~$`` or ``~#``, and an output that
    would begin with a prompt is indented.
    """
    lines: list[str] = []
    for step in document.steps:
        if step.options.hidden:
            continue
        first, *more = step.command.split("\n")
        lines += [f"{_prompt(step)} {first}", *(f"> {line}" for line in more)]
        shown = step.expectation.text.split("\n") if step.expectation.text else []
        margin = " " if any(map(prompts.match, shown)) else ""
        lines += [f"{margin}{line}".rstrip() for line in shown]
    return "".join(f"{line}\n" for line in lines)


def _prompt(step: Step) -> str:
    prompt = step.prompt.rstrip()
    known = prompts.match(f"{prompt} x")
    if known and (known.prompt, known.user) == (prompt, step.user):
        return prompt
    return "~#" if step.user == "root" else "~$"


FORMS: dict[str, Callable[[Document], str]] = {"script": script, "transcript": transcript}
