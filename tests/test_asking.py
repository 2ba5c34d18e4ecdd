"""The dialogue of ``wordish update --interactive``, with answers that are written down."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pexpect
import pytest

from tests.test_update import fenced, ran
from wordish.asking import Answered, ask
from wordish.errors import UsageError
from wordish.hunks import hunks
from wordish.update import update

TEXT = fenced("~$ a", "took 1 s", "~$ b", "old", "~$ c", "old")
NEW = ("took 2 s", "new", "new")


class Dialogue:
    """What was answered, and all that was said."""

    def __init__(self, *answers: str | BaseException, edits: tuple[str | Exception, ...] = ()) -> None:
        transcript = ran(TEXT, *NEW)
        self.said: list[str] = []
        self.questions: list[str] = []
        self._answers, self._edits = iter(answers), iter(edits)
        self.answered: Answered = ask(
            hunks(transcript, update(transcript)),
            write=lambda line: self.said.append("".join(text for text, _ in line)),
            answer=self._answer,
            change=lambda _text, notes: self._next(self._edits),
        )
        assert next(self._answers, None) is None

    def _answer(self, question: str) -> str:
        self.questions.append(question)
        return self._next(self._answers)

    @staticmethod
    def _next(values: Iterator[str | BaseException]) -> str:
        value = next(values)
        if isinstance(value, BaseException):
            raise value
        return value

    @property
    def lines(self) -> list[tuple[int, tuple[str, ...]]]:
        return [(edit.at, edit.lines) for edit in self.answered.edits]


A, B, C = (0, ("took 2 s",)), (1, ("new",)), (2, ("new",))


@pytest.mark.parametrize(
    ("answers", "edits", "stopped"),
    [
        ("yyy", [A, B, C], False),
        ("nYn", [B], False),
        ("ya", [A, B, C], False),
        ("a", [A, B, C], False),
        ("yd", [A], False),
        ("d", [], False),
        ("yq", [A], True),
        ("?ynx y", [A, C], False),
        (".yny", [(0, ("took ... s",)), C], False),
        (".nny", [C], False),
        (".a", [(0, ("took ... s",)), B, C], False),
    ],
)
def test_letters(answers: str, edits: list[object], stopped: bool) -> None:
    dialogue = Dialogue(*(f"{letter}\n" for letter in answers))
    assert dialogue.lines == edits
    assert dialogue.answered.stopped == stopped
    assert dialogue.answered.untrue == ()


def test_each_piece_is_shown_with_its_step() -> None:
    dialogue = Dialogue("n", ".", "q")
    assert dialogue.said[0] == "a.md:2: ~$ a"
    assert dialogue.said[1:3] == ["@@ -1,6 +1,6 @@", " ```console"]
    assert [line for line in dialogue.said[:9] if line[0] in "-+"] == ["-took 1 s", "+took 2 s"]
    assert dialogue.questions[1] == "(2/3) Rewrite this output [y,n,e,.,a,d,q,?]? "
    assert "+..." in dialogue.said


def test_the_end_of_the_answers_is_quitting() -> None:
    dialogue = Dialogue("y", EOFError())
    assert dialogue.answered == Answered(dialogue.answered.edits, stopped=True)
    assert dialogue.lines == [A]


def test_an_interruption_keeps_what_was_accepted() -> None:
    dialogue = Dialogue("y", KeyboardInterrupt())
    assert dialogue.answered == Answered(dialogue.answered.edits, stopped=True, interrupted=True)
    assert dialogue.lines == [A]


def test_an_edit_that_matches_is_taken() -> None:
    dialogue = Dialogue("e", "n", "n", edits=("took ...\n",))
    assert dialogue.lines == [(0, ("took ...",))]
    assert dialogue.answered.untrue == ()


def test_an_edit_that_does_not_match_is_asked_about() -> None:
    dialogue = Dialogue("e", "y", "n", "n", edits=("other\n",))
    assert dialogue.lines == [(0, ("other",))]
    assert dialogue.answered.untrue == dialogue.answered.edits
    assert "it does not match what was printed" in dialogue.said
    assert dialogue.questions[1] == "(1/3) Keep it [y,n,e,?]? "
    assert Dialogue("e", "n", "y", "n", "n", edits=("other\n",)).lines == [A]
    assert Dialogue("e", "e", "n", "n", edits=("other\n", "took...\n")).lines == [(0, ("took...",))]
    assert Dialogue("e", "?", "n", "q", edits=("other\n",)).lines == []


def test_an_edit_that_would_be_read_otherwise_cannot_be_kept() -> None:
    dialogue = Dialogue("e", "y", "n", "y", "n", "n", edits=("~$ ls\n",))
    assert dialogue.lines == [A]
    assert "it would be read as a prompt, as prose or as markup" in dialogue.said
    assert dialogue.questions[1:3] == ["(1/3) Keep it [n,e,?]? "] * 2


def test_without_an_editor_one_is_asked_again() -> None:
    dialogue = Dialogue("e", "y", "n", "n", edits=(UsageError("no editor", where="e", hint="set EDITOR"),))
    assert dialogue.lines == [A]
    assert "e: no editor: set EDITOR" in dialogue.said


# From outside.

STALE = "~$ echo one\nold\n~$ echo two\nold\n~$ echo three\nold\n"


@pytest.fixture
def article(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "a.console"
    path.write_text(STALE)
    return path


def wordish(*words: str, answers: str | None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "wordish", "update", *words]
    if answers is None:
        return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    return subprocess.run(command, input=answers, capture_output=True, text=True, check=False)


def test_answers_may_come_from_a_pipe(article: Path) -> None:
    done = wordish("--interactive", "a.console", answers="y\nn\ny\n")
    assert article.read_text() == "~$ echo one\none\n~$ echo two\nold\n~$ echo three\nthree\n"
    assert done.returncode == 1
    assert done.stdout.splitlines()[-4:] == [
        "a.console:1: updated: ~$ echo one",
        "a.console:3: left: not wanted",
        "a.console:5: updated: ~$ echo three",
        "a.console: 2 updated, 1 left",
    ]
    assert wordish("-i", "a.console", answers="y\n").returncode == 0
    assert wordish("-i", "a.console", answers="").stdout == "a.console: nothing to update\n"


def test_a_patch_of_what_was_accepted(article: Path) -> None:
    done = wordish("-i", "--diff", "a.console", answers="n\ny\nq\n")
    assert article.read_text() == STALE
    assert [line for line in done.stdout.splitlines() if line[0] in "-+"] == [
        "--- a/a.console",
        "+++ b/a.console",
        "-old",
        "+two",
    ]
    assert "(3/3) Rewrite this output" in done.stderr


def test_quitting_runs_no_more_articles(article: Path) -> None:
    Path("b.console").write_text("~$ touch ran; echo $PWD\n~$ cp ran " + str(article.parent) + "\n")
    done = wordish("-i", "a.console", "b.console", answers="y\nq\n")
    assert done.returncode == 1
    assert article.read_text() == STALE.replace("old", "one", 1)
    assert done.stderr == "wordish: stopped, 1 of 2 articles not run\n"
    assert not Path("ran").exists()


def test_an_edit_that_does_not_match_is_told(article: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VISUAL", "sed -i 1s/.*/mine/")
    done = wordish("-i", "a.console", answers="e\ny\nd\n")
    assert article.read_text() == STALE.replace("old", "mine", 1)
    assert done.returncode == 1
    assert "a.console:1: left: it does not match what was printed\n" in done.stdout


def test_nobody_to_answer(article: Path) -> None:
    done = wordish("-i", "a.console", answers=None)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "--interactive: asks for each output, and nobody can answer: the standard input is no terminal: "
        "leave it out, or give the answers by a pipe\n"
    )
    assert article.read_text() == STALE


def test_an_interruption_on_a_terminal(article: Path) -> None:
    child = pexpect.spawn(
        sys.executable,
        ["-m", "wordish", "update", "-i", "a.console"],
        env={**os.environ, "TERM": "xterm", "EDITOR": "sed -i 1s/.*/t.../"},
        timeout=30,
        dimensions=(24, 100),
    )
    child.expect("1/3")
    child.sendline("y")
    child.expect("2/3")
    child.sendline("e")
    child.expect("3/3")
    child.sendintr()
    child.expect("2 updated, 1 left")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 130
    assert article.read_text() == "~$ echo one\none\n~$ echo two\nt...\n~$ echo three\nold\n"
