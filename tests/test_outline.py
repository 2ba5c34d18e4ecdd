"""Commands of several lines whose end needs no parser; bash is the judge of each."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wordish import outline, syntax

SURE = {
    "here-document": "cat > file <<'END'\n~$ \"quote\nEND\nmore",
    "here-document, expanded": "cat <<END | sort\n$HOME it's\nEND",
    "here-document, indented": "cat <<-END\n\ttext\n\tEND\nmore",
    "function": 'greet () {\n\n  # it\'s a comment\n  echo "Hello, $1"\n}\nmore',
    "function on two lines": "add () {\n   echo 'x' >> ./file ; }\nmore",
    "functions in a function": "f () {\n g () {\n  echo a ; }\n g ; }\nmore",
    "loop": 'for name in Alice \\\n   Bob\ndo greet "$name"; done\nHello',
    "loop, one line": "for x in a b; do echo $x; done\na\nb",
    "while": "while read -r line; do\n echo $line\ndone < file\nmore",
    "until": "until test -e file\ndo sleep 1; done > log 2>&1\nmore",
    "if": "if test -e a; then\n echo a\nelif test -e b\nthen echo b\nelse\n echo c\nfi\nmore",
    "group": "{ echo a; echo b; } | sort\nmore",
    "pipes": "ls |\n  sort |\n  head\nmore",
    "joined": "ls \\\n  -l \\\n  | sort\nmore",
    "and": "test -e a &&\n\n  echo yes\nmore",
    "assignment": "x=1 &&\n y=2 echo done\nmore",
}


@pytest.mark.parametrize("text", SURE.values(), ids=SURE)
def test_what_is_sure_is_what_bash_says(text: str) -> None:
    lines = text.split("\n")
    assert outline.extent(lines) == syntax.extent(lines)


DOUBTFUL = {
    "a string over lines": "echo 'a\nb'",
    "a command in a word": "echo $(ls\n)",
    "case": "case a in\na) echo;;\nesac",
    "a here-document in a string": 'echo " <<END "\nEND',
    "a here-document in a comment": "ls # <<END \nEND",
    "two here-documents": "cat <<A <<B\nA\nB",
    "a joined line in a here-document": "cat <<END\na\\\nEND\nEND",
    "an empty body": "f () {\n}",
    "a reserved word where it may not be": "if true; fi\nmore",
    "a command between for and do": "for x in a; echo\ndo echo; done",
    "two else": "if a; then b; else c; else d; fi\nmore",
    "a word after a brace": "{ a; } b\nmore",
    "a closing word at an operator": "{ if a; then b; fi|c; }\nmore",
    "joined within a word": "ec\\\nho",
    "a joined comment": "ls | # a \\\nsort",
    "open": "f () {\n echo",
}


@pytest.mark.parametrize("text", DOUBTFUL.values(), ids=DOUBTFUL)
def test_what_is_doubtful_is_left_to_bash(text: str) -> None:
    assert outline.extent(text.split("\n")) is None


WORDS = r"""
    ls a=1 if then elif else fi while until do done for x in { } f () ; && || | & > < file <<E <<'E' <<-E E
    'q' "$v" $ ( ) ! time case esac [[ [ ] # #c \ ` ;; 2>&1 ' "
""".split()  # noqa: SIM905 - to be read
LINES = st.lists(
    st.lists(st.sampled_from(WORDS), max_size=6).map(" ".join)
    | st.sampled_from(
        [
            "",
            "E",
            "\tE",
            "f () {",
            "}",
            "} ; }",
            "done",
            "fi",
            "do",
            "then",
            "else",
            "ls ; }",
            "ls \\",
            "ls |",
        ]
    )
    | st.sampled_from(["for x in a b; do", "while ls; do", "if ls; then", "{ ls", "cat <<'E'", "ls # it's"]),
    min_size=2,
    max_size=7,
)


@settings(max_examples=400, deadline=None)
@given(LINES)
def test_whatever_is_said_bash_says_too(lines: list[str]) -> None:
    said = outline.extent(lines)
    assert said is None or said == syntax.extent(lines)


def test_most_random_texts_of_sound_parts_are_told() -> None:
    bodies = ["ls", "for x in a; do ls; done", "if ls; then ls; fi", "{ ls; }"]
    for outer in ("f () {{\n{}\n}}", "while ls; do\n{}\ndone", "if ls\nthen {}\nelse\n{}\nfi"):
        for body in bodies:
            lines = outer.format(body, body).split("\n")
            assert outline.extent([*lines, "more"]) == (len(lines), "")
