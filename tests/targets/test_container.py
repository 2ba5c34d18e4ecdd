"""What a container keeps from the machine, and what is said when there can be none."""

from __future__ import annotations

import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests import containers, hostile
from tests.conftest import Reach
from tests.playing import Play
from wordish import config, relay
from wordish.errors import ConfigError, MachineError, MissingToolError
from wordish.model import Containers, Target
from wordish.shell import Shell
from wordish.targets import Place, container

# What the relay in it, the two streams and the shell's end have to do with.
HOSTILE = (
    "builtins/everything-disabled", "commands/long-here-document", "descriptors/all-high-ones-closed",
    "endings/exec-in-the-middle", "endings/exit-in-the-middle", "endings/killed-in-the-middle", "jobs/daemon",
    "jobs/many", "options/xtrace-and-lost-prompt", "output/end-mark-on-stderr",
    "output/invalid-utf-8", "output/many-lines-on-both", "prompts/ps1-unset", "state/unset-everything",
    "stdin/eats-in-a-loop", "streams/interleaved", "terminal/stty-raw", "time/deaf-to-interruptions",
    "time/over-its-time", "traps/exit",
)  # fmt: skip
ARTICLES = [article for article in hostile.articles() if str(article) in HOSTILE]


@contextmanager
def reached(image: str, **how: object) -> Iterator[Place]:
    target = Target(kind="container", address=image, containers=Containers(**how))  # type: ignore[arg-type]
    with container.reach(target, machines={}, say=print) as place:
        yield place


@pytest.fixture
def place(reach: Reach) -> Place:
    return reach("container")


def says(shell: Shell, command: str) -> str:
    output = shell.run(command, timeout=20)
    return output.stdout if output.status == 0 else f"{output.status}: {output.stdout}{output.stderr}"


def wordish(*words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "wordish", *words]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, check=False)


@pytest.mark.parametrize("there", ARTICLES, ids=str)
def test_a_hostile_article_is_judged_right(there: hostile.Article, play_in_containers: Play) -> None:
    assert there.wrong(play_in_containers(there.document)()) == []


def test_all_of_these_articles_are_there() -> None:
    assert sorted(HOSTILE) == sorted(map(str, ARTICLES))


def test_the_ordinary_user_is_no_root(place: Place) -> None:
    user = place.shell("user")
    assert says(user, "id -un; echo $HOME; pwd; stat -c %U .") == "user\n/home/user\n/home/user\nuser"
    assert user.run("touch /etc/mine", timeout=20).status == 1
    assert says(user, "touch ~/mine") == ""
    assert says(place.shell("root"), "stat -c %U /home/user/mine; pwd") == "user\n/root"


def test_nothing_of_the_machine_is_in_it(place: Place, tmp_path: Path) -> None:
    root = place.shell("root")
    assert says(root, f"ls {tmp_path} 2> /dev/null || ls -A /home") == "user"
    assert says(root, "ls /sys/class/net") == "lo"
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert says(root, f"(: < /dev/tcp/127.0.0.1/{server.getsockname()[1]}) 2>&1").startswith("1: ")
    assert root.run("mount -t tmpfs some /mnt", timeout=20).status != 0
    assert root.run("echo 1 > /proc/sys/kernel/sysrq", timeout=20).status == 1


def test_proxies_of_the_caller_are_not_the_articles(monkeypatch: pytest.MonkeyPatch, image: str) -> None:
    monkeypatch.setenv("https_proxy", "http://me:s3cret@proxy:3128")
    with reached(image) as place:
        assert "s3cret" not in says(place.shell("root"), "env; cat /proc/1/environ | tr '\\0' '\\n'")


def test_the_images_own_variables_are_there(image: str, tmp_path: Path) -> None:
    name = f"localhost/{tmp_path.name.lower().strip('-_')}"
    variables = ("PATH=/opt/here/bin:/usr/bin:/bin", "COLOUR=green", "HOME=/nowhere")
    changes = [word for each in variables for word in ("--change", f"ENV {each}")]
    made = containers.podman("create", "--network", "none", image, "true").stdout.strip()
    try:
        containers.podman("commit", *changes, made, name)
    finally:
        containers.podman("rm", made)
    try:
        with reached(name) as place:
            for user in ("root", "user"):
                shell = place.shell("root" if user == "root" else "user")
                home = "/root" if user == "root" else "/home/user"
                assert says(shell, "echo $PATH $COLOUR $HOME") == f"/opt/here/bin:/usr/bin:/bin green {home}"
    finally:
        containers.podman("rmi", name)


def test_each_article_has_one_of_its_own_and_two_run_side_by_side(tmp_path: Path, image: str) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.md").write_text(
            "```console\n~# ls /made || touch /made\n~# ls /made\n/made\n```\n"
        )
    done = wordish("check", "-q", "-j2", "--on", f"container:{image}", "a.md", "b.md", cwd=tmp_path)
    assert (done.returncode, done.stdout[:20]) == (0, "2 articles: 2 passed"), done.stdout


def test_one_that_does_not_end_is_removed(image: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay, "_END_SECONDS", 0.0)  # podman takes longer than that
    with reached(image) as place:
        name = says(place.shell("root"), "hostname")
        assert containers.podman("ps", "--quiet", "--filter", f"id={name}").stdout == f"{name}\n"
    assert containers.podman("ps", "--all", "--quiet", "--filter", f"id={name}").stdout == ""


def test_an_article_names_its_image(tmp_path: Path, image: str) -> None:
    (tmp_path / "a.md").write_text(
        f"<!-- wordish: on=container:{image} -->\n```console\n~# id -un\nroot\n```\n"
    )
    done = wordish("check", "a.md", cwd=tmp_path)
    assert (done.returncode, f"(container:{image})" in done.stdout) == (0, True), done.stdout + done.stderr


def test_an_image_that_is_not_here_is_not_fetched(tmp_path: Path, image: str) -> None:
    (tmp_path / "a.md").write_text("```console\n~$ true\n```\n")
    done = wordish("check", "--on", "container:localhost/no-such:1.0", "a.md", cwd=tmp_path)
    assert (done.returncode, done.stdout.splitlines()[0]) == (
        2,
        "a.md: error: the image localhost/no-such:1.0 is not here: `podman pull localhost/no-such:1.0`, "
        "or `pull = true` in [tool.wordish.container]",
    )


@pytest.mark.usefixtures("image")
def test_an_image_that_cannot_be_fetched_is_told() -> None:
    said = "the image localhost:1/no-such cannot be fetched: .*: try `podman pull localhost:1/no-such`"
    with pytest.raises(MachineError, match=said), reached("localhost:1/no-such", pull=True):
        pass


@pytest.mark.parametrize(
    ("removed", "said"),
    [
        ("/usr/bin/perl*", "has no perl, which looks at what runs there: install perl-base"),
        ("/bin/bash /usr/bin/bash", "cannot be used: no bash: it takes bash, perl and /proc"),
    ],
)
def test_an_image_that_lacks_something_is_told(image: str, tmp_path: Path, removed: str, said: str) -> None:
    name = f"localhost/{tmp_path.name.lower().strip('-_[]')}"
    words = ("--network", "none", "--entrypoint", "sh", image, "-c", f"rm -f {removed}")
    containers.podman("run", "--name", tmp_path.name, *words)
    try:
        containers.podman("commit", tmp_path.name, name)
    finally:
        containers.podman("rm", tmp_path.name)
    try:
        with pytest.raises(MachineError, match=said), reached(name) as place:
            place.shell("user")
    finally:
        containers.podman("rmi", name)


def program(folder: Path, name: str, script: str) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


def test_without_a_program_that_runs_containers_the_command_that_installs_it_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingToolError, match=r"podman or docker.*: sudo apt-get install .* podman"):
        container.installed()
    with pytest.raises(MissingToolError, match=r"docker.*: sudo apt-get install .* docker\.io"):
        container.installed("docker")
    program(tmp_path, "docker", "true")
    assert container.installed() == "docker"
    program(tmp_path, "podman", "true")
    assert (container.installed(), container.installed("docker")) == ("podman", "docker")


def test_a_docker_that_does_not_run_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    complaint = "Cannot connect to the Docker daemon at unix:///var/run/docker.sock."
    program(tmp_path, "docker", f'[ "$*" = "${{*#*--http-proxy}}" ] && echo "{complaint}" >&2; exit 125')
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    said = "docker cannot run containers: Cannot connect to .*: try `docker info`"
    with pytest.raises(MachineError, match=said), reached("debian", program="docker"):
        pass


@pytest.mark.parametrize(
    "name", ["debian", "debian:12-slim", "localhost:5000/a/b:1", "quay.io/x/y_z", "a@sha256:" + "0" * 64]
)
def test_what_names_an_image(tmp_path: Path, name: str) -> None:
    (tmp_path / "a.md").write_text("```console\n~$ true\n```\n")
    done = wordish("lint", "--on", f"container:{name}", "a.md", cwd=tmp_path)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    "name", ["", "-v", "dir:/etc", "oci-archive:/tmp/x", "../x", "/etc", "a b", "a;b", "$(x)", "a:", "a/"]
)
def test_what_does_not(tmp_path: Path, name: str) -> None:
    (tmp_path / "a.md").write_text(f'<!-- wordish: on="container:{name}" -->\n```console\n~$ true\n```\n')
    for words in (["a.md"], ["--on", f"container:{name}", "a.md"]):
        done = wordish("check", *words, cwd=tmp_path)
        assert (done.returncode, done.stdout) == (2, "")
        assert "container:IMAGE" in done.stderr or "a.md:1: " in done.stderr


def parsed(text: str) -> Containers:
    return config.parse(f"[tool.wordish.container]\n{text}\n", source=Path("pyproject.toml")).containers


def test_the_configuration_chooses_the_program_and_the_network() -> None:
    assert parsed("") == Containers(program="", network=False, pull=False)
    assert parsed('program = "docker"\nnetwork = true\npull = true') == Containers(
        program="docker", network=True, pull=True
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            'program = "/tmp/evil"',
            r"2: tool\.wordish\.container\.program: no such value.*: say podman or docker",
        ),
        (
            'arguments = ["--volume=/:/host"]',
            r"2: .*\.arguments: unknown key: there are program, network, pull",
        ),
        ('network = "host"', r"2: .*\.network: expected true or false, got a string"),
    ],
)
def test_it_cannot_lead_out_of_the_container(text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        parsed(text)
