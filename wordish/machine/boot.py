"""What QEMU boots: the system's own kernel, and an initial ramdisk of ours.

The ramdisk has just the modules that the root file system needs, so that it is small and fast.
Both are taken from the system's tar archive, without root.
"""

from __future__ import annotations

import re
import tarfile
from collections.abc import Iterable, Iterator
from importlib import resources
from pathlib import Path

from wordish.errors import MachineError

# What must be there before the root file system is; the rest is loaded from it.
_MODULES = ("virtio_pci", "virtio_blk", "squashfs", "overlay")


def extract(system: Path, into: Path) -> None:
    """From the system's tar archive write ``vmlinuz`` and ``ramdisk-base`` into a directory."""
    kernel = busybox = None
    modules: dict[str, bytes] = {}
    depends: dict[str, list[str]] = {}
    wanted: set[str] = set()
    with tarfile.open(system) as archive:
        members = {member.name.removeprefix("./"): member for member in archive if member.isfile()}
        for name, member in members.items():
            if re.fullmatch(r"boot/vmlinuz-.*", name):
                kernel = _read(archive, member)
            elif name.endswith("bin/busybox"):
                busybox = _read(archive, member)
            elif name.endswith("/modules.dep"):
                where = name.removesuffix("modules.dep")
                depends = dict(_dependencies(_read(archive, member).decode(), where))
        if kernel is None or busybox is None:
            raise MachineError("the system that was built has no kernel or no busybox")
        order = _loading_order(depends)
        wanted.update(order)
        modules = {name: _read(archive, members[name]) for name in wanted}
    (into / "vmlinuz").write_bytes(kernel)
    entries = [("bin", 0o40755, b""), ("bin/busybox", 0o100755, busybox), ("modules", 0o40755, b"")]
    entries += [
        (f"modules/{number:02}-{name.rsplit('/', 1)[1]}", 0o100644, modules[name])
        for number, name in enumerate(order)
    ]
    (into / "ramdisk-base").write_bytes(cpio(entries))


def guest_files() -> list[tuple[str, int, bytes]]:
    """Our own programs in the guest, as entries for `cpio`."""
    folder = resources.files("wordish.machine") / "guest"
    read = {name: (folder / name).read_bytes() for name in ("init", "boot", "agent.pl", "bashrc")}
    return [
        ("init", 0o100755, read["init"]),
        ("wordish", 0o40755, b""),
        ("wordish/boot", 0o100755, read["boot"]),
        ("wordish/agent.pl", 0o100644, read["agent.pl"]),
        ("wordish/bashrc", 0o100644, read["bashrc"]),
    ]


def cpio(entries: Iterable[tuple[str, int, bytes]]) -> bytes:
    """An archive in the "newc" form that the kernel unpacks: name, mode, content of each entry.

    Form: Documentation/driver-api/early-userspace/buffer-format.rst of the kernel. It is written
    here because the one program that does it, cpio, is on few machines, and no library on any.
    """
    out = bytearray()
    everything = [*entries, ("TRAILER!!!", 0, b"")]
    for number, (name, mode, content) in enumerate(everything, start=1):
        raw = name.encode() + b"\0"
        fields = (number, mode, 0, 0, 1, 0, len(content), 0, 0, 0, 0, len(raw), 0)
        out += b"070701" + b"".join(b"%08X" % field for field in fields) + raw
        out += bytes(-len(out) % 4) + content
        out += bytes(-len(out) % 4)
    return bytes(out)


def _read(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    file = archive.extractfile(member)
    assert file is not None
    return file.read()


def _dependencies(text: str, where: str) -> Iterator[tuple[str, list[str]]]:
    for line in text.splitlines():
        name, _, needs = line.partition(":")
        yield where + name, [where + need for need in needs.split()]


def _loading_order(depends: dict[str, list[str]]) -> list[str]:
    order: list[str] = []
    for module in _MODULES:
        # A module that is not listed is built into the kernel.
        path = next((p for p in depends if re.search(rf"/{module}\.ko(\.\w+)?$", p)), None)
        if path:
            order += [need for need in [*reversed(depends[path]), path] if need not in order]
    return order
