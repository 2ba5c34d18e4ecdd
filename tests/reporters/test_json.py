"""One JSON value a run, whatever the run was."""

from __future__ import annotations

import io
import json

import pytest

from wordish.model import Document, Outcome, Output, Planned, Said, Step, Target, Transcript, Verdict
from wordish.reporters import REPORTERS
from wordish.reporters.style import Style

STEP = Step(path="é.rst", line=1, end_line=1, prompt="~$", user="user", command="printf '\\a'")
TRANSCRIPT = Transcript(
    document=Document(path="é.rst", text="", steps=(STEP,)),
    target=Target(kind="host"),
    verdicts=(Verdict(step=STEP, outcome=Outcome.PASSED, output=Output(stdout="\x07\x1b[31m\u2028")),),
)


def written(*events: Said | Transcript) -> str:
    stream = io.StringIO()
    with REPORTERS["json"].report(stream, style=Style(color=True), articles=1) as hear:
        for event in (Planned(paths=("é.rst",)), *events):
            hear(event)
    return stream.getvalue()


def test_a_run_is_one_value_and_a_newline() -> None:
    text = written(Said(path="é.rst", text="building"), TRANSCRIPT)
    assert text.endswith("}\n")
    assert [document["path"] for document in json.loads(text)["documents"]] == ["é.rst"]


def test_a_run_without_articles_is_one_too() -> None:
    assert json.loads(written())["documents"] == []


def test_it_is_laid_out_as_json_is() -> None:
    for told in ([], [TRANSCRIPT], [TRANSCRIPT, TRANSCRIPT]):
        text = written(*told)
        assert text == json.dumps(json.loads(text), indent=2) + "\n"


def test_a_run_that_breaks_off_looks_like_none_that_has_ended() -> None:
    stream = io.StringIO()
    report = REPORTERS["json"].report(stream, style=Style(), articles=1)
    hear = report.__enter__()
    hear(Planned(paths=("é.rst",)))
    hear(TRANSCRIPT)
    assert not report.__exit__(RuntimeError, RuntimeError(), None)
    with pytest.raises(json.JSONDecodeError):
        json.loads(stream.getvalue())


def test_an_article_is_written_as_soon_as_it_has_ended() -> None:
    stream = io.StringIO()
    with REPORTERS["json"].report(stream, style=Style(), articles=1) as hear:
        hear(Planned(paths=("é.rst",)))
        hear(TRANSCRIPT)
        assert '"outcome": "passed"' in stream.getvalue()


def test_the_text_is_ascii_and_nothing_is_lost() -> None:
    text = written(TRANSCRIPT)
    assert text.isascii()
    assert "\x1b" not in text
    assert json.loads(text)["documents"][0]["steps"][0]["stdout"] == "\x07\x1b[31m\u2028"
