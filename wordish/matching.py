"""May this expected text stand for that actual text?

The rule. Everything shown must have been printed, in order; everything printed on stdout must be
shown. What is printed on stderr need not be shown, but what is shown of it must be true. So the
shown lines must be *all* lines of stdout and *some* lines of stderr, each stream in its order.

A line is taken by its mode:

``ellipsis``
    ``...`` or ``…`` inside a line is any text of that line; on a line of its own (also ``[...]``)
    it is a gap: any number of lines, none too. Indentation counts only from line to line: shown
    text may stand any number of columns to the left of the printed one.
``exact``
    The same without wildcards: dots are dots. Readers take the common indentation off what is
    shown, so that alone cannot be compared.
``regex``
    Each line is a pattern that must match the whole of one printed line, without the indentation
    common to its stream. Patterns are RE2's (https://github.com/google/re2/wiki/Syntax), whose
    time is linear in the line whatever the pattern.

Samples (`wordish.forms`) stand for the values that they are bound to, those that have none for anything
that looks like one.

Trailing blanks, and blank lines at both ends, never count.

Cost: one pass over the output where stdout alone explains what is shown. Telling interleaved
streams apart has no such bound, so that search is counted and given up (`matches` is then
``None``) past a number of steps no honest article comes near.
"""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from wordish.model import Expectation
from wordish.pattern import Glob, Regex, Token, fits, indent, moved, solid, token_of
from wordish.trimming import trimmed
from wordish.weave import accounts

_OFFSETS: Final = 16  # indentations tried; an honest output leaves one or two
_VOTERS: Final = 32
_GLOB_VOTERS: Final = 1


def printed_lines(text: str) -> list[str]:
    """The lines of a stream, without trailing blanks and without blank lines at both ends."""
    if " \n" in text or text.endswith(" "):
        text = "\n".join(line.rstrip(" ") for line in text.split("\n"))
    text = text.strip("\n")
    return text.split("\n") if text else []


def indentation(lines: Iterable[str]) -> int:
    """How many blanks all lines that are not empty begin with."""
    least = None
    for line in filter(None, lines):
        if line[0] != " ":  # as in most texts the first does
            return 0
        own = indent(line)
        least = own if least is None else min(own, least)
    return least or 0


class Reading(NamedTuple):
    """Tokens to be compared, as they stand, with the lines of stdout and of stderr.

    ``columns``: how far to the left of the printed text the shown text stands.
    """

    tokens: list[Token]
    out: list[str]
    err: list[str]
    columns: int = 0


def readings(expectation: Expectation, *, stdout: str, stderr: str) -> Iterator[Reading]:
    """The ways to lay what is shown over what was printed, the one to be expected first.

    They differ in how many columns the shown text was moved to the left.
    """
    plain = plain_reading(expectation, stdout, stderr)
    if expectation.match == "regex":
        yield plain
        return
    likely = indentation(plain.out or plain.err)
    yield _moved_reading(plain, likely)
    votes, voters = _offsets(plain)
    worthy = sorted(columns for columns, count in votes.items() if count == voters and columns != likely)
    for columns in worthy[:_OFFSETS]:
        yield _moved_reading(plain, columns)


def closest_reading(expectation: Expectation, *, stdout: str, stderr: str) -> Reading:
    """The reading under which most of what is shown occurs in what was printed."""
    plain = plain_reading(expectation, stdout, stderr)
    if expectation.match == "regex":
        return plain
    likely = indentation(plain.out or plain.err)
    votes, _ = _offsets(plain)
    return _moved_reading(plain, max(votes, key=lambda at: (votes[at], at == likely, -at), default=likely))


def plain_reading(expectation: Expectation, stdout: str, stderr: str) -> Reading:
    """The tokens with the least indented one at column 0, and the streams they are to be found in."""
    # Asked for one stream, the other does not exist; asked for stderr, it is judged as stdout is.
    out = printed_lines(stderr if expectation.stream == "stderr" else stdout)
    err = printed_lines(stderr) if expectation.stream == "both" else []
    lines = expectation.text.split("\n") if expectation.text else []
    if expectation.match == "regex":
        out, err = ([line[indentation(lines) :] for line in lines] for lines in (out, err))
        return Reading(_sampled(expectation) or [Regex(line) for line in lines], out, err)
    tokens: list[Token] = [*lines]
    if sampled := _sampled(expectation):
        tokens = sampled
    elif expectation.match == "ellipsis" and ("..." in expectation.text or "…" in expectation.text):
        tokens = [token_of(line) for line in lines]
    own = indentation(map(solid, tokens))
    return Reading(moved(tokens, -own), out, err, columns=-own)


def _sampled(expectation: Expectation) -> list[Token]:
    """The tokens of an expectation that shows samples; none for one that shows none."""
    if not expectation.samples:
        return []
    from wordish import forms  # few articles have any

    return forms.tokens(expectation) if forms.shown(expectation) else []


def _moved_reading(reading: Reading, columns: int) -> Reading:
    tokens = moved(reading.tokens, columns)
    return Reading(tokens, reading.out, reading.err, columns=reading.columns + columns)


def _offsets(reading: Reading) -> tuple[Counter[int], int]:
    """By how many columns the tokens may be moved: in how many of the voters' eyes, how many voters.

    The voters are some of the shown lines that must occur somewhere in what was printed.
    """
    literals = [token for token in reading.tokens if isinstance(token, str) and token]
    globs = [token for token in reading.tokens if isinstance(token, Glob) and solid(token)]
    voters: set[Token] = {*literals[:: len(literals) // _VOTERS + 1]} or {*globs[:_GLOB_VOTERS]}
    at_left = {token: moved([token], -indent(solid(token)))[0] for token in voters}
    wanted = set(at_left.values())
    printed = itertools.chain(reading.out, reading.err)
    columns: dict[Token, set[int]] = defaultdict(set)
    if literals:
        for line in {line for line in printed if line.lstrip(" ") in wanted}:
            columns[line.lstrip(" ")].add(indent(line))
    else:
        for line in set(printed):
            for token in wanted:
                if fits(token, line.lstrip(" ")):
                    columns[token].add(indent(line))
    votes: Counter[int] = Counter()
    for token, bare in at_left.items():
        own = indent(solid(token))
        votes.update(at - own for at in columns[bare] if at >= own)
    return votes, len(voters)


def matches(expectation: Expectation, *, stdout: str, stderr: str = "") -> bool | None:
    """Whether what is shown may stand for what was printed; ``None``: it takes too long to tell.

    What reads like remarks at its end need not be there.
    """
    found = _matches(expectation, stdout=stdout, stderr=stderr)
    if found or not expectation.remarks:
        return found
    return _matches(without_remarks(expectation), stdout=stdout, stderr=stderr)


def without_remarks(expectation: Expectation) -> Expectation:
    """What is shown for certain: without the last lines that read like remarks."""
    if not expectation.remarks or not expectation.lines:
        return expectation
    text = "\n".join(expectation.text.split("\n")[: -expectation.remarks]).rstrip("\n")
    first = expectation.lines[0]
    lines = (first, first + text.count("\n")) if text else None
    return expectation._replace(text=text, lines=lines, remarks=0)


def _matches(expectation: Expectation, *, stdout: str, stderr: str) -> bool | None:
    literal = expectation.match != "regex" and not expectation.samples
    if literal and expectation.stream != "stderr" and expectation.text == stdout:
        return True  # whatever its wildcards, a text stands for itself
    found: bool | None = False
    if part := trimmed(expectation, stdout=stdout, stderr=stderr):
        expectation, stdout = part.expectation, part.stdout
    for reading in readings(expectation, stdout=stdout, stderr=stderr):
        held = accounts(reading.tokens, reading.out, reading.err)
        if held:
            return True
        found = None if held is None else found
    return found
