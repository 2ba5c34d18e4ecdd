"""Which accelerator really works here: KVM, or emulation.

That ``/dev/kvm`` opens proves nothing: in nested clouds a guest may start and then hang for ever.
So a guest is run: 256 bytes that go from real mode to protected mode to long mode, the way every
kernel does, and say so. It takes hundredths of a second where KVM works; where it does not, the
guest is ended after a second. What was found is remembered for this boot of the host and this QEMU.
"""

from __future__ import annotations

import json
import os
import subprocess
from contextlib import suppress
from pathlib import Path

from wordish import cachedir
from wordish.rundir import rundir

PROBE_SECONDS = 1.0
_EXIT = 0x2A << 1 | 1  # isa-debug-exit: the byte written, doubled, plus one

# The last 256 bytes of a 64 KiB ROM. At its reset vector (0xf0) it jumps to 0x00: cli; load a
# descriptor table (at 0x78); cr0.PE; far jump to 32 bits; identity-map 2 MiB with tables at 0x1000,
# 0x2000 and 0x3000; cr4.PAE; cr3; EFER.LME; cr0.PG; far jump to 64 bits; out 0xf4, 0x2a; hlt.
_CODE = bytes.fromhex(
    "fa2e660f011698ff0f20c06683c8010f22c066ea1aff0f00080066b810008ed8c7050010000003200000c705002000"
    "0003300000c70500300000830000000f20e083c8200f22e0b8001000000f22d8b9800000c00f320d000100000f300f"
    "20c00d000000800f22c0ea6fff0f001800b02ae6f4f48db400000000000000000000ffff0000009acf00ffff000000"
    "92cf00ffff0000009aaf001f0078ff0f00"
)
_RESET = bytes.fromhex("e90dff")  # jmp start


def rom() -> bytes:
    """The probe as a 64 KiB BIOS image."""
    return bytes(0xFF00) + _CODE.ljust(0xF0, b"\x90") + _RESET.ljust(16, b"\0")


def works(qemu: str, accel: str, cpu: str, *, seconds: float = PROBE_SECONDS) -> bool:
    """Whether a guest under ``accel`` reaches long mode within ``seconds``."""
    with rundir() as directory:
        bios = directory / "probe.rom"
        bios.write_bytes(rom())
        command = [
            "setpriv", "--pdeathsig", "KILL", qemu,
            "-nodefaults", "-no-user-config", "-display", "none", "-M", "pc", "-m", "16",
            "-accel", accel, "-cpu", cpu, "-bios", str(bios),
            "-device", "isa-debug-exit,iobase=0xf4,iosize=0x04",
        ]  # fmt: skip
        try:
            done = subprocess.run(
                command, cwd=directory, check=False, timeout=seconds, stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            )  # fmt: skip
        except (subprocess.TimeoutExpired, OSError):
            return False
        return done.returncode == _EXIT


def choose(qemu: str, version: str, *, device: Path = Path("/dev/kvm")) -> tuple[str, str]:
    """The accelerator (``kvm`` or ``tcg``) and, in a few words, why."""
    if not device.exists():
        return "tcg", f"no {device} here"
    if not os.access(device, os.R_OK | os.W_OK):
        return "tcg", f"{device} may not be opened by this user"
    try:
        known = json.loads(_memory().read_text(encoding="utf-8"))
        works_here = known["kvm"] if known["about"] == _about(version) else None
    except (OSError, ValueError, KeyError, TypeError):
        works_here = None
    if works_here is None:
        works_here = works(qemu, "kvm", "host")
        _remember(version, kvm=works_here)
    return ("kvm", "KVM works") if works_here else ("tcg", f"{device} opens but runs no guest")


def distrust(version: str) -> None:
    """Remember that KVM does not work here, whatever the probe found."""
    _remember(version, kvm=False)


def _memory() -> Path:
    return cachedir.root() / "accelerator.json"


def _about(version: str) -> list[str]:
    boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    return [boot, version, str(os.getuid())]


def _remember(version: str, *, kvm: bool) -> None:
    memory = _memory()
    with suppress(OSError):  # it is only a memory
        memory.parent.mkdir(parents=True, exist_ok=True)
        written = memory.with_name(f"{memory.name}.{os.getpid()}")
        written.write_text(json.dumps({"about": _about(version), "kvm": kvm}), encoding="utf-8")
        written.replace(memory)
