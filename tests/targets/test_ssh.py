"""What holds on a machine that ssh reaches, and what is said when it cannot be."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests import sshd
from tests.conftest import Reach
from wordish.errors import MachineError
from wordish.model import Target
from wordish.shell import Shell
from wordish.targets import Place, ssh

AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root may set this up")


@contextmanager
def reached(address: str = "there", *, as_root: bool = True) -> Iterator[Place]:
    target = Target(kind="ssh", address=address, as_root=as_root)
    with ssh.reach(target, machines={}, say=print) as place:
        yield place


def says(shell: Shell, command: str) -> str:
    output = shell.run(command, timeout=20)
    return output.stdout if output.status == 0 else f"{output.status}: {output.stdout}{output.stderr}"


def wordish(*words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "wordish", *words]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, check=False)


def test_one_connection_carries_all(server: sshd.Server) -> None:
    before = server.log.count("Accepted publickey")
    with reached() as place:
        assert says(place.shell("user"), "exit 3").startswith("3: ")
        assert says(place.shell("user"), "echo on") == "on"  # another shell
    assert server.log.count("Accepted publickey") == before + 1


def test_who_logs_in_as_root_has_one_shell(reach: Reach) -> None:
    place = reach("ssh")
    assert place.shell("root") is place.shell("user")


def test_there_it_has_a_home_of_its_own_that_is_removed(server: sshd.Server) -> None:
    with reached() as place:
        shell = place.shell("user")
        home = Path(says(shell, "echo $HOME"))
        assert home.is_relative_to(server.temporary)
        assert says(shell, "mktemp").startswith(f"{home.parent}/tmp/")
        assert (home.parents[1].stat().st_mode & 0o777, home.is_dir()) == (0o700, True)
        says(shell, "mkdir -p a/b; touch a/b/c; chmod 000 a/b a; exit")
        assert says(place.shell("user"), "ls") == "a"  # another shell
    assert list(server.temporary.iterdir()) == []


def test_what_an_article_has_mounted_there_is_not_removed(server: sshd.Server, tmp_path: Path) -> None:
    (tmp_path / "precious").touch()
    with reached() as place:
        assert says(place.shell("root"), f"mkdir 'a b' && mount --bind {tmp_path} 'a b'") == ""
    assert (list(server.temporary.iterdir()), (tmp_path / "precious").exists()) == ([], True)


def test_who_kills_our_agent_there_ends_the_article_and_leaves_nothing(server: sshd.Server) -> None:
    with reached() as place:
        shell = place.shell("user")
        shell.run("setsid --fork sleep 4321.25 > /dev/null 2>&1 < /dev/null", timeout=20)
        soon_asleep(b"4321.25")
        with pytest.raises(MachineError, match="the machine has stopped"):
            shell.run("kill -9 $PPID; sleep 100", timeout=20)
    assert (list(server.temporary.iterdir()), asleep(b"4321.25")) == ([], 0)


def test_it_gets_an_allow_list_of_variables_there(
    server: sshd.Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("LC_ALL", "WORDISH_TEST"):  # which the user's configuration sends
        monkeypatch.setenv(name, "s3cret")
    with reached() as place:
        names = says(place.shell("user"), "env | cut -d = -f 1 | sort | tr '\n' ' '")
    known = "GIT_PAGER HOME LANG LOGNAME PAGER PATH PWD SHELL SHLVL SYSTEMD_PAGER TERM TMPDIR USER _"
    assert names.split() == known.split()


def test_no_agent_of_keys_is_lent(
    server: sshd.Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    agent = subprocess.Popen(["ssh-agent", "-D", "-a", tmp_path / "agent"], stdout=subprocess.DEVNULL)
    try:
        monkeypatch.setenv("SSH_AUTH_SOCK", str(tmp_path / "agent"))
        with reached() as place:  # although the user's configuration lends it to all
            shell = place.shell("user")
            assert "SSH_CONNECTION" in says(shell, "tr '\\0' '\\n' < /proc/$PPID/environ")
            assert "SSH_AUTH_SOCK" not in says(shell, "tr '\\0' '\\n' < /proc/$PPID/environ")
    finally:
        agent.terminate()
        agent.wait()


def test_an_article_does_not_choose_a_real_machine(tmp_path: Path) -> None:
    article = "```console\n~$ true\n```\n"
    (tmp_path / "a.md").write_text(f"<!-- wordish: on=ssh:there -->\n{article}")
    done = wordish("check", "a.md", cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (
        2,
        "",
        "a.md:1: ssh:there is a real machine, which an article does not choose for itself: "
        "say `--on ssh:there` if you mean it\n",
    )
    (tmp_path / "b.md").write_text(article)
    (tmp_path / "pyproject.toml").write_text('[tool.wordish.options]\non = "ssh:there"\n')
    done = wordish("check", "b.md", cwd=tmp_path)
    assert (done.returncode, "is a real machine" in done.stderr) == (2, True)


def test_root_steps_there_have_to_be_allowed(tmp_path: Path, server: sshd.Server) -> None:
    (tmp_path / "a.md").write_text("```console\n~# id -un\nroot\n```\n")
    done = wordish("check", "--on", "ssh:there", "a.md", cwd=tmp_path)
    assert (done.returncode, "`--on ssh:there --as-root` if you mean it" in done.stderr) == (2, True)
    done = wordish("check", "--on", "ssh:there", "--as-root", "a.md", cwd=tmp_path)
    assert (done.returncode, "1 passed in" in done.stdout) == (0, True), done.stdout + done.stderr


def configured(server: sshd.Server, tmp_path: Path, change: tuple[str, str]) -> str:
    """What goes before PATH so that ssh has another configuration."""
    text = (server.folder / "config").read_text()
    assert change[0] in text
    (tmp_path / "config").write_text(text.replace(*change))
    (tmp_path / "ssh").write_text(f'#!/bin/sh\nexec /usr/bin/ssh -F {tmp_path}/config "$@"\n')
    (tmp_path / "ssh").chmod(0o755)
    return str(tmp_path)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            ("HostName 127.0.0.1", "HostName no.invalid"),
            "there cannot be reached: .*resolve.*: try `ssh there`",
        ),
        (("Port ", "Port 1 #"), "there cannot be reached: .*refused.*: try `ssh there`"),
        (
            ("/key\n", "/none\n"),
            "there does not let us in: .*denied.*: nothing is asked here: `ssh there -o ",
        ),
        (
            ("/known_hosts", "/none"),
            "the host key of there is not the one that is known, or none is: compare",
        ),
    ],
)
def test_why_it_cannot_be_reached_is_told(
    server: sshd.Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: tuple[str, str], said: str
) -> None:
    monkeypatch.setenv("PATH", configured(server, tmp_path, change), prepend=":")
    with pytest.raises(MachineError, match=said), reached():
        pass


@pytest.mark.parametrize(
    ("complaint", "said"),
    [
        ("bash: line 1: exec: perl: not found", "web1 has no perl, .*: install perl-base"),
        ("wordish: no bash", "web1 cannot be used: no bash: it takes Linux, bash, perl"),
        ("", "web1 cannot be reached: ssh does not say why"),
    ],
)
def test_what_it_lacks_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, complaint: str, said: str
) -> None:
    (tmp_path / "ssh").write_text(f"#!/bin/sh\necho '{complaint}' >&2; exit 127\n")
    (tmp_path / "ssh").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    with pytest.raises(MachineError, match=said), reached("web1"):
        pass


@pytest.mark.parametrize("address", ["web1", "me@web1", "//me@web1:2222", "2001:db8::1", "web1.example.org"])
def test_what_names_a_host(tmp_path: Path, address: str) -> None:
    (tmp_path / "a.md").write_text("```console\n~$ true\n```\n")
    assert wordish("lint", "--on", f"ssh:{address}", "a.md", cwd=tmp_path).returncode == 0


@pytest.mark.parametrize("address", ["", "-oProxyCommand=touch made", "-v", "a b", "a;b", "a$(b)", "/etc"])
def test_what_does_not(tmp_path: Path, address: str) -> None:
    (tmp_path / "a.md").write_text("```console\n~$ true\n```\n")
    done = wordish("check", "--on", f"ssh:{address}", "a.md", cwd=tmp_path)
    assert (done.returncode, "say `--on ssh:HOST`" in done.stderr) == (2, True)


# An account that is nobody's here but in the server's own view of the files, and may become root there
# or not.
ACCOUNTS = """
set -e
mount -t tmpfs some /mnt
cd /mnt
mkdir tmp
chmod 1777 tmp
cp "$1" key
for name in passwd group; do cp "/etc/$name" $name; done
echo 'somebody:x:4321:4321::/mnt:/bin/bash' >> passwd
echo 'somebody:x:4321:' >> group
printf 'somebody:*:19000:0:99999:7:::\\nroot:*:19000:0:99999:7:::\\n' > shadow
printf '%s\\n' "$2" > sudoers
chmod 440 sudoers
for name in passwd group shadow sudoers; do mount --bind $name "/etc/$name"; done
shift 2
exec "$@"
"""


@contextmanager
def ordinary(folder: Path, monkeypatch: pytest.MonkeyPatch, sudoers: str) -> Iterator[sshd.Server]:
    around = ("unshare", "--mount", "sh", "-c", ACCOUNTS, "sh", f"{folder}/key.pub", sudoers)
    with sshd.server(folder, *around, user="somebody", keys="/mnt/key", temporary="/mnt/tmp") as server:
        monkeypatch.setenv("PATH", server.programs, prepend=":")
        yield server


@AS_ROOT
def test_an_ordinary_account_becomes_root_by_sudo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with ordinary(tmp_path, monkeypatch, "somebody ALL=(ALL) NOPASSWD: ALL") as server:
        seen = Path(f"/proc/{server.process.pid}/root")
        with reached() as place:
            user, root = place.shell("user"), place.shell("root")
            assert says(user, "id -un; test $PWD -ef ~; echo $?") == "somebody\n0"
            assert says(root, "id -un; echo $LOGNAME; env | grep -c SUDO || true") == "root\nroot\n0"
            assert says(root, "stat -c %U:%a ~/..; cd; touch mine; chmod 000 .") == "root:700"
            roots = seen / says(root, "echo $HOME").lstrip("/")
            assert (roots.stat().st_uid, len(list((seen / "mnt/tmp").iterdir()))) == (0, 1)
            # What it starts as root is ended too, whatever became of its parents.
            says(user, "sudo -n setsid --fork sleep 4321.5 > /dev/null 2>&1 < /dev/null")
            soon_asleep(b"4321.5")
        assert (list((seen / "mnt/tmp").iterdir()), asleep(b"4321.5")) == ([], 0)
        assert server.log.count("Accepted publickey") == 1


def soon_asleep(seconds: bytes) -> None:
    """Wait until one sleeps for so long."""
    end = time.monotonic() + 20
    while not asleep(seconds):
        assert time.monotonic() < end
        time.sleep(0.01)


def asleep(seconds: bytes) -> int:
    """How many sleep for so long."""
    found = 0
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            found += path.read_bytes() == b"sleep\x00%b\x00" % seconds
        except OSError:
            continue
    return found


@AS_ROOT
def test_an_ordinary_account_without_sudo_is_told_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said = "a root prompt needs root on there: sudo: .*: log in as root, or let `sudo -n true` work there"
    with ordinary(tmp_path, monkeypatch, "root ALL=(ALL) ALL"), reached() as place:
        assert says(place.shell("user"), "echo on") == "on"
        with pytest.raises(MachineError, match=said):
            place.shell("root")
