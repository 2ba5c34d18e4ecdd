"""What is taken of an included file, with the lines of that file; and what keeps it from being included."""

from __future__ import annotations

import pytest

from wordish.document import parse
from wordish.formats.inclusion import DEEPEST, MOST, Loaded
from wordish.model import Document

SESSION = "\n".join(f"$ echo {word}" for word in ("one", "two", "three", "four", "five"))
FILES = {
    "session.txt": SESSION + "\n",
    "prose.rst": "Prose.\n\n::\n\n   $ echo one\n\n.. marker\n\n::\n\n   $ echo two\n",
    "prose.md": "Prose.\n\n```\n$ echo one\n```\n",
    "script.py": "$ echo one\n",
    "self.rst": ".. include:: self.rst\n",
    "here.rst": "::\n\n   $ echo one\n\n.. include:: there.rst\n",
    "there.rst": ".. include:: here.rst\n",
}
MARKUPS = ["rst", "md"]


def article(markup: str, name: str, *options: str, files: dict[str, str] = FILES) -> Document:
    head, _, argument = name.partition(" ")
    lines = (
        [f".. {head}:: {argument}", *(f"   {option}" for option in options)]
        if markup == "rst"
        else [f"```{{{head}}} {argument}", *options, "```"]
    )

    def load(wanted: str, by: str) -> Loaded:
        return (
            Loaded(path=wanted, text=files[wanted])
            if wanted in files
            else Loaded(path=wanted, fault="is not there")
        )

    return parse("Text.\n\n" + "\n".join(lines) + "\n", path=f"a.{markup}", load=load)


def found(document: Document) -> list[tuple[str, int, str]]:
    return [(step.path, step.line, step.command.removeprefix("echo ")) for step in document.steps]


@pytest.mark.parametrize("markup", MARKUPS)
@pytest.mark.parametrize(
    ("options", "words"),
    [
        ([], "one two three four five"),
        ([":lines: 2-3,5"], "two three five"),
        ([":lines: -2"], "one two"),
        ([":lines: 4-"], "four five"),
        ([":start-at: echo two"], "two three four five"),
        ([":start-after: echo two"], "three four five"),
        ([":end-at: echo two"], "one two"),
        ([":end-before: echo two"], "one"),
        ([":start-at: two", ":end-before: four"], "two three"),
        ([":start-after: one", ":lines: 2"], "three"),
        ([":pyobject: f"], ""),
    ],
)
def test_what_literalinclude_shows(markup: str, options: list[str], words: str) -> None:
    document = article(markup, "literalinclude session.txt", *options)
    assert document.errors == ()
    every = ["one", "two", "three", "four", "five"]
    assert found(document) == [("session.txt", every.index(word) + 1, word) for word in words.split()]
    assert document.included == {"session.txt": FILES["session.txt"]}


@pytest.mark.parametrize("markup", MARKUPS)
def test_the_language_is_said_or_that_of_the_suffix(markup: str) -> None:
    assert found(article(markup, "literalinclude script.py")) == []
    assert found(article(markup, "literalinclude script.py", ":language: console")) == [
        ("script.py", 1, "one")
    ]
    assert found(article(markup, "literalinclude session.txt", ":language: python")) == []


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ([], ["one", "two"]),
        ([":start-line: 5"], ["two"]),
        ([":end-line: -4"], ["one"]),
        ([":start-after: marker"], ["two"]),
        ([":end-before: marker"], ["one"]),
        ([":literal:"], ["one", "two"]),
    ],
)
def test_what_include_takes_as_markup(options: list[str], words: list[str]) -> None:
    document = article("rst", "include prose.rst", *options)
    lines = {"one": 5, "two": 11}
    if options == [":literal:"]:  # nothing of it stands at the start of a line
        assert document.steps == ()
    else:
        assert found(document) == [("prose.rst", lines[word], word) for word in words]


def test_the_markup_is_that_of_who_includes_or_the_one_that_is_named() -> None:
    assert found(article("md", "include prose.md")) == [("prose.md", 4, "one")]
    assert found(article("rst", "include prose.md", ":parser: myst_parser.sphinx_")) == [
        ("prose.md", 4, "one")
    ]
    assert found(article("md", "include prose.rst", ":parser: rst"))[0] == ("prose.rst", 5, "one")
    assert found(article("rst", "include prose.md")) == []


@pytest.mark.parametrize("markup", MARKUPS)
@pytest.mark.parametrize(
    ("said", "name", "message"),
    [
        (["literalinclude none.txt"], "missing-include", "none.txt is not included: is not there"),
        (
            ["literalinclude session.txt", ":start-after: six"],
            "bad-include",
            "the text of start-after is not in it",
        ),
        (["include prose.rst", ":end-before: nowhere"], "bad-include", "the text of end-before is not in it"),
        (["include prose.rst", ":start-line: a"], "bad-include", "start-line takes a number"),
        (["include self.rst", ":parser: rst"], "include-cycle", "a file includes itself: "),
        (["include here.rst", ":parser: rst"], "include-cycle", "here.rst > there.rst > here.rst"),
    ],
)
def test_what_keeps_a_file_from_being_included(markup: str, said: list[str], name: str, message: str) -> None:
    remarks = [told for told in article(markup, *said).diagnostics if told.name == name]
    assert len(remarks) == 1
    assert message in remarks[0].message


def test_a_file_of_another_language_need_not_be_there() -> None:
    assert article("rst", "literalinclude none.py").diagnostics == ()
    assert article("rst", "include <isonum.txt>").diagnostics == ()


def test_too_much_is_refused() -> None:
    many = {"many.rst": ".. include:: one.rst\n\n" * (MOST + 5), "one.rst": "x\n"}
    names = {told.name for told in article("rst", "include many.rst", files=many).diagnostics}
    assert "bad-include" in names
    deep = {f"{number}.rst": f".. include:: {number + 1}.rst\n" for number in range(2 * DEEPEST)}
    (told,) = article("rst", "include 0.rst", files=deep).errors
    assert (told.name, told.message) == ("bad-include", "too much is included, one file by the other")
