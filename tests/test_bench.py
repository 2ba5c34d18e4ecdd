"""What the benchmark makes of its measurements; no time is asserted."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.bench import rows, timing
from tests.bench.timing import Comparison, Figures, Goal
from tests.conftest import ROOT

# Ours was measured in the weather of theirs: the ratio is 2 in two rounds of three.
WEATHER = Comparison(
    name="some work",
    reference="theirs",
    seconds={"theirs": [1.0, 10.0, 2.0], "ours": [2.0, 20.0, 1.0]},
    goals=[Goal("ours", 1.5), Goal("ours", 2.0, "s")],
)


def test_the_ratio_is_that_of_neighbours() -> None:
    assert WEATHER.ratio("ours") == 2.0
    assert WEATHER.ratio("theirs") == 1.0
    ours = WEATHER.values()["contenders"]["ours"]
    assert (ours["median"], ours["ratio"], ours["ratios"]) == (2.0, 2.0, [0.5, 2.0])


def test_a_goal_is_told_with_what_was_found() -> None:
    assert WEATHER.values()["goals"] == [
        {"of": "ours", "most": 1.5, "unit": "times", "found": 2.0},
        {"of": "ours", "most": 2.0, "unit": "s", "found": 2.0},
    ]
    assert [line.rpartition(" ")[2] for line in WEATHER.rows()[-2:]] == ["MET", "met"]
    assert WEATHER.rows()[-2].endswith("NOT MET")
    figures = Figures("memory", "MB", {"ours": 12.345}, [Goal("ours", 10, "MB")])
    assert figures.rows()[-1] == "  goal: ours: at most 10 MB: 12.35, NOT MET"
    assert figures.values()["figures"] == {"ours": 12.35}


def test_contenders_run_in_turn_and_the_warm_up_is_not_counted() -> None:
    ran: list[str] = []

    def contender(name: str) -> timing.Contender:
        def work() -> float:
            ran.append(name)
            return float(len(ran))

        return work

    found = timing.compare(
        "turns", reference="a", rounds=2, contenders={"a": contender("a"), "b": contender("b")}
    )
    assert ran == ["a", "b"] * 3
    assert found.seconds == {"a": [3.0, 5.0], "b": [4.0, 6.0]}


def test_memory_is_that_of_the_process_and_not_of_who_started_it(tmp_path: Path) -> None:
    ballast = bytes(200_000_000)  # what a process that was forked from this one would count as its own
    least = timing.most(sys.executable, "-c", "pass", cwd=tmp_path)
    larger = timing.most(sys.executable, "-c", "x = b'x' * 50_000_000", cwd=tmp_path)
    assert len(ballast) > 10 * least * 1e6
    assert 45 < larger - least < 55


@pytest.mark.parametrize(("status", "right"), [(0, False), (3, True)])
def test_a_contender_that_fails_is_no_fast_one(tmp_path: Path, status: int, right: bool) -> None:
    work = timing.program("sh", "-c", "exit 3", cwd=tmp_path, status=status)
    if right:
        assert work() > 0
    else:
        with pytest.raises(SystemExit, match="exit status 3"):
            work()


def test_a_row_that_does_not_exist_is_refused() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench", "recipe", "nosuch"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.endswith("no such row: nosuch\n")


def test_what_the_site_shows_is_a_whole_run_that_tells_nothing_of_its_place() -> None:
    text = (ROOT / "docs/bench.json").read_text(encoding="utf-8")
    found = json.loads(text)
    assert list(dict.fromkeys(row["row"] for row in found["rows"])) == list(rows.ROWS)
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", found["machine"]["date"])
    assert not re.search(r"/(?:root|home|tmp|work|srv)/", text)
