"""What a sandbox keeps from the machine, and from the article."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT
from wordish.model import Target
from wordish.shell import Shell
from wordish.targets import Place, sandbox

AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root may set this up")


@pytest.fixture
def place() -> Iterator[Place]:
    with sandbox.reach(Target(kind="sandbox"), machines={}, say=print) as place:
        yield place


@pytest.fixture
def root(place: Place) -> Shell:
    return place.shell("root")


def says(shell: Shell, command: str) -> str:
    output = shell.run(command, timeout=20)
    return output.stdout if output.status == 0 else f"{output.status}: {output.stdout}{output.stderr}"


def state(files: Iterable[str], folders: Iterable[str]) -> list[object]:
    readable = (Path(path) for path in folders if os.access(path, os.R_OK))
    of_files = [(Path(path).stat(), Path(path).read_bytes()) for path in files]
    return [*of_files, *(sorted(path.iterdir()) for path in readable)]


def test_a_shell_is_ready_at_once() -> None:
    taken = []
    for _ in range(5):
        start = time.monotonic()
        with sandbox.reach(Target(kind="sandbox"), machines={}, say=print) as place:
            place.shell("root")
            taken.append(time.monotonic() - start)
    assert min(taken) < 0.3  # 0.03 as root, 0.09 otherwise, on a machine that has nothing else to do


@pytest.mark.parametrize(
    ("command", "printed"),
    [
        ("echo 10.0.0.1 web1 >> /etc/hosts && tail -n 1 /etc/hosts", "10.0.0.1 web1"),
        ("sed --in-place 's/^root:/admin:/' /etc/passwd && head -c 6 /etc/passwd", "admin:"),
        ("rm /etc/debian_version && mkdir -p /etc/new/folder && ls -d /etc/new/folder", "/etc/new/folder"),
        ("mv /etc/skel /etc/skeleton && ls -d /etc/skel*", "/etc/skeleton"),
        (
            "chown www-data: /etc/hosts; chmod 600 /etc/hosts; stat -c %U:%G:%a /etc/hosts",
            "www-data:www-data:600",
        ),
        ("rm -r /usr/share/base-files && mkdir /usr/share/base-files && ls -A /usr/share/base-files", ""),
        ("umask 077; echo key > ~/.key; stat -c %U:%a ~/.key", "root:600"),
        ("mkdir /mnt/point; mount -t tmpfs some /mnt/point && umount /mnt/point && echo done", "done"),
    ],
)
def test_root_changes_what_it_likes_and_nothing_stays(root: Shell, command: str, printed: str) -> None:
    files = ("/etc/passwd", "/etc/hosts", "/etc/debian_version")
    folders = ("/etc", "/usr/share/base-files", "/root", "/mnt")
    before = state(files, folders)
    assert says(root, command) == printed
    assert state(files, folders) == before


def test_the_ordinary_user_is_no_root(place: Place) -> None:
    user = place.shell("user")
    assert says(user, "id -un; echo $HOME; pwd; stat -c %U .") == "user\n/home/user\n/home/user\nuser"
    for command in ("touch /etc/mine", "echo >> /etc/hosts", "rm -f /etc/hosts", "ls /root", "umount /tmp"):
        assert user.run(command, timeout=20).status != 0, command
    assert says(user, "touch /tmp/mine ~/mine && ls ~") == "mine"
    assert says(place.shell("root"), "stat -c %U /tmp/mine /home/user/mine") == "user\nuser"


def test_what_the_ordinary_user_runs_can_be_looked_at_and_killed(place: Place) -> None:
    shell = place.shell("user")
    assert shell.run("cat", timeout=20).asked == "cat"
    output = shell.run("perl -e '$SIG{INT} = $SIG{QUIT} = sub {}; sleep 1 while 1'", timeout=0.2)
    assert (output.status, output.ended) == (None, False)
    assert says(shell, "echo on") == "on"


def test_homes_and_temporary_files_are_not_seen(place: Place) -> None:
    assert says(place.shell("root"), "ls -A /home /root /tmp /var/tmp /run") == (
        "/home:\nuser\n\n/root:\n\n/run:\n\n/tmp:\n\n/var/tmp:"
    )


@pytest.mark.skipif(not os.access(ROOT, os.W_OK), reason="no place for such a home")
def test_a_home_that_is_where_no_homes_are_is_not_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    with tempfile.TemporaryDirectory(prefix=".home-", dir=ROOT) as home:
        (Path(home) / "key").write_text("s3cret")
        monkeypatch.setenv("HOME", home)
        with sandbox.reach(Target(kind="sandbox"), machines={}, say=print) as place:
            assert (
                says(place.shell("root"), f"ls -A {home} 2> /dev/null || :") == ""
            )  # not there at all below /tmp


def test_the_processes_of_the_machine_are_not_seen(root: Shell) -> None:
    assert says(root, "ls -d /proc/[0-9]* | wc -l") == "4"  # the init, the shell, ls and wc
    assert says(root, f"kill -0 {os.getpid()}").startswith("1: ")
    for link in ("exe", "cwd", "root", "fd/0", "environ"):
        assert says(root, f"cat /proc/1/{link} > /dev/null").startswith("1: "), link


def test_there_is_no_network(root: Shell) -> None:
    assert says(root, "ls /sys/class/net") == "lo"
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket(socket.AF_UNIX) as abstract:
        port = server.getsockname()[1]
        assert says(root, f"(: < /dev/tcp/127.0.0.1/{port}) 2>&1").startswith("1: ")
        abstract.bind("\0wordish-test")
        abstract.listen()
        assert "wordish-test" in Path("/proc/net/unix").read_text()
        assert says(root, "grep -c wordish-test /proc/net/unix") == "1: 0"


def test_the_kernel_is_not_to_be_told_anything(root: Shell) -> None:
    for path in ("/proc/sysrq-trigger", "/proc/sys/kernel/core_pattern", "/sys/kernel/mm/ksm/run"):
        before = Path(path).read_bytes() if Path(path).exists() and "sysrq" not in path else b""
        assert not says(root, f"echo 1 > {path}").startswith("0"), path
        assert root.run(f"echo 1 > {path}", timeout=20).status == 1, path
        if before:
            assert Path(path).read_bytes() == before
    for command in (
        "mount -o remount,rw /proc",
        "umount --lazy /proc",
        "mount -t proc proc /mnt",
        "unshare --pid --fork mount -t proc proc /mnt",
        "mount -t sysfs sys /mnt",
        "umount --lazy /run",
        "mount --bind / /mnt && ls /mnt/run/nothing",
        "mknod /disk b 8 0 && cat /disk",
        "modprobe loop",
        "dmesg --clear",
        "hwclock --systohc",
        "date --set 2001-01-01",
        "losetup --find --show /etc/hosts",
    ):
        assert root.run(command, timeout=20).status != 0, command


def test_the_layer_is_bounded(root: Shell) -> None:
    output = root.run("head -c 600M /dev/zero > /var/lib/big", timeout=60)
    assert (output.status, "No space left on device" in output.stderr) == (1, True)
    output = root.run("rm /var/lib/big; head -c 600M /dev/zero > /dev/shm/big", timeout=60)
    assert (output.status, "No space left on device" in output.stderr) == (1, True)


@AS_ROOT
def test_the_callers_keys_are_not_the_articles() -> None:
    script = """
import ctypes, subprocess
from wordish.model import Target
from wordish.targets import sandbox
libc = ctypes.CDLL(None)
libc.syscall(250, 1, b"of-a-test")  # keyctl(2): a session keyring of our own, with a key in it
key = libc.syscall(248, b"user", b"wordish-test", b"s3cret", 6, -3)
read = f"perl -e 'print syscall(250, 11, {key}, 0, 0)'"
print(subprocess.run(read, shell=True, capture_output=True, text=True).stdout)
with sandbox.reach(Target(kind="sandbox"), machines={}, say=print) as place:
    shell = place.shell("root")
    print(shell.run(read, timeout=9).stdout, shell.run("cat /proc/keys", timeout=9).stdout)
"""
    if os.uname().machine != "x86_64" or not Path("/proc/keys").exists():
        pytest.skip("no keys here")
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert done.stdout == "6\n-1 \n"


@AS_ROOT
def test_what_is_mounted_below_is_layered_too() -> None:
    script = """
import os, sys
from pathlib import Path
from wordish.model import Target
from wordish.targets import sandbox
with sandbox.reach(Target(kind="sandbox"), machines={}, say=print) as place:
    run = lambda command: print(place.shell("root").run(command, timeout=9)[:3])
    run("cat /srv/file /srv/one && echo 2 > /srv/file && cat /srv/file")
    run("rm /srv/file && echo /srv/*")
    run("ls -A /srv/home")
print(Path("/srv/file").read_text(), os.listdir("/srv/home"))
"""
    setup = (
        "mount -t tmpfs some /srv && echo 1 > /srv/file && echo a > /srv/one"
        " && mount --bind /etc/hostname /srv/one"
        ' && mkdir /srv/home && echo s3cret > /srv/home/key && HOME=/srv/home exec "$@"'
    )
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-c", setup, "sh", sys.executable, "-c", script],
        capture_output=True, text=True, cwd=ROOT, check=True,
    )  # fmt: skip
    hostname = Path("/etc/hostname").read_text()
    assert done.stdout == (
        f"({f'1{chr(10)}{hostname}2'!r}, '', 0)\n('/srv/home /srv/one', '', 0)\n('', '', 0)\n1\n ['key']\n"
    )


def test_the_page_about_it_passes_in_it() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "wordish", "check", "--on", "sandbox", "docs/explanation/sandbox.md"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


ORDINARY = """
set -e
mount -t tmpfs some /mnt
cd /mnt
mkdir base site repository somebody
mount --bind "$1" base
mount --bind "$2" site
mount --bind "$3" repository
for name in passwd group subuid subgid; do cp "/etc/$name" $name; done
echo 'somebody:x:4321:4321::/mnt/somebody:/bin/bash' >> passwd
echo 'somebody:x:4321:' >> group
echo "$4" > subuid
echo 'somebody:1000000:65536' > subgid
for name in passwd group subuid subgid; do mount --bind $name "/etc/$name"; done
mknod fuse c 10 229
chmod 666 fuse
mount --bind fuse /dev/fuse
chown 4321:4321 somebody
cd repository
shift 4
exec setpriv --reuid 4321 --regid 4321 --clear-groups env -i HOME=/mnt/somebody PATH="$PATH" \
    LD_LIBRARY_PATH=/mnt/base/lib PYTHONPATH=/mnt/repository:/mnt/site PYTHONDONTWRITEBYTECODE=1 \
    /mnt/base/bin/python3 "$@"
"""


def as_ordinary_user(
    *words: str, subordinates: str = "somebody:1000000:65536"
) -> subprocess.CompletedProcess[str]:
    """Run Python as a user who is nobody here, with what Debian gives an account; nothing of it stays."""
    for program in ("fuse-overlayfs", "newuidmap"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed")
    site = Path(pytest.__file__).parents[1]
    return subprocess.run(
        ["unshare", "--mount", "sh", "-c", ORDINARY, "sh", sys.base_prefix, site, ROOT, subordinates, *words],
        capture_output=True, text=True, check=False, timeout=200,
    )  # fmt: skip


@AS_ROOT
def test_an_ordinary_user_has_the_same_sandbox() -> None:
    # Of the contract, what the other users of a namespace can change: terminals, signals, looks at processes.
    contract = (
        "told_apart or live_on or descriptors or pristine or root or lost or polite or person or entered"
    )
    chosen = f"(test_sandbox and not bounded) or (sandbox and ({contract}))"
    done = as_ordinary_user(
        "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", chosen,
        "tests/targets/test_contract.py", "tests/targets/test_sandbox.py",
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


@AS_ROOT
def test_an_ordinary_user_without_subordinates_is_told_what_to_do() -> None:
    script = "import wordish.cli, sys; sys.exit(wordish.cli.main(['check', '--on', 'sandbox', 'README.md']))"
    done = as_ordinary_user("-c", script, subordinates="bob:1000000:65536")
    assert done.returncode == 2
    assert "usermod --add-subuids" in done.stdout
