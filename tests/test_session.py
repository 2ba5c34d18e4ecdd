from __future__ import annotations

import textwrap

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wordish import session
from wordish.model import Block, Diagnostic, Expectation, Options, Severity, Step


def read(
    text: str,
    *,
    language: str = "",
    running: bool = False,
) -> tuple[tuple[Step, ...], tuple[Diagnostic, ...]]:
    block = Block(path="a.rst", line=10, text=text, language=language, running=running)
    return session.steps(block)


def steps(text: str, *, language: str = "", running: bool = False) -> tuple[Step, ...]:
    found, faults = read(textwrap.dedent(text).strip("\n"), language=language, running=running)
    assert faults == ()
    return found


def commands(text: str, *, language: str = "") -> list[str]:
    return [step.command for step in steps(text, language=language)]


def test_a_step_is_a_prompt_a_command_and_a_promise() -> None:
    (step,) = steps(
        """
        ~# echo one
        one
        """
    )
    assert step == Step(
        path="a.rst",
        line=10,
        end_line=10,
        prompt="~#",
        user="root",
        command="echo one",
        expectation=Expectation(text="one", lines=(11, 11)),
    )


def test_output_goes_up_to_the_next_prompt_and_has_no_blank_ends() -> None:
    first, second = steps("$ a\n\n  x\n\n   y  \t\n\n$ b\n")
    assert first.expectation == Expectation(text="x\n\n y", lines=(12, 14))
    assert second.expectation == Expectation()
    assert (second.line, second.end_line) == (16, 16)


def test_tabs_are_expanded_and_carriage_returns_dropped() -> None:
    (step,) = steps("$ a\na\tb\r\n")
    assert step.expectation.text == "a       b"


def test_lines_before_the_first_prompt_are_nobodys() -> None:
    assert commands("hello\n$ a") == ["a"]


def test_a_bare_prompt_ends_an_output_and_runs_nothing() -> None:
    first, second = steps("$ a\nout\n$\nnot its output\n$ b")
    assert first.expectation.text == "out"
    assert second.command == "b"


@pytest.mark.parametrize(
    "language", ["", "text", "console", "sh-session", "shell-session", "bash", "Console", "zsh"]
)
def test_languages_of_sessions(language: str) -> None:
    assert commands("$ a", language=language) == ["a"]


@pytest.mark.parametrize("language", ["python", "c", "yaml", "pycon", "output"])
def test_other_languages_are_not_looked_at(language: str) -> None:
    assert steps("$ a", language=language) == ()


def test_a_block_without_prompt_never_runs() -> None:
    assert steps("rm -rf /\nls", language="bash") == ()


def test_a_comment_is_a_command_too() -> None:
    assert commands("~# # just so\n~# # ignore") == ["# just so", "# ignore"]


def test_blanks_around_a_command_do_not_count_unless_escaped() -> None:
    assert commands("$   a b  \n$ c \\ ") == ["a b", "c \\ "]


# Where a command ends


def test_a_command_goes_on_as_long_as_bash_waits() -> None:
    first, second, third = steps(
        """
        $ f () {

             echo "$1" ; }
        out
        $ a \\
          b
        $ cat <<EOF
        x
        EOF
        x
        """
    )
    assert first.command == 'f () {\n\n     echo "$1" ; }'
    assert (first.line, first.end_line, first.expectation.lines) == (10, 12, (13, 13))
    assert second.command == "a \\\n  b"
    assert (third.command, third.expectation.text) == ("cat <<EOF\nx\nEOF", "x")


def test_tabs_in_a_here_document_stay() -> None:
    assert commands("$ cat <<-EOF\n\tx  \n\tEOF\nx") == ["cat <<-EOF\n\tx  \n\tEOF"]


def test_continuation_prompts_are_taken_off_when_every_line_has_one() -> None:
    (step,) = steps("$ for i in 1 2\n> do echo $i\n>\n> done\n1\n2")
    assert step.command == "for i in 1 2\ndo echo $i\n\ndone"
    assert step.end_line == 13
    assert step.expectation.text == "1\n2"


def test_continuation_prompts_stay_when_one_line_has_none() -> None:
    assert commands("$ cat <<EOF\n> quoted\nEOF\n> out") == ["cat <<EOF\n> quoted\nEOF"]
    assert commands("$ cat <<EOF\n> quoted\n> EOF\nEOF") == ["cat <<EOF\nquoted\nEOF"]


def test_a_greater_than_sign_in_an_output_is_no_continuation() -> None:
    (step,) = steps("$ diff a b\n> x")
    assert (step.command, step.expectation.text) == ("diff a b", "> x")


def test_a_here_document_may_hold_what_looks_like_a_prompt() -> None:
    first, second = steps("$ cat <<EOF\n::\n\n$ ls\n# x\nEOF\n$ ls\n$ pwd")[::2]
    assert first.command == "cat <<EOF\n::\n\n$ ls\n# x\nEOF"
    assert second.command == "pwd"


def test_a_here_document_that_lost_its_end_does_not_take_that_of_another() -> None:
    found, (fault,) = read("$ cat <<EOF\nx\n$ ls\n$ cat <<EOF\ny\nEOF\n$ pwd")
    assert [step.command for step in found] == ["ls", "cat <<EOF\ny\nEOF", "pwd"]
    assert str(fault) == (
        "a.rst:10: the command never ends: its here-document has no line EOF: "
        "end it with a line EOF before the next prompt"
    )


@pytest.mark.parametrize(
    "text",
    [
        "$ cat <<EOF\nx\n$ ls\n$ f () {\ncat <<EOF\ny\nEOF\n}",
        "$ cat <<EOF\n```\n$ ls\n```\ncat <<'EOF'\ny\nEOF",
        "$ cat <<EOF\nx\n$ ls\nEOF",
    ],
)
@pytest.mark.parametrize("running", [False, True])
def test_a_here_document_that_takes_a_prompt_is_told_at_that_prompt(text: str, running: bool) -> None:
    _, faults = read(text, running=running)
    fault = faults[0]
    line = 10 + text.split("\n").index("$ ls")
    assert (fault.name, fault.severity, fault.line) == ("prompt-in-here-document", Severity.WARNING, line)
    assert fault.message.endswith("begins at line 10")


def test_a_here_document_that_writes_an_article_or_indents_is_in_order() -> None:
    for body in ("```console\n$ ls\n```", ".. code:: sh\n\n$ ls", "See::\n\n$ ls", "  $ ls"):
        assert len(steps(f"$ cat <<EOF\n{body}\nEOF\n$ pwd")) == 2


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("f () {\n  x", "its closing } is missing"),
        ("( x", "its closing ) is missing"),
        ("if a\nthen b", "its closing fi is missing"),
        ("while a; do b", "its closing done is missing"),
        ("case a in\nb) c ;;", "its closing esac is missing"),
        ("echo 'x", "its closing ' is missing"),
        ("echo $(x", "its closing ) is missing"),
        ("a \\", "its last line ends with a backslash"),
        ("a &&", "bash still waits for more"),
        ("f () { ( x", "bash still waits for more"),
    ],
)
def test_an_open_command_is_an_error_at_its_line_and_its_neighbours_stay(command: str, message: str) -> None:
    found, (fault,) = read(f"$ first\n$ {command}\n$ last")
    assert [step.command for step in found] == ["first", "last"]
    assert (fault.name, fault.line, fault.severity) == ("open-command", 11, Severity.ERROR)
    assert fault.message == f"the command never ends: {message}"
    assert fault.hint


def test_an_open_command_at_the_end_of_its_block() -> None:
    found, (fault,) = read("$ a\n$ echo '\nout\n")
    assert [step.command for step in found] == ["a"]
    assert fault.line == 11


def test_what_bash_refuses_is_a_whole_command() -> None:
    (step,) = steps("$ a )\nbash: syntax error near unexpected token `)'")
    assert step.command == "a )"


# Hints and options


@pytest.mark.parametrize(
    ("line", "command", "options"),
    [
        ("false  # wordish: status=1", "false", Options(status=1)),
        ("false # returncode: 1", "false", Options(status=1)),
        ("date # ignore", "date", Options(ignore=True)),
        ("date # ignore # cleanup", "date", Options(ignore=True, cleanup=True)),
        ("dd if=a # &2", "dd if=a", Options(stream="stderr")),
        ("a | b && c # wordish: skip='no printer'", "a | b && c", Options(skip="no printer")),
        ('echo "$(a)" # ignore', 'echo "$(a)"', Options(ignore=True)),
        ("a # a remark", "a # a remark", Options()),
        ('echo "# ignore"', 'echo "# ignore"', Options()),
        ("echo '# ignore", None, Options()),
        ("echo x# ignore", "echo x# ignore", Options()),
        ("echo \\# ignore", "echo \\# ignore", Options()),
        ("grep '# wordish: ' a # wordish: status=1", "grep '# wordish: ' a", Options(status=1)),
        ("echo '# wordish: skip'", "echo '# wordish: skip'", Options()),
    ],
)
def test_hints_are_taken_off_where_they_are_comments_to_bash(
    line: str, command: str | None, options: Options
) -> None:
    found, faults = read(f"$ {line}")
    assert [step.command for step in found] == ([command] if command else [])
    assert [step.options for step in found] == ([options] if command else [])
    assert bool(faults) is (command is None)


def test_a_hint_may_stand_on_any_line_of_a_command_but_not_in_its_data() -> None:
    first, second = steps(
        "$ cat <<E # ignore\na # cleanup\nE\n$ for i in 1 # wordish: timeout=3\ndo a; done # ignore"
    )
    assert (first.command, first.options) == ("cat <<E\na # cleanup\nE", Options(ignore=True))
    assert (second.command, second.options) == ("for i in 1\ndo a; done", Options(timeout=3, ignore=True))


def test_a_wrong_hint_is_an_error_and_its_step_left_out() -> None:
    found, (fault,) = (
        read("$ a\n$ b # wordish: statsu=1\n$ c # wordish: hidden")[0],
        read("$ b # wordish: statsu=1")[1],
    )
    assert [step.command for step in found] == ["a"]
    assert (fault.name, fault.line, fault.hint) == ("unknown-option", 10, "did you mean status?")


def test_the_expectation_says_what_is_asked_for() -> None:
    block = Block(
        path="a", line=1, text="$ a # wordish: status=any", options=Options(match="exact", timeout=2)
    )
    (step,), _ = session.steps(block, outer=Options(stream="stdout", timeout=1))
    assert step.expectation == Expectation(status="any", match="exact", stream="stdout")
    assert step.options == Options(status="any", match="exact", stream="stdout", timeout=2)


def test_a_step_may_undo_the_skip_of_its_block_and_a_block_that_of_the_article() -> None:
    block = Block(path="a", line=1, text="$ a # wordish: skip=no\n$ b", options=Options(skip="why"))
    (first, second), _ = session.steps(block)
    assert (first.options.skip, second.options.skip) == (None, "why")
    block = Block(path="a", line=1, text="$ a", options=Options(skip=""))
    (step,), _ = session.steps(block, outer=Options(skip="why"))
    assert step.options == Options()


# What is odd about characters


def test_a_no_break_space_is_a_blank_with_a_warning() -> None:
    found, (fault,) = read("$\u00a0ls\u00a0-l\nx")
    assert [step.command for step in found] == ["ls -l"]
    assert (fault.name, fault.severity, fault.line) == ("no-break-space", Severity.WARNING, 10)


def test_a_control_character_in_a_command_is_an_error() -> None:
    found, (fault,) = read("$ a\n$ echo \x1b[0m")
    assert [step.command for step in found] == ["a"]
    assert (fault.name, fault.line) == ("control-character", 11)


def test_a_bare_hash_is_no_prompt_and_a_console_that_has_only_that_is_warned_of() -> None:
    found, (fault,) = read("# apt-get install x\n# reboot", language="console")
    assert found == ()
    assert (fault.name, fault.severity, fault.line) == ("guessed-root-prompt", Severity.WARNING, 10)
    assert read("# A comment\nx=1", language="bash") == ((), ())
    assert read("$ cat a\n# x y", language="console")[1] == ()


def test_weak_prompts_count_in_a_block_that_starts_with_one() -> None:
    assert commands("src$ a\nlib$ b\n") == ["a", "b"]
    (step,) = steps("~$ price\nUS$ 12\n")
    assert step.expectation.text == "US$ 12"


# What is to be filled in


def test_a_step_that_leaves_something_to_be_filled_in_is_kept_and_skipped_with_that_reason() -> None:
    found, (fault,) = read("$ mkfs /x\n$ for i in 1\n> do mount <device> /mnt; done\nout\n$ ls")
    assert [step.options.skip for step in found] == [None, "not runnable: <device>", None]
    assert found[1].expectation.text == "out"
    assert (fault.name, fault.line, fault.severity) == ("not-runnable", 12, Severity.WARNING)
    assert fault.hint == (
        'give "<device>" a value in [tool.wordish.substitutions], or say skip=no if bash is to have it'
    )
    assert read("$ cd ...")[1][0].hint == "write it out, or say skip=no if bash is to have it"


def test_what_the_author_says_of_skipping_goes_before_it() -> None:
    for skip, reason in (("no", None), ("why", "why")):
        (step,), faults = read(f"$ sort <in> out # wordish: skip={skip}")
        assert (step.command, step.options.skip, faults) == ("sort <in> out", reason, ())


def test_substitutions_are_made_in_commands_and_outputs_but_not_in_prompts() -> None:
    block = Block(path="a", line=1, text="~$ a <x>\n<x>  y\n~$ b:|v|\n~$ c\n~$ x |v|", language="console")
    found, faults = session.steps(block, substitutions={"<x>": "vg0", "|v|": "1.2", "~$": "#"})
    assert faults == ()
    assert [(step.prompt, step.command) for step in found] == [
        ("~$", "a vg0"),
        ("~$", "b:1.2"),
        ("~$", "c"),
        ("~$", "x 1.2"),
    ]
    assert found[0].expectation == Expectation(text="vg0  y", lines=(2, 2))


# Remarks among outputs


def remarks(text: str, **options: str) -> list[tuple[int, int, str]]:
    """For each step with remarks its line, how many lines they are, and the name and line of the warning."""
    block = Block(path="a", line=1, text=text, language="console", options=Options(**options))  # type: ignore[arg-type]
    found, faults = session.steps(block)
    assert {fault.severity for fault in faults} <= {Severity.WARNING}
    told = [f"{fault.name} {fault.line}" for fault in faults]
    steps = [step for step in found if step.expectation.remarks]
    return [(step.line, step.expectation.remarks, name) for step, name in zip(steps, told, strict=True)]


def test_a_comment_between_commands_need_not_be_printed() -> None:
    assert remarks("~# a\n# now fill the disk\n~# b") == [(1, 1, "comment-in-session 2")]
    assert remarks("~# a\nout\n\n# now fill\n# the disk\n~# b") == [(1, 2, "comment-in-session 4")]
    assert remarks("~# a > x\n\n# Now fill\n\n# the disk\n\n~# b") == [(1, 3, "comment-in-session 3")]


def test_nor_need_a_stage_direction() -> None:
    for line in ("... fill the disk", "[... wait a minute ...]", "(wait)"):
        assert remarks(f"~# a\n{line}\n~#") == [(1, 1, "stage-direction 2")]


@pytest.mark.parametrize(
    "text",
    [
        "~# a\n# now fill the disk",  # not between commands
        "~# a\nout\n# now fill the disk\n~# b",  # right below an output
        "~# cat x\n# now fill the disk\n~# b",  # a text that may hold such a line
        "~# a\n# apt-get update\n~# b",  # no sentence
        "~# a # ignore\n# now fill the disk\n~# b",  # not compared
        "~# a # wordish: match=exact\n# now fill the disk\n~# b",  # the author says how
        "~# a\n... loop1\n~# b",
    ],
)
def test_other_outputs_are_outputs(text: str) -> None:
    assert remarks(text) == []


def test_an_author_may_say_that_it_is_a_comment() -> None:
    first, second = steps("~# a\nout\n# now fill the disk  # wordish: hash=comment\n~# b")
    assert (first.expectation.text, first.expectation.remarks, second.command) == ("out", 0, "b")


# Running text


def test_in_running_text_a_blank_line_ends_an_output_but_no_command() -> None:
    first, second, third = steps(
        """
        Some prose.

        ~# a
        out

        More prose, US$ 3.

           ~# f () {

                x ; }
           ~# b

           not its output
        """,
        running=True,
    )
    assert first.expectation == Expectation(text="out", lines=(13, 13))
    assert (second.command, second.line, second.end_line) == ("f () {\n\n     x ; }", 17, 19)
    assert (third.command, third.expectation) == ("b", Expectation())


def test_in_running_text_an_open_command_goes_on_to_the_next_prompt() -> None:
    text = "~# f () {\n   x\n\nProse about it.\n\n~# g () {\n   y ; }\n\n~# g\n"
    found, (fault,) = read(text, running=True)
    assert [step.command for step in found] == ["g () {\n   y ; }", "g"]
    assert (fault.name, fault.line) == ("open-command", 10)


# Properties

WORD = st.text("abcxyz019./-=", min_size=1, max_size=6).filter(lambda word: word != "...")
SIMPLE = st.lists(WORD, min_size=1, max_size=4).map(" ".join)
COMPOUND = st.tuples(WORD, SIMPLE).map(lambda p: f"for i in {p[0]}\ndo\n\n  echo {p[1]}\ndone")
QUOTED = st.lists(SIMPLE, min_size=1, max_size=3).map(lambda p: "echo '" + "\n".join(p) + "'")
HERE = st.lists(SIMPLE, max_size=3).map(
    lambda p: "\n".join(["cat <<-'END'", *(f"\t{x}" for x in p), "\tEND"])
)
COMMAND = SIMPLE | COMPOUND | QUOTED | HERE
LINE = st.text("abc .:+'\"{(\t", max_size=8).map(lambda text: f"o{text}")
OUTPUT = st.lists(LINE, max_size=3)
PROMPT = st.sampled_from(["~#", "~$", "$", "ann@web:~$", "[root@web ~]#"])


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(PROMPT, COMMAND, OUTPUT), max_size=5))
def test_a_session_comes_back_as_it_was_written(parts: list[tuple[str, str, list[str]]]) -> None:
    lines: list[str] = []
    expected = []
    for prompt, command, output in parts:
        start = 10 + len(lines)
        lines += f"{prompt} {command}".split("\n")
        end = 9 + len(lines)
        lines += output
        shown = (end + 1, end + len(output)) if output else None
        expected.append((start, end, prompt, command, session.normalise(output), shown))
    found, faults = read("\n".join(lines))
    assert faults == ()
    assert [
        (s.line, s.end_line, s.prompt, s.command, s.expectation.text, s.expectation.lines) for s in found
    ] == expected


def scanned(text: str) -> list[tuple[int, str]]:
    """The oracle: one-line commands after ``$``, found without any of wordish's code."""
    return [
        (10 + n, line[2:].strip())
        for n, line in enumerate(text.split("\n"))
        if line.startswith("$ ") and line[2:].strip()
    ]


@given(
    st.lists(st.sampled_from(["$ ls", "$ a b", "$", "$ ", "out", "  $ x", "", "$x", "# y"]), max_size=12).map(
        "\n".join
    )
)
def test_a_line_scanner_finds_the_same_simple_steps(text: str) -> None:
    found, _ = read(text)
    assert [(step.line, step.command) for step in found] == scanned(text)


@settings(max_examples=60, deadline=None)
@given(st.text("$# \n\\'\"(){}<>|&abEOF~\t\u00a0\x07", max_size=40))
def test_no_text_is_too_odd(text: str) -> None:
    found, _ = read(text)
    for step in found:
        assert 10 <= step.line <= step.end_line <= 10 + text.count("\n")
        assert step.command.strip()
