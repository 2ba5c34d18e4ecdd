"""Whatever a session stands in, it is read as it was written; and an article is given back as it was."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.conftest import ROOT
from tests.corpus import (
    MARKDOWN_CONTAINERS,
    MARKDOWN_SESSIONS,
    RST_CONTAINERS,
    RST_SESSIONS,
    Document,
    Known,
    Line,
    Step,
    documents,
    typed,
)
from tests.scanner import Seen, scan
from wordish import document
from wordish.formats.inclusion import Loaded
from wordish.judge import judge
from wordish.model import Document as Article
from wordish.model import Outcome, Output, Target, Transcript
from wordish.model import Step as Found
from wordish.update import Update, update

QUIET = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much)


def read(path: str, files: Mapping[str, str]) -> Article:
    """The article at this path, when these are all the files there are."""

    def load(name: str, _by: str) -> Loaded:
        return Loaded(path=f"docs/{name}", text=files[f"docs/{name}"])

    return document.parse(files[path], path=path, load=load)


SESSION = [Step("~$", "echo one", ["one"]), Step("~#", "cat <<E\n~$ x\nE", ["", " ~$x", ""])]


@pytest.mark.parametrize(
    ("markup", "container"),
    [("md", name) for name in MARKDOWN_CONTAINERS] + [("rst", name) for name in RST_CONTAINERS],
)
def test_every_form_is_read_in_every_container(markup: str, container: str) -> None:
    forms, containers = (
        (MARKDOWN_SESSIONS, MARKDOWN_CONTAINERS) if markup == "md" else (RST_SESSIONS, RST_CONTAINERS)
    )
    for form in forms:
        held = [Line("Text."), Line(""), *forms[form](typed(SESSION)), Line(""), Line("Text.")]
        lines = [Line("Text."), Line(""), *containers[container](held), Line(""), Line("Text.")]
        path = f"docs/a.{markup}"
        article = read(path, {path: "\n".join(line.text for line in lines)})
        wanted = [(number, line.step) for number, line in enumerate(lines, 1) if line.step]
        assert [(step.line, known(step)) for step in article.steps] == wanted, form


@settings(max_examples=200, deadline=None, suppress_health_check=QUIET)
@given(documents())
def test_sessions_are_read_as_they_were_written_wherever_they_stand(made: Document) -> None:
    article = read(made.path, made.files)
    assert article.errors == ()
    assert [(step.path, step.line, known(step)) for step in article.steps] == made.steps
    assert {article.path: article.text, **article.included} == made.files


def known(step: Found) -> Known:
    return Known(
        prompt=step.prompt,
        command=step.command,
        output=step.expectation.text,
        together=step.expectation.together,
    )


def printed(step: Found, text: str) -> Output:
    """The output of a step that prints this where it is shown."""
    error = step.expectation.stream == "stderr"
    return Output(stdout="" if error else text, stderr=text if error else "", status=2 if error else 0)


def ran(article: Article, texts: Mapping[int, str]) -> Transcript:
    """What a run finds in which the steps print what they show, but for those of these numbers."""
    verdicts = [
        judge(step, printed(step, texts.get(number, step.expectation.text)))
        for number, step in enumerate(article.steps)
    ]
    return Transcript(document=article, target=Target(kind="host"), verdicts=tuple(verdicts))


def files_of(article: Article, new: Update) -> dict[str, str]:
    return {**article.included, article.path: new.text, **new.included}


@settings(max_examples=50, deadline=None, suppress_health_check=QUIET)
@given(documents())
def test_an_article_that_is_true_is_given_back_byte_for_byte(made: Document) -> None:
    article = read(made.path, made.files)
    transcript = ran(article, {})
    assert {verdict.outcome for verdict in transcript.verdicts} == {Outcome.PASSED}
    assert update(transcript) == Update(text=article.text)


@settings(max_examples=100, deadline=None, suppress_health_check=QUIET)
@given(documents(), st.data())
def test_what_an_update_wrote_is_true_and_all_else_is_as_it_was(made: Document, data: st.DataObject) -> None:
    article = read(made.path, made.files)
    judged = [
        number
        for number, step in enumerate(article.steps)
        if not (step.expectation.together or step.options.status_only)
    ]
    texts = {
        number: data.draw(st.sampled_from(["", "new", "new\n\n  and more", "ein neuer\u00a0Text"]))
        for number in judged
        if data.draw(st.booleans())
    }
    new = update(ran(article, texts))
    assert len(new.rewritten) + len(new.left) == sum(
        texts[number] != article.steps[number].expectation.text for number in texts
    )
    again = read(made.path, files_of(article, new))
    assert [step.command for step in again.steps] == [step.command for step in article.steps]
    assert again.errors == ()
    left = {(told.path, told.line) for told in new.left}
    for number, (old, step) in enumerate(zip(article.steps, again.steps, strict=True)):
        untouched = number not in texts or (old.path, old.line) in left
        assert step.expectation.text == (old.expectation.text if untouched else texts[number])
    twice = update(ran(again, texts))
    assert (twice.text, twice.included, twice.rewritten) == (new.text, {}, ())


@settings(max_examples=100, deadline=None, suppress_health_check=QUIET)
@given(documents())
def test_a_line_scanner_sees_the_same_sessions(made: Document) -> None:
    assert scan(made.path, made.files) == seen(read(made.path, made.files))


def seen(article: Article) -> list[Seen]:
    return [Seen(s.path, s.line, s.prompt, s.command, s.expectation.text) for s in article.steps]


ARTICLES = sorted(
    path.relative_to(ROOT)
    for folder in ("docs", "tests/articles")
    for path in (ROOT / folder).rglob("*")
    if path.suffix in (".md", ".rst", ".console", ".sh-session")
)


@pytest.mark.parametrize("path", [*ARTICLES, Path("README.md")], ids=str)
def test_a_line_scanner_sees_the_same_in_our_own_articles(path: Path) -> None:
    article = document.read(ROOT / path)
    texts = {name: (ROOT / name).read_text(encoding="utf-8") for name in (article.path, *article.included)}
    assert scan(article.path, texts) == seen(article)
    assert article.errors == ()
