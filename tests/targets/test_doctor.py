"""What is told of the targets that are taken on request."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from wordish.machine.doctor import Finding
from wordish.targets import doctor


def found() -> dict[str, Finding]:
    return {finding.name: finding for finding in doctor.findings()}


def program(folder: Path, name: str, script: str) -> None:
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o755)


@pytest.fixture(autouse=True)
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the only programs that can be found."""
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def test_what_is_not_installed_is_told_with_the_command_that_installs_it() -> None:
    told = found()
    assert [name for name, finding in told.items() if not finding.found and name != "sandbox"] == [
        "container",
        "ssh",
    ]
    assert told["container"].install_hint == "sudo apt-get install --no-install-recommends podman"
    assert told["ssh"].install_hint == "sudo apt-get install --no-install-recommends openssh-client"
    assert not any(finding.needed for finding in told.values())


def test_what_is_there_is_told(programs: Path) -> None:
    program(programs, "docker", "exit 0")
    program(programs, "ssh", "exit 0")
    told = found()
    assert told["container"].found
    assert told["container"].detail == f"docker runs them ({programs}/docker)"
    assert told["ssh"].detail == f"reaches other machines ({programs}/ssh)"


def test_what_is_there_and_does_not_work_is_told(programs: Path) -> None:
    program(programs, "podman", "exit 125")
    told = found()["container"]
    assert (told.found, told.detail, told.install_hint) == (
        False,
        "podman is installed and does not work",
        "try `podman info`",
    )


@pytest.mark.skipif(os.geteuid() != 0, reason="of root")
def test_root_may_always_have_a_sandbox() -> None:
    assert found()["sandbox"].found
