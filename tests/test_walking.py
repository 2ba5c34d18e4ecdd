"""``wordish step``: an article, command by command, and back."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pexpect
import pytest

from tests.conftest import ROOT

ARTICLE = """\
First a word.

    ~$ word=one; echo "$word" >> log

Then the word.

    ~$ cat log; echo $word
    one
    one

    ~$ wc -l < log
    2
"""


@pytest.fixture
def article(tmp_path: Path) -> Path:
    (tmp_path / "a.md").write_text(ARTICLE)
    return tmp_path / "a.md"


def walked(article: Path, answers: str, *words: str) -> tuple[int, str]:
    """The exit status, and what was written on both streams, with these letters as answers."""
    done = subprocess.run(
        [sys.executable, "-m", "wordish", "step", *words, article.name],
        cwd=article.parent, input="".join(f"{letter}\n" for letter in answers), timeout=200,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
        env={**os.environ, "TMPDIR": str(article.parent)},
    )  # fmt: skip
    assert "Traceback" not in done.stdout, done.stdout
    return done.returncode, done.stdout


def test_each_command_is_shown_with_the_passage_above_it_and_run_when_asked(article: Path) -> None:
    status, said = walked(article, "yyy")
    assert status == 1
    asked = said.split("Run this [y,n,b,s,e,q,?]? y\n")
    assert asked[0] == ('\nFirst a word.\na.md:3:\n    ~$ word=one; echo "$word" >> log\n(1/3) ')
    assert "Then the word.\na.md:7:\n" in asked[1]
    assert asked[2].startswith("one\none\npassed in ")
    assert "a.md:11: failed: the output differs" in asked[3]
    assert [entry.name for entry in article.parent.iterdir()] == ["a.md"]


def test_the_end_of_the_answers_is_a_stop_and_nothing_that_ran_was_wrong(article: Path) -> None:
    assert walked(article, "y")[0] == 0
    assert walked(article, "q")[0] == 0


def test_going_back_undoes_what_was_done_since(article: Path) -> None:
    status, said = walked(article, "yybbyyyq")
    assert said.count("one\none\npassed") == 2
    assert "one\none\none" not in said
    assert status == 1


def test_after_a_step_that_ends_the_shell_one_can_go_back_or_stop(article: Path) -> None:
    article.write_text("    ~$ true\n    ~$ exit\n    ~$ echo here\n    here\n")
    status, said = walked(article, "yyyq")
    assert status == 1
    assert "a.md:2: failed: the shell ended here, and steps follow" in said
    assert "a shell has ended: go back to the command before, or stop" in said
    assert walked(article, "yybnyq")[0] == 0


def test_what_is_left_out_does_not_run_and_can_be_gone_back_to(article: Path) -> None:
    _, said = walked(article, "nyq")
    assert "cat: log: No such file or directory" in said
    assert walked(article, "nbyyq")[0] == 0
    assert "this is where it begins" in walked(article, "b")[1]


def test_what_is_shown_is_rewritten_and_judged_again(article: Path) -> None:
    assert "nothing was wrong with the last command" in walked(article, "yyeq")[1]
    article.write_text(ARTICLE.replace("    one\n    one\n", "    one\n    two\n"))
    _, said = walked(article, "yyeyyq")
    assert article.read_text() == ARTICLE
    assert "(1/1) Rewrite this output [y,n,e,.,a,d,q,?]? y" in said
    assert said.count("(3/3) Run this [y,n,b,s,e,q,?]? ") == 2


def test_nothing_secret_is_shown_or_written(article: Path) -> None:
    (article.parent / "pyproject.toml").write_text('[tool.wordish]\nredact = ["key-[0-9]+"]\n')
    article.write_text("Text.\n\n    ~$ echo $((40 + 2)) key-$((6 * 7)); echo on\n    41 key-41\n    on\n")
    _, said = walked(article, "yeyq")
    assert "42 [redacted]" in said
    assert "key-42" not in said + article.read_text()


def test_nothing_secret_is_told_of_what_cleans_up(article: Path) -> None:
    (article.parent / "pyproject.toml").write_text('[tool.wordish]\nredact = ["hunter[0-9]+"]\n')
    article.write_text(
        '<!-- wordish: sample="KEY" secret -->\n\n'
        "    ~$ echo key-$((40 + 2))\n    KEY\n"
        "    ~$ echo pw hunter2; echo $((40 + 1))\n    pw other\n    42\n"
        "    ~$ echo cleaned hunter3 KEY; false  # wordish: cleanup\n"
    )
    _, said = walked(article, "yyq")
    assert "~$ echo pw [redacted]; echo" in said
    assert "+cleaned [redacted] [redacted]" in said
    assert "hunter2" not in said
    assert "hunter3" not in said
    assert "key-42" not in said


def test_nothing_secret_is_told_of_a_machine_that_cannot_be_reached(
    article: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (article.parent / "pyproject.toml").write_text('[tool.wordish]\nredact = ["hunter[0-9]+"]\n')
    program = article.parent / "bin" / "ssh"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\ncat > /dev/null &\necho no key for hunter2 >&2\nexit 255\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent), prepend=os.pathsep)
    status, said = walked(article, "y", "--on", "ssh:web1")
    assert status == 2
    assert "no key for [redacted]" in said
    assert "hunter2" not in said


def test_other_letters_get_help(article: Path) -> None:
    _, said = walked(article, "x?")
    assert said.count("b - go back to the command before: the machine becomes what it was there\n") == 2


def test_the_shell_can_be_taken_and_what_is_done_there_is_undone(article: Path) -> None:
    env = {**os.environ, "TERM": "xterm"}
    child = pexpect.spawn(
        sys.executable, ["-m", "wordish", "step", "a.md"],
        cwd=article.parent, env=env, timeout=60, encoding="utf-8",
    )  # fmt: skip
    child.expect_exact("(1/3) Run this")
    child.sendline("y")
    child.expect_exact("(2/3) Run this")
    child.sendline("s")
    child.expect(r":~[$#] ")
    child.sendline("echo <$word>; echo more >> log")
    child.sendline('echo "<$word>"')
    child.expect(r"[\r\n]<one>\r")
    child.sendline("exit")
    child.expect_exact("(2/3) Run this")
    child.sendline("y")
    child.expect_exact("passed in")
    child.expect_exact("(3/3) Run this")
    child.sendline("q")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0


def test_a_shell_that_has_ended_cannot_be_taken(article: Path) -> None:
    article.write_text("    ~$ exit 3\n    ~$ echo never\n")
    child = pexpect.spawn(
        sys.executable, ["-m", "wordish", "step", "a.md"],
        cwd=article.parent, timeout=60, encoding="utf-8",
    )  # fmt: skip
    for letter, said in (("y", "failed"), ("s", "a shell has ended: go back to the command before, or stop")):
        child.expect_exact("Run this")
        child.sendline(letter)
        child.expect_exact(said)
    child.expect_exact("Run this")
    child.sendline("q")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 1


def test_on_the_host_what_cleans_up_runs_whenever_the_place_is_left(article: Path) -> None:
    left = article.parent / "left"
    article.write_text(f"    ~$ mkdir {left}\n    ~$ true\n    ~$ rmdir {left}  # cleanup\n")
    status, _ = walked(article, "yybbyyq")
    assert status == 0
    assert not left.exists()


def test_what_was_wrong_with_cleaning_up_counts(article: Path) -> None:
    article.write_text("    ~$ true\n    ~$ echo x\n    x\n    ~$ false  # cleanup\n")
    status, said = walked(article, "yq")
    assert "a.md:4: failed: exit status 1, 0 expected" in said
    assert status == 1
    article.write_text(
        f"    ~$ true\n    ~$ touch {article.parent}/x\n    ~$ rm {article.parent}/x  # cleanup\n"
    )
    assert walked(article, "ybyq")[0] == 1
    assert walked(article, "ybyyq")[0] == 0


def test_the_time_of_the_run_is_not_that_of_its_reader(article: Path) -> None:
    (article.parent / "pyproject.toml").write_text("[tool.wordish]\nrun-timeout = 3\n")
    with subprocess.Popen(
        [sys.executable, "-m", "wordish", "step", "a.md"],
        cwd=article.parent, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as walking:  # fmt: skip
        time.sleep(4)
        said, _ = walking.communicate("y\nq\n", timeout=60)
    assert "passed in" in said
    assert walking.returncode == 0


@pytest.mark.vm
def test_a_machine_is_what_it_was(article: Path) -> None:
    (article.parent / "pyproject.toml").write_text((ROOT / "pyproject.toml").read_text())
    article.write_text("    ~# touch /srv/a\n    ~# ls /srv\n    a\n    ~# touch /srv/b\n    ~# ls /srv\n")
    status, said = walked(article, "yyybbyq")
    assert status == 0
    assert said.count("\na\npassed in") == 2
