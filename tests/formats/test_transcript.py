from __future__ import annotations

import pytest

from wordish.formats import transcript
from wordish.model import Options
from wordish.sources import nothing


@pytest.mark.parametrize(
    ("path", "running"), [("a.console", False), ("a.sh-session", False), ("a.txt", True)]
)
def test_a_file_is_one_block_and_a_text_is_running(path: str, running: bool) -> None:
    (block,) = transcript.read("$ a\n\nx\n", path=path, load=nothing).blocks
    assert (block.line, block.text, block.running) == (1, "$ a\n\nx\n", running)


def test_first_lines_may_speak_of_the_article() -> None:
    reading = transcript.read(
        "# wordish: on=vm\n# wordish: timeout=3\n~# a\n", path="a.console", load=nothing
    )
    assert reading.options == Options(on="vm", timeout=3)
    assert (reading.blocks[0].line, reading.blocks[0].text) == (3, "~# a\n")
    assert reading.diagnostics == ()


@pytest.mark.parametrize(
    ("text", "path", "lines"),
    [
        (".. wordish: skip\n\n~$ a\n\n<!-- wordish: skip -->\n\n~$ b\n", "a.txt", [1, 5]),
        ("Text\n# wordish: on=vm\n~# a\n", "a.txt", [2]),
        ("Text\n# wordish: on=vm\n~# a\n# wordish: is an output\n", "a.console", [2]),
    ],
)
def test_a_comment_where_none_is_read_is_told(text: str, path: str, lines: list[int]) -> None:
    reading = transcript.read(text, path=path, load=nothing)
    assert [(fault.line, fault.name) for fault in reading.diagnostics] == [
        (line, "stray-comment") for line in lines
    ]
