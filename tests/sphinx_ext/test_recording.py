"""Recordings in the pages: a player where scripts run, a link and a transcript elsewhere."""

from __future__ import annotations

import json
import re

import pytest

from tests.sphinx_ext.conftest import Start

CAST = """\
{"version": 3, "term": {"cols": 80, "rows": 24}, "title": "docs/lvm.rst"}
[0.6, "o", "~# "]
[0.05, "o", "lvs\\r\\n"]
[0.1, "o", "  LV  VG\\r\\n"]
[2.5, "o", "~# vgs\\r\\n"]
[0.6, "x", "0"]
"""

PAGE = """\
Article
=======

.. wordish-cast:: lvm.cast
   :speed: 2
   :poster: npt:0:01
   :transcript:
"""


def test_the_page_has_all_that_the_player_needs_and_loads_nothing_at_once(project: Start) -> None:
    built = project({"index.rst": PAGE, "lvm.cast": CAST}).build()
    assert built.warnings == ""
    html = built.text("index.html")
    assert 'src="_static/wordish/cast.js' in html
    assert "asciinema-player" not in html
    data = re.search(r'data-cast="([^"]+)"', html)
    assert data
    assert json.loads(built.text(data.group(1)).split(" = ", 1)[1].rstrip(";\n")) == CAST
    assert 'aria-label="docs/lvm.rst"' in html
    assert "&quot;speed&quot;: 2.0" in html
    for name in ("asciinema-player.min.js", "asciinema-player.css", "asciinema-player.LICENSE"):
        assert (built.out / "_static/wordish" / name).is_file()


def test_the_recording_can_be_fetched_and_read_without_a_script(project: Start) -> None:
    built = project({"index.rst": PAGE, "lvm.cast": CAST}).build()
    html = built.text("index.html")
    link = re.search(r'<a class="reference download internal" download="" href="([^"]+)">', html)
    assert link
    assert built.text(link.group(1)) == CAST
    assert "<summary>Transcript</summary>" in html
    assert '<span class="gp gp-Root">~#</span>' in html
    assert '<span class="go">  LV  VG</span>' in html


@pytest.mark.parametrize("builder", ["text", "epub", "latex"])
def test_elsewhere_it_is_named_and_transcribed(project: Start, builder: str) -> None:
    built = project({"index.rst": PAGE, "lvm.cast": CAST}).build(builder, epub_show_urls="no", version="1")
    pages = [*built.out.glob("index.*html"), *built.out.glob("*.tex"), *built.out.glob("index.txt")]
    (text,) = (page.read_text(encoding="utf-8") for page in pages)
    assert "Recording of the session" in text
    assert "lvs" in text
    assert "data-cast" not in text
    assert "cast.js" not in text


def test_a_page_without_a_recording_has_no_script(project: Start) -> None:
    files = {"index.rst": PAGE, "lvm.cast": CAST, "other.rst": "Other\n=====\n"}
    built = project(files).build(suppress_warnings=["toc"])
    assert "cast.js" in built.text("index.html")
    assert "cast.js" not in built.text("other.html")


def test_without_a_name_it_is_what_check_recorded(project: Start) -> None:
    files = {"index.rst": "Index\n=====\n\n.. wordish-cast::\n", "casts/index.rst.cast": CAST}
    assert "data-cast" in project(files).build().text("index.html")


def test_a_new_recording_has_its_page_read_again(project: Start) -> None:
    made = project({"index.rst": PAGE, "lvm.cast": CAST})
    made.build()
    assert made.build().read == ()
    made.write("lvm.cast", CAST.replace("LV", "PV"))
    assert made.build().read == ("index",)


def test_a_recording_that_was_not_there_is_shown_when_it_is(project: Start) -> None:
    made = project({"index.rst": PAGE})
    assert "data-cast" not in made.build().text("index.html")
    made.write("lvm.cast", CAST)
    assert "data-cast" in made.build().text("index.html")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (None, "lvm.cast: No such file or directory: make it with `wordish check --cast`"),
        ("hello\n", "lvm.cast: no asciicast: asciicast 2 and 3 can be played"),
        (CAST + '[0.5, "o"', "lvm.cast: line 7 is no event of an asciicast: asciicast 2 and 3 can be played"),
        (
            '{"version": 1}\n',
            "lvm.cast: no asciicast of a version that is known: asciicast 2 and 3 can be played",
        ),
    ],
)
def test_what_cannot_be_played_is_a_warning(project: Start, text: str | None, told: str) -> None:
    made = project({"index.rst": PAGE, **({"lvm.cast": text} if text else {})})
    assert made.build().warnings == f"index.rst:4: WARNING: {told} [wordish.cast]\n"
    assert made.build(suppress_warnings=["wordish.cast"]).warnings == ""


def test_a_transcript_is_not_checked(project: Start) -> None:
    built = project({"index.rst": PAGE, "lvm.cast": CAST}).build("wordish")
    assert "no article has a shell session" in built.warnings
