"""What a person sees in the end of the bytes that a program wrote."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wordish.screen import shown


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"a\nb\n", "a\nb"),
        (b"a\r\nb\r\n", "a\nb"),
        (b"\n\n  a  \n\n b \n\n", "  a\n\n b"),
        (b"a\tb\n", "a       b"),
        (b"", ""),
        # Colours, titles, links, character sets, bells and NULs leave no trace.
        (b"\x1b[1;31mred\x1b[0m \x1b[Kx", "red x"),
        (b"\x1b]0;title\x07a\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "alink"),
        (b"\x1b(Ba\x1b=\x1b[?2004hb\a\0c", "abc"),
        # A progress bar ends in its last state.
        (b"10%\r20%\r100%\n", "100%"),
        (b"downloading\rdone\x1b[K\n", "done"),
        (b"downloading\rdone\n", "doneloading"),
        (b"abc\b\bX\n", "aXc"),
        (b"abc\x1b[2DX\x1b[CY", "aXcY"),
        (b"abc\r\x1b[2Kx", "x"),
        (b"abcdef\x1b[3G\x1b[1Kx", "  xdef"),
        (b"abc\r\x1b[1Pz", "zc"),
        (b"abc\r\x1b[2Xz", "z c"),
        # What is no UTF-8 stays visible.
        (b"caf\xe9 \xc3\xa9", "caf\\xe9 \N{LATIN SMALL LETTER E WITH ACUTE}"),
        ("\N{NO-BREAK SPACE}a\N{NO-BREAK SPACE}\n".encode(), "\N{NO-BREAK SPACE}a\N{NO-BREAK SPACE}"),
    ],
)
def test_what_stands_on_the_screen(raw: bytes, text: str) -> None:
    assert shown(raw) == text


@given(st.lists(st.text(string.ascii_letters + string.digits + string.punctuation + " é", max_size=9)))
def test_plain_text_is_given_back(lines: list[str]) -> None:
    text = "\n".join(line.rstrip() for line in lines).strip("\n")
    assert shown(text.encode()) == text


@given(st.binary(max_size=200))
def test_any_bytes_become_printable_lines_without_trailing_blanks(raw: bytes) -> None:
    text = shown(raw)
    assert not set(text) & {chr(code) for code in (*range(10), *range(11, 32), 127)}
    assert all(line == line.rstrip(" ") for line in text.split("\n"))


@given(st.lists(st.text("ab", min_size=1, max_size=5), min_size=1, max_size=5))
def test_the_longest_last_state_hides_all_before(states: list[str]) -> None:
    last = max(states, key=len)
    assert shown("\r".join([*states, last]).encode()) == last
