"""Articles that try to fool wordish, or to hang it, are judged right, and so are their untrue twins."""

from __future__ import annotations

import pytest

from tests import hostile
from tests.hostile import Article
from tests.hostile.__main__ import page
from tests.playing import Play

ARTICLES = hostile.articles()
HERE = [article for article in ARTICLES if article.here]
MACHINE = [article for article in ARTICLES if article.machine]


def greedy(article: Article) -> list[pytest.MarkDecorator]:
    """The mark of those beside which another test would starve."""
    return [pytest.mark.alone] if article.greedy else []


@pytest.fixture(scope="module", autouse=True)
def begun(request: pytest.FixtureRequest) -> None:
    """Have all that were asked for begin: they take their time side by side."""
    wanted = [item.callspec.params for item in request.session.items if hasattr(item, "callspec")]
    for article in [params["here"] for params in wanted if "here" in params]:
        play = request.getfixturevalue("play_here")
        play(article.document)
        if changed := article.twin:
            play(changed.document)


def test_no_article_has_remarks_but_the_one_that_is_about_them() -> None:
    remarks = [remark for article in ARTICLES for remark in article.document.diagnostics]
    assert [remark.path for remark in remarks if "here-document-of-prompts" not in remark.path] == []


def test_there_are_enough_of_them_and_each_says_what_it_does() -> None:
    assert len(HERE) >= 200
    assert len(MACHINE) >= 40
    assert len({article.title for article in ARTICLES}) == len(ARTICLES)
    assert all(set(article.deserved) <= {s.line for s in article.document.steps} for article in ARTICLES)


def test_the_documentation_lists_them() -> None:
    assert hostile.PAGE.read_text(encoding="utf-8") == page(ARTICLES), "run `python -m tests.hostile`"


@pytest.mark.parametrize("here", HERE, ids=str)
def test_it_is_judged_right(here: Article, play_here: Play) -> None:
    transcript = play_here(here.document)()
    assert here.wrong(transcript) == []


@pytest.mark.parametrize("here", [article for article in HERE if article.twin], ids=str)
def test_its_untrue_twin_fails_at_the_line_of_the_mistake(here: Article, play_here: Play) -> None:
    assert here.twin
    assert here.twin.wrong(play_here(here.twin.document)()) == []


@pytest.mark.vm
@pytest.mark.parametrize("there", [pytest.param(each, marks=greedy(each), id=str(each)) for each in MACHINE])
def test_it_is_judged_right_in_a_machine(there: Article, play_in_machines: Play) -> None:
    transcript = play_in_machines(there.document)()
    assert there.wrong(transcript) == []
