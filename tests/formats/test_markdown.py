from __future__ import annotations

import textwrap

import pytest

from wordish.formats import markdown
from wordish.formats.reading import Reading
from wordish.model import Options, Severity
from wordish.sources import nothing


def read(text: str) -> Reading:
    return markdown.read(textwrap.dedent(text).removeprefix("\n"), path="a.md", load=nothing)


def blocks(text: str) -> list[tuple[int, str, str]]:
    reading = read(text)
    assert reading.diagnostics == ()
    return [(block.line, block.language, block.text) for block in reading.blocks]


@pytest.mark.parametrize(
    ("info", "language"),
    [
        ("", ""),
        ("console", "console"),
        ("bash session", "bash"),
        ("sh,ignore", "sh"),
        ('console title="x"', "console"),
        ("{.bash .numbered}", "bash"),
        ("{.console}", "console"),
        ('{#id .console startFrom="2"}', "console"),
        ("{ .sh }", "sh"),
        ("{code-block} console", "console"),
        ("{code-block} console\n:linenos:\n:name: x", "console"),
        ("{code-block} console\n---\nlinenos: true\n---", "console"),
        ("{prompt} bash $", "bash"),
        ("{terminal}\n:user: root\n:host: web", "console"),
    ],
)
@pytest.mark.parametrize("fence", ["```", "~~~", ":::"])
def test_fences(fence: str, info: str, language: str) -> None:
    text = f"{fence}{info}\n\n$ a\n\nx\n{fence}\n"
    assert blocks(text) == [(info.count("\n") + 3, language, "$ a\n\nx")]


@pytest.mark.parametrize("info", ["{#id .python}", "{.python .sh}", "{=html}", "{.pycon}"])
def test_attributes_of_other_languages(info: str) -> None:
    ((_, language, _),) = blocks(f"```{info}\n$ a\n```\n")
    assert language in {"python", "html", "pycon"}


def test_indented_code() -> None:
    assert blocks("prose\n\n    $ a\n\n      x\n\nprose\n") == [(3, "", "$ a\n\n  x")]


CONTAINERS = {
    "bullet list": "- item\n\n  X",
    "enumeration": "1. item\n\n   X\n2. item\n   X",
    "block quote": "> prose\n>\n> X",
    "quote in a list": "- > X",
    "details": "<details>\n<summary>More</summary>\n\nX\n\n</details>",
    "definition": "term\n: definition\n\n  X",
    "colon note": ":::{note}\nText.\n\nX\n:::",
    "colons without braces": ":::note\nText.\n\nX\n:::",
    "colons, a blank and a title": "::: tip Title\nX\n:::",
    "colons and a title": ":::info[Title]\nX\n:::",
    "classes": "::: {.callout-note}\nX\n:::",
    "divs of as many colons": "::: a\n::: b\nX\n:::\n\nX\n:::\n\nX",
    "note": "````{note} Title\n:class: x\n\nX\n````",
    "tabs": "::::{tab-set}\n:::{tab-item} A\n:sync: a\nX\n:::\n:::{tab-item} B\nX\n:::\n::::",
    "in a list": "* a\n\n  1. b\n\n     :::{tip}\n     X\n     :::",
    "sections": "# Title\n\n## Part\nX\n\nTitle\n=====\nX",
}


@pytest.mark.parametrize("container", CONTAINERS.values(), ids=CONTAINERS)
def test_sessions_are_found_in_every_container(container: str) -> None:
    lines = []
    for line in container.split("\n"):
        if line.endswith("X"):
            before = line[:-1]
            after = before.replace("-", " ")
            lines += [before + "```console", after + "$ a", after.rstrip(), after + "  x", after + "```"]
        else:
            lines.append(line)
    expected = [number for number, line in enumerate(lines, 1) if line.endswith("$ a")]
    found = blocks("\n".join(lines) + "\n")
    assert [line for line, _, _ in found] == expected
    assert {text for _, _, text in found} == {"$ a\n\n  x"}


def test_a_piece_of_restructured_text() -> None:
    text = """
        Prose.

        ```{eval-rst}
        .. wordish: timeout=3

        .. note::

           .. code-block:: console

              $ a
        ```
        """
    (block,) = read(text).blocks
    assert (block.line, block.text, block.options) == (10, "$ a", Options())
    (stray,) = read(text + "\n").diagnostics or (None,)
    assert stray is None
    assert read(text).options == Options(timeout=3)


def test_the_text_is_the_files_own() -> None:
    text = "```\n$ cat <<-E\t \n\tone\u00a0two  \n\tE\n\x0c\r\u2028\x85x\n```\n"
    assert blocks(text) == [(2, "", "$ cat <<-E\t \n\tone\u00a0two  \n\tE\n\x0c\r\u2028\x85x")]


def test_what_is_opaque_or_shown_only_is_not_looked_into() -> None:
    assert blocks("```{math}\n    $ a\n```\n\n````{code-cell} python\n```\n$ a\n```\n````\n") == []
    assert blocks("````\n```console\n$ a\n```\n````\n") == [(2, "", "```console\n$ a\n```")]


# Comments


@pytest.mark.parametrize(
    "comment", ["<!-- wordish: timeout=3 -->", "<!--wordish:timeout=3-->", "% wordish: timeout=3"]
)
@pytest.mark.parametrize("between", ["\n", "\n\n\n"])
def test_a_comment_right_before_a_block_is_for_that_block(comment: str, between: str) -> None:
    reading = read(f"Prose.\n\n{comment}{between}```\n$ a\n```\n\n```\n$ b\n```\n")
    assert [block.options for block in reading.blocks] == [Options(timeout=3), Options()]
    assert reading.options == Options()
    assert reading.diagnostics == ()


def test_comments_in_containers() -> None:
    reading = read(
        "> <!-- wordish: timeout=3 -->\n>\n> ```\n> $ a\n> ```\n\n"
        "- % wordish: status=1\n  ```\n  $ b\n  ```\n"
    )
    assert [block.options for block in reading.blocks] == [Options(timeout=3), Options(status=1)]


@pytest.mark.parametrize(
    "before",
    [
        "<!-- wordish: on=vm timeout=3 -->\n",
        "<!-- wordish: on=vm -->\n\n% wordish: timeout=3\n\nProse.\n",
        "<!-- wordish:\n  on=vm\n  timeout=3\n-->\n\n# Title\n",
        "---\nwordish: on=vm timeout=3\n---\n",
        "---\ntitle: x\nwordish:\n  on: vm\n  timeout: 3\n---\n",
        '---\nwordish: {"on": vm, timeout: 3.0}\n---\n',
    ],
)
def test_what_is_said_of_the_article(before: str) -> None:
    reading = read(f"{before}\n```\n$ a\n```\n")
    assert reading.diagnostics == ()
    assert reading.options == Options(on="vm", timeout=3)
    assert [block.options for block in reading.blocks] == [Options()]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("x\n\n<!-- wordish: hidden cleanup\n~# a\nx\n-->\n", 4),
        ("x\n\n<!-- wordish: hidden\n     cleanup\n\n~# a\nx\n-->\n", 6),
        ("x\n\n% wordish: hidden cleanup\n% ~# a\n% x\n", 4),
        ("<details>\n<!-- wordish: hidden cleanup\n~# a\nx\n-->\n</details>\n", 3),
    ],
)
def test_a_hidden_comment_holds_steps_of_its_own(text: str, line: int) -> None:
    (block,) = read(text).blocks
    assert (block.line, block.text, block.options) == (line, "~# a\nx", Options(hidden=True, cleanup=True))


@pytest.mark.parametrize(
    ("text", "line", "name"),
    [
        ("```\n$ a\n```\n<!-- wordish: timeout=3 -->\n\nProse.\n", 4, "stray-comment"),
        ("```\n$ a\n```\n% wordish: on=vm\n```\n$ b\n```\n", 4, "misplaced-option"),
        ("x\n<!-- wordish: timeout=x -->\n```\n$ a\n```\n", 2, "bad-option"),
        ("---\ntitle: x\nwordish:\n  timeuot: 3\n---\n", 3, "unknown-option"),
        ("---\nwordish: [\n---\n", 2, "bad-front-matter"),
        ("---\nwordish: 3\n---\n", 2, "bad-option"),
        ('---\n"wordish": 3\n---\n', 2, "bad-option"),
        ("---\nwordish: hidden\n---\n", 2, "misplaced-option"),
        ("x\n\n<!-- wordish: timeout=3\n\n```\n$ a\n```\n", 3, "open-comment"),
        ("<!-- wordish: hidden\n\na\n-->\n", 1, "session-in-comment"),
    ],
)
def test_faults_of_comments(text: str, line: int, name: str) -> None:
    (fault,) = read(text).diagnostics
    assert (fault.path, fault.line, fault.name) == ("a.md", line, name)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("<!-- Wordish: hidden -->", 1),
        ("<!-- wordish hidden -->", 1),
        ("<p>\n<!--wordish timeout=3-->\n</p>", 2),
        ("x\n\n<!-- wordish\n\n~$ a\n-->", 3),
        ("% wordish hidden", 1),
        ("% Wordish: hidden", 1),
        ("<!--- wordish: hidden --->", 1),
    ],
)
def test_a_comment_that_is_almost_ours_is_told(text: str, line: int) -> None:
    (fault,) = read(f"{text}\n\n```\n$ a\n```\n").diagnostics
    assert (fault.line, fault.name, fault.severity) == (line, "misspelt-comment", Severity.WARNING)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("Text\nand <!-- wordish: status=1 --> text.", 2),
        ("- Text <!-- wordish: status=1 -->", 1),
        ("Text.\n.. wordish: status=1", 2),
    ],
)
def test_a_comment_in_a_paragraph_is_told(text: str, line: int) -> None:
    (fault,) = read(f"{text}\n\n```\n$ a\n```\n").diagnostics
    assert (fault.line, fault.name, fault.severity) == (line, "stray-comment", Severity.WARNING)


def test_what_only_speaks_of_wordish_is_no_comment_of_it() -> None:
    text = "Say `<!-- wordish: skip -->`.\n\n<!-- wordish is nice -->\n\n% wordishes\n\n`.. wordish: x`\n"
    assert read(text) == Reading()


def test_a_directive_is_read_as_the_comment() -> None:
    text = "x\n\n```{wordish} hidden\n\n~$ a\n\n```\n\n```{wordish} timeout=3\n```\n```\n$ b\n```\n"
    first, second = read(text).blocks
    assert (first.line, first.text, first.options) == (5, "~$ a", Options(hidden=True))
    assert (second.line, second.text, second.options) == (12, "$ b", Options(timeout=3))


def test_front_matter_of_others_is_left_alone() -> None:
    assert blocks("---\ntitle: [unclosed\n---\n\n```\n$ a\n```\n") == [(6, "", "$ a")]


def test_directives_within_directives_have_a_bottom() -> None:
    depth = 60
    text = "".join(":" * (depth + 3 - n) + "{note}\n" for n in range(depth)) + "```\n$ a\n```\n"
    assert blocks(text) == []
