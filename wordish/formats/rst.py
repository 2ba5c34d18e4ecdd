"""reStructuredText, as docutils parses it and whatever directives and roles its project defines."""

from __future__ import annotations

from wordish.formats.reading import NOTHING, Found, Reading, Remark, assemble
from wordish.model import Diagnostic, Options

SUFFIXES = (".rst", ".rest", ".txt")


def read(text: str, *, path: str, outer: Options = NOTHING) -> Reading:
    """The blocks of ``sourcecode code-block code console prompt terminal`` and ``::``, anywhere."""
    return assemble(found(text, path=path), lines=text.split("\n"), path=path, outer=outer)


def found(text: str, *, path: str, offset: int = 0) -> list[Found]:
    """The sessions and comments of a text whose first line is the file's line ``offset + 1``."""
    from wordish.formats import rst_states  # docutils costs 80 ms: only those who read rst pay

    try:
        return rst_states.found(text.split("\n"), path=path, offset=offset)
    except RecursionError:
        fault = Diagnostic(
            path=path, line=offset + 1, name="too-deep", message="its markup is nested too deep to be read"
        )
        return [Remark(diagnostics=(fault,))]
