from __future__ import annotations

import textwrap

import pytest

from wordish.formats import rst
from wordish.formats.reading import Reading
from wordish.model import Options, Severity
from wordish.sources import nothing


def read(text: str) -> Reading:
    return rst.read(textwrap.dedent(text).removeprefix("\n"), path="a.rst", load=nothing)


def blocks(text: str) -> list[tuple[int, str, str]]:
    reading = read(text)
    assert reading.diagnostics == ()
    return [(block.line, block.language, block.text) for block in reading.blocks]


@pytest.mark.parametrize(
    ("directive", "language"),
    [
        ("code-block:: console", "console"),
        ("sourcecode:: Bash", "bash"),
        ("code::", ""),
        ("code:: sh", "sh"),
        ("console::", "console"),
        ("prompt:: bash $", "bash"),
        ("code-block:: console\n   :linenos:\n   :caption: x", "console"),
    ],
)
def test_directives_of_sessions(directive: str, language: str) -> None:
    text = f".. {directive}\n\n   $ a\n\n   x\n\nprose\n"
    assert blocks(text) == [(directive.count("\n") + 3, language, "$ a\n\nx")]


def test_literal_blocks() -> None:
    text = """
        Run this::

          $ a
            x

        ::

           $ b

        Quoted::

        $ c
        $ d

        Spaced ::

            $ e
        """
    assert blocks(text) == [(3, "", "$ a\n  x"), (8, "", "$ b"), (12, "", "$ c\n$ d"), (17, "", "$ e")]


# Every one holds, from its third line on and by itself, what `CONTAINED` says.
CONTAINERS = {
    "bullet list": "- item\n\n  X",
    "enumeration": "1. item\n\n   X\n\n2. item\n\n   X",
    "definition": "term\n\n  quote\n\n  X",
    "block quote": "prose\n\n   X",
    "note": ".. note::\n\n   X",
    "note with text": ".. note:: Text.\n\n   X",
    "unknown directive": ".. mystery:: with argument\n   :and: options\n   :more:\n\n   X",
    "tabs": ".. tabs::\n\n   .. tab:: One\n\n      X\n\n   .. tab:: Two\n\n      X",
    "tab-set": ".. tab-set::\n\n   .. tab-item:: One\n      :sync: a\n\n      X",
    "list table": ".. list-table::\n   :widths: 1 2\n\n   * - a\n     - b\n\n       X",
    "field": ":name: value\n\n   X",
    "footnote": ".. [1] note\n\n   X",
    "nested": "- a\n\n  * b\n\n    .. note::\n\n       1. c\n\n          X",
    "sections": "Title\n=====\n\nPart\n----\n\nX\n\nOther\n=====\n\nX",
    "python domain": ".. py:function:: f(x)\n\n   Text\n\n   X",
    "option list": "-a  text\n\n    X",
}


@pytest.mark.parametrize("container", CONTAINERS.values(), ids=CONTAINERS)
@pytest.mark.parametrize("session", ["::\n\n  $ a\n\n    x", ".. code-block:: console\n\n   $ a\n\n     x"])
def test_sessions_are_found_in_every_container(container: str, session: str) -> None:
    lines = []
    for line in container.split("\n"):
        if line.endswith("X"):
            lines += [(line[:-1] + inner).rstrip() for inner in session.split("\n")]
        else:
            lines.append(line)
    expected = [number for number, line in enumerate(lines, 1) if line.endswith("$ a")]
    found = blocks("\n".join(lines) + "\n")
    assert [line for line, _, _ in found] == expected
    assert {text for _, _, text in found} == {"$ a\n\n  x"}


def test_tables() -> None:
    text = """
        +------+--------------+
        | one  | ::           |
        |      |              |
        |      |   $ a        |
        |      |   x          |
        +------+--------------+

        ====  =======
        one   two
        ====  =======
        b     ::

                $ c
        ====  =======
        """
    assert blocks(text) == [(4, "", "$ a\nx"), (13, "", "$ c")]


def test_the_text_is_the_files_own() -> None:
    text = "- x::\n\n   $ cat <<-E\t \n   \tone\u00a0two  \n   \tE\n   \n   \f$ b\n"
    assert blocks(text) == [(3, "", "$ cat <<-E\t \n\tone\u00a0two  \n\tE\n\n\f$ b")]


def test_a_tab_that_is_cut_by_the_indentation_gives_blanks() -> None:
    assert blocks("::\n\n    $ a\n\tx\n") == [(3, "", "$ a\n    x")]


@pytest.mark.parametrize("odd", ["\x0b", "\x0c", "\x1c", "\x85", "\u2028"])
def test_only_line_feeds_end_lines(odd: str) -> None:
    assert blocks(f"a{odd}b\n\n::\n\n  $ a{odd}b\n") == [(5, "", f"$ a{odd}b")]


def test_unknown_roles_and_directives_say_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    text = """
        :mystery:`x` and :doc:`/a/b` |sub| `a <b>`_ [#]_ *open ``open

        .. mystery::
        .. toctree::
           :maxdepth: 2

           a/b
        .. role:: shiny
        .. default-role:: shiny
        .. raw:: html
           :file: no-such-file
        .. |sub| image:: x.png

        Bad title
        ==

        ::

          $ a
        """
    assert blocks(text) == [(19, "", "$ a")]
    assert capfd.readouterr() == ("", "")


def test_what_is_opaque_is_not_looked_into() -> None:
    assert blocks(".. math::\n\n   ::\n\n      $ a\n\n.. doctest::\n\n   ::\n\n     $ a\n") == []


def test_docutils_registries_are_left_alone() -> None:
    from docutils.parsers.rst import directives, roles, states

    def registries() -> tuple[object, ...]:
        known = (dict(vars(directives)["_directives"]), dict(vars(roles)["_roles"]))
        return (*known, states.state_classes, list(vars(states.RSTState)["nested_sm_cache"]))

    before = registries()
    read(".. role:: x\n.. default-role:: y\n.. |a| replace:: b\n\n:x:`y` and `z`\n\n.. note::\n\n   a\n")
    assert registries() == before


# Comments


def test_a_comment_right_before_a_block_is_for_that_block() -> None:
    text = """
        Prose.

        .. wordish: timeout=3

        .. wordish: status=1

        .. code-block:: console

           $ a

        .. wordish: skip

        With an introduction::

          $ b

        .. code:: sh

          $ c
        """
    reading = read(text)
    assert [block.options for block in reading.blocks] == [
        Options(timeout=3, status=1),
        Options(skip="skip asked for"),
        Options(),
    ]
    assert reading.options == Options()
    assert reading.diagnostics == ()


@pytest.mark.parametrize(
    "text",
    [
        ".. wordish: on=vm timeout=3\n\n::\n\n  $ a\n",
        ".. wordish: on=vm\n\n.. wordish: timeout=3\n\nProse.\n\n::\n\n  $ a\n",
        ":wordish: on=vm timeout=3\n\nTitle\n=====\n\n::\n\n  $ a\n",
        "Title\n=====\n\n:Author: me\n:wordish: on=vm\n          timeout=3\n\n::\n\n  $ a\n",
        "..\n   wordish: on=vm\n   timeout=3\n\n::\n\n  $ a\n",
    ],
)
def test_what_is_said_of_the_article(text: str) -> None:
    reading = read(text)
    assert reading.options == Options(on="vm", timeout=3)
    assert [block.options for block in reading.blocks] == [Options()]
    assert reading.diagnostics == ()


def test_a_hidden_comment_holds_steps_of_its_own() -> None:
    text = """
        - .. wordish: hidden cleanup
             timeout=3

             ~# a

             x

        .. wordish: hidden
           ~# b
        """
    first, second = read(text).blocks
    assert (first.line, first.text) == (4, "~# a\n\nx")
    assert first.options == Options(hidden=True, cleanup=True, timeout=3)
    assert (second.line, second.text, second.options) == (9, "~# b", Options(hidden=True))


@pytest.mark.parametrize(
    ("text", "line", "name"),
    [
        ("::\n\n  $ a\n\n.. wordish: timeout=3\n\nProse.\n", 5, "stray-comment"),
        ("::\n\n  $ a\n\n.. wordish: on=vm\n\n::\n\n  $ b\n", 5, "misplaced-option"),
        ("Prose.\n\n.. wordish: hidden\n\nProse.\n", 3, "misplaced-option"),
        (".. wordish: timeout=x\n\n::\n\n  $ a\n", 1, "bad-option"),
        (".. wordish: tiemout=3\n\n::\n\n  $ a\n", 1, "unknown-option"),
        (".. wordish: timeout=3\n\n   ~# a\n", 1, "session-in-comment"),
        (".. wordish: hidden\n\n   a\n", 1, "session-in-comment"),
        (":wordish: hidden\n\n::\n\n  $ a\n", 1, "misplaced-option"),
    ],
)
def test_faults_of_comments(text: str, line: int, name: str) -> None:
    (fault,) = read(text).diagnostics
    assert (fault.path, fault.line, fault.name) == ("a.rst", line, name)


@pytest.mark.parametrize("colons", [":", "::", " ::"])
def test_a_directive_is_read_as_the_comment(colons: str) -> None:
    text = f"""
        - .. wordish{colons} hidden cleanup
             timeout=3

             ~# a

        .. wordish{colons} status=1

        ::

          $ b

        .. wordish{colons}
           hidden

           $ c
        """
    reading = read(text)
    first, second, third = reading.blocks
    assert reading.diagnostics == ()
    assert (first.line, first.text) == (4, "~# a")
    assert first.options == Options(hidden=True, cleanup=True, timeout=3)
    assert (second.text, second.options) == ("$ b", Options(status=1))
    assert (third.line, third.text, third.options) == (15, "$ c", Options(hidden=True))


@pytest.mark.parametrize(
    ("text", "line", "name"),
    [
        (".. wordish hidden\n\n   ~$ a\n", 1, "misspelt-comment"),
        (".. wordish\n\n   ~$ a\n", 1, "misspelt-comment"),
        ("- .. Wordish: timeout=3\n", 1, "misspelt-comment"),
        ("Text\n.. wordish: status=1\n\nMore.\n", 2, "stray-comment"),
        ("Text.\n\n..wordish: status=1\n\nMore.\n", 3, "stray-comment"),
        (".. note::\n\n   * a\n\n     b\n     .. wordish: status=1\n     c\n", 6, "stray-comment"),
        ("Text.\n\n<!-- wordish: status=1 -->\n", 3, "stray-comment"),
        ("::\n\n  $ a\n\n:wordish: status=1\n", 5, "stray-comment"),
    ],
)
def test_a_comment_that_is_almost_ours_is_told(text: str, line: int, name: str) -> None:
    (fault,) = read(text).diagnostics
    assert (fault.line, fault.name, fault.severity) == (line, name, Severity.WARNING)


def test_other_comments_mean_nothing() -> None:
    reading = read(".. wordish is nice\n\n.. a: b\n\n..\n\n   $ a\n")
    assert (reading.blocks, reading.diagnostics) == ((), ())


def test_what_is_nested_too_deep_is_told() -> None:
    deep = "\n\n".join(" " * n + "- x" for n in range(0, 2000, 2))
    reading = read(deep + "\n")
    assert [fault.name for fault in reading.diagnostics] in ([], ["too-deep"])
