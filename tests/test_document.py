from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import pytest

from wordish import document
from wordish.errors import ArticleError, UsageError
from wordish.model import Conventions, Options, Severity

READING = Path(__file__).parent / "articles" / "reading"


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    files = {
        "docs/one.rst": "::\n\n  $ a\n",
        "docs/sub/two.md": "```\n$ a\n```\n",
        "docs/three.console": "$ a\n",
        "docs/four.txt": "Type\n\n  $ a\n\nand see.\n",
        "docs/requirements.txt": "docutils\n# $ a\n",
        "docs/picture.png": "$ a",
        "docs/.hidden.rst": "",
        "docs/.hidden/no.rst": "",
        "docs/_build/no.rst": "",
        "docs/node_modules/no.md": "",
        "docs/env/pyvenv.cfg": "",
        "docs/env/no.md": "",
        "none/picture.png": "",
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


def found(*paths: str | Path, base: Path | None = None) -> list[str]:
    return [str(path) for path in document.find(paths, base=base)]


ALL = ["docs/four.txt", "docs/one.rst", "docs/sub/two.md", "docs/three.console"]


@pytest.mark.usefixtures("tree")
def test_a_directory_gives_its_articles_sorted() -> None:
    assert found("docs") == found("./docs/") == ALL


@pytest.mark.usefixtures("tree")
def test_a_file_is_taken_as_it_is() -> None:
    assert found("docs/requirements.txt", "docs/.hidden.rst", "docs/picture.png") == [
        "docs/requirements.txt",
        "docs/.hidden.rst",
        "docs/picture.png",
    ]
    assert found("docs/_build") == ["docs/_build/no.rst"]


def test_an_article_comes_once_however_it_is_spelt(tree: Path) -> None:
    (tree / "link.rst").symlink_to("docs/one.rst")
    (tree / "docs" / "again").symlink_to(tree / "docs")
    assert found("docs/one.rst", "docs", "./docs/../docs/one.rst", tree / "docs/one.rst", "link.rst") == [
        "docs/one.rst",
        "docs/four.txt",
        "docs/sub/two.md",
        "docs/three.console",
    ]


def test_paths_start_at_the_base_and_can_be_opened_from_here(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert found("docs", base=tree) == ALL
    monkeypatch.chdir(tree / "docs" / "sub")
    assert found("docs/one.rst", base=tree) == ["../one.rst"]
    assert found(tree / "docs/one.rst", base=tree / "none") == [str(tree / "docs/one.rst")]


@pytest.mark.usefixtures("tree")
@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("nowhere.rst", "nowhere.rst: no such file or directory: check the spelling"),
        ("", r"'': an empty path: say `.` for the current directory"),
        ("none", r"none: no articles in this directory: articles end in \.console, \.markdown, \.md, "),
    ],
)
def test_nothing_there_is_an_error(path: str, message: str) -> None:
    with pytest.raises(UsageError, match=f"^{message}"):
        document.find(["docs", path])


# Reading


def test_a_document_is_all_steps_with_the_articles_options() -> None:
    front = "---\nwordish: timeout=9 status=any\n---\n\n"
    text = front + "<!-- wordish: status=1 -->\n```\n$ a\nb\n$ c # ignore\n```\n"
    article = document.parse(text, path="a.md")
    assert (article.path, article.text, article.errors) == ("a.md", text, ())
    assert article.options == Options(timeout=9, status="any")
    first, second = article.steps
    assert (first.line, first.options) == (7, Options(timeout=9, status=1))
    assert (second.line, second.options) == (9, Options(timeout=9, status=1, ignore=True))


def test_byte_order_mark_and_line_ends_are_kept_and_do_not_matter(tmp_path: Path) -> None:
    data = "\ufeff---\r\nwordish: timeout=9\r\n---\r\n\r\n```\r\n$ a \\\r\n  b\r\nout\r\n```".encode()
    path = tmp_path / "a.md"
    path.write_bytes(data)
    article = document.read(path)
    assert article.text.encode() == data
    (step,) = article.steps
    assert (step.line, step.command, step.expectation.text, step.options.timeout) == (
        6,
        "a \\\n  b",
        "out",
        9,
    )


@pytest.mark.parametrize("path", ["a.txt", "README", "a.unknown"])
def test_a_text_is_restructured_text_if_that_finds_a_session(path: str) -> None:
    marked = document.parse("Prose ~# like this.\n\n::\n\n  $ a\n\n  b\n", path=path)
    assert [(step.line, step.expectation.text) for step in marked.steps] == [(5, "b")]
    running = document.parse("Prose::\n\n  no prompt\n\n~# a\nb\n\nProse.\n", path=path)
    assert [(step.line, step.expectation.text) for step in running.steps] == [(5, "b")]


def test_faults_are_told_all_at_once_in_the_order_of_lines() -> None:
    text = "```\n$ a '\n```\n\n% wordish: timeuot=3\n```\n$ b # wordish: statsu=1\n$\u00a0c\n```\n"
    article = document.parse(text, path="a.md")
    assert [(fault.line, fault.name) for fault in article.diagnostics] == [
        (2, "open-command"),
        (5, "unknown-option"),
        (7, "unknown-option"),
        (8, "no-break-space"),
    ]
    assert [fault.line for fault in article.errors] == [2, 5, 7]
    assert [step.command for step in article.steps] == ["c"]


def test_a_transcript_that_lost_its_braces() -> None:
    article = document.read(READING / "lost-braces.txt")
    assert [(step.line, step.end_line, step.command.split("\n")[0]) for step in article.steps] == [
        (10, 10, "mkdir shop && touch shop/lamps"),
        (11, 12, "sell () {"),
        (14, 14, "sell brass"),
        (15, 15, "cat shop/lamps"),
        (33, 34, "copy () {"),
        (43, 44, "throw_away () {"),
        (48, 48, "copy"),
        (49, 49, "ls -d copy"),
        (52, 52, "throw_away"),
    ]
    assert {step.user for step in article.steps} == {"root"}
    assert article.steps[3].expectation.lines == (16, 16)
    assert [(fault.line, fault.name, fault.message) for fault in article.diagnostics] == [
        (20, "open-command", "the command never ends: its closing } is missing"),
        (36, "open-command", "the command never ends: its closing } is missing"),
    ]


def test_the_steps_before_a_lost_brace_are_as_their_author_wrote_them() -> None:
    article = document.read(READING / "before-the-lost-brace.txt")
    *before, after = article.steps
    assert {(step.prompt, step.user, step.options) for step in before} == {("~#", "root", Options())}
    assert [(step.line, step.command, step.expectation.text) for step in before] == [
        (5, "dd if=/dev/zero of=loop1.raw bs=1M count=40", ""),
        (6, "losetup /dev/loop1 loop1.raw", ""),
        (8, "grep loop /proc/partitions", "7        1     ... loop1"),
        (13, "pvcreate /dev/loop1", 'Physical volume "/dev/loop1" successfully created'),
        (18, "vgcreate datadisks /dev/loop1", 'Volume group "datadisks" successfully created'),
        (23, "lvcreate -n website -L 12M datadisks", 'Logical volume "website" created'),
        (
            26,
            "lvs",
            "LV      VG        Attr   LSize  Origin Snap%  Move Log Copy%  Convert\n"
            "  website datadisks -wi-a...M",
        ),
        (30, "grep dm /proc/partitions && ls /dev/datadisks/website", "252 ... dm-0"),
        (35, "mkfs.ext4 /dev/datadisks/website > /dev/null", ""),
        (36, "mkdir -p ./mnt/website && mount /dev/datadisks/website ./mnt/website", ""),
        (40, "touch ./mnt/website/database", ""),
        (41, "touch ./mnt/website/index.html", ""),
        (
            42,
            'add_new_user () {\n       echo "name:$1,age:$2" >> ./mnt/website/database ; }',
            "",
        ),
        (47, "add_new_user alice 29", ""),
        (48, "add_new_user bob 18", ""),
        (49, "cat ./mnt/website/database", ""),
    ]
    assert (after.line, after.command) == (69, "upgrade_schema_and_website")
    assert [(fault.line, fault.name, fault.hint) for fault in article.diagnostics] == [
        (53, "open-command", "close it with } before the next prompt")
    ]


# An author's own prompts


OWN = Conventions(options=Options(user_prompt=("db> ?",), root_prompt=("#",)))


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a.md", "```\ndb> a\nb\n# c\n```\n"),
        ("a.rst", "Do::\n\n  db> a\n  b\n  # c\n"),
        ("a.rst", "Do::\n\ndb> a\n"),
        ("a.txt", "db> a\nb\n\nText.\n\n# c\n"),
        ("a.console", "db> a\nb\n# c\n"),
        ("a.md", "<!-- wordish: hidden\ndb> a\nb\n# c\n-->\n"),
        ("a.md", "<!-- wordish: hidden\n\ndb> a\nb\n# c\n-->\n"),
        ("a.rst", ".. wordish: hidden\n\n   db> a\n   b\n   # c\n"),
    ],
)
def test_the_configurations_prompts_count_in_every_format(path: str, text: str) -> None:
    article = document.parse(text, path=path, conventions=OWN)
    if "::\n\ndb" in text:
        ((remark,),) = ([r.name for r in article.diagnostics],)
        assert (article.steps, remark) == ((), "unread-session")
        return
    first, second = article.steps
    assert (first.prompt, first.user, first.command, first.expectation.text) == ("db>", "user", "a", "b")
    assert (second.prompt, second.user, second.command) == ("#", "root", "c")
    assert article.diagnostics == ()


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("a.md", "---\nwordish:\n  prompts: {user: ['db> ?'], root: ['#']}\n---\n"),
        ("a.md", "---\nwordish:\n  user-prompt: 'db> ?'\n  root-prompt: ['x', '#']\n---\n"),
        ("a.md", "<!-- wordish: user-prompt='db> ?' root-prompt=# -->\n"),
        ("a.rst", ":wordish: user-prompt='db> ?' root-prompt=#\n\n"),
        ("a.rst", ".. wordish: user-prompt='db> ?' root-prompt=#\n\n"),
        ("a.console", "# wordish: user-prompt='db> ?' root-prompt=#\n"),
        ("a.txt", "# wordish: user-prompt='db> ?' root-prompt=#\n"),
    ],
)
def test_an_article_may_have_prompts_of_its_own(path: str, said: str) -> None:
    body = {"a.md": "```\ndb> a\n# c\n```\n", "a.rst": "Do::\n\n  db> a\n  # c\n"}
    article = document.parse(said + body.get(path, "db> a\n# c\n"), path=path)
    assert article.diagnostics == ()
    assert [(step.user, step.command) for step in article.steps] == [("user", "a"), ("root", "c")]


def test_an_articles_own_prompts_go_before_those_of_the_configuration() -> None:
    text = "---\nwordish: user-prompt='x>'\n---\n\n```\nx> a\ndb> b\n# c\n```\n"
    steps = document.parse(text, path="a.md", conventions=OWN).steps
    assert [(step.user, step.command, step.expectation.text) for step in steps] == [
        ("user", "a", "db> b"),
        ("root", "c", ""),
    ]


def test_hidden_steps_may_stand_at_the_articles_own_prompts() -> None:
    text = "---\nwordish: user-prompt='x>'\n---\n\n<!-- wordish: hidden\nx> a\n-->\n"
    article = document.parse(text, path="a.md")
    assert ([step.command for step in article.steps], article.diagnostics) == (["a"], ())


def test_a_pattern_that_is_none_is_told_at_its_line() -> None:
    article = document.parse("<!-- wordish: root-prompt='(x' -->\n\n```\n$ a\n```\n", path="a.md")
    (fault,) = article.errors
    assert str(fault) == "a.md:1: root-prompt=(x: bad pattern: missing ): (x"
    assert document.parse("---\nwordish: {user-prompt: ['', 3]}\n---\n", path="a.md").errors


def test_a_text_with_an_own_prompt_is_an_article(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.txt").write_text("Type\n\ndb> a\n")
    Path("b.txt").write_text("x> a\n")
    assert [str(path) for path in document.find(["."], conventions_of=lambda _: OWN)] == ["a.txt"]


def test_a_text_that_speaks_to_wordish_is_an_article(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.txt").write_text("# wordish: user-prompt='db>'\n\ndb> a\n")
    assert found(".") == ["a.txt"]


def test_a_session_in_another_encoding_is_an_article_that_cannot_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.txt").write_bytes("$ echo é\n".encode("latin-1"))
    Path("b.txt").write_bytes("café\n".encode("latin-1"))
    assert found(".") == ["a.txt"]


def test_a_folder_that_cannot_be_searched_is_an_error(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scandir = os.scandir

    def refusing(path: str) -> Any:
        if str(path).endswith("sub"):
            raise PermissionError(errno.EACCES, "Permission denied", path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refusing)
    with pytest.raises(ArticleError, match=r"^docs/sub: cannot be searched: Permission denied: "):
        found("docs")


def test_a_file_that_cannot_be_looked_at_is_an_article(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refusing(path: Path) -> bool:
        raise PermissionError(errno.EACCES, "Permission denied", path)

    monkeypatch.setattr(Path, "is_file", refusing)
    assert found("docs") == sorted([*ALL, "docs/requirements.txt"])


def test_a_document_says_under_which_conventions_it_was_read() -> None:
    conventions = Conventions(substitutions={"<x>": "1"})
    article = document.parse("$ echo <x>\n", path="a.console", conventions=conventions)
    assert (article.conventions, article.steps[0].command) == (conventions, "echo 1")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"x\n\x00", "a.rst:2: not a text: a NUL byte at offset 2: leave this file out"),
        (b"x\n\ny\xff", "a.rst:3: not UTF-8: byte 0xff at offset 4: save it as UTF-8"),
        ("$ é".encode("latin-1"), "a.rst:1: not UTF-8: byte 0xe9 at offset 2: save it as UTF-8"),
    ],
)
def test_what_is_no_text_is_refused(
    data: bytes, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.rst").write_bytes(data)
    with pytest.raises(ArticleError) as refused:
        document.read("a.rst")
    assert str(refused.value) == message


def test_what_cannot_be_opened_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path, message in (
        (tmp_path / "none", "cannot be read: No such file"),
        (tmp_path / "pipe", "not a file"),
    ):
        with pytest.raises(ArticleError, match=message):
            document.read(path)


# Odd articles


def test_an_article_that_was_named_and_has_no_session_is_told(tree: Path) -> None:
    (tree / "docs" / "prose.md").write_text("Prose.\n")
    (named,) = document.find(["docs/prose.md"])
    (remark,) = document.read(named).diagnostics
    assert (remark.line, remark.name, remark.severity) == (1, "no-session", Severity.WARNING)
    twice = document.find(["docs", "docs/prose.md"])
    assert [str(path) for path in twice if path.named] == ["docs/prose.md"]
    for path in document.find(["docs"]):
        assert document.read(path).diagnostics == ()


@pytest.mark.parametrize("path", ["a.rst", "a.md", "a.txt", "a.console"])
@pytest.mark.parametrize(
    "text", ["", "\n", "$", "::", "```", ".. wordish:", "<!-- wordish:", "% wordish:", "---\n---", "%"]
)
def test_fragments_are_read(path: str, text: str) -> None:
    for whole in (text, f"{text}\n", f"{text}\n\n\n", f"x\n\n{text}"):
        assert document.parse(whole, path=path).steps == ()
