"""The text of a file, told from what is no text."""

from __future__ import annotations

import stat
from pathlib import Path

from wordish.errors import ArticleError


def text_of(path: Path) -> str:
    """The text of a file; raises `ArticleError` when it cannot be opened, or is not text in UTF-8."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise ArticleError("not a file", where=str(path), hint="give articles or directories")
        data = path.read_bytes()
    except OSError as error:
        raise ArticleError(
            f"cannot be read: {error.strerror}", where=str(path), hint="check its path and permissions"
        ) from error
    if (at := data.find(0)) >= 0:
        line, what = data.count(10, 0, at) + 1, f"not a text: a NUL byte at offset {at}"
        raise ArticleError(what, where=str(path), line=line, hint="leave this file out")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(10, 0, error.start) + 1
        what = f"not UTF-8: byte 0x{data[error.start]:02x} at offset {error.start}"
        raise ArticleError(what, where=str(path), line=line, hint="save it as UTF-8") from error
