"""Whose programs ran: what stands for a command, and what the package managers answer."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.conftest import Reach
from wordish.document import parse
from wordish.model import Outcome, Output, Target, Verdict
from wordish.packages import command_words, owners_of
from wordish.shell import Shell
from wordish.targets import TARGETS


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("ls -l | sort -u > out; wc date", "ls sort wc"),
        ("cat <<'EOF' | tee x\nit's\nrm date\nEOF\nwc x", "cat tee wc"),
        ("sudo -u bob timeout -k 3 5 lvs -a ls", "sudo timeout lvs"),
        ("env A=1 python3 -c 'import os'", "env python3"),
        ("find . -name '*.x' -exec grep foo {} \\;", "find grep"),
        ("xargs -n 1 rm < list", "xargs rm"),
        ("x=$(hostname) y=`uname -r`; a=1 b=2 make", "hostname uname make"),
        ('echo "on $(date)"', "echo date"),
        ("if test -f x; then dd if=/dev/zero of=x; fi", "test dd"),
        ("for i in date cal; do echo $i; done", "echo"),
        ('f () { mkdir "$1"; }; (cd x && make -j2)', "mkdir cd make"),
        ("diff <(sort a) <(uniq b) &", "diff sort uniq"),
        ("cat 2>&1 >/dev/null date", "cat"),
        ("'foo bar' x; $cmd y; ls # lvs; ps", "ls"),
        ("/sbin/lvs", "/sbin/lvs"),
        ("'", ""),
        ("", ""),
    ],
)
def test_the_words_that_name_what_runs(command: str, words: str) -> None:
    assert command_words(command) == set(words.split())


def test_hostile_commands_take_no_time() -> None:
    for piece in ("${", "$(", "'", '"', "\\", "<<a\n", "((", "<(", "`", "a=$("):
        command_words(piece * 2_000)


@contextmanager
def host() -> Iterator[Shell]:
    with TARGETS["host"].reach(Target(kind="host"), machines={}, say=print) as place:
        yield place.shell("user")


def surveyed(text: str, *, before: str = "true") -> dict[str, str]:
    """What is found after each step of a transcript ran."""
    with host() as shell:
        shell.run(before, timeout=20)
        verdicts = [
            Verdict(step=step, outcome=Outcome.PASSED, output=shell.run(step.command, timeout=20))
            for step in parse(text, path="a.txt").steps
        ]
        return owners_of(verdicts, lambda _: shell)


@pytest.mark.vm
def test_both_accounts_of_a_machine_are_asked(reach: Reach) -> None:
    place = reach("vm")
    text = "~# lvs\n~# echo 1 | rsync - here\n~$ cat /etc/hostname\n~$ dd if=/dev/null | gzip\n"
    verdicts = [
        Verdict(
            step=step, outcome=Outcome.PASSED, output=place.shell(step.user).run(step.command, timeout=20)
        )
        for step in parse(text, path="a.txt").steps
    ]
    found = owners_of(verdicts, place.shell)
    assert list(found) == ["coreutils", "gzip", "lvm2", "rsync"]
    assert found["lvm2"].startswith("2.")


@pytest.mark.skipif(shutil.which("dpkg-query") is None, reason="no dpkg here")
def test_debians_packages_with_their_versions() -> None:
    found = surveyed("~$ ls\n~$ echo $(find . | xargs cat)\n~$ echo sed awk\n~$ hello () { :; }\n~$ hello\n")
    assert list(found) == ["coreutils", "findutils"]
    assert found["coreutils"][0].isdigit()


@pytest.mark.parametrize(
    "before",
    [
        "set -euf",
        "set -o posix",
        "set -x",
        "PATH=/nowhere",
        "IFS=s",
        "alias env=false type=false; type () { false; }",
        "trap 'echo dbg' DEBUG",
        "cd /",
    ],
)
@pytest.mark.skipif(shutil.which("dpkg-query") is None, reason="no dpkg here")
def test_what_the_article_did_to_its_shell_does_no_harm(before: str) -> None:
    assert list(surveyed("~$ /bin/ls > /dev/null || :\n", before=before)) == ["coreutils"]


@pytest.mark.parametrize("before", ["exec > /dev/null", "exit 3"])
def test_what_cannot_be_asked_is_not_known(before: str) -> None:
    assert surveyed("~$ ls\n", before=before) == {}


def test_steps_that_did_not_run_are_not_asked_for() -> None:
    steps = parse("~$ ls\n", path="a.txt").steps
    assert owners_of([Verdict(step=steps[0], outcome=Outcome.SKIPPED)], lambda _: pytest.fail("asked")) == {}


class Scripted:
    """A shell that gives one answer after the other."""

    ended = False

    def __init__(self, *answers: str) -> None:
        self.asked: list[str] = []
        self._answers = iter(answers)

    def run(self, command: str, *, timeout: float) -> Output:
        self.asked.append(command)
        return Output(stdout=next(self._answers))


@pytest.mark.parametrize(
    ("manager", "answer", "owners"),
    [
        (
            "rpm",
            "bash 5.2.26-4.fc41\nfile /opt/x is not owned by any package",
            {"bash": "5.2.26-4.fc41"},
        ),
        (
            "apk",
            "/bin/ls symlink target is owned by busybox-1.36.1-r15\n/usr/bin/g++ is owned by g++-13.2-r0",
            {"busybox": "1.36.1-r15", "g++": "13.2-r0"},
        ),
        (
            "pacman",
            "/usr/bin/ls is owned by coreutils 9.4-2\nerror: No package owns /opt/x",
            {"coreutils": "9.4-2"},
        ),
    ],
)
def test_other_package_managers(manager: str, answer: str, owners: dict[str, str]) -> None:
    shell = Scripted(
        "builtin hash -p '/opt/a b/x' x\n/usr/bin/ls\nnonsense", f"/usr/bin/ls\n{manager}", answer
    )
    step = parse("~$ ls\n", path="a.txt").steps[0]
    ran = Verdict(step=step, outcome=Outcome.PASSED, output=Output())
    assert owners_of([ran], lambda _: shell) == owners  # type: ignore[arg-type, return-value]
    assert shell.asked[2].startswith("/usr/bin/env -i ")
    assert " /bin/ls '/opt/a b/x' /usr/bin/ls " in shell.asked[2]
