"""Which accelerator really works is found out by running a guest, and remembered."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from wordish.machine import accelerator

QEMU = "qemu-system-x86_64"


@pytest.fixture(autouse=True)
def cache_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("WORDISH_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path


def script(path: Path, text: str) -> str:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return str(path)


@pytest.mark.vm
def test_the_probe_reaches_long_mode_where_guests_run() -> None:
    assert accelerator.works(QEMU, "tcg", "max", seconds=20)


@pytest.mark.vm
def test_an_accelerator_that_is_none_does_not_work() -> None:
    assert not accelerator.works(QEMU, "warp", "max")


def test_a_guest_that_hangs_is_ended_within_about_a_second(tmp_path: Path) -> None:
    qemu = script(tmp_path / "qemu", f"echo $$ > {tmp_path}/pid; exec sleep 1000")
    start = time.monotonic()
    assert not accelerator.works(qemu, "kvm", "host")
    assert time.monotonic() - start < 2
    assert not Path("/proc", (tmp_path / "pid").read_text().strip()).exists()


def test_a_qemu_that_crashes_or_is_not_there_does_not_work(tmp_path: Path) -> None:
    assert not accelerator.works(script(tmp_path / "qemu", "kill -ABRT $$"), "kvm", "host")
    assert not accelerator.works(str(tmp_path / "none"), "kvm", "host")


def test_without_the_device_nothing_is_tried(tmp_path: Path) -> None:
    chosen = accelerator.choose("no-such-qemu", "1", device=tmp_path / "kvm")
    assert chosen == ("tcg", f"no {tmp_path}/kvm here")


@pytest.mark.parametrize(("status", "accel"), [(85, "kvm"), (1, "tcg")])
def test_what_was_found_is_remembered_for_this_qemu(tmp_path: Path, status: int, accel: str) -> None:
    device = tmp_path / "kvm"
    device.touch()
    tries = tmp_path / "tries"
    qemu = script(tmp_path / "qemu", f"echo >> {tries}; exit {status}")
    assert [accelerator.choose(qemu, "1", device=device)[0] for _ in range(3)] == [accel] * 3
    assert tries.read_text() == "\n"
    assert accelerator.choose(qemu, "2", device=device)[0] == accel
    assert tries.read_text() == "\n\n"


def test_distrust_beats_the_probe_and_damaged_memory_is_no_memory(tmp_path: Path) -> None:
    device = tmp_path / "kvm"
    device.touch()
    qemu = script(tmp_path / "qemu", "exit 85")
    accelerator.distrust("1")
    assert accelerator.choose(qemu, "1", device=device)[0] == "tcg"
    (tmp_path / "cache" / "accelerator.json").write_text("[1")
    assert accelerator.choose(qemu, "1", device=device)[0] == "kvm"
