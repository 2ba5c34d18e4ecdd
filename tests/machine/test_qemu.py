"""Clones: pristine, one of a kind, bounded, and gone without a trace."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.conftest import Reach
from wordish import cachedir
from wordish.errors import MachineError
from wordish.machine import cache, qemu
from wordish.model import Machine, Target, User
from wordish.shell import Shell
from wordish.targets import vm

pytestmark = pytest.mark.vm


def says(shell: Shell, command: str) -> str:
    output = shell.run(command, timeout=30)
    assert (output.status, output.stderr) == (0, ""), output
    return output.stdout


def own_machines() -> dict[int, list[bytes]]:
    """The QEMU processes that this process started, with their command lines."""
    found = {}
    for entry in Path("/proc").iterdir():
        try:
            parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            if entry.name.isdigit() and parent == os.getpid():
                line = (entry / "cmdline").read_bytes()
                if b"qemu-system" in line:
                    found[int(entry.name)] = line.split(b"\0")
        except (OSError, IndexError):
            continue
    return found


@pytest.mark.parametrize(
    "source",
    [
        "echo $RANDOM $RANDOM",
        "echo $SRANDOM",
        "head -c8 /dev/urandom | od -An -tx1",
        "mktemp -u",
        "cat /proc/sys/kernel/random/uuid",
    ],
)
def test_clones_are_no_twins(reach: Reach, source: str) -> None:
    told = [says(reach("vm").shell(user), source) for user in ("root", "user", "root", "user")]
    assert len(set(told)) == 4


def test_a_clone_has_the_right_time_and_goes_on_having_it(reach: Reach) -> None:
    shell = reach("vm").shell("root")
    assert abs(int(says(shell, "date +%s")) - time.time()) < 2
    time.sleep(1.5)
    assert abs(int(says(shell, "date +%s")) - time.time()) < 2


def test_a_clone_is_pristine_whatever_was_done_to_another(reach: Reach) -> None:
    first = reach("vm").shell("root")
    first.run("rm -rf /usr/share /etc/hostname; touch /left; losetup /dev/loop1 /etc/passwd", timeout=60)
    second = reach("vm").shell("root")
    assert says(second, "ls -1d /left /etc/hostname /usr/share/doc 2>/dev/null || true") == (
        "/etc/hostname\n/usr/share/doc"
    )
    assert says(second, "losetup -a") == ""


def test_nothing_is_about_to_end_in_a_clone(reach: Reach) -> None:
    shell = reach("vm").shell("root")
    assert says(shell, "pgrep --count --parent 1 udevd") == "1"
    assert shell.run('pgrep --parent "$(pgrep --parent 1 udevd)"', timeout=20).status == 1


def test_the_guest_sees_no_network_and_nothing_of_the_host(reach: Reach) -> None:
    shell = reach("vm").shell("root")
    assert says(shell, "ls /sys/class/net") == "lo"
    assert says(shell, "cat /etc/resolv.conf 2>/dev/null | wc -l") == "0"
    assert str(Path.cwd()) not in says(shell, "mount; cat /proc/cmdline; env")


@pytest.mark.alone
def test_a_full_disk_in_the_guest_is_the_guests_problem(reach: Reach) -> None:
    shell = reach("vm").shell("root")
    output = shell.run("dd if=/dev/zero of=/big bs=1M count=600", timeout=60)
    assert output.status == 1
    assert "No space left on device" in output.stderr
    assert says(shell, "rm /big; echo on") == "on"


@pytest.mark.alone
def test_a_memory_hog_in_the_guest_is_the_guests_problem(reach: Reach) -> None:
    shell = reach("vm").shell("user")
    hog = shell.run("perl -e 'my @a; push @a, \"x\" x (8 << 20) while 1'", timeout=100)
    assert hog.status == 137
    assert says(shell, "echo on") == "on"


def test_a_small_machine_gives_most_of_its_memory_to_the_article(machines: Mapping[str, Machine]) -> None:
    small = {"bookworm": machines["bookworm"]._replace(memory=128, disk=32)}
    with vm.reach(Target(kind="vm", machine="bookworm"), machines=small, say=print) as place:
        most = int(says(place.shell("root"), "cat /sys/fs/cgroup/user.slice/user-0.slice/memory.max"))
    assert 32 << 20 < most < 128 << 20


def test_job_control_and_a_real_terminal_for_both_accounts(reach: Reach) -> None:
    place = reach("vm")
    for user, home in (("root", "/root"), ("user", "/home/user")):
        shell = place.shell(user)  # type: ignore[arg-type]
        assert says(shell, "id -un; pwd; ps -o tty= $$ | cut -c1-4") == f"{user}\n{home}\npts/"
        assert shell.run("sleep 100 & kill -STOP $!; wait -f %1", timeout=1).status is None


def test_a_machine_that_dies_is_an_error_at_once_and_the_next_one_lives(reach: Reach) -> None:
    before = set(own_machines())
    shell = reach("vm").shell("root")
    (pid,) = set(own_machines()) - before
    shell.run("(sleep 1; true) &", timeout=20)
    os.kill(pid, signal.SIGKILL)
    start = time.monotonic()
    with pytest.raises(MachineError, match="the machine has stopped"):
        shell.run("sleep 100", timeout=60)
    assert time.monotonic() - start < 2
    assert says(reach("vm").shell("root"), "echo on") == "on"


def test_a_guest_that_panics_is_an_error_that_quotes_its_kernel(reach: Reach) -> None:
    shell = reach("vm").shell("root")
    with pytest.raises(MachineError, match=r"Kernel panic|Kernel Offset"):
        shell.run("echo 1 > /proc/sys/kernel/sysrq; echo c > /proc/sysrq-trigger", timeout=30)


def test_a_guest_that_floods_its_console_fills_no_disk_and_its_last_words_are_told(
    reach: Reach, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(qemu, "_LOG", 1 << 16)
    before = set(own_machines())
    shell = reach("vm").shell("root")
    (pid,) = set(own_machines()) - before
    logs = [Path(link) for link in Path(f"/proc/{pid}/fd").iterdir() if "/#" in os.fspath(link.readlink())]
    for _ in range(4):
        shell.run("head --bytes 100000 /dev/zero | tr '\\0' x > /dev/ttyS0", timeout=30)
    assert logs
    assert all(log.stat().st_size < 2 << 16 for log in logs)
    with pytest.raises(MachineError, match=r"Kernel panic|Kernel Offset"):
        shell.run("echo 1 > /proc/sys/kernel/sysrq; echo c > /proc/sysrq-trigger", timeout=30)


@pytest.mark.alone
@pytest.mark.parametrize("account", ["user", "root"])
def test_a_fork_bomb_beside_its_shell_is_held_and_ended(reach: Reach, account: User) -> None:
    place = reach("vm")
    shell, other = place.shell(account), place.shell("root" if account == "user" else "user")
    outputs = []
    with suppress(MachineError):  # it may come to that
        for command in ("bomb () { bomb | bomb & }; bomb", "sleep 1", "/bin/echo on", "wait; sleep 100"):
            outputs.append(shell.run(command, timeout=5))  # noqa: PERF401
    assert len(outputs) < 4 or outputs[-1].status != 0
    assert says(other, "/bin/echo on") == "on"


def test_a_machine_that_runs_is_not_pruned(reach: Reach, machines: Mapping[str, Machine]) -> None:
    reach("vm")
    made = qemu.template(machines["bookworm"], say=print)
    assert not cache.discard(made.path, really=False)
    assert not cache.discard(made.image, really=False)


def test_nothing_is_left_of_a_clone(machines: Mapping[str, Machine]) -> None:
    descriptors = len(list(Path("/proc/self/fd").iterdir()))
    with vm.reach(Target(kind="vm", machine="bookworm"), machines=machines, say=print) as place:
        (pid,) = own_machines()
        line = own_machines()[pid]
        place.shell("root").run("sleep 1000 &", timeout=20)
    assert not own_machines()
    assert len(list(Path("/proc/self/fd").iterdir())) == descriptors
    assert b"on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny" in line


def test_a_damaged_template_is_made_again(
    machines: Mapping[str, Machine], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The images are found where they are; the templates are this test's own.
    (tmp_path / "images").symlink_to(cachedir.root() / "images")
    monkeypatch.setenv("WORDISH_CACHE_DIR", str(tmp_path))
    machine = machines["bookworm"]._replace(memory=256, disk=64)
    state = qemu.template(machine, say=print).path / "state"
    for damage in (b"not a state", bytes(state.stat().st_size)):  # too short, and of the right length
        state.write_bytes(damage)
        told: list[str] = []
        target = Target(kind="vm", machine="bookworm")
        with vm.reach(target, machines={"bookworm": machine}, say=told.append) as place:
            assert says(
                place.shell("root"), "free -m | awk '/Mem/ { print ($2 < 256) }'; df -m --output=size /"
            ) == ("1\n1M-blocks\n       64")
        assert told.count("machine bookworm: its saved state is damaged, making it again") == 1


def test_trouble_of_the_moment_costs_no_template(
    machines: Mapping[str, Machine], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = qemu.template(machines["bookworm"], say=print)
    monkeypatch.setattr(qemu, "_ANSWER_SECONDS", 0.001)
    before = made.path.stat()
    with pytest.raises(MachineError, match="does not answer"), qemu.clone(made, say=print):
        pass
    assert made.path.stat() == before


def test_a_disk_without_room_for_the_memory_is_told_before_the_boot(
    machines: Mapping[str, Machine], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "images").symlink_to(cachedir.root() / "images")
    monkeypatch.setenv("WORDISH_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=100 << 20))
    with pytest.raises(MachineError, match=f"is 777 MiB, 100 MiB are free: make room in {tmp_path}"):
        qemu.template(machines["bookworm"]._replace(memory=777), say=print)


def test_a_machine_with_more_memory_than_there_is_is_refused(machines: Mapping[str, Machine]) -> None:
    with pytest.raises(MachineError, match=r"has 1048576 MiB of memory, and there are \d+ here"):
        qemu.template(machines["bookworm"]._replace(memory=1048576), say=print)


@pytest.mark.parametrize("aslr", [False, True])
def test_an_emulated_machine_loads_programs_where_they_were_unless_asked_not_to(
    machines: Mapping[str, Machine], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, aslr: bool
) -> None:
    if aslr:  # a template of its own, which is not to stay
        (tmp_path / "images").symlink_to(cachedir.root() / "images")
        monkeypatch.setenv("WORDISH_CACHE_DIR", str(tmp_path))
    machine = machines["bookworm"]._replace(aslr=aslr)
    target = Target(kind="vm", machine="bookworm")
    with vm.reach(target, machines={"bookworm": machine}, say=print) as place:
        for user in ("root", "user"):
            shell = place.shell(user)
            maps = {says(shell, "cat /proc/self/maps") for _ in range(2)}
            assert len(maps) == (2 if aslr or place.environment["accelerator"] == "KVM" else 1)
            assert says(shell, "cat /proc/sys/kernel/randomize_va_space") == "2"
        anew = "su user --command 'cat /proc/self/maps'"  # what su starts does not inherit it
        assert len({says(place.shell("root"), anew) for _ in range(2)}) == 2


def test_a_job_with_the_number_of_a_process_that_was_none_of_ours_is_waited_for(
    machines: Mapping[str, Machine],
) -> None:
    target = Target(kind="vm", machine="bookworm")
    with vm.reach(target, machines=machines, say=print) as place:
        shell = place.shell("root")
        got = []
        for _ in range(5):
            says(shell, "setsid --fork sleep 1000")  # in a session of its own
            pid = int(says(shell, "until pgrep --exact sleep; do :; done"))
            says(shell, f"kill {pid}; while [ -d /proc/{pid} ]; do :; done")
            job = "(for ((i = 0; i < 5000; i++)); do :; done; echo late) &"
            output = shell.run(f"echo {pid - 1} > /proc/sys/kernel/ns_last_pid; {job}", timeout=30)
            assert output.stdout == "late"
            got.append(f"] {pid}\n" in output.stderr)  # nobody was faster
        assert any(got)


def test_the_network_is_there_when_it_is_asked_for(
    machines: Mapping[str, Machine], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "images").symlink_to(cachedir.root() / "images")
    monkeypatch.setenv("WORDISH_CACHE_DIR", str(tmp_path))
    machine = machines["bookworm"]._replace(network=True)
    target = Target(kind="vm", machine="bookworm")
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with vm.reach(target, machines={"bookworm": machine}, say=print) as place:
            place.shell("user").run(f"echo hello > /dev/tcp/10.0.2.2/{port} &", timeout=20)
            server.settimeout(20)
            connection, _ = server.accept()
            with connection:
                connection.settimeout(20)
                assert connection.recv(100) == b"hello\n"
