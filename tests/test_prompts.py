from __future__ import annotations

import pytest

from wordish import prompts


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
