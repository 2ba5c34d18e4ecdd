"""Which pieces of an update the user wants: one question for each, as in ``git add -p``."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple, TextIO

from wordish import hunks as pieces
from wordish.editor import edit
from wordish.errors import UsageError
from wordish.hunks import Hunk
from wordish.model import Transcript
from wordish.reporters import words
from wordish.reporters.style import Line, Style, visible
from wordish.reporters.terminal import writer
from wordish.update import Edit, Update, leave, revised

_HELP: Final = """\
y - rewrite this output
n - leave it as it is
e - edit the new lines
. - show what varies as `...`
a - rewrite this and all that follow in this article
d - leave this and all that follow in this article
q - leave this and all that follow, and stop
? - tell what the letters mean"""
_KEEP: Final = """\
y - keep it all the same
n - take back what was edited
e - edit it again"""


class Answered(NamedTuple):
    """The ``edits`` that are wanted, and which of them (``untrue``) do not match what was printed.

    ``stopped``: nothing more is to be asked; ``interrupted``: by ^C.
    """

    edits: tuple[Edit, ...] = ()
    untrue: tuple[Edit, ...] = ()
    stopped: bool = False
    interrupted: bool = False


def ask(
    hunks: Sequence[Hunk],
    *,
    write: Callable[[Line], None],
    answer: Callable[[str], str],
    change: Callable[..., str],
) -> Answered:
    """Show each piece and do as the user says.

    ``write`` shows a line. ``answer`` shows a question and gives what is typed; it raises `EOFError` at the
    end of what is typed, which is like ``q``, as ^C is. ``change`` is `wordish.editor.edit`.
    """
    wanted: list[Edit] = []
    untrue: list[Edit] = []
    try:
        for number, hunk in enumerate(hunks, 1):
            letter, chosen = _asked(
                hunk, f"({number}/{len(hunks)})", write=write, answer=answer, change=change
            )
            if letter == "q":
                return Answered(tuple(wanted), tuple(untrue), stopped=True)
            if chosen:
                wanted.append(chosen.edit)
                untrue += [] if pieces.matches(chosen) else [chosen.edit]
            if letter in "ad":
                wanted += [other.edit for other in hunks[number:] if letter == "a"]
                break
    except EOFError:
        return Answered(tuple(wanted), tuple(untrue), stopped=True)
    except KeyboardInterrupt:
        return Answered(tuple(wanted), tuple(untrue), stopped=True, interrupted=True)
    return Answered(tuple(wanted), tuple(untrue))


def require_answers() -> None:
    """Raise `wordish.errors.UsageError` unless somebody, or a pipe or file, is there to answer."""
    if not sys.stdin.isatty():
        mode = os.fstat(sys.stdin.fileno()).st_mode
        if not (stat.S_ISREG(mode) or stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)):
            what = "asks for each output, and nobody can answer: the standard input is no terminal"
            raise UsageError(what, where="--interactive", hint="leave it out, or give the answers by a pipe")


def settled(transcript: Transcript, found: Update, stream: TextIO, style: Style) -> tuple[Update, Answered]:
    """The update as the user wants it, asked for on ``stream`` and answered on the standard input."""

    def answer(question: str) -> str:
        stream.write(question)
        stream.flush()
        line = sys.stdin.readline()
        if not sys.stdin.isatty() or not line:
            stream.write(line if line.endswith("\n") else f"{line}\n")
        if not line:
            raise EOFError
        return line

    with writer(stream, style) as (write, _):
        answered = ask(pieces.hunks(transcript, found), write=write, answer=answer, change=edit)
    if answered.interrupted:
        stream.write("\n")
    wanted = {edit.at for edit in answered.edits}
    left = [*found.left]
    left += [leave(edit.step, "not wanted") for edit in found.edits if edit.at not in wanted]
    left += [leave(edit.step, "it does not match what was printed") for edit in answered.untrue]
    return revised(transcript.document, answered.edits, left=left), answered


def _asked(
    hunk: Hunk,
    number: str,
    *,
    write: Callable[[Line], None],
    answer: Callable[[str], str],
    change: Callable[..., str],
) -> tuple[str, Hunk | None]:
    """The letter that settled it, and the piece as it is wanted, ``None`` when it is not."""
    first = hunk
    _show(hunk, write)
    while True:
        letter = answer(f"{number} Rewrite this output [y,n,e,.,a,d,q,?]? ").strip()[:1].lower()
        if letter in ("y", "a"):
            return letter, hunk
        if letter in ("n", "d", "q"):
            return letter, None
        if letter == "e":
            found = _edited(hunk, number, write=write, answer=answer, change=change)
            if found:
                return "y", found
        elif letter == ".":
            other = pieces.with_ellipses(first)
            if other and pieces.reads(other):
                hunk = other
                _show(hunk, write)
            else:
                _say("nothing of it can be shown as `...`", write)
        else:
            _say(_HELP, write)


def _edited(
    hunk: Hunk,
    number: str,
    *,
    write: Callable[[Line], None],
    answer: Callable[[str], str],
    change: Callable[..., str],
) -> Hunk | None:
    """The piece as the user edits it, ``None`` when that is taken back."""
    while True:
        try:
            hunk = pieces.edited(hunk, change(pieces.editable(hunk), notes=_notes(hunk)))
        except UsageError as error:
            _say(str(error), write)
            return None
        if not pieces.reads(hunk):
            problem, letters = "it would be read as a prompt, as prose or as markup", "n,e,?"
        elif not pieces.matches(hunk):
            problem, letters = "it does not match what was printed", "y,n,e,?"
        else:
            return hunk
        _say(problem, write)
        while True:
            letter = answer(f"{number} Keep it [{letters}]? ").strip()[:1].lower()
            if letter == "y" and "y" in letters:
                return hunk
            if letter == "n":
                return None
            if letter == "e":
                break
            _say(_KEEP, write)


def _notes(hunk: Hunk) -> str:
    step, output = hunk.edit.step, hunk.verdict.output
    printed = output.stdout if output else ""
    return (
        f"{step.path}:{step.line}: {step.prompt} {step.command}\n"
        "What stands above is what the article will show. `...` stands for what varies: inside of a line\n"
        f"for any text, on a line of its own for any lines. This was printed:\n\n{visible(printed)}"
    )


def _show(hunk: Hunk, write: Callable[[Line], None]) -> None:
    """The step, and what would change in the file."""
    write([*words.place(hunk.edit.step), *words.first_line(hunk.edit.step)])
    for line in list(words.difference(pieces.difference(hunk)))[2:]:
        write(line)


def _say(text: str, write: Callable[[Line], None]) -> None:
    for line in text.split("\n"):
        write([(visible(line), "quiet")])
