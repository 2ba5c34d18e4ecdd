"""A machine to log in to: this one, by an sshd of our own, with keys of our own, on the loopback."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

_SERVER = """\
ListenAddress 127.0.0.1
Port {port}
HostKey {folder}/host_key
PidFile none
AuthorizedKeysFile {keys}
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin yes
AcceptEnv LANG LC_* WORDISH_*
SetEnv TMPDIR={temporary}
"""
_CLIENT = """\
Host there
  HostName 127.0.0.1
  Port {port}
  User {user}
  IdentityFile {folder}/key
  IdentitiesOnly yes
  UserKnownHostsFile {folder}/known_hosts
  StrictHostKeyChecking yes
  SendEnv LANG LC_* WORDISH_*
Host *
  ControlMaster auto
  ControlPath ~/.ssh/%C
  ForwardAgent yes
"""


class Server(NamedTuple):
    """A server that runs. ``programs`` has an ``ssh`` that reads the user's configuration from ``folder``.

    ``temporary`` is TMPDIR for those who log in.
    """

    folder: Path
    port: int
    process: subprocess.Popen[bytes]
    temporary: Path

    @property
    def log(self) -> str:
        """What the server has said."""
        return (self.folder / "log").read_text()

    @property
    def programs(self) -> str:
        """What goes before PATH."""
        return str(self.folder / "bin")


@contextmanager
def server(
    folder: Path, *around: str, user: str = "root", keys: str = "", temporary: str = ""
) -> Iterator[Server]:
    """A server for the length of the block, started by the words ``around`` it; its files are in ``folder``.

    ``keys`` is where it finds the key of ``user``, when not there.
    """
    (folder / "tmp").mkdir()
    keys, temporary = keys or f"{folder}/key.pub", temporary or f"{folder}/tmp"
    for name in ("host_key", "key"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / name], check=True)
    Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)  # where sshd separates its privileges
    process, port = _started(folder, around, keys=keys, temporary=temporary)
    try:
        key = (folder / "host_key.pub").read_text()
        (folder / "known_hosts").write_text(f"[127.0.0.1]:{port} {key}")
        (folder / "config").write_text(_CLIENT.format(folder=folder, port=port, user=user))
        (folder / "bin").mkdir()
        program = folder / "bin" / "ssh"
        program.write_text(f'#!/bin/sh\nexec /usr/bin/ssh -F {folder}/config "$@"\n')
        program.chmod(0o755)
        yield Server(folder, port, process, Path(temporary))
    finally:
        process.terminate()
        process.wait()


def _started(folder: Path, around: tuple[str, ...], **places: str) -> tuple[subprocess.Popen[bytes], int]:
    for _ in range(10):
        with socket.create_server(("127.0.0.1", 0)) as found:
            port = found.getsockname()[1]
        (folder / "sshd_config").write_text(_SERVER.format(folder=folder, port=port, **places))
        with (folder / "log").open("wb") as log:
            command = [*around, "/usr/sbin/sshd", "-D", "-e", "-f", str(folder / "sshd_config")]
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=log)
        while process.poll() is None:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    return process, port
            time.sleep(0.02)
    raise AssertionError((folder / "log").read_text())  # somebody was quicker to take each port
