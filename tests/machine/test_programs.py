"""The programs of a machine, from images that tar2sqfs packs as a build does."""

from __future__ import annotations

import io
import re
import subprocess
import tarfile
from pathlib import Path

import pytest

from tests.conftest import ROOT
from wordish.machine import image
from wordish.machine.programs import PATHS, programs
from wordish.model import Machine

LAB = Machine(name="lab")


@pytest.fixture
def system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the image of the machine is to be."""
    monkeypatch.setenv("WORDISH_CACHE_DIR", str(tmp_path))
    path = image.path_of(LAB) / "root.sqfs"
    path.parent.mkdir(parents=True)
    return path


def pack(path: Path, *names: str) -> None:
    """An image of these: executable files, ``-`` before those that are not, ``a=b`` for links."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        for name in names:
            member = tarfile.TarInfo(name.lstrip("-").partition("=")[0])
            member.mode = 0o644 if name.startswith("-") else 0o755
            if "=" in name:
                member.type, member.linkname = tarfile.SYMTYPE, name.partition("=")[2]
            tar.addfile(member)
    subprocess.run(["tar2sqfs", "--quiet", "--force", path], input=packed.getvalue(), check=True)


def test_each_account_finds_its_own(system: Path) -> None:
    pack(
        system,
        "usr/bin/bash",
        "usr/bin/[",
        "usr/bin/awk=/etc/alternatives/awk",
        "-usr/bin/notes",
        "usr/bin/with blank",
        "usr/sbin/lvs",
        "usr/local/bin/mine",
        "usr/games/fortune",
        "usr/lib/hidden",
        "usr/bin/folder/inside",
    )
    found = programs(LAB)
    assert not isinstance(found, str)
    assert found["user"] == {"bash", "[", "awk", "mine", "fortune"}
    assert found["root"] == {"bash", "[", "awk", "mine", "lvs"}


def test_why_they_are_not_known(system: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert programs(LAB) == "the machine lab is not built: `wordish machine build lab`"
    system.write_bytes(b"no image")
    assert str(programs(LAB)).startswith("the image of the machine lab cannot be read")
    monkeypatch.setenv("PATH", "/nowhere")
    assert str(programs(LAB)).startswith("rdsquashfs is not installed: ")


def test_the_accounts_have_the_paths_that_the_guest_gives_them() -> None:
    agent = (ROOT / "wordish" / "machine" / "guest" / "agent.pl").read_text(encoding="utf-8")
    assert re.findall(r"PATH => \$uid \? '(.*)'\s*: '(.*)'", agent) == [(PATHS["user"], PATHS["root"])]
