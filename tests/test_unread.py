from __future__ import annotations

import pytest

from wordish import document
from wordish.model import Severity


def unread(text: str, *, path: str = "a.md") -> list[tuple[int, str]]:
    article = document.parse(text, path=path)
    assert {remark.severity for remark in article.diagnostics} <= {Severity.WARNING}
    assert {remark.name for remark in article.diagnostics} <= {"unread-session"}
    return [(remark.line, f"{remark.message}: {remark.hint}") for remark in article.diagnostics]


@pytest.mark.parametrize(
    ("language", "prompt", "hint"),
    [
        ("consol", "$", "did you mean console?"),
        ("shel-session", "~#", "did you mean shell-session?"),
        ("term", "$", "did you mean terminal?"),
        ("python", "~$", "name it console, or say `skip` in a comment before it"),
    ],
)
@pytest.mark.parametrize("path", ["a.md", "a.rst"])
def test_a_session_in_an_unknown_language_is_told_once(
    language: str, prompt: str, hint: str, path: str
) -> None:
    lines = f"{prompt} a\nb\n\n{prompt} c"
    text = f"```{language}\n{lines}\n```\n"
    if path == "a.rst":
        text = f".. code-block:: {language}\n\n" + "".join(f"  {line}\n" for line in lines.split("\n"))
    why = f"this session is not read: the block's language is {language!r}: {hint}"
    assert unread(text, path=path) == [(text.split(f"{prompt} a")[0].count("\n") + 1, why)]


@pytest.mark.parametrize(
    "line", ["~$ a", "~# a", "u@h:dir$ a", "[u@h dir]# a", "> ~$ a", "- ~# a", "  ~$ a", "<pre>\n~$ a"]
)
def test_a_session_in_no_block_is_told(line: str) -> None:
    ((number, why),) = unread(f"Text.\n\n{line}\nb\n")
    assert number == 3 + line.count("\n")
    assert why.endswith("it stands in no block that is looked at: put it into a fence, ```console")


def test_contiguous_lines_are_told_once() -> None:
    assert [line for line, _ in unread("~$ a\nx\n~$ b\n\n~$ c\n")] == [1, 5]


def test_a_text_with_a_block_and_running_sessions_tells_of_these() -> None:
    text = "~$ a\nx\n\n::\n\n  ~$ b\n\n~# c\n"
    assert [step.command for step in document.parse(text, path="a.txt").steps] == ["b"]
    assert [line for line, _ in unread(text, path="a.txt")] == [1, 8]
    ((_, why),) = unread("~$ a\n\n> ~$ b\n", path="a.txt")
    assert why.endswith("its prompt does not stand at the start of its line: take off what stands before it")


@pytest.mark.parametrize(
    "text",
    [
        "````\n$ cat <<E\n```\n~$ a\n```\nE\n~$ cat x\n  ~$ y\n> ~# z\n~$\n [u@h d]# nothing\n````\n",
        "````markdown\n```console\n~$ a\n```\n````\n",
        "<!-- wordish: skip -->\n```log\n~# a\n```\n",
        "Type `~$ a`, or\n`~# b`. US$ 3, # 4, $ 5.\n\n| `~$` | user |\n\n```python\n$ a\n# b\n```\n",
        "<!-- wordish: hidden\n\n~$ a\n-->\n",
    ],
)
def test_what_is_read_or_shown_only_is_not_told_of(text: str) -> None:
    assert unread(text) == []


def test_what_an_error_tells_is_not_told_twice() -> None:
    text = "```\n~$ echo '\n~$ echo # wordish: x\n```\n\n<!-- wordish: status=1\n\n~$ a\n-->\n"
    faults = document.parse(text, path="a.md").diagnostics
    assert [fault.name for fault in faults] == ["open-command", "unknown-option", "session-in-comment"]


def test_what_looks_like_a_comment_in_an_output_is_none() -> None:
    assert document.parse("~$ a\n.. wordish: x\n", path="a.txt").diagnostics == ()
