"""reStructuredText, as docutils parses it and whatever directives and roles its project defines."""

from __future__ import annotations

from wordish.formats.inclusion import Included, Load
from wordish.formats.reading import NOTHING, Found, Reading, Remark, assemble
from wordish.model import Diagnostic, Options

SUFFIXES = (".rst", ".rest", ".txt")


def read(text: str, *, path: str, load: Load, outer: Options = NOTHING) -> Reading:
    """The blocks of ``sourcecode code-block code console prompt terminal`` and ``::``, anywhere."""
    included = Included(load, path=path)
    everything = found(text, path=path, offset=0, included=included)
    return assemble(everything, lines=text.split("\n"), path=path, outer=outer)


def found(text: str, *, path: str, offset: int, included: Included) -> list[Found]:
    """The sessions and comments of a text whose first line is the file's line ``offset + 1``."""
    from wordish.formats import rst_states  # docutils costs 80 ms: only those who read rst pay

    try:
        return rst_states.found(text.split("\n"), path=path, offset=offset, included=included)
    except RecursionError:
        fault = Diagnostic(
            path=path, line=offset + 1, name="too-deep", message="its markup is nested too deep to be read"
        )
        return [Remark(diagnostics=(fault,))]
