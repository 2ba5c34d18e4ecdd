from __future__ import annotations

import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wordish import syntax
from wordish.errors import MissingToolError


@pytest.mark.parametrize(
    "line",
    [
        "ls",
        "  echo a b ",
        "echo 'it is | quoted ; {'",
        'echo "$HOME and $1" $?',
        'head --lines "${2:-10}" ${file} "${1?no file}"',
        "ls -l *.txt ~/x > out 2>&1",
        "grep x f && ls || true; date &",
        "A=1 make -j4",
        "cd /tmp # and { here",
        "rsync -a ./a/{b,c} x@y:/z",
        "# nothing { but a comment",
    ],
)
def test_plain_words_never_cost_a_call(line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: pytest.fail("bash was asked"))
    assert syntax.wanting(line) == ""


@pytest.mark.parametrize(
    "line",
    [
        "if true",
        "{ ls",
        "a &&",
        "a | # more",
        "a 'b",
        'a "b',
        "a[ 1",
        "f () {",
        "a \\",
        "cat <<E",
        "! a",
        "a &&#b",
        "a >",
    ],
)
def test_what_may_go_on_is_left_to_bash(line: str) -> None:
    assert not syntax.plainly_complete(line)


WORDS = r"ls a if { } [ [[ 'x' ' $x | || && ; & #c a#b > < 2>&1 << x=1 a[ ( ) \ ! * then time ` |& $( é done"
PIECES = st.sampled_from(WORDS.split(" ")) | st.sampled_from(
    (" ", '"', '"$b"', "${x}", "${1:-b}", '"${x?b c}"')
)


@settings(max_examples=150, deadline=None)
@given(st.lists(PIECES, max_size=7).map("".join) | st.lists(PIECES, max_size=7).map(" ".join))
def test_what_is_taken_for_plain_is_whole_for_bash(line: str) -> None:
    if syntax.plainly_complete(line):
        assert not syntax._MORE.search(syntax._complaint(line))


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("echo 'a", "'"),
        ('echo "a', '"'),
        ("echo `a", "`"),
        ("echo $(a", ")"),
        ("echo ${a", "}"),
        ("cat <<EOF\nx", "<<EOF"),
        ("cat <<A <<B\nx\nA", "<<B"),
        ("f () { cat <<E\nx", "<<E"),
        ("f () {", "..."),
        ("case a in", "..."),
        ("a &&", "..."),
        ("[[ a == b &&", "..."),
        ("a \\", "\\"),
        ("a \\\\", ""),
        ("a # b \\", ""),
        ("a 'x#y' \\", "\\"),
        ("a )", ""),
        ("cat <<EOF\nx\nEOF", ""),
        ("if a\nthen b\nfi", ""),
    ],
)
def test_wanting_is_what_bash_waits_for(text: str, wanted: str) -> None:
    assert syntax.wanting(text) == wanted


@pytest.mark.parametrize(
    ("lines", "count"),
    [
        (["ls", "f () {"], 1),
        (["f () {", "", "  g () {", "    x ; }", "}", "out"], 5),
        (["a \\", "b"], 2),
        (["a |", "", "# why", "b", "c"], 4),
        (["a && # why", "b", "c"], 2),
        (["f ()", "{", "x", "}", "out"], 4),
        (["cat <<E", "'", "E", "out"], 3),
        (["cat <<-E", "\tx", "\tE", "out"], 3),
        (["cat <<A - <<B", "x", "A", "y", "B", "out"], 5),
        (["echo 'a", '"', "b' \"", 'c"', "out"], 4),
        (["x=$(cat <<E", "a", "E", ")", "out"], 4),
        (['echo "$(cat <<E', "a", 'E)"', "out"], 3),
        (["f () { x=$(cat <<E", "a", "E)", "}", "out"], 4),
        (["for i in 1 2", "do", "echo $i", "done | cat", "out"], 4),
        (["case a in", "a) echo x ;;", "esac", "out"], 3),
    ],
)
def test_a_command_ends_as_soon_as_it_can(lines: list[str], count: int) -> None:
    assert syntax.extent(lines) == (count, "")


def test_an_open_command_takes_all_lines_and_says_what_it_waits_for() -> None:
    assert syntax.extent(["f () {", "x", ""]) == (3, "...")


def test_a_long_text_costs_few_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    real = syntax._complaint

    def counted(text: str) -> str:
        asked.append(text)
        return real(text)

    monkeypatch.setattr(syntax, "_complaint", counted)
    body = [f"line {number}" for number in range(5000)]
    assert syntax.extent(["cat > 'f x' <<END", *body, "END", "out"]) == (5002, "")
    assert len(asked) <= 3


def test_nobody_waits_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(syntax, "PATIENCE", 5)
    assert syntax.extent(["f () {", *["{ a; }"] * 50])[1] == "..."


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ls # x", True),
        ("a && b # x", True),
        ("f () { # x", True),
        ("a=$(b # x", True),
        ('echo "# x', False),
        ("echo 'a # x", False),
        ("cat <<E\na # x", False),
        ("cat <<E # x", True),
        ("echo a\\ # x", False),
        ("echo a# x", False),
        ("a &&\nb # x", True),
        ("a;# x", True),
        ("a |# x", True),
        ("a &# x", True),
        ("echo a\\;# x", False),
        ("echo 'a;# x", False),
        ("echo $((1|# x", False),
    ],
)
def test_a_comment_is_what_bash_takes_for_one(text: str, expected: bool) -> None:
    assert syntax.is_comment(text, text.rindex("#")) is expected


def test_the_surroundings_do_not_matter(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    monkeypatch.setenv("BASH_ENV", "/dev/stderr")
    monkeypatch.setenv("LC_ALL", "fr_FR.UTF-8")
    monkeypatch.setenv("SHELLOPTS", "posix:xtrace:verbose")
    assert syntax.wanting("( ls ; # surroundings") == "..."


def test_without_bash_there_is_one_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(MissingToolError, match="bash is not installed"):
        syntax.wanting("{ # no bash")
