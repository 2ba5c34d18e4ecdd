"""Directives that show a session, and those that draw its prompts themselves."""

from __future__ import annotations

import textwrap

import pytest

from wordish.document import parse
from wordish.model import Severity, Step

MARKUPS = ["rst", "md"]


def article(markup: str, head: str, *lines: str) -> str:
    """A directive and the lines below its first one, in either markup."""
    name, _, argument = head.partition("::")
    if markup == "rst":
        return f".. {head}\n" + textwrap.indent("\n".join(lines), "   ") + "\n"
    return "\n".join([f"```{{{name}}}{argument}", *lines, "```", ""])


def read(markup: str, head: str, *lines: str) -> list[tuple[int, str, str, str]]:
    document = parse(article(markup, head, *lines), path=f"a.{markup}")
    assert document.diagnostics == ()
    return [told(step) for step in document.steps]


def told(step: Step) -> tuple[int, str, str, str]:
    return step.line, step.prompt, step.command, step.expectation.text


# terminal


@pytest.mark.parametrize("markup", MARKUPS)
@pytest.mark.parametrize(
    ("options", "prompt"),
    [
        ([], "user@host:~$"),
        ([":user: bob"], "bob@host:~$"),
        ([":user: root", ":host: web1", ":dir: /srv"], "root@web1:/srv#"),
        ([":copy:", ":class: wide", ":host: web1", ":scroll:"], "user@web1:~$"),
        ([":host:"], "user:~$"),
        ([":user:", ":host: web1", ":dir: /"], "/$"),
    ],
)
def test_user_host_and_dir_make_the_prompt(markup: str, options: list[str], prompt: str) -> None:
    assert read(markup, "terminal::", ":input: id", *options, "", "out") == [
        (2, prompt, "id", "out"),
    ]
    assert read(markup, "terminal::", *options, "", "id", "", "out") == [
        (3 + len(options), prompt, "id", "out"),
    ]


@pytest.mark.parametrize("markup", MARKUPS)
def test_the_command_may_stand_among_the_options_and_more_of_them_in_the_body(markup: str) -> None:
    found = read(
        markup, "terminal::", ":copy:", ":input: echo one", ":host: web", "",
        "one", ":input: true", ":input:", "nothing was typed", ":input: echo  four", "", "four",
    )  # fmt: skip
    assert found == [
        (3, "user@web:~$", "echo one", "one"),
        (7, "user@web:~$", "true", ""),
        (10, "user@web:~$", "echo  four", "four"),
    ]


@pytest.mark.parametrize("markup", MARKUPS)
def test_a_line_that_is_typed_with_the_one_above_shows_its_output_with_that(markup: str) -> None:
    text = article(markup, "terminal::", ":input: a", "", ":multi: b", "x", ":input: c", ":multi: d", "y")
    steps = parse(text, path=f"a.{markup}").steps
    assert [(step.command, step.expectation.together, step.expectation.text) for step in steps] == [
        ("a", True, ""),
        ("b", False, "x"),
        ("c", True, ""),
        ("d", False, "y"),
    ]


@pytest.mark.parametrize("markup", MARKUPS)
def test_without_input_the_first_paragraph_is_typed_and_the_rest_is_printed(markup: str) -> None:
    text = article(
        markup, "terminal::", ":user: bob", "", "echo one", "for i in 2 3; do", "  echo $i", "done", "",
        "one", "", "2", "3",
    )  # fmt: skip
    first, second = parse(text, path=f"a.{markup}").steps
    assert told(first) == (4, "bob@host:~$", "echo one", "")
    assert told(second) == (5, "bob@host:~$", "for i in 2 3; do\n  echo $i\ndone", "one\n\n2\n3")
    assert (first.expectation.together, second.expectation.together) == (True, False)
    assert second.expectation.lines == (9, 12)


@pytest.mark.parametrize("markup", MARKUPS)
def test_prompts_that_are_typed_count_in_a_terminal(markup: str) -> None:
    assert read(markup, "terminal::", ":user: bob", "", "[root@web ~]# id", "out", "$ a") == [
        (4, "[root@web ~]#", "id", "out"),
        (6, "$", "a", ""),
    ]
    assert read(markup, "terminal::", ":input: ssh web", "", "root@web:~# id", "out") == [
        (2, "user@host:~$", "ssh web", ""),
        (4, "root@web:~#", "id", "out"),
    ]


@pytest.mark.parametrize("markup", MARKUPS)
def test_what_is_output_only_is_not_run(markup: str) -> None:
    assert read(markup, "terminal::", ":output-only:", "", "rm -rf /", "", "$ false") == []


def test_the_options_may_be_yaml() -> None:
    text = "```{terminal}\n---\nuser: root\ninput: \"echo 'a: b'\"\n---\nx\n```\n"
    assert [told(step) for step in parse(text, path="a.md").steps] == [
        (4, "root@host:~#", "echo 'a: b'", "x")
    ]


def test_an_option_may_go_on_below() -> None:
    assert read("rst", "terminal::", ":input: echo \\", "    one", ":user: bob", "", "one") == [
        (2, "bob@host:~$", "echo \\\none", "one")
    ]


# prompt


@pytest.mark.parametrize("markup", MARKUPS)
@pytest.mark.parametrize(
    ("head", "options"),
    [
        ("prompt:: bash $,(env) $,web# auto", []),
        ("prompt:: bash", [":prompts: $,(env) $, web#", ":modifiers: auto"]),
        ("prompt::", [":language: bash", ":prompts: $,(env) $,web#,", ":modifiers: auto"]),
    ],
)
def test_with_auto_the_prompts_that_are_named_count_and_no_others(
    markup: str, head: str, options: list[str]
) -> None:
    at = 3 + len(options)
    assert read(markup, head, *options, "", "$ a", "~$ out", "(env) $ b", "web# c", "$x", "$") == [
        (at, "$", "a", "~$ out"),
        (at + 2, "(env) $", "b", ""),
        (at + 3, "web#", "c", "$x"),
    ]


@pytest.mark.parametrize("markup", MARKUPS)
@pytest.mark.parametrize(
    ("head", "options", "prompt", "user"),
    [
        ("prompt:: bash", [], "$", "user"),
        ("prompt:: bash #", [], "#", "root"),
        ("prompt:: sh (env) $", [], "(env) $", "user"),
        ("prompt::", [":prompts: box%"], "box%", "user"),
        ("prompt:: text", [":prompts: root@web#"], "root@web#", "root"),
    ],
)
def test_without_auto_each_line_is_typed_and_only_its_status_is_judged(
    markup: str, head: str, options: list[str], prompt: str, user: str
) -> None:
    text = article(
        markup, head, *options, "", "ls -l", "", "for i in 1; do", "  echo $i", "done", "# a remark", "pwd"
    )
    document = parse(text, path=f"a.{markup}")
    at = 3 + len(options)
    assert document.diagnostics == ()
    assert [told(step) for step in document.steps] == [
        (at, prompt, "ls -l", ""),
        (at + 2, prompt, "for i in 1; do\n  echo $i\ndone", ""),
        (at + 6, prompt, "pwd", ""),
    ]
    assert {(step.user, step.options.status_only) for step in document.steps} == {(user, True)}


def test_what_is_judged_of_them_can_be_said() -> None:
    text = ".. wordish: status-only=no\n\n.. prompt:: bash\n\n   true\n"
    (step,) = parse(f"::\n\n  $ a\n\n{text}", path="a.rst").steps[1:]
    assert step.options.status_only is False


@pytest.mark.parametrize("markup", MARKUPS)
@pytest.mark.parametrize(
    ("head", "body"),
    [
        ("prompt::", "ls"),
        ("prompt:: text", "version: '3.2'"),
        ("prompt:: python >>>", "print()"),
        ("prompt:: batch", "dir"),
    ],
)
def test_what_shows_no_prompt_of_a_shell_is_not_run(markup: str, head: str, body: str) -> None:
    assert read(markup, head, "", body) == []


@pytest.mark.parametrize("markup", MARKUPS)
def test_prompts_that_are_typed_count_in_a_prompt(markup: str) -> None:
    assert read(markup, "prompt:: bash $", "", "$ a", "out", "~# b") == [
        (3, "$", "a", "out"),
        (5, "~#", "b", ""),
    ]
    assert read(markup, "prompt:: bash web>$", "", "web>$ a", "out") == []


@pytest.mark.parametrize("markup", MARKUPS)
def test_a_prompt_of_no_shell_in_a_shells_language_is_told(markup: str) -> None:
    (remark,) = parse(
        article(markup, "prompt:: bash mysql>", "", "SELECT 1;"), path=f"a.{markup}"
    ).diagnostics
    assert (remark.line, remark.name, remark.severity) == (1, "unread-session", Severity.WARNING)
    assert "its prompt 'mysql>' is none of a shell" in remark.message


# Others


@pytest.mark.parametrize("markup", MARKUPS)
def test_a_parsed_literal_is_read_when_it_is_literal(markup: str) -> None:
    assert read(markup, "parsed-literal::", "", "$ ls *.txt", "a_b *") == [(3, "$", "ls *.txt", "a_b *")]
    (remark,) = parse(article(markup, "parsed-literal::", "", "$ **ls**"), path=f"a.{markup}").diagnostics
    assert (remark.line, remark.name) == (3, "unread-session")


@pytest.mark.parametrize("markup", MARKUPS)
def test_a_tab_of_code_names_its_language_first(markup: str) -> None:
    assert read(markup, "code-tab:: bash Debian and kin", "", "$ a") == [(3, "$", "a", "")]
    assert read(markup, "code-tab:: python Python", "", "$ a") == []
