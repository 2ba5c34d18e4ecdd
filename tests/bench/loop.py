"""The least that a dialogue with a shell on a terminal costs: type a line, wait for the prompt, and again.

``python -m tests.bench.loop SCRIPT`` types the lines of a script. Nothing is read from the output, nothing
compared: what remains is the kernel's, bash's and the start of Python.
"""

import os
import select
import subprocess
import sys
import tempfile
import termios
from pathlib import Path

MARK = b"the-prompt:"


def main() -> None:
    """Type every line and wait for the prompt after it."""
    (out, slave), (err, error) = _terminal(), _terminal()
    poll = select.poll()
    for master in (out, err):
        os.set_blocking(master, False)
        poll.register(master, select.POLLIN)
    with tempfile.NamedTemporaryFile("w") as start, Path(sys.argv[1]).open("rb") as script:
        start.write("PS1='the-prompt'\\: PS2=\n")
        start.flush()
        shell = subprocess.Popen(
            ["setsid", "--ctty", "bash", "--noprofile", "--noediting", "--rcfile", start.name, "-i"],
            stdin=slave, stdout=slave, stderr=error,
        )  # fmt: skip
        _wait(poll, out, err)
        for line in script:
            os.write(out, line)
            _wait(poll, out, err)
        shell.kill()
        shell.wait()


def _terminal() -> tuple[int, int]:
    master, slave = os.openpty()
    modes = termios.tcgetattr(slave)
    modes[1] &= ~termios.OPOST
    modes[3] &= ~termios.ECHO
    termios.tcsetattr(slave, termios.TCSANOW, modes)
    return master, slave


def _wait(poll: select.poll, out: int, err: int) -> None:
    heard = b""
    while MARK not in heard:
        if err in dict(poll.poll()):
            heard += os.read(err, 65536)
        _discard(out)


def _discard(out: int) -> None:
    try:
        while os.read(out, 65536):
            pass
    except BlockingIOError:
        pass


if __name__ == "__main__":
    main()
