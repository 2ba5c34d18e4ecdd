"""Which expected texts may stand for which printed ones."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from wordish.matching import matches, without_remarks
from wordish.model import Expectation, Match, Stream
from wordish.pattern import regex_errors


def holds(
    text: str, stdout: str, stderr: str = "", *, match: Match = "ellipsis", stream: Stream = "both"
) -> bool | None:
    return matches(Expectation(text=text, match=match, stream=stream), stdout=stdout, stderr=stderr)


@pytest.mark.parametrize(
    ("shown", "printed"),
    [
        ("", ""),
        ("", "\n\n"),
        ("a", "a"),
        ("a\n\nb", "a\n\nb"),
        ("a", "a  \n"),
        ("size 12 ... free", "size 12 of 40 MB free"),
        ("size … free", "size 3 free"),
        ("a...z", "az"),
        ("...", ""),
        ("...", "a\nb\nc"),
        ("[...]", "a\nb"),
        ("  …", "a\nb"),
        ("a\n...\nz", "a\nz"),
        ("a\n...\nz", "a\nb\nz\nz"),
        ("...\nb\n...\nd", "a\nb\nc\nd"),
        ("...\nb\nc\n...", "b\na\nb\nc\nd"),
        ("done ...", "done"),
        ("done ... ...", "done"),
        ("PV created", "  PV created"),
        ("PV\n  LV\nVG", "  PV\n    LV\n  VG"),
        ("...\ninet 127.0.0.1\n...", "lo:\n    link\n    inet 127.0.0.1\n      valid"),
        ("    inet\n...", "  inet\nx"),
        ("...: done\n  b", "    a: done\n  b"),
        ("Reading... Done", "Reading... Done"),
        ("...", "..."),
    ],
)
def test_shown_stands_for_printed(shown: str, printed: str) -> None:
    assert holds(shown, printed)


@pytest.mark.parametrize(
    ("shown", "printed"),
    [
        ("", "a"),
        ("a", ""),
        ("a", "b"),
        ("a", "a\nb"),
        ("a\nb", "b\na"),
        ("a...a", "a"),
        ("a...", "b"),
        ("done ...", "donut"),
        ("a\n...\na", "a"),
        ("...\nb\nc\n...", "b\na\nc"),
        ("a\n  b", "a\nb"),
        ("a\n  b", "a\n   b"),
        ("a\n\nb", "a\nb"),
        ("......", "a\nb"),
        ("a [...] b", "a b"),
    ],
)
def test_shown_does_not_stand_for_printed(shown: str, printed: str) -> None:
    assert not holds(shown, printed)


@pytest.mark.parametrize(
    ("shown", "stdout", "stderr", "expected"),
    [
        ("a", "a", "noise", True),  # what stderr says need not be shown
        ("", "", "noise", True),
        ("warning", "", "warning", True),  # but may be
        ("warning", "", "noise\nwarning\nnoise", True),
        ("warning", "", "error", False),
        ("a\nw\nb", "a\nb", "w", True),
        ("w\na\nb\nv", "a\nb", "w\nv", True),
        ("v\na\nb\nw", "a\nb", "w\nv", False),  # not in stderr's order
        ("b\nw\na", "a\nb", "w", False),  # not in stdout's
        ("a\nb", "a\nx", "b", False),  # true on stderr, but stdout's line is not shown
        ("a\nb", "a\nb\nx", "b", False),
        ("a\na", "a", "a", True),
        ("a\na", "a", "", False),
        ("a\nb\na", "a", "a\nb", True),  # the first `a` is stderr's
        ("...\nw", "a\nb", "w", True),
        ("...\nw\n...", "a\nb", "w", True),
        ("a\n...\nw\nb", "a\nx\nb", "w", True),
        ("dd: ... copied", "", "1+0 records in\ndd: 3 bytes copied", True),
    ],
)
def test_streams(shown: str, stdout: str, stderr: str, expected: bool) -> None:
    assert holds(shown, stdout, stderr) is expected


def test_one_stream_alone() -> None:
    assert holds("a", "a", "b", stream="stdout")
    assert not holds("a\nb", "a", "b", stream="stdout")
    assert holds("b", "a", "b", stream="stderr")
    assert not holds("a", "a", "b", stream="stderr")
    assert not holds("b", "", "b\nc", stream="stderr"), "as strict as stdout: all of it is to be shown"
    assert holds("b\n...", "", "b\nc", stream="stderr")


@pytest.mark.parametrize(
    ("shown", "remarks", "stdout", "expected"),
    [
        ("... fill the disk", 1, "", True),
        ("... fill the disk", 1, "now fill the disk", True),
        ("... fill the disk", 1, "fill", False),
        ("# fill it", 1, "# fill it", True),
        ("out\n\n# fill it", 2, "out", True),
        ("out\n\n# fill it", 1, "out\n\n# fill it", True),
        ("out\n\n# fill it", 1, "# fill it", False),
        ("out\n\n# fill it", 1, "", False),
    ],
)
def test_what_reads_like_a_remark_may_be_printed_or_not(
    shown: str, remarks: int, stdout: str, expected: bool
) -> None:
    expectation = Expectation(text=shown, lines=(3, 3 + shown.count("\n")), remarks=remarks)
    assert matches(expectation, stdout=stdout) is expected


def test_what_is_left_without_remarks() -> None:
    shown = Expectation(text="out\n\n# a\n\n# b", lines=(3, 7), remarks=3)
    assert without_remarks(shown) == Expectation(text="out", lines=(3, 3))
    assert without_remarks(shown._replace(remarks=5)) == Expectation()
    assert without_remarks(Expectation(text="x", lines=(1, 1))) == Expectation(text="x", lines=(1, 1))


def test_exact() -> None:
    assert holds("a ... b", "a ... b", match="exact")
    assert not holds("a ... b", "a c b", match="exact")
    assert not holds("...", "a", match="exact")
    assert holds("a\n  b", "  a\n    b", match="exact")


def test_regex() -> None:
    pytest.importorskip("re2")
    assert holds(r"\d+ MB" + "\nfree|used", "12 MB\nused", match="regex")
    assert holds(r"\d+ é+", "  12 éé", match="regex")
    assert not holds(r"\d+", "12 MB", match="regex")
    assert not holds("...", "ab", match="regex"), "three characters"
    assert holds(r"warning: \w+" + "\n.*", "x", "warning: y", match="regex")


def test_bad_patterns_are_told_before_anything_runs() -> None:
    pytest.importorskip("re2")
    assert regex_errors("a\n\\d+") == ()
    [(index, message)] = regex_errors("a\n(b")
    assert index == 1
    assert "missing )" in message


# The definition, word for word, at exponential cost.

LINES = ["a", "b", "ab", "ba", ""]
SHOWN = [*LINES, "a...", "...b", "a...b", "...", "[...]"]


def fits(shown: str, printed: str) -> bool:
    return re.fullmatch(".*".join(map(re.escape, shown.split("..."))), printed) is not None


def defined(shown: list[str], out: list[str], err: list[str]) -> bool:
    if not shown:
        return not out
    line, *rest = shown
    if line in ("...", "[...]"):
        return defined(rest, out, err) or (bool(out) and defined(shown, out[1:], err))
    if out and fits(line, out[0]) and defined(rest, out[1:], err):
        return True
    return any(fits(line, found) and defined(rest, out, err[k + 1 :]) for k, found in enumerate(err))


def ended_by_text(lines: list[str]) -> list[str]:
    return "\n".join(lines).strip("\n").split("\n") if any(lines) else []


printed = st.lists(st.sampled_from(LINES), max_size=6).map(ended_by_text)
shown = st.lists(st.sampled_from(SHOWN), max_size=7).map(ended_by_text)


@settings(max_examples=1500, deadline=None)
@given(shown, printed, printed)
@example(["a", "b", "a"], ["a"], ["a", "b"])
@example(["...", "a", "a", "...", "b"], ["a", "a", "b", "a"], ["a", "b"])
def test_matching_is_as_defined(shown: list[str], out: list[str], err: list[str]) -> None:
    expected = defined(shown, out, err)
    assert holds("\n".join(shown), "\n".join(out), "\n".join(err)) is expected


@settings(max_examples=700, deadline=None)
@given(st.data(), printed, printed)
def test_what_is_made_from_the_output_matches(data: st.DataObject, out: list[str], err: list[str]) -> None:
    """An expectation woven from both streams, with gaps in place of lines of stdout, is true of them."""
    shown: list[str] = []
    o, e = list(out), list(err)
    while o or e:
        source = data.draw(st.sampled_from([lines for lines in (o, e) if lines]))
        line = source.pop(0)
        how = data.draw(st.sampled_from(["as it is", "gap", "glob"]))
        if source is e and how == "gap":
            continue
        shown.append({"as it is": line, "gap": "...", "glob": line[:1] + "..." + line[1:]}[how])
    shown = ["..." if line == "..." else line for line in shown]
    if not shown or (shown[0] and shown[-1]):
        assert holds("\n".join(shown), "\n".join(out), "\n".join(err))


INDENTED = [" " * blanks + text for blanks in (0, 1, 2, 4) for text in ("a", "b")]


def moved(shown: list[str], columns: int) -> list[str]:
    lines = [line.lstrip(" ") if line.lstrip(" ").startswith(("...", "[...]")) else line for line in shown]
    solid = [line for line in lines if line and not line.startswith(("...", "[...]"))]
    own = min((len(line) - len(line.lstrip(" ")) for line in solid), default=0)
    return [" " * columns + line[own:] if line in solid else line for line in lines]


@settings(max_examples=1500, deadline=None)
@given(
    st.lists(st.sampled_from([*INDENTED, "...", "  ...", "...a", "  a...", " ...b"]), max_size=5),
    st.lists(st.sampled_from(INDENTED), max_size=5),
    st.lists(st.sampled_from(INDENTED), max_size=3),
)
def test_indentation_counts_from_line_to_line(shown: list[str], out: list[str], err: list[str]) -> None:
    expected = any(defined(moved(shown, columns), out, err) for columns in range(6))
    assert holds("\n".join(shown), "\n".join(out), "\n".join(err)) is expected


# Hostile input: none takes a processor more than a second or so; what is exponential takes for ever.

MANY = "a\n" * 200_000


@pytest.mark.parametrize(
    ("shown", "stdout", "stderr"),
    [
        ("..." * 50 + "b", "a" * 1_000_000, "a" * 1_000_000),
        ("...a" * 50 + "b", "a" * 1_000_000, ""),
        ("...\n" * 50 + "b", "a\n" * 500_000, "a\n"),
        ("...\na\n" * 50 + "b", MANY, MANY),
        ("...\na\na\nb\n" * 25 + "...", MANY, "b\n" * 20 + MANY),
        ("...\n" + "a\n" * 5_000 + "b\n...", MANY, ""),
        ("...\na\n" * 50_000 + "...\nb", MANY, MANY),
        ("a\n" * 20_000 + "b", "a\n" * 10_000, "a\n" * 10_000),
    ],
)
def test_hostile_patterns(shown: str, stdout: str, stderr: str) -> None:
    start = time.process_time()
    assert not holds(shown.strip("\n"), stdout, stderr)
    assert time.process_time() - start < 10


def test_what_takes_too_long_to_tell_is_not_told() -> None:
    assert holds("a\n" * 20_000 + "b", "a\n" * 10_000, "a\n" * 10_001) is None


def test_hostile_regex() -> None:
    pytest.importorskip("re2")
    start = time.perf_counter()
    assert not holds("(a*)*b", "a" * 1_000_000, match="regex")
    assert time.perf_counter() - start < 2


def test_much_is_matched_fast() -> None:
    lines = [f"  line {number}" for number in range(200_000)]
    start = time.perf_counter()
    assert holds("\n".join(line[2:] for line in lines), "\n".join(lines))
    assert holds("...", "\n".join(lines))
    assert time.perf_counter() - start < 2
