"""A run in parts: every article in exactly one, whoever divides."""

from __future__ import annotations

import json
import random
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.bench import many
from tests.conftest import ROOT
from wordish.cli import main
from wordish.shards import STEP, costs, divided

NAMES = st.dictionaries(st.text(min_size=1, max_size=8), st.integers(0, 100_000), max_size=60)
PARTS = st.integers(1, 12)


@given(NAMES, PARTS)
def test_every_article_is_in_exactly_one_part(costs: dict[str, int], total: int) -> None:
    parts = divided(costs, total)
    assert len(parts) == total
    assert sorted(name for part in parts for name in part) == sorted(costs)


@given(NAMES, PARTS, st.randoms(use_true_random=False))
def test_all_machines_divide_alike(costs: dict[str, int], total: int, chance: random.Random) -> None:
    elsewhere = list(costs)
    chance.shuffle(elsewhere)
    assert divided({name: costs[name] for name in elsewhere}, total) == divided(costs, total)


@given(NAMES, PARTS)
def test_no_part_does_much_more_than_its_share(costs: dict[str, int], total: int) -> None:
    loads = [sum(costs[name] for name in part) for part in divided(costs, total)]
    assert max(loads) <= sum(costs.values()) / total + max(costs.values(), default=0)


def test_an_unknown_article_costs_by_its_steps_at_the_pace_of_the_others() -> None:
    assert costs({"a": 2, "b": 3}, {"a": 4.0, "gone": 9.0}) == {"a": 4000, "b": 6000}
    assert costs({"a": 2, "b": 3}, {}) == {"a": 2 * STEP, "b": 3 * STEP}


def test_the_recipe_tells_what_the_simulation_found() -> None:
    page = (ROOT / "docs/howto/many-articles.md").read_text()
    rows = dict(re.findall(r"^\| ([a-z][^|]*) \| (\d+) s \|$", page, re.MULTILINE))
    found = many.recipe().figures
    told = {
        "the least that is possible": "the least that is possible",
        "parts by the number of steps": "parts by steps",
        "parts by the durations of the last run": "parts by the durations of the last run",
        "dask, the long articles first": "dask, the long ones first",
        "dask, in no order": "dask, in no order",
    }
    assert rows == {row: f"{found[name]:.0f}" for row, name in told.items()}


# From the command line.


@pytest.fixture
def _tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nine articles; of the fifth nobody would think how long it takes."""
    monkeypatch.chdir(tmp_path)
    Path("docs").mkdir()
    Path("pyproject.toml").write_text('[tool.wordish]\npaths = ["docs"]\n')
    for number in range(9):
        Path(f"docs/a{number}.console").write_text(f"~$ echo {number}\n{number}\n")


def check(*words: str) -> Any:
    """The report of a check that succeeds."""
    assert main(["check", *words, "--format", "json=report.json", "--quiet"]) == 0
    return json.loads(Path("report.json").read_text())


def parts(total: int, *words: str) -> list[list[str]]:
    return [
        [each["path"] for each in check("--shard", f"{n}/{total}", *words)["documents"]]
        for n in range(1, total + 1)
    ]


@pytest.mark.usefixtures("_tree")
def test_the_parts_together_are_the_whole() -> None:
    whole = [each["path"] for each in check()["documents"]]
    found = parts(4)
    assert sorted(path for part in found for path in part) == whole
    assert [part == sorted(part) for part in found] == [True] * 4


@pytest.mark.usefixtures("_tree")
def test_what_this_machine_remembers_does_not_divide(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("WORDISH_CACHE_DIR", str(tmp_path / "cache"))
    before = parts(3)
    (tmp_path / "cache").mkdir(exist_ok=True)
    took = {str(tmp_path / f"docs/a{number}.console"): float(number) for number in range(9)}
    (tmp_path / "cache/durations.json").write_text(json.dumps(took))
    assert parts(3) == before


@pytest.mark.usefixtures("_tree")
@pytest.mark.parametrize("kind", ["report", "record"])
def test_durations_that_are_given_do(kind: str) -> None:
    words = ["--record"] if kind == "record" else []
    report = check(*words)
    if kind == "report":
        report["documents"][5]["elapsed"] = 1000
        Path("given.json").write_text(json.dumps(report))
    else:
        record = json.loads(Path("verified.json").read_text())
        record["articles"]["docs/a5.console"]["elapsed"] = 1000
        Path("given.json").write_text(json.dumps(record))
    assert ["docs/a5.console"] in parts(2, "--durations", "given.json")


@pytest.mark.usefixtures("_tree")
def test_parts_that_nothing_is_left_for_are_content() -> None:
    assert sorted(map(len, parts(11))) == [0, 0, *[1] * 9]


@pytest.mark.usefixtures("_tree")
def test_a_record_that_changes_meanwhile_divides_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    check("--record")
    assert main(["check", "--shard", "1/2", "--record", "--durations", "verified.json"]) == 2
    assert capfd.readouterr().err == (
        "--durations verified.json: `--record` changes it, and the next part would be divided otherwise: "
        "give all parts the same copy of it\n"
    )


@pytest.mark.usefixtures("_tree")
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--shard", "3/2"], "invalid part I/N value: '3/2'"),
        (["--shard", "0/2"], "invalid part I/N value: '0/2'"),
        (["--shard", "2"], "invalid part I/N value: '2'"),
        (["--shard", "1/10001"], "invalid part I/N value: '1/10001'"),
        (["--durations", "x.json"], "it goes with `--shard`"),
        (["--shard", "1/2", "--durations", "x.json"], "x.json: No such file"),
    ],
)
def test_what_makes_no_sense(words: list[str], said: str, capfd: pytest.CaptureFixture[str]) -> None:
    try:
        status = main(["check", *words])
    except SystemExit as leaving:
        status = int(str(leaving.code))
    out, err = capfd.readouterr()
    assert (status, out) == (2, "")
    assert said in err
    assert err.count("\n") == 1
