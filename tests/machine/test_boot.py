"""The initial ramdisk: what is in it, and in which order."""

from __future__ import annotations

import gzip
import io
import lzma
import tarfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wordish.errors import MachineError
from wordish.machine import boot

NAMES = st.text("abc/.-é", min_size=1, max_size=12)
KERNEL = "usr/lib/modules/6/"
DEPENDENCIES = """\
kernel/virtio.ko:
kernel/virtio_ring.ko:
kernel/virtio_pci.ko: kernel/virtio.ko kernel/virtio_ring.ko
kernel/virtio_blk.ko: kernel/virtio.ko kernel/virtio_ring.ko
kernel/overlay.ko:
"""


def unpacked(archive: bytes) -> list[tuple[str, int, bytes]]:
    """An independent reader of the "newc" form."""
    entries: list[tuple[str, int, bytes]] = []
    at = 0
    while True:
        assert archive[at : at + 6] == b"070701"
        fields = [int(archive[at + 6 + 8 * n : at + 14 + 8 * n], 16) for n in range(13)]
        name = archive[at + 110 : at + 110 + fields[11]]
        assert name.endswith(b"\0")
        start = (at + 110 + fields[11] + 3) // 4 * 4
        content = archive[start : start + fields[6]]
        if name == b"TRAILER!!!\0":
            return entries
        entries.append((name[:-1].decode(), fields[1], content))
        at = (start + fields[6] + 3) // 4 * 4


@given(st.lists(st.tuples(NAMES, st.sampled_from([0o100644, 0o40755]), st.binary(max_size=9))))
def test_an_archive_reads_back(entries: list[tuple[str, int, bytes]]) -> None:
    assert unpacked(boot.cpio(entries)) == entries


def system(path: Path, files: Mapping[str, str | bytes]) -> Path:
    with tarfile.open(path, "w") as archive:
        for name, content in files.items():
            raw = content if isinstance(content, bytes) else content.encode()
            member = tarfile.TarInfo(f"./{name}")
            member.size = len(raw)
            archive.addfile(member, io.BytesIO(raw))
    return path


WHOLE = {
    "boot/vmlinuz-6": "kernel",
    "usr/bin/busybox": "busybox",
    "usr/lib/os-release": 'NAME=x\nPRETTY_NAME="Debian 12"\n',
    f"{KERNEL}modules.dep": DEPENDENCIES,
    f"{KERNEL}modules.builtin": "kernel/fs/ext4/ext4.ko\nkernel/fs/squashfs/squashfs.ko\n",
    **{f"{KERNEL}kernel/{name}.ko": name for name in ("virtio", "virtio_ring", "virtio_pci", "virtio_blk")},
    f"{KERNEL}kernel/overlay.ko": "overlay",
}


def test_modules_come_after_what_they_need_and_built_in_ones_not_at_all(tmp_path: Path) -> None:
    release = boot.extract(system(tmp_path / "system.tar", WHOLE), tmp_path)
    assert release == {"distribution": "Debian 12", "kernel": "6"}
    assert (tmp_path / "vmlinuz").read_text() == "kernel"
    assert [name for name, _, _ in unpacked((tmp_path / "ramdisk-base").read_bytes())] == [
        "bin",
        "bin/busybox",
        "modules",
        "modules/00-virtio_ring.ko",
        "modules/01-virtio.ko",
        "modules/02-virtio_pci.ko",
        "modules/03-virtio_blk.ko",
        "modules/04-overlay.ko",
    ]


def compressed(ending: str, pack: Callable[[bytes], bytes]) -> dict[str, str | bytes]:
    """`WHOLE` with modules as other systems have them."""
    files: dict[str, str | bytes] = {}
    for name, content in WHOLE.items():
        if name.endswith(".ko"):
            files[name + ending] = pack(content.encode())
        else:
            files[name] = content.replace(".ko", f".ko{ending}") if name.endswith(".dep") else content
    return files


@pytest.mark.parametrize(("ending", "pack"), [(".xz", lzma.compress), (".gz", gzip.compress)])
def test_compressed_modules_are_unpacked(tmp_path: Path, ending: str, pack: Callable[[bytes], bytes]) -> None:
    (tmp_path / "plain").mkdir()
    boot.extract(system(tmp_path / "plain.tar", WHOLE), tmp_path / "plain")
    boot.extract(system(tmp_path / "system.tar", compressed(ending, pack)), tmp_path)
    assert (tmp_path / "ramdisk-base").read_bytes() == (tmp_path / "plain" / "ramdisk-base").read_bytes()


def test_modules_compressed_in_another_way_are_refused(tmp_path: Path) -> None:
    with pytest.raises(MachineError, match=r"kernel/virtio_ring\.ko\.zst is compressed in a way"):
        boot.extract(system(tmp_path / "system.tar", compressed(".zst", bytes)), tmp_path)


def test_a_module_that_is_nowhere_is_named(tmp_path: Path) -> None:
    files = {**WHOLE, f"{KERNEL}modules.builtin": "kernel/fs/not_squashfs.ko\n"}
    with pytest.raises(MachineError, match="has no module squashfs"):
        boot.extract(system(tmp_path / "system.tar", files), tmp_path)


@pytest.mark.parametrize("missing", ["boot/vmlinuz-6", "usr/bin/busybox", f"{KERNEL}modules.dep"])
def test_a_system_that_cannot_boot_is_refused(tmp_path: Path, missing: str) -> None:
    files = {name: content for name, content in WHOLE.items() if name != missing}
    with pytest.raises(MachineError, match="has no"):
        boot.extract(system(tmp_path / "system.tar", files), tmp_path)


def test_our_programs_are_in_the_package() -> None:
    files = {name: (mode, content) for name, mode, content in boot.guest_files()}
    assert files["init"][0] & 0o111
    assert files["init"][1].startswith(b"#!/bin/busybox sh\n")
    assert b"agent.pl" in files["wordish/boot"][1]
