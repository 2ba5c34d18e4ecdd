"""What is typed for a command. The dialogue itself is in the contract suite of the targets."""

from __future__ import annotations

import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wordish import shell


def test_an_ordinary_command_is_typed_as_it_is() -> None:
    assert shell.typed("echo 'a\n\tb' é") == "echo 'a\n\tb' é\n".encode()


@pytest.mark.parametrize("command", ["echo " + "x" * 4001, "echo \x03", "printf '\x16a\r'"])
def test_what_the_terminal_would_touch_is_handed_over_in_quotes(command: str) -> None:
    typed = shell.typed(command)
    assert typed.startswith(b"\\eval $'")
    assert max(map(len, typed.split(b"\n"))) < 4096
    assert not set(typed) - set(range(32, 127)) - {10}


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=50), st.booleans())
def test_bash_reads_back_what_was_quoted(text: str, long: bool) -> None:
    data = text + ("é" * 3000 + "\x01" if long else "\x01")
    quoted = "'" + data.replace("'", "'\\''") + "'"
    typed = shell.typed(f"printf %s {quoted}")
    done = subprocess.run(["bash", "--norc"], input=typed, capture_output=True, check=True)
    assert done.stdout == data.encode()


def test_marks_are_never_alike_and_never_stand_in_the_start_up_file() -> None:
    marks = {shell.new_mark() for _ in range(100)}
    assert len(marks) == 100
    for mark in marks:
        assert mark not in shell.startup(mark, error=9)
