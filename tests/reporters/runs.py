"""Runs to be told in each form, the nastiest texts among them."""

from __future__ import annotations

import io

from wordish.model import Document, Event, Options, Outcome, Output, Step, Target, Transcript, Verdict
from wordish.reporters import REPORTERS
from wordish.reporters.style import Style

HOSTILE = (
    "".join(map(chr, range(256)))
    + "\u202e\u2066\ufeff\ufffe\uffff\udc80\U000e0041\U0010ffff"
    + "]]> <!-- --> <script>alert(1)</script> &lt; \"q\" 'q' %0A %25 ::error::x \n::set-output name=a::b\n"
    + "##[error]x\n::warning::y | pipe `tick` ```` # SKIP # TODO \\# \n---\n...\nnot ok 1\n1..0\n"
    + "Bail out!\n- x: y"
)


def tell(form: str, *events: Event, articles: int = 1) -> str:
    """What the report in a form is of some events."""
    stream = io.StringIO()
    with REPORTERS[form].report(stream, style=Style(), articles=articles) as hear:
        for event in events:
            hear(event)
    return stream.getvalue()


def step(line: int, text: str = "ls", path: str = "docs/a.md") -> Step:
    options = Options()
    return Step(
        path=path, line=line, end_line=line + 1, prompt="~$", user="user", command=text, options=options
    )


def run(
    *verdicts: Verdict, path: str = "docs/a.md", error: str = "", interrupted: bool = False
) -> Transcript:
    return Transcript(
        document=Document(path=path, text="", steps=tuple(verdict.step for verdict in verdicts)),
        target=Target(kind="vm", machine="tiny"),
        verdicts=verdicts,
        started="2030-01-02T03:04:05+00:00",
        elapsed=1234.5,
        environment={"kernel": "6.1"},
        error=error,
        interrupted=interrupted,
    )


PASSED = Verdict(step=step(4), outcome=Outcome.PASSED, output=Output(stdout="a", elapsed=0.25))
FAILED = Verdict(
    step=step(6, "fox \\\n --jump"),
    outcome=Outcome.FAILED,
    output=Output(stdout="brown", stderr="careful", status=5, elapsed=0.5),
    reason="exit status 5, 0 expected; the output differs",
    diff="--- shown (docs/a.md:8)\n+++ printed\n@@ -8,1 +1,1 @@\n-red\n+brown\n",
)
SKIPPED = Verdict(step=step(9), outcome=Outcome.SKIPPED, reason="after line 6")
BROKEN = Verdict(step=step(6), outcome=Outcome.ERROR, reason="the machine has stopped: it said nothing")

ARTICLE = run(PASSED, FAILED, SKIPPED)
UNREACHED = run(SKIPPED, error="no machine: install one")
LOST = run(PASSED, BROKEN, error=BROKEN.reason)
INTERRUPTED = run(SKIPPED, interrupted=True)
NASTY = run(
    *(
        Verdict(
            step=step(3, HOSTILE, path=HOSTILE.replace("/", "").replace("\0", "")),
            outcome=outcome,
            output=Output(stdout=HOSTILE, stderr=HOSTILE, status=None),
            reason=HOSTILE,
            diff=f"--- shown\n+++ printed\n@@ -1,1 +1,1 @@\n-{HOSTILE}\n",
        )
        for outcome in Outcome
    ),
    path=HOSTILE.replace("/", "").replace("\0", ""),
    error=f"{HOSTILE} too",
)
