"""What is installed: from a wheel, in an empty environment, by the words of the documentation."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import distributions
from pathlib import Path

import pytest
from msgspec import yaml

from tests.conftest import ROOT
from wordish.machine.tools import BUILDERS, QEMU

# What the packages that wordish needs need themselves.
FURTHER = {"mdurl", "ptyprocess", "pygments"}
DOORS = {"sphinx", "myst-parser", "pytest", "jinja2"}


def run(
    words: Sequence[str | Path], *, cwd: Path, env: Mapping[str, str] | None = None, status: int = 0
) -> str:
    done = subprocess.run(
        list(map(str, words)), cwd=cwd, env={**os.environ, **(env or {})},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == status, done.stdout
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    run([*pip, "wheel", "--no-deps", "--wheel-dir", folder, ROOT], cwd=folder)
    (made,) = folder.glob("*.whl")
    return made


class Environment:
    """What the steps of the action make: a virtual environment with nothing in it but what is installed."""

    def __init__(self, wheel: Path, folder: Path) -> None:
        self.wheel = wheel
        programs = folder / "wordish" / "bin"
        self.variables = {
            "PATH": f"{programs}:{Path(sys.executable).parent}:/usr/bin:/bin",
            "RUNNER_TEMP": str(folder),
            "GITHUB_ACTION_PATH": str(wheel),
        }
        self.python = programs / "python"

    def __call__(self, *words: str | Path, cwd: Path, status: int = 0) -> str:
        return run(words, cwd=cwd, env=self.variables, status=status)

    def action(self, name: str, cwd: Path, status: int = 0, **said: str) -> str:
        """Run a step of the action as a runner does; what is said stands for expressions."""
        (step,) = [step for step in ACTION["runs"]["steps"] if step["name"] == name]
        env = {
            key: said[value.strip("${ }").removeprefix("inputs.")]
            for key, value in step.get("env", {}).items()
        }
        script = cwd / "step.sh"
        script.write_text(step["run"])
        shell: list[str | Path] = ["bash", "--noprofile", "--norc", "-eo", "pipefail", script]
        return run(shell, cwd=cwd, env={**self.variables, **env}, status=status)

    def installed(self) -> set[str]:
        (packages,) = self.python.parent.parent.glob("lib/python*/site-packages")
        return {found.name.lower() for found in distributions(path=[str(packages)])} - {"pip", "setuptools"}


ACTION = yaml.decode((ROOT / "action.yml").read_bytes())
(HOOK,) = yaml.decode((ROOT / ".pre-commit-hooks.yaml").read_bytes())


@pytest.fixture(scope="module")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    made = Environment(wheel, tmp_path_factory.mktemp("environment"))
    made.action("Install wordish", cwd=made.python.parents[2])
    return made


def test_the_wheel_has_what_is_needed_and_nothing_of_the_tests(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert {Path(name).parts[0] for name in names} == {"wordish", f"{wheel.name.split('-py3')[0]}.dist-info"}
    ours = {path.relative_to(ROOT).as_posix() for path in (ROOT / "wordish").rglob("*") if path.is_file()}
    assert {name for name in names if name.startswith("wordish/")} == {
        name for name in ours if "__pycache__" not in name
    }
    assert not [name for name in names if name.endswith((".cast", ".pyc")) or "/test" in name]


def test_wordish_alone_brings_what_checking_needs(environment: Environment, tmp_path: Path) -> None:
    needs = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]
    declared = {re.split("[<>=]", each)[0] for each in needs}
    assert environment.installed() == declared | FURTHER | {"wordish"}
    assert not environment.installed() & DOORS
    page = ROOT / "docs/howto/markdown-folder.md"
    said = environment("wordish", "check", page, cwd=tmp_path)
    assert ": 1 passed; " in said.splitlines()[-1]


def test_a_stranger_follows_the_words_on_pytest(environment: Environment, tmp_path: Path) -> None:
    environment("pip", "install", "--quiet", f"{environment.wheel}[pytest]", cwd=tmp_path)
    assert "pytest" in environment.installed()
    said = environment("wordish", "check", ROOT / "docs/howto/pytest-project.md", cwd=tmp_path)
    assert ": 1 passed; " in said.splitlines()[-1]


ARTICLE = """\
# A greeting

```console
~$ echo hello
hello
```
"""


def test_one_letter_changed_fails_at_every_door_at_the_same_line(
    environment: Environment, tmp_path: Path
) -> None:
    (tmp_path / "docs").mkdir()
    article = tmp_path / "docs" / "a.md"
    (tmp_path / "pytest.ini").write_text("[pytest]\nwordish = true\n")
    summary = tmp_path / "summary.md"
    environment.variables["GITHUB_STEP_SUMMARY"] = str(summary)
    hook = HOOK["entry"].split()
    assert re.search(HOOK["files"], "docs/a.md")
    doors: dict[str, Callable[[int], str]] = {
        "check": lambda status: environment("wordish", "check", "docs", cwd=tmp_path, status=status),
        "pytest": lambda status: environment("python", "-m", "pytest", "docs", cwd=tmp_path, status=status),
        "hook": lambda status: environment(*hook, "docs/a.md", cwd=tmp_path, status=status),
        "action": lambda status: environment.action(
            "Check the articles", cwd=tmp_path, status=status, paths="docs", arguments="--record"
        ),
    }
    for letter, status in (("h", 0), ("j", 1)):
        article.write_text(ARTICLE.replace("\nhello", f"\n{letter}ello"))
        for name, door in doors.items():
            said = door(status)
            assert ("docs/a.md:4: failed: the output differs" in said) == bool(status), name
            assert ("::error file=docs/a.md,line=4," in said) == (bool(status) and name == "action")
    assert "docs/a.md:4: failed: the output differs" in summary.read_text()
    assert (tmp_path / "verified.json").exists()


def test_the_hook_is_content_with_what_has_no_session(environment: Environment, tmp_path: Path) -> None:
    (tmp_path / "prose.md").write_text("# Prose\n")
    assert environment(*HOOK["entry"].split(), "prose.md", cwd=tmp_path).startswith("0 articles: none")


def test_the_action_installs_what_doctor_asks_for() -> None:
    (step,) = [step for step in ACTION["runs"]["steps"] if step.get("if") == "inputs.machine == 'true'"]
    assert {tool.package for tool in (QEMU, *BUILDERS)} <= set(step["run"].split())
    assert set(ACTION["inputs"]) == {"paths", "arguments", "machine"}
