"""How long articles take to be read, and whether twice the text takes twice the time."""

from __future__ import annotations

import functools
import re
import subprocess
import sys
from collections.abc import Iterator
from itertools import count
from pathlib import Path

from tests.bench.timing import HERE, Comparison, Goal, busy, compare

# What was read before is remembered, and not read again: so it is given as a text.
_READ = """
import sys
from wordish import document
from wordish.text import text_of
for path in document.find(sys.argv[1:]):
    assert document.parse(text_of(path.path), path=str(path)).steps
"""
_KILOBYTE = 1000
_OF_THE_ARTICLE = re.compile(
    r"\A---\n(?s:.*?)\n---\n|^.*wordish: .*\b(?:on|machine|after)=.*\n", re.MULTILINE
)


def texts(folder: Path, *, rounds: int) -> Iterator[Comparison]:
    """The processor's time for one long article in each markup: 200 KB, five and 25 times as much.

    An article of this project's stands in them again and again, with names that differ.
    """
    for name, article, goal in (
        ("reStructuredText", "docs/howto/lvm-upgrade-safety-net.rst", 1.0),
        ("Markdown", "docs/howto/shell-basics.md", 0.3),
    ):
        text = (HERE / article).read_text(encoding="utf-8")
        contenders = {}
        for size in (200, 1000, 5000):
            path = folder / f"{size}{Path(article).suffix}"
            path.write_text(_repeated(text, size * _KILOBYTE), encoding="utf-8")
            contenders[f"{size} KB"] = functools.partial(_read, path)
        yield compare(
            f"{name} read",
            reference="200 KB",
            rounds=rounds,
            contenders=contenders,
            goals=[Goal("200 KB", goal, "s")],
        )


def articles(folder: Path, *, rounds: int, number: int = 1000) -> Comparison:
    """The processor's time for many small articles, found and read, beside that of one."""
    contenders = {}
    for label, many in ((f"{number} articles", number), ("one article", 1)):
        source = folder / f"articles-{many}"
        source.mkdir()
        for each in range(many):
            markup = ("md", "rst")[each % 2]
            fence = ("```console\n{}```\n", "::\n\n{}")[each % 2]
            session = f"~$ echo 'article {each}' | tr a b\nbrticle {each}\n~$ ls -l\ntotal 0\n"
            shown = session if markup == "md" else "".join(f"   {line}\n" for line in session.split("\n"))
            text = (
                f"Article {each}\n==========\n\nSome prose that goes on for a line.\n\n{fence.format(shown)}"
            )
            (source / f"article-{each:04}.{markup}").write_text(text, encoding="utf-8")
        contenders[label] = functools.partial(_read, source)
    return compare(
        "small articles read",
        reference="one article",
        rounds=rounds,
        contenders=contenders,
        goals=[Goal(f"{number} articles", 3, "s")],
    )


def _repeated(text: str, size: int) -> str:
    """As many copies as make this many bytes, in which names of files have numbers."""
    pieces: list[str] = []
    length = 0
    for number in count():
        if length >= size:
            break
        copy = text.replace("website", f"website{number}").replace("attic", f"attic{number}")
        pieces.append(_OF_THE_ARTICLE.sub("", copy) if number else copy)
        length += len(pieces[-1])
    return "\n".join(pieces)


def _read(path: Path) -> float:
    """Seconds that a processor is busy with a process that reads what is at a path, its start included."""
    command = [sys.executable, "-c", _READ, str(path)]
    return busy(lambda: subprocess.run(command, check=True, cwd=path.parent))
