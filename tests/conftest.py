"""What several tests need: this project's machines, and places to run in."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

import pytest
from hypothesis import settings

from tests.playing import Play, players
from wordish import config
from wordish.model import Machine, Target
from wordish.targets import TARGETS, Place

# A job in the background of a script ignores ^C, and so would all that the tests start.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# The profile of `make fuzz`.
settings.register_profile("fuzz", max_examples=20_000)

ROOT = Path(__file__).parent.parent

Reach = Callable[[str], Place]


@pytest.fixture(scope="session")
def machines() -> Mapping[str, Machine]:
    """The machines of this project's own configuration: what ``make check`` uses too."""
    return config.load(directory=ROOT).machines


@pytest.fixture
def reach(machines: Mapping[str, Machine]) -> Iterator[Reach]:
    """Reach a pristine place of a kind (``host`` with its root account too); all are left at the end."""
    with ExitStack() as stack:

        def reach(kind: str) -> Place:
            target = Target(kind=kind, machine="bookworm" if kind == "vm" else "", as_root=True)
            return stack.enter_context(TARGETS[kind].reach(target, machines=machines, say=print))

        yield reach


@pytest.fixture(scope="session")
def play_here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Play]:
    """Have articles replayed on this machine, in processes that are kept for the whole session."""
    with players(kind="host", temporary=tmp_path_factory.mktemp("here")) as play:
        yield play


@pytest.fixture(scope="session")
def play_in_machines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Play]:
    """Have articles replayed in throwaway machines."""
    with players(kind="vm", temporary=tmp_path_factory.mktemp("machines"), processes=2) as play:
        yield play
