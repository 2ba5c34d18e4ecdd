"""What checks jobs: this process one by one, or others side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

from wordish.model import Transcript
from wordish.runner import Job, run

Checking = Callable[..., Iterable[Transcript]]
"""Takes ``tell`` and ``exit_first`` as `wordish.runner.run`, and yields the transcripts."""


@contextmanager
def checking(jobs: Sequence[Job], *, together: int, **how: Any) -> Iterator[Checking]:
    """What checks ``jobs``, at most ``together`` side by side, or with 0 as many as there are processors.

    ``how`` is what `wordish.runner.check` takes. The processes needed are started here, and ended on leaving.
    """
    if together != 1 and len(jobs) > 1:
        from wordish import workers

        count = min(together or workers.processors(), workers.most_at_once(jobs))
        if count > 1:
            with workers.crew(jobs, workers=count, **how) as crew:
                yield partial(remembering, partial(workers.run, crew))
            return
    yield partial(run, jobs, **how)


def remembering(run: Checking, **how: Any) -> Iterator[Transcript]:
    """Run with what is known of the articles' durations, and keep what is learnt."""
    from wordish.durations import lasted, remember, remembered

    took: dict[str, float] = {}
    for transcript in run(durations=remembered(), **how):
        took |= lasted(transcript)
        yield transcript
    remember(took)
