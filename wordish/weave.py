"""May these tokens account for what was printed on stdout and stderr?"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Final

from wordish.pattern import GAP, Glob, Regex, Token, fits

_PATTERN_STEPS: Final = 10
_STEPS: Final = 1_000_000  # about a second of telling stdout from stderr


def accounts(tokens: Sequence[Token], out: Sequence[str], err: Sequence[str] = ()) -> bool | None:
    """Whether all lines of ``out`` and some of ``err`` make up what is shown; ``None``: too long to tell."""
    if _covers(tokens, out):
        return True
    try:
        return bool(err) and _Weave(tokens, out, err).holds()
    except _UndecidedError:
        return None


def _segments(tokens: Sequence[Token]) -> list[list[Token]]:
    """The tokens between the gaps, as many as gaps and one; only the first and last may be empty."""
    segments: list[list[Token]] = [[]]
    for token in tokens:
        if token is not GAP:
            segments[-1].append(token)
        elif len(segments) == 1 or segments[-1]:
            segments.append([])
    return segments


def _covers(tokens: Sequence[Token], out: Sequence[str]) -> bool:
    """Whether stdout alone explains all: both ends first, then leftmost what stands between two gaps."""
    if tokens == out:
        return True
    segments = _segments(tokens)
    if len(segments) == 1:
        return len(tokens) == len(out) and all(map(fits, tokens, out))
    first, *middle, last = segments
    at, end = len(first), len(out) - len(last)
    if at > end or not all(map(fits, first, out)) or not all(map(fits, last, out[end:])):
        return False
    for segment in middle:
        at = find(segment, out, at, end)
        if at < 0:
            return False
        at += len(segment)
    return True


def find(segment: Sequence[Token], out: Sequence[str], start: int, end: int) -> int:
    """The leftmost place in ``out[start:end]`` where the whole segment fits, -1 when there is none.

    Shift-and (Baeza-Yates and Gonnet, 1992): one pass, one bit a token.
    """
    literals: dict[str, int] = defaultdict(int)
    patterns: list[tuple[Token, int]] = []
    for index, token in enumerate(segment):
        if isinstance(token, str):
            literals[token] |= 1 << index
        else:
            patterns.append((token, 1 << index))
    head, goal, state, at = segment[0], 1 << len(segment) - 1, 0, start
    while at < end:
        if not state and isinstance(head, str):
            try:
                at = out.index(head, at, end)
            except ValueError:
                return -1
        line = out[at]
        bits = literals.get(line, 0)
        for token, bit in patterns:
            if not bits & bit and (state << 1 | 1) & bit and fits(token, line):
                bits |= bit
        state = (state << 1 | 1) & bits
        at += 1
        if state & goal:
            return at - len(segment)
    return -1


# Two streams. A state (j, k) says: j lines of stdout and k of stderr are accounted for. Of the states
# with one j only the least k matters, for what stderr has before k may be left out. After a gap, which
# takes any lines of stdout, a state matters only if none has both a smaller j and a smaller k.


class _UndecidedError(Exception):
    """Too many steps."""


class _Weave:
    """The search for a way to take the shown lines from both streams, and the steps it has left."""

    def __init__(self, tokens: Sequence[Token], out: Sequence[str], err: Sequence[str]) -> None:
        self.tokens, self.out, self.err = tokens, out, err
        self.left = _STEPS
        self.places: dict[Token, list[int]] = {}
        for k, line in enumerate(err):
            self.places.setdefault(line, []).append(k)
        self.masks: dict[Token, int] = {}

    def holds(self) -> bool:
        """Whether all of stdout and some of stderr make up what is shown."""
        tokens, out, err = self.tokens, self.out, self.err
        segments = _segments(tokens)
        if not any(self.in_err(token) for token in tokens):
            return False
        if len(segments) == 1:
            spare = len(tokens) - len(out)
            return spare >= 0 and len(out) in self.anchored(tokens, spare)
        first, *middle, last = segments
        front = _undominated(self.anchored(first, len(err)))
        mirror = _Weave(last[::-1], out[::-1], err[::-1])
        back = _undominated(mirror.anchored(mirror.tokens, len(err)))
        for segment in middle:
            front = _undominated(self.floating(segment, front))
        # Of the states of the front at or before that of the back, the last has the least k.
        for j, k in back:
            at = bisect_right(front, len(out) - j, key=lambda state: state[0])
            if at and front[at - 1][1] <= len(err) - k:
                return True
        return False

    def in_err(self, token: Token) -> Sequence[int]:
        """Where in stderr ``token`` fits."""
        found = self.places.get(token)
        if found is None:
            found = []
            if not isinstance(token, str):
                self.spend(len(self.err) * _weight(token) >> 1)
                found = [k for k, line in enumerate(self.err) if fits(token, line)]
            self.places[token] = found
        return found

    def next_err(self, token: Token, k: int) -> int:
        """How much of stderr is accounted for once ``token`` is taken from it; 0: it cannot be."""
        places = self.in_err(token)
        at = bisect_left(places, k)
        return places[at] + 1 if at < len(places) else 0

    def spend(self, steps: int) -> None:
        """Count steps."""
        self.left -= steps
        if self.left < 0:
            raise _UndecidedError

    def anchored(self, tokens: Sequence[Token], spare: int) -> Mapping[int, int]:
        """The states after ``tokens``, at most ``spare`` of them from stderr, from both starts."""
        out, front = self.out, {0: 0}
        for index, token in enumerate(tokens):
            self.spend(len(front) * _weight(token))
            after: dict[int, int] = {}
            for j, k in front.items():
                if j < len(out) and fits(token, out[j]):
                    after[j + 1] = min(k, after.get(j + 1, k))
                if index - j < spare and (taken := self.next_err(token, k)):
                    after[j] = min(taken, after.get(j, taken))
            front = after
        return front

    def floating(self, segment: Sequence[Token], front: Sequence[tuple[int, int]]) -> Mapping[int, int]:
        """The states after a gap and ``segment``, of each k the one with the least j."""
        if not any(self.in_err(token) for token in segment):
            return self.leftmost(segment, front)
        # The states of one k are the bits of a number: all from the gap's first line on.
        size = len(self.out)
        levels = {k: (1 << size + 1) - (1 << j) for j, k in front}
        for token in segment:
            mask = self.mask(token)
            after: dict[int, int] = defaultdict(int)
            self.spend(len(levels) * (1 + (size >> 12)))
            seen = 0
            for k in sorted(levels):
                states = levels[k] & ~seen
                seen |= states
                after[k] |= (states & mask) << 1
                if states and (taken := self.next_err(token, k)):
                    after[taken] |= states
            levels = {k: states for k, states in after.items() if states}
        return {(states & -states).bit_length() - 1: k for k, states in sorted(levels.items(), reverse=True)}

    def leftmost(self, segment: Sequence[Token], front: Sequence[tuple[int, int]]) -> Mapping[int, int]:
        """`floating` for a segment that stdout alone can explain: one search serves many states."""
        out, after, found = self.out, dict[int, int](), -1
        for j, k in front:
            if found < j:
                found = find(segment, out, j, len(out))
                if found < 0:
                    self.spend(len(out) - j >> 3)
                    break
                self.spend(found - j >> 3)
            self.spend(1)
            after[found + len(segment)] = k  # the later state has the smaller k
        return after

    def mask(self, token: Token) -> int:
        """Bit j: ``token`` fits line j of stdout."""
        if token not in self.masks:
            self.spend(len(self.out) * _weight(token) >> 2)
            bits = ["1" if fits(token, line) else "0" for line in reversed(self.out)]
            self.masks[token] = int("".join(bits) or "0", 2)
        return self.masks[token]


def _weight(token: Token) -> int:
    """How many steps it takes to compare ``token`` with a line: what is a pattern takes more."""
    return _PATTERN_STEPS if isinstance(token, Regex) or (isinstance(token, Glob) and token.holes) else 1


def _undominated(states: Mapping[int, int]) -> list[tuple[int, int]]:
    """The states (j, k) that no other beats in both, by growing j and falling k."""
    kept: list[tuple[int, int]] = []
    for j, k in sorted(states.items()):
        if not kept or k < kept[-1][1]:
            kept.append((j, k))
    return kept
