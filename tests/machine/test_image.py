"""A machine's system is built once, whole or not at all, by an ordinary user's means."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from wordish.cli import main
from wordish.errors import MachineError, MissingToolError, UsageError
from wordish.machine import cache, image
from wordish.model import Machine
from wordish.rundir import sweep

PLAIN = Machine(name="plain")
BUILDER = """
import sys
from wordish.errors import MachineError
from wordish.machine import image
from wordish.model import Machine
try:
    print(image.build(Machine(name="plain"), say=lambda text: print(text, flush=True)))
except MachineError as error:
    sys.exit(str(error))
"""


@pytest.fixture(autouse=True)
def cache_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("WORDISH_CACHE_DIR", str(tmp_path / "cache"))
    (tmp_path / "tmp").mkdir()
    # The users that own a system's files must be able to reach the directory.
    for parent in (tmp_path / "tmp", tmp_path, tmp_path.parent, tmp_path.parent.parent):
        parent.chmod(0o755)
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    monkeypatch.setattr("tempfile.tempdir", None)
    return tmp_path / "cache"


def builder(*prefix: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*prefix, sys.executable, "-c", BUILDER],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def test_an_image_depends_on_what_is_installed_and_on_nothing_else() -> None:
    machine = Machine(name="a", packages=("lvm2", "rsync"))
    same = Machine(name="b", packages=("rsync", "lvm2"), memory=1024, disk=64, network=True)
    assert image.path_of(machine) == image.path_of(same)
    for other in (machine._replace(suite="trixie"), machine._replace(packages=("lvm2",))):
        assert image.path_of(other) != image.path_of(machine)


def test_a_missing_program_is_told_with_the_command_that_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(MissingToolError) as error:
        image.build(PLAIN, say=print)
    assert "mmdebstrap (builds a machine's system from Debian packages)" in error.value.what
    assert "apt-get install --no-install-recommends mmdebstrap squashfs-tools-ng" in error.value.hint


def test_removing_what_is_not_there_says_what_is() -> None:
    with pytest.raises(UsageError, match="no machine 'x' is built: built machines: none is built"):
        image.remove("x", say=print)


def made(cache_directory: Path, *, templates: int) -> Path:
    """An image as `image.build` leaves it, without its content, and templates of it."""
    path = image.path_of(PLAIN)
    about = {"name": "plain", **image.describe(PLAIN), "distribution": "Debian", "kernel": "6"}
    with cache.making(path) as partial:
        (partial / "image.json").write_text(json.dumps(about))
        (partial / "root.sqfs").write_bytes(bytes(1000))
    for number in range(templates):
        template = cache_directory / "templates" / f"{path.name}-{number:016}"
        template.mkdir(parents=True)
        (template / "memory").write_bytes(bytes(1 << 20))
    return path


def test_the_size_of_an_image_is_that_of_its_templates_too(cache_directory: Path) -> None:
    path = made(cache_directory, templates=2)
    half_made = path.with_name(f"{path.name}.partial-01234567")
    shutil.copytree(path, half_made)
    (listed,) = image.listing()
    assert (listed.key, listed.name) == (path.name, "plain")
    assert 2 << 20 <= listed.size < 3 << 20


def test_removing_an_image_removes_its_templates_and_waits_for_one_that_is_being_made(
    cache_directory: Path,
) -> None:
    path = made(cache_directory, templates=1)
    (cache_directory / "templates" / "other-1").mkdir()
    late = cache_directory / "templates" / f"{path.name}-{9:016}"
    said: list[str] = []
    with ExitStack() as maker:
        maker.enter_context(cache.locked(late, say=print, waiting=""))
        maker.enter_context(cache.making(late))

        def say(text: str) -> None:
            said.append(text)
            assert not late.exists()
            maker.close()
            assert late.exists()

        assert [removed.key for removed in image.remove("plain", say=say)] == [path.name]
    assert len(said) == 1
    assert cache.entries("images") == []
    assert [template.name for template in cache.entries("templates")] == ["other-1"]


def test_what_is_built_is_built_again_on_request_and_its_templates_go(
    cache_directory: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = made(cache_directory, templates=1)
    stale = path.with_name("0123456789abcdef.partial-01234567")
    stale.mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(image, "require", lambda *_: None)
    monkeypatch.setattr(image, "lacking_subordinates", lambda: "")
    monkeypatch.setattr(image, "_make", lambda machine, partial, *, say: (partial / machine.name).touch())
    words = ["machine", "build", "bookworm"]
    monkeypatch.setattr(image, "path_of", lambda machine: path)
    assert main(words) == 0
    assert len(cache.entries("templates")) == 1
    assert not stale.exists()
    assert not (path / "bookworm").exists()
    assert main([*words, "--again"]) == 0
    assert (path / "bookworm").exists()
    assert cache.entries("templates") == []
    assert capfd.readouterr().out == f"bookworm: {path}\n" * 2


@pytest.mark.vm
def test_one_that_was_cut_short_is_built_again_and_its_templates_go(
    cache_directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = made(cache_directory, templates=1)
    os.truncate(path / "root.sqfs", 999)
    monkeypatch.setattr(image, "require", lambda *_: None)
    monkeypatch.setattr(image, "lacking_subordinates", lambda: "")
    monkeypatch.setattr(
        image, "_make", lambda machine, partial, *, say: (partial / "root.sqfs").write_bytes(bytes(1000))
    )
    said: list[str] = []
    for _ in range(2):
        assert image.build(PLAIN, say=said.append) == path
    assert said == ["machine plain: its image is damaged, making it again"]
    assert (path / "root.sqfs").stat().st_size == 1000
    assert cache.entries("templates") == []


@pytest.mark.parametrize("content", ["", "[]", '{"distribution": "Debian"}'])
def test_one_that_does_not_say_what_it_is_is_an_error(cache_directory: Path, content: str) -> None:
    path = made(cache_directory, templates=0)
    (path / "image.json").write_text(content)
    with pytest.raises(
        MachineError, match=rf"image.json: cannot be read: remove {path}, and it is built anew"
    ):
        image.release(path)


def test_a_package_that_does_not_exist_is_told_in_apts_words(cache_directory: Path) -> None:
    machine = Machine(name="odd", packages=("no-such-package",))
    with pytest.raises(MachineError) as error:
        image.build(machine, say=print)
    assert str(error.value) == (
        "machine odd could not be built: Unable to locate package no-such-package: "
        "check the packages of tool.wordish.machines.odd for suite bookworm"
    )
    assert leftovers(cache_directory) == []


@pytest.mark.vm
def test_killed_half_way_then_asked_for_twice_at_once_it_is_built_once_and_whole(
    cache_directory: Path, tmp_path: Path
) -> None:
    killed = builder()
    assert killed.stdout is not None
    until(killed, "machine plain: unpacking the minimal system")
    killed.kill()
    killed.wait()
    wait_for(lambda: not any(b"mmdebstrap" in line for line in command_lines()))
    assert not image.path_of(PLAIN).exists()

    first, second = builder(), builder()
    told = [process.communicate(timeout=280) for process in (first, second)]
    assert (first.returncode, second.returncode) == (0, 0), told
    assert sorted("downloading" in out for out, _ in told) == [False, True]
    assert sorted("waiting for another build" in out for out, _ in told) == [False, True]
    path = image.path_of(PLAIN)
    assert {file.name for file in path.iterdir()} == {
        "image.json", "ramdisk-base", "root.sqfs", "sizes.json", "vmlinuz",
    }  # fmt: skip
    assert image.release(path)["distribution"].startswith("Debian GNU/Linux 12")

    sweep()
    assert leftovers(cache_directory) == []
    assert list((tmp_path / "tmp").iterdir()) == []
    (built,) = image.listing()
    assert (built.name, built.suite, built.packages) == ("plain", "bookworm", ())
    assert built.size > 10_000_000
    assert image.remove("plain", say=print) == [built]
    assert image.listing() == []


@pytest.mark.vm
def test_interrupted_it_leaves_nothing(cache_directory: Path, tmp_path: Path) -> None:
    interrupted = builder()
    until(interrupted, "machine plain: unpacking the minimal system")
    interrupted.send_signal(signal.SIGINT)
    interrupted.communicate(timeout=30)
    assert not any(b"mmdebstrap" in line for line in command_lines())
    assert leftovers(cache_directory) == []
    assert list((tmp_path / "tmp").iterdir()) == []


@pytest.mark.vm
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a disk that is too small")
def test_a_full_disk_is_told_and_leaves_nothing(cache_directory: Path, tmp_path: Path) -> None:
    small = 'mount -t tmpfs -o size=60m,mode=755 tmpfs "$0" && mkdir -m 755 "$0/tmp" && "$@"; ls "$0"/* >&2'
    full = builder("unshare", "--mount", "sh", "-c", small, str(tmp_path))
    out, err = full.communicate(timeout=120)
    assert err.startswith("machine plain could not be built: ")
    assert "No space left on device" in err
    assert f"make room in {cache_directory} and {tmp_path}/tmp" in err
    assert not any(word in err for word in (".partial", f"wordish-{os.getuid()}-")), (out, err)


def until(process: subprocess.Popen[str], line: str) -> None:
    assert process.stdout is not None
    for said in process.stdout:
        if said.strip() == line:
            return
    raise AssertionError(f"never said: {line}")


def wait_for(condition: object, seconds: float = 30) -> None:
    assert callable(condition)
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.1)


def command_lines() -> list[bytes]:
    """The command lines of the processes that name this test's directories."""
    lines = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                line = (entry / "cmdline").read_bytes()
                if os.environ["WORDISH_CACHE_DIR"].encode() in line:
                    lines.append(line)
            except OSError:
                continue
    return lines


def leftovers(cache_directory: Path) -> list[str]:
    images = cache_directory / "images"
    return [entry.name for entry in images.iterdir() if ".partial" in entry.name] if images.exists() else []
