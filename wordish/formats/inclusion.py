"""Files that an article includes: as markup, as if they stood in its place, or to the letter.

The options are those of docutils' ``include`` and Sphinx's ``literalinclude``, in their order. Nothing is
opened here: who reads the article hands down a `Load`. What is included is known by its own path and lines.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from wordish.formats.directives import CONSOLES, Content
from wordish.formats.reading import Found, Inclusion, Part, Remark, Session, dedent, prepared
from wordish.model import Block, Diagnostic, Severity

# How many inclusions an article may have in all, of how many characters together, and how many one within
# the other: more is a trap.
MOST: Final = 1000
LONGEST: Final = 50_000_000
DEEPEST: Final = 40

# The endings of files that hold a session if they hold anything of the kind.
_TRANSCRIPTS: Final = ("", ".txt", ".console", ".sh-session")

_CLIPS: Final = ("start-line", "end-line", "start-after", "end-before")

_Lines = list[tuple[int, str]]  # of the file, each with its number; a line that is put in has its neighbour's


class Loaded(NamedTuple):
    """An included file: its path and its text, untouched; or why there is none."""

    path: str
    text: str = ""
    fault: str = ""


Load = Callable[[str, str], Loaded]
"""Gives the file of this name, as the file at that path says it."""


class Included:
    """What an article includes while it is read: where it comes from, what is open, how much it was."""

    def __init__(self, load: Load, *, path: str) -> None:
        self._load = load
        self._open = [(posixpath.normpath(path), ("",) * len(_CLIPS))]
        self._count = self._length = 0

    @property
    def at_the_top(self) -> bool:
        """Whether it is the article itself that is read, not a file that it includes."""
        return len(self._open) == 1

    def read(self, name: str, content: Content, *, markup: str) -> Iterator[Found]:
        """What the directive ``name`` includes; a key of `FORMATS` is the ``markup`` it stands in."""
        target = " ".join(content.argument.split())
        if not target or (target.startswith("<") and target.endswith(">")):  # docutils' own definitions
            return
        path, line = content.path, content.start
        loaded = self._load(target, path)
        self._count, self._length = self._count + 1, self._length + len(loaded.text)
        if self._count > MOST or self._length > LONGEST or len(self._open) > DEEPEST:
            yield _fault(path, line, "bad-include", "too much is included, one file by the other")
            return
        language = _language(name, content, loaded.path)
        if loaded.fault:
            if language is None or language in CONSOLES | {"", "none", "plaintext"}:
                yield _fault(
                    path,
                    line,
                    "missing-include",
                    f"{target} is not included: {loaded.fault}",
                    severity=Severity.WARNING,
                )
            return
        try:
            text = prepared(loaded.text)
            lines = _selected(content, text) if name == "literalinclude" else _clip(content, text)
        except ValueError as error:
            yield _fault(path, line, "bad-include", f"{target}: {error}")
            return
        numbers = [number for number, _ in lines]
        shown = range(min(numbers, default=1), max(numbers, default=0) + 1)
        part = Part(path=loaded.path, text=loaded.text, lines=shown)
        if language is not None:
            found: tuple[Found, ...] = tuple(_literal(lines, loaded.path, language))
        else:
            key = (loaded.path, tuple(content.said(option) for option in _CLIPS))
            if key in self._open:
                chain = " > ".join([*(path for path, _ in self._open), loaded.path])
                yield _fault(path, line, "include-cycle", f"a file includes itself: {chain}")
                return
            self._open.append(key)
            found = self._markup(lines, loaded.path, content.said("parser").lower() or markup)
            self._open.pop()
        yield Inclusion(start=content.start, part=part, found=found)

    def _markup(self, lines: _Lines, path: str, markup: str) -> tuple[Found, ...]:
        """What stands in lines of a file; a parser's name holds that of its markup."""
        from wordish.formats import markdown, rst  # which read what is included in them

        found = markdown.found if "myst" in markup or "markdown" in markup else rst.found
        text = "\n".join(text for _, text in lines)
        return tuple(found(text, path=path, offset=lines[0][0] - 1 if lines else 0, included=self))


def _language(name: str, content: Content, path: str) -> str | None:
    """The language of what is shown to the letter, ``None`` for markup."""
    if name == "include":
        literal = {"literal", "code"} & content.options.keys()
        return content.said("code").lower() if literal else None
    suffix = posixpath.splitext(path)[1].lower()
    return content.said("language").lower() or ("" if suffix in _TRANSCRIPTS else suffix[1:])


def _clip(content: Content, text: str) -> _Lines:
    """What docutils' ``include`` takes of a text; raises `ValueError` for options that take nothing."""
    lines = list(enumerate(text.split("\n"), 1))
    start, end = (content.said(option).strip() for option in ("start-line", "end-line"))
    lines = lines[_number("start-line", start) : _number("end-line", end)]
    if after := content.said("start-after"):
        index, column = _position(lines, after, "start-after", past=True)
        lines = [(lines[index][0], lines[index][1][column:]), *lines[index + 1 :]]
    if before := content.said("end-before"):
        index, column = _position(lines, before, "end-before", past=False)
        lines = [*lines[:index], (lines[index][0], lines[index][1][:column])]
    return lines


def _number(option: str, said: str) -> int | None:
    try:
        return int(said) if said else None
    except ValueError:
        raise ValueError(f"{option} takes a number") from None


def _position(lines: _Lines, wanted: str, option: str, *, past: bool) -> tuple[int, int]:
    """The index of the line, and the column, where ``wanted`` begins, or with ``past`` where it ends."""
    text = "\n".join(line for _, line in lines)
    found = text.find(wanted)
    if found < 0:
        raise ValueError(f"the text of {option} is not in it")
    found += len(wanted) if past else 0
    above = text[:found].split("\n")
    return len(above) - 1, len(above[-1])


def _selected(content: Content, text: str) -> _Lines:
    """What Sphinx's ``literalinclude`` takes of a text; raises `ValueError` for options that take nothing."""
    if {"pyobject", "diff"} & content.options.keys():
        return []
    lines = list(enumerate(text.removesuffix("\n").split("\n"), 1))
    for option, past in (("start-at", 0), ("start-after", 1)):
        if wanted := content.said(option):
            lines = lines[_line(lines, wanted, option) + past :]
            break
    for option, past in (("end-at", 1), ("end-before", 0)):
        if wanted := content.said(option):
            # Where it is the first line, Sphinx looks for the next.
            skipped = 0 if past else 1
            lines = lines[: _line(lines[skipped:], wanted, option) + skipped + past]
            break
    if spec := content.said("lines"):
        lines = [lines[index] for index in _indices(spec, len(lines))]
    if cut := _number("dedent", content.said("dedent").strip()):
        lines = [(number, line[cut:]) for number, line in lines]
    first, last = (lines[0][0], lines[-1][0]) if lines else (1, 1)
    put_in = [(first, content.said("prepend"))] if content.said("prepend") else []
    return [*put_in, *lines, *([(last, content.said("append"))] if content.said("append") else [])]


def _line(lines: _Lines, wanted: str, option: str) -> int:
    for index, (_, line) in enumerate(lines):
        if wanted in line:
            return index
    raise ValueError(f"the text of {option} is not in it")


def _indices(spec: str, total: int) -> Iterator[int]:
    """The lines of a specification such as ``1,3,5-10,20-``, from 0."""
    for part in spec.split(","):
        first, dash, last = (each.strip() for each in part.partition("-"))
        try:
            start = int(first or 1)
            end = int(last or max(start, total)) if dash else start
        except ValueError:
            start, end = 1, 0
        if not (first or last) or not 0 < start <= end:
            raise ValueError(f"lines: {part.strip()!r} is no range of lines")
        yield from range(start - 1, min(end, total))


def _literal(lines: _Lines, path: str, language: str) -> Iterator[Session]:
    filled = [index for index, (_, line) in enumerate(lines) if line.strip()]
    if not filled:
        return
    lines = lines[filled[0] : filled[-1] + 1]
    numbers = tuple(number for number, _ in lines)
    in_a_row = numbers == tuple(range(numbers[0], numbers[0] + len(numbers)))
    block = Block(
        path=path,
        line=numbers[0],
        text="\n".join(dedent([line for _, line in lines])),
        language=language,
        numbers=() if in_a_row else numbers,
    )
    yield Session(start=numbers[0], end=numbers[-1], block=block)


def _fault(path: str, line: int, name: str, message: str, *, severity: Severity = Severity.ERROR) -> Remark:
    hints = {
        "missing-include": "name a text that is there, as seen from this file",
        "include-cycle": "take one of these inclusions out",
        "bad-include": "look at the options of this directive",
    }
    fault = Diagnostic(path=path, line=line, name=name, severity=severity, message=message, hint=hints[name])
    return Remark(diagnostics=(fault,))
