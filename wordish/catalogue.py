"""Every remark that wordish has on articles: its code, its name, how bad it is, what it means.

Codes and names are stable: a code is never given to something else. ``E0``: the article cannot be
read; ``E1``: it must not run where it would; ``W0``: it may not be read as its author meant; ``W1``: it is
read as meant, and something in it is doubtful, which `wordish.lint` alone tells.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final, NamedTuple

from wordish.model import Diagnostic, Document, Options, Severity


class Kind(NamedTuple):
    """One kind of remark. ``meaning`` is a sentence without a full stop."""

    code: str
    name: str
    meaning: str

    @property
    def severity(self) -> Severity:
        """An error's code begins with ``E``."""
        return Severity.ERROR if self.code.startswith("E") else Severity.WARNING


CATALOGUE: Final = (
    Kind("E001", "open-command", "a command never ends"),
    Kind("E002", "control-character", "a command holds a character that a terminal would act on"),
    Kind("E003", "unknown-option", "there is no such option"),
    Kind("E004", "bad-option", "an option's value is of the wrong kind, missing, or said twice"),
    Kind("E005", "misplaced-option", "an option stands where it may not be said"),
    Kind("E006", "bad-pattern", "a line that is shown as a regular expression is none"),
    Kind("E007", "bad-front-matter", "the front matter that speaks to wordish is no YAML mapping"),
    Kind("E008", "open-comment", "a comment of wordish never ends"),
    Kind("E009", "session-in-comment", "a comment holds a session but not hidden, or hidden but no prompt"),
    Kind("E010", "too-deep", "the markup is nested deeper than can be read"),
    Kind("E011", "unreadable", "the file cannot be read, or is no text in UTF-8"),
    Kind("E012", "bad-include", "nothing of a file is included as its directive says"),
    Kind("E013", "include-cycle", "a file includes itself"),
    Kind("E014", "no-such-article", "an article that runs before is not there, or has no session"),
    Kind("E015", "circular-after", "an article comes after itself"),
    Kind("E016", "misplaced-delimiter", "a here-document's end stands where bash does not see it"),
    Kind("E101", "unknown-target", "there is no such target"),
    Kind("E102", "unknown-machine", "the machine is not described, or none of several is chosen"),
    Kind("E103", "root-prompt", "a root prompt would run on a target that is not thrown away"),
    Kind("E104", "root-on-a-guess", "a root prompt that is only guessed would run"),
    Kind("E105", "wrong-address", "a target is told too much, or not which"),
    Kind("E106", "real-machine", "an article names a machine that only the command line may name"),
    Kind("W001", "unread-session", "a session stands where none is looked for"),
    Kind("W002", "no-session", "an article that was named has no session"),
    Kind("W003", "stray-comment", "a comment of wordish is for no block"),
    Kind("W004", "misspelt-comment", "a comment is almost one of wordish's"),
    Kind("W005", "prompt-in-here-document", "a here-document may have taken commands"),
    Kind("W006", "no-break-space", "a no-break space in a command is read as a blank"),
    Kind("W007", "missing-include", "a file that is included cannot be read"),
    Kind("W008", "stray-output", "an output is compared with nothing"),
    Kind("W009", "not-runnable", "a command has something for the reader to fill in"),
    Kind("W010", "comment-in-session", "a comment stands where an output is expected"),
    Kind("W011", "stage-direction", "words to the reader stand where an output is expected"),
    Kind("W012", "guessed-root-prompt", "a line that begins with `# ` looks like a command of root"),
    Kind("W013", "prompt-in-command", "a command may have taken others that stand below it"),
    Kind("W014", "unbound-sample", "a command uses a sample that no output has shown before"),
    Kind("W015", "unshown-sample", "no output shows a sample"),
    Kind("W101", "misspelt-hint", "a trailing comment is almost a hint"),
    Kind("W102", "unknown-program", "a program is not found where the article runs"),
    Kind("W103", "sudo-as-root", "a command of root calls sudo"),
    Kind("W104", "no-cleanup", "root's steps on a target that is not thrown away, and none cleans up"),
    Kind("W105", "ellipsis-command", "a command holds an ellipsis"),
    Kind("W106", "no-prompt", "a block of a terminal's session has no prompt"),
    Kind("W107", "sleep-beyond-timeout", "a command sleeps for longer than it may take"),
    Kind("W108", "long-timeout", "a step's timeout is longer than the article's"),
    Kind("W111", "ignored-step", "nothing of a step is judged"),
    Kind("W112", "any-status", "any exit status passes"),
    Kind("W113", "unjudged-output", "an output is shown and not compared"),
    Kind("W114", "only-ellipsis", "any output passes, for nothing but an ellipsis is shown"),
    Kind("W115", "any-pattern", "a pattern is shown that any line matches"),
)  # fmt: skip

_NAMES: Final = {kind.name: kind for kind in CATALOGUE}
_CODES: Final = {kind.code: kind for kind in CATALOGUE}


def kind(word: str) -> Kind | None:
    """The kind of this name or code, ``None`` when there is none."""
    return _NAMES.get(word) or _CODES.get(word.upper())


def code(name: str) -> str:
    """The code of the remark of this name, "" for one that is not in the catalogue."""
    known = _NAMES.get(name)
    return known.code if known else ""


def switched_off(words: str) -> frozenset[str]:
    """The names of the warnings that these words, codes or names separated by blanks or commas, switch off.

    Raises `ValueError`, saying why, for a word that is none of a warning, and for no word at all.
    """
    if not words.strip(" ,"):
        raise ValueError("takes codes or names of warnings")
    return frozenset(map(_warning, re.split(r"[\s,]+", words.strip(" ,"))))


def _warning(word: str) -> str:
    found = kind(word)
    if found is None:
        import difflib  # for those who make mistakes

        known = [each.name for each in CATALOGUE if each.severity is Severity.WARNING]
        close = difflib.get_close_matches(word, known, n=1)
        meant = f", did you mean {close[0]}?" if close else ""
        raise ValueError(f"takes codes or names of warnings, and {word!r} is none{meant}")
    if found.severity is Severity.ERROR:
        raise ValueError(f"takes warnings, and {found.code} {found.name} is an error")
    return found.name


def told(document: Document, remarks: Iterable[Diagnostic], *, off: frozenset[str]) -> tuple[Diagnostic, ...]:
    """The remarks on a document but for the warnings that are switched off.

    ``off`` are names, for all documents. What the article says of itself counts for all of it, what it
    says of a step for the lines of that.
    """
    article = _off(document.options)
    steps: dict[tuple[str, int], frozenset[str]] = {}
    for step in document.steps:
        if step.options.lint_ignore:
            last = step.expectation.lines[1] if step.expectation.lines else step.end_line
            names = _off(step.options)
            steps.update({(step.path, line): names for line in range(step.line, last + 1)})
    return tuple(
        remark
        for remark in remarks
        if remark.severity is Severity.ERROR
        or remark.name not in off | article | steps.get((remark.path, remark.line), frozenset())
    )


def _off(options: Options) -> frozenset[str]:
    return switched_off(options.lint_ignore) if options.lint_ignore else frozenset()
