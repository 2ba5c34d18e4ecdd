"""Whether a command goes on: what `wordish.syntax` says, against the prompts of a bash at a terminal."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pexpect
import pytest
from hypothesis import HealthCheck, assume, given, reject, settings
from hypothesis import strategies as st

from wordish import syntax

SLOW = (HealthCheck.too_slow,)
FIRST, MORE = "[first prompt]", "[more prompt]"


class LiveBash:
    """An interactive bash that finds no programs, so that whatever is typed there does no harm."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.open = False
        self.start()

    def start(self) -> None:
        """Begin with a new one."""
        where = str(self.directory)
        self.child = pexpect.spawn(
            pexpect.which("bash") or "bash",
            ["--noprofile", "--norc", "--noediting", "-i"],
            env={"PATH": "/nonexistent", "LC_ALL": "C.UTF-8", "TERM": "dumb", "HOME": where},
            cwd=where,
            echo=False,
            timeout=20,
            encoding="utf-8",
        )
        self.child.delaybeforesend = None
        self.child.sendline(f"set +H; FUNCNEST=9; PS1='{FIRST}' PS2='{MORE}'; PROMPT_COMMAND=")
        self._read()

    def wants_more(self, line: str) -> bool:
        """Whether it shows PS2 after this line, and has not refused it (an error in a ``[[`` does both)."""
        self.child.sendline(line)
        refused = re.compile(r"bash: .*(?:syntax error|expected|unexpected)")
        return self._read() and not refused.search(str(self.child.before))

    def give_up(self) -> None:
        """Back to PS1, by ^C."""
        if self.open:
            self.child.sendintr()
            self.child.expect_exact(FIRST)
            self.child.sendline("echo back")  # whatever ^C made it print is behind that
            self.child.expect("back\r\n.*" + re.escape(FIRST))
            self.open = False

    def _read(self) -> bool:
        self.open = self.child.expect_exact([FIRST, MORE]) == 1
        return self.open


@pytest.fixture(scope="module")
def bash(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveBash]:
    live = LiveBash(tmp_path_factory.mktemp("live"))
    yield live
    live.child.close(force=True)


def agrees(bash: LiveBash, text: str) -> None:
    """Type the lines until bash runs them, and compare after each."""
    bash.give_up()
    lines = text.split("\n")
    for count in range(1, len(lines) + 1):
        try:
            more = bash.wants_more(lines[count - 1])
        except pexpect.EOF:  # bash itself is gone: there is nothing to compare with
            bash.start()
            reject()
        said = syntax.wanting("\n".join(lines[:count]))
        assert bool(said) is more, (lines[:count], said, bash.child.before)
        if not more:
            return


# Commands as people type them, all made of `:`, which does nothing.

INNER = st.text("ab #'\"\n|&;(){}<>", max_size=8)
WORD = st.one_of(
    st.sampled_from(
        ["a", "b1", "x-y", "./f", "k=v", "é", "...", "%", "a#b", "\\#", "\\'", "a\\ b", "{a,b}", "*"]
    ),
    st.sampled_from(["$?", "${x:-a}", '"${x:-b c}"', "$((1 + 2))", "`:`"]),
    INNER.map(lambda text: "'" + text.replace("'", "") + "'"),
    INNER.map(lambda text: '"' + text.replace('"', "") + '"'),
    INNER.map(lambda text: "$'" + text.replace("'", "\\'") + "'"),
)
SIMPLE = st.lists(WORD, max_size=3).map(lambda words: " ".join([":", *words]))
COMMENT = st.text("ab #'\"|&;(){}\\<", max_size=8).map(lambda text: f"# {text}x")
BODY = st.lists(st.text("ab '\"#(){}|&;<", max_size=8).filter(lambda line: line != "e"), max_size=3)

# C is a command, W a word, E what ends a command, G a gap, N a comment, B the body of a here-document.
FORMS = (
    "C && C", "C || C", "C | C", "C; C", "C &&\nC", "C ||\nC", "C |\nC", "C N", "C \\\n W", "C\\\n W",
    "{GCE }", "(GC\nG)", "f () {GCE }", "ifGCE thenGCE fi", "ifGCE thenGCE elseGCE fi",
    "whileGfalseE doGCE done", "for i in W WE doGCE done", "case W inGa) CG\n;;Gb) C\n;; esac",
    ": $(GC\n)", ": <(C\n)",
    ": <<e\nB\ne\n:", ": <<'e'\nB\ne\n:", ": <<-e\nB\n\te\n:", ": <<e <<\"f g\"\nB\ne\nB\nf g\n:",
    "C <<e\nB\ne\n:",
    "[[ a == a &&\n b == b ]] && C", "(( 1 +\n 2 )) && C", "! C", "time C",
)  # fmt: skip
SLOTS = {
    "W": WORD,
    "E": st.sampled_from([";", "\n", " ;\n", "\n\n"]),
    "G": st.sampled_from([" ", "\n", "\n\n  ", " # why\n"]),
    "N": COMMENT,
    "B": BODY.map("\n".join),
}


@st.composite
def compound(draw: st.DrawFn, command: st.SearchStrategy[str]) -> str:
    form = draw(st.sampled_from(FORMS))
    return re.sub("[CWEGNB]", lambda slot: draw({"C": command, **SLOTS}[slot[0]]), form)


NESTED = st.recursive(SIMPLE, compound, max_leaves=5)
# Inside of each other, or of $( ), bash 5.2 reads neither of these to its end at a keyboard.
COMMANDS = NESTED | NESTED.map(lambda text: f': "$({text}\n)"') | st.just("x=(a\nb # it's\nc)")


@settings(max_examples=60, deadline=None, suppress_health_check=SLOW)
@given(text=COMMANDS)
def test_a_live_bash_agrees_after_every_line(bash: LiveBash, text: str) -> None:
    agrees(bash, text)


# What nobody types on purpose.

PIECES = (
    ": : a if { } 'x' ' \" $x | || && ; & #c a#b >a <b <<E <<-E x=1 a[ ( ) (( )) \\ ! * then time ` |& $( é"
    " do done fi else case in esac ;; for function f() E 2>&1 } $' "
)
SOUP = st.lists(st.sampled_from(PIECES.split(" ")), max_size=8).flatmap(
    lambda pieces: st.lists(
        st.sampled_from([" ", " ", "\n"]), min_size=len(pieces), max_size=len(pieces)
    ).map(lambda gaps: "".join(piece + gap for piece, gap in zip(pieces, gaps, strict=True)))
)


@settings(max_examples=60, deadline=None, suppress_health_check=SLOW)
@given(text=SOUP)
def test_a_live_bash_agrees_on_fragments(bash: LiveBash, text: str) -> None:
    assume("<<" not in text or not re.search(r"\\ *$", text, re.MULTILINE))  # there it shows no PS2
    assume(not re.search(r'\$\(.*".*\$\(', text, re.DOTALL))  # at a keyboard, bash 5.2 refuses that at once
    agrees(bash, text)
