"""Which printed lines each shown token stands for, where not all of them agree.

Made in linear time: what agrees from both ends, then lines that occur once, then, where little
enough is left between those, the least edit distance.
"""

from __future__ import annotations

import functools
import itertools
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

from wordish.pattern import GAP, Glob, Regex, Token, fits
from wordish.weave import find

_CELLS: Final = 20_000  # pairs of lines compared for one edit distance: some 0.05 s
_ALL_CELLS: Final = 5 * _CELLS
_STRAY: Final = (
    100  # a line shown or printed alone; one in another's place: less when alike, else about as much
)
ALIKE: Final = 0.4  # from this likeness on, one line took the other's place
_TOGETHER: Final = 256  # lines that are compared at once
_LOOKED_AT: Final = 240  # characters

Span = tuple[int, int]
Alignment = list[Span | None]
ON_STDERR: Final = (-1, -1)


def align(tokens: Sequence[Token], out: Sequence[str], err: Sequence[str] = ()) -> Alignment:
    """For each token the lines of ``out`` it stands for, (start, end), `ON_STDERR`, or ``None``.

    Spans rise. A token that a merely similar line was printed instead of has none.
    """
    on_err = _Places(err)
    found = _only_on_stderr(tokens, out, on_err) if err else {}
    rest = [index for index in range(len(tokens)) if index not in found]
    aligned: Alignment = [None] * len(tokens)
    for index, span in zip(rest, _Aligner([tokens[index] for index in rest], out).result(), strict=True):
        aligned[index] = span
    if not err:
        return aligned
    # What is left may be on stderr too, between what was found there.
    ahead, k = sorted(found.items(), reverse=True), 0
    for index, token in enumerate(tokens):
        if ahead and ahead[-1][0] == index:
            k = ahead.pop()[1] + 1
            aligned[index] = ON_STDERR
        elif aligned[index] is None and token is not GAP:
            at = on_err.first(token, k)
            if 0 <= at < (ahead[-1][1] if ahead else len(err)):
                k = at + 1
                aligned[index] = ON_STDERR
    return aligned


def _only_on_stderr(tokens: Sequence[Token], out: Sequence[str], on_err: _Places) -> dict[int, int]:
    """The tokens that fit no line of stdout, and where on stderr they fit, in order."""
    on_out, found, k = _Places(out), dict[int, int](), 0
    for index, token in enumerate(tokens):
        at = on_err.first(token, k)
        if at >= 0 and on_out.first(token, 0) < 0:
            found[index], k = at, at + 1
    return found


class _Places:
    """Where lines are, looked up in no more time than a diff is worth."""

    def __init__(self, lines: Sequence[str]) -> None:
        self.lines = lines
        self.comparisons = 10 * _CELLS
        self.known: dict[Token, list[int]] = {}
        for at, line in enumerate(lines):
            self.known.setdefault(line, []).append(at)

    def first(self, token: Token, start: int) -> int:
        """The first place from ``start`` on where ``token`` fits, -1 when there is none."""
        places = self.known.get(token, [])
        if token not in self.known and isinstance(token, Glob | Regex):
            self.comparisons -= len(self.lines)
            if self.comparisons >= 0:
                places = [at for at, line in enumerate(self.lines) if token.fits(line)]
            self.known[token] = places
        at = bisect_left(places, start)
        return places[at] if at < len(places) else -1


class _Aligner:
    """The alignment in the making, and how many pairs of lines may still be compared for it."""

    def __init__(self, tokens: Sequence[Token], out: Sequence[str]) -> None:
        self.tokens, self.out = tokens, out
        self.spans: Alignment = [None] * len(tokens)
        self.cells = _ALL_CELLS

    def result(self) -> Alignment:
        """The whole alignment."""
        self.between(0, len(self.tokens), 0, len(self.out), once=True)
        return self.spans

    def between(self, i: int, n: int, j: int, m: int, *, once: bool) -> None:
        """Align ``tokens[i:n]`` with ``out[j:m]``; ``once``: lines that occur once may be used."""
        same = _same(self.tokens[i:n], self.out[j:m])
        self.spans[i : i + same] = zip(range(j, j + same), range(j + 1, j + same + 1), strict=True)
        i, j = i + same, j + same
        head = list(_agreeing(self.tokens[i:n], self.out[j:m]))
        for low, high in head:
            self.spans[i] = (j + low, j + high)
            i += 1
        j += head[-1][1] if head else 0
        same = _same(self.tokens[i:n][::-1], self.out[j:m][::-1])
        n, m = n - same, m - same
        self.spans[n : n + same] = zip(range(m, m + same), range(m + 1, m + same + 1), strict=True)
        tail = list(_agreeing(self.tokens[i:n][::-1], self.out[j:m][::-1]))
        end = m
        for low, high in tail:
            n -= 1
            self.spans[n] = (end - high, end - low)
        m -= tail[-1][1] if tail else 0
        cells = (n - i) * (m - j)
        if cells > _CELLS and once:
            for a, b in self.anchors(i, n, j, m):
                if i < a or j < b:
                    self.between(i, a, j, b, once=False)
                self.spans[a] = (b, b + 1)
                i, j = a + 1, b + 1
            self.between(i, n, j, m, once=False)
        elif min(cells, _CELLS) <= self.cells:
            self.cells -= min(cells, _CELLS)
            self.nearest(i, n, j, m)
        else:
            self.remaining(i, n, j, m)

    def anchors(self, i: int, n: int, j: int, m: int) -> list[tuple[int, int]]:
        """Pairs of a literal token and a line that both occur once, the most that are in order."""
        shown = Counter(token for token in self.tokens[i:n] if isinstance(token, str))
        printed = Counter(self.out[j:m])
        where = {line: b for b, line in enumerate(self.out[j:m], j) if printed[line] == 1}
        pairs = [
            (a, where[token])
            for a, token in enumerate(self.tokens[i:n], i)
            if isinstance(token, str) and shown[token] == 1 and token in where
        ]
        return _longest_rising(pairs)

    def nearest(self, i: int, n: int, j: int, m: int) -> None:
        """Align by the least edit distance; of what is too much, only both ends."""
        rows = _ends(i, n, max(_CELLS // max(1, m - j), int(_CELLS**0.5)))
        columns = _ends(j, m, _CELLS // max(1, len(rows)))
        places = [*columns, m]
        at = j
        spans = _least_distance([self.tokens[row] for row in rows], [self.out[column] for column in columns])
        for row, span in zip(rows, spans, strict=True):
            if span is None:
                continue
            if self.tokens[row] is GAP:  # takes the lines that were left out, too
                at = max(at, places[span[0] - 1] + 1 if span[0] else j)
                self.spans[row] = at, max(at, places[span[1]])
                at = max(at, places[span[1]])
            else:
                at = places[span[0]] + 1
                self.spans[row] = at - 1, at
        if len(rows) < n - i:
            self.remaining(i, n, j, j)

    def remaining(self, i: int, n: int, at: int, m: int) -> None:
        """Give all the lines to the first gap that has none, if there is one, and nothing to the others."""
        for index in range(i, n):
            if span := self.spans[index]:
                at = span[1]
            elif self.tokens[index] is GAP:
                self.spans[index] = at, max(at, m)
                at = max(at, m)


def _ends(start: int, end: int, kept: int) -> list[int]:
    """The numbers from ``start`` to ``end``, or as many of the first and last."""
    if end - start <= kept:
        return list(range(start, end))
    half = kept // 2
    return [*range(start, start + kept - half), *range(end - half, end)]


def _longest_rising(pairs: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The longest choice of ``pairs``, which rise in the first, that also rises in the second."""
    lasts: list[int] = []
    ends: list[int] = []
    before: list[int] = []
    for index, (_, b) in enumerate(pairs):
        at = bisect_left(lasts, b)
        before.append(ends[at - 1] if at else -1)
        lasts[at : at + 1] = [b]
        ends[at : at + 1] = [index]
    chosen = []
    index = ends[-1] if ends else -1
    while index >= 0:
        chosen.append(pairs[index])
        index = before[index]
    return chosen[::-1]


def _same(tokens: Sequence[Token], out: Sequence[str]) -> int:
    """How many of the first tokens are literals and the first lines, at least; the rest is for a closer look.

    Texts that differ in a line are mostly this, and lists are compared far faster than lines are looked at.
    """
    count, most = 0, min(len(tokens), len(out))
    while count < most and tokens[count : count + _TOGETHER] == out[count : count + _TOGETHER]:
        count += _TOGETHER
    return min(count, most)


def _agreeing(tokens: Sequence[Token], out: Sequence[str]) -> Iterator[Span]:
    """The lines of the first tokens, as far as they agree and the next gap's end is sure."""
    i = j = 0
    gaps = [index for index, token in enumerate(tokens) if token is GAP]
    for stop in [*gaps, len(tokens)]:
        while i < stop:
            if j >= len(out) or not fits(tokens[i], out[j]):
                return
            yield (j, j + 1)
            i, j = i + 1, j + 1
        following = bisect_left(gaps, stop) + 1
        if following >= len(gaps):
            return
        segment = tokens[stop + 1 : gaps[following]]
        at = find(segment, out, j, len(out)) if segment else j
        if at < 0:
            return
        yield (j, at)
        i, j = i + 1, at


def _least_distance(tokens: Sequence[Token], out: Sequence[str]) -> Alignment:
    """The alignment that leaves least alone; where lines merely resemble each other, none."""
    n, m = len(tokens), len(out)
    texts = [_text(token) for token in tokens]
    costs = [[_STRAY * (m - j) for j in range(m + 1)]]  # of what is left, from the last token to the first
    for i in range(n - 1, -1, -1):
        token, below = tokens[i], costs[-1]
        if token is GAP:
            row = below[:]
            for j in range(m - 1, -1, -1):
                row[j] = min(row[j], row[j + 1])
        else:
            row = [0] * m + [below[m] + _STRAY]
            for j in range(m - 1, -1, -1):
                if fits(token, out[j]):
                    row[j] = below[j + 1]
                else:
                    edge = (i, j) in ((0, 0), (n - 1, m - 1))
                    row[j] = min(
                        below[j + 1] + _exchange(texts[i], out[j], edge=edge),
                        below[j] + _STRAY,
                        row[j + 1] + _STRAY,
                    )
        costs.append(row)
    costs.reverse()
    aligned: Alignment = []
    j = 0
    for i, token in enumerate(tokens):
        start = j
        if token is GAP:
            while j < m and costs[i][j] != costs[i + 1][j]:
                j += 1
            aligned.append((start, j))
            continue
        while True:
            cost = costs[i][j]
            if j < m and fits(token, out[j]):
                aligned.append((j, j + 1))
                j += 1
                break
            edge = (i, j) in ((0, 0), (n - 1, m - 1))
            if j < m and cost == costs[i + 1][j + 1] + _exchange(texts[i], out[j], edge=edge):
                aligned.append(None)
                j += 1
                break
            if cost == costs[i + 1][j] + _STRAY:
                aligned.append(None)
                break
            j += 1
    return aligned


def _text(token: Token) -> str:
    if isinstance(token, Glob):
        return token.text
    return token.pattern if isinstance(token, Regex) else str(token)


def _exchange(shown: str, printed: str, *, edge: bool) -> int:
    alike = likeness(shown, printed)
    if alike >= ALIKE:
        return int(_STRAY * (1 - 0.6 * alike))
    return _STRAY - 1 if edge else _STRAY + 1


def likeness(shown: str, printed: str) -> float:
    """How alike two lines look, from 0 to 1: which pairs of letters both have."""
    a, b = _pairs(shown), _pairs(printed)
    return 2 * len(a & b) / (len(a) + len(b) or 1)


@functools.lru_cache(maxsize=2048)
def _pairs(line: str) -> frozenset[str]:
    line = f" {line.strip()[:_LOOKED_AT]} "
    return frozenset(map("".join, itertools.pairwise(line)))
