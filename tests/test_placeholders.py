from __future__ import annotations

import subprocess

import pytest

from wordish import placeholders


@pytest.mark.parametrize(
    ("command", "text"),
    [
        ("mount <device> /mnt", "<device>"),
        ("ssh <host>", "<host>"),
        ("ssh root@<host>:/etc", "<host>"),
        ("cp <your file> /tmp", "<your file>"),
        ("mkfs /dev/sd<X>1", "<X>"),
        ("curl http://<server>:8080/<path>", "<server>"),
        ("cat > <file>", "<file>"),
        ("cat </srv/<name>", "<name>"),
        ("make <...>", "<...>"),
        ("useradd <name>  # why", "<name>"),
        ("cat <<E > <file>\nx\nE", "<file>"),
        ('echo "$(cat <file>)"', "<file>"),
        ("for i in 1 2\ndo x <name>; done", "<name>"),
        ("echo {{x}}", "{{x}}"),
        ("echo {{ site.version }}", "{{ site.version }}"),
        ("pip install x==|release|", "|release|"),
        ("tar xf x-|version|.tar.gz", "|version|"),
        ("docker pull x:|version|", "|version|"),
        ("cd ...", "..."),
        ("for i in ...; do x; done", "..."),
        ("f () { … }", "…"),
        ("cmd [...]", "[...]"),
    ],
)
def test_what_is_to_be_filled_in(command: str, text: str) -> None:
    found = placeholders.unfilled(command)
    assert found
    assert (found.text, found.position) == (text, command.index(text))


@pytest.mark.parametrize(
    "command",
    [
        "sort <in >out",
        "sort < in > out",
        "sort <in.txt> out",
        "tr a b <in>out",
        "cmd <in>/dev/null",
        "cmd <in 2>/dev/null",
        "cmd 2<a>b",
        "cmd <&3 >&2",
        "cmd <>x",
        "cat <in\nls >out",
        "diff <(a) <(b)",
        "[[ a < b && c > d ]]",
        "while read x; do y; done <in >out",
        "echo '<name>'",
        'echo "<name> ... {{x}}"',
        "ls # see <name> ...",
        "f () {\n  # and so on ...\n  x; }",
        "cat <<E\n<name> ... {{x}} |y|\nE",
        "cat <<-E\n\t<name>\n\tE",
        "echo \\{{x}}",
        "echo ${{x}}",
        "echo {{1..3},x}",
        "docker ps --format {{.Names}}",
        "[ -f x ]",
        "ls|sort|uniq",
        "ls |sort| wc",
        "ls | sort | wc",
        "a || b || c",
        "go test ./...",
        "git diff a...b",
        "bazel build //...",
    ],
)
def test_what_bash_is_to_have_as_it_stands(command: str) -> None:
    assert placeholders.unfilled(command) is None


def test_a_text_that_has_none_never_costs_a_call(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: pytest.fail("bash was asked"))
    document = "\n".join(["cat > page.html <<'E'", *["<b>x</b>"] * 1000, "E"])
    for command in ("ls -l | wc > out 2>&1", "sort <in >out", document):
        assert placeholders.unfilled(command) is None


def test_bash_is_asked_so_often_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(placeholders, "PATIENCE", 3)
    assert placeholders.unfilled("echo '" + "<x>\n" * 5 + "' <name>") is None
    assert placeholders.unfilled("echo '<x>' <name>")


def test_a_plain_word_stands_for_each_when_bash_is_asked() -> None:
    assert placeholders.neutral("a:|version| <x> ... {{y}}") == "a:_ _ _ _"
    assert placeholders.neutral("ls | wc <in >out") == "ls | wc <in >out"


def test_substitutions_are_literal_and_the_longest_goes_first() -> None:
    meant = {"<vg>": "data", "<vg>s": "x", "|v|": "1.2", "1.2": "2"}
    assert placeholders.substitute("<vg> <vg>s a|v|b", meant) == "data x a1.2b"
    assert placeholders.substitute("nothing", meant) == "nothing"
    assert placeholders.substitute("<vg>", {}) == "<vg>"
