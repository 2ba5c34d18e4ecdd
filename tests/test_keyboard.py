"""What is typed for a command; that bash reads it is in the contract suite of the targets."""

from __future__ import annotations

import os
import termios
import threading

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from wordish.keyboard import typed


def test_an_ordinary_command_is_typed_as_it_is() -> None:
    assert typed("echo 'a\n\tb' é") == "echo 'a\n\tb' é\n".encode()


def test_a_character_that_would_act_on_the_terminal_is_typed_as_itself() -> None:
    assert typed("echo '\x03'") == b"echo '\x16\x03'\n"


@pytest.mark.parametrize("size", [3999, 4000, 4001, 8000, 20_000])
def test_a_line_longer_than_a_terminal_takes_is_handed_over_in_pieces(size: int) -> None:
    line = typed("x" * size)
    assert line.replace(b"\x04", b"") == b"x" * size + b"\n"
    assert max(map(len, line.split(b"\x04"))) <= 4001


CHARACTERS = st.characters(exclude_characters="\0\x13", exclude_categories=["Cs"])


@settings(deadline=None, max_examples=30)
@given(st.lists(st.text(CHARACTERS, max_size=40), min_size=1, max_size=8), st.integers(1, 300))
@example(["\x04"], 1)
@example(["\x03\x16\x1a", "\x7f" * 4000, "é" * 3000], 1)
def test_a_terminal_hands_over_what_was_typed(lines: list[str], times: int) -> None:
    command = "\n".join(line * times for line in lines)
    master, slave = os.openpty()
    modes = termios.tcgetattr(slave)
    modes[3] &= ~termios.ECHO
    termios.tcsetattr(slave, termios.TCSANOW, modes)
    wanted = command.encode() + b"\n"
    keyboard = threading.Thread(target=write, args=(master, typed(command)))
    keyboard.start()
    heard = b""
    while len(heard) < len(wanted):
        heard += os.read(slave, 1024)
    keyboard.join()
    os.close(master)
    os.close(slave)
    assert heard == wanted


def write(descriptor: int, data: bytes) -> None:
    while data:
        data = data[os.write(descriptor, data[:1000]) :]
