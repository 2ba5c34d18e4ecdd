"""What a prompt looks like, and whose it is."""

from __future__ import annotations

import re
from typing import NamedTuple

from wordish.model import User

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
_ROOT_LOOKALIKE = re.compile(r"# +[a-z./][\w./-]*(?: .*)?$")


class Prompted(NamedTuple):
    """A line that starts with a prompt: ``rest`` is what was typed there, "" at a bare prompt."""

    prompt: str
    user: User
    rest: str


def match(line: str, *, weak: bool = False) -> Prompted | None:
    """The prompt at the start of a line, or ``None``.

    ``weak`` prompts, a mere word before the sign (``src$ ``, ``host:dir# ``), look like much that is no
    prompt (``US$ 12``, ``cat -A``): they count only when asked for.
    """
    if "$" not in line and "#" not in line:  # most lines are output
        return None
    found = _PROMPT.match(line) or (_WEAK_PROMPT.match(line) if weak else None)
    if found is None:
        return None
    prompt = found["prompt"]
    return Prompted(prompt=prompt, user="root" if prompt.endswith("#") else "user", rest=found["rest"] or "")


def unmistakable(line: str) -> bool:
    """Whether a line of a file, in whatever markup, shows a command at a prompt that is nothing else."""
    return ("$" in line or "#" in line) and bool(_UNMISTAKABLE.match(line))


def looks_like_root(line: str) -> bool:
    """Whether a line may be a command after root's bare ``# ``, which by default is a comment or output."""
    return bool(_ROOT_LOOKALIKE.match(line))
