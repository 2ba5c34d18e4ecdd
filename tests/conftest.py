"""What several tests need: this project's machines, and places to run in."""

from __future__ import annotations

import signal
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

import pytest
from hypothesis import settings

from tests import containers, sshd
from tests.playing import Play, players
from tests.traces import Traces
from wordish import config
from wordish.model import Machine, Target
from wordish.targets import TARGETS, Place

# A job in the background of a script ignores ^C, and so would all that the tests start.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# The profile of `make fuzz`.
settings.register_profile("fuzz", max_examples=20_000)

ROOT = Path(__file__).parent.parent

_TRACES = pytest.StashKey[Traces]()
_LEFT = pytest.StashKey[list[str]]()


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Before there are any workers: the process that reports looks for what the session leaves."""
    if not hasattr(config, "workerinput") and not config.option.collectonly:
        config.stash[_TRACES] = Traces()


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> Generator[None, object, object]:
    """After the workers have ended: a session that leaves something has failed."""
    done = yield
    if traces := session.config.stash.get(_TRACES, None):
        session.config.stash[_LEFT] = left = traces.left()
        traces.clear()
        if left and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
    return done


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Name what is left."""
    if left := config.stash.get(_LEFT, []):
        terminalreporter.section("the tests have left this on the machine", red=True)
        for line in left:
            terminalreporter.write_line(line)


Aim = Callable[[str], Target]
Reach = Callable[[str], Place]


@pytest.fixture(scope="session")
def machines() -> Mapping[str, Machine]:
    """The machines of this project's own configuration: what ``make check`` uses too."""
    return config.load(directory=ROOT).machines


@pytest.fixture(scope="session")
def image() -> str:
    """The image of the tests' containers."""
    return containers.prepared()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sshd.Server]:
    """A machine to log in to as root, known as ``there`` to the ssh that is found from now on."""
    with sshd.server(tmp_path_factory.mktemp("sshd")) as server, pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", server.programs, prepend=":")
        yield server


@pytest.fixture
def aim(request: pytest.FixtureRequest) -> Aim:
    """The target of a kind (root may act there), with what it needs made."""

    def aim(kind: str) -> Target:
        address = ""
        if kind == "container":
            address = request.getfixturevalue("image")
        elif kind == "ssh":
            request.getfixturevalue("server")
            address = "there"
        return Target(kind=kind, address=address, machine="bookworm" if kind == "vm" else "", as_root=True)

    return aim


@pytest.fixture
def reach(aim: Aim, machines: Mapping[str, Machine]) -> Iterator[Reach]:
    """Reach a pristine place of a kind (``host`` with its root account too); all are left at the end."""
    with ExitStack() as stack:

        def reach(kind: str) -> Place:
            return stack.enter_context(TARGETS[kind].reach(aim(kind), machines=machines, say=print))

        yield reach


@pytest.fixture(scope="session")
def play_here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Play]:
    """Have articles replayed on this machine, in processes that are kept for the whole session."""
    with players(Target(kind="host"), temporary=tmp_path_factory.mktemp("here")) as play:
        yield play


@pytest.fixture(scope="session")
def play_in_machines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Play]:
    """Have articles replayed in throwaway machines."""
    target = Target(kind="vm", machine="bookworm")
    with players(target, temporary=tmp_path_factory.mktemp("machines"), processes=2) as play:
        yield play


@pytest.fixture(scope="session")
def play_in_containers(tmp_path_factory: pytest.TempPathFactory, image: str) -> Iterator[Play]:
    """Have articles replayed in containers."""
    target = Target(kind="container", address=image)
    with players(target, temporary=tmp_path_factory.mktemp("containers"), processes=2) as play:
        yield play
