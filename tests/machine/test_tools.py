"""What is missing on this system, and the command that brings it."""

from __future__ import annotations

import os

import pytest

from wordish.machine import tools


def test_a_user_without_an_account_is_told_by_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "getuid", lambda: 4_000_000_000)
    monkeypatch.setattr(os, "geteuid", lambda: 4_000_000_000)
    assert tools.lacking_subordinates().startswith("user 4000000000 has no subordinate users in /etc/subuid")
    assert tools.add_subordinates_command().endswith(" 4000000000")
