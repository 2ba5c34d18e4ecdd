"""Document -> its steps in another form: a script that bash runs, a transcript without markup."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterator
from typing import Final

from wordish import __version__
from wordish.model import Document, Step

# `set -e` would end the script inside of a step whose last command decides, and the status that an
# author expects need not be 0. What a step leaves in $? is there for the next one.
_EXPECT: Final = """\
# wordish_expect STATUS PLACE: stop when the step before ended with another exit status.
wordish_expect() {
    local got=$?
    if [ "$got" -ne "$1" ]; then
        printf '%s: exit status %s, %s expected\\n' "$2" "$got" "$1" >&2
        exit 1
    fi
    return "$got"
}
"""
_ROOT: Final = """\
if [ "$(id -u)" -ne 0 ]; then
    echo 'some steps are for root: run this script as root' >&2
    exit 2
fi
"""
_BREAKS: Final = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029]")


def script(document: Document) -> str:
    """A script for bash that runs the steps in order and stops, with status 1, at the first that fails.

    Each step stands below its place in the article, the output that is shown below it, as comments.
    Steps to be skipped are comments too. Outputs are not compared. Root's steps want root.
    """
    pieces = [f"#!/usr/bin/env bash\n{_comment(f'Made from {document.path} by wordish {__version__}.')}"]
    running = [step for step in document.sequence if step.options.skip is None]
    if any(step.user == "root" for step in running):
        pieces.append(_ROOT)
    pieces.append(f"shopt -s expand_aliases  # as in the shell of a session\n\n{_EXPECT}")
    pieces += map(_script_step, document.sequence)
    return "\n".join(pieces)


def _script_step(step: Step) -> str:
    place = f"{step.path}:{step.line}"
    if step.options.skip is not None:
        command = "".join(_comment(f"  {line}") for line in step.command.split("\n"))
        return _comment(f"{place}: skipped: {step.options.skip}") + command
    notes = [word for word, said in _notes(step) if said]
    text = _comment(": ".join([place, *filter(None, [", ".join(notes)])])) + f"{step.command}\n"
    if not step.options.ignore and step.expectation.status != "any":
        text += f"wordish_expect {step.expectation.status} {shlex.quote(place)}\n"
    shown = step.expectation.text
    return text + "".join(_comment(f"=> {line}") for line in (shown.split("\n") if shown else []))


def _notes(step: Step) -> Iterator[tuple[str, bool | None]]:
    yield "root", step.user == "root"
    yield "hidden", step.options.hidden
    yield "cleanup", step.options.cleanup


def _comment(text: str) -> str:
    """One line that bash passes over, whatever is in the text."""
    return f"# {_BREAKS.sub('?', text)}".rstrip() + "\n"


def transcript(document: Document) -> str:
    """What the reader of the article sees of its sessions, as one: prompts, commands and outputs.

    Hints are gone, and hidden steps too. Further lines of a command stand behind ``> ``.
    """
    lines: list[str] = []
    for step in document.steps:
        if not step.options.hidden:
            first, *more = step.command.split("\n")
            lines += [f"{step.prompt.rstrip()} {first}", *(f"> {line}" for line in more)]
            lines += [step.expectation.text] if step.expectation.text else []
    return "".join(f"{line}\n" for line in lines)


FORMS: dict[str, Callable[[Document], str]] = {"script": script, "transcript": transcript}
