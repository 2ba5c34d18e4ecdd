"""The pieces of an update, edited and with ellipses."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.test_update import fenced, ran
from wordish.hunks import Hunk, difference, editable, edited, hunks, matches, reads, with_ellipses
from wordish.model import Output
from wordish.update import revised, update


def pieces(text: str, *outputs: str | Output, path: str = "a.md") -> list[Hunk]:
    transcript = ran(text, *outputs, path=path)
    return hunks(transcript, update(transcript))


def text_with(hunk: Hunk) -> str:
    return revised(hunk.document, [hunk.edit], left=()).text


def test_a_piece_for_each_output_in_the_order_of_the_file() -> None:
    text = fenced("~$ a", "old", "~$ b", "same", "~$ c", "old", before="> ")
    first, second = pieces(text, "new", "same", "newer")
    assert text_with(first) == text.replace("old", "new", 1)
    assert text_with(second) == text.replace("~$ c\n> old", "~$ c\n> newer")
    assert difference(second) == (
        "--- shown\n+++ printed\n@@ -4,5 +4,5 @@\n > ~$ b\n > same\n > ~$ c\n-> old\n+> newer\n > ```\n"
    )


def test_what_an_editor_is_given_and_gives_back() -> None:
    text = fenced("~$ a", "x\ty  ", "old", before="   > ")
    (hunk,) = pieces(text, "x       y\nnew")
    assert editable(hunk) == "x\ty\nnew\n"
    assert edited(hunk, editable(hunk)) == hunk
    assert text_with(edited(hunk, "x\ty\nn...\n\n")) == text.replace("old", "n...")
    assert text_with(edited(hunk, "x...\n\nnew\n")) == fenced("~$ a", "x...", "", "new", before="   > ")
    assert text_with(edited(hunk, "\n")) == fenced("~$ a", before="   > ")
    assert not matches(edited(hunk, "other\n"))
    assert reads(edited(hunk, "other\n"))
    for wrong in ("~$ ls\n", "```\n"):
        assert not reads(edited(hunk, wrong))


@pytest.mark.parametrize(
    ("shown", "printed", "wanted"),
    [
        (["took 0.31 s"], "took 12.5 s", ["took ... s"]),
        (["id=12, of 7"], "id=13, of 7", ["id=..., of 7"]),
        (["/dev/sda1 (253:0)"], "/dev/sda2 (253:1)", ["/dev/... (253:...)"]),
        (["a b c d e f"], "a b x y z e f", ["a b ... e f"]),
        (["copied 12 bytes"], "copied 12 bytes in 3 s", ["copied 12 bytes..."]),
        (["one", "two", "three"], "one\n2\nthree", ["one", "...", "three"]),
        (["one", "three"], "one\n2\nthree", ["one", "...", "three"]),
        (["one", "two", "three"], "one\nthree", ["one", "...", "three"]),
        (["a", "b"], "c\nd\ne", ["..."]),
        ([], "new\nlines", ["..."]),
        (["gone"], "", ["..."]),
        (["  one", "  two 2 2"], "  one\n  two 2 3", ["  one", "  two 2 ..."]),
        (["one", "...", "two"], "one\nx\n2", ["one", "..."]),
        (["took ... s in 5"], "took 3 s in 6", ["took ... s in ..."]),
        (["size 1 MiB  free 2 MiB"], "size 3 MiB  free 4 MiB", ["size ... MiB  free ... MiB"]),
    ],
)
def test_ellipses_for_what_varies(shown: list[str], printed: str, wanted: list[str]) -> None:
    (hunk,) = pieces(fenced("~$ a", *shown, before="> "), printed)
    other = with_ellipses(hunk)
    assert other is not None
    assert matches(other)
    assert text_with(other) == fenced("~$ a", *wanted, before="> ")


def test_where_ellipses_say_nothing() -> None:
    (hunk,) = pieces(fenced("~$ a  # wordish: match=exact", "old"), "new")
    assert with_ellipses(hunk) is None


LINES = st.lists(
    st.lists(st.sampled_from(["a", "b", "12", "13", "x=1,", "x=2,", " ", "..."]), max_size=5).map(" ".join),
    max_size=6,
)


@settings(max_examples=200, deadline=None)
@given(shown=LINES, printed=LINES)
def test_ellipses_always_match_what_was_printed(shown: list[str], printed: list[str]) -> None:
    text = fenced("~$ a", *shown, before="  > ")
    for hunk in pieces(text, "\n".join(line.rstrip() for line in printed).strip("\n")):
        other = with_ellipses(hunk)
        assert other is None or (matches(other) and reads(other))
