"""What a prompt looks like, and whose it is."""

from __future__ import annotations

import re
from typing import NamedTuple

from wordish.model import Options, User
from wordish.pattern import reach

# A prompt is followed by a blank or by the end of its line; a no-break space counts as a blank.
_END = r"(?:[ \t\u00a0](?P<rest>.*))?$"

_STRONG = r"""
    (?P<prompt>
        (?:\([^()\s][^()]*\)[ \u00a0])?         # (venv)
        (?:
            [~/][\w.+/~-]*[$#]                  # ~#   ~/src$   /etc#
          | [\w.+-]+@[\w.-]+[:\ ][^\s$#]*[$#]   # user@host:dir$
          | \[[\w.@:~+/\ -]+\][$#]              # [user@host dir]#   [word]$
          | (?:ba|k)?sh-[0-9][0-9.]*[a-z]?[$#]  # bash-5.2$   sh-5.1#
          | \$
        )
    )"""
_WEAK = r"(?P<prompt>(?:\([^()\s][^()]*\)[ \u00a0])?[\w.+-]+(?::[\w.+~/-]*)?[$#])"  # dir$   host:dir#

# What no prose begins with: not a bare "$", nor a mere word. Blanks, and the marks of quotes and lists, may
# stand before it. Each mark takes all the blanks behind it, so that nothing backtracks.
_UNMISTAKABLE = re.compile(
    r"""
    [ \t]* (?: > [ \t]* | (?: [-*+] | [0-9]{1,9}[.)] ) [ \t]+ )*
    (?:\([^()\s][^()]*\)[ \u00a0])?
    (?:
        ~[\w.+/~-]*[$#] | /(?!/)[\w.+/~-]*[$#]
      | [\w.+-]+@[\w.-]+(?: : [^\s$#]* | [ ][^\s$#]+ )[$#]
      | \[[\w.@:~+/\ -]+\][$#]
    )
    [ \t\u00a0]+ \S
    """,
    re.VERBOSE,
)

_PROMPT = re.compile(_STRONG + _END, re.VERBOSE | re.DOTALL)
_WEAK_PROMPT = re.compile(_WEAK + _END, re.DOTALL)
_BLANKS = " \t\u00a0"


class Prompted(NamedTuple):
    """A line that starts with a prompt: ``rest`` is what was typed there, "" at a bare prompt.

    ``guessed``: that it is a prompt, and not a comment or output, is likely and no more.
    """

    prompt: str
    user: User
    rest: str
    guessed: bool = False


class Own(NamedTuple):
    """Prompts that an author adds to those known anyway: patterns in RE2's syntax, by account."""

    root: tuple[str, ...] = ()
    user: tuple[str, ...] = ()


def own(options: Options) -> Own | None:
    """The prompts that ``options`` add, ``None`` when they add none."""
    root, user = options.root_prompt, options.user_prompt
    return Own(root=root or (), user=user or ()) if root or user else None


def match(line: str, *, weak: bool = False, own: Own | None = None) -> Prompted | None:
    """The prompt at the start of a line, or ``None``; an author's ``own`` go before those known anyway.

    ``weak`` prompts, a mere word before the sign (``src$ ``, ``host:dir# ``), look like much that is no
    prompt (``US$ 12``, ``cat -A``): they count only when asked for.
    """
    if own and (theirs := _own(line, own)):
        return theirs
    if "$" not in line and "#" not in line:  # most lines are output
        return None
    found = _PROMPT.match(line) or (_WEAK_PROMPT.match(line) if weak else None)
    if found is None:
        return None
    prompt = found["prompt"]
    return Prompted(prompt=prompt, user="root" if prompt.endswith("#") else "user", rest=found["rest"] or "")


def _own(line: str, own: Own) -> Prompted | None:
    """The prompt of an author's at the start of a line; like others, a blank or the line's end follows it."""
    text = line.replace("\u00a0", " ") + " "  # blanks at the end of a bare prompt get lost in editors
    accounts: tuple[tuple[User, tuple[str, ...]], ...] = (("root", own.root), ("user", own.user))
    for user, patterns in accounts:
        for pattern in patterns:
            end = reach(pattern, text)
            if end > 0 and (text[end - 1] in _BLANKS or text[end] in _BLANKS):
                prompt, rest = line[:end].rstrip(_BLANKS), line[end:]
                if prompt:
                    return Prompted(prompt=prompt, user=user, rest=rest[1:] if rest[:1] in _BLANKS else rest)
    return None


def unmistakable(line: str, *, own: Own | None = None) -> bool:
    """Whether a line of a file, in whatever markup, shows a command at a prompt that is nothing else."""
    if ("$" in line or "#" in line) and _UNMISTAKABLE.match(line):
        return True
    theirs = _own(line.lstrip(" \t"), own) if own else None
    # A mere sign may be the mark of a quote, a heading or a list.
    return theirs is not None and bool(theirs.rest.strip() and re.search(r"\w.", theirs.prompt))
