"""``wordish shell``: the article's own shell, where it has come to, on the user's terminal."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pexpect
import pytest

from tests.conftest import ROOT
from wordish.cli import main

ARTICLE = """\
~$ word=kept; cd /
~$ echo $word
kept
~$ word=changed
"""

Visiting = Callable[..., "pexpect.spawn[str]"]


@pytest.fixture
def visiting(tmp_path: Path) -> Iterator[Visiting]:
    """Start ``wordish shell`` in a folder with an article; it is ended afterwards."""
    (tmp_path / "a.txt").write_text(ARTICLE)
    (tmp_path / "tmp").mkdir()
    started: list[pexpect.spawn[str]] = []

    def visiting(*words: str) -> pexpect.spawn[str]:
        env = {**os.environ, "TERM": "xterm", "TMPDIR": str(tmp_path / "tmp")}
        child = pexpect.spawn(
            sys.executable, ["-m", "wordish", "shell", *words],
            cwd=tmp_path, env=env, timeout=120, encoding="utf-8", dimensions=(33, 101),
        )  # fmt: skip
        started.append(child)
        return child

    yield visiting
    for child in started:
        child.close(force=True)


def asked(child: pexpect.spawn[str], command: str, answer: str) -> None:
    child.sendline(command)
    child.expect(rf"[\r\n]{answer}\r")


def left(child: pexpect.spawn[str]) -> int | None:
    child.sendline("exit")
    child.expect(pexpect.EOF)
    child.close()
    status: int | None = child.exitstatus
    return status


def test_a_person_gets_the_shell_with_all_that_the_steps_above_the_line_have_done(
    visiting: Visiting, tmp_path: Path
) -> None:
    child = visiting("a.txt", "--until", "4")
    child.expect_exact("a.txt: running 2 of 3 steps")
    child.expect(r":/[$#] ")
    asked(child, "echo $word $PWD", "kept /")
    asked(child, "echo to stderr >&2", "to stderr")
    asked(child, "stty size; test -t 0 -a -t 2 && echo all", "33 101\r\nall")
    asked(child, 'read answer && echo "<$answer>"\ntyped', "<typed>")
    child.sendline("sleep 1000")
    child.expect_exact("sleep 1000\r\n")
    child.sendintr()
    asked(child, "echo $?", "130")
    assert left(child) == 0
    assert list((tmp_path / "tmp").iterdir()) == []


def test_without_a_line_the_whole_article_runs(visiting: Visiting) -> None:
    child = visiting("a.txt")
    child.expect(r":/[$#] ")
    asked(child, "echo $word", "changed")
    assert left(child) == 0


def test_where_a_step_is_wrong_the_shell_is_that_of_the_failure(visiting: Visiting, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(ARTICLE.replace("\nkept", "\nlost"))
    child = visiting("a.txt")
    child.expect_exact("a.txt:2: failed: the output differs")
    child.expect(r":/[$#] ")
    asked(child, "echo $word", "kept")
    assert left(child) == 0


def test_nothing_secret_is_told_of_what_is_wrong(visiting: Visiting, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.wordish]\nredact = ["hunter[0-9]+"]\n')
    (tmp_path / "b.md").write_text(
        '<!-- wordish: sample="KEY" secret -->\n\n'
        "    ~$ echo key-$((40 + 2))\n    KEY\n"
        "    ~$ echo pw hunter2 KEY\n    pw other\n"
        "    ~$ echo cleaned hunter3 KEY; false  # wordish: cleanup\n"
    )
    child = visiting("b.md")
    child.expect_exact("~$ echo pw [redacted] KEY")
    child.expect_exact("+pw [redacted] [redacted]")
    child.expect(r"[$#] ")
    child.sendline("exit")
    child.expect_exact("+cleaned [redacted] [redacted]")
    child.expect(pexpect.EOF)


def test_nothing_secret_is_told_of_a_machine_that_cannot_be_reached(
    visiting: Visiting, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.wordish]\nredact = ["hunter[0-9]+"]\n')
    program = tmp_path / "bin" / "ssh"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\necho no key for hunter2 >&2\nexit 255\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent), prepend=os.pathsep)
    child = visiting("a.txt", "--on", "ssh:web1")
    child.expect_exact("no key for [redacted]")
    child.expect(pexpect.EOF)


def test_on_the_host_what_the_article_cleans_up_is_cleaned_up_afterwards(
    visiting: Visiting, tmp_path: Path
) -> None:
    (tmp_path / "b.txt").write_text(f"~$ touch {tmp_path}/left\n~$ true\n~$ rm {tmp_path}/left  # cleanup\n")
    child = visiting("b.txt", "--until", "2")
    child.expect(r"[$#] ")
    asked(child, f"ls {tmp_path}/left && echo there", f"{tmp_path}/left\r\nthere")
    assert left(child) == 0
    assert not (tmp_path / "left").exists()


def test_an_interruption_on_the_way_cleans_up_and_ends(visiting: Visiting, tmp_path: Path) -> None:
    (tmp_path / "b.txt").write_text(f"~$ touch {tmp_path}/left; sleep 99\n~$ rm {tmp_path}/left  # cleanup\n")
    child = visiting("b.txt")
    child.expect_exact("running 2 of 2 steps")
    while not (tmp_path / "left").exists():
        time.sleep(0.05)
    child.sendintr()
    child.expect_exact("b.txt:1: error: interrupted")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 130
    assert not (tmp_path / "left").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--until", "3"], "wordish shell: which article?"),
        (["a.txt", "b.txt"], "wordish shell: which article?"),
        (["a.txt"], "wordish shell: needs a terminal"),
    ],
)
def test_bad_questions_get_one_line(
    words: list[str],
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "a.txt").write_text(ARTICLE)
    monkeypatch.chdir(tmp_path)
    assert main(["shell", *words]) == 2
    err = capsys.readouterr().err
    assert err.startswith(said)
    assert err.count("\n") == 1


@pytest.mark.vm
def test_a_machine_can_be_visited_and_so_can_an_article_in_one(visiting: Visiting, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text((ROOT / "pyproject.toml").read_text())
    (tmp_path / "b.txt").write_text("~# X=root\n~$ X=user\n~# bash\n~# Y=inner\n~# exit\n~$ echo $X\nuser\n")
    child = visiting("--machine", "bookworm")
    child.expect("root@.*# ")
    asked(child, "stty size; lvm version > /dev/null && echo found", "33 101\r\nfound")
    assert left(child) == 0
    child = visiting("b.txt", "--until", "5")
    child.expect("root@.*# ")
    asked(child, "echo $Y $SHLVL", "inner 2")
    child.sendline("exit")
    assert left(child) == 0
    child = visiting("b.txt", "--until", "6")
    child.expect(r"user@.*\$ ")
    asked(child, "echo $X", "user")
    assert left(child) == 0
