"""Where words go: the standard output, or a file that appears whole or not at all."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

from wordish.errors import ArticleError, UsageError


@contextmanager
def destination(output: str, *, where: str = "") -> Iterator[TextIO]:
    """Open the stream for a report; ``-`` is the standard output. ``where`` names it in an error.

    A file gets its name, and its old content goes, when the context is left without an exception;
    what is no regular file (a pipe, ``/dev/null``) is written to directly. Raises
    `wordish.errors.UsageError` at once when it cannot be written.
    """
    if output == "-":
        yield sys.stdout
        return
    path = Path(output).resolve()
    whole = path.is_file() or not path.exists()
    try:
        draft, stream = _draft(path) if whole else (path, path.open("w", encoding="utf-8"))
    except OSError as error:
        what = f"cannot be written: {error.strerror}"
        raise UsageError(
            what, where=where or f"--output {output}", hint="name a file in a folder of yours"
        ) from error
    try:
        with stream:
            yield stream
        if whole:
            draft.replace(path)
    finally:
        if whole:
            draft.unlink(missing_ok=True)


def overwrite(path: str, text: str, *, was: str) -> None:
    """Give a file another text, whole or not at all; owner and permissions stay, links are followed.

    Raises `wordish.errors.ArticleError` when the file no longer holds ``was``, or cannot be written.
    """
    real = Path(path).resolve()
    try:
        draft, stream = _draft(real)
        try:
            with stream:
                stream.write(text)
            with suppress(PermissionError):  # root updates what is another's
                os.chown(draft, real.stat().st_uid, real.stat().st_gid)
            if real.read_bytes() != was.encode():
                raise ArticleError("it changed meanwhile", where=path, hint="update it again")
            draft.replace(real)
        finally:
            draft.unlink(missing_ok=True)
    except OSError as error:
        raise ArticleError(f"cannot be written: {error.strerror}", where=path) from error


def _draft(path: Path) -> tuple[Path, TextIO]:
    """A new file beside ``path``, with the permissions that it has, or would have."""
    import tempfile  # most reports go to the standard output

    descriptor, name = tempfile.mkstemp(prefix=".wordish-", dir=path.parent)
    try:
        mask = os.umask(0o077)
        os.umask(mask)
        mode = path.stat().st_mode & 0o777 if path.exists() else 0o666 & ~mask
        os.fchmod(descriptor, mode)
    except BaseException:
        os.close(descriptor)
        Path(name).unlink()
        raise
    return Path(name), os.fdopen(descriptor, "w", encoding="utf-8")
