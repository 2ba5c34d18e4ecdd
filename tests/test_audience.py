"""Which reports go where, and what is no answer to that."""

from __future__ import annotations

import pytest

from wordish.audience import wanted
from wordish.errors import UsageError


@pytest.mark.parametrize(
    ("formats", "output", "reports"),
    [
        ([], None, [("terminal", "-")]),
        ([], "a.txt", [("terminal", "a.txt")]),
        (["json"], None, [("json", "-")]),
        (["json"], "a.json", [("json", "a.json")]),
        (["json=a=b.json"], None, [("json", "a=b.json")]),
        (["json=a.json", "terminal"], None, [("json", "a.json"), ("terminal", "-")]),
        (["json=a.json", "terminal"], "a.txt", [("json", "a.json"), ("terminal", "a.txt")]),
    ],
)
def test_each_report_has_its_place(
    formats: list[str], output: str | None, reports: list[tuple[str, str]]
) -> None:
    assert [(report.form, report.output) for report in wanted(formats, output)] == reports


@pytest.mark.parametrize(
    ("formats", "output", "said"),
    [
        (["xml"], None, "--format xml: no such form: there are terminal, json, "),
        (["json="], None, "--format json=: which file?: say `--format json=FILE`"),
        (["json", "terminal"], None, "--format terminal: two reports on the standard output: give one"),
        (["json=a", "json=./a"], None, "--format json=./a: two reports in ./a: give one a file of its own"),
        (["json=a"], "b", "--output b: each report has its file already"),
        (["json=a", "terminal"], "a", "--output a: two reports in a: "),
    ],
)
def test_what_makes_no_sense_is_refused(formats: list[str], output: str | None, said: str) -> None:
    with pytest.raises(UsageError) as error:
        wanted(formats, output)
    assert str(error.value).startswith(said)
