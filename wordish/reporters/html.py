"""The run as one page that needs nothing else: no script, no font, no picture, no network.

Articles that went wrong come first and are open, and in them the steps that did. The page is well-formed
XML too, and its own policy forbids it to load or run anything.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

from wordish import __version__
from wordish.model import RED, Event, Planned, Transcript, Verdict
from wordish.reporters import words
from wordish.reporters.style import Line, Style, shortened, visible

_MOST = 20_000  # characters of an output that is as it should be
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
_SIGNS = {"passed": "✓", "failed": "✗", "error": "!", "interrupted": "!", "skipped": "-"}


@contextmanager
def report(stream: TextIO, *, style: Style, articles: int) -> Iterator[Callable[[Event], None]]:  # noqa: ARG001
    """Gather the transcripts, and write the page on leaving."""
    transcripts: list[Transcript] = []
    start = time.monotonic()
    took: float | None = None

    def hear(event: Event) -> None:
        nonlocal took
        if isinstance(event, Transcript):
            transcripts.append(event)
        elif isinstance(event, Planned):
            took = event.elapsed

    yield hear
    missing = articles - len(transcripts)
    elapsed = time.monotonic() - start if took is None else took
    page = "".join(_page(transcripts, elapsed=elapsed, missing=missing))
    # Characters as references: the page is the same whatever the stream's encoding.
    stream.write(page.encode("ascii", "xmlcharrefreplace").decode())


def _page(transcripts: list[Transcript], *, elapsed: float, missing: int) -> Iterator[str]:
    from importlib import resources  # 8 ms: only those who want a page pay

    look = resources.files("wordish.reporters").joinpath("page.css").read_text(encoding="utf-8")
    outcomes = Counter(words.outcome(transcript) for transcript in transcripts)
    steps = Counter[str]()
    for transcript in transcripts:
        steps.update(words.counts(transcript.verdicts))
    summary = words.text([words.summary(outcomes, steps, elapsed=elapsed, missing=missing)])
    yield (
        '<!DOCTYPE html>\n<html lang="en" xmlns="http://www.w3.org/1999/xhtml">\n<head>\n'
        '<meta charset="utf-8"/>\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}"/>\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1"/>\n'
        f"<title>wordish: {_escaped(_verdict(outcomes))}</title>\n<style>\n{look}</style>\n</head>\n<body>\n"
        f"<main>\n<h1>wordish</h1>\n<p>{_escaped(summary)}</p>\n"
    )
    for transcript in sorted(transcripts, key=lambda transcript: transcript.outcome not in RED):
        yield from _article(transcript)
    began = transcripts[0].started if transcripts else ""
    yield f"</main>\n<footer>wordish {_escaped(__version__)} {_escaped(began)}</footer>\n</body>\n</html>\n"


def _verdict(outcomes: Counter[str]) -> str:
    return ", ".join(f"{number} {word}" for word, number in sorted(outcomes.items())) or "no article"


def _article(transcript: Transcript) -> Iterator[str]:
    outcome = words.outcome(transcript)
    is_open = ' open="open"' if transcript.outcome in RED else ""
    line = words.text([words.article(transcript, words.counts(transcript.verdicts))])
    yield f'<details class="article {outcome}"{is_open}>\n'
    yield f"<summary><h2>{_sign(outcome)} {_escaped(line)}</h2></summary>\n"
    known = {"target": str(transcript.target), "started": transcript.started, **transcript.environment}
    known |= {f"package {name}": version for name, version in transcript.packages.items()}
    pairs = (f"<dt>{_escaped(name)}</dt><dd>{_escaped(value)}</dd>" for name, value in known.items() if value)
    yield f"<dl>{''.join(pairs)}</dl>\n"
    if reason := words.untold(transcript):
        yield f'<p class="error">{_sign("error")} {_escaped(reason)}</p>\n'
    yield "<ol>\n"
    for verdict in transcript.verdicts:
        yield from _step(verdict)
    yield "</ol>\n</details>\n"


def _step(verdict: Verdict) -> Iterator[str]:
    outcome = str(verdict.outcome)
    red = verdict.outcome in RED
    is_open = ' open="open"' if red else ""
    took = f", {words.duration(verdict.output.elapsed)}" if verdict.output else ""
    why = f": {verdict.reason}" if verdict.reason else ""
    yield f'<li class="{outcome}"><details{is_open}>\n'
    yield f"<summary>{_sign(outcome)} <code>{_escaped(words.text([words.first_line(verdict.step)]))}</code>\n"
    where = f"{verdict.step.path}:{verdict.step.line}"
    yield f"<small>{_escaped(f'{where} {outcome}{took}{why}')}</small></summary>\n"
    if red:
        told = "\n".join(map(_spans, words.failure(verdict)))
    else:
        printed = [verdict.output.stdout, verdict.output.stderr] if verdict.output else []
        shown = (shortened(text, _MOST) for text in printed if text)
        told = _escaped("\n".join([verdict.step.command, *shown]))
    yield f'<pre tabindex="0">{told}</pre>\n</details></li>\n'


def _spans(line: Line) -> str:
    return "".join(
        f'<span class="{style.replace(" ", "-")}">{_escaped(text)}</span>' if style else _escaped(text)
        for text, style in line
        if text
    )


def _sign(outcome: str) -> str:
    """The outcome as a sign for the eye; the words beside it are for everyone."""
    return f'<span class="sign {outcome}" aria-hidden="true">{_SIGNS[outcome]}</span>'


def _escaped(text: str) -> str:
    from html import escape

    return escape(visible(text))
