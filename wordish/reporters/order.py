"""Events of articles that run side by side -> the same events, article by article."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from wordish.model import Event, Planned, Transcript


@contextmanager
def in_order(hear: Callable[[Event], None]) -> Iterator[Callable[[Event], None]]:
    """Give what is to hear events as they come; ``hear`` gets them in the order that was planned.

    The first article that has not ended is heard at once, the others when their turn comes, at the
    latest on leaving: an article that never began keeps nobody waiting. Without a plan nothing waits.
    """
    held: dict[str, list[Event]] = {}

    def release() -> None:
        """Pass on what is held of the first article, and of the next ones while each has ended."""
        while held:
            path, events = next(iter(held.items()))
            ended = bool(events) and isinstance(events[-1], Transcript)
            for event in events:
                hear(event)
            events.clear()
            if not ended:
                return
            del held[path]

    def ordered(event: Event) -> None:
        if isinstance(event, Planned):
            held.update((path, []) for path in event.paths)
            hear(event)
            return
        path = event.document.path if isinstance(event, Transcript) else event.path
        if path not in held:
            hear(event)
            return
        held[path].append(event)
        if path == next(iter(held)):
            release()

    yield ordered
    for events in held.values():
        for event in events:
            hear(event)
