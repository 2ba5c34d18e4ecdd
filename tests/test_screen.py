"""What a person sees in the end of the bytes that a program wrote."""

from __future__ import annotations

import string
import time

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
        (b"abc\r\tx\n", "abc     x"),  # a tab moves, and erases nothing
        (b"ab\fcd\ve", "ab\n  cd\n    e"),
        # A row has 80 columns, a line any number; what is written over is in the last row.
        (b"x" * 100 + b"\ry", "x" * 80 + "y" + "x" * 19),
        (b"x" * 100 + b"\x1b[Ay", "x" * 20 + "y" + "x" * 79),
        (b"\x1b[9999Cx", " " * 79 + "x"),
        # The cursor goes up to what was printed before, if it is still on the screen.
        (b"1\n2\n\x1b[A\x1b[2Kx\n", "1\nx"),
        (b"a 1%\nb 1%\n\x1b[2Fa 100%\nb 100%\n", "a 100%\nb 100%"),
        (b"top\n" * 3 + b"a\n" * 30 + b"\x1b[99Ax", "top\n" * 3 + "a\n" * 7 + "x\n" + "a\n" * 21 + "a"),
        (b"a\nb\nc\x1b[2A\x1b[Jx", "ax"),
        (b"old\n\x1b[H\x1b[2Jnew", "new"),
        (b"old\x1bcnew", "new"),
        (b"\x1b7abc\x1b8x", "xbc"),
        (b"abc\r\x1b[2@x", "x abc"),
        # Marks and wide characters where text is written over.
        ("e\N{COMBINING ACUTE ACCENT}a\rb".encode(), "ba"),
        ("\u9032\u6357 10%\rdone".encode(), "done 10%"),
        ("\u9032\u6357 10%\rxyz".encode(), "xyz  10%"),
        ("\u9032\u6357\r xy".encode(), " xy"),
        # A string that never ends takes nothing with it; the upper control characters are not shown.
        (b"\x1b]0;title\nhidden", "0;title\nhidden"),
        ("a\x85b\x9bc".encode(), "abc"),
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
    assert not set(text) & {chr(code) for code in (*range(10), *range(11, 32), *range(127, 160))}
    assert all(line == line.rstrip(" ") for line in text.split("\n"))


@given(st.lists(st.text("ab", min_size=1, max_size=5), min_size=1, max_size=5))
def test_the_longest_last_state_hides_all_before(states: list[str]) -> None:
    last = max(states, key=len)
    assert shown("\r".join([*states, last]).encode()) == last


CONTROLS = ["\r", "\b", "\t", "\n", "\v", "\f", "\a", "\x1b7", "\x1b8", "\x1bc", "\x1b]", "\x1b[", "\x1b"]
SEQUENCES = st.builds(
    "\x1b[{}{}".format,
    st.sampled_from(["", "0", "1", "2", "9", "80", "9999", "3;7"]),
    st.sampled_from("@ABCDEFGHJKPXdfm"),
)


@given(st.lists(st.text("ab\u9032\u0301", max_size=100) | st.sampled_from(CONTROLS) | SEQUENCES, max_size=30))
def test_whatever_is_written_over_there_is_a_screen(pieces: list[str]) -> None:
    text = shown("".join(pieces).encode())
    assert all(line == line.rstrip(" ") for line in text.split("\n"))


@pytest.mark.parametrize(
    "piece",
    [
        "\b",
        "\r 1%",
        "\x1b[P",
        "\x1b[1K",
        "\x1b[9999Cx",
        "\x1b]",
        "\x1b[2J",
        "\v",
        "\x1b[A\n",
        "\x1b[24;80Hx",
        "\x1b[0",
    ],
)
def test_time_grows_with_the_output_alone(piece: str) -> None:
    """A megabyte takes less than seconds, on a slow machine, whatever stands before."""
    start = time.perf_counter()
    shown(b"x" * 1_000_000 + b"\r" + piece.encode() * (1_000_000 // len(piece)))
    assert time.perf_counter() - start < 15
