"""What is doubtful is told, and nothing else is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.conftest import ROOT
from wordish.catalogue import CATALOGUE
from wordish.catalogue import told as without_ignored
from wordish.document import find, parse, read
from wordish.lint import Article, doubts, lint
from wordish.model import Machine, Target
from wordish.programs import Programs
from wordish.runner import Wish

HOST, VM = Target(kind="host"), Target(kind="vm", machine="lab")
PROGRAMS: Programs = {
    "root": frozenset(
        {"apt-get", "cat", "cp", "ls", "lvcreate", "make", "sleep", "sudo", "git", "env", "nohup"}
    ),
    "user": frozenset({"apt-get", "cat", "cp", "ls", "make", "sleep", "sudo", "git", "env", "nohup"}),
}


def found(
    *lines: str, target: Target = VM, path: str = "a.console", programs: Programs | None = PROGRAMS
) -> list[str]:
    """``line name`` of each warning on an article of these lines."""
    document = parse("".join(f"{line}\n" for line in lines), path=path)
    assert not document.errors, document.errors
    article = Article(document=document, target=target, timeout=60, programs=programs)
    return [f"{told.line} {told.name}" for told in sorted(doubts(article), key=lambda told: told.line)]


def message(*lines: str, target: Target = VM) -> str:
    document = parse("".join(f"{line}\n" for line in lines), path="a.console")
    (told,) = doubts(Article(document=document, target=target, timeout=60, programs=PROGRAMS))
    return str(told)


# Hints.


@pytest.mark.parametrize(
    ("comment", "meant"),
    [
        ("# ignor", "ignore"),
        ("# Ignore", "ignore"),
        ("# ignored", "ignore"),
        ("# clean-up", "cleanup"),
        ("# clean up.", "cleanup"),
        ("# return code: 3", "wordish: status=3"),
        ("# returncode 3", "wordish: status=3"),
        ("# exit status 3", "wordish: status=3"),
        ("# wordish status=3", "wordish: status=3"),
        ("# wordih: status=3", "wordish: status=3"),
        ("# Wordish: status=3", "wordish: status=3"),
        ("# status=3", "wordish: status=3"),
        ("# skip", "wordish: skip"),
        ("# timeout=3 cleanup", "wordish: timeout=3 cleanup"),
    ],
)
def test_a_comment_that_is_almost_a_hint(comment: str, meant: str) -> None:
    assert message(f"~$ ls {comment}") == (
        f"a.console:1: {comment!r} is no hint of wordish, and means nothing: write `# {meant}`"
    )


@pytest.mark.parametrize(
    "line",
    [
        "ls # list the files",
        "ls # clean",
        "ls # ignore",
        "ls # cleanup",
        "ls # &2",
        "ls # returncode: 0",
        "ls # wordish: timeout=3",
        "ls # what wordish does",
        "ls # hidden files are not shown",
        "ls '# ignor'",
        "cat <<E\n# ignor\nE",
        "ls '#'ignor",
    ],
)
def test_other_comments(line: str) -> None:
    assert [told for told in found(f"~$ {line}") if "ignored-step" not in told] == []


def test_a_comment_stands_at_its_line() -> None:
    assert found("~$ f () {", "  ls  # ignor", "}") == ["2 misspelt-hint"]


# Programs.


def test_a_program_that_is_not_there_is_told_once() -> None:
    assert found("~$ ls", "~# lvcreat x", "~# lvcreat y") == ["2 unknown-program"]
    assert message("~# lvcreat") == (
        "a.console:1: no program 'lvcreat' is in the machine: did you mean lvcreate?"
    )
    assert message("~$ frobnicate | cat") == (
        "a.console:1: no program 'frobnicate' is in the machine: "
        "add its package to [tool.wordish.machines.lab]"
    )
    assert message("~$ frobnicate", target=HOST).endswith(": install it, or say skip")


def test_a_program_of_root_alone() -> None:
    assert found("~# lvcreate", "~$ sudo lvcreate", "~$ lvcreate") == ["3 unknown-program"]
    assert message("~$ lvcreate") == (
        "a.console:1: 'lvcreate' is not in the PATH of an ordinary user, only in root's: "
        "write it with root's prompt, ~#, or with its path"
    )


@pytest.mark.parametrize(
    "command",
    [
        "frob",
        "X=1 frob",
        "ls && frob",
        "ls | frob",
        "(frob)",
        "ls $(frob)",
        "ls `frob`",
        "cat <(frob)",
        "if ls; then frob; fi",
        "while frob; do ls; done",
        "! frob",
        "time frob",
        "env X=1 frob",
        "nohup frob &",
        "exec frob",
        "sudo frob",
        "f () { frob; }",
        "cat <<E\n$(frob)\nE",
        "case x in x) frob;; esac",
        "frob > out",
    ],
)
def test_wherever_a_command_calls_it(command: str) -> None:
    assert found(*f"~$ {command}".split("\n")) == ["1 unknown-program"]


@pytest.mark.parametrize(
    "command",
    [
        "cd /; echo x; [ -e x ]; [[ -e x ]]; test x; ((x++)); :; true",
        "$x frob",
        '"$x"',
        "./frob",
        "~/frob",
        "/opt/frob/frob",
        "x=frob",
        "x=(frob frob)",
        "echo frob 'frob' \"frob\"",
        "for frob in a; do ls; done",
        "case frob in frob) ls;; esac",
        "cat <<E\nfrob\nE",
        "ls > frob",
        "sudo -u frob ls",
        "command -v frob",
        "command -v frob && frob",
        "frob  # wordish: status=127",
        "frob  # wordish: status=any lint-ignore=W112",
        "frob  # wordish: skip",
        "frob () { ls; }; frob",
        "coproc ls",
        "select frob in a; do ls; done",
        "time { ls; }",
        "x\\y",
        "exec 3>&1",
        "exec {out}>&1 4>&2 5>&-",
    ],
)
def test_what_is_no_program_or_is_expected_to_be_missing(command: str) -> None:
    assert [told for told in found(*f"~$ {command}".split("\n")) if "any-status" not in told] == []


@pytest.mark.parametrize(
    "command",
    [
        "frob () { ls; }",
        "function frob { ls; }",
        "alias frob='ls -l' x=ls",
        "sudo apt-get install frob",
        "apt-get install -y frob && ls",
        "make install",
        "dpkg -i frob.deb",
        "cp x /usr/local/bin/frob",
        "cp x ~/bin",
        'cp x "$HOME/bin"',
        "cat > /usr/local/sbin/frob <<E\nls\nE",
        "export PATH=$PATH:~/frob",
        "source frob.sh",
        ". ./frob.sh",
        "eval $x",
        "cat x | sh",
        "su -",
        "bash",
        "chroot /mnt",
        "echo )",
        "command_not_found_handle () { echo no; }",
    ],
)
def test_after_what_may_have_brought_it(command: str) -> None:
    assert found(*f"~$ {command}".split("\n"), "~$ frob", programs=None) == []
    programs: Programs = {user: names | {"dpkg", "sh", "bash", "chroot"} for user, names in PROGRAMS.items()}
    assert found(*f"~$ {command}".split("\n"), "~$ frob", programs=programs) == []


def test_where_its_absence_is_thought_of() -> None:
    assert found("<!-- wordish: needs=frob -->", "```", "~$ frob", "```", path="a.md") == []
    assert found("~$ frob   # wordish: skip='not command:frob'") == []
    assert found("# wordish: env='PATH=/opt'", "~$ frob") == []
    assert found("~$ cat   # wordish: enters", "~$ frob") == []


def test_what_an_article_before_brings() -> None:
    for command in ("apt-get install frob", "frob () { ls; }"):
        before = parse(f"~$ {command}\n~$ frab\n", path="b.console").steps
        document = parse("~$ frob\n", path="a.console")._replace(before=before)
        article = Article(document=document, target=VM, timeout=60, programs=PROGRAMS)
        assert list(doubts(article)) == []


def test_before_what_may_bring_it() -> None:
    assert found("~$ frob", "~# apt-get install frob") == ["1 unknown-program"]


# Commands.


def test_sudo_in_a_session_of_root() -> None:
    assert found("~# sudo ls", "~$ sudo ls", "~# ls; X=1 sudo ls | cat") == [
        "1 sudo-as-root",
        "3 sudo-as-root",
    ]
    assert found("~# echo sudo ls", "~# ls sudo  # sudo", "~# sudo ls  # wordish: skip") == []


@pytest.mark.parametrize("command", ["ls UUID=...", "ls -v..."])
def test_an_ellipsis_in_a_command(command: str) -> None:
    assert found(f"~$ {command}", programs=None) == ["1 ellipsis-command"]


@pytest.mark.parametrize(
    "command",
    [
        "echo 'wait ...'",
        'echo "…"',
        "git log a...b",
        "git diff HEAD~2...@{u}",
        "make ./... a/...",
        "cat <<E\n...\nE",
        "ls # ...",
        "cp ... x  # wordish: skip",
    ],
)
def test_other_dots(command: str) -> None:
    assert found(*f"~$ {command}".split("\n")) == []


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("sleep 60", True),
        ("sleep 1m", True),
        ("ls; sleep 30 30", True),
        ("ls && sleep 90 > x", True),
        ("sleep 59.9", False),
        ("sleep 90 &", False),
        ("sleep 90 & ls", False),
        ("f () { sleep 90; }", False),
        ("sleep $x", False),
        ("if ls; then sleep 90; fi", False),
        ("sleep 90  # wordish: timeout=100", False),
        ("sleep 9  # wordish: timeout=5", True),
    ],
)
def test_a_sleep_that_cannot_end_in_time(command: str, told: bool) -> None:
    assert found(f"~$ {command}") == ["1 sleep-beyond-timeout"] * told


def test_a_timeout_beyond_the_article_s() -> None:
    head = "# wordish: timeout=10"
    assert found(head, "~$ ls  # wordish: timeout=11", "~$ ls  # wordish: timeout=9", "~$ ls") == [
        "2 long-timeout"
    ]
    assert found("~$ ls  # wordish: timeout=1000") == []


# What is left behind.


def test_root_on_a_shared_target() -> None:
    assert found("~$ ls", "~# ls", "~# ls", target=HOST) == ["2 no-cleanup"]
    assert found("~# ls", "~# ls  # cleanup", target=HOST) == []
    assert found("~$ ls", target=HOST) == []
    assert found("~# ls  # wordish: skip", target=HOST) == []
    assert found("~# ls", target=VM) == []
    assert found("~# ls", target=Target(kind="moon")) == []


# Verdicts.


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (["~$ ls  # ignore", "x"], "1 ignored-step"),
        (["~$ ls  # wordish: status=any"], "1 any-status"),
        (["~$ ls  # wordish: status-only", "x"], "1 unjudged-output"),
        (["~$ ls  # wordish: status-only"], ""),
        (["~$ ls", "..."], "1 only-ellipsis"),
        (["~$ ls", "[...]", "…"], "1 only-ellipsis"),
        (["~$ ls", "a", "..."], ""),
        (["~$ ls", "a..."], ""),
        (["~$ ls  # wordish: match=exact", "..."], ""),
        (["~$ ls  # wordish: match=regex", ".*"], "1 any-pattern"),
        (["~$ ls  # wordish: match=regex", "x", "^(.+?)$"], "1 any-pattern"),
        (["~$ ls  # wordish: match=regex", "x.*"], ""),
        (["~$ ls  # wordish: ignore skip", "..."], ""),
        (["~$ ls  # wordish: ignore status=any", "..."], "1 ignored-step"),
    ],
)
def test_a_verdict_that_says_little(lines: list[str], told: str) -> None:
    assert found(*lines) == ([told] if told else [])


# Blocks.


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (["```console", "ls", "```"], ["2 no-prompt"]),
        (["```shell-session", "", "% ls", "x", "```"], ["3 no-prompt"]),
        (["```bash", "% ls", "```"], ["2 no-prompt"]),
        (["```sh", "> ls", "```"], ["2 no-prompt"]),
        (["```bash", "ls", "```"], []),
        (["```bash", "# comment", "ls", "```"], []),
        (["```", "% ls", "```"], []),
        (["```python", "> ls", "```"], []),
        (["```console", "~$ ls", "```"], []),
        (["```console", "output", "~$ ls", "```"], []),
        (["```console", "# apt-get update", "```"], []),  # a guessed root prompt, which its reader tells
        (["<!-- wordish: skip -->", "```console", "ls", "```"], []),
    ],
)
def test_a_block_without_prompt(lines: list[str], told: list[str]) -> None:
    assert found(*lines, path="a.md") == told


# All together.


MACHINES = {"lab": Machine(name="lab")}


def test_an_article_with_errors_has_no_doubts() -> None:
    document = parse("~$ frob\n~$ echo 'open\n", path="a.console")
    (linted,), notes = lint([document], wish=Wish(), machines=MACHINES, timeout=60)
    assert [told.name for told in linted.diagnostics] == ["open-command"]
    assert notes == []


def test_what_keeps_an_article_from_running_is_told_too() -> None:
    document = parse("# wordish: on=host\n~# ls\n", path="a.console")
    (linted,), _ = lint([document], wish=Wish(), machines=MACHINES, timeout=60)
    assert [told.name for told in linted.diagnostics] == ["root-prompt", "no-cleanup"]
    allowed = Wish(on="host", as_root=True, superuser=True)
    (linted,), _ = lint([document], wish=allowed, machines=MACHINES, timeout=60)
    assert [told.name for told in linted.diagnostics] == ["no-cleanup"]


def test_programs_of_a_machine_that_is_not_built_are_not_looked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORDISH_CACHE_DIR", str(tmp_path))
    document = parse("~# frob\n", path="a.console")
    for off, told in (
        (
            frozenset[str](),
            ["programs are not looked for: the machine lab is not built: `wordish machine build lab`"],
        ),
        (frozenset({"unknown-program"}), []),
    ):
        wish = Wish(default_machine="lab")
        (linted, again), notes = lint([document, document], wish=wish, machines=MACHINES, timeout=60, off=off)
        assert linted.diagnostics == again.diagnostics == ()
        assert notes == told


def test_warnings_are_switched_off_for_all_or_for_a_step() -> None:
    text = "~$ frob  # wordish: lint-ignore=W102\n~$ frab\n~# sudo ls\n...\n"
    document = parse(text, path="a.console")
    (linted,), _ = lint(
        [document],
        wish=Wish(on="host", as_root=True, superuser=True),
        machines=MACHINES,
        timeout=60,
        off=frozenset({"no-cleanup", "unknown-program"}),
    )
    assert [told.name for told in linted.diagnostics] == ["only-ellipsis", "sudo-as-root"]


def test_its_warnings_are_those_of_their_own_codes() -> None:
    source = (ROOT / "wordish" / "lint.py").read_text(encoding="utf-8")
    told = {kind.code for kind in CATALOGUE if re.search(rf'"{kind.name}"(,|$)', source, re.MULTILINE)}
    assert told == {kind.code for kind in CATALOGUE if kind.code.startswith("W1")}


@pytest.mark.parametrize(
    "path", [Path(path) for path in find(["docs/howto", "README.md"], base=ROOT)], ids=lambda path: path.name
)
def test_this_project_s_own_articles_are_beyond_doubt(path: Path) -> None:
    document = read(path)
    assert document.diagnostics == ()
    found = tuple(doubts(Article(document=document, target=VM, timeout=60)))
    assert without_ignored(document, found, off=frozenset()) == ()
