"""What a command is made of. Whether a program is called is tried with its warnings, in test_lint."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wordish.anatomy import anatomy


def calls(command: str) -> list[tuple[str, ...]]:
    return [(call.name, *call.words) for call in anatomy(command).calls]


def test_calls_in_order_with_their_words() -> None:
    assert calls("X=1 a 'b c' \"$d\" | e; f $(g h)") == [
        ("a", "'b c'", '"$d"'),
        ("e",),
        ("f", "$(g h)"),
        ("g", "h"),
    ]


def test_what_another_program_runs() -> None:
    assert [(call.name, call.by) for call in anatomy("sudo A=1 nice make all").calls] == [
        ("sudo", ""),
        ("nice", "sudo"),
        ("make", "nice"),
    ]
    assert calls("sudo -u bob ls") == [("sudo", "-u", "bob", "ls")]
    assert calls("sudo") == [("sudo",)]


@pytest.mark.parametrize("command", ["$x a", '"a b"', "a\\ b", "'a'", "$(a)b c"])
def test_a_name_that_is_not_there_to_the_letter_is_not_told(command: str) -> None:
    assert all(call.name == "a" for call in anatomy(command).calls)


def test_the_other_parts() -> None:
    parts = anatomy("f () { a; }  # one\nfunction g { b > c; }\nd 2>&1 >> 'e f' # two")
    assert parts.functions == ("f", "g")
    assert parts.targets == ("c", "1", "'e f'")
    assert parts.comments == ((0, "# one"), (2, "# two"))
    assert parts.clear
    assert not anatomy("a )").clear


@given(st.text(st.sampled_from("ab \n'\"$(){}|&;<>#\\=[]\x00é\ud800"), max_size=60))
def test_nothing_crashes_it(command: str) -> None:
    anatomy(command)


@pytest.mark.parametrize("command", ["{ a; " * 20000, "$(a " * 9000 + ")" * 9000, "(" * 90000, "a " * 90000])
def test_nothing_is_slow(command: str) -> None:
    start = time.perf_counter()
    anatomy(command)
    assert time.perf_counter() - start < 5
