"""What is known of an article: the record's entry, beside what the article says today."""

from __future__ import annotations

import enum
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from sphinx.util.i18n import format_date

from wordish import verified
from wordish.reporters.words import duration
from wordish.verified import Entry, Record


class Kind(enum.StrEnum):
    """How far an article can be trusted; the order is from good to bad."""

    VERIFIED = "verified"
    CHANGED = "changed"
    NEVER = "never"
    FAILED = "failed"


class State(NamedTuple):
    """What is known of one article; ``entry`` is ``None`` when it was never checked."""

    kind: Kind = Kind.NEVER
    entry: Entry | None = None


class Calendar(NamedTuple):
    """How this project writes dates: `time.strftime`'s directives, and the language of its pages."""

    form: str
    language: str

    def day(self, moment: str) -> str:
        """The date of a moment in ISO 8601, in the time zone that it names."""
        try:
            date = datetime.fromisoformat(moment)
        except ValueError:
            return moment
        return format_date(self.form, date=date, language=self.language, local_time=False)


def entry_of(path: str | Path, record: Record, file: Path) -> Entry | None:
    """What the record in ``file`` has on the article at ``path``."""
    return record.articles.get(verified.key_of(path, file))


def judged(entry: Entry | None, digest: str) -> State:
    """The state of an article with this entry and today's ``digest``."""
    if entry is None:
        return State()
    if entry.digest != digest:
        return State(kind=Kind.CHANGED, entry=entry)
    return State(kind=Kind.VERIFIED if entry.outcome == "passed" else Kind.FAILED, entry=entry)


def words(state: State, calendar: Calendar) -> str:
    """The state in a few words, such as ``verified on 22 November 2026``."""
    if state.entry is None:
        return "never verified"
    day = calendar.day(state.entry.verified)
    if state.kind is Kind.CHANGED:
        return f"changed since {day}"
    return f"{'verified' if state.kind is Kind.VERIFIED else 'failed'} on {day}"


def sentence(state: State, calendar: Calendar) -> str:
    """The state in a sentence: when, with which wordish, how many steps, where."""
    entry = state.entry
    if entry is None:
        return "This article was never verified."
    on = f"on {calendar.day(entry.verified)} with wordish {entry.wordish}"
    if state.kind is Kind.CHANGED:
        found = "verified" if entry.outcome == "passed" else "found wrong"
        return f"This article changed since it was {found} {on}."
    done = f"{_steps(entry)} in {duration(entry.elapsed)}, {where(entry)}"
    if state.kind is Kind.VERIFIED:
        return f"This article was verified {on}: {done}."
    before = f" It was last verified on {calendar.day(entry.last_passed)}." if entry.last_passed else ""
    return f"This article was found wrong {on}: {done}.{before}"


def where(entry: Entry) -> str:
    """Where the article ran: the target, and what the machine said of itself."""
    kind, _, name = entry.target.partition(":")
    place = {
        "host": "on the author's machine",
        "vm": f"in the throwaway machine {name}",
        "container": f"in a container of {name}",
        "sandbox": "in a sandbox",
    }.get(kind, f"on {entry.target}")
    about = [entry.environment.get("distribution"), _kernel(entry), _accelerator(entry)]
    known = ", ".join(filter(None, about))
    return f"{place} ({known})" if known else place


def packages(entry: Entry) -> str:
    """Names and versions of the packages whose programs ran, "" when none is known."""
    return ", ".join(f"{name} {version}" for name, version in sorted(entry.packages.items()))


def _steps(entry: Entry) -> str:
    counts = {outcome: number for outcome, number in entry.steps.items() if number}
    total = sum(counts.values())
    named = f"{total} step{'' if total == 1 else 's'}"
    if set(counts) == {"passed"}:
        return named
    return f"{named} ({', '.join(f'{number} {outcome}' for outcome, number in counts.items())})"


def _kernel(entry: Entry) -> str:
    kernel = entry.environment.get("kernel", "")
    return kernel if not kernel or "kernel" in kernel or kernel.startswith("Linux") else f"Linux {kernel}"


def _accelerator(entry: Entry) -> str:
    accelerator = entry.environment.get("accelerator", "")
    return {"tcg": "emulated", "kvm": "KVM"}.get(accelerator, accelerator)
