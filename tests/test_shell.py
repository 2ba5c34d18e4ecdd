"""What a shell starts with. The dialogue itself is in the contract suite of the targets."""

from __future__ import annotations

from wordish import shell


def test_marks_are_never_alike_and_never_stand_in_the_start_up_file() -> None:
    marks = {shell.new_mark() for _ in range(100)}
    assert len(marks) == 100
    for mark in marks:
        assert mark not in shell.startup(mark, error=9)
