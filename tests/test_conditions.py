from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from wordish.conditions import TARGETS, Condition, need, needed, parse, question
from wordish.targets import TARGETS as KINDS


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        ("root", Condition(kind="root", name="root")),
        ("not kvm", Condition(kind="kvm", name="kvm", negated=True)),
        ("host", Condition(kind="target", name="host")),
        ("not vm", Condition(kind="target", name="vm", negated=True)),
        ("not command:lvm", Condition(kind="command", name="lvm", negated=True)),
        ("kernel:dm-snapshot", Condition(kind="kernel", name="dm-snapshot")),
        ("/dev/loop0", Condition(kind="path", name="/dev/loop0")),
        ("debian", Condition(kind="distribution", name="debian")),
        (
            " not  ubuntu >= 24.04 ",
            Condition(kind="distribution", name="ubuntu", negated=True, operator=">=", version="24.04"),
        ),
        ("distribution:arch<3", Condition(kind="distribution", name="arch", operator="<", version="3")),
    ],
)
def test_conditions(text: str, condition: Condition) -> None:
    assert parse(text) == condition


@pytest.mark.parametrize(
    "reason",
    ["needs a printer", "why", "later", "broken", "on Sundays", "not supported yet", "vm only", "x is y", ""],
)
def test_reasons_are_no_conditions(reason: str) -> None:
    assert parse(reason) is None


@pytest.mark.parametrize(
    ("text", "guess"),
    [
        ("not kmv", " (did you mean kvm?)"),
        ("kmv", " (did you mean kvm?)"),
        ("no root", " (did you mean root?)"),
        ("if host", " (did you mean host?)"),
        ("debain", " (did you mean debian?)"),
        ("not moon", ""),
        ("not command:", ""),
        ("not command: lvm", ""),
        ("target == vm", ""),
        ("debian=12", " (did you mean debian?)"),
        ("debian>=", " (did you mean debian?)"),
        ("vm>=12", ""),
    ],
)
def test_what_is_almost_a_condition_is_refused(text: str, guess: str) -> None:
    """Taken for a reason, it would hold on every machine, and nobody would notice."""
    with pytest.raises(ValueError, match="no such condition") as raised:
        parse(text)
    assert str(raised.value).startswith(f"no such condition{guess}: conditions are [not] root")


def test_every_target_there_is_can_be_named() -> None:
    assert set(KINDS) <= set(TARGETS)


def test_the_words_of_needs() -> None:
    assert needed("lvm  kernel:dm_snapshot /dev/kvm g++") == ("lvm", "kernel:dm_snapshot", "/dev/kvm", "g++")
    assert need("root") == Condition(kind="command", name="root")
    assert need("kernel:ext4") == Condition(kind="kernel", name="ext4")
    assert need("/dev/kvm").kind == "path"


@pytest.mark.parametrize("text", ["", " ", "lvm, vgs", "not lvm", "lvm and vgs", "kernel:", "a;b", "$x"])
def test_what_needs_cannot_be(text: str) -> None:
    with pytest.raises(ValueError, match="kernel:NAME or /PATH"):
        needed(text)


DEBIAN = 'ID=debian\nVERSION_ID="12"\n'
UBUNTU = "NAME='Ubuntu'\nID=ubuntu\nID_LIKE=debian\nVERSION_ID=24.04\n"
ROLLING = "ID=arch\n"


@pytest.mark.parametrize(
    ("release", "yes", "no"),
    [
        (
            DEBIAN,
            ["debian", "debian>=12", "debian>11", "debian<=12", "debian<12.1", "debian==12", "debian>=9.1"],
            ["ubuntu", "debian>12", "debian<12", "debian>=13", "debian==1", "fedora"],
        ),
        (
            UBUNTU,
            ["ubuntu", "debian", "ubuntu==24", "ubuntu==24.04", "ubuntu>22.10", "ubuntu<24.10"],
            ["debian>=12", "debian<30", "ubuntu==24.1", "ubuntu>24.04"],
        ),
        (ROLLING, ["arch"], ["arch>=1", "arch<1", "arch==1"]),
        ("", [], ["debian", "debian<99"]),
    ],
)
def test_distributions(release: str, yes: list[str], no: list[str], tmp_path: Path) -> None:
    file = tmp_path / "os-release"
    file.write_text(release)
    for text in (*yes, *no):
        condition = parse(text)
        assert condition
        script = question(condition).replace("/etc/os-release", str(file))
        done = subprocess.run(["bash", "-uc", f"if {{ {script}; }} 2>&1; then echo yes; fi"], check=True,
                              capture_output=True, text=True)  # fmt: skip
        assert (done.stdout == "yes\n") == (text in yes), (text, done.stdout)


@pytest.mark.parametrize(
    ("word", "holds"),
    [
        ("bash", True),
        ("no-such-command", False),
        ("/dev/null", True),
        ("/no/such/file", False),
        ("kernel:proc", True),
        ("kernel:no_such_module", False),
    ],
)
def test_needs_are_asked_of_bash(word: str, holds: bool) -> None:
    done = subprocess.run(["bash", "-c", question(need(word))], check=False, capture_output=True)
    assert (done.returncode == 0) is holds
