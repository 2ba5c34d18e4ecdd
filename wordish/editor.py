"""A text in the user's own editor."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from wordish.errors import UsageError

# What Debian's alternatives lead to, and what is there when they are not (editor(1), sensible-editor(1)).
_USUAL = ("sensible-editor", "editor", "nano", "vi")
_MARK = "# ------------------------ >8 ------------------------"


def edit(text: str, *, notes: str) -> str:
    """The text as the user leaves it; ``notes`` stand below a line that ends it.

    Raises `wordish.errors.UsageError` when there is no editor, or it ends with another status than 0.
    """
    program = _program()
    with tempfile.TemporaryDirectory(prefix="wordish-") as folder:
        path = Path(folder, "output.txt")
        remarks = "".join(f"# {line}".rstrip() + "\n" for line in notes.split("\n"))
        path.write_text(f"{text}{_MARK}\n{remarks}", encoding="utf-8")
        status = _wait(program, path)
        if status:
            raise UsageError(
                f"the editor ended with status {status}", where=program, hint="set VISUAL or EDITOR"
            )
        return path.read_bytes().decode(errors="replace").replace("\r\n", "\n").partition(_MARK)[0]


def _program() -> str:
    named = os.environ.get("VISUAL") or os.environ.get("EDITOR")
    found = named or next(filter(shutil.which, _USUAL), "")
    if not found:
        raise UsageError("no editor", where="e", hint="set VISUAL or EDITOR")
    return found


def _wait(program: str, path: Path) -> int:
    """Run the editor, of whose words the shell makes what it makes of them elsewhere; its status.

    ^C is the editor's business meanwhile. Where our output goes into a file, it gets the terminal of stderr.
    """
    out = None if sys.stdout.isatty() or not sys.stderr.isatty() else sys.stderr
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        process = subprocess.Popen(
            ["sh", "-c", f'{program} "$@"', program, path],
            stdout=out,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
        return process.wait()
    finally:
        signal.signal(signal.SIGINT, before)
