"""What stands at the top of a directive: options, in both spellings."""

from __future__ import annotations

import pytest

from wordish.formats.directives import CONSOLES, INCLUDES, OPAQUE, SESSIONS, Content, split


def said(lines: list[str], *, yaml: bool = False) -> tuple[dict[str, str], int]:
    options, below = split(lines, yaml=yaml)
    return {name: option.value for name, option in options.items()}, below


def test_options_stand_at_the_top_and_end_at_the_first_line_that_is_none() -> None:
    assert said([":caption: A b", ":linenos:", "", ":no: option"]) == ({"caption": "A b", "linenos": ""}, 2)
    assert said(["$ ls", ":caption: x"]) == ({}, 0)
    assert said([]) == ({}, 0)
    assert said([":a: b"]) == ({"a": "b"}, 1)


def test_an_option_goes_on_in_lines_that_are_indented_further() -> None:
    assert said(["  :input: echo \\", "      one", "  :user: bob", "x"]) == (
        {"input": "echo \\\none", "user": "bob"},
        3,
    )
    assert said([":input: a", "   b"], yaml=True) == ({"input": "a"}, 1)


def test_an_option_knows_its_line() -> None:
    options, _ = split([":user: bob", ":input: a", "   b", ":host: c"], yaml=False)
    assert {name: option.at for name, option in options.items()} == {"user": 0, "input": 1, "host": 3}


@pytest.mark.parametrize(
    ("written", "meant"), [("a b", "a b"), ("'a: b'", "a: b"), ('"it\'s"', "it's"), ("", "")]
)
def test_in_myst_they_may_be_yaml_and_a_value_may_be_quoted(written: str, meant: str) -> None:
    assert said(["---", f"input: {written}", "linenos: true", "---", "$ ls"], yaml=True) == (
        {"input": meant, "linenos": "true"},
        4,
    )
    assert said([f":input: {written}", "$ ls"], yaml=True) == ({"input": meant}, 1)


def test_yaml_without_an_end_is_no_options() -> None:
    assert said(["---", "input: a"], yaml=True) == ({}, 0)
    assert said(["---", "input: a", "---"]) == ({}, 0)


def test_a_body_is_a_block_at_its_line() -> None:
    lines = [":caption: x", "", "  $ ls", "    out", ""]
    options, below = split(lines, yaml=False)
    content = Content(
        argument="", options=options, lines=lines, below=below, path="a.rst", start=3, end=8, line=4, tab=8
    )
    (session,) = content.plain("console")
    assert (session.start, session.end) == (3, 8)
    assert (session.block.line, session.block.text, session.block.language) == (6, "$ ls\n  out", "console")
    assert (content.said("caption"), content.said("none"), content.said("none", "x")) == ("x", "", "x")


def test_no_directive_is_of_two_kinds() -> None:
    assert not (SESSIONS.keys() | CONSOLES - {"text"}) & OPAQUE
    assert not SESSIONS.keys() & INCLUDES
    assert not INCLUDES & OPAQUE
