"""What the directives of Sphinx, MyST and their extensions do with their content.

Only as much as is needed to find sessions: a directive that is not named here holds markup.
"""

from __future__ import annotations

import re


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Their content is shown to the letter. The value is the language when the directive names none.
SESSIONS = {
    "code": "",
    "code-block": "",
    "sourcecode": "",
    "console": "console",
    "prompt": "bash",
    "terminal": "console",
}

# The words after three colons that say what is between them is shown to the letter, not a container's name.
CONSOLES = _names(
    """
    text console terminal shell-session sh-session bash-session shellsession bash sh shell zsh ksh
    """
)

# Their content is neither markup nor a session: another language, data, or another file's.
OPAQUE = _names(
    """
    autoclass autofunction automodule autosummary blockdiag code-cell csv-table date digraph doctest
    figure graph graphviz highlight image include index literalinclude math mermaid meta parsed-literal
    plantuml plot productionlist raw role testcode testcleanup testoutput testsetup toctree
    unicode
    """
)

# They take no argument: what stands on their first line is content already.
ADMONITIONS = _names(
    """
    attention caution danger error hint important note seealso tip todo warning
    epigraph highlights pull-quote compound
    """
)

OPTION = re.compile(r"\s*:[^:\s][^:]*:(?:\s|$)")


def language(name: str, argument: str) -> str:
    """The language of a session's directive: the first word of its argument, or its own."""
    first = argument.split(None, 1)
    return first[0].lower() if first else SESSIONS[name]
