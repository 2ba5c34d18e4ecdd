"""The layer: a tmpfs over this machine's files, by the kernel's overlay or by fuse-overlayfs."""

from __future__ import annotations

import os
import stat
import time

from wordish.enclosure import linux

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

LAYER = "/tmp"  # noqa: S108 - in a mount namespace of our own; this directory is everywhere
ROOT = f"{LAYER}/root"
NOBODY = 65534  # what the kernel shows for owners without a number in the namespace
_INODES = 200_000  # each takes memory that the size of the layer does not count
_FUSE_SECONDS = 5.0

# File systems that are the kernel talking, not files.
_NO_FILES = frozenset(
    "autofs binfmt_misc bpf cgroup cgroup2 configfs debugfs devpts devtmpfs efivarfs fusectl hugetlbfs "
    "mqueue nsfs proc pstore rpc_pipefs securityfs selinuxfs sysfs tracefs".split()
)


def make(size: int) -> None:
    """Make the layer: so many MiB."""
    options = f"size={size}m,mode=755,nr_inodes={_INODES}"
    linux.mount("layer", LAYER, "tmpfs", linux.NOSUID | linux.NODEV, options)
    for name in ("upper", "work", "root"):
        os.mkdir(f"{LAYER}/{name}")


def lay(below: Sequence[str], emptied: Mapping[str, os.stat_result]) -> None:
    """The layer over each of the file systems that are mounted here, by the kernel's overlay."""
    _prepare(f"{LAYER}/upper", emptied)
    for path in emptied:
        os.setxattr(f"{LAYER}/upper{path}", "trusted.overlay.opaque", b"y")
    _overlay("/", "", ROOT)
    for number, path in enumerate(path for path in below if not is_below(path, emptied)):
        try:
            told = os.stat(path)
            for name in ("upper", "work"):
                os.mkdir(f"{LAYER}/{name}{number}")
            os.chown(f"{LAYER}/upper{number}", told.st_uid, told.st_gid)
            os.chmod(f"{LAYER}/upper{number}", stat.S_IMODE(told.st_mode))
            _overlay(path, str(number), ROOT + path)
        except (linux.CannotError, OSError):  # a file, or of a kind that cannot lie below: not to be written
            linux.mount(path, ROOT + path, flags=linux.BIND)
            linux.mount(None, ROOT + path, flags=linux.BIND | linux.REMOUNT | linux.RDONLY | linux.NODEV)
        for inner in emptied:
            if is_below(inner, [path]):
                linux.mount(folder(inner, emptied[inner].st_mode), ROOT + inner, flags=linux.BIND)


def lay_by_fuse(emptied: Mapping[str, os.stat_result], uid: int, gid: int) -> int:
    """The layer over the root directory and all that is mounted below, by fuse-overlayfs: its process id.

    Inside, root's files are to be root's, and ours are to be ours. To fuse-overlayfs, the first are
    nobody's, since real root has no number in the namespace, and the second are root's.
    """
    _prepare(f"{LAYER}/upper", emptied)
    for path in emptied:
        linux.write(f"{LAYER}/upper{path}/.wh..wh..opq", "")
    os.chown(f"{LAYER}/upper", NOBODY, NOBODY)
    options = (
        "lowerdir=/", f"upperdir={LAYER}/upper", f"workdir={LAYER}/work", "allow_other",
        "default_permissions", f"uidmapping={_turned(uid)}", f"gidmapping={_turned(gid)}",
    )  # fmt: skip
    said = os.memfd_create("said")
    words = ["setpriv", "--pdeathsig", "KILL", "fuse-overlayfs", "-f", "-o", ",".join(options), ROOT]
    fuse = spawned(words, said)
    layer = os.stat(LAYER).st_dev
    end = time.monotonic() + _FUSE_SECONDS
    while os.stat(ROOT).st_dev == layer:
        if os.waitpid(fuse, os.WNOHANG)[0] or time.monotonic() > end:
            last = os.pread(said, 4096, 0).decode(errors="replace").strip().rpartition("\n")[2]
            raise linux.CannotError(f"fuse-overlayfs does not start: {last or 'it says nothing'}")
        time.sleep(0.0005)  # nothing else tells that it serves
    return fuse


def _turned(own: int) -> str:
    """For fuse-overlayfs: number below, number above, how many; each number once on either side."""
    parts = [(NOBODY, 0, 1), (NOBODY + 1, NOBODY + 1, 1)]
    if 0 < own < NOBODY:
        parts += [(0, own, 1), (own, NOBODY, 1), (1, 1, own - 1), (own + 1, own + 1, NOBODY - own - 1)]
    else:
        parts += [(0, NOBODY, 1), (1, 1, NOBODY - 1)]
    return ":".join(f"{below}:{above}:{many}" for below, above, many in parts if many)


def _prepare(upper: str, emptied: Mapping[str, os.stat_result]) -> None:
    """Make in the layer the directories that are to be empty; they and those above look as below."""
    for path in emptied:
        parts = path.split("/")[1:]
        for folder in ("/", *("/" + "/".join(parts[: end + 1]) for end in range(len(parts)))):
            made = f"{upper}{folder}"
            told = emptied.get(folder) or os.stat(folder)
            if not os.path.isdir(made):
                os.mkdir(made)
            os.chown(made, told.st_uid, told.st_gid)
            os.chmod(made, stat.S_IMODE(told.st_mode))


def folder(path: str, mode: int) -> str:
    """A new directory on the layer, to be mounted at ``path``."""
    made = f"{LAYER}/memory{path}"
    os.makedirs(made, exist_ok=True)
    os.chmod(made, stat.S_IMODE(mode))
    return made


def _overlay(lower: str, suffix: str, where: str) -> None:
    escaped = lower.replace("\\", r"\\").replace(":", r"\:").replace(",", r"\,")
    options = f"lowerdir={escaped},upperdir={LAYER}/upper{suffix},workdir={LAYER}/work{suffix}"
    linux.mount("overlay", where, "overlay", linux.NODEV, options)


def mounted() -> list[str]:
    """Where file systems with files are mounted, the root directory left out (proc(5), mountinfo)."""
    found = []
    for line in linux.read("/proc/self/mountinfo"):
        before, _, after = line.partition(" - ")
        path = os.fsdecode(os.fsencode(before.split()[4]).decode("unicode_escape").encode("latin-1"))
        if path != "/" and after.split()[0] not in _NO_FILES and os.path.exists(path):
            found.append(path)
    return list(dict.fromkeys(found))


def is_below(path: str, folders: Iterable[str]) -> bool:
    """Whether ``path`` is one of the folders, or in one."""
    return any(path == folder or path.startswith(f"{folder}/") for folder in folders)


def spawned(words: Sequence[str], output: int = -1) -> int:
    """The process id of a program, whose input is empty; its output goes to a descriptor, or nowhere."""
    null = os.open("/dev/null", os.O_RDWR)
    actions = [(os.POSIX_SPAWN_DUP2, null, 0)]
    actions += [(os.POSIX_SPAWN_DUP2, null if output < 0 else output, number) for number in (1, 2)]
    try:
        return os.posix_spawnp(words[0], list(words), os.environ, file_actions=actions)
    except OSError as error:
        raise linux.CannotError(f"{words[0]}: {error.strerror}") from error
    finally:
        os.close(null)
