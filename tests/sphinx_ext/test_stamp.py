"""The stamp, the role and the report: what the record says of an article, beside what it says today."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest

from tests.sphinx_ext.conftest import Built, Project, Start
from wordish import after, verified
from wordish.model import Conventions

ARTICLE = """\
# Volumes

```console
~# pvs
~# lvs
  LV    VG
```

```{verified}
```
"""

ENTRY: dict[str, Any] = {
    "verified": "2026-11-22T10:00:00+01:00",
    "wordish": "0.1.0",
    "digest": "",
    "outcome": "passed",
    "steps": {"passed": 2, "failed": 0, "skipped": 0, "error": 0},
    "elapsed": 9.1,
    "target": "vm:bookworm",
    "environment": {
        "distribution": "Debian GNU/Linux 12 (bookworm)",
        "kernel": "6.1.0-28",
        "accelerator": "tcg",
    },
    "packages": {"lvm2": "2.03.16-2", "coreutils": "9.1-1"},
}


def record(made: Project, *names: str, at: float | None = None, **changes: Any) -> Path:
    """Write a record in which these articles are as they are now."""
    entries = {}
    for name in names:
        digest = verified.digest(after.read(made.folder / name, conventions_of=lambda _: Conventions()))
        entries[name] = {**ENTRY, "digest": digest, **changes}
    path = made.write("verified.json", json.dumps({"version": 1, "articles": entries}))
    if at is not None:
        os.utime(path, (at, at))
    return path


def said(built: Built, name: str = "index.html") -> str:
    """The text of the stamps in a page."""
    stamps = re.findall(r'<div class="wordish-stamp[^>]*>\s*(.*?)\s*</div>', built.text(name), re.DOTALL)
    return "\n".join(re.sub(r"<[^>]*>", "", stamp) for stamp in stamps)


def test_a_verified_article_says_when_where_and_with_what(project: Start) -> None:
    made = project({"index.md": ARTICLE})
    record(made, "index.md")
    built = made.build()
    assert built.warnings == ""
    assert said(built) == (
        "This article was verified on 22 November 2026 with wordish 0.1.0: 2 steps in 9.10 s, in the "
        "throwaway machine bookworm (Debian GNU/Linux 12 (bookworm), Linux 6.1.0-28, emulated).\n"
        "It ran coreutils 9.1-1, lvm2 2.03.16-2."
    )
    assert 'class="wordish-stamp wordish-verified docutils container"' in built.text("index.html")


def test_one_letter_changed_in_an_output_is_told(project: Start) -> None:
    made = project({"index.md": ARTICLE})
    record(made, "index.md")
    made.write("index.md", ARTICLE.replace("LV    VG", "LV    VH"))
    built = made.build()
    assert said(built) == "This article changed since it was verified on 22 November 2026 with wordish 0.1.0."
    assert "wordish-changed" in built.text("index.html")


def test_prose_may_change(project: Start) -> None:
    made = project({"index.md": ARTICLE})
    record(made, "index.md")
    made.write("index.md", ARTICLE.replace("# Volumes", "# Logical volumes\n\nMore to read."))
    assert said(made.build()).startswith("This article was verified on 22 November 2026")


def test_without_a_record_it_was_never_verified(project: Start) -> None:
    built = project({"index.md": ARTICLE}).build()
    assert said(built) == "This article was never verified."
    assert built.warnings == ""


def test_an_article_found_wrong_says_so(project: Start) -> None:
    made = project({"index.md": ARTICLE})
    steps = {"passed": 1, "failed": 1, "skipped": 0, "error": 0}
    record(made, "index.md", outcome="failed", steps=steps, last_passed="2026-02-09T08:00:00+01:00")
    assert said(made.build()) == (
        "This article was found wrong on 22 November 2026 with wordish 0.1.0: 2 steps (1 passed, 1 failed) "
        "in 9.10 s, in the throwaway machine bookworm (Debian GNU/Linux 12 (bookworm), Linux 6.1.0-28, "
        "emulated). It was last verified on 9 February 2026."
    )


@pytest.mark.parametrize("builder", ["text", "man", "latex"])
def test_the_stamp_stands_in_other_forms_too(project: Start, builder: str) -> None:
    made = project({"index.md": ARTICLE})
    conf = (made.folder / "conf.py").read_text()
    made.write("conf.py", f"{conf}\nman_pages = [('index', 'howto', 'Howto', [], 1)]\n")
    record(made, "index.md")
    built = made.build(builder)
    text = " ".join(
        page.read_text()
        for page in built.out.iterdir()
        if page.suffix in (".txt", ".1", ".tex") and page.is_file()
    )
    assert "verified on 22 November 2026" in " ".join(text.split())


def test_the_date_is_written_as_the_project_does(project: Start) -> None:
    made = project({"index.md": ARTICLE})
    record(made, "index.md")
    built = made.build(wordish_date_format="%d %b %Y", language="de")
    assert "22 Nov. 2026" in said(built)


def test_another_article_and_no_packages(project: Start) -> None:
    index = "# Index\n\n```{verified} volumes\n:no-packages:\n```\n"
    made = project({"index.md": index, "volumes.md": ARTICLE})
    record(made, "volumes.md")
    stamp = said(made.build(suppress_warnings=["toc.not_included"]))
    assert stamp.startswith("This article was verified")
    assert "lvm2" not in stamp


def test_an_article_that_is_not_there_is_a_warning_that_can_be_suppressed(project: Start) -> None:
    made = project({"index.rst": "Index\n=====\n\n.. verified:: nowhere\n\n:wordish:`nowhere`\n"})
    warnings = made.build().warnings
    assert "index.rst:4: WARNING: no such article: nowhere [wordish.article]" in warnings
    assert "index.rst:6: WARNING: no such article: nowhere [wordish.article]" in warnings
    assert made.build(suppress_warnings=["wordish.article"]).warnings == ""


def test_a_record_that_is_none_is_a_warning(project: Start) -> None:
    made = project({"index.md": ARTICLE})
    made.write("verified.json", "{]")
    built = made.build()
    assert "verified.json:1: not JSON" in built.warnings
    assert "[wordish.record]" in built.warnings


def test_the_role_says_the_state_and_leads_there(project: Start) -> None:
    index = "Index\n=====\n\n:wordish:`volumes`, :wordish:`LVM <volumes>`, :wordish:`other`\n"
    made = project({"index.rst": index, "volumes.md": ARTICLE, "other.md": "# Other\n"})
    record(made, "volumes.md")
    built = made.build(suppress_warnings=["toc.not_included"])
    html = built.text("index.html")
    assert built.warnings == ""
    link = '<a class="reference internal" href="volumes.html"><span class="doc">{}</span></a>'
    state = '<span class="wordish-state wordish-verified">{}</span>'
    words = "verified on 22 November 2026"
    assert state.format(link.format(words)) in html
    assert f"{link.format('LVM')} ({state.format(words)})" in html
    assert "never verified" in html


def report_rows(html: str) -> list[list[str]]:
    table = re.search(r'<table class="[^"]*wordish-report[^"]*">(.*?)</table>', html, re.DOTALL)
    assert table
    rows = re.findall(r"<tr.*?</tr>", table.group(1), re.DOTALL)
    return [
        [re.sub(r"<[^>]*>", "", cell).strip() for cell in re.findall(r"<t[dh].*?</t[dh]>", row, re.DOTALL)]
        for row in rows
    ]


REPORT = "# All\n\n```{wordish-report}\n```\n"


def test_the_report_lists_the_articles_and_their_states(project: Start) -> None:
    made = project({"index.md": REPORT, "a.md": ARTICLE, "b.md": ARTICLE, "prose.md": "# Prose\n"})
    record(made, "a.md")
    html = made.build(suppress_warnings=["toc.not_included"]).text("index.html")
    assert report_rows(html) == [
        ["Article", "State", "Steps", "Time", "Where", "wordish"],
        ["Volumes", "verified on 22 November 2026", "2", "9.10 s", "vm:bookworm", "0.1.0"],
        ["Volumes", "never verified", "", "", "", ""],
    ]
    assert "2 articles: 1 verified, 1 never verified." in html
    assert 'href="a.html"' in html


def test_a_report_of_some_articles(project: Start) -> None:
    index = REPORT.replace("{wordish-report}", "{wordish-report} howto/*")
    made = project({"index.md": index, "howto/a.md": ARTICLE, "b.md": ARTICLE})
    html = made.build(suppress_warnings=["toc.not_included"]).text("index.html")
    assert "1 article: 1 never verified." in html


FILES = {
    "index.md": "# Index\n\n```{toctree}\nplain\nstamped\nreport\nmentioned\n```\n",
    "plain.md": "# Plain\n\n```\n~$ true\n```\n",
    "stamped.md": ARTICLE,
    "report.md": REPORT,
    "mentioned.md": "# Mentioned\n\n{wordish}`stamped`\n",
}
SHOWING = {"stamped", "report", "mentioned"}


def later(path: Path, seconds: float = 10) -> None:
    at = path.stat().st_mtime + seconds
    os.utime(path, (at, at))


@pytest.mark.parametrize("parallel", [0, 2])
def test_a_new_record_has_only_the_pages_read_that_show_it(project: Start, parallel: int) -> None:
    made = project(FILES)
    assert made.build(parallel=parallel).warnings == ""
    record(made, "stamped.md")  # there was none before
    second = made.build(parallel=parallel)
    assert set(second.read) == SHOWING
    assert "verified on 22 November 2026" in second.text("mentioned.html")
    assert made.build(parallel=parallel).read == ()
    later(made.folder / "verified.json")
    assert set(made.build(parallel=parallel).read) == SHOWING


def test_a_changed_article_changes_what_others_say_of_it(project: Start) -> None:
    made = project(FILES)
    record(made, "stamped.md")
    made.build()
    path = made.write("stamped.md", ARTICLE.replace("VG", "VH"))
    later(path)
    built = made.build()
    assert set(built.read) == {"stamped", "mentioned"}
    assert {"stamped", "mentioned", "report"} <= set(built.written)
    assert "changed since 22 November 2026" in built.text("mentioned.html")
    assert "changed since 22 November 2026" in built.text("report.html")


@pytest.mark.parametrize("changed", ["part.md", "before.md"])
def test_a_state_follows_all_the_files_that_an_article_is_read_from(project: Start, changed: str) -> None:
    session = "```console\n~$ true\n```\n"
    article = f"<!-- wordish: after=before.md -->\n\n# Volumes\n\n```{{include}} part.md\n```\n\n{session}"
    made = project({**FILES, "stamped.md": article, "part.md": session, "before.md": session})
    record(made, "stamped.md")
    assert "verified on 22 November 2026" in made.build().text("mentioned.html")
    later(made.write(changed, session.replace("true", "false")))
    built = made.build()
    assert "changed since 22 November 2026" in built.text("mentioned.html")
    assert "changed since 22 November 2026" in built.text("report.html")


def test_each_builder_writes_the_state_as_it_is_whichever_read_it_first(project: Start) -> None:
    made = project(FILES)
    record(made, "stamped.md")
    made.build()
    assert "verified on" in made.build("dirhtml").text("mentioned/index.html")
    made.write("stamped.md", ARTICLE.replace("VG", "VH"))
    made.build()
    built = made.build("dirhtml")
    assert built.read == ()
    assert "changed since 22 November 2026" in built.text("mentioned/index.html")
    record(made, "stamped.md")
    made.build()
    built = made.build("dirhtml")
    assert "verified on" in built.text("mentioned/index.html")
    assert "verified on" in built.text("stamped/index.html")
    assert set(made.build("dirhtml").written) == set()


def test_a_state_follows_the_configuration_that_is_named(project: Start) -> None:
    made = project({"index.md": ARTICLE, "other.toml": "[tool.wordish]\n"})
    record(made, "index.md")
    assert "was verified on" in said(made.build(wordish_config="other.toml"))
    later(made.write("other.toml", '[tool.wordish.substitutions]\n"LV" = "PV"\n'))
    assert "changed since it was verified" in said(made.build(wordish_config="other.toml"))


def test_a_page_without_a_state_is_all_that_is_read(project: Start) -> None:
    made = project(FILES)
    record(made, "stamped.md")
    made.build()
    later(made.write("plain.md", FILES["plain.md"] + "\nMore.\n"))
    assert made.build().read == ("plain",)


def test_nothing_is_run_while_rendering(project: Start) -> None:
    made = project(
        {"index.md": ARTICLE.replace("~# pvs", "~$ touch /tmp/ran-while-rendering ran"), "r.md": REPORT}
    )
    record(made, "index.md")
    made.build(suppress_warnings=["toc.not_included"])
    assert not list(made.folder.rglob("ran*"))
    assert not Path("/tmp/ran-while-rendering").exists()
