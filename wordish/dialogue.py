"""What a shell's terminal says: pexpect's reader on the stream with the prompt, the other put aside.

Both streams are kept apart and bounded; what lies between two prompts belongs to one command.
"""

from __future__ import annotations

import re
from io import BytesIO
from typing import Final

import pexpect
from pexpect.expect import Expecter, searcher_re
from pexpect.spawnbase import SpawnBase

from wordish.answers import Cursor
from wordish.limits import KEPT
from wordish.terminal import Terminal

PROMPT, ENDED, SILENCE = range(3)  # what `Dialogue.wait` waits for, in its order

_AT_ONCE: Final = 1 << 20  # more than the kernel holds for one terminal
_PREFIX: Final = 1 << 12  # bytes that may stand before or after our part of a prompt


class Dialogue(SpawnBase):  # type: ignore[type-arg]  # generic in its stubs only
    """What is read from a terminal whose shell prompts with ``MARK:STATUS:`` on standard error.

    ``marks`` are those of the shell and of shells opened in it, the outermost first. ``mark`` and
    ``exit_status`` are what the last prompt told. ``limit``: the bytes of each stream that are kept.
    ``prompted``: for each prompt, its status and the bytes of both streams before it.
    """

    def __init__(self, terminal: Terminal, *marks: str, limit: int = KEPT) -> None:
        super().__init__(timeout=None)
        self.delayafterread = None
        self.mark, self.exit_status = marks[0], 0
        self.limit = limit
        self._marks = [mark.encode() for mark in marks]
        words = b"|".join(map(re.escape, self._marks))
        self._prompt = re.compile(rb"(" + words + rb"):(\d{1,3}):")
        self._searcher: searcher_re[bytes] = searcher_re([self._prompt, pexpect.EOF, pexpect.TIMEOUT])
        self._terminal = terminal
        self.prompted: list[tuple[int, int, int]] = []
        self._heard = 0  # bytes, of both streams
        self._fed = b""  # read, and not yet looked through
        self._restart(b"")

    def _restart(self, left: bytes) -> None:
        self._stdout, self._stderr = Kept(self.limit), Kept(self.limit)
        self._buffer, self._before = BytesIO(), BytesIO()  # pexpect's own, of its own kind
        self._buffer.write(left)
        self._before.write(left)

    def keep(self, limit: int) -> None:
        """Keep so many bytes of each stream from now on."""
        self.limit = limit
        for kept in (self._stdout, self._stderr):
            kept.most = limit // 2

    def read_nonblocking(self, size: int = 1, timeout: float | None = None) -> bytes:  # noqa: ARG002
        """See `pexpect.spawnbase.SpawnBase`."""
        if self._before.tell() > _PREFIX:
            self._put_aside()
        if self._fed:
            err, self._fed = self._fed, b""
            return err
        return self._read(timeout)

    def _read(self, timeout: float | None) -> bytes:
        try:
            out, err = self._terminal.read(timeout)
        except EOFError:
            self.flag_eof = True
            raise pexpect.EOF("the shell has ended") from None
        self._heard += len(out) + len(err)
        if out:
            self._stdout.add(out)
        elif not err and self._terminal.status is None:
            raise pexpect.TIMEOUT("silence")
        return err

    def _put_aside(self) -> None:
        """Take what was looked through, but for its end, out of pexpect's way: it would look again."""
        read, stdout, stderr = self._before.getvalue(), self._stdout, self._stderr
        stderr.add(read[:-_PREFIX])
        self._restart(read[-_PREFIX:])
        self._stdout, self._stderr = stdout, stderr

    def wait(self, timeout: float) -> int:
        """Read until one of `PROMPT`, `ENDED` and `SILENCE`; ``timeout`` is in seconds."""
        how = Expecter(self, self._searcher, None).expect_loop(timeout)  # kept, it would be a cycle
        if how == PROMPT:
            assert isinstance(self.match, re.Match)
            self.mark, self.exit_status = self.match.group(1).decode("ascii"), int(self.match.group(2))
        if how != SILENCE:
            assert isinstance(self.before, bytes)
            self._stderr.add(self.before)
        if how == PROMPT:
            self.prompted.append((self.exit_status, self._stdout.size, self._stderr.size))
        return how

    def rest(self) -> int:
        """Read all that is there already: `PROMPT` if that held at least one, else as `wait`."""
        found, most, looked_through = SILENCE, self._heard + _AT_ONCE, not self._before.tell()
        while self._heard < most and found != ENDED:
            try:
                self._fed += self._read(0)
            except pexpect.TIMEOUT:
                if looked_through:  # the usual case, for which pexpect need not be asked
                    break
            except pexpect.EOF:
                pass
            how = self.wait(0)
            looked_through = how == SILENCE
            found = found if looked_through else how
        return found

    def misplaced(self, prompt: bytes = b"") -> int | None:
        """The status that what looks like a prompt at the end of standard output tells; it is taken off.

        ``prompt`` is what stands before our part of it.
        """
        stdout = self._stdout.whole()
        for found in self._prompt.finditer(stdout, max(0, len(stdout) - _PREFIX)):
            if b"\n" not in stdout[found.end() :]:
                self._stdout = Kept(self.limit)
                self._stdout.add(stdout[: found.start()].removesuffix(prompt))
                return int(found[2])
        return None

    def last_line(self) -> bytes:
        """What stands on the last line of either stream, if that is not ended."""
        error = self._before.getvalue()
        return error[error.rfind(b"\n") + 1 :] or self._stdout.last_line()

    def cursor(self) -> Cursor:
        """Where the terminal stands."""
        before = self._before.getvalue()
        begun = not before[before.rfind(b"\n") + 1 :] and bool(self._stdout.last_line())
        line = self.last_line().decode(errors="replace")
        return Cursor(out=self._stdout.size, err=self._stderr.size + len(before), line=line, on_stdout=begun)

    def since_prompted(self) -> tuple[int, bytes]:
        """The status in the first prompt, and all that was printed after it."""
        status, out, err = self.prompted[0]
        return status, self._stdout.whole()[out:] + self._stderr.whole()[err:] + self._before.getvalue()

    @property
    def left(self) -> bytes:
        """What came after the last prompt, on its stream, and is the next command's."""
        return self._fed + self._before.getvalue()

    @left.setter
    def left(self, left: bytes) -> None:
        self._restart(left)

    def answer(self) -> tuple[int, list[int]] | None:
        """The exit status, and those of the last pipeline, that were told on standard output."""
        stdout = self._stdout.whole()
        # Compiled here: few shells are asked, and this would cost each as much as a step does.
        found = re.search(rb"[^\n]*" + re.escape(self._marks[0]) + rb":(\d{1,3}):([\d ]*):\n", stdout)
        if found is None:
            return None
        self._stdout = Kept(self.limit)
        self._stdout.add(stdout[: found.start()] + stdout[found.end() :])
        return int(found[1]), [int(status) for status in found[2].split()]

    def put_aside(self) -> tuple[Kept, Kept]:
        """What was printed so far, taken out of the way."""
        self._stderr.add(self._before.getvalue())
        printed = self._stdout, self._stderr
        self._restart(b"")
        return printed

    def put_back(self, printed: tuple[Kept, Kept], stdout: bytes) -> None:
        """Make ``printed``, and then ``stdout``, what was printed, and forget all that came since."""
        self._restart(b"")
        self._stdout, self._stderr = printed
        self._stdout.add(stdout)

    def take(self) -> tuple[bytes, bytes]:
        """What was printed up to the last prompt, standard output and standard error, without prompts.

        Lines that came after it are the next command's; what is no line belongs to the prompt.
        """
        stdout, stderr = self._stdout.whole(), self._stderr.whole()
        later = self._before.getvalue()
        self._restart(later if b"\n" in later else b"")
        return self._without(stdout), self._without(stderr)

    def take_all(self) -> tuple[bytes, bytes]:
        """All that was printed: standard output and standard error."""
        self._stderr.add(self._before.getvalue())
        stdout, stderr = self._stdout.whole(), self._stderr.whole()
        self._restart(b"")
        return self._without(stdout), self._without(stderr)

    def _without(self, printed: bytes) -> bytes:
        return self._prompt.sub(b"", printed) if any(mark in printed for mark in self._marks) else printed


class Kept:
    """The beginning and the end of what was printed; a middle that is too long is dropped, and said so."""

    def __init__(self, limit: int) -> None:
        self.most = limit // 2  # bytes, at either end
        self._kept = bytearray()
        self._dropped = 0

    def add(self, chunk: bytes) -> None:
        """Keep what can be kept of ``chunk``."""
        self._kept += chunk
        if len(self._kept) > 3 * self.most:
            self._cut()

    def _cut(self) -> None:
        self._dropped += len(self._kept) - 2 * self.most
        del self._kept[self.most : -self.most]

    @property
    def size(self) -> int:
        """The bytes that are kept."""
        return len(self._kept)

    def last_line(self) -> bytes:
        """What stands after the last newline, or the end of that."""
        end = bytes(self._kept[-_PREFIX:])
        return end[end.rfind(b"\n") + 1 :]

    def without_last_line(self) -> Kept:
        """The same, up to the last newline."""
        del self._kept[self._kept.rfind(b"\n") + 1 :]
        return self

    def whole(self) -> bytes:
        """What is kept."""
        if len(self._kept) > 2 * self.most:
            self._cut()
        if not self._dropped:
            return bytes(self._kept)
        gap = b"\n[wordish: %d bytes are left out here]\n" % self._dropped
        return bytes(self._kept[: self.most]) + gap + self._kept[self.most :]
