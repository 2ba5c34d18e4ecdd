"""A machine's system: built from Debian packages by mmdebstrap, without root, once.

An image is a directory of the cache, named by the hash of its description:

``root.sqfs``     the read-only file system
``vmlinuz``       its kernel
``ramdisk-base``  what the kernel needs to reach the file system
``image.json``    the description, and the name it was first built under
"""

from __future__ import annotations

import json
import os
import platform
import re
import signal
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from wordish import cachedir
from wordish.errors import MachineError, UsageError
from wordish.machine import boot, cache
from wordish.machine.tools import BUILDERS, add_subordinates_command, lacking_subordinates, require
from wordish.model import Machine
from wordish.rundir import rundir

# What every machine has beside Debian's minimal system, so that it boots and a howto finds what a
# small server has. tiny-initramfs spares the build an initial ramdisk that nobody would use.
_BASE = (
    "linux-image-cloud-amd64", "tiny-initramfs", "busybox-static", "kmod", "udev", "procps", "e2fsprogs",
)  # fmt: skip

# Changes whenever a system built by older code would not do any more.
_GENERATION = 1

_HOOKS = (
    'chroot "$1" useradd --create-home --shell /bin/bash --user-group user',
    'echo debian > "$1/etc/hostname"',
    ': > "$1/etc/resolv.conf"',  # mmdebstrap leaves the host's there
    'printf "127.0.0.1\\tlocalhost\\n127.0.1.1\\tdebian\\n::1\\tlocalhost ip6-localhost\\n" > "$1/etc/hosts"',
)

# What mmdebstrap says of each stage, and what we say.
_STAGES = {
    "running apt-get update": "fetching package lists",
    "downloading packages": "downloading packages",
    "extracting archives": "unpacking the minimal system",
    "installing essential": "configuring the minimal system",
    "installing remaining": "installing packages",
    "creating tarball": "packing the system",
}


def describe(machine: Machine) -> dict[str, object]:
    """All that an image depends on, as JSON can say it."""
    return {
        "generation": _GENERATION,
        "architecture": platform.machine(),
        "suite": machine.suite,
        "packages": sorted({*_BASE, *machine.packages}),
        "mirror": machine.mirror,
        "hooks": _HOOKS,
    }


def path_of(machine: Machine) -> Path:
    """Where the machine's image is, or would be."""
    return cachedir.root() / "images" / cache.key(describe(machine))


def build(machine: Machine, *, say: Callable[[str], None], again: bool = False) -> Path:
    """The directory of the machine's image, made now if it is not there (or ``again``).

    Raises `MachineError` with mmdebstrap's own reason, `MissingToolError` when a program is
    missing. Whatever interrupts it, nothing half-made is ever taken for an image.
    """
    path = path_of(machine)
    if cache.whole(path) and not again:
        return path
    if path.exists() and not again:
        say(f"machine {machine.name}: its image is damaged, making it again")
    require(*BUILDERS)
    if lacking := lacking_subordinates():
        raise MachineError(lacking, hint=add_subordinates_command())
    cache.sweep()
    try:
        with cache.locked(path, say=say, waiting=f"machine {machine.name}: waiting for another build"):
            if cache.whole(path) and not again:
                return path
            with cache.making(path) as partial:
                _make(machine, partial, say=lambda stage: say(f"machine {machine.name}: {stage}"))
                _remove_templates(path.name, say=say)  # they are of the image that goes
    except OSError as error:
        raise _cannot(machine, error.strerror or str(error), where=error.filename) from error
    return path


def is_current(about: Mapping[str, object]) -> bool:
    """Whether an image that says this of itself is one that this wordish could use here."""
    return about.get("generation") == _GENERATION and about.get("architecture") == platform.machine()


def release(path: Path) -> dict[str, str]:
    """``distribution`` and ``kernel`` of an image. Raises `MachineError` when it does not say."""
    about = path / "image.json"
    try:
        said = json.loads(about.read_text(encoding="utf-8"))
        return {name: str(said[name]) for name in ("distribution", "kernel")}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise MachineError(
            "cannot be read", where=str(about), hint=f"remove {path}, and it is built anew"
        ) from error


def _make(machine: Machine, partial: Path, *, say: Callable[[str], None]) -> None:
    system = partial / "system.tar"
    command = [
        "mmdebstrap", "--mode=unshare", "--variant=minbase", "--format=tar",
        f"--include={','.join([*_BASE, *machine.packages])}",
        '--aptopt=Acquire::Languages "none"',
        *(f"--customize-hook={hook}" for hook in _HOOKS),
        machine.suite, str(system), *([machine.mirror] if machine.mirror else []),
    ]  # fmt: skip
    # The users that own the system's files must be able to reach its temporary directory.
    with rundir(mode=0o755) as temporary:
        _run(machine, command, say=say, env={**_environment(), "TMPDIR": str(temporary)})
        say("making the image")
        with system.open("rb") as archive:
            pack = ["tar2sqfs", "--quiet", "--force", "--compressor", "lz4", str(partial / "root.sqfs")]
            _run(machine, pack, say=say, stdin=archive.fileno())
    release = boot.extract(system, partial)
    system.unlink()
    about = {"name": machine.name, **describe(machine), **release}
    (partial / "image.json").write_text(json.dumps(about, indent=1), encoding="utf-8")


def _environment() -> dict[str, str]:
    """What the programs of packages, which run during the build, may see of our environment."""
    kept = ("PATH", "SOURCE_DATE_EPOCH", "http_proxy", "https_proxy", "no_proxy")
    return {name: value for name, value in os.environ.items() if name in kept or name.lower() in kept}


def _run(
    machine: Machine,
    command: Sequence[str],
    *,
    say: Callable[[str], None],
    env: dict[str, str] | None = None,
    stdin: int = subprocess.DEVNULL,
) -> None:
    """Run a program of the build and tell its stages; end it when we are interrupted."""
    told: list[str] = []
    with tempfile.TemporaryFile() as unused:
        process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "TERM", "bash", "-c", _SUPERVISED, "bash", *command],
            stdin=stdin, stdout=unused, stderr=subprocess.PIPE, env=env, text=True, errors="replace",
            start_new_session=True,
        )  # fmt: skip
        try:
            assert process.stderr is not None
            for line in process.stderr:
                told.append(line.strip())
                for begin, stage in _STAGES.items():
                    if line.startswith(f"I: {begin}"):
                        say(stage)
            status = process.wait()
        except BaseException:
            _end(process)
            raise
    if status != 0:
        raise _cannot(machine, _reason(told) or f"{command[0]} ended with status {status}")


# mmdebstrap cleans up after itself, but only when its children are told to stop as well, as a
# terminal's ^C would tell them. So its whole process group is told: by us, or by our death.
_SUPERVISED = """\
trap 'trap : TERM; kill -TERM 0' TERM
"$@" <&0 & child=$!
wait $child; status=$?
while kill -0 $child 2> /dev/null; do wait $child; status=$?; done
exit $status
"""


def _end(process: subprocess.Popen[str]) -> None:
    """Let the program clean up after itself, for a while."""
    process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.communicate(timeout=15)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


def _reason(told: list[str]) -> str:
    """The lines that say why: apt's and mmdebstrap's errors, the first ones, each once."""
    full = [line for line in told if "No space left on device" in line]
    errors = [line for line in told if line.startswith(("E: ", "tar2sqfs: "))]
    telling = [line for line in errors if not re.search(r"failed( to run)?:? |failed to run$", line)]
    chosen = full[:1] or (telling or errors or told)[:3]
    return "; ".join(dict.fromkeys(re.sub(r"\b[EWI]: ", "", line) for line in chosen))


def _cannot(machine: Machine, reason: str, where: str | bytes | None = None) -> MachineError:
    hint = ""
    if "nable to locate package" in reason or "no installation candidate" in reason:
        hint = f"check the packages of tool.wordish.machines.{machine.name} for suite {machine.suite}"
    elif "No space left" in reason:
        hint = (
            f"make room in {cachedir.root()} and {tempfile.gettempdir()}, or set WORDISH_CACHE_DIR and TMPDIR"
        )
    place = f" ({os.fsdecode(where)})" if where else ""
    return MachineError(f"machine {machine.name} could not be built: {reason}{place}", hint=hint)


class Image(NamedTuple):
    """An image in the cache: ``size`` in bytes, its templates' too, ``built`` in seconds since 1970."""

    key: str
    name: str
    suite: str
    packages: tuple[str, ...]
    size: int
    built: float


def listing() -> list[Image]:
    """The images in the cache, by name."""
    images = []
    for path in cache.entries("images"):
        with suppress(OSError, ValueError, KeyError, TypeError):
            about = path / "image.json"
            said = json.loads(about.read_text(encoding="utf-8"))
            extra = tuple(sorted({*said["packages"]} - {*_BASE}))
            images.append(
                Image(
                    key=path.name, name=said["name"], suite=said["suite"], packages=extra,
                    size=sum(map(cache.size, (path, *cache.entries("templates", f"{path.name}-*")))),
                    built=about.stat().st_mtime,
                )
            )  # fmt: skip
    return sorted(images, key=lambda image: (image.name, image.key))


def remove(name: str, *, say: Callable[[str], None]) -> list[Image]:
    """Remove the images of that name or key, and the templates made from them.

    Raises `UsageError` when there is none.
    """
    chosen = [image for image in listing() if name in (image.name, image.key)]
    if not chosen:
        known = ", ".join(sorted({image.name for image in listing()})) or "none is built"
        raise UsageError(f"no machine {name!r} is built", hint=f"built machines: {known}")
    for image in chosen:
        path = cachedir.root() / "images" / image.key
        with cache.locked(path, say=say, waiting=f"machine {image.name}: waiting for another build"):
            _remove_templates(image.key, say=say)
            cache.remove(path)
    return chosen


def _remove_templates(key: str, *, say: Callable[[str], None]) -> None:
    """Remove the templates made from an image; one that is being made is waited for."""
    locks = (cachedir.root() / "templates").glob(f"{key}-*.lock")
    for template in {*cache.entries("templates", f"{key}-*"), *(lock.with_suffix("") for lock in locks)}:
        with cache.locked(template, say=say, waiting=f"machine {key}: waiting for another boot"):
            cache.remove(template)
