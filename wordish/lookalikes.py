"""What a line of a session may be, although it has no prompt: root's command, or words to the reader.

Nothing here is certain. What is guessed to be root's is never run before its author has said so; what
reads like a remark need not be printed, and both are told.
"""

from __future__ import annotations

import re
from collections.abc import Sequence


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Commands whose names mean little else.
_COMMANDS = _names(
    """
    a2dismod a2dissite a2enmod a2ensite addgroup adduser apk apt apt-cache apt-get apt-key apt-mark
    aptitude arp awk badblocks blkid blockdev brctl bridge btrfs bunzip2 bzip2 cat cd cfdisk chattr chgrp
    chmod chown chpasswd chroot chsh cmake cp crontab cryptsetup curl dd deb debconf-set-selections
    debootstrap delgroup deluser depmod df dhclient dig dmesg dmsetup dnf docker docker-compose dpkg du
    dumpe2fs e2fsck e2label echo egrep emacs emerge ethtool exportfs fallocate fdisk fgrep firewall-cmd
    fsck ftp gdisk getent getfacl git gpasswd gpg grep groupadd groupdel groupmod grubby gunzip gzip helm
    hwclock id ifconfig ifdown ifup insmod iotop ip iptables iscsiadm iw iwconfig javac kpartx kubeadm
    kubectl ldapadd ldapsearch ldconfig ln locale-gen losetup ls lsattr lsblk lscpu lsmod lsof lspci lsusb
    lxc mdadm mkdir mkfifo mkinitcpio mkinitrd mknod mkswap mktemp modinfo modprobe mv mysqladmin
    mysqldump nano netplan netstat newgrp nft nmap nmcli npm nslookup ntpdate opkg pacman parted partprobe
    passwd pdbedit pgrep ping pip pip3 pkg pkill podman postconf postmap printf pveam pwd qm reboot renice
    resize2fs rm rmdir rmmod rpm rpmbuild rsync runuser scp sed semanage setenforce setfacl setsebool
    sfdisk sftp sgdisk sh showmount smbpasswd snap ss ssh ssh-copy-id ssh-keygen strace su sudo swapoff
    swapon sysctl tail tar tcpdump tee telnet tftp tune2fs ufw umount uname unzip useradd userdel usermod
    vgs vi vim virsh virt-install visudo wget xargs xfs_growfs yum zcat zfs zpool zypper
    """
)
# Commands whose names are words of English, or of what is written about: alone, or before an argument
# that no sentence has.
_WORDS = _names(
    """
    ansible apache2 apachectl at bash bind cut date diff docker eject exec exit export fg file find fold
    free groups halt head history host hostname info init install jobs join kill killall last less link
    locate logger login logout look mail make man more mount mysql network nginx nice nohup openssl patch
    perl php poweroff ps psql pv python python3 read reset route screen script service set shutdown sleep
    sort source split start stat stop strip swap sync test time top touch trap type ulimit umask unset
    uptime users vmstat wait wall watch whereis which who whoami write
    """
)
_ALONE = _names(
    """
    date exit free groups halt history hostname jobs last logout make mount poweroff ps reset shutdown
    sync top uptime users vmstat who whoami
    """
)
# Families of commands, and paths of programs: /usr/sbin/x, ./configure.
_FAMILY = re.compile(
    r"(?:mkfs|fsck|mount|umount)\.\w+|(?:lv|vg|pv)[a-z]{1,9}|ip6?tables-\w+|python[\d.]+|[a-z][a-z-]+ctl"
    r"|(?:update|dpkg|apt|grub2?|systemd|qemu|lxc|xfs|pam|ceph|gluster)-[\w-]+"
    r"|\.\.?(?:/[\w.+-]+)+|(?:/[\w.+-]+)*/(?:s?bin|init\.d|rc\.d|libexec)/[\w.+-]+"
)
# What may follow a word of English when that is a command: make install, service cron restart.
_SECOND = {
    "make": re.compile(r"(?:all|install|clean|check|test|\w*config|modules(?:_install)?|depend|dist\w*)$"),
    "service": re.compile(r"[\w@.-]+ (?:start|stop|restart|reload|status|force-reload)$"),
    "shutdown": re.compile(r"now$"),
    "install": re.compile(r"(?!)"),
}
_LONE_ARGUMENT = re.compile(r"%?\d+$|[\w.-]*\d[\w.-]*$")

# Words that a sentence has, and a command only in quotes.
_SENTENCE = _names(
    """
    a an and are be because been but can could do does each every has have how i if is it its let me must
    my next not now of only or our please should so some sure than that the their them then there these
    they this those too until us was we were what when where which while will with would yet you your
    yours
    """
)
# Words that both have: ufw allow from 10.0.0.0/8 to any.
_EITHER = _names(
    "about after again all also any as at before by first for from here in into on out to up via"
)
_TECHNICAL = re.compile(r"^--?\w|^[\w.+-]*[=@*$~>]|^[.~]?/\S|://|[a-z]\d|\d[.:]\d|\S[/:]\S|\w\.\w")
_SURELY_TECHNICAL = re.compile(r"^--?\w|[=$*>]|^(?:\.{0,2}|~)/\S|://")
_SHELL = re.compile(r"\s(?:\||&&|>>?|2>)\s*\S|\$[\w({]|\\$|;\s*(?:do|then)\b")
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=\S*$")
_COMPOUND = re.compile(
    r"for \w+ in .|while .*;\s*do\b|until .*;\s*do\b|if .*;\s*then\b|[A-Za-z_]\w* ?\(\) ?\{"
)
_LIKE_A_COMMAND = re.compile(r"# +[a-z./][\w./-]*(?: .*)?$")

_PLAIN_WORD = re.compile(r"\(?[^\W\d_]+(?:['\u2019-][^\W\d_]+)*[.,:;!?)]*$")
_DIRECTION = re.compile(
    r"(?:\.\.\.|…)[ ]+(?P<after>[^\s.…].*?)(?:[ ]*(?:\.\.\.|…))?$"
    r"|\[(?:\.\.\.|…)[ ]*(?P<within>[^\]]*?)[ ]*(?:\.\.\.|…)?\]$"
    r"|\((?P<aside>[^()]*)\)$"
)
_ORDERS = _names("pause reboot reboots repeat wait")
_LONGEST = 400  # letters of a remark


def may_be_root(line: str) -> bool:
    """Whether what stands after a bare ``# `` begins like a command, a sentence in lower case too."""
    return bool(_LIKE_A_COMMAND.match(line))


def is_command(text: str, *, company: bool = False) -> bool:
    """Whether ``text`` is most likely a command, and no sentence that begins with a command's name.

    In ``company`` of commands it need not be a known one, if it has what sentences have not.
    """
    if _COMPOUND.match(text):
        return True
    words = text.split()
    while words and _ASSIGNMENT.match(words[0]):
        del words[0]
    if not words:
        return _ASSIGNMENT.match(text) is not None
    name, arguments = words[0], _QUOTED.sub(" _ ", " ".join(words[1:])).split()
    shell = bool(_SHELL.search(text))
    if any(word.lower().strip(",.:;!?()") in _SENTENCE for word in arguments) or (
        re.search(r"[^\W\d_][.:!?]$|,(?:\s|$)", " ".join(words)) and not shell
    ):
        return False
    surely = shell or any(_SURELY_TECHNICAL.search(word) for word in arguments)
    if name in _COMMANDS or _FAMILY.fullmatch(name):
        ambiguous = any(word.lower() in _EITHER for word in arguments)
        return not ambiguous or surely or any(_TECHNICAL.search(word) for word in arguments)
    if name in _WORDS:
        rest = " ".join(arguments)
        if not rest:
            return name in _ALONE
        return surely or bool(_SECOND.get(name, _LONE_ARGUMENT).match(rest))
    return company and surely and bool(re.fullmatch(r"[a-z][\w.+-]*", name))


def is_remark(text: str) -> bool:
    """Whether what stands after a ``# `` reads like words to the reader, and not like a command."""
    words = text.split() if len(text) <= _LONGEST else []
    plain = sum(map(bool, map(_PLAIN_WORD.match, words)))
    if not words or not words[0][0].isalpha() or len(words) < 2 or plain < 0.5 * len(words):
        return False
    lower = {word.lower().strip(",.:;!?()") for word in words}
    told = (
        words[0][0].isupper() or text[-1] in ".:!?" or len(words) > 2 or bool(lower & (_SENTENCE | _EITHER))
    )
    return told and not is_command(text)


def is_direction(line: str) -> bool:
    """Whether a line says what to do meanwhile: ``... fill the disk``, ``[... wait ...]``, ``(wait)``."""
    found = _DIRECTION.match(line.strip()) if len(line) <= _LONGEST else None
    if not found:
        return False
    words = found[found.lastgroup or 0].split()
    if len(words) == 1 and not found["after"]:
        return words[0].lower() in _ORDERS
    return len(words) > 1 and all(map(_PLAIN_WORD.match, words))


def remarks(shown: Sequence[str]) -> int:
    """How many of the last lines shown as an output read like remarks, with the blank lines among them.

    They follow a blank line, or nothing else is shown.
    """
    start = at = len(shown)
    while at and (not (line := shown[at - 1].strip()) or _reads_like_one(line)):
        at -= 1
        if line:
            start = at
    if start and start < len(shown) and shown[start - 1].strip():
        start = next((n for n in range(start + 1, len(shown)) if not shown[n - 1].strip()), len(shown))
    return len(shown) - start


def _reads_like_one(line: str) -> bool:
    return is_remark(line[2:]) if line.startswith("# ") else is_direction(line)
