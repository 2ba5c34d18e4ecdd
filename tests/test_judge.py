"""Verdicts, and the diffs that explain them."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wordish import alignment
from wordish.alignment import ON_STDERR, align
from wordish.diff import changed_spans, diff, marked
from wordish.judge import judge, retold
from wordish.model import Expectation, Match, Options, Outcome, Output, Step, Stream
from wordish.pattern import GAP, fits, token_of


def step(
    text: str = "",
    *,
    status: int | str = 0,
    match: Match = "ellipsis",
    stream: Stream = "both",
    options: Options | None = None,
) -> Step:
    return Step(
        path="docs/x.rst",
        line=41,
        end_line=41,
        prompt="~# ",
        user="root",
        command="make",
        expectation=Expectation(
            text=text,
            lines=(42, 42 + text.count("\n")) if text else None,
            status=status,  # type: ignore[arg-type]
            match=match,
            stream=stream,
        ),
        options=options or Options(),
    )


def test_what_waits_for_a_person_has_failed_with_what_it_asks_for() -> None:
    verdict = judge(step(), Output(status=None, asked="'Name:'"), timeout=60)
    assert (verdict.outcome, verdict.reason) == (Outcome.FAILED, "waits for input: 'Name:'")


def test_passed() -> None:
    verdict = judge(step("a\n..."), Output(stdout="a\nb"))
    assert (verdict.outcome, verdict.reason, verdict.diff) == (Outcome.PASSED, "", "")


@pytest.mark.parametrize(
    ("expected", "output", "outcome", "reason"),
    [
        (step(), Output(status=1), "failed", "exit status 1, 0 expected"),
        (step(status=2), Output(status=2), "passed", ""),
        (step(status=2), Output(), "failed", "exit status 0, 2 expected"),
        (step(status="any"), Output(status=137), "passed", ""),
        (step("a"), Output(stdout="b"), "failed", "the output differs"),
        (step(), Output(stdout="b"), "failed", "the output differs"),
        (step(), Output(stderr="b"), "passed", ""),
        (step("a"), Output(stdout="b", status=1), "failed", "exit status 1, 0 expected; the output differs"),
        (step("a", options=Options(status_only=True)), Output(stdout="b"), "passed", ""),
        (
            step("a", options=Options(status_only=True)),
            Output(stdout="b", status=1),
            "failed",
            "exit status 1, 0 expected",
        ),
        (step("a", options=Options(ignore=True)), Output(stdout="b", status=1), "passed", ""),
        (step("a", options=Options(ignore=True)), Output(status=None), "failed", "timed out after 2.5 s"),
        (step("a"), Output(stdout="a", status=None), "failed", "timed out after 2.5 s"),
        (step("a"), Output(stdout="a", status=3, ended=True), "failed", "exit status 3, 0 expected"),
        (step("a"), Output(stdout="a", ended=True), "passed", ""),
        (
            step(options=Options(ignore=True)),
            Output(status=None, ended=True),
            "failed",
            "timed out after 2.5 s",
        ),
    ],
)
def test_verdicts(expected: Step, output: Output, outcome: str, reason: str) -> None:
    verdict = judge(expected, output, timeout=2.5)
    assert (verdict.outcome, verdict.reason) == (outcome, reason)
    assert bool(verdict.diff) == ("the output differs" in reason)


def test_what_became_of_a_job_may_be_shown_at_either_of_two_prompts() -> None:
    done = "[1]+  Done                    make"
    assert judge(step(done), Output(stderr=done)).outcome is Outcome.PASSED
    assert judge(step(f"a\n{done}"), Output(stdout="a", notices=done)).outcome is Outcome.PASSED
    assert judge(step(done, stream="stderr"), Output(notices=done)).outcome is Outcome.FAILED
    assert judge(step("a"), Output(stdout="a", notices=done)).outcome is Outcome.PASSED
    assert judge(step(done.replace("1", "2")), Output(notices=done)).outcome is Outcome.FAILED


def test_the_timeout_told_is_the_steps_own_when_none_was_in_force() -> None:
    assert judge(step(options=Options(timeout=60)), Output(status=None)).reason == "timed out after 60 s"


def test_what_cannot_be_told_is_no_failure() -> None:
    verdict = judge(step("a\n" * 20_000 + "b"), Output(stdout="a\n" * 10_000, stderr="a\n" * 10_001))
    assert verdict.outcome is Outcome.ERROR
    assert "say stream=stdout" in verdict.reason


@pytest.mark.parametrize(
    ("shown", "output", "expected"),
    [
        ("a\nb\nc", Output(stdout="a\nx\nc"), "@@ -42,3 +1,3 @@\n a\n-b\n+x\n c\n"),
        ("", Output(stdout="a\nb"), "@@ -41,0 +1,2 @@\n+a\n+b\n"),
        ("a\nb", Output(), "@@ -42,2 +0,0 @@\n-a\n-b\n"),
        ("...\ntotal 5", Output(stdout="x\ny\ntotal 6"), "@@ -42,2 +1,2 @@\n ...\n-total 5\n+total 6\n"),
        ("5 ... free\nb", Output(stdout="5 MB free\nc"), "@@ -42,2 +1,2 @@\n 5 ... free\n-b\n+c\n"),
        (
            "a\n...\nfoo\n...\nb",
            Output(stdout="a\n1\n2\nb"),
            "@@ -42,5 +1,4 @@\n a\n ...\n-foo\n ...\n b\n",
        ),
        (
            "a\nwarning\nb",
            Output(stdout="a\nx", stderr="warning"),
            "@@ -42,3 +1,3 @@\n a\n warning\n-b\n+x\n",
        ),
        ("PV\n  LV", Output(stdout="   PV\n     lv"), "@@ -42,2 +1,2 @@\n PV\n-  LV\n+  lv\n"),
        ("a", Output(stdout="a\nb", stderr="noise"), "@@ -42,1 +1,2 @@\n a\n+b\n"),
    ],
)
def test_diffs(shown: str, output: Output, expected: str) -> None:
    assert diff(step(shown), output) == f"--- shown (docs/x.rst:42)\n+++ printed\n{expected}"


def test_a_diff_leaves_out_what_need_not_be_printed() -> None:
    expectation = Expectation(text="old\n\n# Fill the disk", lines=(3, 5), remarks=1)
    found = judge(step("")._replace(expectation=expectation), Output(stdout="new"))
    assert [line for line in found.diff.splitlines() if line[:1] in "+-"][2:] == ["-old", "+new"]


def test_far_apart_differences_are_hunks() -> None:
    lines = [f"line {number}" for number in range(100)]
    shown = [*lines]
    shown[10], shown[80] = "x", "y"
    rows = diff(step("\n".join(shown)), Output(stdout="\n".join(lines))).splitlines()
    assert [row for row in rows if row.startswith("@@")] == ["@@ -49,7 +8,7 @@", "@@ -119,7 +78,7 @@"]


def test_too_much_is_left_out_and_the_diff_says_so() -> None:
    rows = diff(step("a"), Output(stdout="b\n" * 1000)).splitlines()
    assert rows[-1] == "\\ 960 more lines printed"
    assert len(rows) == 3 + 1 + 40 + 1
    rows = diff(step("x" * 5000 + "y" + "z" * 5000), Output(stdout="x" * 5000 + "z" * 5001)).splitlines()
    assert max(map(len, rows)) < 300
    assert rows[-2].startswith("-[4,940 characters] xxx")
    assert "xyz" in rows[-2]


def test_words_that_changed_are_marked() -> None:
    assert changed_spans("total 5 MB", "total 16 MB") == ([(6, 7)], [(6, 8)])
    text = diff(step("a\ntotal 5 MB"), Output(stdout="a\ntotal 16 MB"))
    rows = list(marked(text))
    assert "".join(f"{line}\n" for line, _ in rows) == text
    assert rows[-2:] == [("-total 5 MB", [(7, 8)]), ("+total 16 MB", [(7, 9)])]


def test_a_failure_in_much_output_is_told_fast() -> None:
    lines = [f"line {number} of the output" for number in range(200_000)]
    shown = [*lines]
    shown[100_000] = "line 100000 of the outpuT"
    start = time.process_time()
    verdict = judge(step("\n".join(shown)), Output(stdout="\n".join(lines)))
    assert time.process_time() - start < 3
    assert [row for row in verdict.diff.splitlines() if row[0] in "-+"][2:] == [
        "-line 100000 of the outpuT",
        "+line 100000 of the output",
    ]


# A diff never lies, whatever differs.

LINES = ["a", "b", "ab", "  a"]
some = st.lists(st.sampled_from(LINES), max_size=6).map("\n".join)
any_shown = st.lists(st.sampled_from([*LINES, "a...", "..."]), max_size=6).map("\n".join)


@settings(max_examples=600, deadline=None)
@given(any_shown, some, some)
def test_a_diff_shows_every_shown_line_once_and_something_that_differs(
    shown: str, out: str, err: str
) -> None:
    expected, output = step(shown), Output(stdout=out, stderr=err)
    verdict = judge(expected, output)
    if verdict.outcome is Outcome.PASSED:
        assert verdict.diff == ""
        return
    rows = verdict.diff.splitlines()[2:]
    kept = [row[1:] for row in rows if row[0] in " -"]
    assert "\n".join(kept) in shown
    assert any(row[0] in "-+" for row in rows)
    columns = iter(line.lstrip(" ") for line in out.split("\n"))
    assert all(row[1:].lstrip(" ") in columns for row in rows if row[0] == "+"), "in the order printed"


@settings(max_examples=600, deadline=None)
@given(any_shown, some, some, st.sampled_from([1, 4, 9, 20_000]))
def test_an_alignment_is_true_however_little_may_be_compared(
    shown: str, out: str, err: str, cells: int
) -> None:
    tokens, lines = [token_of(line) for line in shown.split("\n")], out.split("\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(alignment, "_CELLS", cells)
        patch.setattr(alignment, "_ALL_CELLS", 2 * cells)
        spans = align(tokens, lines, err.split("\n"))
    at = 0
    for token, span in zip(tokens, spans, strict=True):
        if span and span != ON_STDERR:
            assert at <= span[0] <= span[1] <= len(lines), "spans rise"
            assert token is GAP or [fits(token, line) for line in lines[slice(*span)]] == [True]
            at = span[1]
        assert token is not GAP or span, "a gap is never wrong"


@settings(max_examples=600, deadline=None)
@given(any_shown, some, st.sampled_from([1, 2, 3]))
def test_lines_that_are_compared_together_are_aligned_alike(shown: str, out: str, together: int) -> None:
    tokens, lines = [token_of(line) for line in shown.split("\n")], out.split("\n")
    spans = align(tokens, lines)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(alignment, "_TOGETHER", together)
        assert align(tokens, lines) == spans


# Mutants: what an article wrongly promises must not pass.

SAMPLES = [
    ('  Physical volume "/dev/loop1" successfully created.', ""),
    ("  LV      VG        Attr       LSize\n  website datadisks -wi-a----- 12.00m", ""),
    (
        "id:00001,name:alice,age:29\nid:00002,name:bob,age:31",
        "warning: old database\nid:00002,name:bob,age:31",
    ),
    ("total 0", "ls: cannot access 'x': No such file or directory"),
    ("Reading package lists...\nDone\n\nSetting up lvm2", "W: a\nW: b"),
]


def mutants(shown: str) -> Iterator[str]:
    lines = shown.split("\n")
    for at, letter in enumerate(shown):
        if letter.isalnum():
            yield shown[:at] + ("x" if letter != "x" else "y") + shown[at + 1 :]
            if not shown.startswith("...", at + 1):  # a wildcard stands for the letter before it, too
                yield shown[:at] + shown[at + 1 :]
    for at, line in enumerate(lines):
        if line:
            yield "\n".join([*lines[:at], *lines[at + 1 :]])
        yield "\n".join([*lines[:at], "one more", *lines[at:]])
    yield "\n".join([*lines, "one more"])


@pytest.mark.parametrize(("stdout", "stderr"), SAMPLES)
@pytest.mark.parametrize("noise", [True, False], ids=["stderr", "stdout alone"])
@pytest.mark.parametrize("match", ["ellipsis", "exact"])
def test_no_mutant_passes(stdout: str, stderr: str, noise: bool, match: Match) -> None:
    output = Output(stdout=stdout, stderr=stderr if noise else "")
    assert judge(step(stdout, match=match), output).outcome is Outcome.PASSED
    for mutant in mutants(stdout):
        verdict = judge(step(mutant, match=match), output)
        assert verdict.outcome is Outcome.FAILED, mutant
        assert verdict.diff


def test_no_mutant_of_a_line_shown_from_stderr_passes() -> None:
    output = Output(stdout="1 file", stderr="cp: skipped x\ncp: skipped y")
    shown = "cp: skipped x\n1 file"
    assert judge(step(shown), output).outcome is Outcome.PASSED
    removable = {"1 file", "cp: skipped y\n1 file"}  # stderr need not be shown; another line of it is as true
    for mutant in set(mutants(shown)) - removable:
        assert judge(step(mutant), output).outcome is Outcome.FAILED, mutant


def test_a_diff_is_made_anew_of_what_may_be_told() -> None:
    long = "x" * 300
    shown = step("a")
    verdict = judge(shown, Output(stdout=f"{long}s3cret{long}"))
    hidden = verdict._replace(output=Output(stdout="[redacted]"))
    told = retold(verdict, hidden)
    assert told.diff.split("\n")[3:] == ["-a", "+[redacted]", ""]
    assert retold(verdict, verdict) is verdict


def test_a_difference_that_is_hidden_is_said_to_be() -> None:
    verdict = judge(step("key 1"), Output(stdout="key 2"))
    shown = verdict.step._replace(expectation=verdict.step.expectation._replace(text="key [redacted]"))
    told = retold(verdict, verdict._replace(step=shown, output=Output(stdout="key [redacted]")))
    assert (told.diff, told.reason) == ("", "the output differs (where it is not to be told)")
