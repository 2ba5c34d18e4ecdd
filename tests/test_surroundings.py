"""What is typed around the steps: in every target, in the article's own shell."""

from __future__ import annotations

from typing import cast

import pytest

from tests.conftest import Reach
from wordish.document import parse
from wordish.errors import MachineError
from wordish.model import Output, Verdict
from wordish.replay import replay
from wordish.shell import Shell
from wordish.surroundings import Surroundings
from wordish.targets import TARGETS, Place

KINDS = [pytest.param(kind, marks=pytest.mark.vm) if kind == "vm" else kind for kind in TARGETS]


@pytest.fixture(params=KINDS)
def place(request: pytest.FixtureRequest, reach: Reach) -> Place:
    return reach(str(request.param))


def played(place: Place, text: str, *, keep_going: bool = False) -> list[Verdict]:
    document = parse(text, path="a.md")
    assert document.errors == ()
    return list(replay(document, place.shell, timeout=30, keep_going=keep_going))


def told(verdicts: list[Verdict]) -> list[tuple[str, str]]:
    return [(str(verdict.outcome), verdict.reason) for verdict in verdicts]


def printed(verdicts: list[Verdict]) -> list[str]:
    return [verdict.output.stdout if verdict.output else "" for verdict in verdicts]


def block(*commands: str, says: str = "") -> str:
    lines = "\n".join(f"~$ {command}  # wordish: ignore" for command in commands)
    return (f"<!-- wordish: {says} -->\n" if says else "") + f"```\n{lines}\n```\n\n"


def test_an_article_starts_where_it_says_with_the_environment_it_says(place: Place) -> None:
    text = '---\nwordish:\n  cwd: /etc\n  env: {EDITOR: ed, X: "it\'s $HOME\\t\\\\"}\n---\n'
    text += block('pwd; sh -c \'printf "%s|%s" "$EDITOR" "$X"\'', "cd /usr; EDITOR=vi") + block(
        "pwd; echo $EDITOR"
    )
    assert printed(played(place, text)) == ["/etc\ned|it's $HOME   \\", "", "/usr\nvi"]


def test_a_blocks_own_directory_and_environment_end_with_it(place: Place) -> None:
    text = (
        block("cd /usr; export A=1; B=2; cd /; cd /usr")
        + block("echo $PWD $A $B $C; cd /tmp; A=x; unset B", says='cwd=/etc env="A=10 B=20 C=30"')
        + block("echo $PWD $A $B ${C-none} $OLDPWD; sh -c 'echo ${A-none} ${B-none}'")
    )
    assert printed(played(place, text)) == ["", "/etc 10 20 30", "/usr 1 2 none /\n1 none"]


def test_each_block_enters_anew_and_an_articles_directory_does_not(place: Place) -> None:
    text = "<!-- wordish: cwd=/usr -->\n\nText.\n\n"
    text += block("pwd; cd /etc") + block("pwd; cd /", says="cwd=/tmp") + block("pwd", says="cwd=/tmp")
    text += block("pwd") + block("pwd", says="cwd=/usr") + block("pwd", says='cwd="."')
    assert printed(played(place, text)) == ["/usr", "/tmp", "/tmp", "/etc", "/usr", "/etc"]


def test_a_relative_directory_is_the_one_that_is_meant(place: Place) -> None:
    text = block("mkdir -p 'my dir/etc' ./-d; CDPATH=/; touch 'my dir/here'")
    text += block("ls -1", says='cwd="my dir"')
    text += block("pwd | grep -c etc; ls | wc -l", says="cwd='~/my dir/etc'")
    text += block("pwd | grep -c -- /-d", says="cwd=-d")
    assert printed(played(place, text)) == ["", "etc\nhere", "1\n0", "1"]


def test_the_status_and_the_history_stay(place: Place) -> None:
    text = block("(exit 3)") + block("echo $?; (exit 4)", says="cwd=/etc env=A=1 needs=ls")
    text += block("echo $?; history | wc -l", says="skip='not command:ls'")
    assert printed(played(place, text)) == ["", "3", "4\n3"]


ODD = ["exec > log", "exec 2> log", "set -eu; ! true", "set -x", "trap 'echo dbg' DEBUG", "set -o posix"]


@pytest.mark.parametrize("odd", [*ODD, "PS1='$ '", "trap 'echo error' ERR", "IFS=1e:", "set -f -C"])
def test_a_shell_in_any_state_can_be_asked(place: Place, odd: str) -> None:
    text = block(odd) + block('pwd > /dev/tty; echo "$A" > /dev/tty', says="cwd=/etc env=A=1 needs=ls")
    text += block("echo $PWD $A > /dev/tty", says="needs=no-such-command")
    text += block("[[ $PWD != /etc && ! -v A ]] && echo left > /dev/tty")
    verdicts = played(place, text)
    assert [str(verdict.outcome) for verdict in verdicts] == ["passed", "passed", "skipped", "passed"]
    assert "/etc\n" in printed(verdicts)[1]
    assert printed(verdicts)[3].replace("dbg\n", "") == "left"


@pytest.mark.parametrize(
    ("says", "reason"),
    [
        ("needs=no-such-command", "needs no-such-command, which is not here"),
        ("needs='ls no-such kernel:no-such'", "needs no-such, kernel:no-such, which is not here"),
        ("needs='ls bash /dev/null kernel:proc ldconfig'", ""),
        ("skip='command:ls'", "asked for when command:ls"),
        ("skip='not command:ls'", ""),
        ("skip='not distribution:no-such'", "asked for when not distribution:no-such"),
    ],
)
def test_conditions_are_asked_in_the_place(place: Place, says: str, reason: str) -> None:
    assert told(played(place, block("true", "true", says=says))) == (
        [("skipped", reason)] * 2 if reason else [("passed", "")] * 2
    )


def test_a_need_is_looked_at_when_its_block_begins(place: Place) -> None:
    here = block("true", says="needs=made")
    made = block("made () { :; }") + block("unset -f made", "true", says="needs=made")
    assert [outcome for outcome, _ in told(played(place, here + made + here))] == [
        *("skipped", "passed", "passed", "passed", "skipped"),
    ]


def test_what_an_article_needs_is_looked_at_once(place: Place) -> None:
    text = "<!-- wordish: needs=made -->\n"
    text += "\nText.\n\n" + block("true") + block("made () { :; }", says="cwd=/") + block("true")
    assert {reason for _, reason in told(played(place, text))} == {"needs made, which is not here"}


def test_a_step_may_undo_the_condition_of_its_block(place: Place) -> None:
    text = "<!-- wordish: skip='command:ls' -->\n```\n~$ echo 1\n~$ echo 2  # wordish: skip=no ignore\n```\n"
    assert [outcome for outcome, _ in told(played(place, text))] == ["skipped", "passed"]


def test_what_cannot_be_entered_fails_and_leaves_no_trace(place: Place) -> None:
    text = block("true", says="cwd=/no/such env=A=1") + block("echo ${A-none} $PWD; readonly A=2")
    text += block("true", says="env=A=3")
    document = parse(text, path="a.md")
    verdicts = list(replay(document, place.shell, timeout=30))
    assert told(verdicts)[:2] == [
        ("failed", "cd: /no/such: No such file or directory"),
        ("skipped", "after line 3"),
    ]
    around = Surroundings()
    first, second, third = document.steps
    shell = place.shell("user")
    assert around.prepare(first, shell)[1] == "cd: /no/such: No such file or directory"
    assert around.prepare(second, shell) == ("", "")
    assert shell.run("echo ${A-none}; readonly A=2", timeout=20).stdout == "none"
    assert around.prepare(third, shell)[1] == "A: readonly variable"


def test_a_step_to_be_skipped_need_not_be_entered(place: Place) -> None:
    text = block("true", says="cwd=/no/such needs=no-such")
    assert told(played(place, text)) == [("skipped", "needs no-such, which is not here")]


def test_each_account_has_its_own_scopes(place: Place, request: pytest.FixtureRequest) -> None:
    if "[host]" in request.node.name or "[ssh]" in request.node.name:
        pytest.skip("one account")
    text = block("cd /tmp", says="") + block("pwd", says="cwd=/etc").replace("~$", "~#") + block("pwd")
    text += block("id -un", says="skip=root").replace("~$", "~#") + block("true", says="skip=root")
    verdicts = played(place, text)
    assert printed(verdicts) == ["", "/etc", "/tmp", "", ""]
    assert [outcome for outcome, _ in told(verdicts)[3:]] == ["skipped", "passed"]


def test_inside_of_another_shell_all_stays_as_it_was_outside(place: Place) -> None:
    text = "<!-- wordish: cwd=/etc skip='not command:ls' -->\n\nText.\n\n"
    text += block("bash --norc", "echo $PWD $A", says="env=A=1") + block("cd /; echo $A")
    text += block("echo never", says="cwd=/usr") + block("exit", "echo $PWD ${A-none}")
    verdicts = played(place, text, keep_going=True)
    assert printed(verdicts) == ["", "/etc 1", "1", "", "", "/etc none"]
    assert [str(verdict.outcome) for verdict in verdicts] == [*["passed"] * 3, "failed", *["passed"] * 2]
    assert verdicts[3].reason.startswith("needs, cwd, env and conditions are not for steps inside")


def test_a_shell_that_does_not_answer_is_lost() -> None:
    class Deaf:
        depth = 0

        def run(self, command: str, *, timeout: float) -> Output:
            return Output(status=None, stderr="bash: gone")

    (step,) = parse(block("true", says="cwd=/"), path="a.md").steps
    with pytest.raises(MachineError, match="does not answer any more: gone"):
        Surroundings().prepare(step, cast(Shell, Deaf()))
