"""What an article, and the configuration beside it, cannot do. The page on safety names these tests."""

from __future__ import annotations

import os
import pty
import re
import select
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.conftest import ROOT, Reach
from wordish import config
from wordish.errors import ConfigError
from wordish.machine import image
from wordish.model import Machine
from wordish.shell import Shell

PAGE = ROOT / "docs" / "explanation" / "safety.md"


def wordish(*words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "wordish", *words],
        cwd=cwd, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip


def says(shell: Shell, command: str) -> str:
    output = shell.run(command, timeout=20)
    assert output.status == 0, output
    return output.stdout


def test_every_test_that_the_page_names_is_there() -> None:
    named = set(re.findall(r"`(test_\w+)`", PAGE.read_text(encoding="utf-8")))
    assert len(named) > 20
    sources = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    assert [name for name in sorted(named) if f"def {name}(" not in sources] == []


# The host.


def test_the_host_gives_an_allow_list_of_variables(reach: Reach, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SSH_AUTH_SOCK", "AWS_SECRET_ACCESS_KEY", "GITHUB_TOKEN", "BASH_ENV", "ENV", "PS1"):
        monkeypatch.setenv(name, "/nowhere")
    monkeypatch.setenv("BASH_FUNC_ls%%", "() { echo fooled; }")
    names = says(reach("host").shell("user"), "env | cut -d = -f 1 | sort | tr '\n' ' '")
    known = "GIT_PAGER HOME LANG LOGNAME PAGER PATH PWD SHELL SHLVL SYSTEMD_PAGER TERM TMPDIR USER _"
    assert names.split() == known.split()


def test_no_cores_are_dumped(reach: Reach) -> None:
    shell = reach("host").shell("user")
    assert says(shell, "ulimit -c; grep core /proc/self/limits | cut -c 26-36").split() == ["0", "1"]
    output = shell.run("sh -c 'kill -SEGV $$'; ls", timeout=20)
    assert "core" not in output.stdout + output.stderr


def test_an_article_cannot_type_into_your_terminal(tmp_path: Path) -> None:
    tiocsti = """perl -e 'open my $t, "<", "/dev/tty"; ioctl $t, 0x5412, $_ for split //, "typed\\n"' """
    (tmp_path / "a.md").write_text(f"```console\n~$ {tiocsti}  # wordish: ignore\n```\n")
    done, shown = on_a_terminal("check", "a.md", cwd=tmp_path, then='read -t 0.2 typed; echo "got:$typed:"')
    assert (done, "got::" in shown) == (0, True), shown


def test_root_on_the_host_has_to_be_allowed_by_name(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("<!-- wordish: on=host -->\n```console\n~# touch made\n```\n")
    (tmp_path / "pyproject.toml").write_text("[tool.wordish.options]\non = 'host'\n")
    for words in (["a.md"], ["--on", "host", "a.md"], ["--as-root", "a.md"]):
        assert wordish("check", *words, cwd=tmp_path).returncode == 2
    assert not (tmp_path / "made").exists()


# The virtual machine.


@pytest.mark.vm
def test_a_guest_has_nothing_of_the_host(reach: Reach, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORDISH_TEST_SECRET", "s3cret")
    shell = reach("vm").shell("root")
    assert says(shell, "ls /sys/class/net") == "lo"
    assert says(shell, "ls /sys/block | grep -v loop; cat /sys/block/vda/ro") == "vda\n1"
    assert shell.run("dd if=/dev/zero of=/dev/vda count=1", timeout=20).status == 1
    assert says(shell, "grep -c -e 9p -e virtiofs /proc/mounts || true") == "0"
    assert says(shell, "echo /dev/virtio-ports/*").count("/dev/") == 2
    told = says(shell, "cat /proc/cmdline /proc/mounts; dmesg; env; ls -R /sys/firmware/qemu_fw_cfg || :")
    for secret in ("s3cret", str(Path.home()) + "/", str(ROOT)):
        assert secret not in told


def qemu() -> Path:
    """The /proc directory of the machine that this process runs."""
    for task in Path("/proc/self/task").iterdir():
        for pid in (task / "children").read_text().split():
            if b"qemu-system" in Path("/proc", pid, "cmdline").read_bytes():
                return Path("/proc", pid)
    raise AssertionError("no machine runs")


@pytest.mark.vm
def test_qemu_gets_two_variables_and_no_descriptor_but_its_own(
    reach: Reach, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SSH_AUTH_SOCK", "/nowhere")
    with (tmp_path / "s3cret").open("w") as open_file, socket.socket() as connection:
        os.set_inheritable(open_file.fileno(), True)
        os.set_inheritable(connection.fileno(), True)
        reach("vm").shell("user")
        variables = (qemu() / "environ").read_bytes().split(b"\0")
        assert {each.partition(b"=")[0] for each in variables if each} == {b"PATH", b"LANG"}
        inherited = [str(each.readlink()) for each in (qemu() / "fd").iterdir()]
        assert f"socket:[{os.fstat(connection.fileno()).st_ino}]" not in inherited
    files = [name for name in inherited if name.startswith("/") and not name.startswith("/dev/")]
    known = re.compile(r"/(root\.sqfs|state|memory|ramdisk)$|/(#\d+|wordish-console-\w+) \(deleted\)$")
    assert [name for name in files if not known.search(name)] == []


@pytest.mark.vm
def test_qemu_is_confined(reach: Reach) -> None:
    reach("vm").shell("user")
    told = (line.partition(":\t") for line in (qemu() / "status").read_text().splitlines())
    status = {name: value for name, _, value in told}
    assert status["Seccomp"] == "2"  # a filter (proc(5))
    assert status["NoNewPrivs"] == "1"
    assert status["Uid"].split() == [str(os.getuid())] * 4
    assert os.getsid(int(qemu().name)) != os.getsid(0)


def test_a_build_gets_an_allow_list_of_variables(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, machines: Mapping[str, Machine]
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "s3cret")
    monkeypatch.setenv("https_proxy", "http://proxy:3128")
    seen: list[Mapping[str, str]] = []

    def run(*_: object, env: Mapping[str, str], **__: object) -> None:
        seen.append(env)
        raise KeyboardInterrupt

    monkeypatch.setattr(image, "_run", run)
    with pytest.raises(KeyboardInterrupt):
        image._make(machines["bookworm"], tmp_path, say=print)
    assert set(seen[0]) - {"SOURCE_DATE_EPOCH", "http_proxy", "no_proxy"} == {"PATH", "TMPDIR", "https_proxy"}


# The configuration.


@pytest.mark.parametrize(
    "table",
    [
        "[tool.wordish]\nshell = '/tmp/evil'",
        "[tool.wordish]\nqemu = 'evil'",
        "[tool.wordish.machines.x]\nhook = 'touch made'",
        "[tool.wordish.machines.x]\nnetwork = 'yes'",
        "[tool.wordish.options]\nstartup = 'touch made'",
        "[tool.wordish.targets.evil]\ncommand = 'touch made'",
        "[tool.wordish]\non = 'host'\nas-root = true",
        "[tool.wordish.options]\non = 'host'\nas-root = true",
    ],
)
def test_nothing_runs_under_a_configuration_that_is_not_understood(tmp_path: Path, table: str) -> None:
    (tmp_path / "a.md").write_text(f"```console\n~$ touch {tmp_path}/made\n```\n")
    (tmp_path / "pyproject.toml").write_text(f"{table}\n")
    done = wordish("check", "a.md", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("pyproject.toml:")
    assert not (tmp_path / "made").exists()


NO_NAMES = ("../x", "/etc", "--hook=x", "-x", "a b", "a,b", "a\\n", "a;b", "$(x)", "x-", "~x", "?x", "")


@pytest.mark.parametrize("value", NO_NAMES)
@pytest.mark.parametrize(
    "table",
    [
        "[tool.wordish.machines.x]\nsuite = {}",
        "[tool.wordish.machines.x]\npackages = [{}]",
        "[tool.wordish.machines.{}]",
    ],
)
def test_names_in_a_configuration_are_names(tmp_path: Path, table: str, value: str) -> None:
    with pytest.raises(ConfigError, match=r"pyproject\.toml[:0-9]*: .* (name|empty)"):
        config.parse("\n" + table.format(f'"{value}"') + "\n", source=tmp_path / "pyproject.toml")


@pytest.mark.parametrize("mirror", ["http://a/ [trusted=yes] x", "copy:/etc", "http://a b", "http://a\\nb"])
def test_a_mirror_is_one_url(tmp_path: Path, mirror: str) -> None:
    with pytest.raises(ConfigError, match="not a mirror"):
        config.parse(f'[tool.wordish.machines.x]\nmirror = "{mirror}"\n', source=tmp_path / "pyproject.toml")


@pytest.mark.parametrize("record", ["../made.json", "/tmp/made.json", "link.json", "folder/../../made.json"])
def test_the_record_stays_in_its_folder(tmp_path: Path, record: str) -> None:
    tree = tmp_path / "tree"
    tree.mkdir()
    (tree / "a.md").write_text("```console\n~$ true\n```\n")
    (tree / "link.json").symlink_to(tmp_path / "made.json")
    (tree / "pyproject.toml").write_text(f"[tool.wordish]\nrecord = '{record}'\n")
    done = wordish("check", "--record", "a.md", cwd=tree)
    assert (done.returncode, done.stdout) == (2, "")
    assert "tool.wordish.record: leads out of the folder" in done.stderr
    assert not (tmp_path / "made.json").exists()


# The terminal.

# A title, the clipboard, a link, another screen, an introducer of one byte, writing that turns round, a
# line written over, a bell, and a question that the terminal would answer by typing.
EVIL = (
    "\x1b]0;title\x07 \x1b]52;c;ZXZpbA==\x07 \x1b]8;;http://evil\x1b\\ \x1b[?1049h \x9b31m "
    "\u202egpj\u202c \rover \x07 \x1b[6n"
)

# What wordish itself says to a terminal: colours, and where its live lines are.
OURS = re.compile(r"\x1b\[[\d;]*[mAK]|\x1b\[\?25[lh]|\r(?=\n|\r|\x1b\[|$)")


def on_a_terminal(*words: str, cwd: Path, then: str = ":") -> tuple[int, str]:
    """Run wordish, and another command after it, on a terminal of its own: status, all that it shows."""
    pid, master = pty.fork()
    if pid == 0:
        os.chdir(cwd)
        os.environ["TERM"] = "xterm-256color"
        script = f'"$@"; status=$?; {then}; exit $status'
        os.execv("/bin/bash", ["bash", "-c", script, "bash", sys.executable, "-m", "wordish", *words])
    shown = b""
    while select.select([master], [], [], 60)[0]:
        try:
            shown += os.read(master, 65536)
        except OSError:
            break
    os.close(master)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), shown.decode()


@pytest.mark.parametrize(
    "words",
    [
        "check -v", "list", "lint", "export", "export --to transcript", "update --diff",
        "check --format github", "check --format tap", "check --format json",
    ],
)  # fmt: skip
def test_a_terminal_is_told_nothing_by_an_article(tmp_path: Path, words: str) -> None:
    quoted = EVIL.replace("\x1b", "\\033").replace("\x07", "\\a").replace("\r", "\\r")
    (tmp_path / "evil.md").write_text(
        f"# {EVIL}\n\n```console\n"
        f"~$ echo '\u202eevil\u2066'; printf '%b\\n' '{quoted}' >&2; printf '\\u202ex'\n"
        f"shown \u202e\n~$ \u200efalse\n```\n"
    )
    status, shown = on_a_terminal(*words.split(), "evil.md", cwd=tmp_path)
    assert status in (0, 1, 2), shown
    left = OURS.sub("", shown)
    foreign = [each for each in left if (each < " " and each not in "\n\t") or "\x7f" <= each <= "\x9f"]
    assert foreign + re.findall("[\u200e\u202a-\u202e\u2066-\u2069]", left) == [], left
