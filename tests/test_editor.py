"""A text in the user's editor; the editors here are shell commands."""

from __future__ import annotations

import pytest

from wordish.editor import edit
from wordish.errors import UsageError


@pytest.fixture(autouse=True)
def nobody_s(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.delenv("EDITOR", raising=False)


def test_what_the_editor_leaves_is_given_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDITOR", "sed -i -e s/one/two/ -e '$a after the end'")
    assert edit("one\n# one\n", notes="about\n\none") == "two\n# two\n"
    monkeypatch.setenv("VISUAL", "sed -i '1i first'")
    assert edit("one\n", notes="") == "first\none\n"


def test_the_notes_stand_below(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDITOR", 'f () { tail -n 3 "$1" > "$1.new"; mv "$1.new" "$1"; }; f')
    assert edit("one\n", notes="a\n\nb") == "# a\n#\n# b\n"


def test_an_editor_may_write_line_ends_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDITOR", "sed -i 's/$/\\r/'")
    assert edit("one\ntwo\n", notes="") == "one\ntwo\n"


def test_an_editor_that_fails_or_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDITOR", "false")
    with pytest.raises(UsageError, match="false: the editor ended with status 1"):
        edit("one\n", notes="")
    monkeypatch.setenv("EDITOR", "")
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(UsageError, match="no editor: set VISUAL or EDITOR"):
        edit("one\n", notes="")
