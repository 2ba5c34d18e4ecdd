"""Steps of blocks whose outputs, or whose lines, stand elsewhere."""

from __future__ import annotations

from wordish.blocks import steps
from wordish.model import Block, Drawn, Options


def output(text: str, language: str = "output", line: int = 10, **more: Options) -> Block:
    return Block(path="a.md", line=line, text=text, language=language, **more)  # type: ignore[arg-type]


def block(text: str, *outputs: Block, language: str = "bash") -> Block:
    return Block(path="a.md", line=2, text=text, language=language, outputs=outputs)


def test_an_output_below_is_that_of_the_last_command_and_of_those_that_show_nothing() -> None:
    (one, two, three), faults = steps(block("$ a\nx\n$ b\n$ c", output("y\n\nz")))
    assert faults == ()
    assert [step.expectation.text for step in (one, two, three)] == ["x", "", "y\n\nz"]
    assert [step.expectation.together for step in (one, two, three)] == [False, True, False]
    assert three.expectation.lines == (10, 12)


def test_a_script_needs_no_prompt() -> None:
    (one, two), _ = steps(block("ls\nif a; then\n  b\nfi", output("x")))
    assert [(step.prompt, step.command) for step in (one, two)] == [("$", "ls"), ("$", "if a; then\n  b\nfi")]


def test_what_is_shown_as_an_error_was_printed_there_by_what_may_have_failed() -> None:
    (step,), _ = steps(block("$ a", output("x", "error")))
    assert (step.expectation.stream, step.expectation.status) == ("stderr", "any")
    (step,), _ = steps(block("$ a", output("x"), output("y", "error", line=20)))
    assert (step.expectation.stream, step.expectation.status) == ("both", "any")
    assert step.expectation.text == "x\ny"
    (step,), _ = steps(block("$ a  # wordish: status=3", output("x", "error")))
    assert step.expectation.status == 3
    (step,), _ = steps(block("$ a", output("x", "error", options=Options(status=4))))
    assert step.expectation.status == 4


def test_an_empty_output_promises_that_nothing_is_printed() -> None:
    (step,), faults = steps(block("$ a", output("")))
    assert (step.expectation.text, step.expectation.lines, faults) == ("", None, ())


def test_a_second_output_of_a_command_is_compared_with_nothing_and_told() -> None:
    (step,), (told,) = steps(block("$ a\nx", output("y")))
    assert step.expectation.text == "x"
    assert (told.name, told.line) == ("stray-output", 10)


def test_an_empty_output_below_a_command_that_shows_its_own_says_nothing() -> None:
    (step,), faults = steps(block("$ a\nx", output("")))
    assert (step.expectation.text, faults) == ("x", ())


def test_an_output_of_several_commands_of_which_the_last_is_skipped_is_told() -> None:
    found, (told,) = steps(block("$ a\n$ b  # wordish: skip", output("x")))
    assert [step.options.skip is None for step in found] == [True, False]
    assert (told.name, told.line) == ("stray-output", 10)
    _, faults = steps(block("$ a\n$ b <name>", output("x")))
    assert [told.name for told in faults] == ["not-runnable", "stray-output"]
    drawn = Block(path="a.md", line=2, text="a\nb # ignore\n\nx", drawn=(Drawn(0, 2, "~$"),))
    assert steps(drawn)[1] == ()
    _, (told,) = steps(drawn._replace(text="a\nb # wordish: skip\n\nx"))
    assert (told.name, told.line) == ("stray-output", 5)


def test_an_output_of_commands_that_are_skipped_together_is_not_told() -> None:
    assert steps(block("$ a\n$ b", output("x"))._replace(options=Options(skip="later")))[1] == ()
    assert steps(block("$ a  # wordish: skip\n$ b", output("x")))[1] == ()


def test_above_a_stray_output_each_command_at_its_prompt_is_judged_by_itself() -> None:
    found, _ = steps(block("$ a\n$ b\nx", output("y")))
    assert [(step.expectation.together, step.expectation.text) for step in found] == [
        (False, ""),
        (False, "x"),
    ]


def test_commands_at_one_drawn_prompt_are_shown_together() -> None:
    drawn = Block(path="a.md", line=2, text="a\nb\n\nx", drawn=(Drawn(first=0, stop=2, prompt="~$"),))
    (one, two), _ = steps(drawn)
    assert [(step.line, step.expectation.together) for step in (one, two)] == [(2, True), (3, False)]
    assert two.expectation.text == "x"


def test_lines_are_those_of_the_file_where_they_do_not_follow_one_another() -> None:
    gaps = Block(path="a.md", line=4, text="$ a \\\n  b\nx\n\x01\n$ c\x02", numbers=(4, 9, 12, 13, 20))
    (step,), (told,) = steps(gaps)
    assert (step.line, step.end_line, step.expectation.lines) == (4, 9, (12, 13))
    assert (told.name, told.line) == ("control-character", 20)


def test_a_hint_alone_among_commands_is_told() -> None:
    drawn = Block(
        path="a.md",
        line=2,
        text="# wordish: status=1\nfalse\n# a comment",
        drawn=(Drawn(first=0, stop=3, prompt="~$"),),
    )
    (step,), (told,) = steps(drawn)
    assert step.expectation.status == 0
    assert (told.name, told.line) == ("stray-comment", 2)
    (step,), (told,) = steps(block("false\n# returncode: 1", output("x")))
    assert (told.name, told.line) == ("stray-comment", 3)
    (step,), faults = steps(block("cat <<E\n# wordish: x\nE", output("# wordish: x")))
    assert faults == ()
