from __future__ import annotations

import subprocess
import sys

import pytest

from wordish.formats import FORMATS
from wordish.sources import nothing


def test_every_format_reads_the_empty_text() -> None:
    for form in FORMATS.values():
        reading = form.read("", path=f"a{form.SUFFIXES[0]}", load=nothing)
        assert not any(block.text for block in reading.blocks)
        assert reading.diagnostics == ()


@pytest.mark.parametrize(
    ("name", "without"), [("a.md", "docutils"), ("a.rst", "markdown_it"), ("a.console", "docutils")]
)
def test_a_markup_does_not_pay_for_another(name: str, without: str) -> None:
    read = f"from wordish import document; document.parse('$ a', path={name!r})"
    code = f"import sys; {read}; print({without!r} in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
