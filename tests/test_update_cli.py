"""``wordish update`` and ``wordish export`` from outside: files, words and the exit status."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from wordish.cli import main
from wordish.destination import overwrite
from wordish.errors import ArticleError

STALE = "# Title\r\n\r\n```console\r\n~$ echo one\r\nold\r\n~$ echo two; echo three\r\n...\r\n```\r\nEnd"
FRESH = STALE.replace("old", "one")

Write = Callable[[str, str], Path]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    monkeypatch.chdir(tmp_path)

    def write(name: str, text: str) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
        return path

    return write


def test_an_update_mends_an_article_and_a_check_agrees(
    write: Write, capfd: pytest.CaptureFixture[str]
) -> None:
    path = write("a.md", STALE)
    path.chmod(0o640)
    assert main(["update", "a.md"]) == 0
    assert path.read_bytes() == FRESH.encode()
    assert path.stat().st_mode & 0o777 == 0o640
    assert capfd.readouterr() == ("a.md:4: updated: ~$ echo one\na.md: 1 updated\n", "")
    assert main(["check", "--quiet", "a.md"]) == 0
    before = path.stat()
    capfd.readouterr()
    assert main(["update", "a.md"]) == 0
    assert capfd.readouterr() == ("a.md: nothing to update\n", "")
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_what_no_terminal_shows_is_told_and_does_not_take_the_place_of_a_text(
    write: Write, capfd: pytest.CaptureFixture[str]
) -> None:
    text = "~$ printf 'a\\0b'\nold\n~$ head -c 20 /dev/zero; echo noise >&2\nwritten\n"
    path = write("a.console", text)
    assert main(["update", "a.console"]) == 1
    assert path.read_text() == text.replace("old", "ab")
    assert capfd.readouterr().out.splitlines() == [
        "a.console:1: updated: ~$ printf 'a\\0b'; NUL bytes, which a terminal does not show: 1",
        "a.console:3: left: nothing but NUL bytes is there: what the article shows is lost, or never was",
        "a.console: 1 updated, 1 left",
    ]


def test_what_is_left_wrong_is_told_and_fails(write: Write, capfd: pytest.CaptureFixture[str]) -> None:
    text = "~$ echo one\nold\n~$ false\n~$ echo two\nold\n"
    path = write("a.console", text)
    assert main(["update", "a.console"]) == 1
    assert path.read_text() == text.replace("old", "one", 1)
    assert capfd.readouterr().out.splitlines() == [
        "a.console:1: updated: ~$ echo one",
        "a.console:3: left: exit status 1, 0 expected",
        "a.console:4: left: the step at line 3 went wrong before it",
        "a.console: 1 updated, 2 left",
    ]


@pytest.mark.parametrize("name", ["a.md", "docs/a b.md", 'a"b\\c.md', "ü.md"])
def test_git_applies_the_patch(write: Write, capfd: pytest.CaptureFixture[str], name: str) -> None:
    path = write(name, STALE)
    assert main(["update", "--diff", str(path)]) == 0
    assert path.read_bytes() == STALE.encode()
    out, err = capfd.readouterr()
    assert err.endswith(": 1 updated\n")
    subprocess.run(["git", "apply", "-"], input=out.encode(), check=True)
    assert path.read_bytes() == FRESH.encode()


def test_several_articles_and_the_worst_of_them(write: Write, capfd: pytest.CaptureFixture[str]) -> None:
    write("docs/a.md", STALE)
    write("docs/b.md", "```console\n~$ exit 3\n~$ true\n```\n")
    assert main(["update", "docs"]) == 1
    out = capfd.readouterr().out
    assert "docs/a.md: 1 updated\n" in out
    assert "docs/b.md:2: left: exit status 3, 0 expected\n" in out


def test_an_article_that_changes_meanwhile_is_not_overwritten(
    write: Write, capfd: pytest.CaptureFixture[str]
) -> None:
    path = write("a.console", "")
    text = f"~$ echo '~$ true' >> '{path}'; echo x\n"
    write("a.console", text)
    assert main(["update", "a.console"]) == 2
    assert path.read_text() == f"{text}~$ true\n"
    assert capfd.readouterr().err == "a.console: it changed meanwhile: update it again\n"
    assert list(path.parent.iterdir()) == [path]


def test_a_link_is_followed(write: Write) -> None:
    path = write("docs/a.md", STALE)
    Path("link.md").symlink_to(path)
    assert main(["update", "link.md"]) == 0
    assert Path("link.md").is_symlink()
    assert path.read_bytes() == FRESH.encode()


def test_a_folder_that_cannot_be_written_to_is_told(tmp_path: Path) -> None:
    with pytest.raises(ArticleError, match="cannot be written"):
        overwrite(str(tmp_path / "nowhere" / "a.md"), "x", was="")


def test_an_article_with_an_error_is_not_run(write: Write, capfd: pytest.CaptureFixture[str]) -> None:
    write("a.md", "```console\n~$ echo 'open\n```\n")
    for command in (["update"], ["export"]):
        assert main([*command, "a.md"]) == 2
        out, err = capfd.readouterr()
        assert (out, err[:7]) == ("", "a.md:2:")


def test_an_export_goes_to_the_standard_output_or_to_a_file(
    write: Write, capfd: pytest.CaptureFixture[str]
) -> None:
    write("a.md", FRESH)
    assert main(["export", "--to", "transcript", "a.md"]) == 0
    assert capfd.readouterr() == ("~$ echo one\none\n~$ echo two; echo three\n...\n", "")
    assert main(["export", "a.md", "--output", "a.sh"]) == 0
    assert capfd.readouterr() == ("", "")
    ran = subprocess.run(["bash", "a.sh"], check=True, capture_output=True, text=True)
    assert ran.stdout == "one\ntwo\nthree\n"


def test_an_export_to_json_is_the_list_of_one(write: Write, capfd: pytest.CaptureFixture[str]) -> None:
    write("a.md", FRESH)
    assert main(["list", "--format", "json", "a.md"]) == 0
    listed = capfd.readouterr().out
    assert main(["export", "--to", "json", "a.md"]) == 0
    assert capfd.readouterr() == (listed, "")
    write("docs/b.md", FRESH)
    write("docs/c.md", FRESH)
    assert main(["export", "docs"]) == 2
    assert capfd.readouterr() == ("", "docs: holds 2 articles: export one at a time\n")


def test_nothing_to_export(write: Write, capfd: pytest.CaptureFixture[str]) -> None:
    write("a.md", "Prose.\n")
    assert main(["export", "a.md"]) == 2
    assert capfd.readouterr().err == (
        "a.md:1: no session found: a session starts with a prompt such as `~$ `\n"
    )
    assert main(["export", "b.md"]) == 2
    assert capfd.readouterr().err.startswith("b.md: ")


# Pinning


GUESSED = "# Title\n\nText.\n\n```console\n# apt-get update\n# vgs\n```\n"
PINNED = f"<!-- wordish: hash=root -->\n\n{GUESSED}"


@pytest.mark.parametrize("configured", ["", "hash = 'auto'"])
def test_pinning_writes_the_guesses_down_and_runs_nothing(
    write: Write, capfd: pytest.CaptureFixture[str], configured: str
) -> None:
    write("pyproject.toml", f"[tool.wordish]\n{configured}\n")
    path = write("a.md", GUESSED)
    path.chmod(0o640)
    assert main(["update", "--pin", "a.md"]) == 0
    assert (path.read_text(), path.stat().st_mode & 0o777) == (PINNED, 0o640)
    assert capfd.readouterr() == ("a.md:1: pinned: hash=root\na.md: 1 pinned\n", "")
    before = path.stat()
    assert main(["update", "--pin", "a.md"]) == 0
    assert capfd.readouterr() == ("a.md: nothing to pin\n", "")
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert main(["list", "a.md"]) == 0
    out, err = capfd.readouterr()
    assert ([line.split("# ")[1].strip() for line in out.splitlines()], err) == (
        ["apt-get update", "vgs"],
        "",
    )


def test_git_applies_the_patch_of_a_pin(write: Write, capfd: pytest.CaptureFixture[str]) -> None:
    path = write("a.md", GUESSED)
    assert main(["update", "--pin", "--diff", "a.md"]) == 0
    out, err = capfd.readouterr()
    assert (path.read_text(), err) == (GUESSED, "a.md:1: pinned: hash=root\na.md: 1 pinned\n")
    subprocess.run(["git", "apply", "-"], input=out.encode(), check=True)
    assert path.read_text() == PINNED


def test_what_cannot_be_pinned_is_told_and_fails(write: Write, capfd: pytest.CaptureFixture[str]) -> None:
    text = "Text.\n\n- ```console\n  # echo 'a\n  b'\n  ```\n\n```bash\n# a b\nx\n```\n"
    path = write("a.md", text)
    write("b.md", "```console\n# f () {\n```\n")
    assert main(["update", "--pin", "a.md", "b.md"]) == 1
    assert path.read_text() == text
    assert capfd.readouterr().out.splitlines() == [
        "a.md:4: left: it cannot be said here so that all is read as before: "
        'write "~# " before commands of root',
        "a.md: 1 left",
        "b.md:2: left: the command never ends: bash still waits for more",
        "b.md: 1 left",
    ]


def test_an_article_with_errors_is_not_pinned(write: Write, capfd: pytest.CaptureFixture[str]) -> None:
    path = write("a.md", f"{GUESSED}\n```\n$ echo '\n```\n")
    before = path.read_bytes()
    assert main(["update", "--pin", "a.md"]) == 2
    assert path.read_bytes() == before
    assert capfd.readouterr().err.startswith("a.md:11: the command never ends")


# Conventions


def test_what_a_literal_stands_for_holds_when_an_article_is_updated(write: Write) -> None:
    write("pyproject.toml", "[tool.wordish]\nprompts.user = ['db>']\nsubstitutions = {'<x>' = 'one'}\n")
    path = write("a.md", "```\ndb> echo <x>; echo two\n<x>\nold\n```\n")
    assert main(["update", "a.md"]) == 0
    assert path.read_text() == "```\ndb> echo <x>; echo two\n<x>\ntwo\n```\n"
    assert main(["check", "-q", "a.md"]) == 0


def test_an_export_is_of_what_runs(write: Write, capfd: pytest.CaptureFixture[str]) -> None:
    write("other.toml", "[tool.wordish.substitutions]\n'<x>' = 'one'\n")
    write("a.md", "```\n$ echo <x>\n$ echo <y>\n```\n")
    assert main(["export", "--config", "other.toml", "a.md"]) == 0
    out, err = capfd.readouterr()
    assert "\necho one\n" in out
    assert "skipped: not runnable: <y>\n#   echo <y>\n" in out
    assert err.startswith("a.md:3: warning: not runnable, and skipped: <y> stands for something else")
