"""What an author is spared from saying by hand of each bare ``# ``."""

from __future__ import annotations

import textwrap

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wordish.document import parse
from wordish.model import Conventions, Document, Options
from wordish.pin import DOUBT, Pinned, pin

AUTO = Conventions(options=Options(hash="auto"))
NOTHING = Conventions()


def steps(document: Document) -> list[tuple[str, str, str]]:
    return [(step.prompt, step.user, step.command) for step in document.steps]


def pinned(text: str, *, path: str = "a.md", conventions: Conventions = NOTHING) -> str:
    """The new text, which reads as the old one does by guess, without one."""
    found = pin(parse(text, path=path, conventions=conventions))
    assert found.left == ()
    wanted = parse(text, path=path, conventions=AUTO)
    again = parse(found.text, path=path, conventions=conventions)
    assert steps(again) == steps(wanted)
    assert not any(step.is_guess for step in again.steps)
    assert not any(remark.name == DOUBT for remark in again.diagnostics)
    rows = found.text.split("\n")
    assert all(told.message in rows[told.line - 1] for told in found.written)
    assert pin(again) == Pinned(text=found.text)
    return found.text


def block(*lines: str, language: str = "console", before: str = "") -> str:
    return "".join(f"{before}{line}\n" for line in (f"```{language}", *lines, "```"))


def dedented(text: str) -> str:
    return textwrap.dedent(text).lstrip("\n")


ROOT = "<!-- wordish: hash=root -->"
COMMENT = "<!-- wordish: hash=comment -->"


@pytest.mark.parametrize("conventions", [NOTHING, AUTO])
def test_one_word_for_the_article_where_that_will_do(conventions: Conventions) -> None:
    text = "# Title\n\n" + block("# apt-get update", "out", "# reboot") + "\n" + block("$ ls", "# x")
    assert (
        pinned(block("# apt-get update"), conventions=conventions) == f"{ROOT}\n\n{block('# apt-get update')}"
    )
    with_output = pinned(text, conventions=conventions)
    assert with_output == text.replace("```console\n# apt", f"{ROOT}\n```console\n# apt")
    alone = text.replace("# x\n", "")
    assert pinned(alone, conventions=conventions) == f"{ROOT}\n\n{alone}"


def test_a_comment_is_pinned_too_where_it_may_be_taken_for_more() -> None:
    text = "# Title\n\n" + block("# foobard start")
    assert pinned(text) == f"{COMMENT}\n\n{text}"


@pytest.mark.parametrize(
    "text", ["# T\n\n" + block("$ ls", "# mount -a"), "Prose\n", block("# T", language="bash")]
)
def test_where_nobody_could_be_in_doubt_nothing_is_written(text: str) -> None:
    assert pin(parse(text, path="a.md")) == Pinned(text=text)


def test_front_matter_stays_first() -> None:
    text = "---\ntitle: x\n---\n\n# T\n\n" + block("# reboot")
    assert pinned(text) == text.replace("---\n\n", f"---\n\n{ROOT}\n\n")
    text = "---\ntitle: x\n---\n# T\n\n" + block("# reboot")
    assert pinned(text) == text.replace("---\n#", f"---\n\n{ROOT}\n\n#")


def test_a_word_for_each_block_where_they_differ() -> None:
    text = dedented(
        """
        # T

        - Do:

          ```console
          # apt-get update
          ```

        > ```console
        > # reboot
        > ```

            # vgs

        ```bash
        # a comment
        make
        ```

        ```console
        # foobard start
        ```
        """
    )
    assert pinned(text) == dedented(
        f"""
        # T

        - Do:

          {ROOT}
          ```console
          # apt-get update
          ```

        > {ROOT}
        > ```console
        > # reboot
        > ```

        {ROOT}

            # vgs

        ```bash
        # a comment
        make
        ```

        {COMMENT}
        ```console
        # foobard start
        ```
        """
    )


def test_a_word_for_each_line_where_a_block_has_both() -> None:
    mixed = block("# Install it", "# apt-get update", "# Now look", "# vgs  # wordish: status=any")
    assert pinned(mixed) == ROOT + "\n" + mixed.replace("it\n", "it  # wordish: hash=comment\n").replace(
        "look\n", "look  # wordish: hash=comment\n"
    )
    shown = block("# cat /etc/motd", "# Hello, and welcome", "to x", "# vgs  # wordish: status=any")
    assert pinned(shown) == COMMENT + "\n" + shown.replace("motd\n", "motd  # wordish: hash=root\n").replace(
        "=any", "=any hash=root"
    )


def test_where_no_comment_can_stand_the_lines_say_it() -> None:
    text = (
        f"Text.\n\n- {block('# reboot', before='  ').lstrip()}\n{block('# a comment', 'x', language='bash')}"
    )
    assert pinned(text) == text.replace("# reboot", "# reboot  # wordish: hash=root")


def test_restructured_text() -> None:
    text = dedented(
        """
        Title
        =====

        Do::

           # apt-get update
        """
    )
    assert pinned(text, path="a.rst") == f".. wordish: hash=root\n\n{text}"
    text += dedented(
        """

        #. Then::

             # reboot

        .. note::

           .. code-block:: console

              # vgs

        .. code-block:: bash

           # a comment
           make
        """
    )
    new = text.replace("Do::", ".. wordish: hash=root\n\nDo::").replace(
        "reboot", "reboot  # wordish: hash=root"
    )
    new = new.replace("   .. code-block:: console", "   .. wordish: hash=root\n\n   .. code-block:: console")
    assert pinned(text, path="a.rst") == new


def test_transcripts() -> None:
    assert pinned("# reboot\n# vgs\n", path="a.console") == "# wordish: hash=root\n# reboot\n# vgs\n"
    assert pinned("# Look\n# vgs", path="a.console") == "# Look\n# vgs  # wordish: hash=root"


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("final", [True, False])
def test_line_ends_and_byte_order_mark_stay(end: str, mark: str, final: bool) -> None:
    text = block("# Look", "# vgs")[: None if final else -1]
    new = f"{ROOT}\n" + text.replace("Look", "Look  # wordish: hash=comment")
    assert pinned(mark + text.replace("\n", end)) == mark + new.replace("\n", end)


def test_what_cannot_be_said_without_changing_a_step_is_left() -> None:
    command = ("# echo 'a", "# b'")
    first = f"- {block(*command, before='  ').lstrip()}\n"
    text = f"{first}{block('# a comment', 'x', language='bash')}\n{block('# vgs')}"
    found = pin(parse(text, path="a.md"))
    assert found.text == text.replace("```console\n# vgs", f"{ROOT}\n```console\n# vgs")
    assert [told.line for told in found.left] == [2]


def test_an_article_that_says_auto_itself() -> None:
    text = "---\nwordish:\n  hash: auto\n---\n\n# T\n\n" + block("# reboot")
    assert pinned(text) == text.replace("---\n\n", f"---\n\n{ROOT}\n\n")


LINES = st.sampled_from(
    [
        *(
            "# apt-get update",
            "# vgs",
            "# Now look at it",
            "# now look",
            "# foobard start",
            "# foo --bar",
            "#",
        ),
        *("out", "", "$ ls", "~# ls", "$ su -", "# f () {", "}", "# cat <<E", "E", "# 'a", "'", "  # vgs"),
        "# x  # wordish: status=1",
    ]
)
BLOCKS = st.tuples(st.sampled_from(["console", "", "bash", "text"]), st.lists(LINES, max_size=6))
FORMS = {
    "a.md": lambda language, lines: block(*lines, language=language),
    "b.md": lambda language, lines: "- x\n\n" + block(*lines, language=language, before="  "),
    "a.rst": lambda language, lines: "".join(
        f"{line}\n"
        for line in [f".. code-block:: {language}", "", *(f"   {each}" for each in lines), "", "Text"]
    ),
    "a.console": lambda language, lines: "".join(f"{line}\n" for line in lines),
}


@settings(max_examples=60, deadline=None)
@given(path=st.sampled_from(sorted(FORMS)), blocks=st.lists(BLOCKS, min_size=1, max_size=3))
def test_whatever_is_pinned_reads_as_it_was_guessed(path: str, blocks: list[tuple[str, list[str]]]) -> None:
    text = "\n".join(FORMS[path](language, lines) for language, lines in blocks)
    wanted = parse(text, path=path, conventions=AUTO)
    found = pin(parse(text, path=path))
    if not found.left:
        again = parse(found.text, path=path)
        assert steps(again) == steps(wanted)
        assert not any(remark.name == DOUBT for remark in again.diagnostics)
    assert pin(parse(found.text, path=path)).text == found.text or found.left


def test_what_would_be_wrong_is_told_and_nothing_written() -> None:
    text = block("# f () {", "x") + "\n" + block("# vgs")
    found = pin(parse(text, path="a.md"))
    assert (found.text, found.written) == (text, ())
    assert [(told.line, told.name) for told in found.left] == [(2, "open-command")]
