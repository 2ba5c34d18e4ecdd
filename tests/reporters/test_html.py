"""The page: one file, well-formed, with nothing in it that runs or loads."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from tests.reporters import runs
from tests.reporters.runs import tell
from wordish.model import Output, Transcript

X = "{http://www.w3.org/1999/xhtml}"


def page(text: str) -> ElementTree.Element:
    assert text.isascii()
    start = "<!DOCTYPE html>\n"
    assert text.startswith(start)
    return ElementTree.fromstring(text.removeprefix(start))


def words(element: ElementTree.Element) -> str:
    return " ".join("".join(element.itertext()).split())


def test_what_went_wrong_comes_first_and_is_open() -> None:
    root = page(tell("html", runs.run(runs.PASSED, path="b.md"), runs.ARTICLE, articles=2))
    assert words(root.findall(f".//{X}title")[0]) == "wordish: 1 failed, 1 passed"
    first, second = (d for d in root.iter(f"{X}details") if "article" in d.get("class", ""))
    assert words(first.findall(f".//{X}h2")[0]).startswith(
        "✗ docs/a.md: 1 failed, 1 passed, 1 not reached in "
    )
    assert (first.get("open"), second.get("open")) == ("open", None)
    assert words(first.findall(f"{X}dl")[0]) == ("targetvm:tinystarted2030-01-02T03:04:05+00:00kernel6.1")
    passed, failed, skipped = first.iter(f"{X}li")
    assert words(passed.findall(f".//{X}summary")[0]) == "✓ ~$ ls docs/a.md:4 passed, 0.25 s"
    assert failed[0].get("open") == "open"
    told = "".join(failed.findall(f".//{X}pre")[0].itertext())
    assert told.startswith("docs/a.md:6: failed: exit status 5")
    assert "\n    -red\n    +brown\n" in told
    assert words(skipped).startswith("- ~$ ls docs/a.md:9 skipped: after line 6")


@pytest.mark.parametrize(
    ("transcript", "said"),
    [(runs.UNREACHED, "! no machine: install one"), (runs.INTERRUPTED, "! interrupted")],
)
def test_why_an_article_could_not_be_checked(transcript: Transcript, said: str) -> None:
    assert said in {words(p) for p in page(tell("html", transcript)).iter(f"{X}p")}


def test_nothing_is_loaded_and_nothing_runs() -> None:
    text = tell("html", runs.NASTY)
    tags = {element.tag.removeprefix(X) for element in page(text).iter()}
    assert not tags & {"script", "link", "img", "iframe", "object", "embed", "form", "a", "base"}
    assert not re.search(r"url\(|@import|https?:(?!//www.w3.org/1999/xhtml)", text)
    assert "default-src 'none'; style-src 'unsafe-inline'" in text
    assert all(not name.startswith("on") for e in page(text).iter() for name in e.attrib)


def test_hostile_texts_are_shown_to_the_letter() -> None:
    root = page(tell("html", runs.NASTY))
    shown = "".join(root.itertext())
    assert "<script>alert(1)</script>" in shown
    assert "\\u202e" in shown
    assert "\u202e" not in shown


def test_a_flood_is_cut() -> None:
    flood = runs.PASSED._replace(output=Output(stdout="x\n" * 1_000_000))
    assert len(tell("html", runs.run(flood))) < 40_000


def test_a_run_without_articles_is_a_page_too() -> None:
    assert "no article" in words(page(tell("html", articles=0)))
