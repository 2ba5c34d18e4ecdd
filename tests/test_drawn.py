"""Where commands stand that the markup draws a prompt for."""

from __future__ import annotations

from wordish.drawn import drawn, named, place_of, starts, together
from wordish.model import Block, Drawn

PLACE = Drawn(first=0, stop=4, prompt="root@host:~#")


def begun(place: Drawn, text: str) -> list[tuple[int, str, str]]:
    return [(index, prompted.user, prompted.rest) for index, prompted in starts([place], text.split("\n"))]


def test_each_command_ends_where_bash_says() -> None:
    text = "ls -l\nfor i in 1; do\n  ls\ndone"
    assert begun(PLACE, text) == [(0, "root", "ls -l"), (1, "root", "for i in 1; do")]
    assert begun(PLACE._replace(prompt="$", stop=1), text) == [(0, "user", "ls -l")]


def test_a_comment_and_a_blank_first_line_are_bare_prompts() -> None:
    assert begun(PLACE, "\n# a comment\n\nls") == [(0, "root", ""), (1, "root", ""), (3, "root", "ls")]


def test_only_a_script_with_an_output_below_it_is_all_commands() -> None:
    output = Block(path="a", line=9, text="x", language="output")
    script = Block(path="a", line=1, text="ls\nls", language="bash", outputs=(output,))
    assert drawn(script, ["ls", "ls"]) == (Drawn(first=0, stop=2, prompt="$"),)
    assert drawn(script._replace(outputs=()), ["ls"]) == ()
    assert drawn(script._replace(language="console"), ["ls"]) == ()
    assert drawn(script._replace(drawn=(PLACE,)), ["ls"]) == (PLACE,)


def test_of_prompts_that_are_named_the_longest_counts_with_a_blank_behind_it() -> None:
    known = ["$", "(env) $", "(env) $ #", "box#"]
    lines = [
        "$ a",
        "(env) $ b",
        "(env) $ # c",
        "box# d",
        "$e",
        "box#",
        "(env)\t$ f",
        "$\tg",
        " $ h",
        "$\u00a0i",
    ]
    assert [
        (index, prompted.prompt, prompted.user, prompted.rest) for index, prompted in named(known, lines)
    ] == [
        (0, "$", "user", "a"),
        (1, "(env) $", "user", "b"),
        (2, "(env) $ #", "root", "c"),
        (3, "box#", "root", "d"),
        (5, "box#", "root", ""),
        (7, "$", "user", "g"),
        (9, "$", "user", "i"),
    ]
    assert list(named([], lines)) == []


def test_a_line_stands_in_one_place_or_in_none() -> None:
    places = [Drawn(first=1, stop=3, prompt="$"), Drawn(first=5, stop=6, prompt="$")]
    assert [place_of(places, line) for line in range(7)] == [
        None, places[0], places[0], None, None, places[1], None,
    ]  # fmt: skip


def test_commands_of_one_place_are_shown_with_the_last_of_them() -> None:
    places = [Drawn(first=0, stop=3, prompt="$"), Drawn(first=3, stop=4, prompt="$")]
    assert together(places, [0, 1, 2, 3]) == {0, 1}
    assert together(places, [0, 3, 7, 8]) == set()
