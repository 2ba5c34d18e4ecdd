"""JUnit XML: well-formed whatever was printed, and valid for Jenkins."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest
import xmlschema
from hypothesis import given
from hypothesis import strategies as st

from tests.reporters import runs
from tests.reporters.runs import tell
from wordish.model import Outcome, Output, Transcript, Verdict

SCHEMA = xmlschema.XMLSchema(Path(__file__).with_name("jenkins.xsd"))


def suites(text: str) -> ElementTree.Element:
    SCHEMA.validate(text.partition("?>")[2])
    assert text.isascii()
    return ElementTree.fromstring(text)


def test_a_suite_is_an_article_and_a_case_is_a_step() -> None:
    root = suites(tell("junit", runs.ARTICLE))
    assert root.attrib == {
        "name": "wordish",
        "tests": "3",
        "failures": "1",
        "errors": "0",
        "time": "1234.500",
    }
    (suite,) = root
    assert (suite.get("file"), suite.get("skipped")) == ("docs/a.md", "1")
    assert {p.get("name"): p.get("value") for p in suite.iter("property")} == {
        "target": "vm:tiny",
        "kernel": "6.1",
    }
    passed, failed, skipped = suite.iter("testcase")
    assert passed.attrib == {"classname": "docs/a.md", "name": "line 4: ~$ ls", "time": "0.250"}
    assert len(passed) == 0
    assert failed.get("name") == "line 6: ~$ fox \\ …"
    assert failed[0].tag == "failure"
    assert failed[0].get("message") == runs.FAILED.reason
    text = str(failed[0].text)
    assert text.startswith("docs/a.md:6: failed: exit status 5")
    assert "\n    -red\n    +brown\n" in text
    assert [(skipped[0].tag, skipped[0].get("message"))] == [("skipped", "after line 6")]


@pytest.mark.parametrize(
    ("transcript", "name"),
    [(runs.UNREACHED, "the article"), (runs.INTERRUPTED, "the article"), (runs.LOST, "line 6: ~$ ls")],
)
def test_what_could_not_be_checked_is_an_error_told_once(transcript: Transcript, name: str) -> None:
    root = suites(tell("junit", transcript))
    assert root.get("errors") == "1"
    assert [case.get("name") for case in root.iter("testcase") if case.find("error") is not None] == [name]


def test_a_run_without_articles_is_a_report_too() -> None:
    assert len(suites(tell("junit"))) == 0


def test_whatever_is_printed_leaves_it_well_formed() -> None:
    root = suites(tell("junit", runs.NASTY))
    assert "]]>" in str(root.findall(".//failure")[0].text)


@given(st.text(alphabet=st.characters()))
def test_any_text_does(text: str) -> None:
    verdict = Verdict(
        step=runs.step(1, text), outcome=Outcome.FAILED, output=Output(stderr=text), reason=text, diff=text
    )
    suites(tell("junit", runs.run(verdict)))
