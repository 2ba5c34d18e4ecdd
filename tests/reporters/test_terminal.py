"""What a person reads: plain, in colours, and live."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable

import pytest

from wordish.model import (
    Began,
    Document,
    Event,
    Expectation,
    Judged,
    Options,
    Outcome,
    Output,
    Running,
    Said,
    Step,
    Target,
    Transcript,
    Verdict,
)
from wordish.reporters import terminal
from wordish.reporters.style import PROGRESS, Style, visible
from wordish.reporters.words import duration

HOST = Target(kind="host")
DIFF = "--- shown (a.rst:5)\n+++ printed\n@@ -5 +1 @@\n-the red fox\n+the brown fox\n"


def step(line: int, command: str = "ls", **said: str | bool) -> Step:
    return Step(
        path="a.rst",
        line=line,
        end_line=line,
        prompt="~$",
        user="user",
        command=command,
        expectation=Expectation(),
        options=Options(**said),  # type: ignore[arg-type]
    )


def verdict(
    line: int, outcome: Outcome, output: Output | None = None, command: str = "ls", **said: str
) -> Verdict:
    return Verdict(step=step(line, command), outcome=outcome, output=output, **said)


def transcript(*verdicts: Verdict, error: str = "", interrupted: bool = False) -> Transcript:
    document = Document(path="a.rst", text="", steps=tuple(one.step for one in verdicts))
    return Transcript(
        document=document, target=HOST, verdicts=verdicts, elapsed=1.5, error=error, interrupted=interrupted
    )


PASSED = verdict(1, Outcome.PASSED, Output(elapsed=0.25))
FAILED = verdict(
    3,
    Outcome.FAILED,
    Output(stdout="the brown fox", stderr="careful\nvery careful", status=5, elapsed=0.5),
    command="fox \\\n  --jump",
    reason="exit status 5, 0 expected; the output differs",
    diff=DIFF,
)
UNREACHED = verdict(7, Outcome.SKIPPED, reason="after line 3")


def said(events: Iterable[Event], style: Style = Style(), articles: int = 1) -> str:  # noqa: B008 - frozen
    stream = io.StringIO()
    with terminal.report(stream, style=style, articles=articles) as hear:
        for event in events:
            hear(event)
    return re.sub(r"[\d.]+ s\n$", "N s\n", stream.getvalue())


def test_a_passed_article_is_one_line_and_a_summary() -> None:
    assert said([transcript(PASSED, PASSED)]) == (
        "a.rst: 2 passed in 1.50 s (host)\n1 article: 1 passed; 2 steps: 2 passed; N s\n"
    )


def test_where_an_article_was_resumed_is_told() -> None:
    assert said([transcript(PASSED, PASSED)._replace(resumed="line 3")]).startswith(
        "a.rst: 2 passed in 1.50 s (host), resumed at line 3\n"
    )


def test_what_no_terminal_shows_is_told_with_a_failure() -> None:
    wrong = FAILED._replace(output=Output(nuls=20, status=0, elapsed=0.5))
    told = "    exit status 0, after 0.50 s; NUL bytes, which a terminal does not show: 20\n"
    assert told in said([transcript(wrong)])
    assert "NUL" not in said([transcript(PASSED._replace(output=Output(nuls=20)))])


def test_a_failure_says_all_that_is_needed_to_mend_the_article() -> None:
    assert said([transcript(PASSED, FAILED, UNREACHED)]) == (
        "a.rst:3: failed: exit status 5, 0 expected; the output differs\n"
        "    ~$ fox \\\n"
        "         --jump\n"
        "    --- shown (a.rst:5)\n"
        "    +++ printed\n"
        "    @@ -5 +1 @@\n"
        "    -the red fox\n"
        "    +the brown fox\n"
        "    exit status 5, after 0.50 s\n"
        "    on stderr:\n"
        "      careful\n"
        "      very careful\n"
        "a.rst: 1 failed, 1 passed, 1 not reached in 1.50 s (host)\n"
        "1 article: 1 failed; 3 steps: 1 failed, 1 passed, 1 not reached; N s\n"
    )


def test_only_the_tail_of_a_long_stderr_is_shown() -> None:
    long = verdict(3, Outcome.FAILED, Output(stderr="\n".join(f"line {n}" for n in range(30)), status=1))
    words = said([transcript(long)])
    assert "(20 lines before)\n      line 20\n" in words
    assert "line 19\n" not in words


def test_stderr_that_the_difference_shows_is_not_repeated() -> None:
    one = verdict(
        3, Outcome.FAILED, Output(stderr="oops", status=1), diff="--- a\n+++ b\n@@ -1 +1 @@\n-x\n+oops\n"
    )
    assert "on stderr" not in said([transcript(one)])


def test_a_step_that_never_ended_has_no_status() -> None:
    one = verdict(3, Outcome.FAILED, Output(status=None, elapsed=2), reason="timed out after 2 s")
    words = said([transcript(one)])
    assert "a.rst:3: failed: timed out after 2 s\n" in words
    assert "no exit status, after 2.00 s\n" in words


def test_a_broken_machine_is_told_once() -> None:
    early = said([transcript(UNREACHED, error="no QEMU: apt-get install qemu-system-x86")])
    assert early.startswith(
        "a.rst: error: no QEMU: apt-get install qemu-system-x86\na.rst: error, 1 not reached in "
    )
    lost = verdict(3, Outcome.ERROR, reason="the machine has stopped")
    late = said([transcript(PASSED, lost, UNREACHED, error="the machine has stopped")])
    assert late.count("the machine has stopped") == 1
    assert late.startswith("a.rst:3: error: the machine has stopped\n")


def test_an_interrupted_run_says_what_was_never_begun() -> None:
    stopped = verdict(3, Outcome.ERROR, reason="interrupted")
    words = said([transcript(PASSED, stopped, interrupted=True)], articles=3)
    assert "a.rst:3: error: interrupted\n" in words
    assert "a.rst: interrupted, 1 passed in 1.50 s (host)\n" in words
    assert "1 article: 1 interrupted; 2 steps: 1 error, 1 passed; " in words
    assert "2 articles never begun" in words


def test_asked_for_is_told_from_never_reached() -> None:
    asked = Verdict(step=step(2, skip="no disk"), outcome=Outcome.SKIPPED, reason="no disk")
    assert "a.rst: 1 passed, 1 skipped, 1 not reached in" in said([transcript(PASSED, asked, UNREACHED)])


def test_an_article_of_which_nothing_ran_says_why() -> None:
    skipped = [verdict(n, Outcome.SKIPPED, reason=reason) for n, reason in enumerate("aababc", 1)]
    assert ": a; b in" not in said([transcript(PASSED, *skipped)])
    assert said([transcript(*skipped[:2])]).startswith("a.rst: 2 not reached in 1.50 s (host): a\n")
    assert " (host): a; b; c\n" in said([transcript(*skipped)])
    more = verdict(9, Outcome.SKIPPED, reason="d")
    assert " (host): a; b; c; ...\n" in said([transcript(*skipped, more)])


def test_verbose_lists_each_step_as_it_is_judged() -> None:
    events = [Judged(path="a.rst", verdict=one, number=1, total=2) for one in (PASSED, FAILED, UNREACHED)]
    assert said(events, Style(verbosity=1)).splitlines()[:3] == [
        "a.rst:1: passed in 0.25 s: ~$ ls",
        "a.rst:3: failed in 0.50 s: ~$ fox \\ …",
        "a.rst:7: skipped (after line 3): ~$ ls",
    ]


def test_quiet_tells_failures_and_the_summary_alone() -> None:
    quiet = Style(verbosity=-1)
    assert said([Said(path="a.rst", text="building"), transcript(PASSED)], quiet) == (
        "1 article: 1 passed; 1 step: 1 passed; N s\n"
    )
    assert said([transcript(FAILED)], quiet).startswith("a.rst:3: failed")


def test_what_takes_time_is_said_once() -> None:
    news = Said(path="a.rst", text="machine bookworm: emulated")
    assert said([news, news, transcript(PASSED)]).splitlines()[0:2] == [
        "machine bookworm: emulated",
        "a.rst: 1 passed in 1.50 s (host)",
    ]


def test_progress_alone_has_neither_articles_nor_a_summary() -> None:
    news = Said(path="a.rst", text="building")
    assert said([news, transcript(FAILED)], Style(verbosity=PROGRESS)) == "building\n"


EVIL = "\x1b]0;title\x07 \u202edenrut\u202c \x9b31m [red]x[/red] \r\x00"
HARMLESS = "\\x1b]0;title\\x07 \\u202edenrut\\u202c \\x9b31m [red]x[/red] \\x0d\\x00"


def test_what_a_terminal_would_obey_is_shown_instead() -> None:
    assert visible(EVIL) == HARMLESS
    assert visible("tab\t é 😀 \xa0") == "tab\t é 😀 \\xa0"


@pytest.mark.parametrize("style", [Style(), Style(color=True), Style(color=True, live=True, verbosity=1)])
def test_nothing_foreign_reaches_the_terminal_raw(style: Style, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    evil = Step(path=EVIL, line=1, end_line=1, prompt="~$ ", user="user", command=EVIL)
    one = Verdict(
        step=evil,
        outcome=Outcome.FAILED,
        output=Output(stderr=EVIL, status=1),
        reason=EVIL,
        diff=f"-x\n+{EVIL}\n",
    )
    document = Document(path=EVIL, text="", steps=(evil,))
    events: list[Event] = [
        Began(path=EVIL, target=Target(kind="ssh", address=EVIL), total=1),
        Said(path=EVIL, text=EVIL),
        Running(path=EVIL, step=evil, number=1, total=1),
        Judged(path=EVIL, verdict=one, number=1, total=1),
        Transcript(
            document=document, target=Target(kind="ssh", address=EVIL), verdicts=(one,), error=EVIL + "!"
        ),
    ]
    words = said(events, style)
    for raw in ("\x1b]0", "\x07", "\u202e", "\x9b", "\x00"):
        assert raw not in words
    assert "[red]x[/red]" in words


def test_changed_words_are_marked_in_colours_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    words = said([transcript(FAILED)], Style(color=True))
    assert re.search(r"\x1b\[31m-the \x1b\[0m\x1b\[[\d;]*7[\d;]*mred\x1b\[0m\x1b\[31m fox", words)
    assert re.search(r"\x1b\[32m\+the \x1b\[0m\x1b\[[\d;]*7[\d;]*mbrown\x1b\[0m\x1b\[32m fox", words)
    assert "\x1b" not in said([transcript(FAILED)])


def test_colours_and_plain_say_the_same_words() -> None:
    events = [transcript(PASSED, FAILED, UNREACHED)]
    assert re.sub(r"\x1b\[[\d;]*m", "", said(events, Style(color=True))) == said(events)


def test_the_live_line_says_which_step_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "60")
    words = said([Running(path="a.rst", step=step(3, "sleep 9\n"), number=2, total=41)], Style(live=True))
    assert "a.rst  2/41  ~$ sleep 9" in words
    assert "0 s" in words


def test_a_live_line_never_wraps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "40")
    words = said([Running(path="a.rst", step=step(3, "x" * 500), number=2, total=41)], Style(live=True))
    assert "x…" in words
    shown = re.split(r"[\r\n]", re.sub(r"\x1b\[[^a-zA-Z]*[a-zA-Z]", "", words))
    assert max(len(line) for line in shown if "2/41" in line) <= 40


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.001, "0.00 s"),
        (9.99, "9.99 s"),
        (9.996, "10.0 s"),
        (59.94, "59.9 s"),
        (59.96, "1 min 00 s"),
        (125, "2 min 05 s"),
    ],
)
def test_a_duration_reads_like_one(seconds: float, words: str) -> None:
    assert duration(seconds) == words
