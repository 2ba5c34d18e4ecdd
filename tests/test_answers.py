"""When which keys are pressed, and where what the terminal shows of them belongs."""

from __future__ import annotations

import pytest

from wordish.answers import Answers, Cursor, keys

ASKS = Cursor(out=0, err=6, line="Name? ", on_stdout=False)


class Person:
    """One who sits there, and looks at the terminal from time to time."""

    def __init__(self, *lines: str) -> None:
        self.answers = Answers(lines)
        self.now = 100.0

    def sees(
        self,
        after: float,
        *,
        reader: str = "bash",
        cursor: Cursor = ASKS,
        lines: bool = True,
        echo: bool = False,
    ) -> str:
        self.now += after
        return self.answers.due(
            cursor, reader=reader, lines=lines, echo=echo, now=self.now
        ).decode()  # fmt: skip


def test_one_line_each_time_that_it_waits() -> None:
    person = Person("one", "two", "")
    assert person.sees(0, reader="") == ""
    assert person.sees(0.01) == "one\r"
    assert person.sees(0.01, reader="") == ""
    assert person.sees(0.01) == "two\r"
    assert person.sees(0.01, cursor=ASKS._replace(err=12)) == "\r"
    assert not person.answers
    assert person.sees(9) == ""


def test_who_was_seen_to_do_nothing_else_may_not_have_read_it_yet() -> None:
    person = Person("one", "two")
    assert person.sees(0) == "one\r"
    assert [person.sees(0.05) for _ in range(4)] == [""] * 4
    assert person.sees(0.1) == "two\r"


def test_who_cannot_be_looked_at_is_answered_when_it_has_begun_a_line_and_says_no_more() -> None:
    person = Person("one")
    assert person.sees(0, reader="") == ""
    assert person.sees(0.9, reader="") == ""
    assert person.sees(0.5, reader="", cursor=ASKS._replace(out=1)) == ""
    assert person.sees(1.1, reader="", cursor=ASKS._replace(out=1, line="")) == ""
    assert person.sees(0.1, reader="", cursor=ASKS._replace(out=1)) == "one\r"


def test_key_by_key_for_who_takes_single_keys() -> None:
    person = Person("ab", "c")
    assert [person.sees(0.3, lines=False) for _ in range(4)] == ["a", "b", "\r", "c"]
    assert person.sees(0.3) == ""


def test_keys_that_were_not_taken_are_not_for_the_next_question() -> None:
    person = Person("yes", "no")
    assert person.sees(0, lines=False) == "y"
    assert person.sees(0.3) == "no\r"


@pytest.mark.parametrize(
    ("line", "pressed"), [("a b", b"a b\r"), ("", b"\r"), ("^D", b"\x04"), ("^C", b"\x03"), ("^d", b"^d\r")]
)
def test_keys(line: str, pressed: bytes) -> None:
    assert keys(line) == pressed


def told(person: Person, stdout: bytes, stderr: bytes) -> tuple[bytes, bytes]:
    return person.answers.told(stdout, stderr)


def test_what_is_shown_of_an_answer_stands_behind_its_question() -> None:
    person = Person("Al", "Bo")
    person.sees(0, echo=True)
    person.sees(1, echo=True, cursor=ASKS._replace(out=3, err=13))
    assert told(person, b"Al\nBo\nhello\n", b"Name? Again? ") == (b"hello\n", b"Name? Al\nAgain? Bo\n")


def test_a_question_on_stdout_has_its_answer_there() -> None:
    person = Person("Al")
    person.sees(0, echo=True, cursor=Cursor(out=6, err=0, line="Name? ", on_stdout=True))
    assert told(person, b"Name? Al\nhello\n", b"") == (b"Name? Al\nhello\n", b"")


def test_what_the_terminal_did_not_show_is_not_moved() -> None:
    person = Person("Al")
    person.sees(0, echo=True)
    assert told(person, b"\nhello\n", b"Pass? ") == (b"\nhello\n", b"Pass? ")


def test_control_keys_are_shown_as_terminals_do() -> None:
    person = Person("^C", "^D")
    person.sees(0, echo=True)
    person.sees(1, echo=True, cursor=ASKS._replace(out=2))
    assert told(person, b"^Cx", b"Name? ") == (b"x", b"Name? ^C")
