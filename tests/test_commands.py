"""Where a command ends among lines that look like prompts: the rest is tested with whole sessions."""

from __future__ import annotations

import pytest

from wordish import session
from wordish.model import Block, Diagnostic, Options, Severity, Step


def read(text: str, **options: str) -> tuple[tuple[Step, ...], tuple[Diagnostic, ...]]:
    block = Block(path="a", line=1, text=text, language="console", options=Options(**options))  # type: ignore[arg-type]
    return session.steps(block)


def commands(text: str, **options: str) -> list[str]:
    return [step.command for step in read(text, **options)[0]]


@pytest.mark.parametrize(
    ("opener", "delimiter", "why"),
    [
        ("<<EOF", "  EOF", "EOF is indented: put EOF at the start of its line"),
        ("<<'EOF'", "\tEOF", "EOF is indented: put EOF at the start of its line"),
        ("<<-EOF", "  EOF", "EOF is indented, and not by tabs: put EOF at the start of its line"),
        ("<<EOF", "EOF ", "EOF has blanks behind it: take them off"),
        ("<<EOF", ">   EOF", "EOF is indented: put EOF at the start of its line"),
    ],
)
@pytest.mark.parametrize("below", ["", "\nout\n$ ls", "\nout\n$ ls\nx\nEOF\n$ pwd"])
def test_a_here_document_whose_end_bash_does_not_see_is_told_and_takes_nothing_else(
    opener: str, delimiter: str, why: str, below: str
) -> None:
    found, (fault,) = read(f"$ cat {opener}\nx\n{delimiter}{below}")
    assert [step.command for step in found] == (["ls", "pwd"] if "pwd" in below else ["ls"] if below else [])
    assert (fault.name, fault.line, fault.severity) == ("misplaced-delimiter", 3, Severity.ERROR)
    assert str(fault).startswith(f"a:3: bash does not end the here-document of line 1 here: {why}")


def test_an_indented_delimiter_is_text_when_another_ends_the_document() -> None:
    assert commands("$ cat <<EOF\n  EOF\nEOF\n$ ls") == ["cat <<EOF\n  EOF\nEOF", "ls"]
    assert commands("$ cat <<-EOF\n\tEOF\n$ ls") == ["cat <<-EOF\n\tEOF", "ls"]
    text = "$ cat <<E\n```\n  x <<E\n  E\n```\n\n```\n$ ls\n```\nE"
    assert commands(f"{text}\n$ pwd") == [text.removeprefix("$ "), "pwd"]


def test_what_is_only_guessed_to_be_a_prompt_ends_no_command() -> None:
    function = "f () {\n# rm -r /tmp/x\n  true; }"
    found, faults = read(f"# {function}\n# apt-get update", hash="auto")
    assert [step.command for step in found] == [function, "apt-get update"]
    assert sorted((fault.line, fault.name) for fault in faults) == [
        (1, "guessed-root-prompt"),
        (2, "prompt-in-command"),
        (4, "guessed-root-prompt"),
    ]


def test_a_prompt_that_is_said_to_be_one_ends_it() -> None:
    found, (fault,) = read("# f () {\n# rm -r /tmp/x\n  true; }", hash="root")
    assert [step.command for step in found] == ["rm -r /tmp/x"]
    assert (fault.name, fault.line) == ("open-command", 1)


def test_many_guesses_in_one_command_cost_little(monkeypatch: pytest.MonkeyPatch) -> None:
    from wordish import syntax

    asked: list[str] = []
    real = syntax._complaint

    def counted(text: str) -> str:
        asked.append(text)
        return real(text)

    monkeypatch.setattr(syntax, "_complaint", counted)
    body = [f"# apt-get install x{number}" for number in range(1000)]
    command = "\n".join(["cat > y <<END", *body, "END"])
    assert commands(f"# apt-get update\n# {command}\n# reboot", hash="auto") == [
        "apt-get update",
        command,
        "reboot",
    ]
    assert len(asked) < 30


def test_a_comment_of_a_here_document_is_no_lost_command() -> None:
    assert read("# cat > x <<E\n# The disks\n# apt-get update\nE", hash="root")[1][0].line == 3
    assert read("# cat > x <<E\n# The disks\na=1\nE", hash="root")[1] == ()


def test_a_placeholder_does_not_keep_a_command_open() -> None:
    assert commands("$ docker pull x:|version|\nout\n$ ssh <host> |\n   wc\n$ ls") == [
        "docker pull x:|version|",
        "ssh <host> |\n   wc",
        "ls",
    ]
