"""Words on a terminal: colours, and a line for each article under way that ticks while it runs."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

from rich.console import Console, Group
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from wordish.model import Began, Event, Planned, Running, Said, Transcript
from wordish.reporters import words
from wordish.reporters.style import Line, Style, visible

ECHO = 4
"""Columns left free, so that a terminal's echo of ^C does not start a new line below the display."""

STYLES = {
    "place": "bold",
    "passed": "green",
    "failed": "bold red",
    "error": "bold magenta",
    "interrupted": "bold magenta",
    "skipped": "yellow",
    "prompt": "cyan",
    "removed": "red",
    "added": "green",
    "removed word": "bold reverse red",
    "added word": "bold reverse green",
    "quiet": "dim",
}


@contextmanager
def writer(stream: TextIO, style: Style) -> Iterator[tuple[Callable[[Line], None], Callable[[Event], None]]]:
    """Give what writes a line, and what shows what is going on below the lines written."""
    console = Console(
        file=stream,
        color_system="auto" if style.live and style.color else "standard" if style.color else None,
        force_terminal=True,
        no_color=not style.color,
        highlight=False,
        markup=False,
        emoji=False,
    )
    under_way: dict[str, tuple[Line, float]] = {}

    def write(line: Line) -> None:
        console.print(_text(line), soft_wrap=True)

    def watch(event: Event) -> None:
        if isinstance(event, Transcript):
            under_way.pop(event.document.path, None)
        elif not isinstance(event, Planned) and (line := _status(event)):
            under_way[event.path] = (line, time.monotonic())

    def shown() -> Group:
        now, width = time.monotonic(), console.width - ECHO
        return Group(*(_row(line, now - since, spinner, width) for line, since in list(under_way.values())))

    spinner = Spinner("dots")
    if not style.live:
        yield write, watch
        return
    with Live(
        console=console,
        get_renderable=shown,
        transient=True,
        refresh_per_second=8,
        redirect_stdout=False,
        redirect_stderr=False,
    ):
        yield write, watch


def _status(event: Event) -> Line:
    """What is going on with an article since ``event``; nothing when it changes nothing."""
    match event:
        case Began(path=path, target=target):
            return [(visible(path), "place"), (f"  reaching {visible(str(target))}", "")]
        case Said(path=path, text=text):
            return [(visible(path), "place"), (f"  {visible(text)}", "quiet")]
        case Running(path=path, step=step, number=number, total=total):
            return [(visible(path), "place"), (f"  {number}/{total}  ", ""), *words.first_line(step)]
        case _:
            return []


def _row(line: Line, elapsed: float, spinner: Spinner, width: int) -> Table:
    """One line of the screen, never more: what does not fit is cut, the time never is."""
    row = Table.grid(padding=(0, 1))
    row.width = width
    row.add_column(width=1)
    row.add_column(ratio=1, no_wrap=True, overflow="ellipsis")
    row.add_column(justify="right", no_wrap=True)
    row.add_row(spinner, _text(line), Text(f"{int(elapsed)} s", style="dim"))
    return row


def _text(line: Line) -> Text:
    return Text.assemble(*((text, STYLES.get(name, "")) for text, name in line))
