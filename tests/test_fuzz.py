"""Texts that nobody would write: no reader crashes, and none takes much longer than over an honest text.

`make fuzz` tries many more of them.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import resource
from collections.abc import Callable, Mapping
from pathlib import Path

import jsonschema
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.conftest import ROOT
from wordish import document, durations, options, record, session, verified
from wordish.catalogue import CATALOGUE
from wordish.errors import ConfigError
from wordish.formats import front_matter
from wordish.formats.inclusion import Loaded
from wordish.model import Block, Conventions, Diagnostic, Document, Options

# How many texts are tried is the profile's to say.
bounded = settings(deadline=None, suppress_health_check=list(HealthCheck))

SUFFIXES = [".rst", ".md", ".console", ".txt"]
NAMES = {kind.name for kind in CATALOGUE}
SCHEMA = json.loads((ROOT / "wordish/schemas/list.json").read_text(encoding="utf-8"))

# Pieces of markup, of sessions and of shell.
PIECES = r"""
    ``` ```` ~~~ ::: :::: {console} {terminal} {prompt} {eval-rst} {include} {literalinclude} {note}
    {list-table} console output error bash text :: .. ..\ code-block:: terminal:: prompt:: include::
    literalinclude:: note:: tabs:: list-table:: wordish:: :input: :multi: :prompts: :user:
    :modifiers: auto :lines: 1-3 :start-after: part.rst part.md part.txt - * 1. 10. > | + +--+ ===
    --- term : [^1]: .. [1] ..\ _a: <!-- --> % wordish: --- {: .console} !!! ??? "a" ~$ ~# $ # a$
    a:b# [a]$ a@b:c$ (v) echo cat for in do done if then fi { } ( ) (( [[ ]] ' " ` \ $( ${ | || && ;
    & <<E E <<-E <<'E' ... … [...] <name> {{ }} |x| timeout=1 status=any hash=auto hash=root
    sample=x like=int vary= secret cwd=/ env=A=1 skip skip=root hidden cleanup input=a match=regex
    needs=a # ignore # returncode: 1 # &2 é 🦆 \\
""".split()  # noqa: SIM905 - to be read
ODD = [
    "\t",
    "\r",
    "\r\n",
    "\ufeff",
    "\u00a0",
    "\u2028",
    "\x0b",
    "\x0c",
    "\x1b[1m",
    "\x00",
    "\x85",
    "  ",
    "   ",
    "\n\n",
]
LINES = st.lists(st.sampled_from(PIECES), max_size=6).map(" ".join)
TEXTS = st.lists(
    st.tuples(st.sampled_from(["", "", "  ", "   ", "    ", "\t", "> ", "* "]), LINES | st.sampled_from(ODD)),
    max_size=24,
).map(lambda lines: "\n".join(indent + line for indent, line in lines)) | st.text(max_size=60)


def load(name: str, _by: str) -> Loaded:
    """Files that include each other, of which one is missing."""
    texts = {
        "part.rst": "::\n\n  ~$ a\n\n.. include:: part.md\n   :parser: myst\n",
        "part.md": "```\n~$ b\n```\n```{include} part.rst\n```\n",
        "part.txt": "~$ c\nd\n",
    }
    return Loaded(path=name, text=texts[name]) if name in texts else Loaded(path=name, fault="not there")


def read(text: str, suffix: str, outer: Options = Options()) -> Document:  # noqa: B008 - a value
    conventions = Conventions(options=outer, substitutions={"<name>": "x"})
    return document.parse(text, path=f"a{suffix}", load=load, conventions=conventions)


def place_is_there(remark: Diagnostic, files: dict[str, str]) -> bool:
    return 1 <= remark.line <= files[remark.path].count("\n") + 1 and remark.name in NAMES


@bounded
@given(TEXTS, st.sampled_from(SUFFIXES), st.sampled_from([None, "root", "auto"]))
def test_every_text_is_read_and_what_is_found_stands_where_it_is_said_to(
    text: str, suffix: str, hash_: str | None
) -> None:
    article = read(text, suffix, Options(hash=hash_))  # type: ignore[arg-type]
    files = {**article.included, article.path: article.text}
    assert article.text == text
    assert all(place_is_there(remark, files) for remark in article.diagnostics)
    for step in article.steps:
        lines = files[step.path].removeprefix("\ufeff").split("\n")
        first, last = step.expectation.lines or (step.end_line + 1, len(lines))
        assert 1 <= step.line <= step.end_line < first <= last + 1 <= len(lines) + 1
        word = step.command.split()[0] if step.command.split() else ""
        assert word in lines[step.line - 1] or "<name>" in text
    jsonschema.validate(record.listing([article]), SCHEMA)


@bounded
@given(TEXTS, st.sampled_from(["", "console", "bash", "text"]), st.booleans())
def test_every_block_is_split_into_steps_that_do_not_overlap(text: str, language: str, running: bool) -> None:
    found, _ = session.steps(Block(path="a", line=1, text=text, language=language, running=running))
    ends = [(step.expectation.lines or (0, step.end_line))[1] for step in found]
    assert all(end < step.line for end, step in zip(ends, found[1:], strict=False))


WORDS = st.lists(
    st.tuples(
        st.sampled_from([*options.WORDS, "Timeout", "x", ""]),
        st.sampled_from(["", "=", "==", " = ", "='", '="']),
        st.sampled_from(
            ["1", "any", "a b", "root", "not root", "'", '"', "\\", "nan", "inf", "1e999", "9" * 5000, "^D"]
        )
        | st.text(max_size=8),
    ).map("".join)
).map(" ".join)


@bounded
@given(WORDS | st.text())
def test_whatever_is_said_is_understood_or_told(said: str) -> None:
    _, faults = options.parse(said, path="a", line=7)
    assert all((fault.path, fault.line) == ("a", 7) and fault.name in NAMES for fault in faults)
    hinted = options.hint(f"# wordish: {said}", path="a", line=7)
    assert hinted is not None
    assert {fault.name for fault in hinted[1]} <= NAMES


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
)
ENTRY = {
    "verified": "2024-01-01T00:00:00+00:00",
    "wordish": "1",
    "digest": "0",
    "outcome": "passed",
    "steps": {"passed": 1},
    "elapsed": 1.0,
    "target": "host",
    "environment": {},
    "packages": {},
}


@bounded
@given(st.dictionaries(st.sampled_from([*options.WORDS, "prompts", "x", ""]), JSON, max_size=4))
def test_whatever_a_mapping_says_is_understood_or_told(said: dict[str, object]) -> None:
    _, faults = options.from_mapping(said, path="a", line=7, level="article")
    assert {fault.name for fault in faults} <= NAMES


@bounded
@given(st.text() | JSON.map(json.dumps) | st.lists(st.sampled_from(["a: ", *"&*-[]{},'\n!|>"])).map("".join))
@example("[" * 100_000)
@example("{a: " * 100_000)
@example("a: 1" + "0" * 5000)
def test_front_matter_is_a_mapping_or_told(text: str) -> None:
    with contextlib.suppress(ValueError):
        assert isinstance(front_matter.decoded(text), dict)


def entries(change: Mapping[str, object]) -> bytes:
    return json.dumps({"version": 1, "articles": {"a": {**ENTRY, **change}}}).encode()


@bounded
@given(
    st.binary()
    | JSON.map(lambda value: json.dumps(value).encode())
    | st.dictionaries(st.sampled_from([*ENTRY, "last_passed"]), JSON, max_size=2).map(entries)
)
@example(b"[" * 100_000)
@example(b'{"version": 1' + b"0" * 5000 + b"}")
def test_a_record_is_one_or_told(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / f"verified-{os.getpid()}.json"
    path.write_bytes(data)
    try:
        loaded = verified.load(path)
    except ConfigError as error:
        told = str(error)
    else:
        path.write_text(verified.dumped(loaded), encoding="utf-8")
        assert verified.load(path).articles == loaded.articles
        told = str(path)
    assert told.startswith(str(path))


@pytest.fixture(scope="module")
def cache_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@bounded
@given(st.binary() | JSON.map(lambda value: json.dumps(value).encode()))
@example(b"[" * 100_000)
@example(b'{"a": 1' + b"0" * 5000 + b"}")
def test_what_is_remembered_of_durations_is_read_or_forgotten(cache_home: Path, data: bytes) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(durations, "_file", lambda: cache_home / "durations.json")
        (cache_home / "durations.json").write_bytes(data)
        assert all(isinstance(seconds, float) for seconds in durations.remembered().values())


# How much work a text is.

HONEST = {
    ".rst": """Title
=====

Some prose with ``code`` and *emphasis*, which goes on for a line.

.. code-block:: console

   ~$ echo one | tr a b
   one
   ~$ for name in *; do
   >   echo "$name"
   > done
   total 0

* item

  .. note:: hello
""",
    ".md": """# Title

Some prose with `code` and *emphasis*, which goes on for a line.

```console
~$ echo one | tr a b
one
~$ for name in *; do
>   echo "$name"
> done
total 0
```
""",
    ".console": """~$ echo one | tr a b
one
~$ for name in *; do
>   echo "$name"
> done
total 0
""",
}
TIMES = 10
GROWTH = 3
"""How much more work twice the text may be: between what is linear (2) and what is quadratic (4)."""


def work(text: str, suffix: str) -> float:
    """Seconds that the processors spend on a text, those of bash too, and nothing on other tests' garbage."""
    gc.disable()
    try:
        before = spent()
        read(text, suffix)
        return spent() - before
    finally:
        gc.enable()


def spent() -> float:
    """Seconds of the processors so far, to the microsecond: `os.times` has only hundredths of a second."""
    used = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in used)


def filled(unit: str, size: int) -> str:
    return unit * (size // len(unit) + 1)


def costs_no_more_than_honest_work(text: str, half: str, suffix: str) -> None:
    """Compare the two, again when something else may have been in the way.

    A text that has more to it than prose (a step in every second letter) may be some more work, if that
    grows with its length alone: ``half`` is such a text half as long.
    """
    honest = filled(HONEST[suffix], len(text))
    read(HONEST[suffix], suffix)  # what is imported and compiled once
    taken = of_half = of_honest = float("inf")
    for tried in range(10):
        taken, of_honest = min(taken, work(text, suffix)), min(of_honest, work(honest, suffix))
        allowed = TIMES * max(of_honest, 0.01)
        if taken <= allowed:
            return
        of_half = min(of_half, work(half, suffix))
        grown = min(GROWTH * of_half, 2 * allowed)
        if tried >= 2 and taken <= grown:
            return
        if tried >= 2 and taken > 5 * grown:
            break
    raise AssertionError(
        f"{taken:.2f} s, {of_half:.2f} s for half of it,"
        f" and {of_honest:.2f} s for an honest text of {len(text)} letters"
    )


SIZE = 60_000


def numbered(form: str, size: int) -> str:
    """A text in which no two lines are the same."""
    return "".join(form.format(number) for number in range(size // len(form)))


def staircase(form: str, step: str, size: int) -> str:
    """Each line deeper than the one above it."""
    return "".join(form.format(step * depth) for depth in range(int((2 * size / len(step)) ** 0.5)))


def in_rst(size: int) -> dict[str, str]:
    return {
        "one line": "x" * size + "\n\n::\n\n  $ a\n",
        "colons": ":" * size + "\n\n  $ a\n",
        "lines under titles": filled("=====\n", size) + "\n::\n\n  $ a\n",
        "titles": numbered("Title {}\n==========\n\n", size) + "::\n\n  $ a\n",
        "overlines": filled("==\nab\n==\n\n", size) + "::\n\n  $ a\n",
        "bullets in bullets": filled("* ", size) + "\n\n::\n\n  $ a\n",
        "items": filled("* a::\n", size),
        "numbered items": numbered("{}. a::\n", size),
        "definitions": filled("a\n  b::\n", size),
        "fields": filled(":a: b\n", size) + "\n::\n\n  $ a\n",
        "footnotes": filled(".. [1] a::\n\n   $ a\n\n", size),
        "line blocks": filled("| a\n", size) + "\n::\n\n  $ a\n",
        "notes in notes": staircase("{}.. note::\n\n", "   ", size) + "::\n",
        "steps to the right": staircase("{}a::\n\n", " ", size),
        "a wide table": filled("+--", size) + "+\n|\n\n::\n\n  $ a\n",
        "a long table": filled("+----+\n| :: |\n", size) + "+----+\n",
        "terminals": filled(".. terminal::\n   :input: a\n\n", size),
        "a long terminal": ".. terminal::\n   :input: a\n\n" + filled("   :input: b\n", size),
        "an open paragraph in a terminal": ".. terminal::\n\n" + filled("   echo 'b\n", size),
        "a thousand prompts": ".. prompt:: bash\n   :modifiers: auto\n   :prompts: "
        + ",".join(f"p{number}$" for number in range(size // 20))
        + "\n\n"
        + filled("   p1$ echo b\n", size // 2),
        "open here-documents": "::\n\n" + numbered("  $ cat <<E{}\n", size),
        "open quotes": "::\n\n" + numbered("  $ echo 'a{}\n", size),
        "blocks with open quotes": numbered("::\n\n  $ echo 'a{}\n\n", size),
        "a line of hints": "::\n\n  $ a " + filled("# wordish: ", size) + "\n",
        "control characters": filled("\x0b\x0c\x1c\x85\u2028::\n", size),
    }


def in_markdown(size: int) -> dict[str, str]:
    return {
        "quotes in quotes": ">" * size + "\n",
        "bullets in bullets": "- " * (size // 2) + "a\n",
        "items to the right": staircase("{}- a\n", "  ", size),
        "definitions in definitions": staircase("{}a\n\n: b\n\n", "  ", size),
        "definitions": filled("a\n: b\n\n", size),
        "one row of backticks": "`" * size + "\n",
        "open fences": filled("```\n\n~~~\n", size),
        "longer and longer fences": staircase("```{}\n", "`", size),
        "longer and longer colons": staircase(":::{}{{note}}\n", ":", size)
        .replace("{{", "{")
        .replace("}}", "}"),
        "open comments": "<!--" * (size // 4) + "\n",
        "open comments of ours": filled("<!-- wordish: \n", size),
        "comments of ours": filled("<!-- wordish: timeout=1 -->\n\n", size),
        "pieces of reStructuredText": filled("```{eval-rst}\n::\n\n  $ a\n```\n", size),
        "pieces of nothing": filled("```{eval-rst}\n```\n", size),
        "terminals": filled("```{terminal}\necho 'a b'\n\nb\n```\n", size),
        "tables": filled("| a | b |\n|---|---|\n| c | d |\n", size),
        "references": filled("[a]: b\n", size),
        "brackets": "[" * size + "\n",
        "front matter without an end": "---\n" + filled("a: b\n", size),
        "deep front matter": "---\nwordish: " + "[" * size + "\n---\n",
        "notes of MkDocs in notes": staircase("{}!!! note\n\n", "    ", size),
        "pairs": filled("```bash\na\n```\n```output\nb\n```\n", size),
        "placeholders": "```\n$ " + "<a> " * (size // 4) + "\n```\n",
        "samples": "<!-- wordish: "
        + "".join(f"sample=a{number} " for number in range(size // 40))
        + "-->\n\n```\n"
        + "".join(f"$ a{number}\na{number}\n" for number in range(size // 40))
        + "```\n",
        "a greedy prompt": "<!-- wordish: user-prompt='(a*)*b' -->\n\n```\n" + "a" * size + "\n```\n",
        "carriage returns": filled("```\r", size),
        "tabs": "\t" * size,
        "classes of Kramdown": "```\na\n```\n{:" + " ." * (size // 2) + "\n",
    }


def in_transcripts(size: int) -> dict[str, str]:
    return {
        "prompts": filled("$\n", size),
        "prompts in a line": "$ " * (size // 2),
        "one command": "$ " + "a" * size,
        "one quoted command": "$ '" + "a b" * (size // 3),
        "an output of one line": "$ a\n" + "a" * size,
        "parentheses": "$ " + "(" * size,
        "substitutions": "$ " + "$(" * (size // 2),
        "backslashes": "$ " + "\\" * size,
        "continued": "$ a \\\n" + filled("b \\\n", size),
        "open loops": numbered("$ for a in b{}\n", size),
        "open here-documents": numbered("$ cat <<E{}\n", size),
        "closed here-documents": numbered("$ cat <<E{0}\nE{0}\n", size),
        "continuation prompts": "$ for a in b; do\n" + filled("> c\n", size),
        "stage directions": "$ a\n" + filled("... a stage\n", size) + "$ b\n",
        "control characters": numbered("$ a{}\x01\n", size),
    }


SHAPES = {".rst": in_rst, ".md": in_markdown, ".console": in_transcripts}


@pytest.mark.parametrize(
    ("suffix", "text", "half"),
    [
        pytest.param(suffix, text, half, id=f"{name} in {suffix}")
        for suffix, shapes in SHAPES.items()
        for (name, text), half in zip(shapes(SIZE).items(), shapes(SIZE // 2).values(), strict=True)
    ],
)
def test_a_hostile_text_is_no_more_work_than_its_length_allows(suffix: str, text: str, half: str) -> None:
    costs_no_more_than_honest_work(text, half, suffix)


UNITS = st.lists(st.sampled_from([*PIECES, *ODD, "\n", "\n", "  ", "a", "="]), min_size=1, max_size=5).map(
    " ".join
) | st.lists(st.sampled_from([*PIECES, *ODD, "\n", "  "]), min_size=1, max_size=4).map("".join)


@bounded
@given(st.sampled_from([*HONEST]), UNITS, UNITS, UNITS)
def test_whatever_is_repeated_is_no_more_work_than_its_length_allows(
    suffix: str, before: str, unit: str, after: str
) -> None:
    inside = {".rst": "::\n\n  $ a\n  ", ".md": "```\n$ a\n", ".console": "$ a\n"}[suffix]
    for start in (f"{before}\n", f"{inside}{before}"):
        text, half = (f"{start}{filled(unit, size)}\n{after}" for size in (6000, 3000))
        costs_no_more_than_honest_work(text, half, suffix)


@pytest.mark.parametrize("suffix", HONEST)
def test_a_megabyte_in_one_line_is_read(suffix: str) -> None:
    inside: dict[str, Callable[[str], str]] = {
        ".rst": lambda line: f"::\n\n  $ echo one\n  {line}\n",
        ".md": lambda line: f"```\n$ echo one\n{line}\n```\n",
        ".console": lambda line: f"$ echo one\n{line}\n",
    }
    (step,) = read(inside[suffix]("x" * 1_000_000), suffix).steps
    assert len(step.expectation.text) == 1_000_000


def test_after_a_hundred_errors_an_article_is_read_no_further() -> None:
    text = "".join(f"::\n\n  $ echo '{number}\n\n" for number in range(300))
    article = read(text, ".rst")
    names = [remark.name for remark in article.diagnostics]
    assert names.count("open-command") == session.MOST_ERRORS
    assert names[-1] == "too-many-errors"
    assert len(names) == session.MOST_ERRORS + 1
