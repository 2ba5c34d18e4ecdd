"""Badges: a picture, and what shields.io's endpoint reads, for each article and for all of them.

They are written beside the pages: ``_static/wordish/badges/all.svg`` and ``all.json``, and below
``articles`` one of each for every page; https://shields.io/badges/endpoint-badge has the form of the second.
"""

from __future__ import annotations

import html
import json
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from sphinx.application import Sphinx

from wordish.sphinx_ext import project
from wordish.sphinx_ext.report import Row, rows
from wordish.sphinx_ext.state import Calendar, Kind, State, words

LABEL = "wordish"

# White is read on each of them (WCAG 2.1, 1.4.3: 4.5 to 1).
_COLOURS = {Kind.VERIFIED: "#2a7a2e", Kind.CHANGED: "#9a5b00", Kind.NEVER: "#616161", Kind.FAILED: "#b3261e"}
_SIGNS = {Kind.VERIFIED: "✓", Kind.CHANGED: "!", Kind.NEVER: "?", Kind.FAILED: "✗"}
_HEIGHT, _LETTER, _MARGIN = 20, 6.6, 6

_SVG = """\
<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" role="img" aria-label="{text}">
<title>{text}</title>
<rect width="{left}" height="{height}" fill="#444"/>
<rect x="{left}" width="{right}" height="{height}" fill="{colour}"/>
<g fill="#fff" text-anchor="middle" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">
<text x="{middle_left}" y="14" textLength="{label_length}">{label}</text>
<text x="{middle_right}" y="14" textLength="{message_length}">{message}</text>
</g>
</svg>
"""


class Badge(NamedTuple):
    """What a badge says, and how good that is."""

    message: str
    kind: Kind


def of_article(state: State, calendar: Calendar) -> Badge:
    """The badge of one article."""
    return Badge(message=words(state, calendar), kind=state.kind)


def of_all(found: Sequence[Row]) -> Badge:
    """The badge of a project: how many of its articles are verified, as good as the worst of them."""
    good = sum(row.state.kind is Kind.VERIFIED for row in found)
    worst = max((row.state.kind for row in found), key=list(Kind).index, default=Kind.NEVER)
    return Badge(message=f"{good} of {len(found)} verified", kind=worst)


def svg(badge: Badge) -> str:
    """The badge as a picture that needs no font, script or file of anybody else."""
    message = f"{_SIGNS[badge.kind]} {badge.message}"
    label_length, message_length = (round(len(text) * _LETTER) for text in (LABEL, message))
    left, right = label_length + 2 * _MARGIN, message_length + 2 * _MARGIN
    return _SVG.format(
        width=left + right,
        height=_HEIGHT,
        left=left,
        right=right,
        middle_left=left / 2,
        middle_right=left + right / 2,
        label_length=label_length,
        message_length=message_length,
        colour=_COLOURS[badge.kind],
        label=LABEL,
        message=html.escape(message),
        text=html.escape(f"{LABEL}: {badge.message}"),
    )


def endpoint(badge: Badge) -> str:
    """The badge as shields.io's endpoint wants it."""
    values = {
        "schemaVersion": 1,
        "label": LABEL,
        "message": badge.message,
        "color": _COLOURS[badge.kind].removeprefix("#"),
        "isError": badge.kind is Kind.FAILED,
    }
    return f"{json.dumps(values)}\n"


def connect(app: Sphinx) -> None:
    """Have badges written with the pages, where the project wants them."""
    app.connect("build-finished", _write)


def _write(app: Sphinx, failure: Exception | None) -> None:
    if failure or not app.config.wordish_badges or app.builder.format != "html":
        return
    found = rows(app.env)
    calendar = project.known(app.env).calendar
    badges = {f"articles/{row.docname}": of_article(row.state, calendar) for row in found}
    folder = Path(app.outdir, "_static", "wordish", "badges")
    for name, badge in {**badges, "all": of_all(found)}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.with_name(f"{path.name}.svg").write_text(svg(badge), encoding="utf-8")
        path.with_name(f"{path.name}.json").write_text(endpoint(badge), encoding="utf-8")
