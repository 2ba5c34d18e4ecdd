"""Articles in other forms. The scripts are run by bash."""

from __future__ import annotations

import os
import pwd
import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.conftest import Reach
from wordish import after
from wordish.document import find, parse, read
from wordish.export import transcript
from wordish.model import Conventions, Document
from wordish.script import script

ROOT = Path(__file__).parent.parent
ARTICLES = [Path(path) for path in find(["docs", "README.md", "tests/articles"], base=ROOT)]
BOTH_ACCOUNTS = os.geteuid() == 0 and any(entry.pw_name == "nobody" for entry in pwd.getpwall())


def article(*lines: str) -> Document:
    document = parse("".join(f"{line}\n" for line in lines), path="a.console")
    assert not document.errors
    return document


def run(document: Document, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """What bash makes of the script, with this Python's programs within reach."""
    path = cwd / ".script"
    path.write_text(script(document), encoding="utf-8")
    searched = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    caches = {"XDG_CACHE_HOME": str(cwd / ".cache"), "WORDISH_CACHE_DIR": ""}  # what is built stays
    try:
        return subprocess.run(
            ["bash", path],
            cwd=cwd,
            env={**os.environ, "PATH": searched, "HOME": str(cwd), **caches, **environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        path.unlink()


def test_the_form() -> None:
    text = script(
        article(
            "~$ echo x | cat > y",
            "x",
            "y",
            "~$ sleep 60   # wordish: skip='too long'",
            "~$ false # returncode: 1",
            "~$ true   # wordish: status=any",
        )
    )
    assert text.startswith("#!/usr/bin/env bash\n# Made from a.console by wordish ")
    assert "\nset -e\n" in text
    assert text.endswith(
        "# a.console:1\necho x | cat > y\n# => x\n# => y\n\n"
        "# a.console:4: skipped: too long\n#   sleep 60\n\n"
        "# a.console:5\n{\nfalse\n} && wordish_status=0 || wordish_status=$?\n"
        "wordish_expect 1 a.console:5\n\n"
        "# a.console:6\n{\ntrue\n} && wordish_status=0 || wordish_status=$?\n"
    )


def test_steps_share_a_shell_and_the_status(tmp_path: Path) -> None:
    document = article(
        "~$ x=1; cd /; alias say='echo said'",
        "~$ say $x",
        "~$ (exit 3)   # wordish: status=3",
        "~$ echo $? $PWD",
        "~$ (exit 4)   # wordish: status=any",
        "~$ echo $?",
        "~$ (exit 5)   # wordish: ignore",
        "~$ false; true",
        "~$ cat <<'E'",
        "a",
        "E",
    )
    ran = run(document, tmp_path)
    assert (ran.stdout, ran.stderr, ran.returncode) == ("said 1\n3 /\n4\na\n", "", 0)


@pytest.mark.parametrize(
    ("command", "status"),
    [
        ("false; echo x", 0),
        ("f () { false; echo x; }; f", 0),
        ("f () { false; echo x; }\n~$ f", 0),
        ("alias f='false; echo x'\n~$ f", 0),
        ("echo 'f () { false; echo x; }' > lib; . ./lib\n~$ f", 0),
        ("for i in 1 2; do false; echo x; done", 0),
        ("(false; echo x)", 0),
        ("if false; then echo y; fi", 0),
        ("false || echo x", 0),
        ("false | cat", 0),
        ("! false", 0),
        ("x=$(false; echo x)", 0),
        ("false && echo x", 1),
        ("! true", 1),
        ("true | false", 1),
        ("x=$(false)", 1),
        ("f () { true; false; }; f", 1),
        ("(false)", 1),
        ("echo x > /nowhere/x", 1),
        ("no-such-program", 127),
    ],
)
def test_it_ends_where_the_article_would_fail_and_nowhere_else(
    tmp_path: Path, command: str, status: int
) -> None:
    ran = run(article(*f"~$ {command}".split("\n"), "~$ echo END"), tmp_path)
    assert ran.returncode == (status != 0), ran.stderr
    assert ("END" in ran.stdout) == (status == 0)
    assert (f"exit status {status}, 0 expected" in ran.stderr) == (status != 0)
    expected = article(*f"~$ {command}   # wordish: status={status}".split("\n"), "~$ echo END")
    assert run(expected, tmp_path).stdout.endswith("END\n")


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("false", "exit status 1, 0 expected"),
        ("true   # wordish: status=2", "exit status 0, 2 expected"),
        ("false   # wordish: status=2", "exit status 1, 2 expected"),
    ],
)
def test_it_says_where_it_stops(tmp_path: Path, command: str, told: str) -> None:
    document = article("~$ echo x", f"~$ {command}", "~$ echo y")
    ran = run(document, tmp_path)
    assert (ran.stdout, ran.returncode) == ("x\n", 1)
    where = re.fullmatch(r"(?:a.console:2|\S*: line ([0-9]+)): (.*)\n", ran.stderr)
    assert where
    assert where[2] == told
    if where[1]:
        assert script(document).split("\n")[int(where[1]) - 2] == "# a.console:2"


CLEANING = (
    "~$ echo a; alias say=echo   # wordish: cleanup",
    "~$ echo b",
    "~$ {command}",
    "~$ echo 'c  d'   # wordish: cleanup",
    "~$ echo e",
    "~$ false   # wordish: cleanup",
    "~$ say f; echo \"'$HOME'\" > /dev/null",
    "~$ say g $'\\n'   # wordish: cleanup",
)


def test_what_cleans_up_runs_at_its_place_and_once(tmp_path: Path) -> None:
    good = [line.format(command="true").replace("false", "(exit 0)") for line in CLEANING]
    ran = run(article(*good), tmp_path)
    assert (ran.stdout.split(), ran.stderr, ran.returncode) == (["a", "b", "c", "d", "e", "f", "g"], "", 0)


def test_what_cleans_up_runs_after_a_failure_too(tmp_path: Path) -> None:
    ran = run(article(*(line.format(command="false") for line in CLEANING)), tmp_path)
    assert (ran.stdout, ran.returncode) == ("a\nb\nc  d\ng \n\n", 1)
    ran = run(article(*(line.format(command="true") for line in CLEANING)), tmp_path)
    assert (ran.stdout, ran.returncode) == ("a\nb\nc  d\ne\ng \n\n", 1)


@pytest.mark.parametrize("end", ["exit", "exit 0", "f () { exit 0; }\n~$ f", "test x && exit"])
def test_a_step_that_ends_the_shell_before_the_last_one_is_a_failure(tmp_path: Path, end: str) -> None:
    ran = run(article("~$ echo a", *f"~$ {end}".split("\n"), "~$ echo b"), tmp_path)
    assert (ran.stdout, ran.returncode) == ("a\n", 1)
    assert ran.stderr.endswith(": a step ended the shell, and steps follow\n")
    ran = run(article("~$ echo a   # wordish: cleanup", *f"~$ {end}".split("\n"), "~$ echo b"), tmp_path)
    assert (ran.stdout, ran.returncode) == ("a\n", 1)
    tidy = "~$ echo tidy   # wordish: cleanup"
    ran = run(article("~$ echo a", *f"~$ {end}".split("\n"), "~$ echo b", tidy), tmp_path)
    assert (ran.stdout, ran.returncode) == ("a\ntidy\n", 1)


def test_the_last_step_may_end_the_shell(tmp_path: Path) -> None:
    for last in ("~$ exit", "~$ (exit 0); exit 0"):
        ran = run(article("~$ (exit 0)", "~$ echo a", last), tmp_path)
        assert (ran.stdout, ran.stderr, ran.returncode) == ("a\n", "", 0)


def test_what_cleans_up_runs_after_an_interruption(tmp_path: Path) -> None:
    document = article("~$ kill -INT $$; sleep 60", "~$ echo tidy   # wordish: cleanup")
    ran = run(document, tmp_path)
    assert ran.stdout == "tidy\n"
    assert ran.returncode != 0


def test_nothing_of_a_comment_runs(tmp_path: Path) -> None:
    document = article("~$ true", "a\\", "$(touch hacked)", "\x0b touch hacked")
    skipped = article("~$ touch hacked; touch \\", "> hacked   # wordish: skip='$(touch hacked)'")
    for each in (document, skipped):
        assert run(each, tmp_path).returncode == 0
    named = parse("~$ true\n", path="a\ntouch hacked; $(touch hacked).console")
    assert run(named, tmp_path).returncode == 0
    assert not list(tmp_path.iterdir())


def test_steps_of_root_want_root(tmp_path: Path) -> None:
    ran = run(article("~# id -u", "~# echo x"), tmp_path)
    if os.geteuid() == 0:
        assert (ran.stdout, ran.returncode) == ("0\nx\n", 0)
    else:
        assert (ran.stdout, ran.returncode) == ("", 2)
    assert "id -u)" not in script(article("~# id -u   # wordish: skip", "~$ echo x"))
    assert "wordish_user" not in script(article("~# id -u", "~$ echo x   # wordish: skip"))


MIXED = (
    "~# cd /tmp; x=root",
    "~$ cd /; x='the user'",
    "~$ echo \"$x: $(id --user --name) in $PWD 'quoted'\"",
    '~# echo "$x: $(id --user --name) in $PWD"',
    "~$ (exit 3)   # wordish: status=3",
    "~$ echo $?",
    "~$ cat   # wordish: input=typed",
    "~$ alias say='echo said'",
    "~$ say \\",
    "> more; cat <<E",
    "> a",
    "> E",
    "~$ cat",
    "~# echo root tidies   # cleanup",
    "~$ echo $x tidies   # cleanup",
)


@pytest.mark.skipif(not BOTH_ACCOUNTS, reason="needs root, and an account nobody")
def test_root_and_a_user_have_a_shell_each(tmp_path: Path) -> None:
    ran = run(article(*MIXED), tmp_path, WORDISH_USER="nobody")
    assert ran.stdout.splitlines() == [
        "the user: nobody in / 'quoted'",
        "root: root in /tmp",
        "3",
        "typed",
        "said more",
        "a",
        "root tidies",
        "the user tidies",
    ]
    assert ran.returncode == 0
    assert run(article(*MIXED), tmp_path, SUDO_USER="nobody").stdout == ran.stdout
    ran = run(article(*MIXED[:3], "~$ false", *MIXED[3:]), tmp_path, WORDISH_USER="nobody")
    assert ran.stdout.splitlines() == ["the user: nobody in / 'quoted'", "root tidies", "the user tidies"]
    assert ran.returncode == 1


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
def test_a_user_has_to_be_named(tmp_path: Path) -> None:
    ran = run(article(*MIXED), tmp_path, SUDO_USER="", WORDISH_USER="")
    assert (ran.stdout, ran.returncode) == ("", 1)
    assert "some steps are for an ordinary user: name one in WORDISH_USER" in ran.stderr


def test_what_holds_around_steps(tmp_path: Path) -> None:
    document = parse(
        "<!-- wordish: env='X=\"a b\"' cwd=/usr timeout=9 -->\n\nText.\n\n"
        "```\n~$ echo $X $PWD\n~$ unset Y\n```\n\n"
        "<!-- wordish: env='X=c Y=d' cwd=/etc -->\n"
        "```\n~$ echo $X $Y $PWD\n~$ X=e; cd /\n```\n\n"
        "```\n~$ echo $X ${Y-none} $PWD\n```\n",
        path="a.md",
    )
    assert not document.errors, document.errors
    ran = run(document, tmp_path)
    assert ran.stdout.splitlines() == ["a b /usr", "c d /etc", "a b none /usr"]
    assert ran.returncode == 0, ran.stderr


@pytest.mark.parametrize(
    ("said", "runs"),
    [
        ("skip='not root'", os.geteuid() == 0),
        ("skip=root", os.geteuid() != 0),
        ("skip=host", False),
        ("skip='not host'", True),
        ("skip=vm", True),
        ("skip=command:bash", False),
        ("skip='not command:bash'", True),
        ("skip=/nowhere", True),
        ("needs=bash", True),
        ("needs='bash no-such-program'", False),
    ],
)
def test_steps_on_condition(tmp_path: Path, said: str, runs: bool) -> None:
    text = f"```\n~$ echo a\n```\n\n<!-- wordish: {said} -->\n```\n~$ echo b\n~$ false; echo $?\n```\n"
    document = parse(text, path="a.md")
    assert not document.errors, document.errors
    ran = run(document, tmp_path)
    assert (ran.stdout, ran.returncode) == ("a\n" + "b\n1\n" * runs, 0), ran.stderr


def test_what_the_article_needs(tmp_path: Path) -> None:
    document = parse("# wordish: needs='bash no-such-program'\n~$ echo a\n", path="a.console")
    ran = run(document, tmp_path)
    assert (ran.stdout, ran.returncode) == ("", 2)
    assert ran.stderr == "a.console: needs bash, no-such-program, of which something is not here\n"


def test_what_is_typed_is_fed(tmp_path: Path) -> None:
    document = article(
        "~$ read answer; echo $answer   # wordish: input='yes sir'",
        "~$ echo again $answer",
        "~$ cat | grep no   # wordish: input=yes status=1",
    )
    ran = run(document, tmp_path)
    assert (ran.stdout, ran.returncode) == ("yes sir\nagain yes sir\n", 0), ran.stderr


def test_samples_are_told_of() -> None:
    document = parse(
        "# wordish: sample=vol-1\n~$ echo vol-$$\nvol-1\n~$ echo vol-1\nvol-1\n", path="a.console"
    )
    assert not document.errors
    assert "# a.console:2\n" in script(document)
    assert "# a.console:4: vol-1 is a sample: no output is looked at here, so put in what" in script(document)


@pytest.mark.parametrize(
    "refused", [")", "}", "} ; {", "if; fi", "echo (", "a=(1 2) ) # x", "[[ a b ]]", "done", "echo a; ;; b"]
)
@pytest.mark.parametrize("more", ["", " input=x"])
def test_what_bash_refuses_is_refused_at_its_place(tmp_path: Path, refused: str, more: str) -> None:
    document = article("~$ echo x", f"~$ {refused}  # wordish: status=any{more}", "~$ echo y")
    assert len(document.steps) == 3
    subprocess.run(["bash", "-n"], input=script(document), text=True, check=True)
    ran = run(document, tmp_path)
    assert (ran.stdout, ran.returncode) == ("x\ny\n", 0)
    assert run(article("~$ echo x", f"~$ {refused}", "~$ echo y"), tmp_path).stdout == "x\n"


def test_a_handler_of_unknown_names_runs_without_set_e(tmp_path: Path) -> None:
    document = article(
        '~$ command_not_found_handle () { false; echo "no $1"; }', "~$ frobnicate", "~$ echo END"
    )
    assert run(document, tmp_path).stdout == "no frobnicate\nEND\n"


def test_the_articles_before_run_before(tmp_path: Path) -> None:
    (tmp_path / "install.md").write_text("```\n~$ x=shop\n~$ echo bye $x   # cleanup\n```\n")
    (tmp_path / "open.md").write_text("<!-- wordish: after=install.md -->\nText.\n\n```\n~$ echo $x\n```\n")
    document = after.read(tmp_path / "open.md", conventions_of=lambda _: Conventions())
    assert not document.errors, document.errors
    assert run(document, tmp_path).stdout == "shop\nbye shop\n"


def test_a_transcript_has_no_hints_and_nothing_hidden() -> None:
    document = parse(
        "Do:\n\n<!-- wordish: hidden -->\n```console\n~$ secret\n```\n"
        "> ```console\n> ~$ cat <<E   # wordish: status=0\n> a\n> E\n> a\n>\n"
        "> b\n> ~# true # ignore\n> ```\n",
        path="a.md",
    )
    assert transcript(document) == "~$ cat <<E\n> a\n> E\na\n\nb\n~# true\n"


def test_prompts_that_count_in_the_article_alone_are_written_as_others() -> None:
    document = parse(
        "```\n[web1]$ one\n```\n\n```\nsrc$ two\nweb1:src# three\n```\n\n```\n$ four\n~$ \nprose\n```\n",
        path="a.md",
    )
    assert transcript(document) == "[web1]$ one\n~$ two\n~# three\n$ four\n"


def test_an_output_that_would_be_a_prompt_stays_one() -> None:
    document = parse("```\n~$ cat note\n  ~$ ls\n  # x\n```\n", path="a.md")
    assert transcript(document) == "~$ cat note\n ~$ ls\n # x\n"


def same(document: Document) -> None:
    """The transcript of an article reads as the article does."""
    steps = [step for step in document.steps if not step.options.hidden]
    again = parse(transcript(document), path="a.console")
    assert not again.errors
    assert [(step.user, step.command, step.expectation.text) for step in again.steps] == [
        (step.user, step.command, step.expectation.text) for step in steps
    ]


@pytest.mark.parametrize("path", ARTICLES, ids=lambda path: path.name)
def test_a_transcript_is_read_as_the_article_is(path: Path) -> None:
    same(read(path))


COMMANDS = st.sampled_from(
    [
        "ls",
        "echo 'a\nb'",
        "cat <<E\n~$ x\n> y\nE",
        "if true; then\n> echo\nfi",
        "f () {\n  ls\n}",
        "ls \\\n  -l",
        "ls   # wordish: status=2",
        "ls   # ignore",
        "echo # ignored",
        "cat <<-E\n\tx\n\tE",
        "true |\nsort",
        "echo 'a\n\n\nb'",
        "echo '# wordish: skip'",
    ]
)
PROMPTS = st.sampled_from(
    ["~$", "~#", "$", "root@web1:~#", "[web1]$", "(venv) ~$", "src$", "web1:src#", "~$\u00a0"]
)
LINES = st.sampled_from(
    [
        "",
        "a",
        "  a",
        "...",
        "> x",
        "# x",
        "  ~$ ls",
        "\t~# ls",
        "src$ x",
        "US$ 12",
        "# wordish: skip",
        "a\\",
        "'",
    ]
)
BLOCKS = st.lists(
    st.lists(st.tuples(PROMPTS, COMMANDS, st.lists(LINES, max_size=4)), min_size=1, max_size=3),
    min_size=1,
    max_size=3,
)


@settings(max_examples=300, deadline=None)
@given(blocks=BLOCKS, quoted=st.booleans())
def test_any_transcript_is_read_as_its_article_is(
    blocks: list[list[tuple[str, str, list[str]]]], quoted: bool
) -> None:
    lines = []
    for block in blocks:
        lines += ["```console"]
        for prompt, command, shown in block:
            lines += [f"{prompt} {command}", *shown]
        lines += ["```", ""]
    text = "\n".join(lines) + "\n"
    if quoted:
        text = "".join(f"> {line}\n" for line in text.split("\n"))
    same(parse(text, path="a.md"))


@pytest.mark.parametrize("path", ARTICLES, ids=lambda path: path.name)
def test_bash_can_read_every_script(path: Path) -> None:
    subprocess.run(["bash", "-n"], input=script(read(path)), text=True, check=True)


# One speaks of the interactive shell itself, one has samples, one takes long and has nothing that the
# others lack. Those of the reader's tests are only to be read.
USERS = [
    path
    for path in ARTICLES
    if {step.user for step in read(path).steps} == {"user"}
    # The last one starts services, which a script does not stop.
    and path.name not in ("one-run.md", "markup.md", "warnings.md", "many-articles.md")
    and "reading" not in path.parts
]


@pytest.mark.parametrize("path", USERS, ids=lambda path: path.name)
def test_the_scripts_of_articles_that_need_no_machine_succeed(path: Path, tmp_path: Path) -> None:
    ran = run(read(path), tmp_path)
    assert ran.returncode == 0, ran.stderr


@pytest.mark.vm
def test_the_script_of_the_lvm_article_succeeds_in_a_machine(reach: Reach) -> None:
    text = script(read(ROOT / "docs" / "howto" / "lvm-upgrade-safety-net.rst"))
    shell = reach("vm").shell("root")
    assert shell.run(f"cat > lvm.sh <<'END OF SCRIPT'\n{text}END OF SCRIPT", timeout=60).status == 0
    ran = shell.run("bash lvm.sh", timeout=200)
    assert (ran.status, ran.stdout.split("\n")[-1]) == (
        0,
        '  Labels on physical volume "/dev/loop1" successfully wiped.',
    )


def test_a_script_stands_where_a_block_does_and_comes_back(tmp_path: Path) -> None:
    text = (
        "<!-- wordish: cwd=/usr env='FRUIT=red_pear' -->\n```\n~$ echo $PWD $FRUIT\n```\n\n"
        '```\n~$ echo $PWD ${FRUIT-none}; test "$PWD" != /usr\n```\n'
    )
    ran = run(parse(text, path="a.md"), tmp_path)
    assert (ran.returncode, ran.stdout) == (0, f"/usr red_pear\n{tmp_path} none\n")
