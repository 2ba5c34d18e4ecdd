"""Where wordish keeps what it can make again."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from wordish.errors import MachineError


def root() -> Path:
    """The cache directory: ``WORDISH_CACHE_DIR``, or the user's cache directory of this system.

    Absolute, whatever they say. Raises `MachineError` for a user who has no home directory.
    """
    named = os.environ.get("WORDISH_CACHE_DIR")
    if not named:
        import platformdirs

        with contextlib.suppress(RuntimeError):  # a user without home; older platformdirs: "~/..."
            named = platformdirs.user_cache_dir("wordish")
        if not named or named.startswith("~"):
            raise MachineError("there is no home directory to keep machines in", hint="set WORDISH_CACHE_DIR")
    return Path(named).absolute()
