"""Reports and records of several runs as one."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.reporters import as_json
from tests.reporters.runs import tell
from wordish import merging
from wordish.cli import main
from wordish.errors import WordishError
from wordish.merging import Report, joined, latest, load
from wordish.model import (
    Document,
    Event,
    Expectation,
    Options,
    Outcome,
    Output,
    Planned,
    Sample,
    Shard,
    Step,
    Target,
    Transcript,
    Verdict,
)
from wordish.reporters import REPORTERS
from wordish.verified import Entry, Record

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
LINE = st.integers(1, 10_000)
SECONDS = st.integers(0, 10**9).map(lambda number: number / 10**6)

samples = st.builds(Sample, text=TEXT, like=TEXT, secret=st.booleans(), varies=st.booleans())
options = st.builds(
    Options,
    on=st.none() | TEXT,
    timeout=st.none() | st.floats(0.1, 1e6),
    article_timeout=st.none() | st.floats(0.1, 1e6),
    output_limit=st.none() | LINE,
    status=st.none() | st.integers(0, 255) | st.just("any"),
    match=st.sampled_from([None, "exact", "regex"]),
    status_only=st.none() | st.booleans(),
    skip=st.none() | TEXT,
    skip_if=st.none() | TEXT,
    lint_ignore=st.none() | TEXT,
    needs=st.none() | st.lists(TEXT, max_size=3).map(tuple),
    env=st.none() | st.dictionaries(TEXT, TEXT, max_size=3).map(lambda table: tuple(table.items())),
    root_prompt=st.none() | st.lists(TEXT, max_size=2).map(tuple),
    samples=st.none() | st.lists(samples, min_size=1, max_size=3).map(tuple),
)
bound = st.dictionaries(TEXT, TEXT, max_size=2).map(
    lambda table: tuple(Sample(text=text, value=value) for text, value in table.items())
)
steps = st.builds(
    Step,
    path=TEXT,
    line=LINE,
    end_line=LINE,
    prompt=TEXT,
    user=st.sampled_from(["root", "user"]),
    command=TEXT,
    expectation=st.builds(
        Expectation,
        text=TEXT,
        lines=st.none() | LINE.map(lambda line: (line, line)),
        together=st.booleans(),
        samples=bound,
    ),
    options=options,
)
outputs = st.builds(
    Output,
    stdout=TEXT,
    stderr=TEXT,
    status=st.none() | st.integers(0, 255),
    elapsed=SECONDS,
    nuls=st.integers(0, 2),
)
verdicts = st.builds(
    Verdict,
    step=steps,
    outcome=st.sampled_from(Outcome),
    output=st.none() | outputs,
    reason=TEXT,
    diff=TEXT,
)
targets = st.sampled_from(
    [Target(kind="host"), Target(kind="vm", machine="m"), Target(kind="ssh", address="a@b:2")]
)


@st.composite
def transcripts(draw: st.DrawFn) -> Transcript:
    told = tuple(draw(st.lists(verdicts, max_size=3)))
    return Transcript(
        document=Document(path=draw(TEXT), text="", steps=tuple(verdict.step for verdict in told)),
        target=draw(targets),
        verdicts=told,
        started="2030-01-02T03:04:05+00:00",
        elapsed=draw(SECONDS),
        environment=draw(st.dictionaries(TEXT, TEXT, max_size=2)),
        error=draw(TEXT),
        interrupted=draw(st.booleans()),
    )


TOKEN = re.compile(r"\b[0-9a-f]{32}\b")  # new in each of GitHub's reports

runs = st.lists(transcripts(), max_size=6, unique_by=lambda told: told.document.path)


def written(path: Path, told: list[Transcript], shard: Shard | None = None) -> Path:
    path.write_text(json.dumps(as_json(told, elapsed=1.5, shard=shard)))
    return path


def read(path: Path) -> Report:
    found = load(path)
    assert isinstance(found, Report)
    return found


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("reports")


@settings(deadline=None, max_examples=40)
@given(run=runs)
def test_what_is_read_back_is_told_alike(run: list[Transcript], folder: Path) -> None:
    found = read(written(folder / "a.json", run))
    assert as_json(found.transcripts, elapsed=1.5) == as_json(run, elapsed=1.5)
    planned = Planned(paths=(), elapsed=1.5)
    for form in REPORTERS:
        before: list[Event] = [planned, *run]
        again = tell(form, planned, *found.transcripts)
        assert TOKEN.sub("", again) == TOKEN.sub("", tell(form, *before)), form


@settings(deadline=None, max_examples=40)
@given(run=runs, total=st.integers(1, 4), data=st.data())
def test_parts_make_the_report_of_the_whole(
    run: list[Transcript], total: int, data: st.DataObject, folder: Path
) -> None:
    articles = tuple(told.document.path for told in run)
    choice = [data.draw(st.integers(1, total)) for _ in run]
    parts = [
        read(
            written(
                folder / f"{number}.json",
                [told for told, part in zip(run, choice, strict=True) if part == number],
                Shard(number=number, total=total, articles=articles),
            )
        )
        for number in range(1, total + 1)
    ]
    found = joined(data.draw(st.permutations(parts)))
    assert as_json(found, elapsed=1.5) == as_json(run, elapsed=1.5)
    assert merging.missing(parts) == ""


# From the command line.

GOOD, BAD = "~$ echo one\none\n", "~$ echo one\ntwo\n"


@pytest.fixture
def _tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("docs").mkdir()
    Path("pyproject.toml").write_text('[tool.wordish]\npaths = ["docs"]\n')
    for name, text in {"a": GOOD, "b": BAD, "c": GOOD, "d": GOOD}.items():
        Path(f"docs/{name}.console").write_text(text)


def check(number: int, total: int, *words: str) -> str:
    name = f"{number}.json"
    main(["check", "--shard", f"{number}/{total}", "--format", f"json={name}", "--quiet", *words])
    return name


def timeless(file: str) -> Any:
    """A report without what differs from run to run."""
    values = json.loads(Path(file).read_text())
    del values["totals"]["elapsed"]
    for document in values["documents"]:
        del document["started"], document["elapsed"]
        for step in document["steps"]:
            step["diff"] = step["diff"] and "..."
            del step["elapsed"]
    return values


@pytest.mark.usefixtures("_tree")
def test_merged_it_is_the_whole_run(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--format", "json=whole.json"]) == 1
    names = [check(number, 3) for number in (3, 1, 2)]
    capfd.readouterr()
    assert main(["merge", *names, "--format", "json=merged.json", "--format", "terminal"]) == 1
    assert timeless("merged.json") == timeless("whole.json")
    out, err = capfd.readouterr()
    assert "docs/b.console:1: failed: the output differs\n" in out
    assert "4 articles: 1 failed, 3 passed; 4 steps: 1 failed, 3 passed; " in out
    assert err == ""


@pytest.mark.usefixtures("_tree")
def test_a_part_that_is_missing_is_no_success(capfd: pytest.CaptureFixture[str]) -> None:
    names = [check(number, 4) for number in (1, 3, 4)]
    capfd.readouterr()
    assert main(["merge", *names]) == 2
    out, err = capfd.readouterr()
    assert out.splitlines()[-1].startswith("3 articles: 3 passed; ")
    assert err == "wordish: 1 article in no report (docs/b.console): give the report of part 2/4 too\n"


@pytest.mark.usefixtures("_tree")
def test_a_part_that_was_stopped_is_no_success(capfd: pytest.CaptureFixture[str]) -> None:
    Path("docs/a.console").write_text(BAD)
    name = check(1, 1, "-x")
    capfd.readouterr()
    assert main(["merge", name]) == 2
    assert "3 articles in no report (docs/b.console, docs/c.console, docs/d.console): a part was " in (
        capfd.readouterr().err
    )


@pytest.mark.parametrize("word", ["--resume", "--watch", "--keep-going", "-x"])
def test_nothing_runs_and_what_is_about_running_is_refused(
    word: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["merge", "1.json", word])
    assert f"unrecognized arguments: {word}" in capfd.readouterr().err


@pytest.mark.usefixtures("_tree")
def test_an_article_that_two_reports_have(capfd: pytest.CaptureFixture[str]) -> None:
    name = check(1, 4)
    Path("again.json").write_text(Path(name).read_text())
    capfd.readouterr()
    assert main(["merge", name, "again.json"]) == 2
    out, err = capfd.readouterr()
    assert out == ""
    assert err == "again.json: docs/a.console is in 1.json too: give one report of each article\n"


@pytest.mark.usefixtures("_tree")
def test_parts_of_different_runs(capfd: pytest.CaptureFixture[str]) -> None:
    name = check(1, 4)
    Path("docs/e.console").write_text(GOOD)
    other = check(2, 4)
    capfd.readouterr()
    assert main(["merge", name, other]) == 2
    assert capfd.readouterr().err.startswith("2.json: not a part of the run that 1.json is a part of: ")


TOTALS = '"wordish": "1", "documents": [], "totals": {"documents": {}, "steps": {}, "elapsed": %s}'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "x.json:1: not JSON: "),
        ("[1]", "x.json: not a report: Expected `object`, got `array`: "),
        ('{"version": 2}', "x.json: a report of version 2, and this wordish knows 1: "),
        ('{"version": 1, "wordish": "1"}', "x.json: not a report: Object missing required field `documents`"),
        ("\xff", "x.json: not JSON: "),
        ("[" * 100_000, "x.json: not JSON: "),
        (f'{{"version": {"1" * 5000}}}', "x.json: not JSON: "),
        (f'{{"version": 1, {TOTALS % "NaN"}}}', "x.json: not a report: Expected `float` >= 0.0"),
        (f'{{"version": 1, {TOTALS % "1e999"}}}', "x.json: not a report: Expected `float` <= 1000000000.0"),
        (
            f'{{"version": 1, {TOTALS % 1}, "shard": {{"number": 7, "total": {10**40}, "articles": []}}}}',
            "x.json: not a report: ",
        ),
        (
            f'{{"version": 1, {TOTALS % 1}, "shard": {{"number": 7, "total": 10001, "articles": []}}}}',
            "x.json: not a report: there is no part 7/10001",
        ),
    ],
)
def test_what_is_no_report(
    text: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("x.json").write_bytes(text.encode("latin-1"))
    assert main(["merge", "x.json"]) == 2
    out, err = capfd.readouterr()
    assert out == ""
    assert err.startswith(said)
    assert err.count("\n") == 1


def test_a_report_whose_steps_say_something_else(tmp_path: Path) -> None:
    """Whoever edits the outcome of an article that failed is told."""
    step = Step(path="a", line=1, end_line=1, prompt="$", user="user", command="ls")
    verdict = Verdict(step=step, outcome=Outcome.FAILED)
    told = Transcript(document=Document(path="a", text=""), target=Target(kind="host"), verdicts=(verdict,))
    values = as_json([told], elapsed=0)
    values["documents"][0]["outcome"] = "passed"
    (tmp_path / "x.json").write_text(json.dumps(values))
    with pytest.raises(WordishError, match="a is passed, and its steps say failed"):
        load(tmp_path / "x.json")


# Records.


def entry(verified: str, outcome: Outcome = Outcome.PASSED, last_passed: str = "") -> Entry:
    return Entry(
        verified=verified,
        wordish="1",
        digest="0",
        outcome=outcome,
        steps={},
        elapsed=1.0,
        target="host",
        environment={},
        packages={},
        last_passed=last_passed,
    )


def test_of_each_article_the_last_verification_counts() -> None:
    old, new = entry("2030-01-02T03:00:00+02:00"), entry("2030-01-02T02:00:00+00:00")  # an hour later
    for pair in ([old, new], [new, old]):
        assert latest(Record(articles={"a": each}) for each in pair) == {"a": new}
    assert latest([Record(articles={"a": old}), Record(articles={"b": new})]) == {"a": old, "b": new}


def test_one_that_fails_knows_when_any_saw_it_pass() -> None:
    records = [
        Record(articles={"a": entry("2030-01-01T00:00:00+00:00")}),
        Record(articles={"a": entry("2030-01-03T00:00:00+00:00", Outcome.FAILED)}),
        Record(articles={"a": entry("2030-01-02T00:00:00+00:00")}),
    ]
    for order in (records, records[::-1]):
        assert latest(order)["a"].last_passed == "2030-01-02T00:00:00+00:00"


@pytest.mark.usefixtures("_tree")
def test_records_are_merged_into_the_one_of_the_configuration(capfd: pytest.CaptureFixture[str]) -> None:
    for number in (1, 2):
        check(number, 2, "--record")
        Path("verified.json").rename(f"record-{number}.json")
    capfd.readouterr()
    assert main(["merge", "--record", "record-1.json", "record-2.json"]) == 0
    assert [*json.loads(Path("verified.json").read_text())["articles"]] == [
        f"docs/{name}.console" for name in "abcd"
    ]
    assert main(["merge", "--record", "1.json"]) == 2
    assert main(["merge", "record-1.json"]) == 2
    out, err = capfd.readouterr()
    assert out == ""
    assert err == (
        "1.json: a report, no record: leave out `--record`\n"
        "record-1.json: a record, no report: records: `wordish merge --record`\n"
    )
