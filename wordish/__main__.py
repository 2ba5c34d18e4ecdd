"""The program: ``wordish``, ``python -m wordish``."""

from __future__ import annotations

import atexit
import os
import sys
from typing import NoReturn

from wordish.cli import main


def run() -> NoReturn:
    """Run one command and end the process with its exit status.

    All that a command has opened it has closed when `main` returns. That Python takes hundreds of modules
    apart after it is a tenth of a short check's time, so what it would do first is done, and the rest left to
    the kernel. Where somebody is still at work or looks on, or not all that was written has gone, Python's
    way is taken.
    """
    try:
        status = main()
    except SystemExit as leaving:  # of argparse, after help, a version or a wrong word
        status = int(leaving.code or 0)
    threads = sys.modules.get("threading")
    if not _is_watched() and (threads is None or threads.active_count() == 1):
        atexit._run_exitfuncs()
        try:
            for stream in (sys.stdout, sys.stderr):
                if stream is not None:
                    stream.flush()
        except (OSError, ValueError):
            raise SystemExit(status) from None
        os._exit(status)
    raise SystemExit(status)


def _is_watched() -> bool:
    """Whether a profiler, a debugger or ``python -i`` has something to say at the end."""
    monitoring = getattr(sys, "monitoring", None)  # since Python 3.12
    return bool(
        sys.getprofile()
        or sys.gettrace()
        or sys.flags.inspect
        or (monitoring and any(map(monitoring.get_tool, range(6))))
    )


if __name__ == "__main__":
    run()
