from __future__ import annotations

import pytest

from wordish.likes import KINDS, bad_kind, pattern_of
from wordish.pattern import matches_whole


@pytest.mark.parametrize(
    ("kind", "yes", "no"),
    [
        (
            "uuid",
            [
                "550e8400-e29b-41d4-a716-446655440000",
                "1234-abcd",
                "wPQ1cs-XaVF-0ZHS-QTZk-FqYt-EdDC-aBhvAT",
                "01D9AF5E2C3B4D60",
                "2024-01-31-12-00-00-00",
            ],
            ["1234", "550e8400", "abcd-12345", "x"],
        ),
        (
            "date",
            [
                *("2024-01-31", "31/01/24", "31.1.2024", "Jan  1", "31 January 2024", "Jan 31, 2024"),
                *("Wed Jan 31 12:00:00 UTC 2024", "2024-01-31T12:00:00Z", "Jan  1 10:00", "1 März 2024"),
                *("2024-01-31 12:00:00.123456789 +0000", "Wed, 31 Jan 2024 12:00:00 +0000"),
            ],
            ["12:00", "2024", "today", ""],
        ),
        ("time", ["12:00", "12:00:00.123", "10:00 PM", "1m23.4s", "0.003s", "3 min 05 s"], ["12", "x", "s"]),
        (
            "size",
            ["12.4 MB", "12.00m", "<12.00m", "40960", "1,024 KiB", "4 blocks", "3.0G", "7 bytes"],
            ["MB", "12 x", "1 2"],
        ),
        ("int", ["3", "-3", "+3", "1,024", "1'000'000"], ["1.5", "", "a", "3 "]),
        ("hex", ["0xff", "deadBEEF", "7"], ["xyz", "0x", ""]),
        ("path", ["/dev/loop0", "a/b.c", "~/x", "./x", "/"], ["x", "a b/c", "/a:", ""]),
        ("version", ["2.03.16(2)", "1:2.3-4+deb12u1", "v1.2.3-rc1", "12", "6.1.0-18-amd64"], ["x", "", "a1"]),
        ("word", ["loop0", "é_1"], ["a-b", "a b", ""]),
        ("line", ["a b c", "-"], [""]),
    ],
)
def test_kinds(kind: str, yes: list[str], no: list[str]) -> None:
    assert [text for text in yes if not matches_whole(KINDS[kind], text)] == []
    assert [text for text in no if matches_whole(KINDS[kind], text)] == []


def test_every_kind_is_tested_and_none_stands_for_nothing() -> None:
    assert not any(matches_whole(pattern, "") for pattern in KINDS.values())


def test_by_default_as_many_runs_as_the_literal_has() -> None:
    assert pattern_of("a-1", "", {}) == r"\S+"
    assert pattern_of("12.4  MB", "", {}) == r"\S+ +\S+"


def test_ones_own_kinds_go_before() -> None:
    own = {"ticket": r"T-\d+", "int": "[0-7]+"}
    assert pattern_of("T-12", "ticket", own) == r"T-\d+"
    with pytest.raises(ValueError, match="'8' does not look like int"):
        pattern_of("8", "int", own)


@pytest.mark.parametrize(
    ("text", "like", "message"),
    [
        ("vol-8f3a", "uuid", "'vol-8f3a' does not look like uuid"),
        ("x", "uid", "uid is no kind that a sample may be like: did you mean uuid?"),
        ("x", "qqq", "qqq is no kind that a sample may be like: there are uuid, date, time"),
    ],
)
def test_what_a_literal_cannot_be_like(text: str, like: str, message: str) -> None:
    with pytest.raises(ValueError, match=like) as raised:
        pattern_of(text, like, {})
    assert str(raised.value).startswith(message)


@pytest.mark.parametrize(
    ("name", "pattern", "wrong"),
    [
        ("ticket", r"T-\d+", ""),
        ("Ticket", "x", "names are lower-case letters, digits, - and _"),
        ("t", "a(", "bad pattern: missing ): a("),
        ("t", "a*", "it also matches the empty text"),
        ("t", "", "it also matches the empty text"),
        ("t", "(?P<x>a)", "groups may have no names"),
    ],
)
def test_what_ones_own_kinds_may_be(name: str, pattern: str, wrong: str) -> None:
    assert bad_kind(name, pattern) == wrong
