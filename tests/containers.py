"""Containers for the tests: a small image of our own, in a store that is kept, and that is nobody else's."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from filelock import FileLock

from wordish import cachedir

IMAGE = "localhost/wordish-tests"

_SUITE = "bookworm"
# What podman does anywhere, also in a container: not by systemd's leave.
_CONFIGURATION = """\
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "none"
lock_type = "file"
tmp_dir = "{folder}/tmp"
[containers]
default_ulimits = ["nofile=1024:1024", "nproc=1000:1000"]
"""
_STORAGE = """\
[storage]
driver = "{driver}"
graphroot = "{folder}/store"
runroot = "{folder}/run"
"""


def folder() -> Path:
    """Where everything is kept."""
    return cachedir.root() / "tests" / f"containers-{_SUITE}"


def prepared() -> str:
    """The name of the image, for podman as this process starts it from now on; it is made once."""
    place = folder()
    place.mkdir(parents=True, exist_ok=True)
    os.environ["CONTAINERS_CONF"] = str(place / "containers.conf")
    os.environ["CONTAINERS_STORAGE_CONF"] = str(place / "storage.conf")
    with FileLock(place.with_suffix(".lock")):
        (place / "containers.conf").write_text(_CONFIGURATION.format(folder=place))
        (place / "storage.conf").write_text(_STORAGE.format(folder=place, driver=_driver(place)))
        if podman("image", "exists", IMAGE, check=False).returncode:
            system = place / "system.tar"
            build = [
                "mmdebstrap",
                "--quiet",
                "--variant=essential",
                "--include=perl-base",
                _SUITE,
                str(system),
            ]
            subprocess.run(build, check=True)
            podman("import", str(system), IMAGE)
            system.unlink()
    return IMAGE


def _driver(place: Path) -> str:
    """How images are laid over each other: the kernel does not do it where that is done already."""
    told = subprocess.run(["stat", "-f", "-c", "%T", place], capture_output=True, text=True, check=True)
    return "vfs" if told.stdout.strip() == "overlayfs" else "overlay"


def podman(*words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Run podman on that store."""
    return subprocess.run(["podman", *words], capture_output=True, text=True, check=check)
