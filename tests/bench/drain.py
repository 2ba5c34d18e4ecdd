"""Read all that a command prints on a terminal, and do nothing with it: the floor."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
import tty


def drain(command: str) -> int:
    """How many bytes the command printed."""
    ours, theirs = pty.openpty()
    tty.setraw(theirs)
    with subprocess.Popen(["bash", "-c", command], stdin=theirs, stdout=theirs, stderr=theirs):
        os.close(theirs)
        count = 0
        while data := _read(ours):
            count += len(data)
    return count


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 65_536)
    except OSError:  # a terminal whose other end is closed
        return b""


if __name__ == "__main__":
    drain(sys.argv[1])
