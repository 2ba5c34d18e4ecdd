"""On this machine an article may have sudo: what that starts and makes is another account's."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root has other accounts to act as")

# Root that may act as others, and may do no more to what is theirs than anybody (capabilities(7)).
SOMEBODY = ["setpriv", "--bounding-set=-kill,-dac_override,-dac_read_search,-fowner"]
OTHER = "setpriv --reuid 65534 --regid 65534 --clear-groups"

# It cannot do more than who calls it, but knows a word on which the other account's process ends.
SUDO = """\
#!/bin/sh
printf '%s\\n' "$*" >> {folder}/asked
{does}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    os.mkfifo(tmp_path / "word")
    (tmp_path / "tmp").mkdir()
    return tmp_path


def run(folder: Path, *command: str, sudo: str) -> subprocess.CompletedProcess[str]:
    program = folder / "sudo"
    program.write_text(SUDO.format(folder=folder, does=sudo))
    program.chmod(0o755)
    env = {**os.environ, "PATH": f"{folder}:{os.environ['PATH']}", "TMPDIR": str(folder / "tmp")}
    return subprocess.run(
        [*SOMEBODY, sys.executable, *command],
        cwd=ROOT, env=env, capture_output=True, text=True, check=False, timeout=100,
    )  # fmt: skip


def check(folder: Path, step: str, *, sudo: str) -> subprocess.CompletedProcess[str]:
    article = folder / "article.sh-session"
    article.write_text(f"~$ {step}\n")
    return run(folder, "-m", "wordish", "check", str(article), sudo=sudo)


def daemon(folder: Path) -> str:
    """A step that starts another account's process, which ends when the word is given."""
    waits = "echo started; exec > /dev/null; read word <&3"
    return f"read started < <({OTHER} setsid sh -c '{waits}' 3<> {folder}/word)"


def test_what_sudo_has_started_is_ended_by_sudo(folder: Path) -> None:
    done = check(folder, daemon(folder), sudo=f"echo > {folder}/word")
    assert (done.returncode, done.stderr) == (0, "")
    assert (folder / "asked").read_text().startswith("-n kill -KILL ")


def test_what_cannot_be_ended_is_told_and_changes_no_verdict(folder: Path) -> None:
    word = os.open(folder / "word", os.O_RDWR)
    done = check(folder, daemon(folder), sudo="exit 1")
    os.write(word, b"now\n")
    os.close(word)
    assert done.returncode == 0, done.stdout
    assert ", which the article started as another account, cannot be ended\n" in done.stdout


def test_what_sudo_has_made_is_removed_by_sudo(folder: Path) -> None:
    done = check(folder, "mkdir d && touch d/file && chown 65534 d", sudo="exit 1")
    assert done.returncode == 0
    (left,) = (folder / "tmp").glob("wordish-0-*[!k]")
    asked = (folder / "asked").read_text().splitlines()
    assert {*asked} == {f"-n rm -rf --one-file-system -- {left}"}


BECOMES = """
import sys
from wordish.model import Target
from wordish.targets import TARGETS
with TARGETS["host"].reach(Target(kind="host"), machines={}, say=print) as place:
    terminal = place.shell("user").hand_over(rows=24, columns=80, kind="dumb")
    terminal.type(sys.argv[1].encode() + b"\\n")
    printed = b""
    while b"other: 65534" not in printed:
        printed += terminal.read(None)[0]
"""


def test_a_shell_that_has_become_another_accounts_is_hung_up(folder: Path) -> None:
    done = run(folder, "-c", BECOMES, f"exec {OTHER} sh -c 'echo other: $(id -u); exec sleep 1000'", sudo="")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
