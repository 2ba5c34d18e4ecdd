"""Where wordish keeps what it can make again."""

from __future__ import annotations

from pathlib import Path

import pytest

from wordish import cachedir
from wordish.errors import MachineError


def test_the_cache_is_an_absolute_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WORDISH_CACHE_DIR", "cache")
    assert cachedir.root() == tmp_path / "cache"
    monkeypatch.delenv("WORDISH_CACHE_DIR")
    monkeypatch.setattr("platformdirs.user_cache_dir", lambda name: f"own/{name}")
    assert cachedir.root() == tmp_path / "own" / "wordish"
    monkeypatch.setattr("platformdirs.user_cache_dir", lambda name: f"~/.cache/{name}")
    with pytest.raises(MachineError, match=r"no home directory .*: set WORDISH_CACHE_DIR"):
        cachedir.root()

    def homeless(_: str) -> str:
        raise RuntimeError

    monkeypatch.setattr("platformdirs.user_cache_dir", homeless)
    with pytest.raises(MachineError, match=r"no home directory .*: set WORDISH_CACHE_DIR"):
        cachedir.root()
