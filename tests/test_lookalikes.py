from __future__ import annotations

import pytest

from wordish import lookalikes


@pytest.mark.parametrize(
    "text",
    [
        "apt-get update",
        "apt-get install --yes lvm2 rsync",
        "DEBIAN_FRONTEND=noninteractive apt-get install lvm2",
        "apt install postfix",
        "lvcreate --name website --size 12M datadisks",
        "vgs",
        "mkfs.ext4 /dev/datadisks/website",
        "mount /dev/sda1 /mnt",
        "mount -a",
        "mount",
        "umount /mnt",
        "systemctl restart nginx",
        "service cron restart",
        "/etc/init.d/cron restart",
        "/usr/sbin/service cron reload",
        "./configure && make",
        "make install",
        "make -j4",
        "find / -name core",
        "kill 1234",
        "kill -9 %1",
        "cd /etc",
        "echo 1 > /proc/sys/net/ipv4/ip_forward",
        "echo 'this is the end'",
        "ufw allow from 10.0.0.0/8 to any port 22",
        "ip route add default via 10.0.0.1 dev eth0",
        "ip link set eth0 up",
        "su - postgres",
        "passwd alice",
        "reboot",
        "exit",
        "cat /etc/fstab",
        "cat <<EOF > /etc/motd",
        "for disk in sda sdb; do wipefs /dev/$disk; done",
        "if [ -f /etc/motd ]; then cat /etc/motd; fi",
        "backup () {",
        "date --set=12:00",
        "dd if=/dev/zero of=disk.raw bs=1M count=40",
        "tar xzf linux.tar.gz",
        "vi /etc/hosts",
        "zfs set compression=on tank",
        "grep root /etc/passwd | cut -d: -f1",
        "test -e /dev/kvm",
        "X=1",
    ],
)
def test_commands(text: str) -> None:
    assert lookalikes.is_command(text)
    assert not lookalikes.is_remark(text)


@pytest.mark.parametrize(
    "text",
    [
        "Install the package",
        "install the package lvm2",
        "install lvm2 first",
        "make sure that /mnt is empty",
        "make a disk",
        "find out which disk it is",
        "mount the file system",
        "mount the file system at /mnt",
        "mount point of the disk",
        "test the connection",
        "time to reboot",
        "now fill the disk",
        "cut here",
        "set the name of the host",
        "kill the process",
        "reboot to apply the changes",
        "then reboot, and log in again",
        "service needs a restart",
        "swap was on /dev/sda5 during installation",
        "apt is a package manager",
        "which of them is mounted?",
        "restart everything that uses it.",
        "Use 'systemctl restart cron' as root.",
        "more follows below",
        "exit from the shell",
        "wait for it",
        "Jetzt die Platte anlegen",
        "see /etc/fstab(5), and mount(8).",
    ],
)
def test_sentences(text: str) -> None:
    assert not lookalikes.is_command(text)
    assert lookalikes.is_remark(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-----",
        "/etc/fstab",
        "<file system> <mount point>",
        "2024-01-01",
        "foobard start",
        "Title",
        "!",
        "network settings",
    ],
)
def test_what_is_neither(text: str) -> None:
    assert not lookalikes.is_command(text)
    assert not lookalikes.is_remark(text)


def test_in_company_a_command_need_not_be_known() -> None:
    assert not lookalikes.is_command("foobar --start")
    assert lookalikes.is_command("foobar --start", company=True)
    assert lookalikes.is_command("foo-bar /etc/foo", company=True)
    assert not lookalikes.is_command("create volumes", company=True)
    assert not lookalikes.is_command("create the volume in /dev", company=True)


@pytest.mark.parametrize(
    "line",
    [
        "... fill the disk",
        "… fill the disk …",
        "[... wait a minute ...]",
        "[... wait]",
        "(wait)",
        "(wait until it is full)",
        "... now log in, as Alice.",
    ],
)
def test_directions(line: str) -> None:
    assert lookalikes.is_direction(line)


@pytest.mark.parametrize(
    "line",
    [
        "...",
        "[...]",
        "... loop1",
        " 252 ... dm-0",
        "... 12 packages upgraded",
        "... /etc/fstab missing",
        "(none)",
        "(0 rows)",
        "[snip]",
        "[wait a minute]",
        "Reading package lists... done",
        "... ... done",
        "()",
        "(empty)",
        "...done",
    ],
)
def test_no_directions(line: str) -> None:
    assert not lookalikes.is_direction(line)


@pytest.mark.parametrize(
    ("shown", "count"),
    [
        ([], 0),
        (["out"], 0),
        (["# now fill the disk"], 1),
        (["# now fill the disk", "# and look at it"], 2),
        (["# now fill the disk", "", "... fill the disk"], 3),
        (["out", "# now fill the disk"], 0),
        (["out", "", "# now fill the disk"], 1),
        (["out", "# now fill the disk", "", "# and look at it"], 1),
        (["# now fill the disk", "out"], 0),
        (["# mount -a"], 0),
        (["...", "... fill the disk"], 0),
    ],
)
def test_remarks_stand_at_the_end_alone_or_below_a_blank_line(shown: list[str], count: int) -> None:
    assert lookalikes.remarks(shown) == count
