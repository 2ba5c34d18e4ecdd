"""The page "markup" of the documentation: what is read in each of its examples is what it says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

import pytest

from tests.conftest import ROOT
from wordish import document, session
from wordish import options as words
from wordish.formats import FORMATS, directives
from wordish.formats.inclusion import Loaded
from wordish.formats.reading import OUTPUTS
from wordish.model import Step

PAGE = (ROOT / "docs/reference/markup.md").read_text(encoding="utf-8")
SECTION = PAGE.partition("\n## Every form\n")[2].partition("\n## ")[0]
BLOCK = re.compile(
    r"^(?P<row>`{3,})(?:\{code-block\} )?(?P<language>\w+)\n(?::caption: (?P<file>.+)\n\n)?"
    r"(?P<text>(?:.*\n)*?)(?P=row)$",
    re.MULTILINE,
)


class Example(NamedTuple):
    """An article, the files it may include, and what the page says is read in it."""

    form: str
    path: str
    files: dict[str, str]
    read: str


def examples() -> Iterator[Example]:
    for part in SECTION.split("\n### ")[1:]:
        form, _, text = part.partition("\n")
        files: dict[str, str] = {}
        path = ""
        for block in BLOCK.finditer(text):
            if block["language"] == "text":
                yield Example(form=form, path=path, files=dict(files), read=block["text"])
            else:
                path = block["file"] or f"example.{'rst' if block['language'] == 'rst' else 'md'}"
                files[path] = block["text"]


EXAMPLES = list(examples())
TEXTS = "".join(example.files[example.path] for example in EXAMPLES)


def told(step: Step, path: str) -> Iterator[str]:
    """The lines with which the page tells of a step."""
    first, *more = step.command.split("\n")
    notes = ["shown with the next"] if step.expectation.together else []
    for name in words.said(step.options):
        value = getattr(step.options, name.replace("-", "_"))
        notes.append(name if value is True else f"{name}={value}")
    place = f"{step.line}:" if step.path == path else f"{step.path}:{step.line}:"
    yield f"{place} {step.prompt} {first}" + (f"  # {' '.join(notes)}" if notes else "")
    yield from (f"   > {line}" for line in more)
    if step.expectation.text:
        yield from (f"   {line}".rstrip() for line in step.expectation.text.split("\n"))


@pytest.mark.parametrize(
    "example", EXAMPLES, ids=[f"{example.form} in {example.path}" for example in EXAMPLES]
)
def test_an_example_is_read_as_the_page_says(example: Example) -> None:
    def load(name: str, _by: str) -> Loaded:
        return Loaded(path=name, text=example.files[name])

    article = document.parse(example.files[example.path], path=example.path, load=load)
    assert article.diagnostics == ()
    assert [line for step in article.steps for line in told(step, example.path)] == example.read.splitlines()


def test_every_form_has_its_row_and_every_row_its_form() -> None:
    forms = re.findall(r"^### (.*)", SECTION, re.MULTILINE)
    anchors = [re.sub(r"[^\w -]", "", form.lower()).replace(" ", "-") for form in forms]
    rows = re.findall(r"^\| \[.*?\]\(#(.*?)\)", SECTION, re.MULTILINE)
    assert anchors == [*rows, "what-is-not-seen"]
    assert {example.form for example in EXAMPLES} == set(forms[:-1])


@pytest.mark.parametrize("name", sorted({*directives.SESSIONS, *directives.INCLUDES, "wordish"}))
def test_every_directive_that_is_read_has_examples_in_both_markups(name: str) -> None:
    assert re.search(rf"^ *\.\. {name}::", TEXTS, re.MULTILINE)
    assert re.search(rf"^(`{{3,}}|:{{3,}})\{{{name}\}}", TEXTS, re.MULTILINE)


@pytest.mark.parametrize("opener", ["!!!", "???", "===", ":::", "~~~", "<!-- wordish:", "% wordish:", "> [!"])
def test_every_sign_that_opens_something_in_markdown_has_an_example(opener: str) -> None:
    assert re.search(rf"^{re.escape(opener)}", TEXTS, re.MULTILINE)


def test_every_language_that_is_looked_at_is_named() -> None:
    named = re.search(r"names no language or one of (.*?)\. ", PAGE, re.DOTALL)
    assert named
    assert set(re.findall(r"`([\w-]+)`", named[1])) == session.LANGUAGES - {""}
    assert all(f"`{name}`" in SECTION for name in OUTPUTS)


def test_every_suffix_is_named() -> None:
    table = PAGE.partition("## Articles and blocks")[2].partition("\n\n## ")[0]
    suffixes = {suffix for form in FORMATS.values() for suffix in form.SUFFIXES}
    assert all(f"`{suffix}`" in table for suffix in suffixes)
