"""Badges: a picture and shields.io's endpoint, for each article and for all."""

from __future__ import annotations

import json
from xml.etree import ElementTree

from tests.sphinx_ext.conftest import Start
from tests.sphinx_ext.test_stamp import ARTICLE, record
from wordish.sphinx_ext import badge
from wordish.sphinx_ext.badge import Badge
from wordish.sphinx_ext.state import Kind


def test_a_picture_says_it_in_words_and_in_a_sign() -> None:
    picture = badge.svg(Badge(message="verified on <today> & later", kind=Kind.VERIFIED))
    root = ElementTree.fromstring(picture)
    texts = ["".join(text.itertext()) for text in root.iter("{http://www.w3.org/2000/svg}text")]
    assert texts == ["wordish", "✓ verified on <today> & later"]
    assert root.get("aria-label") == "wordish: verified on <today> & later"
    assert root.get("role") == "img"


def luminance(colour: str) -> float:
    """Relative luminance, as WCAG 2.1 defines it."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_each_colour_lets_white_be_read() -> None:
    for colour in badge._COLOURS.values():
        assert 1.05 / (luminance(colour) + 0.05) >= 4.5


def test_badges_are_written_with_the_pages_when_asked_for(project: Start) -> None:
    made = project({"index.md": ARTICLE, "howto/b.md": ARTICLE.replace("Volumes", "Other")})
    record(made, "index.md")
    assert not (made.build(suppress_warnings=["toc"]).out / "_static/wordish/badges").exists()
    built = made.build(suppress_warnings=["toc"], wordish_badges=True)
    assert json.loads(built.text("_static/wordish/badges/articles/index.json")) == {
        "schemaVersion": 1,
        "label": "wordish",
        "message": "verified on 22 November 2026",
        "color": "2a7a2e",
        "isError": False,
    }
    assert "never verified" in built.text("_static/wordish/badges/articles/howto/b.svg")
    assert json.loads(built.text("_static/wordish/badges/all.json"))["message"] == "1 of 2 verified"


def test_they_are_as_good_as_the_worst_article(project: Start) -> None:
    made = project({"index.md": ARTICLE})
    record(made, "index.md", outcome="failed")
    built = made.build(wordish_badges=True)
    told = json.loads(built.text("_static/wordish/badges/all.json"))
    assert told["message"] == "0 of 1 verified"
    assert told["isError"]
