"""Where samples stand in texts, and what is meant there."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wordish import forms
from wordish.matching import matches
from wordish.model import Expectation, Match, Sample


def sample(text: str, value: str | None = None, *, pattern: str = r"\S+", varies: bool = False) -> Sample:
    return Sample(text=text, pattern=pattern, value=value, varies=varies)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("vol-8f3a", ["vol-8f3a"]),
        ("/dev/vg/vol-8f3a: 8f3a", ["vol-8f3a", "8f3a"]),
        ("vol-8f3ax xvol-8f3ax 8f3a2 28f3a é8f3a", []),
        ("vol_8f3a vol-8f3a-cow (8f3a)", ["8f3a", "vol-8f3a", "8f3a"]),
        ("<12.00m 12.00m", ["<12.00m"]),
        ("x<12.00m", ["<12.00m"]),
    ],
)
def test_a_sample_stands_where_no_longer_word_does_and_the_longest_counts(
    text: str, found: list[str]
) -> None:
    samples = [sample("8f3a"), sample("vol-8f3a"), sample("<12.00m")]
    assert [text[start:end] for start, end, _ in forms.occurrences(text, samples)] == found


def test_what_is_meant_is_what_is_bound() -> None:
    samples = [sample("a1", "b 2"), sample("a2"), sample("b", "c")]
    assert forms.spoken("a1/a2 a1 b a12", samples) == "b 2/a2 b 2 c a12"


def test_a_printed_line_is_written_with_the_samples_again() -> None:
    samples = [sample("vol-8f3a", "vol-1"), sample("7", "9"), sample("x", None)]
    assert forms.written("vol-1 and vol-11, 9 x", samples) == "vol-8f3a and vol-11, 9 x"
    secret = sample("hunter2", "***")._replace(secret=True)
    assert forms.written("is ***", [secret]) == "is hunter2"


def holds(
    text: str, printed: str, *samples: Sample, match: Match = "ellipsis", stderr: str = ""
) -> bool | None:
    return matches(Expectation(text=text, match=match, samples=samples), stdout=printed, stderr=stderr)


VOL, SIZE = sample("vol-8f3a"), sample("12 MB", varies=True, pattern=r"\S+ +\S+")


@pytest.mark.parametrize(
    ("text", "printed", "expected"),
    [
        ("created vol-8f3a", "created x", True),
        ("created vol-8f3a", "created x y", False),
        ("created vol-8f3a", "created", False),
        ("created vol-8f3a.", "created x..", True),
        ("vol-8f3a (12 MB)", "x (9 kB)", True),
        ("vol-8f3a (12 MB)", "x (9)", False),
        ("... vol-8f3a ...", "a b c d", True),
        ("vol-8f3a ...", "x", True),
        ("vol-8f3a\n...\nvol-8f3a", "x\n1\n2\ny", True),
        ("vol-8f3ax", "y", False),
        ("a (b) [c] * vol-8f3a", "a (b) [c] * x", True),
        ("a.b vol-8f3a", "a-b x", False),
        ("name: 12 MB\n  vol-8f3a", "   name: 9 kB\n  x", True),
        ("id:\n  - one\n  - vol-8f3a", "id:\n  - one\n - x", False),
    ],
)
def test_a_sample_without_a_value_is_whatever_looks_like_it(text: str, printed: str, expected: bool) -> None:
    assert holds(text, printed, VOL, SIZE) is expected


@pytest.mark.parametrize(
    ("text", "printed", "expected"),
    [
        ("created vol-8f3a", "created x 1", True),
        ("created vol-8f3a", "created vol-8f3a", False),
        ("vol-8f3a ... vol-8f3a", "x 1 and x 1", True),
    ],
)
def test_a_bound_sample_is_its_value_and_nothing_else(text: str, printed: str, expected: bool) -> None:
    assert holds(text, printed, VOL._replace(value="x 1")) is expected


TABLE = "NAME      SIZE  USED\nvol-8f3a  12 MB  1\nother      3 MB  0"


@pytest.mark.parametrize(
    ("printed", "expected"),
    [
        ("NAME   SIZE   USED\nx      1 MB    1\nother  3 MB    0", True),
        ("NAME                 SIZE   USED\na-very-long-one    1 MB    1\nother  3 MB    0", True),
        ("NAME   SIZE   USED\n     x  1 MB   1\n other  3 MB   0", False),
        ("NAME   SIZE   USED\nx      1 MB    1\nother  4 MB    0", False),
        ("NAME   SIZE   USED\nx      1 MB    1\nother  3 MB  1 0", False),
        ("NAME   SIZEUSED\nx      1 MB    1\nother  3 MB    0", False),
    ],
)
def test_columns_of_a_table_are_as_wide_as_what_is_printed(printed: str, expected: bool) -> None:
    assert holds(TABLE, printed, VOL, SIZE) is expected


def test_only_the_line_that_begins_with_a_sample_moves() -> None:
    count = sample("7", varies=True, pattern=r"\d+")
    assert holds("  7 a\n 51 b", " 712 a\n  51 b", count) is True
    assert holds("x\n  7 a\n 51 b", "x\n 712 a\n51 b", count) is False
    assert holds("x 7\ny", "x 12\n y", count) is False


def test_exact_has_samples_and_no_wildcards() -> None:
    assert holds("vol-8f3a ... a  b", "x ... a  b", VOL, match="exact") is True
    assert holds("vol-8f3a ... a  b", "x ... a   b", VOL, match="exact") is False
    assert holds("vol-8f3a ...", "x y", VOL, match="exact") is False


def test_a_pattern_may_show_a_sample_as_it_is_or_escaped() -> None:
    dotted = sample("1.2", pattern=r"\d\.\d")
    for text in (r"\w+ 1.2", r"\w+ 1\.2", r"(a|b) 1\.2"):
        assert holds(text, "a 3.4", dotted, match="regex") is True
        assert holds(text, "a 3x4", dotted, match="regex") is False
        assert holds(text, "a 5.6", dotted._replace(value="5.6"), match="regex") is True
        assert holds(text, "a 5x6", dotted._replace(value="5.6"), match="regex") is False
    assert [
        each.text for each in forms.shown(Expectation(text=r"1\.2", match="regex", samples=(dotted,)))
    ] == ["1.2"]


def test_samples_on_stderr_need_not_be_shown_and_are_true_when_they_are() -> None:
    assert holds("out\nwarned of vol-8f3a", "out", VOL, stderr="a\nwarned of x\nb") is True
    assert holds("out\nwarned of vol-8f3a", "out", VOL._replace(value="y"), stderr="warned of x") is False


@pytest.mark.parametrize(
    ("command", "value", "typed"),
    [
        ("mount UUID=a1 /mnt", "1234-ABCD", "mount UUID=1234-ABCD /mnt"),
        ("ls a1 'a1' \"a1\"", "/tmp/x", "ls /tmp/x '/tmp/x' \"/tmp/x\""),
        ("ls a1", "x y;$(id)", r"ls x\ y\;\$\(id\)"),
        ("ls 'a1'", "it's $x", r"ls 'it'\''s $x'"),
        ('ls "a1"', 'a "b" $c `d` \\e f', r'ls "a \"b\" \$c \`d\` \\e f"'),
        ("echo \\' a1", "x y", "echo \\' x\\ y"),
        ("echo 'a\\' a1", "x y", "echo 'a\\' x\\ y"),
        ('echo "\\"" a1', "x y", 'echo "\\"" x\\ y'),
        ("cat <<E\na1\nE", "x-1", "cat <<E\nx-1\nE"),
        ("echo xa1 a12 a1", "z", "echo xa1 a12 z"),
        ("echo a1", "é-1", "echo é-1"),
    ],
)
def test_a_value_is_typed_as_text_in_the_quotes_that_it_stands_in(
    command: str, value: str, typed: str
) -> None:
    assert forms.typed(command, [sample("a1", value)]) == typed


@pytest.mark.parametrize(
    "command", ["cat <<E\na1\nE", 'echo "$(ls a1)"', "echo `ls a1`", "echo $'a1'", "${x:-a1}"]
)
def test_a_value_that_would_be_more_than_text_is_not_typed(command: str) -> None:
    with pytest.raises(ValueError, match="a1 stands for 'x y', which cannot be put into this command"):
        forms.typed(command, [sample("a1", "x y")])


WORDS = st.lists(st.sampled_from(["S1", "S2", "V", "a", "(b)", "c*", "..."]), min_size=1, max_size=6)
VALUES = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=5).filter(
    lambda value: "..." not in value
)


@given(st.lists(WORDS, min_size=1, max_size=4), VALUES, VALUES, VALUES)
def test_what_was_made_with_any_values_matches(lines: list[list[str]], one: str, two: str, any_: str) -> None:
    """Shown with samples, printed with values: bound or not, it is true; with others bound, it is not."""
    samples = [sample("S1", one), sample("S2", two), sample("V", varies=True)]
    shown = "\n".join(" ".join(line) for line in lines)
    put = {"S1": one, "S2": two, "V": any_, "...": "x y"}
    printed = "\n".join(" ".join(put.get(word, word) for word in line) for line in lines)
    assert holds(shown, printed, *samples)
    assert holds(shown, printed, *(each._replace(value=None) for each in samples))
    if "S1" in shown and "V" not in shown and "..." not in shown:
        assert not holds(shown, printed, samples[0]._replace(value=one + "x"), *samples[1:])
