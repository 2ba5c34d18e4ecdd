"""Document -> its steps in another form: a script that bash runs, a transcript without markup."""

from __future__ import annotations

from collections.abc import Callable

from wordish import prompts
from wordish.model import Document, Step
from wordish.script import script


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
