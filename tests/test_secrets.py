"""What is secret is told nowhere: one article with a secret in every place, in every form of a report."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pexpect
import pytest

from wordish.redaction import HIDDEN

# The value, zq7'c\r$t-42, is made when the article runs: it stands in no file. Its quote, its dollar and its
# backslash are written in another way where bash repeats what was typed.
BEGUN = "zq7"
ARTICLE = r"""# Keys

<!-- wordish: sample="hunter2" secret -->

```console
~$ key="zq$((3 + 4))'c\\r\$t-42"; echo "your key: $key"
your key: hunter2
~$ echo "logged in with hunter2"
logged out with hunter2
~$ hunter2
~$ (echo "rejected $key" >&2; exit 3)
~$ printf '%0230d%s\n' 1 "$key"
0
~$ echo "$key" | tr -d '\n'; echo " is yours"
hunter2 is not yours
~$ sleep 0.01; (: hunter2; sleep 0.1) &
~$ wait
~$ read -p "Not $key? " answer
~$ cd /nowhere/hunter2
~$ echo 'unclosed "hunter2' >&2; echo "again $key"
```

<!-- wordish: cwd=hunter2 -->
```console
~$ pwd
```
"""
PASSING = r"""# Keys

<!-- wordish: sample="hunter2" secret -->

```console
~$ key="zq$((3 + 4))'c\\r\$t-42"; echo "your key: $key"
your key: hunter2
~$ echo "logged in with hunter2"
logged in with hunter2
~$ echo "an error of $key" >&2
```
"""
FORMS = ["terminal", "json", "junit", "html", "github", "tap"]


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "wordish", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "XDG_CACHE_HOME": str(folder / "cache")},
    )


@pytest.fixture(scope="module", params=["samples", "patterns"])
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an article of which most fails and one that passes, and what hides the secret in them."""
    folder = tmp_path_factory.mktemp("secrets")
    for name, article in (("keys", ARTICLE), ("passing", PASSING)):
        text = article
        if request.param == "patterns":
            lines = ["" if "secret" in line else line for line in article.split("\n")]
            text = "\n".join(line.replace("hunter2", "$key" if line[:1] in "~<" else "...") for line in lines)
            (folder / "pyproject.toml").write_text("[tool.wordish]\nredact = ['''z[q]7\\S*-42''']\n")
        (folder / f"{name}.md").write_text(text)
    return folder


def told(folder: Path, done: subprocess.CompletedProcess[str]) -> str:
    """All that was said and written, but for the articles."""
    files = [
        path for path in sorted(folder.rglob("*")) if path.is_file() and path.suffix not in (".md", ".toml")
    ]
    return "\n".join([done.stdout, done.stderr, *(path.read_text(errors="replace") for path in files)])


def test_nothing_that_a_check_tells_or_writes_holds_it(folder: Path) -> None:
    forms = [word for form in FORMS for word in ("--format", f"{form}=report.{form}")]
    done = run(
        folder, "check", "-v", "--keep-going", *forms, "--record", "--cast", "casts", "keys.md", "passing.md"
    )
    assert done.returncode == 1, done.stderr
    assert all((folder / f"report.{form}").exists() for form in FORMS)
    (cast,) = (folder / "casts").iterdir()
    assert f"an error of {HIDDEN}" in cast.read_text()
    everything = told(folder, done)
    assert BEGUN not in everything
    assert everything.count(HIDDEN) > 20


def test_no_progress_on_a_terminal_holds_it(folder: Path) -> None:
    said = pexpect.run(
        f"{sys.executable} -m wordish check -v --keep-going keys.md",
        cwd=str(folder),
        timeout=60,
        encoding="utf-8",
    )
    assert HIDDEN in said
    assert BEGUN not in said


def test_no_patch_of_an_update_holds_it_nor_its_mark(folder: Path) -> None:
    before = (folder / "keys.md").read_text()
    done = run(folder, "update", "--diff", "keys.md")
    assert "keys.md:8:" in done.stdout + done.stderr
    assert BEGUN not in told(folder, done)
    patch = [line for line in done.stdout.splitlines() if line.startswith("+")]
    assert HIDDEN not in "".join(patch)
    assert (folder / "keys.md").read_text() == before
