"""Where a report goes: the standard output, or a file that appears whole or not at all."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from wordish.errors import UsageError


@contextmanager
def destination(output: str) -> Iterator[TextIO]:
    """Open the stream for a report; ``-`` is the standard output.

    A file gets its name, and its old content goes, when the context is left without an exception;
    what is no regular file (a pipe, ``/dev/null``) is written to directly. Raises
    `wordish.errors.UsageError` at once when it cannot be written.
    """
    if output == "-":
        yield sys.stdout
        return
    path = Path(output).resolve()
    whole = path.is_file() or not path.exists()
    draft = path.with_name(f".{path.name}.{os.getpid()}") if whole else path
    try:
        stream = draft.open("w", encoding="utf-8")
    except OSError as error:
        what = f"cannot be written: {error.strerror}"
        raise UsageError(what, where=f"--output {output}", hint="name a file in a folder of yours") from error
    try:
        with stream:
            yield stream
        if whole:
            draft.replace(path)
    finally:
        if whole:
            draft.unlink(missing_ok=True)
