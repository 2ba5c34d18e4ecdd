"""The terminal behind a guest's agent: what comes from there is never believed to be more than it is."""

from __future__ import annotations

import socket
import struct
from collections.abc import Callable, Iterator

import pytest

from wordish import framed
from wordish.errors import MachineError
from wordish.framed import FramedTerminal

Ends = tuple[FramedTerminal, socket.socket]


@pytest.fixture
def ends() -> Iterator[Ends]:
    """A terminal, and the end of the agent."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield FramedTerminal(ours, lost=lambda: "its console"), theirs


def frame(letter: bytes, payload: bytes) -> bytes:
    return letter + struct.pack(">I", len(payload)) + payload


def test_frames_come_in_any_pieces(ends: Ends) -> None:
    terminal, agent = ends
    said = frame(b"O", b"out") + frame(b"E", b"err") + frame(b"X", b"768")
    agent.sendall(said[:2])
    assert terminal.read(0.01) == (b"", b"")
    agent.sendall(said[2:])
    assert terminal.read(5) == (b"out", b"err")
    assert terminal.status == 3


@pytest.mark.parametrize(
    "said",
    [
        frame(b"X", b"gone"),
        frame(b"X", b""),
        b"O\xff\xff\xff\xff",
        frame(b"W", b"1 0 0 0x0\nmany:1"),
        frame(b"M", b"short"),
    ],
)
def test_nonsense_is_a_lost_machine(ends: Ends, said: bytes) -> None:
    terminal, agent = ends
    agent.sendall(said)
    asking: dict[bytes, Callable[[], object]] = {b"W": terminal.standing, b"M": terminal.modes}
    with pytest.raises(MachineError, match="talks nonsense"):
        asking.get(said[:1], lambda: terminal.read(5))()


def test_an_agent_that_never_answers_is_given_up(ends: Ends, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(framed, "_ANSWER_SECONDS", 0.05)
    terminal, agent = ends
    for ask in (terminal.standing, terminal.modes, terminal.reader):
        agent.sendall(frame(b"O", b"words"))  # no answer
        with pytest.raises(MachineError, match="the guest does not answer: its console"):
            ask()


def test_a_socket_that_is_closed_is_a_machine_that_has_stopped(ends: Ends) -> None:
    terminal, agent = ends
    agent.close()
    with pytest.raises(MachineError, match="the machine has stopped: its console"):
        terminal.read(5)
    with pytest.raises(MachineError, match="the machine has stopped: its console"):
        terminal.type(b"echo\n" * 100_000)
