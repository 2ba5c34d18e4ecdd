"""TAP 14: plans, subtests, directives and YAML."""

from __future__ import annotations

import re
from typing import Any

import pytest
from msgspec import yaml

from tests.reporters import runs
from tests.reporters.runs import tell
from wordish.model import Output, Transcript


def diagnostics(text: str) -> list[Any]:
    """The YAML blocks."""
    blocks = re.findall(r"^( *)---\n(.*?)^\1\.\.\.$", text, re.MULTILINE | re.DOTALL)
    return [yaml.decode(re.sub(f"^{indent}", "", block, flags=re.MULTILINE)) for indent, block in blocks]


def points(text: str) -> list[str]:
    """What a consumer acts upon: all lines but those of YAML blocks."""
    lines, inside = [], ""
    for line in text.splitlines():
        if inside:
            inside = "" if line == inside.replace("---", "...") else inside
        elif line.strip() == "---":
            inside = line
        else:
            lines.append(line)
    assert not inside
    return lines


def test_a_subtest_is_an_article_and_a_point_is_a_step() -> None:
    text = tell("tap", runs.ARTICLE, runs.run(runs.PASSED, path="b.md"), articles=2)
    assert points(text) == [
        "TAP version 14",
        "1..2",
        "# Subtest: docs/a.md",
        "    1..3",
        "    ok 1 - docs/a.md:4: ~$ ls",
        "    not ok 2 - docs/a.md:6: ~$ fox \\\\ …",
        "    ok 3 - docs/a.md:9: ~$ ls # SKIP after line 6",
        "not ok 1 - docs/a.md",
        "# Subtest: b.md",
        "    1..1",
        "    ok 1 - docs/a.md:4: ~$ ls",
        "ok 2 - b.md",
    ]
    assert diagnostics(text) == [
        {
            "message": "exit status 5, 0 expected; the output differs",
            "severity": "fail",
            "file": "docs/a.md",
            "line": 6,
            "command": "fox \\\n --jump",
            "status": 5,
            "diff": runs.FAILED.diff,
            "stderr": "careful",
        }
    ]


def test_what_no_terminal_shows_is_counted() -> None:
    (told,) = diagnostics(tell("tap", runs.run(runs.FAILED._replace(output=Output(nuls=20)))))
    assert told["nuls"] == 20


@pytest.mark.parametrize(
    ("transcript", "last"),
    [
        (runs.UNREACHED, ["not ok 1 - docs/a.md"]),
        (runs.LOST, ["not ok 1 - docs/a.md"]),
        (runs.INTERRUPTED, ["not ok 1 - docs/a.md", "Bail out! interrupted"]),
        (runs.run(runs.SKIPPED), ["ok 1 - docs/a.md # SKIP no step ran"]),
        (runs.run(), ["ok 1 - docs/a.md # SKIP no step ran"]),
    ],
)
def test_how_an_article_ends(transcript: Transcript, last: list[str]) -> None:
    assert points(tell("tap", transcript))[-len(last) :] == last


def test_hostile_texts_are_no_tap() -> None:
    text = tell("tap", runs.NASTY)
    lines = points(text)
    assert len(lines) == 9
    for line in lines[4:-1]:
        assert re.match(r"    (not )?ok \d - ", line)
        assert re.search(r"(?<!\\)(\\\\)*#(?! SKIP )", line.replace("# SKIP", "", 1)) is None
    assert len(diagnostics(text)) == 3
    assert {told["severity"] for told in diagnostics(text)} == {"fail", "error"}
