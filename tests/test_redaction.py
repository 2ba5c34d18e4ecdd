"""What the configuration hides is in nothing that a check says."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import ROOT
from wordish.model import (
    Began,
    Document,
    Expectation,
    Judged,
    Options,
    Outcome,
    Output,
    Running,
    Said,
    Step,
    Target,
    Transcript,
    Verdict,
)  # fmt: skip
from wordish.redaction import HIDDEN, fault, redacted

SECRET = r"s3cr[a-z]*t"
STEP = Step(
    path="s3cret.md", line=1, end_line=1, prompt="~$ ", user="root", command="login s3crat",
    expectation=Expectation(text="as s3crut\nyes"), options=Options(input=("s3crit", "n")),
)  # fmt: skip
VERDICT = Verdict(
    step=STEP, outcome=Outcome.FAILED, reason="waits for s3cret",
    output=Output(stdout="a s3cret\nb", stderr="s3cret", asked="'s3cret: '"),
    diff="--- shown (a.md:1)\n-s3crut\n+s3cret\n b",
)  # fmt: skip


@pytest.mark.parametrize(
    "value",
    [
        VERDICT,
        Said(path="a.md", text="machine s3cret"),
        Running(path="a.md", step=STEP, number=1, total=1),
        Judged(path="a.md", verdict=VERDICT, number=1, total=1),
        Transcript(
            document=Document(path="a.md", text=""), target=Target(kind="host"), verdicts=(VERDICT,),
            environment={"kernel": "s3cret"}, error="lost: s3cret",
        ),
    ],
)  # fmt: skip
def test_it_is_hidden_wherever_it_stands(value: object) -> None:
    hidden = redacted(value, [SECRET])
    said = repr(hidden).replace("s3cret.md", "")
    assert "s3cr" not in said
    assert HIDDEN in said
    assert type(hidden) is type(value)


def test_everything_else_is_as_it_was() -> None:
    hidden = redacted(VERDICT, [SECRET])
    assert hidden.step.path == "s3cret.md"  # where an editor is to go
    assert hidden.output == Output(stdout=f"a {HIDDEN}\nb", stderr=HIDDEN, asked=f"'{HIDDEN}: '")
    assert hidden.diff == f"--- shown (a.md:1)\n-{HIDDEN}\n+{HIDDEN}\n b"
    assert hidden.step.options.input == (HIDDEN, "n")
    began = Began(path="a.md", target=Target(kind="host"), total=3)
    assert redacted(began, [SECRET]) is began
    assert redacted(VERDICT, []) is VERDICT
    assert redacted(VERDICT, ["root|host"]).step.user == "root"


def test_patterns_are_looked_for_in_each_line_of_a_diff_without_its_sign() -> None:
    assert redacted(VERDICT, ["^s3c.*"]).diff == f"--- shown (a.md:1)\n-{HIDDEN}\n+{HIDDEN}\n b"


@given(st.text(max_size=30), st.text(max_size=30))
def test_nothing_else_changes_whatever_the_text(before: str, after: str) -> None:
    output = Output(stdout=f"{before}#KEY#{after}")
    assert redacted(output, ["#KEY#"]).stdout.replace(HIDDEN, "#KEY#") == output.stdout


@pytest.mark.parametrize(("pattern", "wrong"), [("(", "bad pattern"), ("x*", "empty text"), (SECRET, "")])
def test_what_is_no_pattern_is_told(pattern: str, wrong: str) -> None:
    assert wrong in fault(pattern)
    assert bool(wrong) == bool(fault(pattern))


def test_transcripts_come_from_one_place_and_are_redacted_there() -> None:
    places = {"runner.py": 2, "merging.py": 1, "walking.py": 1}  # the others are given what was redacted
    for path in (ROOT / "wordish").rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        made = [
            node
            for node in ast.walk(tree)
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "Transcript"
        ]
        assert len(made) == places.get(path.name, 0), path
    source = (ROOT / "wordish" / "runner.py").read_text(encoding="utf-8")
    assert source.count("_redacted(transcript, ") == 2


ARTICLE = """\
# Keys

```console
~$ token=s3cret-$((40 + 2)); echo "token: $token"
token: s3cret-41
~$ (echo "rejected $token" >&2; exit 3)
```
"""


@pytest.mark.parametrize("jobs", ["1", "2"])
@pytest.mark.parametrize("form", ["terminal", "json", "junit", "html", "github", "tap"])
def test_no_report_of_any_form_holds_it(tmp_path: Path, form: str, jobs: str) -> None:
    (tmp_path / "keys.md").write_text(ARTICLE)
    (tmp_path / "other.md").write_text(ARTICLE)
    (tmp_path / "pyproject.toml").write_text("[tool.wordish]\nredact = ['s3cret-\\d+']\n")
    done = subprocess.run(
        [sys.executable, "-m", "wordish", "check", "-v", "--keep-going", "-j", jobs, "--format", form,
         "keys.md", "other.md"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    assert HIDDEN in done.stdout
    assert "s3cret-4" not in done.stdout + done.stderr
    if form == "json":
        steps = json.loads(done.stdout)["documents"][0]["steps"]
        assert [step["stdout"] for step in steps] == [f"token: {HIDDEN}", ""]
        assert steps[1]["stderr"] == f"rejected {HIDDEN}"


def test_an_update_writes_neither_the_secret_nor_what_stands_for_it(tmp_path: Path) -> None:
    (tmp_path / "keys.md").write_text(ARTICLE)
    (tmp_path / "pyproject.toml").write_text("[tool.wordish]\nredact = ['s3cret-\\d+']\n")
    done = subprocess.run(
        [sys.executable, "-m", "wordish", "update", "keys.md"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "keys.md:4: left: something in it is not to be told" in done.stdout
    assert (tmp_path / "keys.md").read_text() == ARTICLE


def test_a_pattern_of_the_configuration_that_is_none_is_told_by_line(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.wordish]\nredact = ['[']\n")
    done = subprocess.run(
        [sys.executable, "-m", "wordish", "check", "keys.md"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.startswith("pyproject.toml:2: tool.wordish.redact[0]: '[': bad pattern: missing ]")
