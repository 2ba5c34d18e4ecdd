"""What samples come to stand for, and what becomes of secrets."""

from __future__ import annotations

import pytest

from wordish.binding import Known, bind, contradiction
from wordish.judge import judge
from wordish.model import Expectation, Options, Outcome, Output, Sample, Step, Verdict
from wordish.redaction import HIDDEN

VOL = Sample(text="vol-8f3a", pattern=r"\S+")
SIZE = Sample(text="12 MB", pattern=r"\S+ +\S+", varies=True)
PASSWORD = Sample(text="hunter2", pattern=r"\S+", secret=True)


def step(text: str, *samples: Sample, command: str = "x", options: Options = Options()) -> Step:  # noqa: B008
    return Step(
        path="a.md",
        line=1,
        end_line=1,
        prompt="~$ ",
        user="user",
        command=command,
        expectation=Expectation(
            text=text, lines=(2, 2 + text.count("\n")) if text else None, samples=samples
        ),
        options=options._replace(samples=samples),
    )


def bound(text: str, printed: str, *samples: Sample, stderr: str = "") -> dict[str, str | None]:
    found = bind(step(text, *samples), Output(stdout=printed, stderr=stderr))
    return {sample.text: sample.value for sample in found.expectation.samples}


def test_a_sample_is_bound_where_it_is_first_shown() -> None:
    found = bind(step("a\nb vol-8f3a\nvol-8f3a", VOL), Output(stdout="a\nb x-1\nx-1"))
    (sample,) = found.expectation.samples
    assert (sample.value, sample.place) == ("x-1", "a.md:3")


@pytest.mark.parametrize(
    ("text", "printed", "value"),
    [
        ("vol-8f3a", "x", "x"),
        ("vol-8f3a", "vol-8f3a", "vol-8f3a"),
        ('UUID="vol-8f3a" TYPE=...', 'UUID="x-1" TYPE="ext4"', "x-1"),
        ("vol-8f3a...", "x y", "x"),
        ("...\nid vol-8f3a\n...", "a\nid x\nid y\nb", "x"),
        ("...\nid vol-8f3a\n...\ndone vol-8f3a", "id x\nid y\ndone y", "y"),
        ("id vol-8f3a\nmore", "id x", "x"),
        ("nothing of the sort", "x", None),
        ("id vol-8f3a", "name x", None),
    ],
)
def test_the_value_is_what_makes_all_true_else_what_is_nearest(text: str, printed: str, value: str) -> None:
    assert bound(text, printed, VOL) == {"vol-8f3a": value}


def test_a_value_may_come_from_stderr() -> None:
    assert bound("out\nid vol-8f3a", "out", VOL, stderr="warn\nid x") == {"vol-8f3a": "x"}


def test_several_at_once_and_what_varies_is_not_bound() -> None:
    other = VOL._replace(text="pv-1")
    assert bound("vol-8f3a on pv-1, 12 MB", "x on y, 3 kB", VOL, SIZE, other) == {
        "vol-8f3a": "x",
        "pv-1": "y",
        "12 MB": None,
    }


def test_a_value_is_kept() -> None:
    kept = VOL._replace(value="x", place="a.md:1")
    assert bind(step("vol-8f3a", kept), Output(stdout="y")).expectation.samples == (kept,)


@pytest.mark.parametrize("options", [Options(ignore=True), Options(status_only=True)])
def test_an_output_that_is_not_judged_binds_too(options: Options) -> None:
    found = bind(step("a\nid vol-8f3a", VOL, options=options), Output(stdout="b\nid x"))
    assert found.expectation.samples[0].value == "x"


def test_a_line_that_only_resembles_the_shown_one_gives_its_value_too() -> None:
    assert (
        bound("made vol-8f3a with 12 MB of disk", "new x-1 with 9 kB of disk", VOL, SIZE)["vol-8f3a"] == "x-1"
    )
    assert bound("made vol-8f3a with 12 MB", "something else", VOL, SIZE)["vol-8f3a"] is None


def reason(text: str, printed: str, *samples: Sample) -> str:
    return judge(step(text, *samples), Output(stdout=printed)).reason


def test_another_value_later_is_a_failure_that_names_both() -> None:
    kept = VOL._replace(value="x-1", place="a.md:7")
    assert reason("again vol-8f3a", "again x-2", kept) == (
        "the output differs: vol-8f3a stands for x-1 since a.md:7, and here for x-2"
    )
    assert reason("again vol-8f3a", "again x-1", kept) == ""
    assert reason("again vol-8f3a", "otherwise x-2", kept) == "the output differs"


def test_several_occurrences_stand_for_one_value() -> None:
    assert reason("vol-8f3a and vol-8f3a", "x and y", VOL) == (
        "the output differs: vol-8f3a stands for x since a.md:2, and here for y"
    )
    assert reason("vol-8f3a and vol-8f3a", "x and x", VOL) == ""


def test_what_does_not_look_like_the_sample_is_named() -> None:
    number = Sample(text="12", like="int", pattern=r"\d+")
    assert reason("count 12", "count many", number) == "the output differs: 12 is like int, and many is not"
    assert reason("vol-8f3a!", "a b!", VOL) == (
        "the output differs: vol-8f3a is like a run without blanks, and a b is not"
    )


def test_the_difference_shows_what_is_meant() -> None:
    kept = VOL._replace(value="x-1", place="a.md:7")
    verdict = judge(step("again vol-8f3a\n12 MB", kept, SIZE), Output(stdout="again x-2\n3 kB"))
    assert verdict.diff.splitlines()[3:] == ["-again x-1", "+again x-2", " 12 MB"]


def test_a_contradiction_needs_a_sample() -> None:
    assert contradiction(step("a"), Output(stdout="b")) == ""


# What an article knows.


def learn(known: Known, text: str, printed: str, *samples: Sample, **output: str) -> Verdict:
    shown = step(text, *samples)
    verdict = judge(known.meant(shown), Output(stdout=printed, **output))  # type: ignore[arg-type]
    return known.learned(shown, verdict)


def test_commands_and_outputs_mean_what_was_bound_before() -> None:
    known = Known()
    unbound = step("", VOL, command="rm vol-8f3a")
    assert known.meant(unbound).command == "rm vol-8f3a"
    learn(known, "created vol-8f3a", "created x-1", VOL)
    assert known.meant(unbound).command == "rm x-1"
    assert learn(known, "gone vol-8f3a", "gone x-1", VOL).outcome is Outcome.PASSED
    assert learn(known, "gone vol-8f3a", "gone x-2", VOL).outcome is Outcome.FAILED
    assert known.meant(unbound).command == "rm x-1"


def test_the_verdict_keeps_the_command_of_the_article() -> None:
    known = Known()
    learn(known, "created vol-8f3a", "created x-1", VOL)
    shown = step("", VOL, command="rm vol-8f3a")
    verdict = known.learned(shown, judge(known.meant(shown), Output()))
    assert verdict.step.command == "rm vol-8f3a"
    assert verdict.step.expectation.samples[0].value == "x-1"


def test_where_a_block_says_that_it_varies_it_is_not_bound() -> None:
    known = Known()
    learn(known, "created vol-8f3a", "created x-1", VOL)
    varying = VOL._replace(varies=True)
    assert learn(known, "other vol-8f3a", "other x-2", varying).outcome is Outcome.PASSED
    assert learn(known, "gone vol-8f3a", "gone x-1", VOL).outcome is Outcome.PASSED


def test_a_step_without_samples_is_left_alone() -> None:
    plain = step("a")
    assert Known().meant(plain) is plain


def everything(verdict: Verdict) -> str:
    return repr(verdict._replace(step=verdict.step._replace(command="")))


def test_a_secret_is_hidden_wherever_it_was_printed() -> None:
    known = Known()
    early = learn(known, "...", "early s3cr3t", PASSWORD)
    told = learn(known, "password hunter2", "password s3cr3t", PASSWORD, stderr="+ s3cr3t")
    assert told.outcome is Outcome.PASSED
    late = learn(known, "login ok", "login s3cr3t failed", PASSWORD)
    assert late.outcome is Outcome.FAILED
    assert "+login [redacted] failed" in late.diff
    for verdict in (told, late, known.redacted(early)):
        assert "s3cr3t" not in everything(verdict)
    assert known.hide("the machine said s3cr3t") == f"the machine said {HIDDEN}"
    assert told.step.expectation.samples[0].value == HIDDEN


def test_a_secret_that_varies_is_hidden_too() -> None:
    known = Known()
    varying = PASSWORD._replace(varies=True)
    for value in ("one1", "two2"):
        assert value not in everything(learn(known, "token hunter2", f"token {value}", varying))
    assert known.hide("one1 two2") == f"{HIDDEN} {HIDDEN}"


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("password hunter2", "pass: s3cr3t"),
        ("a\npassword hunter2", "b\npassword: s3cr3t"),
        ("hunter2", "a s3cr3t"),
    ],
)
def test_what_may_hold_a_secret_that_is_not_known_is_not_shown(text: str, printed: str) -> None:
    verdict = learn(Known(), text, printed, PASSWORD, stderr="s3cr3t")
    assert verdict.outcome is Outcome.FAILED
    assert verdict.reason.endswith("(not shown: a secret may stand there)")
    assert verdict.output is not None
    assert (verdict.output.stdout, verdict.output.stderr, verdict.diff) == (HIDDEN, HIDDEN, "")
    assert "s3cr3t" not in everything(verdict)


def test_another_value_of_a_secret_is_not_named() -> None:
    known = Known()
    learn(known, "password hunter2", "password s3cr3t", PASSWORD)
    verdict = learn(known, "again hunter2", "again 0ther", PASSWORD)
    assert "hunter2 stands for something else since a.md:2" in verdict.reason
    assert "0ther" not in everything(verdict)


def test_a_command_that_prints_it_later_is_redacted_whatever_becomes_of_it() -> None:
    known = Known()
    learn(known, "password hunter2", "password s3cr3t", PASSWORD)
    shown = step("", PASSWORD)
    verdict = known.learned(shown, judge(shown, Output(stdout="s3cr3t", status=None, asked="s3cr3t?")))
    assert "s3cr3t" not in everything(verdict)
    assert verdict.reason == "waits for input: [redacted]?"


def test_a_secret_is_hidden_as_bash_repeats_what_was_typed() -> None:
    known = Known()
    learn(known, "password hunter2", "password s3'c$r\\t", PASSWORD)
    for spelt in ("s3'c$r\\t", "s3\\'c\\$r\\\\t", "s3'c\\$r\\\\t", "s3'\\''c$r\\t", "s3'c$r\\\\t"):
        assert known.hide(f"[1]+  Done  login {spelt}") == f"[1]+  Done  login {HIDDEN}"


def test_what_bash_said_of_a_job_is_hidden_too() -> None:
    known = Known()
    learn(known, "password hunter2", "password s3cr3t", PASSWORD)
    shown = step("", PASSWORD)
    verdict = known.learned(shown, judge(shown, Output(notices="[1]+  Done  login s3cr3t")))
    assert "s3cr3t" not in everything(verdict)
