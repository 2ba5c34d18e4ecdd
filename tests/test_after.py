"""Articles that come after others."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from wordish import after
from wordish.cli import main
from wordish.model import Conventions, Document

Write = Callable[..., Path]

INSTALL = """\
<!-- wordish: timeout=7 -->

# Install

```console
~$ mkdir shop && cd shop
~$ greet () { echo "Hello, $1"; }
~$ echo 1 > count  # wordish: cleanup
~$ cat count
1
~$ cd .. && rm -r shop  # wordish: cleanup
```
"""
USE = """\
---
wordish:
  after: install.md
---

```console
~$ greet $(basename $PWD)
Hello, shop
```
"""


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    monkeypatch.chdir(tmp_path)

    def write(name: str, text: str = "", says: str = "") -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text or f"<!-- wordish: {says} -->\n\nText.\n\n```\n~$ echo {name}\n{name}\n```\n")
        return path

    return write


def read(path: str) -> Document:
    return after.read(path, conventions_of=lambda _: Conventions())


def commands(document: Document) -> list[str]:
    return [step.command for step in document.sequence]


def remarks(document: Document) -> list[str]:
    return [str(remark) for remark in document.diagnostics]


def test_the_steps_of_the_other_run_before_and_what_cleans_up_at_its_end_last(write: Write) -> None:
    write("install.md", INSTALL)
    write("use.md", USE)
    document = read("use.md")
    assert [(step.path, step.line) for step in document.sequence] == [
        *(("install.md", line) for line in (6, 7, 8, 9)),
        ("use.md", 7),
        ("install.md", 11),
    ]
    assert [step.command for step in document.steps] == ["greet $(basename $PWD)"]
    assert {step.options.hidden for step in (*document.before, *document.closing)} == {True}
    assert {step.options.timeout for step in document.before} == {7}
    assert document.steps[0].options.timeout is None


def test_it_is_checked_in_one_shell(write: Write, capfd: pytest.CaptureFixture[str]) -> None:
    write("docs/install.md", INSTALL)
    write("docs/use.md", USE)
    assert main(["check", "docs/use.md"]) == 0
    assert "docs/use.md: 6 passed" in capfd.readouterr().out
    write("docs/install.md", INSTALL.replace("\n1\n", "\n2\n"))
    assert main(["check", "--format", "json", "docs/use.md"]) == 1
    (document,) = json.loads(capfd.readouterr().out)["documents"]
    assert [(step["path"], step["line"], step["outcome"]) for step in document["steps"]] == [
        ("docs/install.md", 6, "passed"),
        ("docs/install.md", 7, "passed"),
        ("docs/install.md", 8, "passed"),
        ("docs/install.md", 9, "failed"),
        ("docs/use.md", 7, "skipped"),
        ("docs/install.md", 11, "passed"),
    ]
    assert document["steps"][4]["reason"] == "after docs/install.md:9"


def test_others_may_come_after_others_and_each_runs_once(write: Write) -> None:
    write("a.md", says="after=b.md after=sub/c.md")
    write("b.md", says="after=d.md")
    write("sub/c.md", says="after=../d.md")
    write("d.md")
    assert commands(read("a.md")) == ["echo d.md", "echo b.md", "echo sub/c.md", "echo a.md"]


def test_what_closes_runs_in_the_other_order(write: Write) -> None:
    for name, says in (("a", "b"), ("b", "c"), ("c", "")):
        text = f"```\n~$ {name}1\n~$ {name}2  # wordish: cleanup\n```\n"
        write(f"{name}.md", (f"<!-- wordish: after={says}.md -->\n" if says else "") + text)
    assert commands(read("a.md")) == ["c1", "b1", "a1", "a2", "b2", "c2"]


@pytest.mark.parametrize(
    ("files", "fault"),
    [
        ({"a.md": "after=a.md"}, "a.md:1: a.md comes after a.md: leave one of these out"),
        (
            {"a.md": "after=b.md", "b.md": "after=c.md", "c.md": "after=./b.md"},
            "c.md:1: b.md comes after c.md, which comes after b.md: leave one of these out",
        ),
        (
            {"a.md": "timeout=3 after=b.md"},
            "a.md:1: after b.md: cannot be read: No such file or directory: check its path and permissions",
        ),
        ({"a.md": "after=.."}, "a.md:1: after ..: not a file: give articles or directories"),
    ],
)
def test_what_cannot_run_before_is_told_at_its_line(write: Write, files: dict[str, str], fault: str) -> None:
    for name, says in files.items():
        write(name, says=says)
    document = read("a.md")
    assert remarks(document) == [fault]
    assert document.errors


def test_a_chain_has_an_end(write: Write) -> None:
    for number in range(60):
        write(f"{number}.md", says=f"after={number + 1}.md")
    write("60.md")
    (remark,) = remarks(read("0.md"))
    assert remark.startswith("50.md:1: more than 50 articles, one after the other")


def test_the_line_of_a_list_in_front_matter_is_found(write: Write) -> None:
    write("a.md", "---\nwordish:\n  after:\n    - b.md\n    - c.md\n---\n")
    write("b.md")
    assert [remark.line for remark in read("a.md").diagnostics] == [5]


def test_an_error_of_the_other_is_told_at_its_own_place(
    write: Write, capfd: pytest.CaptureFixture[str]
) -> None:
    write("a.md", says="after=b.md")
    write("b.md", "```\n~$ echo '\n```\n")
    write("c.md", "Prose.\n")
    assert main(["check", "a.md"]) == 2
    assert capfd.readouterr().err.startswith("b.md:2: the command never ends: its closing ' is missing")
    write("a.md", says="after=c.md")
    assert remarks(read("a.md")) == ["a.md:1: after c.md: it has no session: name one that has"]


def test_root_steps_of_the_other_choose_the_target(write: Write, capfd: pytest.CaptureFixture[str]) -> None:
    write("a.md", says="after=b.md")
    write("b.md", "```\n~# id -un\nroot\n```\n")
    assert main(["check", "--on", "host", "a.md"]) == 2
    assert capfd.readouterr().err.startswith("b.md:2: a root prompt, but the target host is not thrown away")


def test_an_update_leaves_the_other_alone(write: Write, capfd: pytest.CaptureFixture[str]) -> None:
    other = write("install.md", INSTALL)
    path = write("use.md", USE.replace("Hello, shop", "Good day"))
    assert main(["update", "use.md"]) == 0
    assert (path.read_text(), other.read_text()) == (USE, INSTALL)
    other.write_text(INSTALL.replace("\n1\n", "\n2\n"))
    capfd.readouterr()
    assert main(["update", "use.md"]) == 1
    assert capfd.readouterr().out.startswith("install.md:9: left: it stands in another file\n")


def test_the_other_is_part_of_an_exported_script(write: Write, capfd: pytest.CaptureFixture[str]) -> None:
    write("install.md", INSTALL)
    write("use.md", USE)
    assert main(["export", "use.md"]) == 0
    script = capfd.readouterr().out
    assert (
        script.index("# install.md:6: hidden") < script.index("# use.md:7") < script.index("# install.md:11")
    )
    assert main(["export", "--to", "transcript", "use.md"]) == 0
    assert capfd.readouterr().out == "~$ greet $(basename $PWD)\nHello, shop\n"


CONFIG = """
[[tool.wordish.overrides]]
paths = ["docs/"]
options.after = "docs/install.md"
"""


def test_a_folder_may_come_after_one_of_its_articles(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    write("pyproject.toml", CONFIG)
    write("docs/install.md", INSTALL)
    write("docs/deep/use.md", "```\n~$ greet x\nHello, x\n```\n")
    assert main(["check", "docs"]) == 0
    monkeypatch.chdir("docs/deep")
    assert main(["check", "use.md"]) == 0


def test_an_article_that_the_configuration_names_must_be_there(
    write: Write, capfd: pytest.CaptureFixture[str]
) -> None:
    write("pyproject.toml", CONFIG)
    write("docs/use.md", USE)
    assert main(["check", "docs"]) == 2
    assert capfd.readouterr().err == (
        "pyproject.toml:4: tool.wordish.overrides[0].options.after: docs/install.md: no such file: "
        "paths start at this file's folder\n"
    )


def test_all_the_files_that_it_is_read_from_are_known_also_those_that_are_not_there(write: Write) -> None:
    write("a.md", says="after=docs/b.md after=gone.md")
    write("docs/b.md", "<!-- wordish: after=c.md -->\n\n```{include} part.md\n```\n")
    write("docs/c.md", says="timeout=7")
    assert sorted(read("a.md").sources) == ["docs/b.md", "docs/c.md", "docs/part.md", "gone.md"]
