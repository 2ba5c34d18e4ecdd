"""What holds in every target: one suite, run against each of them."""

from __future__ import annotations

import hashlib
import os
import re
import signal
import time
from collections.abc import Mapping

import pytest

from tests.conftest import Aim, Reach
from wordish.document import parse
from wordish.errors import MachineError
from wordish.limits import Limit, Limits
from wordish.model import Machine
from wordish.runner import Job, check
from wordish.shell import Shell
from wordish.targets import TARGETS
from wordish.terminal import Reader, Standing

KINDS = [pytest.param(kind, marks=pytest.mark.vm) if kind == "vm" else kind for kind in TARGETS]


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def shell(kind: str, reach: Reach) -> Shell:
    return reach(kind).shell("user")


@pytest.fixture
def _hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give up soon what waits for a person."""
    monkeypatch.setattr("wordish.shell._PERSON", 0.3)


def says(shell: Shell, command: str, timeout: float = 20) -> str:
    output = shell.run(command, timeout=timeout)
    assert (output.status, output.stderr) == (0, ""), output
    return output.stdout


def test_the_two_streams_and_the_status_are_told_apart(shell: Shell) -> None:
    output = shell.run("echo out; echo err >&2; (exit 3)", timeout=20)
    assert (output.stdout, output.stderr, output.status, output.ended) == ("out", "err", 3, False)


def test_what_no_terminal_shows_is_counted(shell: Shell) -> None:
    output = shell.run(r"printf 'a\0b\0'; printf '\0' >&2", timeout=20)
    assert (output.stdout, output.stderr, output.nuls) == ("ab", "", 3)
    assert shell.run("echo ab", timeout=20).nuls == 0


def test_an_article_ends_in_its_time_and_cleans_up_where_it_ran(
    kind: str, aim: Aim, machines: Mapping[str, Machine]
) -> None:
    text = "~$ touch mess\n\n~$ sleep 1000\n\n~$ echo never\n\n~$ rm mess   # cleanup\n"
    transcript = check(
        Job(document=parse(text, path="slow.txt"), target=aim(kind)),
        machines=machines, timeout=900, limits=Limits(article=Limit(usual=2)),
    )  # fmt: skip
    assert [(str(verdict.outcome), verdict.reason) for verdict in transcript.verdicts] == [
        ("passed", ""), ("failed", "the article's time is over: 2 s"), ("skipped", "after line 3"),
        ("passed", ""),
    ]  # fmt: skip


def test_the_status_pipestatus_and_last_argument_live_on(shell: Shell) -> None:
    shell.run("false", timeout=20)
    assert says(shell, "echo $?") == "1"
    shell.run("true | (exit 7) | true", timeout=20)
    assert says(shell, "echo ${PIPESTATUS[@]}") == "0 7 0"
    shell.run("true first last", timeout=20)
    assert says(shell, "echo $_") == "last"


def test_state_lives_on_from_step_to_step(shell: Shell) -> None:
    for command in ("mkdir sub && cd sub", "x=1; export y=2", "f () {\n  echo f $1\n}", "sleep 60 &"):
        shell.run(command, timeout=20)
    assert says(shell, 'echo ${PWD##*/} $x $(sh -c "echo \\$y"); f 3') == "sub 1 2\nf 3"
    assert "sleep 60" in says(shell, "jobs")


def test_all_three_descriptors_are_a_terminal_with_job_control(shell: Shell) -> None:
    assert shell.run("test -t 0 && test -t 1 && test -t 2", timeout=20).status == 0
    assert says(shell, "set -o | grep monitor").split() == ["monitor", "on"]
    assert says(shell, "stty size; echo $TERM $LANG") == "24 80\ndumb C.UTF-8"


def test_nothing_of_ours_is_in_the_shell(shell: Shell) -> None:
    assert says(shell, "declare -F; alias; trap -p; echo ${PROMPT_COMMAND-none} ${PS0-none}") == "none none"
    assert says(shell, "ls /proc/$$/fd | sort -n | tr '\\n' ' '") == "0 1 2 255"
    shell.run("history -c", timeout=20)
    assert says(shell, "history | wc -l").strip() == "1"


def test_printing_every_variable_does_not_print_the_prompt(shell: Shell) -> None:
    for command in ("set", "declare -p", "set >&2"):
        output = shell.run(command, timeout=20)
        assert (output.status, "PS1=" in output.stdout + output.stderr) == (0, True)
    assert says(shell, "echo on") == "on"


def test_tracing_a_debug_trap_and_redefined_builtins_show_only_the_article(shell: Shell) -> None:
    assert shell.run("set -x", timeout=20).stderr == ""
    assert shell.run("echo a", timeout=20).stderr == "+ echo a"
    shell.run("set +x; trap 'echo dbg' DEBUG", timeout=20)
    assert says(shell, "echo a") == "dbg\na"
    shell.run("trap - DEBUG; printf () { :; }; builtin () { :; }; alias echo=false", timeout=20)
    output = shell.run("(exit 4)", timeout=20)
    assert (output.stdout, output.stderr, output.status) == ("", "", 4)


@pytest.mark.parametrize("option", ["-u", "-f", "-C", "-o posix", "-e"])
def test_shell_options_of_the_article_do_no_harm(shell: Shell, option: str) -> None:
    shell.run(f"set {option}", timeout=20)
    assert says(shell, "echo on") == "on"


def test_a_virtual_environments_prompt_does_no_harm(shell: Shell) -> None:
    shell.run('PS1="(venv) $PS1"; IFS=e; unset PATH', timeout=20)
    output = shell.run("echo on; (exit 2)", timeout=20)
    assert (output.stdout, output.stderr, output.status) == ("on", "", 2)


@pytest.mark.parametrize(
    "command",
    [
        "PS1='$ '",
        "unset PS1",
        "exec 2> log",
        "exec 2>&1",
        "exec 2> /dev/null",
        "shopt -u promptvars",
        "exec 2>&-",
    ],
)
def test_a_prompt_that_is_lost_is_found_again(shell: Shell, command: str) -> None:
    start = time.monotonic()
    output = shell.run(f"echo on; false || {command}", timeout=20)
    assert (output.stdout, output.status, output.ended) == ("on", 0, False)
    for _ in range(3):
        output = shell.run("echo still; (exit 3)", timeout=20)
        assert (output.stdout, output.status) == ("still", 3)
        assert shell.run("echo $?", timeout=20).stdout == "3"
    assert time.monotonic() - start < 6


@pytest.mark.parametrize("prompt", ["echo", "printf %s"])
def test_a_prompt_that_the_article_prints_ends_no_command(shell: Shell, prompt: str) -> None:
    output = shell.run(f'{prompt} "${{PS1@P}}" >&2; sleep 0.3; echo on; (exit 3)', timeout=20)
    assert (output.stdout, output.stderr, output.status) == ("on", "", 3)
    assert says(shell, "echo $?") == "3"


def test_what_a_prompt_shows_beside_our_part_is_no_output(shell: Shell) -> None:
    shell.run("PS1=\"(venv) $PS1> \"; PS2='more> '", timeout=20)
    output = shell.run("for each in 1 2\ndo echo err >&2\ndone", timeout=20)
    assert (output.stdout, output.stderr) == ("", "err\nerr")
    assert shell.run("printf 'no newline' >&2", timeout=20).stderr == "no newline"
    shell.run("PS1='$ '", timeout=20)
    assert shell.run("printf 'no newline' >&2", timeout=20).stderr == "no newline"
    assert says(shell, 'echo "$PS1"; history | tail -n 2 | cut -c 8-') == (
        "$\nprintf 'no newline' >&2\necho \"$PS1\"; history | tail -n 2 | cut -c 8-"
    )


@pytest.mark.parametrize(
    "hindrance",
    [
        "readonly x status",
        "enable -n builtin printf exit eval test history",
        "builtin () { :; }; exit () { echo FAKE; }; printf () { exit; }; alias history=exit",
        "IFS=0123456789; set -eu; trap 'echo ERR' ERR",
        "set -o posix",
    ],
)
def test_the_status_is_told_whatever_the_article_made_of_the_shell(shell: Shell, hindrance: str) -> None:
    shell.run(f"{hindrance}; PS1='$ '", timeout=20)
    output = shell.run("! (:)", timeout=20)
    assert (output.stdout, output.stderr, output.status, output.ended) == ("", "", 1, False)
    assert says(shell, 'echo "$?" last') == "1 last"
    shell.run("(:) | (:) | (:)", timeout=20)
    assert says(shell, 'echo "${PIPESTATUS[@]} $_"') == "0 0 0 last"


def test_line_editing_does_no_harm(shell: Shell) -> None:
    for editing in ("set -o vi", "set -o emacs"):
        assert shell.run(f"(exit 3); {editing}; (exit 3)", timeout=20).status == 3
        assert says(shell, "echo $?") == "3"
        assert says(shell, "cat <<-EOF\n\tone\n\tEOF") == "one"


@pytest.mark.parametrize(
    "command", ["echo late &", "echo late > >(cat)", "(exec sh -c 'seq 100; echo late') &"]
)
def test_the_first_words_of_a_job_belong_to_the_step_that_started_it(
    kind: str, shell: Shell, command: str
) -> None:
    if kind == "vm" and "seq" in command:
        pytest.skip("an emulated machine is too slow for a long output in one moment")
    for _ in range(10):
        assert shell.run(command, timeout=20).stdout.split("\n")[-1] == "late"
        assert says(shell, "echo on") == "on"


def test_a_job_gets_more_time_where_it_takes_long_to_look_at_it(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    standing = shell._terminal.standing

    def slowly() -> Standing:
        time.sleep(0.05)
        return standing()

    monkeypatch.setattr(shell._terminal, "standing", slowly)
    job = "(end=$((SECONDS + 2)); while [ $SECONDS -lt $end ]; do :; done; echo late) &"
    assert shell.run(job, timeout=20).stdout == "late"
    assert says(shell, "echo on") == "on"


def test_what_became_of_a_job_is_told_at_the_step_in_which_it_ended(shell: Shell) -> None:
    for _ in range(5):
        assert "Done" in shell.run("true &", timeout=20).stderr
        shell.run("sleep 100 &", timeout=20)
        assert "Terminated" in shell.run("kill %%", timeout=20).stderr
        output = shell.run("echo on", timeout=20)
        assert (output.stdout, output.stderr, "Terminated" in output.notices) == ("on", "", True)


def test_a_job_that_never_stops_talking_hides_no_prompt(shell: Shell) -> None:
    shell.run("while :; do echo noise >&2; done &", timeout=20)
    for status in range(3):
        output = shell.run(f"echo on; (exit {status})", timeout=20)
        assert (output.stdout, output.status) == ("on", status)
        words = output.stderr.split()  # the first and the last may be cut
        assert all("noise".endswith(word) or "noise".startswith(word) for word in words)
    shell.run("kill %1", timeout=20)


@pytest.mark.parametrize(
    "command", ["read x", "read -p 'Your name: ' x", "select x in a b; do :; done", "wait"]
)
def test_a_shell_that_waits_for_something_else_is_not_taken_for_prompting(shell: Shell, command: str) -> None:
    shell.run("sleep 100 &", timeout=20)
    output = shell.run(command, timeout=1)
    assert (output.stdout, output.status, output.ended) == ("", None, False)
    assert says(shell, "echo on") == "on"


def test_a_kernel_that_does_not_tell_where_a_process_waits_is_asked_in_vain_once(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def standing() -> Standing:
        asked.append("")
        return Standing()

    monkeypatch.setattr(shell._terminal, "standing", standing)
    for _ in range(3):
        assert says(shell, "echo on") == "on"
    assert 0 < len(asked) <= 100


def test_a_prompt_that_was_only_late_ends_no_other_command(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Take prompts for lost that are on their way, as on a machine that is very slow."""
    assert says(shell, "true") == ""

    def impatient(_timeout: float, **_: object) -> int | None:
        while not shell._at_home():
            time.sleep(0.01)
        return shell._ask()

    monkeypatch.setattr(shell, "_await", impatient)
    assert [shell.run(f"sleep 0.1; (exit {n})", timeout=20).status for n in range(5)] == list(range(5))
    monkeypatch.undo()
    assert shell.run("sleep 1000", timeout=1).status is None
    assert says(shell, "echo on") == "on"


def test_history_expansion_is_off(shell: Shell) -> None:
    assert says(shell, 'echo "hi!there"') == "hi!there"


@pytest.mark.parametrize(
    ("command", "stdout"),
    [
        ("cat <<EOF\n\tone\n  two\\\nthree\nEOF", "        one\n  twothree"),
        ("for i in 1 2\ndo\n\n  echo $i\ndone", "1\n2"),
        ("echo 'a\nb' | \\\n  wc -l", "2"),
        ("echo " + "x" * 20000 + " | wc -c", "20001"),
        ("echo 'a\x03\x04\x1a\x7fb' | od -An -tx1", " 61 03 04 1a 7f 62 0a"),
        ("# nothing but a comment", ""),
        ("echo é\N{SNOWMAN}", "é\N{SNOWMAN}"),
    ],
)
def test_commands_arrive_as_they_were_written(shell: Shell, command: str, stdout: str) -> None:
    assert says(shell, command) == stdout.strip("\n")


def test_a_long_here_document_arrives_whole(shell: Shell) -> None:
    lines = [f"line {number}" for number in range(5000)]
    text = "\n".join(lines)
    assert says(shell, f"sha256sum <<'END'\n{text}\nEND").split()[0] == sha(text + "\n")


def test_a_megabyte_arrives_whole(shell: Shell) -> None:
    output = shell.run("seq 1 150000; seq 1 3000 >&2", timeout=60)
    assert sha(output.stdout) == sha("\n".join(map(str, range(1, 150001))))
    assert sha(output.stderr) == sha("\n".join(map(str, range(1, 3001))))


def test_what_is_printed_belongs_to_the_step_that_printed_it(shell: Shell) -> None:
    for number in range(100):
        output = shell.run(f"echo err {number} >&2; echo out {number}", timeout=20)
        assert (output.stdout, output.stderr) == (f"out {number}", f"err {number}")


def test_a_flood_is_bounded_and_its_middle_left_out(shell: Shell) -> None:
    start = time.monotonic()
    output = shell.run("echo begun; yes abcdefghijklmnopqrstuvwxyz", timeout=1)
    assert time.monotonic() - start < 4
    assert output.status is None
    assert output.stdout.startswith("begun\nabc")
    assert len(output.stdout) < 20_000_000
    assert says(shell, "echo on") == "on"


def test_what_is_too_long_says_how_much_is_missing(shell: Shell, kind: str) -> None:
    output = shell.run("head -c 20000000 /dev/zero | tr '\\0' x; echo; echo end >&2", timeout=60)
    (left_out,) = re.findall(r"x\n\[wordish: (\d+) bytes are left out here\]\nx", output.stdout)
    assert int(left_out) + output.stdout.count("x") == 20_000_000
    assert (output.stdout[-1], output.stderr) == ("x", "end")


def test_the_callers_umask_is_not_the_articles(kind: str, reach: Reach) -> None:
    before = os.umask(0o077)
    try:
        assert says(reach(kind).shell("user"), "umask") == "0022"
    finally:
        os.umask(before)


def test_a_step_over_its_time_is_interrupted_and_the_shell_goes_on(shell: Shell) -> None:
    shell.run("kept=yes", timeout=20)
    start = time.monotonic()
    output = shell.run("echo begun; sleep 1000", timeout=2)
    assert time.monotonic() - start < 3
    assert (output.stdout, output.status, output.ended) == ("begun", None, False)
    assert says(shell, "echo $kept") == "yes"


def test_signals_that_we_were_started_deaf_to_are_heard_in_the_shell(kind: str, reach: Reach) -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        shell = reach(kind).shell("user")
        start = time.monotonic()
        assert shell.run("sleep 1000", timeout=0.5).status is None
        assert time.monotonic() - start < 1.2
    finally:
        signal.signal(signal.SIGINT, before)


def test_a_command_that_ignores_every_polite_signal_is_killed(shell: Shell) -> None:
    output = shell.run("""bash -c 'trap "" INT QUIT TERM HUP; while :; do sleep 1; done'""", timeout=0.5)
    assert (output.status, output.ended) == (None, False)
    assert says(shell, "echo on") == "on"


def test_a_command_that_reads_the_terminal_does_not_eat_the_next_step(shell: Shell) -> None:
    assert shell.run("cat", timeout=0.5).status is None
    assert says(shell, "echo on") == "on"


@pytest.mark.parametrize(
    ("command", "asked"),
    [
        ("cat", "cat"),
        ("read answer", "bash"),
        ("read -p 'Name: ' answer", "'Name:'"),
        ("read -s -p 'Password: ' answer", "'Password:'"),
        ("read -e -p '> ' answer", "'>'"),
        ("perl -e 'print q(Which? ); $| = 1; print qq(\\n2 ); <STDIN>'", "'2'"),
        ("sort | tail -n 1", "sort"),
        ("bash -c 'echo; read x'", "bash"),
    ],
)
@pytest.mark.usefixtures("_hurried")
def test_a_command_that_waits_for_a_person_is_given_up_soon(shell: Shell, command: str, asked: str) -> None:
    start = time.monotonic()
    output = shell.run(command, timeout=60)
    assert (output.status, output.asked, output.ended) == (None, asked, False)
    assert time.monotonic() - start < 4
    assert says(shell, "echo on") == "on"


@pytest.mark.parametrize(
    "command",
    [
        "sleep 1.1",
        "read -t 1.1 answer || true",
        "sleep 1.1 < /dev/tty",
        "bash -c 'sleep 1.1'",
        "perl -e 'select undef, undef, undef, 1.1'",
        "sleep 1.1 | cat",
        "script --quiet --command 'read -t 1.1 x; true' /dev/null; true",
    ],
)
@pytest.mark.usefixtures("_hurried")
def test_one_that_waits_for_something_else_is_not(shell: Shell, command: str) -> None:
    assert shell.run(command, timeout=20).status == 0


@pytest.mark.parametrize(
    "opens",
    [
        "bash",
        "bash --norc",
        "bash --norc --noediting",
        "sh",
        "dash",
        "env PS1='(odd) % ' bash --norc",
        "exec bash --norc",
        "bash --norc -o posix",
    ],
)
def test_a_shell_that_a_command_opens_is_where_the_next_ones_run(shell: Shell, opens: str) -> None:
    says(shell, "outer=yes")
    output = shell.run(opens, timeout=20, enters=None)
    assert (output.status, output.stdout, output.asked, shell.depth) == (0, "", "", 1)
    assert says(shell, "echo ${outer-no}") == "no"
    failed = shell.run("echo out; echo err >&2; (exit 3)", timeout=20)
    assert (failed.stdout, failed.stderr, failed.status) == ("out", "err", 3)
    assert says(shell, "for x in 1 2\ndo\n  cat << E\n$x !!\nE\ndone") == "1 !!\n2 !!"
    assert shell.run("sleep 60", timeout=0.5).status is None
    assert says(shell, "echo on") == "on"
    output = shell.run("exit 4", timeout=20)
    assert output.status == 4
    if opens.startswith("exec"):
        assert output.ended
    else:
        assert (shell.depth, says(shell, "echo $outer")) == (0, "yes")


def test_shells_open_in_shells(shell: Shell) -> None:
    for depth in (1, 2, 3):
        assert shell.run("bash --norc", timeout=20, enters=None).status == 0
        assert shell.depth == depth
        says(shell, f"level={depth}")
    assert says(shell, "echo $level") == "3"
    shell.run("exit", timeout=20)
    assert (shell.depth, says(shell, "echo $level")) == (2, "2")
    shell.leave()
    assert (shell.depth, says(shell, "echo ${level-none}")) == (0, "none")


@pytest.mark.parametrize("opens", ["bash --norc", "dash"])
def test_one_whose_prompt_is_changed_is_the_same_shell_and_tells_its_status(shell: Shell, opens: str) -> None:
    shell.run(opens, timeout=20, enters=None)
    says(shell, "level=1")
    for status in (0, 3):
        output = shell.run(f"PS1='(odd) $ '; echo out; (exit {status})", timeout=20, enters=None)
        assert (output.stdout, output.status, shell.depth) == ("out", status, 1)
    assert shell.run("PS1='$ '; false || false", timeout=20, enters=None).status == 1
    assert (says(shell, "echo $level"), shell.depth) == ("1", 1)
    assert shell.run("(exit 5)", timeout=20).status == 5
    says(shell, "set -eu; trap 'echo trapped' EXIT; unset PS2")
    assert shell.run("PS1='$ ' && false && true", timeout=20, enters=None).status == 1
    assert (says(shell, "echo $level"), shell.depth) == ("1", 1)
    says(shell, "set +eu; trap - EXIT; alias exit='echo bye'")
    assert shell.run("PS1='$ ' PS2='> '; sh -c 'exit 6'", timeout=20, enters=None).status == 6
    says(shell, "unalias exit")
    asks = shell.run("read -p 'amount in $ ' x", timeout=20, enters=None)  # which dash has not
    assert (asks.status is None or opens == "dash", asks.elapsed < 10, shell.depth) == (True, True, 1)
    says(shell, "echo '(exit 7)' > started")
    assert shell.run("exec bash --rcfile started", timeout=20, enters=None).status == 0  # it has run nothing
    assert says(shell, "echo ${level-none}") == "none"
    shell.run("PS1='$ '; bash --norc", timeout=20, enters=None)
    assert shell.depth == 2
    assert (shell.run("exit 4", timeout=20, enters=None).status, shell.depth) == (4, 1)
    shell.leave()
    assert shell.depth == 0


def test_leaving_ends_also_a_shell_that_does_not_want_to(shell: Shell) -> None:
    shell.run("bash --norc", timeout=20, enters=None)
    says(shell, "exit () { :; }")
    shell.leave()
    assert (shell.depth, says(shell, "echo on")) == (0, "on")


@pytest.mark.vm
@pytest.mark.usefixtures("_hurried")
def test_another_account_is_entered_and_left(reach: Reach) -> None:
    place = reach("vm")
    root = place.shell("root")
    assert root.run("su - user", timeout=20, enters=None).status == 0
    assert says(root, 'echo $(whoami) "$HOME" $PPID').split()[:2] == ["user", "/home/user"]
    assert root.run("exit", timeout=20).status == 0
    assert says(root, "whoami") == "root"
    asked = place.shell("user").run("su -c whoami", timeout=20)
    assert (asked.status, asked.asked) == (None, "'Password:'")


@pytest.mark.usefixtures("_hurried")
def test_no_shell_is_entered_unless_asked_to(shell: Shell) -> None:
    output = shell.run("bash --norc", timeout=20)
    assert (output.status, shell.depth) == (None, 0)
    assert output.asked.startswith("'bash-")
    assert says(shell, "echo ${BASH_SUBSHELL}") == "0"


@pytest.mark.usefixtures("_hurried")
def test_what_prompts_like_a_shell_and_is_none_is_not_fooled(shell: Shell) -> None:
    output = shell.run("read -p 'amount in $' x", timeout=20, enters=None)
    assert (output.status, shell.depth) == (None, 0)
    assert says(shell, "echo on") == "on"


def test_a_shell_that_comes_home_while_it_is_looked_at_has_opened_no_other(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Look for who reads the terminal when our shell waits for a command again, as on a busy machine."""
    says(shell, "PS1='$ '")
    reader = shell._terminal.reader

    def late() -> Reader:
        while not shell._at_home():
            time.sleep(0.01)
        shell._dialogue.rest()
        return reader()

    monkeypatch.setattr(shell._terminal, "reader", late)
    output = shell.run("sleep 0.5; (exit 3)", timeout=20, enters=None)
    assert (output.status, shell.depth) == (3, 0)


def test_a_shell_that_is_only_late_is_not_ended_with_the_step_that_was(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Give nothing the time that it needs, as on a busy machine."""
    monkeypatch.setattr("wordish.shell._GRACE", 1e-3)
    for command in ("sleep 100", "sh -c 'trap \"\" INT QUIT; while :; do sleep 0.1; done'", "read x"):
        output = shell.run(command, timeout=0.2)
        assert (output.status, output.ended) == (None, False), command
        assert says(shell, "echo on") == "on"


def test_an_answer_to_our_own_shell_is_no_command_of_another(shell: Shell) -> None:
    output = shell.run("read -p 'Name> ' x; echo $x", timeout=20, enters=None, answers=["Al"])
    assert (output.stdout, output.status, shell.depth) == ("Al", 0, 0)


@pytest.mark.parametrize(
    ("command", "answers", "stdout", "stderr"),
    [
        ('read -p "Name? " x; echo "hello $x"', ["Al Bo"], "hello Al Bo", "Name? Al Bo"),
        ("read x; read y; echo $y$x", ["1", "2"], "21", "1\n2"),
        ("read -s -p 'Pass? ' x; echo; echo ${#x}", ["secret"], "6", "Pass?"),
        ("read -n1 -p 'Sure? ' x; echo; echo $x", ["yes"], "y", "Sure? y"),
        ("cat > note; cat note", ["one", "two", "^D"], "one\ntwo", "one\ntwo"),
        ("printf 'Name? '; read x; echo $x", ["Al"], "Name? Al\nAl", ""),
        ("sleep 0.5; bash -c 'read x; echo $x'", ["late"], "late", "late"),
        ("cat <<E; read x; echo $x\n\tx\nE", ["y"], "        x\ny", "y"),
        ("true", ["never"], "", ""),
        ("head -c1; echo", ["y"], "y", "y"),
    ],
)
def test_what_waits_for_a_person_is_answered(
    shell: Shell, command: str, answers: list[str], stdout: str, stderr: str
) -> None:
    output = shell.run(command, timeout=20, answers=answers)
    assert (output.stdout, output.stderr, output.status, output.asked) == (stdout, stderr, 0, "")
    assert says(shell, "echo on; stty -a | grep -o -- '-echo '") == "on\n-echo"


def test_what_asks_for_more_than_it_is_answered_is_given_up(shell: Shell) -> None:
    output = shell.run("read -p '1? ' x; read -p '2? ' y", timeout=20, answers=["a"])
    assert (output.status, output.stderr, output.stdout) == (None, "1? a\n2?", "")
    assert says(shell, "echo on") == "on"


def test_what_was_typed_and_is_taken_for_a_command_is_told(shell: Shell) -> None:
    output = shell.run("head -c1; echo", timeout=20, answers=["yes"])
    assert (output.status, output.ended) == (None, False)
    assert output.asked.startswith(
        "less than was typed, and the shell took the rest for a command: bash: es:"
    )
    assert says(shell, "echo on") == "on"


def test_terminal_modes_are_put_back_before_each_step(shell: Shell) -> None:
    for command in ("stty raw", "stty echo", "stty sane", "stty -isig"):
        shell.run(command, timeout=20)
        assert says(shell, "echo a; echo b") == "a\nb"


@pytest.mark.parametrize(("command", "status"), [("exit 7", 7), ("kill -9 $$", 137), ("exec false", 1)])
def test_a_shell_that_ends_tells_its_status(shell: Shell, command: str, status: int) -> None:
    output = shell.run(f"echo last; {command}", timeout=20)
    assert (output.stdout, output.status, output.ended) == ("last", status, True)


@pytest.mark.parametrize("delay", [0.0005, 0.001, 0.002, 0.005, 0.5])
def test_the_users_interruption_ends_the_step_and_goes_on_to_the_caller(shell: Shell, delay: float) -> None:
    def interrupted() -> None:
        signal.setitimer(signal.ITIMER_REAL, delay)
        shell.run("echo lost; sleep 20", timeout=60)

    says(shell, "true")
    before = signal.signal(signal.SIGALRM, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            interrupted()
    finally:
        signal.signal(signal.SIGALRM, before)
    start = time.monotonic()
    assert says(shell, "echo on") == "on"
    assert time.monotonic() - start < 2


def test_each_place_is_pristine_and_nothing_of_the_caller_leaks_in(
    kind: str, reach: Reach, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORDISH_TEST_SECRET", "s3cret")
    first = reach(kind).shell("user")
    assert "s3cret" not in says(first, "env")
    first.run("touch ~/left-here; cd /", timeout=20)
    assert says(reach(kind).shell("user"), "ls; test $PWD -ef ~; echo $?") == "0"


def test_the_place_says_what_it_is(kind: str, reach: Reach) -> None:
    environment = reach(kind).environment
    assert {"distribution", "kernel"} <= set(environment)
    assert all(environment.values())


def test_root_prompts_act_as_root(kind: str, reach: Reach) -> None:
    place = reach(kind)
    if kind == "host" and os.geteuid() != 0:
        with pytest.raises(MachineError, match="needs root"):
            place.shell("root")
    else:
        assert says(place.shell("root"), "id -un") == "root"


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
