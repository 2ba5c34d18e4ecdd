"""What long texts have in common at both ends decides nothing, and is not compared line by line."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from wordish import trimming
from wordish.diff import diff
from wordish.matching import matches
from wordish.model import Expectation, Match, Output, Step, Stream
from wordish.trimming import trimmed

NUMBERED = [f"line {number} of an output" for number in range(60)]


@pytest.fixture
def no_text_too_short() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(trimming, "LONG", 0)
        yield


def left(shown: list[str], printed: list[str], *, match: Match = "ellipsis", stderr: str = "") -> int | None:
    """How many lines of what is shown are compared, ``None`` when all are."""
    expectation = Expectation(text="\n".join(shown), match=match)
    part = trimmed(expectation, stdout="\n".join(printed), stderr=stderr)
    return part and len(part.expectation.text.split("\n"))


@pytest.mark.usefixtures("no_text_too_short")
class TestALongText:
    def test_is_compared_where_it_differs(self) -> None:
        wrong = [*NUMBERED]
        wrong[30] = "what nothing prints"
        assert left(wrong, NUMBERED) == 8 + 1 + 8
        part = trimmed(Expectation(text="\n".join(wrong)), stdout="\n".join(NUMBERED), stderr="")
        assert part is not None
        assert part.above == 30 - 8
        assert part.stdout.split("\n") == NUMBERED[22:39]

    def test_keeps_at_both_ends_a_line_that_is_in_the_first_column(self) -> None:
        shown = ["head", *["  deep", ""] * 20, "b", *["  deep", ""] * 20, "foot"]
        printed = [line if line != "b" else "c" for line in shown]
        assert left(shown, printed) is None
        shown[20] = printed[20] = "a heading"
        assert left(shown, printed) == len(shown) - 20

    @pytest.mark.parametrize(
        ("change", "match", "stderr"),
        [
            ({3: "a gap: ..."}, "ellipsis", ""),
            ({3: "…"}, "ellipsis", ""),
            ({}, "regex", ""),
            ({}, "ellipsis", "a warning"),
        ],
    )
    def test_is_compared_as_a_whole_where_its_start_might_stand_for_something_else(
        self, change: dict[int, str], match: Match, stderr: str
    ) -> None:
        shown = [change.get(number, line) for number, line in enumerate(NUMBERED)]
        printed = [*shown[:-1], "the last"]
        assert left(shown, printed, match=match, stderr=stderr) is None
        if change:
            assert left(shown, printed, match="exact") is not None


LINE = st.sampled_from(["a", "b", "", "  a", "  b", "...", "a..."])
LINES = st.lists(LINE, max_size=4)
REPEATED = st.tuples(st.lists(LINE, max_size=2), st.integers(0, 16), LINES).map(
    lambda the: the[0] * the[1] + the[2]
)


@settings(max_examples=600, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@pytest.mark.usefixtures("no_text_too_short")
@given(
    REPEATED,
    LINES,
    LINES,
    REPEATED,
    st.sampled_from(["ellipsis", "exact"]),
    st.sampled_from(["both", "stdout"]),
    st.sampled_from(["", "a", "noise"]),
)
@example(["b"] * 20, [], ["b"], ["b"] * 12, "exact", "both", "")
@example(["...", *["b"] * 9], ["a"], ["c", *["b"] * 9, "a"], [], "ellipsis", "both", "")
@example([], ["a"], ["a", *["b"] * 9, "c"], [*["b"] * 9, "..."], "ellipsis", "both", "")
def test_the_verdict_is_that_of_the_whole(
    above: list[str],
    shown: list[str],
    printed: list[str],
    below: list[str],
    match: Match,
    stream: Stream,
    stderr: str,
) -> None:
    text = "\n".join([*above, *shown, *below]).strip("\n")
    stdout = "\n".join([*above, *printed, *below])
    expectation = Expectation(text=text, match=match, stream=stream)
    judged = matches(expectation, stdout=stdout, stderr=stderr)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(trimming, "LONG", 10_000)
        assert trimmed(expectation, stdout=stdout, stderr=stderr) is None
        assert judged is matches(expectation, stdout=stdout, stderr=stderr)


def told(shown: list[str], printed: list[str]) -> str:
    step = Step(
        path="a.md", line=3, end_line=3, user="user", prompt="~$", command="a",
        expectation=Expectation(text="\n".join(shown), lines=(4, 3 + len(shown))),
    )  # fmt: skip
    return diff(step, Output(stdout="\n".join(printed)))


def told_of_the_whole(shown: list[str], printed: list[str]) -> str:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(trimming, "LONG", 10_000)
        return told(shown, printed)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@pytest.mark.usefixtures("no_text_too_short")
@given(st.integers(0, 59), st.integers(0, 2), st.integers(0, 2))
def test_the_diff_is_that_of_the_whole(at: int, fewer: int, more: int) -> None:
    shown = [*NUMBERED]
    shown[at : at + fewer] = [f"what nothing prints, {number}" for number in range(more)]
    assert told(shown, NUMBERED) == told_of_the_whole(shown, NUMBERED)


@pytest.mark.usefixtures("no_text_too_short")
@pytest.mark.parametrize(("rules", "more"), [(40, 41), (41, 40)])
def test_a_change_where_a_text_was_cut_off_has_its_context(rules: int, more: int) -> None:
    for first, last in (("a gap: ...", "the end"), ("the start", "a gap: ...")):
        shown = [first, *["-----"] * rules, last]
        printed = [first, *["-----"] * more, last]
        printed[0 if first.startswith("a gap") else -1] = "a gap: 3"
        assert trimmed(Expectation(text="\n".join(shown)), stdout="\n".join(printed), stderr="")
        assert told(shown, printed) == told_of_the_whole(shown, printed)
