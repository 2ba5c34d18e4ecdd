"""Document -> a commented script that bash runs.

`set -e` looks at simple commands and pipelines alone, and would end the script inside of all others. So
only where both are the same is a step left to it; the others are groups, within which it is off.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from wordish import __version__, conditions, syntax
from wordish.anatomy import anatomy
from wordish.model import Document, Sample, Scope, Step, User
from wordish.surroundings import entering

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
_WHOLE: Final = """\
# A step that ends this shell leaves the ones below it undone, and that is a failure.
wordish_last=0
wordish_whole() {{
{first}    [ "$1" -eq 0 ] && [ "$wordish_last" -eq 0 ] || return 0
    printf '%s: a step ended the shell, and steps follow\\n' "$0" >&2
    exit 1
}}
trap 'wordish_whole "$?"' EXIT
"""
_BREAKS: Final = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029]")
_STATUS: Final = re.compile(r"\$\{?\?")
_HANDLER: Final = "command_not_found_handle"
_END_OF_INPUT: Final = "END OF INPUT"


class _Written(NamedTuple):
    """A step as it stands in the script: ``command`` is what its shell runs, ``typed`` what this shell runs.

    They differ for the steps of a user beside root.
    """

    step: Step
    command: str
    typed: str


def script(document: Document) -> str:
    """A script that runs the steps in order and stops, with status 1, at the first that fails.

    Each step stands below its place in the article, the output that is shown below it, as comments.
    Steps to be skipped are comments too. Outputs are not compared, and timeouts not kept. An article with
    steps for root wants root; if it has steps of an ordinary user, too, they get a shell of that user.
    """
    steps = [_settled(step) for step in document.sequence]
    running = [step for step in steps if step.options.skip is None]
    both = len({step.user for step in running}) == 2
    pieces = [
        f"#!/usr/bin/env bash\n{_comment(f'Made from {document.path} by wordish {__version__}.')}{_HEAD}"
    ]
    pieces += [_ROOT] if any(step.user == "root" for step in running) else []
    pieces += [_USER] if both else []
    cleanups = [_written(step, both) for step in running if step.options.cleanup]
    if cleanups:
        commands = "".join(f"    {shlex.quote(each.typed)}\n" for each in cleanups)
        pieces.append(_CLEANUP.format(commands=commands))
    ends = any(call.name == "exit" for step in running[:-1] for call in anatomy(step.command).calls)
    if ends:
        pieces.append(_WHOLE.format(first="    wordish_end\n" if cleanups else ""))
    body = list(_body(steps, both, last=running[-1] if ends else None))
    pieces += [_EXPECT] if any("\nwordish_expect " in piece for piece in body) else []
    return "\n".join([*pieces, *body])


def _body(steps: Sequence[Step], both: bool, *, last: Step | None) -> Iterator[str]:
    """The steps one by one, and between them what holds around them; ``last`` is told when it is reached."""
    own: set[str] = set()  # names that may be functions or aliases, "*" for all
    inside: dict[User, list[tuple[int, Scope]]] = {"root": [], "user": []}
    entered = cleaned = 0
    zero = True  # the step before ended with status 0
    roots = any(step.user == "root" for step in steps if step.options.skip is None)
    for step in steps:
        if step.options.skip is not None:
            yield _skipped(step)
            continue
        around = inside[step.user]
        while [scope for _, scope in around] != list(step.scopes[: len(around)]):
            yield from _left(*around.pop(), step.user, both)
        for scope in step.scopes[len(around) :]:
            entered += 1
            around.append((entered, scope))
            yield from _entered(entered, scope, step.user, both)
        cleaned += step.options.cleanup is True
        notes: list[str] = [step.user] if roots else []
        notes += ["hidden"] if step.options.hidden else []
        notes += ["cleanup"] if step.options.cleanup else []
        notes += [
            f"{sample.text} is a sample: no output is looked at here, so put in what was really printed"
            for sample in _samples(step)
        ]
        lead = _comment(": ".join([_place(step), *filter(None, [", ".join(notes)])]))
        lead += f"wordish_cleaned={cleaned}\n" if step.options.cleanup else ""
        lead += "wordish_last=1\n" if step is last else ""
        written = _written(step, both)
        text = _run(written, plain=not _is_own(step.command, own), zero=zero)
        if _HANDLER in own and text.startswith(
            "{"
        ):  # it has a process of its own, where the group is unknown
            text = f"set +e\n{text}set -e\n"
        if asked := _conditions(step):
            text = f"if {_typed(asked, step.user, both)}; then\n{text}fi\n"
        shown = step.expectation.text
        yield "".join(
            [lead, text, *(_comment(f"=> {line}") for line in (shown.split("\n") if shown else []))]
        )
        own |= _defined(step.command)
        zero = _status(step) == 0 and not asked


def _settled(step: Step) -> Step:
    """The step with a condition on the target decided: a script runs on the host."""
    condition = conditions.parse(step.options.skip_if) if step.options.skip_if else None
    if condition is None or condition.kind != "target":
        return step
    holds = (condition.name == "host") != condition.negated
    return step.skipped(f"asked for when {step.options.skip_if}" if holds else None)


def _written(step: Step, both: bool) -> _Written:
    # What bash refuses is a step too, if an article shows how; the script has to be parsed all the same.
    command = f"eval {shlex.quote(step.command)}" if syntax.is_refused(step.command) else step.command
    if step.options.input is not None:
        lines = "".join(f"{line}\n" for line in step.options.input)
        command = f"{{\n{command}\n}} <<'{_END_OF_INPUT}'\n{lines}{_END_OF_INPUT}"
    return _Written(step, command, _typed(command, step.user, both))


def _typed(command: str, user: User, both: bool) -> str:
    """What this shell runs for a command of ``user``; ``both``: there is a second shell for the user."""
    return f"wordish_user {shlex.quote(command)}" if both and user == "user" else command


def _run(written: _Written, *, plain: bool, zero: bool) -> str:
    """The command, with what tells its exit status; ``plain``: it calls no function or alias."""
    step, command, typed = written
    expected = _status(step)
    elsewhere = typed != command
    asks = not zero and not elsewhere and _STATUS.search(command)
    left_to_bash = elsewhere or (plain and syntax.is_one_pipeline(command))
    if expected == 0 and left_to_bash and not asks:
        return f"{typed}\n"
    before = '(exit "$wordish_status")\n' if asks else ""
    text = f"{{\n{before}{typed}\n}} && wordish_status=0 || wordish_status=$?\n"
    return text if expected is None else f"{text}wordish_expect {expected} {shlex.quote(_place(step))}\n"


def _samples(step: Step) -> list[Sample]:
    """The samples in a command: what they stand for is known only to who compares outputs."""
    return [
        sample for sample in step.options.samples or () if not sample.varies and sample.text in step.command
    ]


def _is_own(command: str, own: set[str]) -> bool:
    return "*" in own or any(call.name in own for call in anatomy(command).calls)


def _defined(command: str) -> set[str]:
    """The functions and aliases that a command defines, "*" when it may define any."""
    parts = anatomy(command)
    aliases = (word for call in parts.calls if call.name == "alias" for word in call.words)
    unseen = any(call.name in ("source", ".", "eval", "enable") for call in parts.calls)
    anything = {"*"} if unseen or _HANDLER in parts.functions else set()
    return {*parts.functions, *(word.partition("=")[0] for word in aliases), *anything}


def _status(step: Step) -> int | None:
    """The exit status that the step must have, ``None`` for any."""
    if step.options.ignore or step.expectation.status == "any":
        return None
    return step.expectation.status


# What holds around steps.


def _entered(number: int, scope: Scope, user: User, both: bool) -> Iterator[str]:
    lines = []
    if scope.line == 0 and scope.needs:
        absent = shlex.quote(f"{scope.path}: needs {', '.join(scope.needs)}, of which something is not here")
        asked = _typed(_asked([(need, True) for need in scope.needs]), user, both)
        lines.append(f"if ! {asked}; then\n    echo {absent} >&2\n    exit 2\nfi\n")
    saved = [f"wordish_directory{number}=$PWD"] if scope.cwd else []
    if scope.env:
        names = " ".join(name for name, _ in scope.env)
        saved.append(f"wordish_environment{number}=$(declare -p {names} 2> /dev/null || :)")
    if saved:
        lines.append(_typed("\n".join([*saved, entering(scope)]), user, both) + "\n")
    if lines:
        what = "the article" if scope.line == 0 else "the block"
        yield "".join([_comment(f"{scope.path}:{scope.line or 1}: around {what}"), *lines])


def _left(number: int, scope: Scope, user: User, both: bool) -> Iterator[str]:
    lines = []
    if scope.env:
        names = " ".join(name for name, _ in scope.env)
        lines.append(_typed(f'unset -v {names}\neval "$wordish_environment{number}"', user, both))
    if scope.cwd:
        lines.append(_typed(f'cd -- "$wordish_directory{number}"', user, both))
    if lines:
        yield "".join([_comment("and back"), *(f"{line}\n" for line in lines)])


def _conditions(step: Step) -> str:
    """What asks whether a step is to run, "" for one that is."""
    asked = [(need, True) for scope in step.scopes if scope.line for need in scope.needs]
    if step.options.skip_if:
        asked.append((step.options.skip_if, False))
    return _asked(asked) if asked else ""


def _asked(asked: Sequence[tuple[str, bool]]) -> str:
    """A subshell that ends with status 0 when each need holds, and no condition (``False``) does."""
    tests = []
    for word, wanted in asked:
        condition = conditions.need(word) if wanted else conditions.parse(word)
        assert condition is not None
        holds = f"{{ {conditions.question(condition)}; }}"
        tests.append(holds if wanted != condition.negated else f"! {holds}")
    return f"( PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin; {' && '.join(tests)} ) > /dev/null 2>&1"


# Comments.


def _place(step: Step) -> str:
    return f"{step.path}:{step.line}"


def _skipped(step: Step) -> str:
    command = "".join(_comment(f"  {line}") for line in step.command.split("\n"))
    return _comment(f"{_place(step)}: skipped: {step.options.skip}") + command


def _comment(text: str) -> str:
    """One line that bash passes over, whatever is in the text."""
    return f"# {_BREAKS.sub('?', text)}".rstrip() + "\n"
