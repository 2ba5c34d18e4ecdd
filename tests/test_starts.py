"""What a bare ``# `` is."""

from __future__ import annotations

import textwrap

import pytest

from wordish import session
from wordish.model import Block, Options, Step


def read(
    text: str, *, language: str = "console", running: bool = False, **options: object
) -> tuple[list[Step], list[tuple[int, str]]]:
    """The steps, and the lines and names of remarks but those that a step is by guess."""
    text = textwrap.dedent(text).strip("\n")
    block = Block(path="a", line=1, text=text, language=language, running=running)
    steps, faults = session.steps(block, outer=Options(**options))  # type: ignore[arg-type]
    assert {(step.line, "guessed-root-prompt") for step in steps if step.is_guess} <= {
        (fault.line, fault.name) for fault in faults
    }
    told = [(f.line, f.name) for f in faults if not any(f.line == s.line and s.is_guess for s in steps)]
    return list(steps), sorted(told)


def commands(text: str, *, language: str = "console", hash: str | None = None) -> list[str]:  # noqa: A002
    return [step.command for step in read(text, language=language, hash=hash)[0]]


def test_by_itself_it_is_no_prompt_and_where_it_looks_like_one_that_is_told_once() -> None:
    for language in ("console", "", "text"):
        assert read("# apt-get update\n# reboot", language=language) == ([], [(1, "guessed-root-prompt")])
    assert read("# foobard start") == ([], [(1, "guessed-root-prompt")])
    assert read("# foobard start", language="") == ([], [])
    assert read("# Install the tools\nmake install", language="bash") == ([], [])


def test_root_makes_it_roots_prompt() -> None:
    text = "# Any text\nout\n#\nnobody's\n#\u00a0b\n#c"
    first, second = read(text, hash="root")[0]
    assert (first.prompt, first.user, first.command, first.expectation.text) == (
        "#",
        "root",
        "Any text",
        "out",
    )
    assert (second.command, second.expectation.text) == ("b", "#c")
    assert read("# b\nx", language="bash", hash="root")[0]


def test_comment_makes_it_none_without_a_word() -> None:
    assert read("# apt-get update", hash="comment") == ([], [])


def test_a_block_goes_before_the_article() -> None:
    block = Block(path="a", line=1, text="# a b", options=Options(hash="root"))
    assert [step.command for step in session.steps(block, outer=Options(hash="comment"))[0]] == ["a b"]


def test_a_line_goes_before_its_block() -> None:
    text = """
        # Install the tools  # wordish: hash=comment
        # apt-get update  # wordish: status=any hash=root
        out
        # That was all  # wordish: hash=comment
        nobody's
        # reboot
    """
    steps, _ = read(text, hash="root")
    assert [step.command for step in steps] == ["apt-get update", "reboot"]
    assert steps[0].expectation.text == "out"
    assert steps[0].options == Options(hash="root", status="any")
    assert [step.command for step in read(text, hash="comment")[0]] == ["apt-get update"]
    assert [step.command for step in read(text)[0]] == ["apt-get update"]
    assert read(text)[1] == [(6, "guessed-root-prompt")]


# Guesses


def test_auto_takes_commands_and_leaves_comments() -> None:
    text = """
        # Install the tools
        # apt-get update
        Reading package lists...
        # lvcreate --name x y
        # now fill it
        # dd if=/dev/zero of=x
        # foobar --init
    """
    steps, told = read(text, hash="auto")
    assert [step.command for step in steps] == [
        "apt-get update",
        "lvcreate --name x y",
        "dd if=/dev/zero of=x",
        "foobar --init",
    ]
    assert all(step.is_guess for step in steps)
    assert {step.user for step in steps} == {"root"}
    assert told == [(5, "comment-in-session")]


def test_auto_takes_nothing_from_an_output() -> None:
    assert commands("$ cat x\n# mount -a\n$ ls\n# reboot", hash="auto") == ["cat x", "ls"]
    assert read("$ cat x\n# mount -a")[1] == []


@pytest.mark.parametrize("way", ["su -", "sudo -i", "sudo su", "ssh -p 22 root@web1", "chroot /mnt"])
def test_auto_goes_on_below_what_leaves_to_root(way: str) -> None:
    assert commands(f"$ {way}\n# apt-get update\n# exit\n$ ls\n# reboot", hash="auto") == [
        way,
        "apt-get update",
        "exit",
        "ls",
    ]
    assert read(f"$ {way}\n# apt-get update")[1] == [(2, "guessed-root-prompt")]


def test_auto_goes_on_in_a_block_that_began_with_roots_prompt() -> None:
    assert commands("# apt-get install x\n$ x\n# apt-get remove x", hash="auto") == [
        "apt-get install x",
        "x",
        "apt-get remove x",
    ]


@pytest.mark.parametrize("language", ["bash", "sh", "shell"])
def test_in_a_script_it_is_a_comment_unless_there_is_nothing_else(language: str) -> None:
    assert commands("# apt-get update\napt-get update", language=language, hash="auto") == []
    assert commands("# apt-get update\n# reboot", language=language, hash="auto") == [
        "apt-get update",
        "reboot",
    ]


def test_running_text_is_never_guessed_at() -> None:
    assert read("# apt-get update\n\n~$ ls", running=True, hash="auto")[0][0].command == "ls"
    assert read("# apt-get update", running=True) == ([], [])
    assert [s.command for s in read("  # a b\n\nText", running=True, hash="root")[0]] == ["a b"]


def test_what_auto_does_not_take_is_told_where_there_is_nothing_else() -> None:
    assert read("# foobard start", hash="auto") == ([], [(1, "guessed-root-prompt")])
    assert read("$ ls\n# foobard start\n# more", hash="auto")[1] == []


def test_an_own_prompt_is_no_guess() -> None:
    (step,), told = read("# x y", root_prompt=("#",))
    assert (step.command, step.user, told) == ("x y", "root", [])


def test_a_step_at_another_prompt_has_no_bare_hash() -> None:
    assert read("$ ls  # wordish: hash=root") == ([], [(1, "misplaced-option")])


def test_hostile_lines_take_no_time() -> None:
    for line in (
        "while " + "; " * 99_999,
        "for i in " + "'\"" * 99_999,
        "mount " + "/a " * 99_999,
        "a" * 200_000,
    ):
        read(f"# {line}", hash="auto")
    many = "\n".join(["# apt-get update", "# now fill the disk", "out"] * 3_000)
    assert len(read(many, hash="auto")[0]) == 3_000
