from __future__ import annotations

from pathlib import Path

import pytest

from wordish.model import Target
from wordish.programs import programs


def test_those_of_this_system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, mode in (("runs", 0o755), ("does-not", 0o644)):
        (tmp_path / name).touch(mode)
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to("runs")
    (tmp_path / "nowhere").symlink_to("gone")
    monkeypatch.setenv("PATH", f"/nowhere:{tmp_path}")
    here = frozenset({"runs", "link"})
    assert programs(Target(kind="host"), {}) == {"root": here, "user": here}


def test_those_of_a_sandbox_do_not_depend_on_the_path_of_the_caller(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    found = programs(Target(kind="sandbox"), {})
    assert not isinstance(found, str)
    assert "bash" in found["user"]
    assert "mount" in found["root"]


def test_of_other_targets_nothing_is_known() -> None:
    for target in (Target(kind="ssh", address="web1"), Target(kind="vm", machine="other")):
        assert programs(target, {}) == f"what is on {target} is not known before it is reached"
