"""This project's own articles pass, and no mutant of them does.

The LVM article runs for real, once, in its throwaway machine. What is shown can then be mutated
without another run: the outputs are what they are. Mutants of commands are run for real.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.conftest import ROOT
from wordish import document, runner
from wordish.judge import judge
from wordish.model import Machine, Outcome, Target, Transcript, Verdict

LVM = "docs/howto/lvm-upgrade-safety-net.rst"
TEXT = (ROOT / LVM).read_text(encoding="utf-8")


def checked(text: str, machines: Mapping[str, Machine]) -> Transcript:
    job = runner.Job(document=document.parse(text, path=LVM), target=Target(kind="vm", machine="bookworm"))
    return runner.check(job, machines=machines, timeout=60)


@pytest.mark.vm
def test_every_session_of_the_pages_passes() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "wordish", "check"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def transcript(machines: Mapping[str, Machine]) -> Transcript:
    return checked(TEXT, machines)


@pytest.mark.vm
def test_the_lvm_article_passes_all_its_steps_in_the_machine(transcript: Transcript) -> None:
    assert transcript.outcome is Outcome.PASSED, [v for v in transcript.verdicts if v.reason]
    assert len(transcript.verdicts) == 41
    assert {verdict.outcome for verdict in transcript.verdicts} == {Outcome.PASSED}
    assert {step.user for step in transcript.document.steps} == {"root"}
    assert transcript.environment["distribution"].startswith("Debian GNU/Linux 12")


@pytest.mark.vm
def test_the_merge_article_means_what_is_really_there(machines: Mapping[str, Machine]) -> None:
    article = document.read(ROOT / "docs/howto/lvm-merge.md")
    job = runner.Job(document=article, target=Target(kind="vm", machine="bookworm"))
    found = runner.check(job, machines=machines, timeout=60)
    assert found.outcome is Outcome.PASSED, [v for v in found.verdicts if v.reason]
    (told,) = [v.output.stdout for v in found.verdicts if v.output and "findmnt" in v.step.command]
    (mounted,) = [v for v in found.verdicts if v.step.command.startswith("mount UUID=")]
    values = {sample.text: sample.value for sample in mounted.step.expectation.samples}
    assert values[mounted.step.command.split("=")[1].split()[0]] == told
    assert told not in article.text


def shown(article: Transcript) -> Iterator[tuple[Verdict, list[str]]]:
    for verdict in article.verdicts:
        if verdict.step.expectation.lines:
            yield verdict, verdict.step.expectation.text.split("\n")


def verdict_on(verdict: Verdict, lines: list[str]) -> Verdict:
    """What is judged when the article shows ``lines`` there instead."""
    assert verdict.output is not None
    expectation = verdict.step.expectation._replace(text="\n".join(lines))
    return judge(verdict.step._replace(expectation=expectation), verdict.output, timeout=60)


@pytest.mark.vm
def test_any_one_letter_changed_in_any_output_fails_and_is_shown(transcript: Transcript) -> None:
    mutants = 0
    for verdict, lines in shown(transcript):
        for number, line in enumerate(lines):
            for column, letter in enumerate(line):
                if not letter.isalnum():
                    continue
                other = "x" if letter != "x" else "y"
                mutant = line[:column] + other + line[column + 1 :]
                found = verdict_on(verdict, [*lines[:number], mutant, *lines[number + 1 :]])
                assert found.outcome is Outcome.FAILED, (verdict.step.line, mutant)
                marked = {told[1:].strip() for told in found.diff.splitlines() if told.startswith("-")}
                assert mutant.strip() in marked, found.diff
                mutants += 1
    assert mutants > 700


@pytest.mark.vm
def test_any_output_line_removed_or_added_fails(transcript: Transcript) -> None:
    for verdict, lines in shown(transcript):
        for number in range(len(lines)):
            without = [*lines[:number], *lines[number + 1 :]]
            twice = [*lines[:number], lines[number], *lines[number:]]
            for mutant in (without, twice, [*lines[:number], "added", *lines[number:]], [*lines, "added"]):
                assert verdict_on(verdict, mutant).outcome is Outcome.FAILED, (verdict.step.line, mutant)


@pytest.mark.vm
def test_an_output_added_where_none_is_shown_fails(transcript: Transcript) -> None:
    silent = [verdict for verdict in transcript.verdicts if not verdict.step.expectation.lines]
    assert len(silent) > 20
    for verdict in silent:
        assert verdict_on(verdict, ["added"]).outcome is Outcome.FAILED, verdict.step


def changed(old: str, new: str, *, after: str = "") -> tuple[str, int]:
    """The article with the first ``old`` after ``after`` replaced, and the line of that."""
    start = TEXT.index(old, TEXT.index(after))
    return TEXT[:start] + new + TEXT[start + len(old) :], TEXT.count("\n", 0, start) + 1


@pytest.mark.vm
@pytest.mark.parametrize(
    ("old", "new", "fails", "diff"),
    [
        pytest.param("s/^/id:/", "s/^/if:/", "cat ./mnt/website/database", "+if:00001,name:alice", id="id"),
        pytest.param("rsync", "true rsync", "cat ./mnt/website/database", "+if:001,name:alice", id="rsync"),
        pytest.param("-L 12M", "-L 120M", "lvcreate -n website -L 120M datadisks", "-Logical vol", id="size"),
    ],
)
def test_a_command_that_is_wrong_fails_at_the_line_that_shows_it(
    machines: Mapping[str, Machine], tmp_path: Path, old: str, new: str, fails: str, diff: str
) -> None:
    text, line = changed(old, new, after=".. code-block")
    path = tmp_path / "mutant.rst"
    path.write_text(text, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "wordish", "check", str(path), "--timeout", "15", "--format", "json"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    (article,) = json.loads(done.stdout)["documents"]
    failed = [step for step in article["steps"] if step["outcome"] == "failed"]
    assert failed[0]["command"] == fails
    assert failed[0]["line"] >= line
    assert f"\n{diff}" in failed[0]["diff"].replace("\n-  ", "\n-")
    reasons = {step["reason"] for step in article["steps"] if step["outcome"] == "skipped"}
    assert reasons == {f"after line {failed[0]['line']}"}


def test_a_mutant_in_the_file_is_reported_at_its_line() -> None:
    """What the cheap mutants above change in memory, changed in the file: same step, same text."""
    text, line = changed("name:bob,age:18", "name:bob,age:19", after="~# abort\n")
    before, after = document.parse(TEXT, path=LVM), document.parse(text, path=LVM)
    different = [(a, b) for a, b in zip(before.steps, after.steps, strict=True) if a != b]
    ((was, now),) = different
    assert was.expectation.lines is not None
    assert was.expectation.lines[0] <= line <= was.expectation.lines[1]
    assert now.expectation.text == was.expectation.text.replace("18", "19")
