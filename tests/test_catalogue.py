"""The catalogue is complete, and what is switched off is not told."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from tests.conftest import ROOT
from wordish.catalogue import CATALOGUE, code, kind, switched_off, told
from wordish.document import parse
from wordish.model import Diagnostic, Severity


def built() -> Iterator[tuple[str, str, Severity]]:
    """Every remark that the package's code can build: where, its name, how bad it is."""
    for path in sorted((ROOT / "wordish").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
                continue
            said = {word.arg: ast.unparse(word.value) for word in node.keywords}
            name = said.get("name", "''")
            if node.func.id == "_fault":
                name = ast.unparse(node.args[2])
            elif node.func.id != "Diagnostic":
                continue
            if path.name in ("update.py", "pin.py"):  # what these leave and write is no remark
                continue
            severity = Severity.WARNING if "WARNING" in said.get("severity", "") else Severity.ERROR
            for choice in re.findall(r"'([a-z-]+)'", name):
                yield f"{path.name}:{node.lineno}", choice, severity


def test_every_remark_is_in_the_catalogue_as_bad_as_it_is() -> None:
    found = list(built())
    assert len(found) > 20
    for where, name, severity in found:
        known = kind(name)
        assert known is not None, (where, name)
        assert known.severity is severity, (where, name)


def test_codes_and_names_are_unique_and_in_order() -> None:
    codes = [each.code for each in CATALOGUE]
    assert codes == sorted(set(codes))
    assert all(re.fullmatch(r"[EW][01]\d\d", each) for each in codes)
    assert len({each.name for each in CATALOGUE}) == len(CATALOGUE)
    assert code("guessed-root-prompt") == "W012"
    assert code("something-else") == ""


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ("W012", {"guessed-root-prompt"}),
        ("w012,no-session", {"guessed-root-prompt", "no-session"}),
        (" W012,  W002 ,", {"guessed-root-prompt", "no-session"}),
    ],
)
def test_warnings_are_switched_off_by_code_or_name(words: str, names: set[str]) -> None:
    assert switched_off(words) == names


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("", "takes codes or names of warnings"),
        (" , ", "takes codes or names of warnings"),
        ("W999", "takes codes or names of warnings, and 'W999' is none"),
        ("no-sesion", "takes codes or names of warnings, and 'no-sesion' is none, did you mean no-session?"),
        ("W012 E001", "takes warnings, and E001 open-command is an error"),
    ],
)
def test_only_warnings_can_be_switched_off(words: str, why: str) -> None:
    with pytest.raises(ValueError, match=re.escape(why)):
        switched_off(words)


def test_what_is_switched_off_is_not_told() -> None:
    text = "# wordish: lint-ignore=no-session\n~$ true  # wordish: lint-ignore='W001 W006'\nshown\n~$ false\n"
    document = parse(text, path="a.console")
    assert not document.errors

    def remark(line: int, name: str) -> Diagnostic:
        return Diagnostic(path="a.console", line=line, name=name, message="", severity=Severity.WARNING)

    remarks = [
        remark(1, "no-session"),
        remark(2, "unread-session"),
        remark(3, "no-break-space"),
        remark(3, "stray-comment"),
        remark(4, "unread-session"),
        remark(4, "misspelt-comment"),
        Diagnostic(path="a.console", line=2, name="open-command", message=""),
    ]
    heard = told(document, remarks, off=frozenset({"misspelt-comment", "open-command"}))
    assert heard == (remarks[3], remarks[4], remarks[6])


def test_the_page_explains_every_kind_with_an_example_that_shows_it() -> None:
    page = (ROOT / "docs" / "reference" / "warnings.md").read_text(encoding="utf-8")
    sections = re.split(r"^### ", page, flags=re.MULTILINE)[1:]
    heads = [section.partition("\n")[0] for section in sections]
    assert heads == [f"{each.code} {each.name}" for each in CATALOGUE]
    for head, section in zip(heads, sections, strict=True):  # what the page shows is verified with the docs
        assert re.search(rf"^~\$ wordish lint .*\n(?:\S+:\d+: .*\n)*\S+:\d+: {head}: ", section, re.MULTILINE)
