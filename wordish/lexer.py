"""A Pygments lexer for shell sessions: what it colours as a command is what `wordish check` runs.

The splitting is `wordish.session`'s, so here-documents, functions and open quotes are one command, and an
output that looks like shell is none. Registered with Pygments as ``wordish`` and ``wordish-console``;
it needs neither Sphinx nor a run.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar, NamedTuple

from pygments.lexer import Lexer
from pygments.lexers.shell import BashLexer
from pygments.token import Comment, Error, Generic, Text, Whitespace, _TokenType

from wordish import prompts, session
from wordish.errors import MissingToolError
from wordish.model import Block, Options, Step, User
from wordish.prompts import Prompted

PROMPT = Generic.Prompt
"""Prompts, with the blank behind them; `USER`, `ROOT` and `CONTINUATION` are kinds of it."""
USER = Generic.Prompt.User
ROOT = Generic.Prompt.Root
CONTINUATION = Generic.Prompt.Continuation
OUTPUT = Generic.Output
HINT = Comment.Hint
"""What a trailing comment says to wordish, with the blanks before it."""

Coloured = tuple[_TokenType, str]

_BASH = BashLexer()
_PLAIN = frozenset({Text, Whitespace, Error})
_PS2 = re.compile(r">(?:[ \u00a0]|$)")


class Reading(NamedTuple):
    """What decides where commands start: the block's language, and what was said of prompts."""

    language: str = "console"
    options: Options = Options()


USUAL = Reading()
"""How sessions are read when nobody said anything."""


class SessionLexer(Lexer):
    """Prompts, commands (coloured as bash), continuation prompts, hints and outputs of shell sessions."""

    name = "Shell session (wordish)"
    aliases: ClassVar[list[str]] = ["wordish", "wordish-console"]
    filenames: ClassVar[list[str]] = []
    mimetypes: ClassVar[list[str]] = []
    url = ""

    reading: ClassVar[Reading] = USUAL
    """How sessions are read; a class of its own for another way (`of`)."""

    @classmethod
    def of(cls, reading: Reading) -> type[SessionLexer]:
        """The lexer of sessions that are read like that."""
        return type(cls.__name__, (cls,), {"reading": reading})

    def get_tokens_unprocessed(self, text: str) -> Iterator[tuple[int, _TokenType, str]]:
        """Every character of ``text``, in order, with its kind."""
        at = 0
        for kind, piece in coloured(text, self.reading):
            if piece:
                yield at, kind, piece
                at += len(piece)

    @staticmethod
    def analyse_text(_text: str) -> float:
        """Never guessed: sessions are tagged by their author."""
        return 0.0


def coloured(text: str, reading: Reading = USUAL) -> Iterator[Coloured]:
    """The pieces of a session's text with their kinds; together they are ``text``."""
    lines = text.split("\n")
    block = Block(path="", line=1, text=text, language=reading.language, options=reading.options)
    try:
        steps = {step.line: step for step in session.steps(block)[0]}
    except MissingToolError:  # no bash here: a command is then its first line
        steps = {}
    starts: Mapping[int, Prompted] | None = None
    anywhere = prompts.own(reading.options) is not None
    number = 1
    pieces: list[Coloured] = []
    while number <= len(lines):
        if number in steps:
            step = steps[number]
            pieces += _step(step, lines[step.line - 1 : step.end_line])
            number = step.end_line + 1
            continue
        line = lines[number - 1]
        if starts is None and (anywhere or "$" in line or "#" in line):
            starts = session.prompted_lines(block)
        if starts and number in starts:
            pieces += _refused(line, starts[number])
        else:
            pieces.append((OUTPUT, f"{line}\n"))
        number += 1
    kind, last = pieces[-1]
    pieces[-1] = kind, last[:-1]  # the last line has no end
    return iter(pieces)


class _Line(NamedTuple):
    """A line of a command as the article has it: ``before`` and ``after`` are not part of the command."""

    before: Sequence[Coloured]
    text: str
    after: Sequence[Coloured]


def _step(step: Step, lines: Sequence[str]) -> Iterator[Coloured]:
    """The lines of one step's command, coloured."""
    wanted = step.command.split("\n")
    first = _prompt(lines[0], step.prompt, step.user)
    shown = [first, *_without_prompts(lines[1:], wanted[1:])]
    parts = [
        _Line(
            before=before,
            text=rest[: len(command)],
            after=_after(rest[len(command) :]),
        )
        for (before, rest), command in zip(shown, wanted, strict=True)
    ]
    yield from parts[0].before
    number, column = 0, 0
    for kind, value in _bash(step.command):
        for index, piece in enumerate(value.split("\n")):
            if index:
                yield from parts[number].after
                yield Whitespace, "\n"
                number, column = number + 1, 0
                yield from parts[number].before
            yield kind, parts[number].text[column : column + len(piece)]
            column += len(piece)
    yield from parts[number].after
    yield Whitespace, "\n"


def _bash(command: str) -> Iterator[Coloured]:
    """The tokens of a command, which together are the command; what has no colour is one piece."""
    plain: list[str] = []
    for _, kind, value in _BASH.get_tokens_unprocessed(command):
        if kind in _PLAIN:
            plain.append(value)
            continue
        if plain:
            yield Text, "".join(plain)
            plain = []
        yield kind, value
    if plain:
        yield Text, "".join(plain)


def _without_prompts(lines: Sequence[str], wanted: Sequence[str]) -> list[tuple[list[Coloured], str]]:
    """Each line's continuation prompt and the rest of it, in which the command stands."""
    continued = all(
        _PS2.match(line) and line[2:].replace("\u00a0", " ").startswith(command)
        for line, command in zip(lines, wanted, strict=True)
    )
    if continued:
        return [([(CONTINUATION, line[:2])], line[2:]) for line in lines]
    return [([], line) for line in lines]


def _prompt(line: str, prompt: str, user: User) -> tuple[list[Coloured], str]:
    """The prompt at the start of a line with its blanks, and what was typed there."""
    typed = line[len(prompt) :].lstrip(" \t\u00a0")
    blanks = line[len(prompt) : len(line) - len(typed)]
    return [(ROOT if user == "root" else USER, line[: len(prompt)]), (PROMPT, blanks)], typed


def _after(tail: str) -> list[Coloured]:
    """What follows the command on its line: blanks, or a hint."""
    return [(HINT if tail.strip() else Whitespace, tail)]


def _refused(line: str, prompted: Prompted) -> Iterator[Coloured]:
    """A line with a prompt that is no step: nothing was typed there, or bash would wait for more."""
    before, typed = _prompt(line, prompted.prompt, prompted.user)
    if typed and not prompted.rest.strip():  # somebody says that it is a comment
        yield OUTPUT, f"{line}\n"
        return
    yield from before
    yield from _bash(typed)
    yield (Whitespace if typed else PROMPT), "\n"
