"""The run as JUnit XML: a test suite an article, a test case a step. For Jenkins, GitLab and their like.

There is no standard but what Jenkins' xunit plugin accepts (its junit-10.xsd): a test case has no
attribute for a file or a line there, so its class name is the file, and its name begins with the line.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

from wordish.model import Event, Outcome, Transcript, Verdict
from wordish.reporters import words
from wordish.reporters.style import Style, visible

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element


@contextmanager
def report(stream: TextIO, *, style: Style, articles: int) -> Iterator[Callable[[Event], None]]:  # noqa: ARG001
    """Gather the transcripts, and write them on leaving."""
    transcripts: list[Transcript] = []

    def hear(event: Event) -> None:
        if isinstance(event, Transcript):
            transcripts.append(event)

    yield hear
    from xml.etree import ElementTree  # only those who want XML pay for it

    suites = ElementTree.Element("testsuites", name="wordish")
    suites.extend(map(_suite, transcripts))
    for total in ("tests", "failures", "errors"):
        suites.set(total, str(sum(int(suite.get(total, "0")) for suite in suites)))
    suites.set("time", _seconds(sum(transcript.elapsed for transcript in transcripts)))
    ElementTree.indent(suites)
    # ASCII is UTF-8 whatever the stream's encoding.
    stream.write(ElementTree.tostring(suites, encoding="us-ascii", xml_declaration=True).decode() + "\n")


def _suite(transcript: Transcript) -> Element:
    from xml.etree import ElementTree

    path = visible(transcript.document.path)
    suite = ElementTree.Element("testsuite", name=path, file=path)
    suite.set("timestamp", transcript.started)
    suite.set("time", _seconds(transcript.elapsed))
    properties = ElementTree.SubElement(suite, "properties")
    for name, value in {"target": str(transcript.target), **transcript.environment}.items():
        ElementTree.SubElement(properties, "property", name=visible(name), value=visible(value))
    suite.extend(map(_case, transcript.verdicts))
    reason = words.untold(transcript)
    if reason:
        case = ElementTree.SubElement(suite, "testcase", classname=path, name="the article", time="0.000")
        _told(case, "error", reason, reason)
    cases = suite.findall("testcase")
    for total, kind in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(total, str(sum(case.find(kind) is not None for case in cases)))
    suite.set("tests", str(len(cases)))
    return suite


_KINDS = {Outcome.FAILED: "failure", Outcome.ERROR: "error", Outcome.SKIPPED: "skipped"}


def _case(verdict: Verdict) -> Element:
    from xml.etree import ElementTree

    step = verdict.step
    case = ElementTree.Element(
        "testcase",
        classname=visible(step.path),
        name=f"line {step.line}: {words.text([words.first_line(step)])}",
        time=_seconds(verdict.output.elapsed if verdict.output else 0),
    )
    if kind := _KINDS.get(verdict.outcome):
        skipped = verdict.outcome is Outcome.SKIPPED
        text = "" if skipped else words.text(words.failure(verdict))
        _told(case, kind, visible(verdict.reason), text)
    return case


def _told(case: Element, kind: str, reason: str, text: str) -> None:
    from xml.etree import ElementTree

    told = ElementTree.SubElement(case, kind, message=reason, type=kind)
    told.text = text


def _seconds(seconds: float) -> str:
    return f"{seconds:.3f}"
