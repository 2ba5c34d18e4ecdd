"""A replay with a past: what ran before is judged and not run, what decides is compared step by step."""

from __future__ import annotations

from typing import Any, cast

import pytest

from tests.test_replay import Answer, ScriptedShell, article, both, step, told
from wordish.limits import Limit, Limits
from wordish.model import Document, Expectation, Options, Output, Running, Scope, Step, User, Verdict
from wordish.past import ForgottenError, Past, Ran
from wordish.replay import replay
from wordish.shell import Shell

CLEANUP = Options(cleanup=True)
Played = tuple[list[Verdict], list[str], Past]


def play(
    document: Document, known: tuple[Ran, ...] | list[Ran] = (), *, answers: dict[str, Answer] | None = None
) -> Played:
    """The verdicts, the commands that ran, and the past afterwards."""
    shell, past = ScriptedShell(answers or {}), Past(known)
    verdicts = list(replay(document, both(shell), timeout=60, past=past))
    return verdicts, [command for command, _ in shell.ran], past


def nobody(_: User) -> Shell:
    raise ForgottenError


ONE, TWO, THREE = step(1, "one", "1"), step(3, "two"), step(4, "three")
ANSWERS: dict[str, Answer] = {"one": Output(stdout="1")}


def test_what_is_known_does_not_run_and_has_the_same_verdict() -> None:
    first, ran, past = play(article(ONE, TWO, THREE), answers=ANSWERS)
    assert (ran, past.recalled, past.resumed) == (["one", "two", "three"], 0, None)
    second, ran, later = play(article(ONE, TWO, THREE), past.ran[:2])
    assert (ran, later.recalled, later.resumed) == (["three"], 2, THREE)
    assert second == first
    assert later.ran == past.ran


def test_an_expectation_that_was_edited_is_judged_by_what_was_printed() -> None:
    _, _, past = play(article(ONE, TWO, THREE), answers=ANSWERS)
    edited = ONE._replace(expectation=Expectation(text="uno", lines=(2, 2)))
    verdicts, ran, _ = play(article(edited, TWO, THREE), past.ran[:2])
    assert ran == []
    assert told(verdicts) == [
        (1, "failed", "the output differs"), (3, "skipped", "after line 1"), (4, "skipped", "after line 1"),
    ]  # fmt: skip
    assert "+1" in verdicts[0].diff


@pytest.mark.parametrize(
    "edited",
    [
        TWO._replace(command="two "),
        TWO._replace(user="root"),
        TWO._replace(options=Options(timeout=5)),
        TWO._replace(options=Options(input=("yes",))),
        TWO._replace(options=Options(enters=True)),
        TWO._replace(options=Options(skip_if="not kvm")),
        TWO._replace(scopes=(Scope(path="a.rst", line=2, env=(("A", "1"),)),)),
    ],
)
def test_a_step_that_would_run_in_another_way_is_not_the_same(edited: Step) -> None:
    _, _, past = play(article(ONE, TWO, THREE), answers=ANSWERS)
    survey = Past(past.ran, only=True)
    with pytest.raises(ForgottenError):
        list(replay(article(ONE, edited, THREE), nobody, timeout=60, past=survey))
    assert survey.recalled == 1


@pytest.mark.parametrize(
    "edited",
    [
        TWO._replace(line=30, end_line=30, path="b.rst"),
        TWO._replace(options=Options(match="exact", hidden=True, lint_ignore="x")),
        TWO._replace(expectation=Expectation(text="...", status="any", lines=(4, 4))),
    ],
)
def test_a_step_that_only_stands_or_shows_another_way_is_the_same(edited: Step) -> None:
    _, _, past = play(article(ONE, TWO, THREE), answers=ANSWERS)
    survey = Past(past.ran, only=True)
    list(replay(article(ONE, edited, THREE), nobody, timeout=60, past=survey))
    assert survey.recalled == 3


def test_two_blocks_with_the_same_surroundings_are_not_one() -> None:
    one, other = (Scope(path="a.rst", line=line, cwd="/tmp") for line in (1, 9))
    past, twin = Past(), Past()
    both_in_one = [
        past.asked(TWO._replace(scopes=(one,)), TWO, seconds=1, limit=1, enters=None) for _ in range(2)
    ]
    each_in_its_own = [
        twin.asked(TWO._replace(scopes=(scope,)), TWO, seconds=1, limit=1, enters=None)
        for scope in (one, other)
    ]
    assert both_in_one[0] == each_in_its_own[0]
    assert both_in_one[1] != each_in_its_own[1]


def test_a_step_that_is_skipped_or_taken_out_is_no_part_of_the_past() -> None:
    _, _, past = play(article(ONE, TWO, THREE), answers=ANSWERS)
    new = step(2, "new", options=Options(skip="not today"))
    _, ran, _ = play(article(ONE, new, TWO, THREE), past.ran[:2])
    assert ran == ["three"]
    survey = Past(past.ran, only=True)
    with pytest.raises(ForgottenError):
        list(replay(article(ONE, THREE), nobody, timeout=60, past=survey))
    assert survey.recalled == 1


def test_what_is_sure_to_be_the_same_is_not_compared() -> None:
    _, _, past = play(article(ONE, TWO, THREE), answers=ANSWERS)
    shell, sure = ScriptedShell({}), Past(past.ran[:2], sure=True)
    list(replay(article(ONE, TWO._replace(command="2"), THREE), both(shell), timeout=60, past=sure))
    assert [command for command, _ in shell.ran] == ["three"]


def test_cleaning_up_after_a_failure_that_is_known_runs() -> None:
    clean = step(9, "clean", options=CLEANUP)
    _, _, past = play(article(ONE, TWO, clean), answers=ANSWERS)
    wrong = TWO._replace(expectation=Expectation(text="2", lines=(4, 4)))
    verdicts, ran, later = play(article(ONE, wrong, clean), past.ran)
    assert ran == ["clean"]
    assert [verdict.outcome for verdict in verdicts] == ["passed", "failed", "passed"]
    assert later.resumed == clean


def test_what_took_longer_than_the_article_may_now_take_is_late_though_it_is_only_remembered() -> None:
    slow: dict[str, Answer] = {"one": Output(stdout="1", elapsed=4.0), "two": Output(elapsed=3.0)}
    clean = step(9, "clean", options=CLEANUP)
    document = article(ONE, TWO, clean)
    _, _, past = play(document, answers=slow)
    for seconds, late in ((8, 0), (7, 3), (4, 1)):
        shell, limits = ScriptedShell({}), Limits(article=Limit(usual=seconds))
        verdicts = list(replay(document, both(shell), timeout=60, limits=limits, past=Past(past.ran)))
        found = [verdict.step.line for verdict in verdicts if verdict.outcome == "failed"]
        assert found == ([late] if late else [])
        assert all(str(seconds) in verdict.reason for verdict in verdicts if verdict.outcome == "failed")


@pytest.mark.parametrize("keep_going", [False, True])
def test_nothing_goes_on_later_from_behind_a_step_that_is_wrong(keep_going: bool) -> None:
    wrong = step(3, "two", "2")
    shell, rests, past = ScriptedShell({}), list[bool](), Past()
    steps = step(1, "one"), wrong, step(5, "three"), step(6, "four")
    how: dict[str, Any] = {"timeout": 60, "rest": rests.append, "keep_going": keep_going}
    list(replay(article(*steps), both(shell), past=past, **how))
    assert len(rests) == 1  # before the wrong one
    list(replay(article(*steps), both(shell), past=Past(past.ran[:2]), **how))
    assert len(rests) == 1


def test_an_output_shown_with_the_next_ones_is_judged_there() -> None:
    together = step(1, "one")._replace(expectation=Expectation(together=True))
    shown = step(3, "two", "1\n2")
    document = article(together, shown, THREE)
    answers: dict[str, Answer] = {"one": Output(stdout="1"), "two": Output(stdout="2")}
    first, _, past = play(document, answers=answers)
    for known in (1, 2):
        verdicts, _, _ = play(document, past.ran[:known], answers=answers)
        assert verdicts == first


def test_a_shell_that_the_article_had_opened_gets_the_next_step() -> None:
    document = article(step(1, "bash", user="root"), step(2, "in it", user="user"), step(3, "exit"), THREE)
    _, _, past = play(document)
    assert [(ran.user, ran.within, ran.depth) for ran in past.ran] == [
        ("root", False, 1), ("root", True, 1), ("root", True, 0), ("user", False, 0),
    ]  # fmt: skip
    inner, outer = ScriptedShell({}), ScriptedShell({})
    inner.depth = 1
    shells = {"root": inner, "user": outer}
    later = Past(past.ran[:1])
    list(replay(document, lambda user: cast(Shell, shells[user]), timeout=60, past=later))
    assert [command for command, _ in inner.ran] == ["in it", "exit"]
    assert [command for command, _ in outer.ran] == ["three"]


def test_a_checkpoint_is_offered_before_each_step_but_the_first_until_something_is_wrong() -> None:
    clean = step(9, "clean", options=CLEANUP)
    offered: list[tuple[str, bool]] = []
    running = [""]

    def hear(news: object) -> None:
        if isinstance(news, Running):
            running[0] = news.step.command

    document = article(ONE, TWO, THREE, clean)
    how = {"timeout": 60, "past": Past(), "tell": hear}
    shell = ScriptedShell(ANSWERS)
    list(replay(document, both(shell), rest=lambda last: offered.append((running[0], last)), **how))  # type: ignore[arg-type]
    assert offered == [("two", False), ("three", True), ("clean", True)]
    offered.clear()
    shell = ScriptedShell({**ANSWERS, "two": Output(status=1)})
    how["past"] = Past()
    list(replay(document, both(shell), rest=lambda last: offered.append((running[0], last)), **how))  # type: ignore[arg-type]
    assert offered == [("two", False)]
