"""Transcript -> a recording to play: asciicast v3, as asciinema and its player read it.

The commands and the outputs are those of the run. The outputs come as they stand on the terminal in the
end, after the time that the command really took, or `_LONGEST_WAIT` seconds; the commands are
typed at the pace of a person, which is always the same, so that two recordings of the same run
differ in nothing but times. The form: docs.asciinema.org/manual/asciicast/v3.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from wordish.destination import destination
from wordish.errors import UsageError
from wordish.model import Event, Outcome, Transcript, Verdict
from wordish.record import clean
from wordish.reporters.style import shortened, visible
from wordish.terminal import COLUMNS, ROWS
from wordish.verified import key_of

SUFFIX = ".cast"

_MOST = 50_000  # characters of an output that are played

# Seconds.
_BEFORE_TYPING = 0.6
_LETTER, _BETWEEN_WORDS = 0.05, 0.12
_LONGEST_TYPING = 4.0
_LONGEST_WAIT = 2.5
_READING, _LONGEST_READING = 0.25, 2.5  # a line, an output


def cast(transcript: Transcript, *, title: str = "") -> str:
    """The text of a recording of what the readers of the article see of its run: no hidden steps.

    Standard output comes before standard error where a command printed on both.
    """
    header = {
        "version": 3,
        "term": {"cols": COLUMNS, "rows": ROWS},
        "timestamp": int(datetime.fromisoformat(transcript.started).timestamp()),
        "title": clean(title or transcript.document.path),
    }
    lines: list[object] = [header]
    for verdict in transcript.verdicts:
        if verdict.output is not None and not verdict.step.options.hidden:
            lines += ([round(wait, 3), code, clean(text)] for wait, code, text in _step(verdict))
    lines.append([_BEFORE_TYPING, "x", "0"])
    return "".join(f"{json.dumps(line, ensure_ascii=False)}\n" for line in lines)


def path_of(article: str | Path, *, folder: Path, base: Path) -> Path:
    """Where below ``folder`` the recording of an article is: at its path from ``base``."""
    return folder / f"{key_of(article, base / 'here').replace('../', '__/')}{SUFFIX}"


def _step(verdict: Verdict) -> Iterator[tuple[float, str, str]]:
    """Waits in seconds, kinds of events (marker, output) and their texts."""
    assert verdict.output is not None
    command = visible(verdict.step.command)
    yield 0, "m", command.split("\n", 1)[0]
    yield 0, "o", f"{visible(verdict.step.prompt.rstrip())} "
    pace = [_BETWEEN_WORDS if letter in " \n" else _LETTER for letter in command]
    faster = min(1, _LONGEST_TYPING / (sum(pace) or 1))
    for number, (letter, wait) in enumerate(zip(command, pace, strict=True)):
        typed = "\r\n> " if letter == "\n" else letter
        yield wait * faster if number else _BEFORE_TYPING, "o", typed
    yield _BETWEEN_WORDS, "o", "\r\n"
    printed = [text for text in (verdict.output.stdout, verdict.output.stderr) if text]
    shown = visible(shortened("\n".join(printed), _MOST)).split("\n") if printed else []
    wait = min(verdict.output.elapsed, _LONGEST_WAIT)
    yield wait, "o", "".join(f"{line}\r\n" for line in shown)
    yield min(_READING * len(shown), _LONGEST_READING), "o", ""


@contextmanager
def casting(folder: Path, *, base: Path) -> Iterator[Callable[[Event], None]]:
    """Give what hears a run and writes, of each article that passed, a recording below ``folder``.

    It has the article's path from ``base``, and ``.cast`` behind it. A recording of an earlier run
    stays when the article does not pass. Raises `wordish.errors.UsageError` at once when there can be
    no such folder.
    """
    where = f"--cast {folder}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"no such folder can be made: {error.strerror}", where=where) from error

    def hear(event: Event) -> None:
        if not isinstance(event, Transcript) or event.outcome is not Outcome.PASSED:
            return
        title = key_of(event.document.path, base / "here")
        path = path_of(event.document.path, folder=folder, base=base)
        path.parent.mkdir(parents=True, exist_ok=True)
        with destination(str(path), where=where) as stream:
            stream.write(cast(event, title=title))

    yield hear
