"""What the Sphinx extension adds to the build of a project's pages."""

from __future__ import annotations

import functools
import re
import shutil
import subprocess
import sys
from pathlib import Path

from tests.bench.timing import HERE, Comparison, busy, compare

PAGES = 200
_ARTICLES = ("docs/howto/lvm-upgrade-safety-net.rst", "docs/howto/shell-basics.md")
# Directives that only the extension knows, with their options.
_OURS = re.compile(
    r"""
    ^ (?: \.\.[ ](?:verified|wordish-\w+)::.*\n (?:[ ]{3}.*\n)*
        | ```\{(?:verified|wordish-\w+)\}.*\n (?:.*\n)*? ```\n )
    """,
    re.MULTILINE | re.VERBOSE,
)
_CONF = """\
extensions = [{}]
html_theme = 'basic'
highlight_language = 'none'
suppress_warnings = ['toc', 'ref.doc']
"""


def pages(folder: Path, *, rounds: int) -> Comparison:
    """The processor's time for a first build of as many pages, with and without the extension.

    Half of them are in rst and half in MyST: two articles of this project's, with names that differ from
    page to page, without the directives that only the extension knows.
    """
    contenders = {}
    for name, extensions in (
        ("sphinx", "'myst_parser'"),
        ("with wordish", "'myst_parser', 'wordish.sphinx_ext'"),
    ):
        source = folder / name.replace(" ", "-")
        source.mkdir()
        (source / "conf.py").write_text(_CONF.format(extensions), encoding="utf-8")
        (source / "index.rst").write_text("Index\n=====\n", encoding="utf-8")
        for number in range(PAGES):
            article = HERE / _ARTICLES[number % len(_ARTICLES)]
            text = _OURS.sub("", article.read_text(encoding="utf-8")).replace("attic", f"attic{number}")
            text = text.replace("./mnt/website", f"./mnt/website{number}")
            (source / f"page-{number:03}{article.suffix}").write_text(text, encoding="utf-8")
        contenders[name] = functools.partial(_built, source)
    return compare(f"{PAGES} pages built", reference="sphinx", rounds=rounds, contenders=contenders)


def _built(source: Path) -> float:
    """Seconds that a processor is busy with the pages of a folder."""
    out = source / "_build"
    shutil.rmtree(out, ignore_errors=True)
    return busy(lambda: subprocess.run([sys.executable, "-m", "sphinx", "-q", source, out], check=True))
