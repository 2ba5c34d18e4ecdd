"""The shapes of the JSON forms, against the schemas that the package ships."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

import jsonschema
import pytest

from tests.reporters import as_json
from wordish.model import (
    Diagnostic,
    Document,
    Expectation,
    Options,
    Outcome,
    Output,
    Sample,
    Severity,
    Step,
    Target,
    Transcript,
    Verdict,
)
from wordish.record import clean, listing, option_values


def schema(name: str) -> Any:
    return json.loads(files("wordish").joinpath("schemas", f"{name}.json").read_text(encoding="utf-8"))


def validate(values: Any, name: str) -> None:
    checker = jsonschema.Draft202012Validator(schema(name), format_checker=jsonschema.FormatChecker())
    checker.validate(json.loads(json.dumps(values)))


STEP = Step(
    path="docs/lvm.rst",
    line=12,
    end_line=13,
    prompt="~# ",
    user="root",
    command="lvs \\\n  -a",
    expectation=Expectation(text="LV  VG", lines=(14, 14)),
    options=Options(timeout=120.0, status_only=True, on="vm"),
)
QUIET = Step(path="docs/part.rst", line=1, end_line=1, prompt="~$ ", user="user", command="cd")
DOCUMENT = Document(
    path="docs/lvm.rst",
    text="",
    steps=(STEP, QUIET),
    diagnostics=(
        Diagnostic(
            path="docs/lvm.rst", line=3, severity=Severity.WARNING, name="no-break-space", message="..."
        ),
    ),
)
TRANSCRIPT = Transcript(
    document=DOCUMENT,
    target=Target(kind="vm", machine="bookworm"),
    verdicts=(
        Verdict(
            step=STEP,
            outcome=Outcome.FAILED,
            output=Output(stdout="x", stderr="y\udcff", status=None, elapsed=1.5),
            reason="timed out after 1 s",
            diff="-a\n+b\n",
        ),
        Verdict(step=QUIET, outcome=Outcome.SKIPPED, reason="after line 12"),
    ),
    started="2030-01-02T03:04:05+00:00",
    elapsed=2.25,
    environment={"kernel": "6.1"},
)


@pytest.mark.parametrize("name", ["list", "check"])
def test_the_schemas_are_schemas(name: str) -> None:
    jsonschema.Draft202012Validator.check_schema(schema(name))


def test_a_listing_keeps_its_contract() -> None:
    values = listing([DOCUMENT])
    validate(values, "list")
    assert values["version"] == 1
    assert values["documents"][0]["steps"][0] == {
        "path": "docs/lvm.rst",
        "line": 12,
        "end_line": 13,
        "prompt": "~# ",
        "user": "root",
        "command": "lvs \\\n  -a",
        "expected": "LV  VG",
        "expected_line": 14,
        "together": False,
        "options": {"on": "vm", "timeout": 120.0, "status-only": True},
    }
    assert values["documents"][0]["diagnostics"][0]["name"] == "no-break-space"


def test_a_report_keeps_its_contract() -> None:
    values = as_json([TRANSCRIPT], elapsed=3.0)
    validate(values, "check")
    (document,) = values["documents"]
    assert (document["target"], document["outcome"], document["elapsed"]) == ("vm:bookworm", "failed", 2.25)
    failed, skipped = document["steps"]
    assert (failed["status"], failed["stdout"], failed["elapsed"]) == (None, "x", 1.5)
    assert (skipped["stdout"], skipped["stderr"], skipped["elapsed"]) == (None, None, None)
    assert skipped["path"] == "docs/part.rst"
    assert values["totals"]["steps"] == {"passed": 0, "failed": 1, "skipped": 1, "error": 0}


def test_a_report_tells_where_an_article_was_resumed() -> None:
    values = as_json([TRANSCRIPT._replace(resumed="line 12")], elapsed=3.0)
    validate(values, "check")
    assert values["documents"][0]["resumed"] == "line 12"


def test_the_schema_notices_a_missing_key() -> None:
    values = as_json([TRANSCRIPT], elapsed=3.0)
    del values["documents"][0]["steps"][0]["status"]
    with pytest.raises(jsonschema.ValidationError, match="'status' is a required property"):
        validate(values, "check")


def test_options_that_were_not_said_are_left_out() -> None:
    assert option_values(Options()) == {}
    assert option_values(Options(cleanup=False, status="any")) == {"status": "any", "cleanup": False}


def test_options_of_several_values_are_lists_and_objects() -> None:
    samples = (Sample(text="a"), Sample(text="b", like="int", varies=True), Sample(text="c", secret=True))
    said = Options(skip_if="not kvm", needs=("lvm",), env=(("A", "1"),), input=("y", ""), samples=samples)
    assert option_values(said) == {
        "skip-if": "not kvm",
        "needs": ["lvm"],
        "env": {"A": "1"},
        "input": ["y", ""],
        "sample": [{"text": "a"}, {"text": "c", "secret": True}],
        "vary": [{"text": "b", "like": "int"}],
    }


def test_every_option_is_in_both_schemas() -> None:
    names = {name.replace("_", "-") for name in Options._fields} - {"samples"} | {"sample", "vary"}
    for name in ("list", "check"):
        assert set(schema(name)["$defs"]["options"]["properties"]) == names


@pytest.mark.parametrize(
    ("text", "kept"), [("plain", "plain"), ("é😀", "é😀"), ("a\udc80b", "a\ufffdb"), ("\ud83d", "\ufffd")]
)
def test_text_that_json_cannot_hold_is_replaced(text: str, kept: str) -> None:
    assert clean(text) == kept


def test_options_have_the_names_of_the_markup() -> None:
    said = Options(root_prompt=("db>",), status_only=True, needs=("lvs",))
    assert option_values(said) == {"status-only": True, "needs": ["lvs"], "root-prompt": ["db>"]}
