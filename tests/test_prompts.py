from __future__ import annotations

import pytest

from wordish import prompts
from wordish.model import Options


@pytest.mark.parametrize(
    ("line", "prompt", "user"),
    [
        ("~# ls", "~#", "root"),
        ("~$ ls", "~$", "user"),
        ("$ ls", "$", "user"),
        ("ann@web:~/src$ ls", "ann@web:~/src$", "user"),
        ("root@web:/etc# ls", "root@web:/etc#", "root"),
        ("[ann@web src]$ ls", "[ann@web src]$", "user"),
        ("[root@web ~]# ls", "[root@web ~]#", "root"),
        ("[word]$ ls", "[word]$", "user"),
        ("bash-5.2# ls", "bash-5.2#", "root"),
        ("/etc# ls", "/etc#", "root"),
        ("~/src$ ls", "~/src$", "user"),
        ("(venv) $ ls", "(venv) $", "user"),
        ("(my venv) ann@web:~$ ls", "(my venv) ann@web:~$", "user"),
        ("$\u00a0ls", "$", "user"),
    ],
)
def test_prompts(line: str, prompt: str, user: str) -> None:
    found = prompts.match(line)
    assert found
    assert (found.prompt, found.user, found.rest) == (prompt, user, "ls")


@pytest.mark.parametrize("line", ["src$ ls", "host:dir$ ls", "web:~# ls"])
def test_a_mere_word_is_a_weak_prompt(line: str) -> None:
    assert prompts.match(line) is None
    assert prompts.match(line, weak=True)


@pytest.mark.parametrize(
    "line",
    ["# ls", "$ls", "~#ls", "#", "", " $ ls", "> ls", ">>> x", "#1 # x", "postgres=# select", "a b$ c", "%"],
)
def test_no_prompts(line: str) -> None:
    assert prompts.match(line, weak=True) is None


@pytest.mark.parametrize("line", ["$", "~#", "ann@web:~$ "])
def test_a_bare_prompt(line: str) -> None:
    found = prompts.match(line)
    assert found
    assert found.rest == ""


@pytest.mark.parametrize(
    "line",
    [
        "~$ a", "~# a", "  ~/src# a", "/etc# a", "u@h:dir$ a", "u@h:~# a", "u@h ~$ a", "[u@h dir]# a",
        "(venv) ~$ a", "> ~$ a", ">~$ a", "- ~$ a", "1. ~# a", "> - * ~$ a", "\t~$\u00a0a",
    ],
)  # fmt: skip
def test_unmistakable_lines(line: str) -> None:
    assert prompts.unmistakable(line)


@pytest.mark.parametrize(
    "line",
    [
        "$ a", "# a", "~$", "~$ ", "`~$ a`", "a ~$ b", "src$ a", "//# sourceMappingURL=x", "me@x.org # a",
        "| ~# | root |", "~$x", "#1 # x", "-~$ a", "",
    ],
)  # fmt: skip
def test_what_may_be_something_else(line: str) -> None:
    assert not prompts.unmistakable(line)


def test_hostile_lines_take_no_time() -> None:
    for line in ("> " * 9999 + "#", "-  " * 9999 + "$", " " * 9999 + "$", "(" + "a" * 9999 + "$"):
        assert not prompts.unmistakable(line)


# An author's own


def mine(line: str, *, root: tuple[str, ...] = (), user: tuple[str, ...] = ()) -> tuple[str, str, str] | None:
    found = prompts.match(line, own=prompts.Own(root=root, user=user))
    return (found.prompt, found.user, found.rest) if found else None


@pytest.mark.parametrize(
    ("pattern", "line", "prompt", "rest"),
    [
        ("db> ?", "db> select 1", "db>", "select 1"),
        ("db>", "db> select 1", "db>", "select 1"),
        ("db> ", "db>   x", "db>", " x"),
        ("db> ", "db>", "db>", ""),
        ("db>", "db>\u00a0x", "db>", "x"),
        ("db> ", "db>\u00a0x", "db>", "x"),
        ("\u279c", "\u279c ls", "\u279c", "ls"),
        (r"\w+%", "web% ls", "web%", "ls"),
        (".*?#", "a b# c # d", "a b#", "c # d"),
        ("#", "# ls", "#", "ls"),
    ],
)
def test_a_pattern_is_a_prompt_that_a_blank_or_the_end_follows(
    pattern: str, line: str, prompt: str, rest: str
) -> None:
    assert mine(line, user=(pattern,)) == (prompt, "user", rest)
    assert mine(line, root=("never", pattern)) == (prompt, "root", rest)


@pytest.mark.parametrize(
    ("pattern", "line"),
    [("db>", "db>x"), ("db>", " db> x"), ("db> ", "db"), ("d", "db> x"), (" +", "  x"), ("x", "")],
)
def test_elsewhere_it_is_none(pattern: str, line: str) -> None:
    assert mine(line, user=(pattern,)) is None


def test_of_several_prompts_the_authors_go_first_and_roots_before_others() -> None:
    assert mine("~$ ls", root=("~",)) == ("~$", "user", "ls")
    assert mine("~$ ls", root=(r"~\$",)) == ("~$", "root", "ls")
    assert mine("x ls", root=("x",), user=("x",)) == ("x", "root", "ls")
    assert mine("x> ls", user=("x", "x>")) == ("x>", "user", "ls")


def test_the_options_that_give_prompts() -> None:
    assert prompts.own(Options()) is None
    assert prompts.own(Options(root_prompt=("a",))) == prompts.Own(root=("a",))
    assert prompts.own(Options(user_prompt=("b",))) == prompts.Own(user=("b",))


def test_what_shows_an_own_prompt_is_unmistakable_if_that_is_no_mere_sign() -> None:
    own = prompts.Own(user=("db>", "%", "[0-9]"))
    assert prompts.unmistakable("  db> select 1", own=own)
    for line in ("db>", "% x", "1 x", "adb> x"):
        assert not prompts.unmistakable(line, own=own)


def test_hostile_patterns_take_no_time() -> None:
    assert mine("a" * 100_000, user=("(a*)*b", "(a|a)*$x", "(.*)*#")) is None
