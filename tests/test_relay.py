"""The agent at the other end of a program, here of Perl itself."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from wordish import relay
from wordish.errors import MachineError

SECONDS = 20.0


def explained(said: str) -> MachineError:
    return MachineError(f"it said {said!r}")


def test_a_place_is_kept_and_says_what_it_is() -> None:
    with relay.reached(relay.command("keep"), explain=explained, timeout=SECONDS) as said:
        facts = relay.facts(said)
    assert facts.environment["kernel"] == os.uname().release
    assert (facts.uid, facts.folder) == (os.getuid(), "")


@pytest.mark.parametrize("said", ["", "Debian\n6.1\n", "Debian\n6.1\nroot\n/tmp/x"])
def test_what_are_no_facts_is_a_lost_machine(said: str) -> None:
    with pytest.raises(MachineError, match="talks nonsense"):
        relay.facts(said)


def test_a_shell_is_opened_and_ends_with_its_stream(tmp_path: Path) -> None:
    argv = relay.command("visit", str(tmp_path / "own"))
    with relay.opened(argv, explain=explained, timeout=SECONDS) as shell:
        output = shell.run("echo $PPID; pwd; sleep 1000 &", timeout=SECONDS)
        pid, home = output.stdout.splitlines()
        assert Path("/proc", pid).exists()
        assert home == str(tmp_path / "own/home")
    assert not Path("/proc", pid).exists()


def test_a_folder_that_is_somebody_elses_is_no_home(tmp_path: Path) -> None:
    (tmp_path / "own").symlink_to("/etc")
    argv = relay.command("visit", str(tmp_path / "own"))
    with (
        pytest.raises(MachineError, match=r"it said 'wordish: .*own cannot be made: File exists"),
        relay.opened(argv, explain=explained, timeout=SECONDS),
    ):
        pass


def test_a_program_that_ends_instead_is_explained() -> None:
    argv = ["sh", "-c", "echo one >&2; echo two >&2; exit 3"]
    with (
        pytest.raises(MachineError, match="it said 'one / two'"),
        relay.reached(argv, explain=explained, timeout=SECONDS),
    ):
        pass


def test_a_program_that_says_nothing_is_given_up() -> None:
    with (
        pytest.raises(MachineError, match="does not answer"),
        relay.reached(["sleep", "1000"], explain=explained, timeout=0.2),
    ):
        pass


DEAF = ["env", "--ignore-signal=TERM", "sleep", "1000"]


@pytest.mark.parametrize("argv", [["sleep", "1000"], DEAF], ids=["deaf to its end", "deaf to signals"])
def test_a_program_that_had_to_be_ended_is_cleared_up_after(
    argv: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay, "_END_SECONDS", 0.2)
    cleared = []
    with (
        pytest.raises(MachineError),
        relay.reached(argv, explain=explained, timeout=0.2, clear_up=lambda: cleared.append(True)),
    ):
        pass
    assert cleared == [True]


def test_a_program_that_ends_by_itself_is_not() -> None:
    cleared = []
    command = relay.command("keep")
    with relay.reached(command, explain=explained, timeout=SECONDS, clear_up=lambda: cleared.append(True)):
        pass
    assert cleared == []


def test_a_program_that_is_not_there_is_told() -> None:
    with (
        pytest.raises(MachineError, match="/no/such cannot be started: No such file"),
        relay.reached(["/no/such"], explain=explained, timeout=SECONDS),
    ):
        pass


@pytest.mark.parametrize("shell", ["sh", "bash", "dash"])
def test_the_command_survives_a_login_shell(shell: str) -> None:
    line = relay.quoted(relay.command("keep"))
    assert "!" not in line  # which csh would not leave alone
    with relay.reached([shell, "-c", f"exec {line}"], explain=explained, timeout=SECONDS) as said:
        assert relay.facts(said).uid == os.getuid()


def test_the_agent_refuses_with_a_line_of_its_own() -> None:
    assert relay.refusal("warning / wordish: no bash / more") == "no bash"
    assert relay.refusal("bash: no perl") == ""
    done = subprocess.run(
        [*relay.command("visit")], input=relay.program(), capture_output=True, env={"PATH": "/nowhere"},
        executable="/usr/bin/perl", check=False,
    )  # fmt: skip
    assert done.stderr.decode().startswith("wordish: nothing to begin with")
