"""Texts that show samples: where they stand, what the lines mean as tokens, what is to be typed.

A literal counts where it is not part of a longer run of letters and digits; of several at one place, the
longest.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Sequence
from typing import Final

from wordish.model import Expectation, Sample
from wordish.pattern import ANYTHING, GAP, Glob, Hole, Regex, Token, escaped, group, token_of

_BLANKS: Final = re.compile(r" +")
_WILDCARDS: Final = re.compile(r"((?:\.\.\.|…)+)")
_WRITTEN: Final = 4  # letters from which on a value is sure to be that of its sample


def occurrences(text: str, samples: Sequence[Sample]) -> Iterator[tuple[int, int, Sample]]:
    """Where samples are shown: start, end, and which."""
    known = {sample.text: sample for sample in samples}
    for found in _finder(tuple(known)).finditer(text):
        yield found.start(), found.end(), known[found.group()]


def shown(expectation: Expectation) -> tuple[Sample, ...]:
    """The samples that an expectation shows, each once, in the order in which they are shown."""
    if not expectation.samples or not expectation.text:
        return ()
    samples = {sample.text: sample for sample in expectation.samples}
    regex = expectation.match == "regex"
    spelt = _spelt(expectation.samples) if regex else {sample: sample.text for sample in expectation.samples}
    found = (spelt[sample] for _, _, sample in occurrences(expectation.text, list(spelt)))
    return tuple(samples[text] for text in dict.fromkeys(found))


@functools.lru_cache(maxsize=256)
def _finder(texts: tuple[str, ...]) -> re.Pattern[str]:
    longest_first = sorted(texts, key=len, reverse=True)
    return re.compile("|".join(map(_alone, longest_first)) or r"(?!)")


def _alone(text: str) -> str:
    before = r"(?<![^\W_])" if text[0].isalnum() else ""
    after = r"(?![^\W_])" if text[-1].isalnum() else ""
    return f"{before}{re.escape(text)}{after}"


# What is shown, as it is meant now.


def spoken(text: str, samples: Sequence[Sample]) -> str:
    """``text`` with the values of the samples that have one."""
    pieces, at = [], 0
    for start, end, sample in occurrences(text, samples):
        pieces += [text[at:start], text[start:end] if sample.value is None else sample.value]
        at = end
    return "".join((*pieces, text[at:]))


def written(line: str, samples: Sequence[Sample]) -> str:
    """A printed line as the article would show it: values that cannot be mistaken are their samples again."""
    values = [
        sample._replace(text=sample.value, value=sample.text)
        for sample in samples
        if sample.value and (sample.secret or len(sample.value) >= _WRITTEN)
    ]
    return spoken(line, values)


def tokens(expectation: Expectation) -> list[Token]:
    """What the lines of an expectation mean that shows samples.

    In a table the widths of columns are those of what is printed: where something else may stand in a
    sample's place, a run of blanks stands for any.
    """
    samples, wild = expectation.samples, expectation.match == "ellipsis"
    lines = expectation.text.split("\n")
    if expectation.match == "regex":
        return [_regex(line, samples) for line in lines]
    table = wild and any("  " in line.strip(" ") for line in lines)
    return [_token(line, samples, wild=wild, table=table) for line in lines]


def _token(line: str, samples: Sequence[Sample], *, wild: bool, table: bool) -> Token:
    if wild and token_of(line) is GAP:
        return GAP
    margin = line[: len(line) - len(line.lstrip(" "))]
    pieces: list[str | Hole] = []
    at = len(margin)
    for start, end, sample in occurrences(line, samples):
        pieces += _pieces(line[at:start], wild=wild, table=table)
        if start == len(margin):  # what may be wider or narrower has no indentation of its own
            pieces.append(Hole(shown=margin, pattern=" *"))
        value = sample.value
        pieces.append(
            Hole(shown=sample.text, pattern=sample.pattern, sample=True) if value is None else value
        )
        at = end
    pieces += _pieces(line[at:], wild=wild, table=table)
    first = next(filter(None, pieces), "")
    parts, holes = [margin if isinstance(first, str) else ""], []
    for piece in pieces:
        if isinstance(piece, Hole):
            holes.append(piece)
            parts.append("")
        else:
            parts[-1] += piece
    return Glob(parts=tuple(parts), holes=tuple(holes)) if holes else parts[0]


def _pieces(text: str, *, wild: bool, table: bool) -> Iterator[str | Hole]:
    """A text between samples: literals, wildcards, and in a table runs of blanks."""
    for number, piece in enumerate(_WILDCARDS.split(text) if wild else [text]):
        if number % 2:
            yield Hole(shown=piece, pattern=ANYTHING)
            continue
        at = 0
        for blanks in _BLANKS.finditer(piece) if table else ():
            yield piece[at : blanks.start()]
            yield Hole(shown=blanks.group(), pattern=" +")
            at = blanks.end()
        yield piece[at:]


def _regex(line: str, samples: Sequence[Sample]) -> Regex:
    """A pattern in which samples stand."""
    pieces: list[str] = []
    names: list[str] = []
    at = 0
    spelt = _spelt(samples)
    for start, end, sample in occurrences(line, list(spelt)):
        pieces.append(line[at:start])
        if sample.value is None:
            pieces.append(f"(?P<{group(len(names))}>{sample.pattern})")  # few, in a pattern that is typed
            names.append(spelt[sample])
        else:
            pieces.append(escaped(sample.value))
        at = end
    return Regex("".join((*pieces, line[at:])), tuple(names))


def _spelt(samples: Sequence[Sample]) -> dict[Sample, str]:
    """The samples as they stand in patterns, as they are or escaped, and their texts."""
    return {
        sample._replace(text=form): sample.text
        for sample in samples
        for form in (sample.text, re.escape(sample.text), escaped(sample.text))
    }


# What is to be typed.

_PLAIN: Final = re.compile(r"[\w@%+=:,./~-]+")
_NESTING: Final = re.compile(r"`|\$[('\"{]|<<")


def typed(command: str, samples: Sequence[Sample]) -> str:
    """A command with the values of its samples, in the quotes that they stand in.

    Raises `ValueError` for a value that would be more than text there.
    """
    pieces, at = [], 0
    for start, end, sample in occurrences(command, samples):
        if sample.value is None:
            continue
        value = sample.value
        if not _PLAIN.fullmatch(value):
            if _NESTING.search(command):
                raise ValueError(f"{sample.text} stands for {value!r}, which cannot be put into this command")
            value = _quoted(value, command[:start])
        pieces += [command[at:start], value]
        at = end
    return "".join((*pieces, command[at:]))


def spellings(value: str) -> set[str]:
    """A value as it is, as it is typed in and out of quotes, and as a question is told."""
    return {value, repr(value)[1:-1], *(_quoted(value, before) for before in ("", '"', "'"))}


def _quoted(value: str, before: str) -> str:
    """``value`` as one writes it behind ``before``, where a quote may be open."""
    quote, escape = "", False
    for letter in before:
        if escape:
            escape = False
        elif letter == "\\" and quote != "'":
            escape = True
        elif letter == quote:
            quote = ""
        elif letter in "'\"" and not quote:
            quote = letter
    if quote == "'":
        return value.replace("'", "'\\''")
    special = r'([$`"\\])' if quote else r"([^\w@%+=:,./~-])"
    return re.sub(special, r"\\\1", value)
