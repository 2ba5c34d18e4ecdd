"""Articles in other forms. The scripts are run by bash."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from wordish.document import find, parse, read
from wordish.export import script, transcript
from wordish.model import Document

ROOT = Path(__file__).parent.parent
ARTICLES = [Path(path) for path in find(["docs", "README.md", "tests/articles"], base=ROOT)]


def article(*lines: str) -> Document:
    document = parse("".join(f"{line}\n" for line in lines), path="a.console")
    assert not document.errors
    return document


def run(document: Document, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash"], input=script(document), cwd=cwd, capture_output=True, text=True, check=False
    )


def test_the_form(tmp_path: Path) -> None:
    text = script(article("~$ echo x", "x", "~$ sleep 60   # wordish: skip='too long'", "~$ true"))
    assert text.endswith(
        "# a.console:1\necho x\nwordish_expect 0 a.console:1\n# => x\n\n"
        "# a.console:3: skipped: too long\n#   sleep 60\n\n"
        "# a.console:4\ntrue\nwordish_expect 0 a.console:4\n"
    )
    assert text.startswith("#!/usr/bin/env bash\n# Made from a.console by wordish ")


def test_steps_share_a_shell_and_the_status(tmp_path: Path) -> None:
    document = article(
        "~$ x=1; cd /; alias say='echo said'",
        "~$ say $x",
        "~$ (exit 3)   # wordish: status=3",
        "~$ echo $? $PWD",
        "~$ (exit 4)   # wordish: status=any",
        "~$ echo $?",
        "~$ (exit 5)   # wordish: ignore",
        "~$ false; true",
        "~$ cat <<'E'",
        "a",
        "E",
    )
    ran = run(document, tmp_path)
    assert (ran.stdout, ran.stderr, ran.returncode) == ("said 1\n3 /\n4\na\n", "", 0)


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("false", "exit status 1, 0 expected"),
        ("true   # wordish: status=2", "exit status 0, 2 expected"),
        ("false   # wordish: status=2", "exit status 1, 2 expected"),
    ],
)
def test_it_stops_at_the_first_status_that_is_not_expected(tmp_path: Path, command: str, told: str) -> None:
    ran = run(article("~$ echo x", f"~$ {command}", "~$ echo y   # wordish: cleanup"), tmp_path)
    assert (ran.stdout, ran.stderr, ran.returncode) == ("x\n", f"a.console:2: {told}\n", 1)


def test_cleanup_stays_at_its_place_and_is_told(tmp_path: Path) -> None:
    document = article("~$ echo a   # wordish: cleanup", "~$ echo b")
    assert "# a.console:1: cleanup\necho a\n" in script(document)
    assert run(document, tmp_path).stdout == "a\nb\n"


def test_nothing_of_a_comment_runs(tmp_path: Path) -> None:
    document = article("~$ true", "a\\", "$(touch hacked)", "\x0b touch hacked")
    skipped = article("~$ touch hacked; touch \\", "> hacked   # wordish: skip='$(touch hacked)'")
    for each in (document, skipped):
        assert run(each, tmp_path).returncode == 0
    named = parse("~$ true\n", path="a\ntouch hacked; $(touch hacked).console")
    assert run(named, tmp_path).returncode == 0
    assert not list(tmp_path.iterdir())


def test_steps_of_root_want_root(tmp_path: Path) -> None:
    ran = run(article("~# id -u", "~$ echo x"), tmp_path)
    if os.geteuid() == 0:
        assert (ran.stdout, ran.returncode) == ("0\nx\n", 0)
    else:
        assert (ran.stdout, ran.returncode) == ("", 2)
    assert "id -u)" not in script(article("~# id -u   # wordish: skip", "~$ echo x"))


def test_a_transcript_has_no_hints_and_nothing_hidden() -> None:
    document = parse(
        "Do:\n\n<!-- wordish: hidden -->\n```console\n~$ secret\n```\n"
        "> ```console\n> ~$ cat <<E   # wordish: status=0\n> a\n> E\n> a\n>\n"
        "> b\n> ~# true # ignore\n> ```\n",
        path="a.md",
    )
    assert transcript(document) == "~$ cat <<E\n> a\n> E\na\n\nb\n~# true\n"


@pytest.mark.parametrize("path", ARTICLES, ids=lambda path: path.name)
def test_a_transcript_is_read_as_the_article_is(path: Path) -> None:
    document = read(path)
    steps = [step for step in document.steps if not step.options.hidden]
    again = parse(transcript(document), path="a.console")
    assert [(step.prompt, step.command, step.expectation.text) for step in again.steps] == [
        (step.prompt, step.command, step.expectation.text) for step in steps
    ]


@pytest.mark.parametrize("path", ARTICLES, ids=lambda path: path.name)
def test_bash_can_read_every_script(path: Path) -> None:
    subprocess.run(["bash", "-n"], input=script(read(path)), text=True, check=True)
