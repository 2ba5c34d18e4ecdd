"""What is coloured as a command is what is run, and no character is lost."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.token import Error, Name, _TokenType, is_token_subtype

from tests.conftest import ROOT as PROJECT
from wordish import document, session
from wordish.lexer import (
    CONTINUATION,
    HINT,
    OUTPUT,
    PROMPT,
    ROOT,
    USER,
    USUAL,
    Reading,
    SessionLexer,
    coloured,
)
from wordish.model import Block, Options

SESSION = """\
~# lvs   # wordish: status=1
  LV      VG
~$ for name in *; do
>   echo "$name"  # &2
> done

one
two
~$ cat <<'END'
~# no prompt
END
~$
[root@web1 etc]# echo hi | tr h H
Hi"""


def of_kind(kind: object, text: str = SESSION, reading: Reading = USUAL) -> list[str]:
    return [piece for found, piece in coloured(text, reading) if found is kind]


def left(text: str) -> str:
    """What is copied when prompts, outputs and hints are not."""
    return "".join(piece for kind, piece in coloured(text) if not is_left_out(kind))


def is_left_out(kind: _TokenType) -> bool:
    return any(is_token_subtype(kind, other) for other in (PROMPT, OUTPUT, HINT))


def test_prompts_commands_continuations_and_outputs_are_told_apart() -> None:
    assert of_kind(ROOT) == ["~#", "[root@web1 etc]#"]
    assert of_kind(USER) == ["~$", "~$", "~$"]
    assert of_kind(CONTINUATION) == ["> ", "> "]
    assert "".join(of_kind(OUTPUT)) == "  LV      VG\n\none\ntwo\nHi"


def test_commands_are_bash() -> None:
    assert "echo" in of_kind(Name.Builtin)
    assert "$name" in of_kind(Name.Variable)


def test_a_hint_is_no_part_of_a_command_and_not_a_comment_of_bash() -> None:
    assert of_kind(HINT) == ["   # wordish: status=1", "  # &2"]
    assert of_kind(HINT, "~$ echo '# ignore'\n~$ cat <<E\n# ignore\nE") == []


def test_a_bare_prompt_leaves_nothing_to_copy() -> None:
    assert left("~$ true\n~$\n~$ ") == "true\n"


def test_what_is_left_to_copy_is_what_is_run() -> None:
    assert left(SESSION).split("\n") == [
        "lvs",
        "for name in *; do",
        '  echo "$name"',
        "done",
        "cat <<'END'",
        "~# no prompt",
        "END",
        "echo hi | tr h H",
        "",
    ]


def test_prompts_of_ones_own_are_prompts() -> None:
    own = Reading(options=Options(root_prompt=("rescue>",), user_prompt=(r"\w+%",)))
    text = "rescue> mount /\nok\nweb1% ls\n~$ true\nrescue>\n"
    assert of_kind(ROOT, text, own) == ["rescue>", "rescue>"]
    assert of_kind(USER, text, own) == ["web1%", "~$"]
    assert "".join(of_kind(OUTPUT, text, own)).rstrip("\n") == "ok"
    assert of_kind(ROOT, text) == []


def test_a_bare_hash_is_what_was_said_of_it() -> None:
    text = "# lvs\n  LV\n"
    assert of_kind(ROOT, text, Reading(options=Options(hash="root"))) == ["#"]
    assert of_kind(ROOT, text) == []
    assert of_kind(ROOT, "# lvs  # wordish: hash=root\n  LV\n") == ["#"]
    assert of_kind(OUTPUT, "~# a\n# no  # wordish: hash=comment\n~# b") == ["# no  # wordish: hash=comment\n"]


def test_an_open_command_ends_where_the_reader_refuses_it() -> None:
    assert left("~$ echo 'open\n~$ echo yes") == "echo 'open\necho yes"


def test_without_bash_a_command_is_its_first_line(monkeypatch: pytest.MonkeyPatch) -> None:
    from wordish import syntax

    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setattr(syntax, "_complaint", syntax._complaint.__wrapped__)
    assert left("~$ case a in\na) echo yes;;\nesac\n~$ true") == "case a in\ntrue"


def test_the_entry_point_gives_it_to_pygments() -> None:
    assert isinstance(get_lexer_by_name("wordish"), SessionLexer)
    assert isinstance(get_lexer_by_name("wordish-console"), SessionLexer)


def test_prompts_and_outputs_have_the_classes_that_copy_buttons_leave_out() -> None:
    html = highlight("~# ls\na\n", SessionLexer(), HtmlFormatter(nowrap=True))
    assert html == (
        '<span class="gp gp-Root">~#</span><span class="gp"> </span>ls\n<span class="go">a</span>\n'
    )


PIECES = st.sampled_from(
    [
        "~$ ", "~# ", "$ ", "(venv) $ ", "root@h:/# ", "> ", ">", "~$", "# wordish: skip", "  # ignore", "#",
        "echo ", "if true; then", "fi", "{", "}", "<<E", "E", "'", '"', "\\", "|", " ", "\t", "\u00a0", "\n",
        "...",
    ]
)  # fmt: skip


@settings(deadline=None)  # bash is asked
@given(st.lists(PIECES, max_size=24).map("".join))
def test_no_character_is_lost_and_commands_are_those_of_the_reader(text: str) -> None:
    pieces = list(coloured(text))
    assert "".join(piece for _, piece in pieces) == text
    assert not any(is_token_subtype(kind, Error) for kind, _ in pieces)
    block = Block(path="", line=1, text=text, language="console")
    steps, faults = session.steps(block)
    if not [fault for fault in faults if fault.severity == "error"]:
        run = "".join(f"{line.rstrip()}\n" for step in steps for line in step.command.split("\n"))
        copied = left(text if text.endswith("\n") else f"{text}\n").replace("\u00a0", " ")
        assert "".join(f"{line.rstrip()}\n" for line in copied.split("\n")[:-1]) == run


def test_every_session_of_the_documentation_is_copied_as_it_is_run() -> None:
    looked_at = 0
    for path in sorted((PROJECT / "docs").rglob("*.*")):
        for step in document.read(path).steps:
            shown = f"{step.prompt} {step.command}\n"
            assert left(shown).rstrip("\n") == step.command
            looked_at += 1
    assert looked_at > 100
