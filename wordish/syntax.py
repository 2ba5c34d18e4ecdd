"""Where a command ends, decided by the shell's own parser.

``bash -n`` reads a text without running any of it and complains when it wanted more. It agrees with
what an interactive bash does at a keyboard (PS1 or PS2 next), costs about a millisecond, and knows
all of bash's grammar. Commands of plain words are recognised here and never cost that call.
"""

from __future__ import annotations

import functools
import os
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from wordish.errors import MissingToolError

if TYPE_CHECKING:
    import subprocess

# How often bash is asked about one command.
PATIENCE = 300

# What bash calls an input that stopped too early, in the C locale (bash 5.0 to 5.3: parse.y, make_cmd.c).
_MORE = re.compile(
    r"unexpected EOF while looking for matching `(?P<quote>.)'"
    r"|here-document at line \d+ delimited by end-of-file \(wanted `(?P<word>.*)'\)"
    r"|unexpected end of file|unexpected token `EOF'"
)

# What it calls an input that it will not have.
_REFUSED = re.compile(r"syntax error near unexpected token `(?!newline')(?P<token>.*)'")

# Bash's reserved words (bash(1), RESERVED WORDS): at the start of a command they may open a compound.
RESERVED = frozenset(
    {"!", "{", "}", "[[", "]]", "case", "coproc", "do", "done", "elif", "else", "esac", "fi", "for"}
    | {"function", "if", "in", "select", "then", "time", "until", "while"}
)

# The pieces of a simple command. A word has neither expansions that nest nor anything bash reads
# specially; "[" after a letter is left to bash, which may take it for an array's subscript. There
# is one way to match a piece, so nothing backtracks (possessive quantifiers hang in Python 3.11.2).
PIECE = re.compile(
    r"""
    (?P<blank>[ \t]+)
  | (?P<comment>(?<![^ \t])\#[^\n]*)
  | (?P<redirection>(?:[0-9]+|&)?(?:>>|>)(?:&[0-9-]+)?|[0-9]*<(?![<(&>]))
  | (?P<operator>&&|\|\|?|;(?!;)|&)
  | (?P<word>(?:
        (?:[^\x00-\x20\x7f'"\\$`&|;<>()!\[\#]|(?<![\w\]])\[|(?<=[\w./:=,@%+~-])\#)
      | '[^'\n]*'
      | "(?:[^"\\$`\n]|\$[A-Za-z_]\w*(?!\w)|\$[0-9?]|\$\{\w+(?::?[-=+?][\w./ -]*)?\})*"
      | \$[A-Za-z_]\w*(?!\w) | \$[0-9?] | \$\{\w+(?::?[-=+?][\w./-]*)?\}
    )+)
    """,
    re.VERBOSE | re.ASCII,
)

# A program and its plain arguments, the commonest command; what `PIECE` says of it too, in one look.
_PLAIN = re.compile(r"[\w./-]+(?: [\w./:,@%+-]+)*", re.ASCII)

# What can end a compound command; a line without any of these leaves it open.
_CLOSER = re.compile(r"[})\]]|\b(?:fi|done|esac)\b")
_DANGLING = re.compile(r"(?:[|&]|\\)\s*$")


def plainly_complete(line: str) -> bool:
    """Whether this one line is surely a whole command, without asking bash.

    ``False`` means "ask". Sure are simple commands of words, quoted strings and variables, joined by
    ``| && || ; &`` and redirected, none of which starts with a reserved word.
    """
    if _PLAIN.fullmatch(line):
        return line.partition(" ")[0] not in RESERVED
    position, starts, dangling, redirected = 0, True, False, False
    while position < len(line):
        piece = PIECE.match(line, position)
        if piece is None:
            return False
        position, kind, text = piece.end(), piece.lastgroup, piece.group()
        if kind == "comment":
            break
        if kind == "redirection":
            if redirected:
                return False
            redirected = not text[-1].isdigit() and text[-1] != "-"
        elif kind == "operator":
            if starts or redirected:
                return False
            starts, dangling = True, text not in ("&", ";")
        elif kind == "word" and redirected:
            redirected = False
        elif kind == "word":
            if starts and text in RESERVED:
                return False
            dangling, starts = False, starts and "=" in text
    return not (dangling or redirected)


def is_one_pipeline(command: str) -> bool:
    """Whether this is surely one command of plain words, or such commands joined by ``|`` alone."""
    operators = (piece.group() for piece in PIECE.finditer(command) if piece.lastgroup == "operator")
    return "\n" not in command and plainly_complete(command) and all(sign == "|" for sign in operators)


def wanting(text: str) -> str:
    """What bash still waits for after ``text``; "" when it is a whole command.

    One of: a quote or bracket; ``<<WORD`` for a here-document; ``\\`` for a line that goes on;
    ``...`` for an open ``{ ( do then case && ||`` or the like. A text that bash refuses for another
    reason is whole: at a keyboard bash would refuse it there and then.

    Raises `MissingToolError` without bash.
    """
    if "\n" not in text and plainly_complete(text):
        return ""
    said = _complaint(text)
    complaints = list(_MORE.finditer(said))
    documents = [found["word"] for found in complaints if found["word"] is not None]
    # Bash also says so of a here-document that the end of its $( ) has ended; in an open one a quote is text.
    if documents and not _opens_quote(f"{text}\n'"):
        return f"<<{documents[0]}"
    for found in complaints:
        if found["word"] is None:
            return found["quote"] or "..."
    backslashes = len(text) - len(text.rstrip("\\"))
    if not backslashes % 2 or _in_comment(text):
        return ""
    refused = _REFUSED.search(said)  # what it refuses may be a word that goes on in the next line
    return "" if refused and not text[:-1].endswith(refused["token"].strip(");&|") or "\n") else "\\"


def extent(lines: Sequence[str]) -> tuple[int, str]:
    """How many of these lines the first command takes, and what it still waits for ("" when it ended).

    The soonest end counts. Bash is asked only where the command can end, and not more than `PATIENCE`
    times: a command that is then still open is taken for one that never ends.
    """
    wanted, above = wanting(lines[0]), lines[0]
    asked = 0
    for count, line in enumerate(lines):
        if count == 0:
            continue
        if not wanted:
            return count, ""
        if _may_end(line, above=above, wanted=wanted):
            asked += 1
            if asked > PATIENCE:
                break
            wanted = wanting("\n".join(lines[: count + 1]))
        if line.strip():
            above = line
    return len(lines), wanted


def _may_end(line: str, *, above: str, wanted: str) -> bool:
    """Whether ``line`` can end a text that waits for ``wanted``; certain when it says no.

    ``above`` is the last line above it that is not blank.
    """
    if wanted.startswith("<<"):
        # The delimiter may be indented by tabs (<<-), and inside $( ) be followed by its parenthesis.
        return line.lstrip("\t").startswith(wanted[2:])
    if wanted == "...":
        return bool(_CLOSER.search(line) or _DANGLING.search(above) or "#" in above)
    return wanted == "\\" or wanted in line


@functools.cache
def built_in() -> frozenset[str]:
    """The names that bash itself knows: builtins and reserved words.

    Raises `MissingToolError` without bash.
    """
    done = _bash("-c", "compgen -b; compgen -k", text="")
    return frozenset(done.stdout.decode().split())


def is_refused(text: str) -> bool:
    """Whether bash will not have this whole command, and so nothing that stands around it."""
    if "\n" not in text and plainly_complete(text):
        return False
    return any("warning: here-document" not in line for line in _complaint(text).splitlines())


def missing(text: str) -> str:
    """The word that would end an open compound command (``}``, ``fi``), "" when no single one does."""
    return next((word for word in ("}", ")", "fi", "done", "esac") if not _complaint(f"{text}\n{word}")), "")


def is_comment(text: str, position: int) -> bool:
    """Whether the ``#`` at this ``position`` of ``text`` starts a comment for bash."""
    before = text[:position]
    if before and before[-1] not in " \t\n;&|":
        return False
    line_start = before.rfind("\n") + 1
    if not line_start and plainly_complete(before):
        return True
    if line_start and wanting(text[: line_start - 1]).startswith("<<"):
        return False
    # Inside a comment nothing opens or closes a string, so bash still waits for the same thing.
    return len({wanting(f"{before}#{quote}") for quote in ("", "'", '"')}) == 1


def is_unquoted(text: str, position: int) -> bool:
    """Whether bash would read a quote at this ``position`` of ``text`` as one.

    It would not inside of quotes, of a comment, or of a here-document.
    """
    return _opens_quote(f"{text[:position]}'")


def _in_comment(text: str) -> bool:
    """Whether the end of ``text``, a backslash, stands in a comment, where it means nothing."""
    line = text[text.rfind("\n") + 1 :]
    return "#" in line and not _opens_quote(text[:-1] + "'")


def _opens_quote(text: str) -> bool:
    return "looking for matching `''" in _complaint(text)


@functools.lru_cache(maxsize=4096)
def _complaint(text: str) -> str:
    """What ``bash -n`` says of a text, first complaint first.

    The environment is emptied: BASH_ENV would be run, SHELLOPTS would change the grammar, and the
    messages must be those of the C locale.
    """
    return _bash("-n", text=f"{text}\n").stderr.decode(errors="replace")


def _bash(*arguments: str, text: str) -> subprocess.CompletedProcess[bytes]:
    import subprocess  # plain words never come here

    try:
        return subprocess.run(
            ["bash", *arguments],
            input=text.encode(),
            capture_output=True,
            env={"LC_ALL": "C", "PATH": os.environ.get("PATH", os.defpath)},
            check=False,
        )
    except FileNotFoundError as error:
        raise MissingToolError("bash is not installed", hint="apt-get install bash") from error
