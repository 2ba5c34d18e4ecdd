"""The text that an article should have had."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wordish.document import find, parse, read
from wordish.judge import judge
from wordish.model import Conventions, Document, Outcome, Output, Target, Transcript, Verdict
from wordish.screen import shown as on_screen
from wordish.update import Update, patch, update

ROOT = Path(__file__).parent.parent
HOST = Target(kind="host")
NONE = Conventions()


def ran(text: str, *outputs: str | Output, path: str = "a.md", conventions: Conventions = NONE) -> Transcript:
    """What a run finds in which the commands print these, in order."""
    document = parse(text, path=path, conventions=conventions)
    assert len(document.steps) == len(outputs), document
    said = [Output(stdout=each) if isinstance(each, str) else each for each in outputs]
    verdicts = [judge(step, output) for step, output in zip(document.steps, said, strict=True)]
    return Transcript(document=document, target=HOST, verdicts=tuple(verdicts))


def updated(text: str, *outputs: str | Output, path: str = "a.md") -> str:
    """The new text, of which a second update makes the same, without anything left."""
    found = update(ran(text, *outputs, path=path))
    assert found.left == ()
    again = ran(found.text, *outputs, path=path)
    assert {verdict.outcome for verdict in again.verdicts} <= {Outcome.PASSED}
    assert update(again) == Update(text=found.text)
    return found.text


def fenced(*lines: str, before: str = "") -> str:
    return "".join(f"{before}{line}".rstrip() + "\n" for line in ("```console", *lines, "```"))


def test_only_the_wrong_lines_are_rewritten() -> None:
    text = f"# Title\n\nProse.\n\n{fenced('~$ a', 'one', 'two', 'three', '~$ b', 'four')}\nMore...  \n"
    assert updated(text, "one\n2\nthree", "four") == text.replace("two", "2")


def test_a_missing_output_is_put_in_and_a_vanished_one_taken_out() -> None:
    assert updated(fenced("~$ a", "~$ b", "gone"), "here\n\nand here", "") == fenced(
        "~$ a", "here", "", "and here", "~$ b"
    )


def test_below_the_last_line_of_a_command() -> None:
    text = fenced("~$ cat <<'E'", "x", "E", "~$ b")
    assert updated(text, "x", "") == fenced("~$ cat <<'E'", "x", "E", "x", "~$ b")


@pytest.mark.parametrize("path", ["a.md", "a.rst"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("final", [True, False])
def test_line_ends_and_byte_order_mark_stay(path: str, end: str, mark: str, final: bool) -> None:
    head = "Title\n=====\n\n.. code-block:: console\n\n" if path == "a.rst" else "# Title\n\n"
    text = f"{head}    ~$ a\n    old\n    ~$ b"
    new = f"{head}    ~$ a\n    new\n    more\n    ~$ b\n    last"
    text, new = (mark + each.replace("\n", end) + end * final for each in (text, new))
    assert updated(text, "new\nmore", "last", path=path) == new
    assert updated(new, "", "", path=path) == (
        mark + f"{head}    ~$ a\n    ~$ b".replace("\n", end) + end * final
    )


def test_a_mark_before_the_first_prompt_is_no_indentation() -> None:
    assert updated("\ufeff~$ a\nold\n", "new", path="a.console") == "\ufeff~$ a\nnew\n"


@pytest.mark.parametrize("before", ["   ", "> ", "> > ", ">   "])
def test_containers(before: str) -> None:
    text = fenced("~$ a", "old", before=before)
    assert updated(text, "new\n\n  further", path="a.md") == fenced(
        "~$ a", "new", "", "  further", before=before
    )


def test_a_list_item() -> None:
    text = "1. Do:\n\n   ```console\n   ~$ a\n   old\n   ```\n\n-     ~$ b\n"
    new = "1. Do:\n\n   ```console\n   ~$ a\n   new\n   ```\n\n-     ~$ b\n      there\n"
    assert updated(text, "new", "there") == new


def test_prose_around_a_session_in_running_text() -> None:
    text = "Look:\n\n  ~$ a\n  old\n\nAnd:\n\n  ~$ b\n\nEnd.\n"
    new = "Look:\n\n  ~$ a\n  new\n\nAnd:\n\n  ~$ b\n  here\n\nEnd.\n"
    assert updated(text, "new", "here", path="a.txt") == new


def test_wildcards_stay_where_they_match() -> None:
    text = fenced("~$ a", "head", "...", "took ... s", "old")
    assert updated(text, "head\n1\n2\ntook 3 s\nnew") == fenced("~$ a", "head", "...", "took ... s", "new")


def test_the_wildcards_of_a_line_that_changed_elsewhere_stay() -> None:
    text = fenced("~$ a", "copied ... bytes to sda in … s")
    assert updated(text, "copied 512 bytes to sdb in 0.3 s") == fenced(
        "~$ a", "copied ... bytes to sdb in ... s"
    )


def test_the_columns_of_the_author_stay() -> None:
    text = fenced("~$ a", "    one", "      two", "    three")
    assert updated(text, "one\n  2\nthree") == text.replace("two", "2")
    assert updated(text, "  one\n    2\n  three") == text.replace("two", "2")


def test_a_line_that_begins_further_left_than_what_is_shown_moves_all() -> None:
    assert updated(fenced("~$ a", "one", "two"), "  one\nleft\n  two") == fenced(
        "~$ a", "  one", "left", "  two"
    )


def test_untouched_lines_keep_their_letters() -> None:
    text = "```console\n~$ a\nx\ty   \nold\n```\n"
    assert updated(text, "x       y\nnew") == "```console\n~$ a\nx\ty   \nnew\n```\n"


def test_lines_of_stderr_that_are_shown_stay_while_they_are_printed() -> None:
    text = fenced("~$ a", "old", "warning: w", "old too", "warning: gone")
    output = Output(stdout="new\nnew too", stderr="warning: w\nnoise")
    assert updated(text, output) == fenced("~$ a", "new", "warning: w", "new too")


def test_a_line_of_stderr_that_reads_otherwise_now_is_rewritten() -> None:
    text = fenced("~$ a", "old", "cat: x: no such file in ... s", "last")
    output = Output(stdout="new\nlast", stderr="noise\ncat: y: no such file in 3 s")
    assert updated(text, output) == fenced("~$ a", "new", "cat: y: no such file in ... s", "last")


def test_stderr_that_is_not_shown_is_not_put_in() -> None:
    assert updated(fenced("~$ a", "old"), Output(stdout="new", stderr="noise")) == fenced("~$ a", "new")


SUBSTITUTIONS = {"<vg>": "data1", "|v|": "2"}


@pytest.mark.parametrize(
    ("shown", "printed", "new"),
    [
        (["<vg> is <vg>", "old"], "data1 is data1\nnew", ["<vg> is <vg>", "new"]),
        (["made <vg> in 3 s"], "made data1 in 4 s", ["made <vg> in 4 s"]),
        (["made <vg> in ... s"], "Made data1 in 4 s", ["Made <vg> in ... s"]),
        (["version |v|", "old"], "version 2\n22", ["version |v|", "22"]),
        (["old"], "data1", ["data1"]),
    ],
)
def test_literals_that_stand_for_a_value_stay(shown: list[str], printed: str, new: list[str]) -> None:
    conventions = Conventions(substitutions=SUBSTITUTIONS)
    transcript = ran(fenced("~$ a <vg>", *shown), printed, conventions=conventions)
    assert transcript.document.steps[0].command == "a data1"
    found = update(transcript)
    assert (found.text, found.left) == (fenced("~$ a <vg>", *new), ())
    again = ran(found.text, printed, conventions=conventions)
    assert update(again) == Update(text=found.text)


@pytest.mark.parametrize("before", ["", "> "])
def test_remarks_stay(before: str) -> None:
    def article(*lines: str) -> str:
        return fenced("~$ a", *lines, "~$ b", before=before)

    for remark in ("# Now fill the disk", "... fill the disk"):
        assert updated(article(remark), "", "") == article(remark)
        assert updated(article(remark), "new", "") == article("new", "", remark)
        assert updated(article("old", "", remark), "new", "") == article("new", "", remark)
        assert updated(article("old", "", remark), "", "") == article("", remark)


def test_what_is_not_asked_for_or_never_ran_stays() -> None:
    text = fenced("~$ a   # wordish: ignore", "x", "~$ b   # wordish: status-only", "y")
    assert update(ran(text, "z", "z")) == Update(text=text)
    skipped = parse(fenced("~$ a   # wordish: skip", "x"), path="a.md")
    verdict = Verdict(step=skipped.steps[0], outcome=Outcome.SKIPPED)
    assert update(Transcript(document=skipped, target=HOST, verdicts=(verdict,))).text == skipped.text


def test_hints_stay() -> None:
    text = fenced("~$ a   # wordish: status=3", "old")
    assert updated(text, Output(stdout="new", status=3)) == text.replace("old", "new")


def left(transcript: Transcript) -> list[str]:
    found = update(transcript)
    assert found.text == transcript.document.text
    return [str(told) for told in found.left]


def test_a_wrong_status_is_left_and_what_follows_with_it() -> None:
    text = fenced("~$ a", "old", "~$ b", "old")
    found = update(ran(text, "new", Output(stdout="new", status=1)))
    assert found.text == text.replace("old", "new", 1)
    assert left(ran(text, Output(stdout="new", status=1), "new")) == [
        "a.md:2: exit status 1, 0 expected; the output differs",
        "a.md:4: the step at line 2 went wrong before it",
    ]


def test_a_step_that_never_finished_is_left() -> None:
    assert left(ran(fenced("~$ a", "old"), Output(stdout="new", status=None))) == ["a.md:2: timed out"]


def test_patterns_are_left_and_what_follows_is_not() -> None:
    text = fenced("~$ a   # wordish: match=regex", "[0-9]+", "~$ b", "old")
    found = update(ran(text, "x", "new"))
    assert found.text == text.replace("old", "new")
    assert [told.line for told in found.left] == [2]


@pytest.mark.parametrize(
    "printed", ["~$ x", "a\n```\nb", "```", "\x1b[1m", "\udc80", "$ rm", "````\n# Title"]
)
def test_what_would_be_read_otherwise_is_left_and_the_others_are_not(printed: str) -> None:
    text = fenced("~$ a", "old", "~$ b", "old", "~$ c", "old")
    found = update(ran(text, "new", printed, "new"))
    assert found.text == fenced("~$ a", "new", "~$ b", "old", "~$ c", "new")
    assert [told.line for told in found.left] == [4]
    assert [step.command for step in found.rewritten] == ["a", "c"]


def test_what_several_commands_print_is_not_shown_as_that_of_the_last() -> None:
    text = "```bash\n$ a\n$ b\n```\n```output\n```\n"
    assert left(ran(text, "one", "one\ntwo"))


def test_a_blank_line_would_end_an_output_in_running_text() -> None:
    assert left(ran("~$ a\nold\n\nEnd.\n", "new\n\nnewer", path="a.txt"))


def test_a_step_of_another_file_is_left() -> None:
    other = ran(fenced("~$ a", "old"), "new")
    text = "elsewhere\n"
    document = Document(path="b.md", text=text, steps=other.document.steps)
    transcript = Transcript(document=document, target=HOST, verdicts=other.verdicts)
    assert left(transcript) == ["a.md:2: it stands in another file"]


def test_what_a_file_shows_that_is_included_twice_is_true_of_both_or_left(tmp_path: Path) -> None:
    (tmp_path / "part.md").write_text(fenced("~$ a", "1", "~$ b", "old"))
    (tmp_path / "a.md").write_text("```{include} part.md\n```\n\n```{include} part.md\n```\n")
    document = read(tmp_path / "a.md")
    outputs = [Output(stdout=text) for text in ("1", "new", "2", "new")]
    verdicts = [judge(step, output) for step, output in zip(document.steps, outputs, strict=True)]
    found = update(Transcript(document=document, target=HOST, verdicts=tuple(verdicts)))
    assert list(found.included.values()) == [fenced("~$ a", "1", "~$ b", "new")]
    assert [(told.line, told.message) for told in found.left] == [
        (2, "its file is included more than once, and it prints something else each time")
    ]


def test_a_run_that_broke_changes_nothing() -> None:
    found = ran(fenced("~$ a", "old"), "new")
    broken = Transcript(document=found.document, target=HOST, verdicts=found.verdicts, error="no machine")
    assert left(broken) == ["a.md:2: no machine"]


ARTICLES = [Path(path) for path in find(["docs", "README.md", "tests/articles"], base=ROOT)]


@pytest.mark.parametrize("path", ARTICLES, ids=lambda path: path.name)
def test_an_article_that_passed_is_given_back_byte_for_byte(path: Path) -> None:
    document = read(path)
    passed = tuple(Verdict(step=step, outcome=Outcome.PASSED, output=Output()) for step in document.steps)
    found = update(Transcript(document=document, target=HOST, verdicts=passed))
    assert found.text.encode() == path.read_bytes()
    assert found.left == ()


LINES = st.sampled_from(["a", "b", "  a", "took 3 s", "took 4 s", "", "x y", "err"])
SHOWN = st.lists(LINES | st.sampled_from(["...", "took ... s", "x ..."]), max_size=5)
PRINTED = st.lists(LINES, max_size=5).map("\n".join)
FORMS: Mapping[str, tuple[str, str]] = {
    "a.md": ("- item\n\n  > ```console\n", "  > "),
    "a.rst": ("Do::\n\n", "   "),
    "a.console": ("", ""),
}


@settings(max_examples=200, deadline=None)
@given(
    path=st.sampled_from(sorted(FORMS)),
    steps=st.lists(st.tuples(SHOWN, PRINTED, PRINTED), min_size=1, max_size=3),
    end=st.sampled_from(["\n", "\r\n"]),
)
def test_after_an_update_all_passes_and_twice_is_once(
    path: str, steps: list[tuple[list[str], str, str]], end: str
) -> None:
    head, before = FORMS[path]
    lines = [before + line for shown, _, _ in steps for line in ("~$ true", *shown)]
    text = (head + "\n".join(lines) + "\n" + ("  > ```\n" if path == "a.md" else "")).replace("\n", end)
    outputs = [Output(stdout=out.strip("\n"), stderr=err.strip("\n")) for _, out, err in steps]
    new = updated(text, *outputs, path=path)
    assert outside(new, end, before) == outside(text, end, before)


def outside(text: str, end: str, before: str) -> list[str]:
    """The lines that show no output."""
    return [line for line in text.split(end) if "~$" in line or not line.startswith(before.rstrip())]


# Whatever is printed, wherever it is to stand: it stands there and is read as an output, or is left.

NASTY_LINES = [
    *("", "a", "took 3 s", "  b", "~$ ls", "$ ls", "~# ls", "> c", "# d", "```", "~~~", "````", "-->", "--"),
    *(".. d::", "::", "d::", ":e: f", "- g", "1. h", "| i", "---", "===", "...", "[...]", "x ... y", "\tj"),
    *("k\t", "%", "<!--", "\u00a0l", "m\u2028n", "\x85", "\x0c", "\r", "q\\", "`", "<div>", "$$", "+++"),
    *("a" * 300, "\u202er", "{o}", "# wordish: skip", ".. wordish: skip", "<!-- wordish: skip -->"),
]
NASTY = st.lists(st.sampled_from(NASTY_LINES), max_size=4).map(
    lambda lines: on_screen("\n".join(lines).encode())
)
FORMS_OF_ALL: Mapping[str, tuple[str, list[str], str, list[str]]] = {
    "fence": ("a.md", ["# T", "", "```console"], "", ["```", "", "End."]),
    "tildes in a quote": ("a.md", ["> ~~~"], "> ", ["> ~~~"]),
    "item": ("a.md", ["1. x", "", "   ```"], "   ", ["   ```", "", "2. y"]),
    "indented code": ("a.md", ["T", ""], "    ", ["", "End."]),
    "hidden in HTML": ("a.md", ["<!-- wordish: hidden", ""], "", ["-->", "", "End."]),
    "note": ("a.md", [":::{note}", "```console"], "", ["```", ":::"]),
    "rst": ("a.rst", ["T", "=", "", "::", ""], "  ", ["", "End."]),
    "directive": ("a.rst", [".. code-block:: console", ""], "   ", ["", "End."]),
    "rst item": ("a.rst", ["- x::", ""], "     ", ["", "- y"]),
    "rst quote": ("a.rst", ["T", "", "  x::", ""], "    ", ["", "  End."]),
    "hidden in rst": ("a.rst", [".. wordish: hidden", ""], "   ", ["", "End."]),
    "transcript": ("a.console", [], "", []),
    "running text": ("a.txt", ["T", ""], "  ", ["", "End."]),
    "eval-rst": ("a.md", ["```{eval-rst}", "", "::", ""], "  ", ["```"]),
}


@settings(max_examples=400, deadline=None)
@given(
    form=st.sampled_from(sorted(FORMS_OF_ALL)),
    steps=st.lists(st.tuples(SHOWN, NASTY, NASTY), min_size=1, max_size=3),
    end=st.sampled_from(["\n", "\r\n"]),
    mark=st.sampled_from(["", "\ufeff"]),
    final=st.booleans(),
)
def test_whatever_is_printed_it_stands_there_or_is_left(
    form: str, steps: list[tuple[list[str], str, str]], end: str, mark: str, final: bool
) -> None:
    path, head, margin, tail = FORMS_OF_ALL[form]
    body = [line for shown, _, _ in steps for line in ("~$ true", *shown)]
    if path == "a.txt":
        body = [line for line in body if line.strip()]
    rows = [*head, *((margin + line).rstrip() for line in body), *tail]
    text = mark + end.join(rows) + end * final
    outputs = [Output(stdout=out, stderr=err) for _, out, err in steps]
    transcript = ran(text, *outputs, path=path)
    found = update(transcript)
    old, new = transcript.document, parse(found.text, path=path)
    assert [(step.command, step.options) for step in new.steps] == [
        (step.command, step.options) for step in old.steps
    ]
    assert new.errors == ()
    assert text_around(new) == text_around(old)
    again = ran(found.text, *outputs, path=path)
    left = {index for index, step in enumerate(old.steps) for told in found.left if told.line == step.line}
    for index, (verdict, step) in enumerate(zip(again.verdicts, old.steps, strict=True)):
        assert (verdict.outcome is Outcome.PASSED) != (index in left)
        assert index not in left or verdict.step.expectation.text == step.expectation.text
    twice = update(again)
    assert (twice.text, twice.rewritten, len(twice.left)) == (found.text, (), len(found.left))


def text_around(document: Document) -> str:
    """The text without the lines that show an output, and without blank lines."""
    rows = document.text.split("\n")
    for step in reversed(document.steps):
        if step.expectation.lines:
            first, last = step.expectation.lines
            del rows[first - 1 : last]
    return "\n".join(row.rstrip("\r") for row in rows if row.strip(" >\r"))


def test_a_patch_names_the_file_as_git_does() -> None:
    assert patch("a.md", "x\n", "x\n") == ""
    assert patch("a b.md", "x\ny", "x\nz") == (
        "--- a/a b.md\t\n+++ b/a b.md\t\n@@ -1,2 +1,2 @@\n x\n-y\n\\ No newline at end of file\n"
        "+z\n\\ No newline at end of file\n"
    )
    assert patch('a"b.md', "x\n", "").startswith('--- "a/a\\042b.md"\n')
