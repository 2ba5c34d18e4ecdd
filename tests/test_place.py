"""Where an output stands, or would stand."""

from __future__ import annotations

import pytest

from wordish.document import parse
from wordish.place import Place, before, place


def of(text: str, path: str = "a.md", number: int = 0) -> tuple[Place, str]:
    rows = text.split("\n")
    step = parse(text, path=path).steps[number]
    return place(rows, step), before(rows, step)


def test_an_output_stands_where_it_is_shown() -> None:
    assert of("```\n$ a\n\nx\ny\n```\n") == (Place(start=3, stop=5), "")


def test_one_that_is_not_there_would_stand_below_the_command() -> None:
    assert of("```\n$ a \\\n  b\n$ c\n```\n") == (Place(start=3, stop=3), "")


@pytest.mark.parametrize(
    ("text", "margin"),
    [
        ("- item\n\n  ```\n  $ a\n  ```\n", "  "),
        ("> ```\n> $ a\n> ```\n", "> "),
        ("> - ```\n>   $ a\n>   ```\n", ">   "),
        ("    $ a\n", "    "),
        ("1. ```\n   $ a\n   ```\n", "   "),
    ],
)
def test_what_stands_before_a_session_stands_before_its_output(text: str, margin: str) -> None:
    assert of(text)[1] == margin


def test_a_byte_order_mark_is_no_margin() -> None:
    assert of("\ufeff$ a\n", "a.console") == (Place(start=1, stop=1), "")


def test_below_a_command_without_a_prompt_a_blank_line_comes_first() -> None:
    assert of("```{terminal}\n:input: a\n:user: bob\n```\n") == (Place(start=3, stop=3, apart=True), "")
    assert of("```{terminal}\n:user: bob\n\na\n```\n") == (Place(start=4, stop=4, apart=True), "")
    assert of(".. terminal::\n   :input: a\n   :user: bob\n", "a.rst") == (
        Place(start=3, stop=3, apart=True),
        "   ",
    )


def test_below_a_command_in_the_body_it_stands_at_once() -> None:
    text = "```{terminal}\n:input: a\n\nx\n:input: b\n```\n"
    assert of(text, number=1) == (Place(start=5, stop=5), "")
