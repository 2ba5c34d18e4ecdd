"""A terminal behind the agent of a guest: the frames on its socket.

Their letters are told in ``machine/guest/agent.pl``, which is the other end. Root in the guest can take
its place: what is no answer of the agent's is a lost machine, whatever it looks like.
"""

from __future__ import annotations

import select
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, NamedTuple

from wordish.errors import MachineError
from wordish.terminal import CHUNK, Reader, Standing, lines_and_echo, undisturbed

if TYPE_CHECKING:
    import socket

_ANSWER_SECONDS = 20.0  # what the agent may take to answer, in a guest that has run out of memory
_LONGEST = 16 << 20  # bytes of a frame: more than the agent ever says at once


@contextmanager
def _understood() -> Iterator[None]:
    """Numbers and words that are none mean that it is not the agent who speaks."""
    try:
        yield
    except (ValueError, struct.error) as error:
        raise MachineError("the guest's agent talks nonsense") from error


class Unread(NamedTuple):
    """What a terminal behind an agent has said, and nobody has looked at.

    ``ahead`` are frames, ``heard`` the bytes after them, which may end within one. ``asked`` is how often it
    was asked how its shell stands.
    """

    ahead: tuple[tuple[bytes, bytes], ...] = ()
    heard: bytes = b""
    asked: int = 0


class FramedTerminal:
    """A terminal behind the guest's agent: frames on a socket (see ``machine/guest/agent.pl``).

    ``lost`` gives what to tell the user when the other end goes away without a word. ``meanwhile`` is called
    now and then while the other end works.
    """

    def __init__(
        self, sock: socket.socket, *, lost: Callable[[], str], meanwhile: Callable[[], None] = lambda: None
    ) -> None:
        self.status: int | None = None
        self._socket = sock
        self._socket.setblocking(False)
        self._lost = lost
        self._meanwhile = meanwhile
        self._heard = bytearray()
        self._saying = bytearray()
        self._ahead: list[tuple[bytes, bytes]] = []
        self._asked = 0
        self._poll = select.poll()
        self._poll.register(sock, select.POLLIN)

    def read(self, timeout: float | None) -> tuple[bytes, bytes]:
        """See `Terminal.read`."""
        if self.status is not None:
            raise EOFError
        printed = {b"O": bytearray(), b"E": bytearray()}
        for letter, payload in self._frames(timeout):
            if letter in printed:
                printed[letter] += payload
            elif letter == b"X":
                with _understood():
                    code = int(payload)  # as wait(2) gives it
                self.status = 128 + (code & 0x7F) if code & 0x7F else code >> 8
        return bytes(printed[b"O"]), bytes(printed[b"E"])

    def type(self, data: bytes, *, echo: bool = False) -> None:
        """See `Terminal.type`."""
        self._say(b"A" if echo else b"I", data)

    def modes(self) -> tuple[bool, bool]:
        """See `Terminal.modes`."""
        self._say(b"M", b"")
        with _understood():
            return lines_and_echo(self._answer(b"M", timeout=_ANSWER_SECONDS))

    def control(self, data: bytes, *, below: bool = False) -> None:
        """See `Terminal.control`."""
        self._say(b"F" if below else b"C", data)

    def kill(self, number: int) -> None:
        """See `Terminal.kill`."""
        self._say(b"K", b"%d" % number)

    def kill_all(self) -> None:
        """See `Terminal.kill_all`."""
        self._say(b"Z", b"")

    def standing(self) -> Standing:
        """See `Terminal.standing`."""
        self._asked += 1
        question = b"%d " % self._asked
        self._say(b"W", question)
        answer = self._answer(b"W", question, timeout=_ANSWER_SECONDS)
        shell, _, children = answer.removeprefix(question).partition(b"\n")
        unread, _, call = shell.partition(b" ")
        told = (child.partition(b":") for child in children.split())
        with _understood():
            at_work = {int(pid): busy == b"1" for pid, _, busy in told}
        return Standing(call=call, children=at_work, unread=unread == b"1")

    def reader(self) -> Reader:
        """See `Terminal.reader`."""
        self._say(b"P", b"")
        inner, pid, name = (*self._answer(b"P", timeout=_ANSWER_SECONDS).split(b" ", 2), b"", b"")[:3]
        with _understood():
            return Reader(name.decode("utf-8", "replace"), int(pid or b"0"), inner=inner == b"1")

    def unread(self) -> Unread:
        """What came so far, when all that was typed has been read (see `standing`) and the machine stands."""
        with suppress(MachineError):
            while self._arrives(0):
                pass
        return Unread(ahead=tuple(self._ahead), heard=bytes(self._heard), asked=self._asked)

    def take_over(self, left: Unread) -> None:
        """Go on from where another one was left that had the same terminal."""
        self._ahead, self._heard, self._asked = list(left.ahead), bytearray(left.heard), left.asked

    def renew(self, *, seconds: float, entropy: bytes, timeout: float) -> None:
        """Set the guest's clock (seconds since 1970) and reseed its random generator.

        Raises `MachineError` when the agent does not confirm it within ``timeout`` seconds.
        """
        self._say(b"S", b"%.6f " % seconds + entropy)
        self.ready(timeout=timeout)

    def begin(self, startup: str, *, timeout: float) -> None:
        """Have the agent start a shell that reads ``startup`` first, and wait until it is ready."""
        self._say(b"B", startup.encode())
        self.ready(timeout=timeout)

    def ready(self, *, timeout: float) -> str:
        """Wait until the agent says that it is ready: what it says of itself."""
        return self._answer(b"R", timeout=timeout).decode("utf-8", "replace")

    def _answer(self, letter: bytes, start: bytes = b"", *, timeout: float) -> bytes:
        """What the agent answers, in a frame that starts so; what the shell prints is kept for `read`."""
        end = time.monotonic() + timeout
        kept: list[tuple[bytes, bytes]] = []
        while (left := end - time.monotonic()) > 0:
            frames = self._frames(left)
            for at, (said, payload) in enumerate(frames):
                if said == letter and payload.startswith(start):
                    self._ahead = [*kept, *frames[:at], *frames[at + 1 :]]
                    return payload
            kept += frames
        raise MachineError("the guest does not answer", hint=self._lost())

    def _frames(self, timeout: float | None) -> list[tuple[bytes, bytes]]:
        if self._ahead:
            ahead, self._ahead = self._ahead, []
            return ahead
        end = None if timeout is None else time.monotonic() + timeout
        while True:
            with undisturbed():
                frames = self._taken()
            if frames:
                return frames
            left = None if end is None else end - time.monotonic()
            if not self._arrives(left) and end is not None and time.monotonic() >= end:
                return []

    def _taken(self) -> list[tuple[bytes, bytes]]:
        frames = []
        position = 0
        while position + 5 <= len(self._heard):
            (length,) = struct.unpack_from(">I", self._heard, position + 1)
            if length > _LONGEST:
                raise MachineError("the guest's agent talks nonsense")
            if position + 5 + length > len(self._heard):
                break
            payload = bytes(self._heard[position + 5 : position + 5 + length])
            frames.append((bytes(self._heard[position : position + 1]), payload))
            position += 5 + length
        del self._heard[:position]
        return frames

    def _arrives(self, timeout: float | None) -> bool:
        """Wait for bytes and take them; send meanwhile what could not be sent at once."""
        self._meanwhile()
        ready = self._poll.poll(None if timeout is None else max(0.0, timeout) * 1000)
        if not ready:
            return False
        if ready[0][1] & select.POLLOUT:
            with undisturbed():
                self._flush()
        if not ready[0][1] & ~select.POLLOUT:
            return False
        with undisturbed():
            try:
                received = self._socket.recv(4 * CHUNK)
            except OSError:
                received = b""
            self._heard += received
        if not received:
            raise MachineError("the machine has stopped", hint=self._lost())
        return True

    def _say(self, letter: bytes, payload: bytes) -> None:
        with undisturbed():
            self._saying += letter + struct.pack(">I", len(payload)) + payload
            self._flush()

    def _flush(self) -> None:
        try:
            while self._saying:
                del self._saying[: self._socket.send(self._saying[:CHUNK])]
        except BlockingIOError:
            pass
        except OSError as error:
            raise MachineError("the machine has stopped", hint=self._lost()) from error
        self._poll.modify(self._socket, select.POLLIN | (select.POLLOUT if self._saying else 0))

    def close(self) -> None:
        """See `Terminal.close`."""
        self._socket.close()
