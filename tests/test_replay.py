"""The loop: which steps run, in which order, and what becomes of those that do not."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, cast

import pytest

from wordish.errors import MachineError
from wordish.limits import KEPT, Limit, Limits
from wordish.model import (
    Document,
    Expectation,
    Judged,
    Options,
    Outcome,
    Output,
    Running,
    Sample,
    Step,
    User,
    Verdict,
)
from wordish.replay import CLEANUP, replay
from wordish.shell import Shell

Answer = Output | BaseException


class ScriptedShell:
    """Answers from a table; what is not in the table prints nothing and succeeds."""

    def __init__(self, answers: dict[str, Answer]) -> None:
        self.answers = answers
        self.ran: list[tuple[str, float]] = []
        self.answered: list[str] = []
        self.limits: list[int] = []
        self.entered: list[bool | None] = []
        self.depth = 0

    def leave(self) -> None:
        self.ran.append(("(leave)", 0))
        self.depth = 0

    def run(
        self,
        command: str,
        *,
        timeout: float,
        limit: int,
        enters: bool | None,
        answers: Sequence[str] = (),
    ) -> Output:
        self.answered += answers
        self.ran.append((command, timeout))
        self.limits.append(limit)
        self.entered.append(enters)
        self.depth = max(0, self.depth + {"bash": 1, "exit": -1}.get(command, 0))
        answer = self.answers.get(command, Output())
        if isinstance(answer, BaseException):
            raise answer
        return answer


def step(
    line: int, command: str, shown: str = "", *, user: User = "user", options: Options | None = None
) -> Step:
    return Step(
        path="a.rst",
        line=line,
        end_line=line,
        prompt="~# " if user == "root" else "~$ ",
        user=user,
        command=command,
        expectation=Expectation(text=shown, lines=(line + 1, line + 1) if shown else None),
        options=options or Options(),
    )


def article(*steps: Step) -> Document:
    return Document(path="a.rst", text="", steps=steps)


def both(shell: ScriptedShell) -> Callable[[User], Shell]:
    return lambda _: cast(Shell, shell)


def play(shell: ScriptedShell, *steps: Step, keep_going: bool = False) -> list[Verdict]:
    return list(replay(article(*steps), both(shell), timeout=60, keep_going=keep_going))


def drain(verdicts: Iterator[Verdict]) -> tuple[list[Verdict], BaseException | None]:
    """All the verdicts, and what was raised after the last one."""
    found = []
    try:
        for verdict in verdicts:
            found.append(verdict)  # noqa: PERF402
    except (KeyboardInterrupt, MachineError) as error:
        return found, error
    return found, None


def told(verdicts: list[Verdict]) -> list[tuple[int, str, str]]:
    return [(verdict.step.line, str(verdict.outcome), verdict.reason) for verdict in verdicts]


LAST = Options(cleanup=True)


def test_every_step_runs_once_and_in_order() -> None:
    shell = ScriptedShell({"one": Output(stdout="1")})
    verdicts = play(
        shell, step(1, "one", "1"), step(3, "two"), step(4, "three", options=LAST), step(5, "four")
    )
    assert [command for command, _ in shell.ran] == ["one", "two", "three", "four"]
    assert {verdict.outcome for verdict in verdicts} == {Outcome.PASSED}


def test_a_step_says_its_own_timeout() -> None:
    shell = ScriptedShell({})
    play(shell, step(1, "quick"), step(2, "slow", options=Options(timeout=900)))
    assert shell.ran == [("quick", 60), ("slow", 900)]


def test_each_user_has_a_shell() -> None:
    root, user = ScriptedShell({}), ScriptedShell({})
    shells = {"root": root, "user": user}
    document = article(step(1, "id", user="root"), step(2, "pwd"), step(3, "ls", user="root"))
    list(replay(document, lambda name: cast(Shell, shells[name]), timeout=60))
    assert ([c for c, _ in root.ran], [c for c, _ in user.ran]) == (["id", "ls"], ["pwd"])


def test_a_skipped_step_does_not_run_and_keeps_its_reason() -> None:
    shell = ScriptedShell({})
    verdicts = play(shell, step(1, "one", options=Options(skip="no disk")), step(2, "two"))
    assert told(verdicts) == [(1, "skipped", "no disk"), (2, "passed", "")]
    assert [command for command, _ in shell.ran] == ["two"]


def test_the_first_failure_stops_the_article_but_not_its_cleanup() -> None:
    shell = ScriptedShell({"bad": Output(status=1)})
    verdicts = play(
        shell,
        step(1, "one"),
        step(2, "bad"),
        step(3, "never"),
        step(4, "tidy", options=LAST),
        step(5, "never"),
        step(6, "sweep", options=LAST),
    )
    assert [command for command, _ in shell.ran] == ["one", "bad", "tidy", "sweep"]
    assert told(verdicts)[2:] == [
        (3, "skipped", "after line 2"),
        (4, "passed", ""),
        (5, "skipped", "after line 2"),
        (6, "passed", ""),
    ]
    assert verdicts[2].output is None


def test_a_failed_cleanup_step_stops_no_other() -> None:
    shell = ScriptedShell({"bad": Output(status=1), "tidy": Output(status=1)})
    verdicts = play(
        shell,
        step(1, "bad"),
        step(2, "tidy", options=LAST),
        step(3, "sweep", options=LAST),
        step(4, "x"),
    )
    assert [str(verdict.outcome) for verdict in verdicts] == ["failed", "failed", "passed", "skipped"]
    assert verdicts[3].reason == "after line 1"


def test_a_cleanup_step_may_be_skipped_too() -> None:
    shell = ScriptedShell({"bad": Output(status=1)})
    verdicts = play(shell, step(1, "bad"), step(2, "tidy", options=Options(cleanup=True, skip="not here")))
    assert told(verdicts)[1] == (2, "skipped", "not here")


def test_keep_going_goes_on_after_a_wrong_output() -> None:
    shell = ScriptedShell({"bad": Output(stdout="x")})
    verdicts = play(shell, step(1, "bad"), step(2, "two"), keep_going=True)
    assert [str(verdict.outcome) for verdict in verdicts] == ["failed", "passed"]


def test_keep_going_stops_at_a_lost_shell() -> None:
    shell = ScriptedShell({"bad": Output(status=1, ended=True)})
    verdicts = play(shell, step(1, "bad"), step(2, "two"), keep_going=True)
    assert told(verdicts)[1] == (2, "skipped", "after line 1")


@pytest.mark.parametrize("options", [Options(), Options(ignore=True)])
def test_a_shell_that_ends_in_the_middle_is_no_silent_pass(options: Options) -> None:
    shell = ScriptedShell({"exit 0": Output(ended=True)})
    verdicts = play(shell, step(1, "exit 0", options=options), step(2, "false"))
    assert told(verdicts) == [
        (1, "failed", "the shell ended here, and steps follow"),
        (2, "skipped", "after line 1"),
    ]


def test_the_last_step_may_end_the_shell() -> None:
    shell = ScriptedShell({"exit 3": Output(status=3, ended=True)})
    last = Step(
        path="a.rst",
        line=2,
        end_line=2,
        prompt="~$ ",
        user="user",
        command="exit 3",
        expectation=Expectation(status=3),
    )
    assert [str(v.outcome) for v in play(shell, step(1, "one"), last)] == ["passed", "passed"]
    assert [str(v.outcome) for v in play(shell, step(1, "one"), step(2, "exit 3"))] == ["passed", "failed"]


def test_nothing_is_typed_into_a_shell_that_has_ended() -> None:
    shell = ScriptedShell({"exit 0": Output(ended=True)})
    verdicts = play(shell, step(1, "exit 0"), step(2, "tidy", options=LAST))
    assert [command for command, _ in shell.ran] == ["exit 0"]
    assert told(verdicts) == [
        (1, "failed", "the shell ended here, and steps follow"),
        (2, "skipped", "its shell has ended"),
    ]


def test_cleanup_runs_in_a_fresh_shell_where_the_target_gives_one() -> None:
    shells = [ScriptedShell({"exit 0": Output(ended=True)}), ScriptedShell({})]
    document = article(step(1, "exit 0"), step(2, "tidy", options=LAST))

    def current(_: User) -> Shell:
        return cast(Shell, shells[1] if shells[0].ran else shells[0])

    assert [str(v.outcome) for v in replay(document, current, timeout=60)] == ["passed", "passed"]
    assert shells[1].ran == [("tidy", 60)]


@pytest.mark.parametrize("options", [Options(), Options(ignore=True), Options(status="any")])
def test_a_step_that_timed_out_has_failed_whatever_it_says(options: Options) -> None:
    shell = ScriptedShell({"sleep 99": Output(status=None)})
    verdicts = play(shell, step(1, "sleep 99", options=options), step(2, "two"))
    assert told(verdicts) == [(1, "failed", "timed out after 60 s"), (2, "skipped", "after line 1")]


def test_an_interruption_still_cleans_up() -> None:
    shell = ScriptedShell({"long": KeyboardInterrupt()})
    document = article(step(1, "long"), step(2, "never"), step(3, "tidy", options=LAST))
    verdicts, raised = drain(replay(document, both(shell), timeout=60))
    assert told(verdicts) == [
        (1, "error", "interrupted"),
        (2, "skipped", "interrupted at line 1"),
        (3, "passed", ""),
    ]
    assert isinstance(raised, KeyboardInterrupt)


def test_a_second_interruption_skips_the_cleanup() -> None:
    shell = ScriptedShell({"long": KeyboardInterrupt(), "tidy": KeyboardInterrupt()})
    document = article(step(1, "long"), step(2, "tidy", options=LAST), step(3, "sweep", options=LAST))
    verdicts, raised = drain(replay(document, both(shell), timeout=60))
    assert told(verdicts) == [
        (1, "error", "interrupted"),
        (2, "error", "interrupted"),
        (3, "skipped", "interrupted at line 1"),
    ]
    assert isinstance(raised, KeyboardInterrupt)


@pytest.mark.parametrize("moment", [Running, Judged])
def test_an_interruption_between_two_steps_loses_no_verdict(moment: type[Running] | type[Judged]) -> None:
    struck: list[object] = []

    def tell(event: Running | Judged) -> None:
        if isinstance(event, moment) and not struck:
            struck.append(event)
            raise KeyboardInterrupt

    shell = ScriptedShell({})
    document = article(step(1, "one"), step(2, "two"), step(3, "tidy", options=LAST))
    verdicts, raised = drain(replay(document, both(shell), timeout=60, tell=tell))
    assert [str(verdict.outcome) for verdict in verdicts][1:] == ["skipped", "passed"]
    assert isinstance(raised, KeyboardInterrupt)


def test_a_lost_machine_is_an_error_told_after_the_last_verdict() -> None:
    shell = ScriptedShell({"two": MachineError("the machine has stopped")})
    document = article(step(1, "one"), step(2, "two"), step(3, "three"), step(4, "tidy", options=LAST))
    verdicts, raised = drain(replay(document, both(shell), timeout=60, keep_going=True))
    assert told(verdicts) == [
        (1, "passed", ""),
        (2, "error", "the machine has stopped"),
        (3, "skipped", "after line 2"),
        (4, "skipped", "after line 2"),
    ]
    assert isinstance(raised, MachineError)


def test_the_other_shell_still_cleans_up() -> None:
    root, user = ScriptedShell({}), ScriptedShell({"pwd": MachineError("no such account")})
    shells = {"root": root, "user": user}
    document = article(step(1, "pwd"), step(2, "umount /mnt", user="root", options=LAST))
    verdicts, raised = drain(replay(document, lambda name: cast(Shell, shells[name]), timeout=60))
    assert [str(verdict.outcome) for verdict in verdicts] == ["error", "passed"]
    assert isinstance(raised, MachineError)


def test_each_start_and_each_verdict_is_told() -> None:
    heard: list[tuple[str, int, int]] = []
    shell = ScriptedShell({"bad": Output(status=1)})
    document = article(step(1, "one"), step(2, "bad"), step(3, "never"))
    list(
        replay(
            document,
            both(shell),
            timeout=60,
            tell=lambda e: heard.append((type(e).__name__, e.number, e.total)),
        )
    )
    assert heard == [
        ("Running", 1, 3),
        ("Judged", 1, 3),
        ("Running", 2, 3),
        ("Judged", 2, 3),
        ("Judged", 3, 3),
    ]


def test_an_account_may_be_left_when_only_the_other_one_goes_on() -> None:
    """``exit`` at the root prompt, then the user's: what many howtos show."""
    shells = {"root": ScriptedShell({"exit": Output(ended=True)}), "user": ScriptedShell({})}
    steps = (step(1, "exit", user="root"), step(2, "id"), step(3, "true", user="root"))
    left = list(replay(article(*steps[:2]), lambda user: cast(Shell, shells[user]), timeout=60))
    assert [verdict.outcome for verdict in left] == [Outcome.PASSED, Outcome.PASSED]
    back = list(replay(article(*steps), lambda user: cast(Shell, shells[user]), timeout=60))
    assert back[0].outcome is Outcome.FAILED


def test_what_follows_runs_in_the_shell_that_was_opened_whoever_prompts() -> None:
    shells = {"root": ScriptedShell({}), "user": ScriptedShell({})}
    steps = (
        step(1, "id", user="user"),
        step(2, "bash", user="root"),
        step(3, "whoami", user="user"),
        step(4, "exit", user="user"),
        step(5, "id", user="user"),
    )
    verdicts = list(replay(article(*steps), lambda user: cast(Shell, shells[user]), timeout=60))
    assert {verdict.outcome for verdict in verdicts} == {Outcome.PASSED}
    assert [command for command, _ in shells["root"].ran] == ["bash", "whoami", "exit"]
    assert [command for command, _ in shells["user"].ran] == ["id", "id"]


def test_a_shell_is_only_entered_when_something_is_typed_there_or_the_author_says_so() -> None:
    shell = ScriptedShell({})
    play(
        shell,
        step(1, "one"),
        step(2, "two", options=Options(enters=True)),
        step(3, "three", options=Options(enters=False)),
        step(4, "four"),
        step(5, "five", options=Options(skip="no")),
    )
    assert shell.entered == [None, True, False, False]


def test_after_a_failure_the_opened_shell_is_left_before_cleaning_up() -> None:
    shell = ScriptedShell({"bad": Output(status=1)})
    play(shell, step(1, "bash"), step(2, "bad"), step(3, "exit"), step(4, "tidy", options=LAST))
    assert [command for command, _ in shell.ran] == ["bash", "bad", "(leave)", "tidy"]


def test_what_a_step_is_to_be_answered_goes_to_its_shell_with_values_for_samples() -> None:
    shell = ScriptedShell({"name": Output(stdout="name x-1")})
    samples = (Sample(text="vol", pattern=r"\S+"),)
    play(
        shell,
        step(1, "name", "name vol", options=Options(samples=samples)),
        step(3, "ask", options=Options(samples=samples, input=("y", "vol"))),
        step(4, "ask again", options=Options(input=("",))),
    )
    assert shell.answered == ["y", "x-1", ""]


class Clock:
    """A clock that commands move: ``5 s`` takes that long, or its timeout."""

    def __init__(self, shell: ScriptedShell, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 0.0
        run = shell.run

        def passing(command: str, *, timeout: float, **how: Any) -> Output:
            output = run(command, timeout=timeout, **how)
            takes = float(command.removesuffix(" s")) if command.endswith(" s") else 0.0
            self.now += min(takes, timeout)
            return output._replace(status=None) if takes > timeout else output

        monkeypatch.setattr(shell, "run", passing)
        monkeypatch.setattr(time, "monotonic", lambda: self.now)


@pytest.fixture
def clocked(monkeypatch: pytest.MonkeyPatch) -> ScriptedShell:
    shell = ScriptedShell({})
    Clock(shell, monkeypatch)
    return shell


def timed(shell: ScriptedShell, limits: Limits, *steps: Step, **how: Any) -> list[tuple[int, str, str]]:
    return told(list(replay(article(*steps), both(shell), timeout=60, limits=limits, **how)))


TEN = Limits(article=Limit(usual=10))
OVER = "the article's time is over: 10 s"


@pytest.mark.parametrize("keep_going", [False, True])
def test_when_the_articles_time_is_over_the_step_has_failed_and_cleanup_has_time_of_its_own(
    clocked: ScriptedShell, keep_going: bool
) -> None:
    steps = [
        step(1, "7 s"), step(2, "900 s"), step(3, "never"), step(4, "never"),
        step(5, "20 s", options=LAST), step(6, "900 s", options=LAST),
        step(7, "never", options=LAST),
    ]  # fmt: skip
    assert timed(clocked, TEN, *steps, keep_going=keep_going) == [
        (1, "passed", ""),
        (2, "failed", OVER),
        (3, "skipped", "after line 2"),
        (4, "skipped", "after line 2"),
        (5, "passed", ""),
        (6, "failed", f"the time for cleaning up is over: {CLEANUP:g} s"),
        (7, "skipped", "after line 2"),
    ]
    assert clocked.ran == [("7 s", 10), ("900 s", 3), ("20 s", 30), ("900 s", 10)]


def test_no_step_begins_when_the_time_is_over_and_none_of_them_makes_the_article_pass(
    clocked: ScriptedShell,
) -> None:
    steps = step(1, "10 s"), step(2, "never"), step(3, "never")
    assert timed(clocked, TEN, *steps) == [
        (1, "passed", ""), (2, "failed", OVER), (3, "skipped", "after line 2"),
    ]  # fmt: skip


def test_an_article_that_has_only_to_clean_up_when_its_time_is_over_is_right(clocked: ScriptedShell) -> None:
    steps = step(1, "10 s"), step(2, "20 s", options=LAST)
    assert timed(clocked, TEN, *steps) == [(1, "passed", ""), (2, "passed", "")]


def test_a_step_that_is_slow_itself_is_told_so(clocked: ScriptedShell) -> None:
    slow = step(1, "900 s", options=Options(timeout=2))
    assert timed(clocked, TEN, slow) == [(1, "failed", "timed out after 2 s")]


def test_when_the_runs_time_is_over_nobody_can_tell(clocked: ScriptedShell) -> None:
    limits = Limits(article=Limit(usual=10), run=4).begun()
    assert timed(clocked, limits, step(1, "900 s"), step(2, "never")) == [
        (1, "error", "the run's time is over: 4 s"), (2, "skipped", "after line 1"),
    ]  # fmt: skip


def test_each_step_says_how_much_of_its_output_is_kept() -> None:
    shell = ScriptedShell({})
    steps = step(1, "one"), step(2, "two", options=Options(output_limit=20_000))
    timed(shell, Limits(), *steps)
    timed(shell, Limits(output=Limit(usual=15_000, most=15_000)), *steps)
    assert shell.limits == [KEPT, 20_000, 15_000, 15_000]


def test_what_the_system_refuses_is_an_error_of_the_step_and_not_a_crash() -> None:
    shell = ScriptedShell({"two": OSError(24, "Too many open files")})
    verdicts, error = drain(
        replay(article(step(1, "one"), step(2, "two"), step(3, "three")), both(shell), timeout=60)
    )
    assert told(verdicts)[1:] == [(2, "error", "Too many open files"), (3, "skipped", "after line 2")]
    assert isinstance(error, MachineError)
