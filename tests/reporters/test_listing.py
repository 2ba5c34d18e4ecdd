"""The steps of an article as a table."""

from __future__ import annotations

import pytest

from wordish.document import parse
from wordish.reporters.listing import steps


def table(*lines: str, path: str = "a.console", width: int = 0, verbose: bool = False) -> list[str]:
    document = parse("".join(f"{line}\n" for line in lines), path=path)
    assert not document.errors
    return list(steps(document, width=width, verbose=verbose))


def test_columns_are_aligned_and_the_place_comes_first() -> None:
    assert table("~$ one", *"123456789", "~# two", "x", "~$ three") == [
        "a.console:1:  user  9 lines  ~$ one",
        "a.console:11: root  1 line   ~# two",
        "a.console:13: user  nothing  ~$ three",
    ]


def test_a_command_of_several_lines_is_its_first() -> None:
    assert table("[root@web1 etc]# cat <<E", "x", "E", "x") == [
        "a.console:1: root  1 line  [root@web1 etc]# cat <<E …"
    ]


@pytest.mark.parametrize(
    ("hint", "shown", "options"),
    [
        ("status=1", "1 line", "  # status=1"),
        ("status=any match=regex", "1 line", "  # status=any match=regex"),
        ("status-only status=2", "status", "  # status=2"),
        ("ignore", "ignored", ""),
        ("skip='no printer'", "skipped", "  # no printer"),
        ("cleanup timeout=0.5 stream=stdout", "1 line", "  # timeout=0.5 stream=stdout cleanup"),
        ("cleanup=no lint-ignore=W111", "1 line", ""),
    ],
)
def test_what_is_expected(hint: str, shown: str, options: str) -> None:
    assert table(f"~$ ls   # wordish: {hint}", "x") == [f"a.console:1: user  {shown}  ~$ ls{options}"]


def test_options_of_the_article_as_a_whole_are_not_repeated() -> None:
    assert table("# wordish: on=host timeout=7", "~$ ls") == [
        "a.console:2: user  nothing  ~$ ls  # timeout=7"
    ]


def test_a_terminal_is_not_overrun() -> None:
    lines = [
        "~$ echo 1234567890 1234567890  # wordish: status=1",
        "x",
        "~$ echo 日本語日本語日本語日本語",
        "~$ ls",
    ]
    assert table(*lines, width=44) == [
        "a.console:1: user  1 line   ~$ echo 1234567…  # status=1",
        "a.console:3: user  nothing  ~$ echo 日本語…",
        "a.console:4: user  nothing  ~$ ls",
    ]
    assert table(*lines)[0].endswith("~$ echo 1234567890 1234567890  # status=1")
    assert table("~$ " + "x" * 1_000_000, width=80)[0].endswith("xxx…")


def test_all_lines_when_asked_for() -> None:
    assert table("~$ cat <<E", "  x", "E", "", "  x", "", "  y", "~$ ls", verbose=True) == [
        "a.console:1: user  3 lines  ~$ cat <<E …",
        "a.console:2:                >   x",
        "a.console:3:                > E",
        "a.console:5:                | x",
        "a.console:6:                |",
        "a.console:7:                | y",
        "a.console:8: user  nothing  ~$ ls",
    ]


def test_nothing_of_an_article_reaches_the_terminal_raw() -> None:
    assert table("~$ ls\u202e", path="a\x1b.console") == ["a\\x1b.console:1: user  nothing  ~$ ls\\u202e"]


def test_an_article_without_steps_has_no_lines() -> None:
    assert table("Prose.", path="a.md") == []
