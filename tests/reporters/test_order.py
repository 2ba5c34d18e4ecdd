"""Events of articles that run side by side are told article by article."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from wordish.model import Began, Document, Event, Planned, Said, Target, Transcript
from wordish.reporters.order import in_order

HOST = Target(kind="host")


def article(path: str) -> list[Event]:
    return [
        Began(path=path, target=HOST, total=0),
        Said(path=path, text="news"),
        Transcript(document=Document(path=path, text=""), target=HOST),
    ]


def path_of(event: Event) -> str:
    if isinstance(event, Transcript):
        return event.document.path
    return "" if isinstance(event, Planned) else event.path


@given(st.data())
def test_whatever_comes_first_all_is_told_in_the_planned_order(data: st.DataObject) -> None:
    paths = ("a", "b", "c")
    left = {path: article(path) for path in paths}
    told: list[Event] = []
    with in_order(told.append) as hear:
        hear(Planned(paths=paths))
        while left:
            path = data.draw(st.sampled_from(sorted(left)))
            hear(left[path].pop(0))
            left = {path: events for path, events in left.items() if events}
    assert told == [Planned(paths=paths), *article("a"), *article("b"), *article("c")]


def test_the_first_is_told_at_once() -> None:
    told: list[Event] = []
    with in_order(told.append) as hear:
        hear(Planned(paths=("a", "b")))
        hear(article("b")[0])
        assert told == [Planned(paths=("a", "b"))]
        hear(article("a")[0])
        assert told[1:] == article("a")[:1]
        for event in article("a")[1:]:
            hear(event)
        assert [path_of(event) for event in told[1:]] == ["a", "a", "a", "b"]


def test_one_that_never_began_keeps_nobody_waiting() -> None:
    told: list[Event] = []
    with in_order(told.append) as hear:
        hear(Planned(paths=("a", "b")))
        for event in article("b"):
            hear(event)
    assert told[1:] == article("b")


def test_without_a_plan_nothing_waits() -> None:
    told: list[Event] = []
    with in_order(told.append) as hear:
        hear(article("b")[0])
        assert told == article("b")[:1]
