"""Articles that pass go on passing while everything else on the machine is busy."""

from __future__ import annotations

import os
import zlib
from pathlib import Path

import pytest

from tests import stress
from tests.stress import Trial, load, tried
from wordish import document
from wordish.model import Target

HOST = Target(kind="host")
SHARE = 8  # one of so many articles
RUNS = 2


@pytest.fixture(scope="module")
def trials() -> list[Trial]:
    return stress.trials(machines=False)


def test_all_that_run_here_or_in_a_machine_are_tried(trials: list[Trial]) -> None:
    here = {trial.document.path for trial in trials}
    assert {"README.md", "docs/howto/shell-basics.md", "tests/hostile/prompts/ps1.md"} <= here
    there = {trial.document.path for trial in stress.trials(machines=True)}
    assert {"docs/howto/lvm-upgrade-safety-net.rst", "tests/hostile/builtins/disabled.md"} <= there
    assert "docs/howto/lvm-upgrade-safety-net.rst" not in here


def test_the_load_is_there_and_goes() -> None:
    def below() -> list[str]:
        return Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()

    before = below()
    with load(processors=1):
        burdens = [pid for pid in below() if pid not in before]
        assert len(burdens) == len(stress.BURDENS)
    assert below() == before


@pytest.mark.parametrize(("text", "wrong"), [("~$ echo a\na\n", 0), ("~$ echo a\nb\n", 1), ("~# id\n", 1)])
def test_what_is_not_as_it_should_be_is_told(
    text: str,
    wrong: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    trial = Trial(document.parse(text, path="a.console"), HOST, stress._not_passed)
    monkeypatch.setattr(stress, "trials", lambda *, machines: [trial] * (not machines))
    monkeypatch.setattr(stress, "BURDENS", ())
    assert stress.main(["--runs", "2"]) == wrong
    said = capsys.readouterr().out.splitlines()
    assert [line for line in said if " articles in " in line][-1].endswith(f", {2 * wrong} false")
    assert said[-1] == "a.console: 2 of 2 runs" or not wrong


@pytest.mark.alone
def test_a_sample_of_them_passes_again_and_again_under_load(trials: list[Trial], tmp_path: Path) -> None:
    sample = [trial for trial in trials if zlib.crc32(trial.document.path.encode()) % SHARE == 0]
    assert len(sample) > 15
    with load():
        false = [wrong for _ in range(RUNS) for _, wrong in tried(sample, temporary=tmp_path) if wrong]
    assert false == []
