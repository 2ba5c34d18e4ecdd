"""The program of a sandbox: its keeper, who lays the layer, starts the init, and ends with it."""

from __future__ import annotations

import os
import signal
import socket

from wordish.enclosure import inside, layer, linux
from wordish.enclosure.layer import NOBODY, ROOT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

# Emptied: what belongs to people and running programs, and what the kernel says of both.
_EMPTIED = ("/home", "/root", "/tmp", "/var/tmp", "/run", "/dev", "/proc", "/sys")  # noqa: S108
_IN_MEMORY = ("/tmp", "/var/tmp", "/run")  # noqa: S108


def main(arguments: Sequence[str]) -> None:
    """Run a sandbox until its end.

    ``arguments``: the descriptor of the socket; the layer's size in MiB; the first of 65,535
    subordinate user ids and of as many group ids (root has no need of them); directories to be
    emptied beside the usual ones.
    """
    sock = socket.socket(fileno=int(arguments[0]))
    size, first_uid, first_gid = map(int, arguments[1:4])
    try:
        _keep(sock, size, (first_uid, first_gid), arguments[4:])
    except (linux.CannotError, OSError) as error:
        inside.say(sock, "error", error)


def _keep(sock: socket.socket, size: int, subordinates: tuple[int, int], more: Sequence[str]) -> None:
    linux.leave_keys()
    uid, gid = os.getuid(), os.getgid()
    if uid == 0:
        linux.unshare(linux.NEWNS | linux.NEWNET | linux.NEWIPC)
    else:
        _become_root(subordinates)
    linux.mount(None, "/", flags=linux.REC | linux.PRIVATE)
    real = {os.path.realpath(path) for path in (*_EMPTIED, *more)} - {"/"}
    outermost = [path for path in real if not layer.is_below(path, real - {path}) and os.path.isdir(path)]
    emptied = {path: os.stat(path) for path in outermost}
    below = layer.mounted() if uid == 0 else []
    layer.make(size)
    fuse = 0
    if uid == 0:
        layer.lay(below, emptied)
    else:
        fuse = layer.lay_by_fuse(emptied, uid, gid)
    for path in {os.path.realpath(path) for path in _IN_MEMORY} & emptied.keys():
        linux.mount(layer.folder(path, emptied[path].st_mode), ROOT + path, flags=linux.BIND)
    linux.raise_loopback()
    linux.unshare(linux.NEWPID)
    told, tell = os.pipe()
    go_on, let = os.pipe()
    init = os.fork()
    if init == 0:
        os.close(told)
        os.close(let)
        try:
            inside.live(sock, tell, go_on)
        except (linux.CannotError, OSError) as error:
            inside.say(sock, "error", error)
        finally:
            os._exit(1)
    linux.die_with_parent()
    sock.close()
    os.close(tell)
    if os.read(told, 1):
        for kind in ("uid", "gid"):
            linux.write(f"/proc/{init}/{kind}_map", _same_ids(f"/proc/self/{kind}_map"))
        os.write(let, b"x")
    os.waitpid(init, 0)
    if fuse:
        os.kill(fuse, signal.SIGKILL)
        os.waitpid(fuse, 0)


def _become_root(subordinates: tuple[int, int]) -> None:
    """Enter a user namespace whose root is this user, and whose other users are subordinate ones."""
    keeper, own = str(os.getpid()), (os.getuid(), os.getgid())
    told, tell = os.pipe()
    helper = os.fork()
    if helper == 0:  # who gives the namespace its ids has to be outside of it
        failed = not os.read(told, 1)
        for program, mine, first in zip(("newuidmap", "newgidmap"), own, subordinates, strict=True):
            words = [program, keeper, "0", str(mine), "1", "1", str(first), str(NOBODY + 1)]
            failed = failed or os.waitpid(layer.spawned(words), 0)[1] != 0
        os._exit(failed)
    linux.unshare(linux.NEWUSER | linux.NEWNS | linux.NEWNET | linux.NEWIPC)
    os.write(tell, b"x")
    if os.waitpid(helper, 0)[1]:
        raise linux.CannotError("newuidmap and newgidmap do not give this user its subordinate ids")
    os.setgroups([])
    os.setgid(0)
    os.setuid(0)


def _same_ids(path: str) -> str:
    """The id map of a namespace in which each id of ours stays what it is (user_namespaces(7))."""
    extents = (line.split() for line in linux.read(path))
    return "".join(f"{inside} {inside} {many}\n" for inside, _, many in extents)
