"""Whatever ends a check, nothing of it is left: no process, mount, loop device, socket or file."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.conftest import ROOT

ARTICLE = """\
<!-- wordish: on={kind} -->

```console
~$ sleep 1000 &
~$ nohup setsid sleep 1000 > /dev/null 2>&1 &
~$ touch in-the-way; mktemp > /dev/null
~$ {last}
```
"""
KINDS = ["host", pytest.param("vm", marks=pytest.mark.vm)]


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "tmp").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    return tmp_path / "tmp"


def start(tmp_path: Path, kind: str, last: str) -> subprocess.Popen[str]:
    path = tmp_path / "article.md"
    path.write_text(ARTICLE.format(kind=kind, last=last))
    return subprocess.Popen(
        [sys.executable, "-m", "wordish", "check", "-v", str(path)],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True,
    )  # fmt: skip


def processes(temporary: Path, parent: int) -> list[bytes]:
    """Processes that name the temporary directory, and machines whose parent was the check."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            line, environment = (entry / "cmdline").read_bytes(), (entry / "environ").read_bytes()
            session = int((entry / "stat").read_text().rpartition(")")[2].split()[3])
        except (OSError, IndexError):
            continue
        needle = str(temporary / "wordish").encode()
        if needle in line or needle in environment or session == parent:
            found.append(line)
    return found


def kernel() -> tuple[str, str]:
    mounts = Path("/proc/mounts").read_text()
    loops = "".join(sorted(str(path) for path in Path("/sys/block").glob("loop*/loop")))
    return mounts, loops


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
    before = kernel()
    check = start(tmp_path, kind, last)
    if how is not None:
        assert check.stdout is not None
        told = iter(check.stdout.readline, "")
        assert any("article.md:6: passed" in line for line in told)
        time.sleep(0.3)  # the last command sleeps now
        assert check.poll() is None
        check.send_signal(how)
    out, _ = check.communicate(timeout=60)
    assert check.returncode == status, out
    if how is signal.SIGKILL:
        subprocess.run([sys.executable, "-m", "wordish", "list", str(tmp_path / "article.md")], check=True)
    assert processes(temporary, check.pid) == []
    assert list(temporary.iterdir()) == []
    assert kernel() == before
