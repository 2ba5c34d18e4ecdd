"""What QEMU boots: the system's own kernel, and an initial ramdisk of ours.

The ramdisk has just the modules that the root file system needs, so that it is small and fast.
Both are taken from the system's tar archive, without root.
"""

from __future__ import annotations

import re
import tarfile
from collections.abc import Iterable
from importlib import resources
from pathlib import Path

from wordish.errors import MachineError

# What must be there before the root file system is; the rest is loaded from it.
_MODULES = ("virtio_pci", "virtio_blk", "squashfs", "overlay")


def extract(system: Path, into: Path) -> dict[str, str]:
    """From the system's tar archive write ``vmlinuz`` and ``ramdisk-base`` into a directory.

    Returns the ``distribution`` and ``kernel`` that they are of. Raises `MachineError` when the
    system cannot boot.
    """
    with tarfile.open(system) as archive:
        members = {member.name.removeprefix("./"): member for member in archive if member.isfile()}

        def read(pattern: str) -> tuple[str, bytes]:
            for name, member in members.items():
                file = archive.extractfile(member) if re.fullmatch(pattern, name) else None
                if file is not None:
                    return name, file.read()
            raise MachineError(f"the system that was built has no {pattern}")

        kernel, vmlinuz = read(r"boot/vmlinuz-.*")
        (into / "vmlinuz").write_bytes(vmlinuz)
        listed, dependencies = read(r".*/modules\.dep")
        where = listed.removesuffix("modules.dep")
        is_listed = f"{where}modules.builtin" in members
        built_in = read(re.escape(f"{where}modules.builtin"))[1].decode() if is_listed else ""
        entries = [
            ("bin", 0o40755, b""),
            ("bin/busybox", 0o100755, read(r"(usr/)?bin/busybox")[1]),
            ("modules", 0o40755, b""),
        ]
        for number, name in enumerate(_loading_order(dependencies.decode(), built_in)):
            module, content = _unpacked(name, read(re.escape(where + name))[1])
            entries.append((f"modules/{number:02}-{module}", 0o100644, content))
        (into / "ramdisk-base").write_bytes(cpio(entries))
        found = re.search(r'^PRETTY_NAME="?([^"\n]*)', read(r"usr/lib/os-release")[1].decode(), re.MULTILINE)
    return {
        "distribution": found[1] if found else "unknown",
        "kernel": kernel.removeprefix("boot/vmlinuz-"),
    }


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


def _loading_order(dependencies: str, built_in: str) -> list[str]:
    """The modules to load, in order, by the text of ``modules.dep`` (modules.dep(5)).

    Those that ``modules.builtin`` lists are in the kernel. Raises `MachineError` for one that is nowhere.
    """
    depends = {}
    for line in dependencies.splitlines():
        name, _, needs = line.partition(":")
        depends[name] = needs.split()
    order: list[str] = []
    for module in _MODULES:
        path = next((p for p in depends if re.search(rf"/{module}\.ko(\.[a-z]+)?\Z", p)), None)
        if path:
            order += [need for need in [*reversed(depends[path]), path] if need not in order]
        elif not re.search(rf"/{module}\.ko$", built_in, re.MULTILINE):
            raise MachineError(f"the kernel of the system that was built has no module {module}")
    return order


def _unpacked(path: str, content: bytes) -> tuple[str, bytes]:
    """The name and content of a module's file as busybox can load it: not compressed.

    Debian compresses modules since release 13 (trixie).
    """
    import gzip  # for builds only
    import lzma

    stem, found, form = path.rsplit("/", 1)[-1].partition(".ko")
    if form == ".xz":
        content = lzma.decompress(content)
    elif form == ".gz":
        content = gzip.decompress(content)
    elif form:
        raise MachineError(f"the kernel module {path} is compressed in a way that is not known here")
    return stem + found, content
