"""Whatever ends a check, nothing of it is left: no process, mount, loop device, socket or file."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import containers
from tests.conftest import ROOT

ARTICLE = """\
<!-- wordish: on={kind} -->

```console
~$ sleep 1000 &
~$ nohup setsid sleep 1000 > /dev/null 2>&1 &
~$ (env -i setsid bash -c 'exec -a innocent-{word} sleep 1000' < /dev/null > /dev/null 2>&1 &)
~$ touch in-the-way; mktemp > /dev/null
~$ {last}
```
"""
KINDS = [
    "host",
    "sandbox",
    "container",
    "ssh",
    pytest.param("vm", marks=pytest.mark.vm),
    pytest.param("vm host", marks=pytest.mark.vm, id="side by side"),
]


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "tmp").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    return tmp_path / "tmp"


def start(tmp_path: Path, kind: str, last: str) -> subprocess.Popen[str]:
    """Check an article of each kind, side by side when there are two; the first is ``article.md``."""
    paths = [tmp_path / name for name in ("article.md", "other.md")]
    for path, target in zip(paths, kind.split(), strict=False):
        on = {"container": f"container:{tag(tmp_path)}", "ssh": "host"}.get(target, target)
        path.write_text(ARTICLE.format(kind=on, last=last, word=tmp_path.name))
    named = ["--on", "ssh:there"] if kind == "ssh" else []
    existing = [str(path) for path in paths if path.exists()]
    return subprocess.Popen(
        [sys.executable, "-m", "wordish", "check", "-v", "-j2", *named, *existing],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True,
    )  # fmt: skip


def tag(tmp_path: Path) -> str:
    """A name of the image that only this test knows."""
    return f"localhost/{tmp_path.name.lower().strip('-_')}"


@pytest.fixture
def prepared(request: pytest.FixtureRequest, kind: str, tmp_path: Path) -> Iterator[None]:
    if kind == "ssh":
        server = request.getfixturevalue("server")
    if kind != "container":
        yield
        if kind == "ssh":
            assert list(server.temporary.iterdir()) == []
        return
    containers.podman("tag", request.getfixturevalue("image"), tag(tmp_path))
    yield
    containers.podman("untag", tag(tmp_path), tag(tmp_path))


def stat(pid: int) -> list[str]:
    """State, parent, process group, session... of a process (proc(5)); nothing when it is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def pids() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]


def children(parent: int) -> set[tuple[int, str]]:
    """The processes that a process started, each with its start time."""
    found = {pid: stat(pid) for pid in pids()}
    return {(pid, told[19]) for pid, told in found.items() if told[1:2] == [str(parent)]}


def command_lines() -> list[bytes]:
    lines = []
    for pid in pids():
        try:
            lines.append(Path(f"/proc/{pid}/cmdline").read_bytes())
        except OSError:
            continue
    return [line for line in lines if line.startswith(b"innocent-")]


def naming(temporary: Path) -> list[bytes]:
    """The command lines of processes that name the temporary directory's run directories."""
    found = []
    for pid in pids():
        try:
            line = Path(f"/proc/{pid}/cmdline").read_bytes()
            environment = Path(f"/proc/{pid}/environ").read_bytes()
        except OSError:
            continue
        if pid != os.getpid() and str(temporary / "wordish").encode() in line + environment:
            found.append(line)
    return found


def kernel(own: Path) -> tuple[str, str]:
    """The mounts and loop devices, without those mounts that other tests make meanwhile.

    That is the containers', and what is mounted in the directories of other tests than `own`.
    """
    others = str(containers.folder()), str(own.parent.parent)  # one for each worker stands in the latter
    lines = Path("/proc/mounts").read_text().splitlines()
    mounts = "\n".join(
        line for line in lines if str(own) in line or not any(other in line for other in others)
    )
    loops = "".join(sorted(str(path) for path in Path("/sys/block").glob("loop*/loop")))
    return mounts, loops


@pytest.mark.usefixtures("prepared")
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("last", "how", "status"),
    [
        pytest.param("true", None, 0, id="success"),
        pytest.param("false", None, 1, id="failure"),
        pytest.param("sleep 1000", signal.SIGINT, 130, id="interrupted"),
        pytest.param("sleep 1000", signal.SIGTERM, 130, id="terminated"),
        pytest.param("sleep 1000", signal.SIGKILL, -9, id="killed"),
    ],
)
def test_nothing_is_left(
    tmp_path: Path, temporary: Path, kind: str, last: str, how: signal.Signals | None, status: int
) -> None:
    before = kernel(tmp_path)
    started: set[tuple[int, str]] = set()
    check = start(tmp_path, kind, last)
    if how is not None:
        assert check.stdout is not None
        told = iter(check.stdout.readline, "")
        assert any("article.md:7: passed" in line for line in told)
        time.sleep(0.3)  # the last command sleeps now
        assert check.poll() is None
        started = children(check.pid)
        assert started
        check.send_signal(how)
    out, _ = check.communicate(timeout=60)
    assert check.returncode == status, out
    if how is signal.SIGKILL:
        subprocess.run([sys.executable, "-m", "wordish", "list", str(tmp_path / "article.md")], check=True)
    patience = time.monotonic() + 60  # those whose parent was killed clean up after themselves
    while left := [pid for pid, since in started if stat(pid)[19:20] == [since] and stat(pid)[0] != "Z"]:
        assert how is signal.SIGKILL, left
        assert time.monotonic() < patience, left
        time.sleep(0.05)
    if kind == "ssh":
        while any(tmp_path.name.encode() in line for line in command_lines()):
            assert time.monotonic() < patience
            time.sleep(0.05)
    assert naming(temporary) == []
    assert not any(tmp_path.name.encode() in line for line in command_lines())
    assert list(temporary.iterdir()) == []
    assert kernel(tmp_path) == before
    if kind == "container":
        assert tag(tmp_path) not in containers.podman("ps", "--all", "--format", "{{.Image}}").stdout
