"""docutils' own state machine, made to report sessions and to tolerate everything else.

Its states are subclassed, not changed: docutils' registries of directives and roles, which Sphinx
fills with entries that need a build, are neither consulted nor touched. Inline markup is not parsed at
all, so that no role is ever looked up. Lines come from the items of docutils' `StringList`, which keep the
number of every line through all nesting; the ``line`` of its nodes is off by up to five. Text
comes from the file: docutils expands tabs and strips trailing blanks.
"""

from __future__ import annotations

import bisect
import copy
import functools
import re
import string
from collections.abc import Callable, Sequence
from typing import Any, ClassVar, cast

from docutils import frontend, nodes, utils
from docutils.parsers import rst
from docutils.parsers.rst import states
from docutils.statemachine import StringList, TransitionCorrection

from wordish.formats import directives
from wordish.formats.inclusion import Included
from wordish.formats.reading import (
    Comment,
    Found,
    Inclusion,
    Remark,
    Session,
    dedent,
    is_lost,
    lost,
    misspelt,
    session,
)
from wordish.formats.sessions import sessions

_LATE_HINT = "put it above the first block, or write it as `.. wordish: ...` before the block that it is for"
_LOST_HINT = "write it as `.. wordish: ...`, with a blank line before and after"
_ANNOUNCES = re.compile(r"(?<!\\)(?:\\\\)*::$")
_COLUMNS = 200  # of a grid table: docutils' parser is quadratic in them
_SAYS = re.compile(r"wordish\s*::?\s*(.*)", re.DOTALL)


def found(lines: Sequence[str], *, path: str, offset: int, included: Included) -> list[Found]:
    """The sessions and comments of a text in order, its lines given without their ends.

    The first of them is the file's line ``offset + 1``.

    Raises `RecursionError` when it is nested deeper than docutils can follow.
    """
    if not _may_hold(lines):
        return []
    prepared = [_prepared(line) for line in lines]
    items = [(path, number) for number in range(offset, offset + len(lines))]
    document = utils.new_document(path, copy.copy(_settings()))
    document.reporter.system_message = _nothing_told  # type: ignore[assignment]
    # To make one takes longer than to read a few lines; what is included is read while others are at work.
    try:
        machine = _idle.pop()
    except IndexError:
        machine = states.RSTStateMachine(_STATES, initial_state="RFC2822Body")
    collector = _Collector(lines, path=path, offset=offset, included=included)
    machine.run(_Lines(prepared, items=items), document, inliner=collector)
    _idle.append(machine)
    return collector.found


def _may_hold(lines: Sequence[str]) -> bool:
    """Whether there may be a session or a comment of wordish in these lines.

    None is without that word or ``::``, which, in what is no directive, has something below it.
    """
    announced = False
    for line in lines:
        if announced and line.strip():
            return True
        if "wordish" in line.lower() or ("::" in line and ".." in line):
            return True
        announced = announced or "::" in line
    return False


def _prepared(line: str) -> str:
    """A line as docutils' `string2lines` prepares it, but always one line for one line."""
    return re.sub(r"[\v\f\r\x1c-\x1e\x85\u2028\u2029]", " ", line.expandtabs(8)).rstrip()


def _nothing_told(*_: Any, **_more: Any) -> nodes.Element:
    """Stands for what docutils would tell of the markup: to make its messages takes as long as to read."""
    return nodes.Element()


@functools.cache
def _settings() -> Any:
    settings = frontend.get_default_settings(rst.Parser)
    settings.report_level = settings.halt_level = 5  # above docutils' most severe: say nothing, go on
    settings.warning_stream = False
    settings.file_insertion_enabled = settings.raw_enabled = False
    return settings


class _Collector(states.Inliner):
    """Leaves inline markup as text, and holds what the states find: the one object all of them share."""

    def __init__(self, lines: Sequence[str], *, path: str, offset: int, included: Included) -> None:
        super().__init__()
        self.included = included
        self.offset = offset
        self.lines = lines
        self.path = path
        self.found: list[Found] = []

    def init_customizations(self, settings: Any) -> None:
        """Nothing to prepare."""

    def parse(self, text: str, *_place: Any) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Inline markup is text."""
        return [nodes.Text(text)], []

    def session(self, content: StringList) -> None:
        """Keep the literal block that docutils' ``content`` is."""
        texts, first = _trimmed(content)
        if texts:
            raw = self._raw(texts, first)
            start, end = self._introduction(first), first + len(raw) - 1
            self.found += session(raw, path=self.path, start=start, end=end, line=first, language="")

    def directive(self, name: str, content: StringList, start: int) -> None:
        """Keep what a directive at the line ``start`` shows or includes; its argument is the first line."""
        argument, above = _argument(content, name)
        texts, first = _trimmed(content[above:])
        raw = self._raw(texts, first)
        at_once = above < len(content) and content.data[above].strip()
        options, below = directives.split(raw, yaml=False) if at_once else ({}, 0)
        held = directives.Content(
            argument=argument,
            options=options,
            lines=raw,
            below=below,
            path=self.path,
            start=start,
            end=max(start + above - 1, first + len(raw) - 1),
            line=first,
            tab=8,
        )
        if name in directives.INCLUDES:
            self.found += self.included.read(name, held, markup="rst")
        else:
            self.found += sessions(name, held)

    def comment(self, content: StringList) -> bool:
        """Keep a comment that speaks to wordish; whether it did."""
        texts, first = _trimmed(content)
        said = _SAYS.match(texts[0]) if texts else None
        if not said:
            self.found += misspelt("\n".join(texts), path=self.path, line=first, written=".. wordish: ")
            return False
        below = dedent(self._raw(texts[1:], first + 1)) if texts[1:] else []
        text = "\n".join([said.group(1), *below])
        self.found.append(Comment(start=first, end=first + len(texts) - 1, text=text))
        return True

    def lost(self, lines: Sequence[str], near: int) -> None:
        """Tell of comments that are a paragraph's text to docutils, which says about where it is."""
        for line in filter(is_lost, lines):
            same = self._saying.get(line.strip(), [near])
            at = bisect.bisect(same, near)
            number = min(same[max(0, at - 1) : at + 1], key=lambda number: abs(number - near))
            near = number + 1
            self.found.append(Remark(diagnostics=(lost(self.path, number, _LOST_HINT),)))

    @functools.cached_property
    def _saying(self) -> dict[str, list[int]]:
        """The numbers of the lines that speak of wordish, by what they say."""
        found: dict[str, list[int]] = {}
        for number, raw in enumerate(self.lines, self.offset + 1):
            if "wordish" in raw:
                found.setdefault(raw.strip(), []).append(number)
        return found

    def _raw(self, texts: Sequence[str], first: int) -> Sequence[str]:
        """The file's own lines, unless more than blanks stands beside them, as in a table."""
        above = first - 1 - self.offset
        raw = self.lines[above : above + len(texts)]
        for line, text in zip(raw, texts, strict=True):
            prepared = _prepared(line)
            if text and (not prepared.endswith(text) or prepared[: -len(text)].strip(" ")):
                return texts
        return raw

    def _introduction(self, line: int) -> int:
        """The first line of the paragraph whose ``::`` announced a literal block."""
        number = line - 1 - self.offset
        while number and not self.lines[number - 1].strip():
            number -= 1
        while number and self.lines[number - 1].strip():
            number -= 1
        return self.offset + number + 1


def _trimmed(content: StringList) -> tuple[list[str], int]:
    """The lines of a content without the blank ones around it, and the file's line of the first, from 1."""
    filled = [number for number, text in enumerate(content.data) if text.strip()]
    if not filled:
        return [], 0
    first, last = filled[0], filled[-1]
    _, offset = content.items[first]
    return content.data[first : last + 1], offset + 1


class _Lines(StringList):
    """Lines whose tails are copied only when somebody looks into them."""

    _whole: StringList
    _start: int

    def __getitem__(self, index: Any) -> Any:
        if not isinstance(index, slice) or index.stop is not None:
            return super().__getitem__(index)
        tail = _Lines.__new__(_Lines)
        tail._whole, tail._start = self, index.start or 0
        return tail

    def __getattr__(self, name: str) -> Any:
        if name not in ("data", "items", "parent", "parent_offset"):
            raise AttributeError(name)
        made = StringList.__getitem__(self._whole, slice(self._start, len(self._whole)))
        self.__dict__.update(vars(made))
        return self.__dict__[name]


class _Tolerant:
    """Mixed into each state of docutils: where sessions, comments and directives are met."""

    inliner: _Collector

    # As in docutils, but its own cache would hand out machines of its own states.
    nested_sm_cache: ClassVar[list[Any]] = []

    def __init__(self, state_machine: Any, debug: bool = False) -> None:
        super().__init__(state_machine, debug)  # type: ignore[call-arg]
        self.nested_sm_kwargs = {"state_classes": _STATES, "initial_state": "Body"}

    def paragraph(self, lines: Sequence[str], lineno: int) -> tuple[list[nodes.Node], bool]:
        """A paragraph, in which a comment is lost; whether a literal block comes next."""
        if any("wordish" in line for line in lines):
            self.inliner.lost(list(lines), lineno)
        return [], bool(_ANNOUNCES.search(lines[-1].rstrip()))

    def nested_parse(self, block: StringList, input_offset: int, *more: Any, **named: Any) -> int:
        """Read what something holds, if it may hold what is looked for."""
        if not _may_hold(block.data):
            return input_offset + len(block)
        return int(super().nested_parse(block, input_offset, *more, **named))  # type: ignore[misc]

    # docutils reads the rest of a list, and of a section, in a machine of its own, on a copy of all lines to
    # the end of the text. To us each item, and each title, is as good as the next: the same machine goes on.

    def nested_list_parse(
        self, _block: StringList, input_offset: int, *_: Any, **_more: Any
    ) -> tuple[int, bool]:
        """Leave the items that follow to whom meets them."""
        return input_offset - 1, True

    def explicit_list(self, _blank_finish: bool) -> None:
        """Leave the explicit markup that follows to whom meets it."""

    def section(self, *_: Any) -> None:
        """A title opens nothing."""


class _Body(_Tolerant):
    """Mixed into the states that know explicit markup."""

    state_machine: Any
    inliner: _Collector
    explicit: Any

    def directive(self, match: re.Match[str], **_presets: Any) -> tuple[list[nodes.Node], bool]:
        """Every directive is known: it shows a session, hides something else, or holds markup."""
        start = _here(self.state_machine)
        content, _, _, blank_finish = self.state_machine.get_first_known_indented(match.end(), strip_top=0)
        content.disconnect()
        name = match.group(1).lower()
        if name == "wordish":  # typed for the comment: it has the same words, and the same body
            if content.data:
                content.data[0] = f"wordish: {content.data[0]}"
                self.inliner.comment(content)
        elif name in directives.SESSIONS or name in directives.INCLUDES:
            self.inliner.directive(name, content, start)
        elif name not in directives.OPAQUE:
            self.nested_parse(_body(content, name), 0, nodes.Element())
        return [], blank_finish or self.state_machine.is_next_line_blank()

    def hyperlink_target(self, match: re.Match[str]) -> tuple[list[nodes.Node], bool]:
        """A target, which shows nothing."""
        *_, blank_finish = self.state_machine.get_first_known_indented(match.end(), until_blank=True)
        return [], blank_finish

    def substitution_def(self, match: re.Match[str]) -> tuple[list[nodes.Node], bool]:
        """A definition, which shows nothing where it stands."""
        *_, blank_finish = self.state_machine.get_first_known_indented(match.end())
        return [], blank_finish

    def comment(self, match: re.Match[str]) -> tuple[list[nodes.Node], bool]:
        """A comment, kept if it speaks to wordish."""
        if self.state_machine.is_next_line_blank() and not match.string[match.end() :].strip():
            return [], True  # an empty comment ends there, whatever follows
        content, _, _, blank_finish = self.state_machine.get_first_known_indented(match.end())
        self.inliner.comment(content)
        return [], blank_finish

    def field(self, match: re.Match[str]) -> tuple[nodes.field, bool]:
        """A field; ``:wordish:`` among the first things of an article speaks of all of it."""
        line = _here(self.state_machine)
        body, _, offset, blank_finish = self.state_machine.get_first_known_indented(match.end())
        if match.group().strip(": ") == "wordish":
            text = " ".join(" ".join(body.data).split())
            late = any(isinstance(found, Session | Inclusion) for found in self.inliner.found)
            self.inliner.found.append(
                Remark(diagnostics=(lost(self.inliner.path, line, _LATE_HINT),))
                if late
                else Comment(start=line, end=line, text=text, article=True)
            )
        self.nested_parse(body, offset, nodes.Element())
        return nodes.field(), blank_finish

    def option_list_item(self, match: re.Match[str]) -> tuple[nodes.option_list_item, bool]:
        """An option and what is said of it, which may stand below."""
        machine = self.state_machine
        here = machine.abs_line_offset()
        body, _, offset, blank_finish = machine.get_first_known_indented(match.end())
        if not body:
            machine.goto_line(here)
            raise TransitionCorrection("text")
        self.nested_parse(body, offset, nodes.Element())
        return nodes.option_list_item(), blank_finish

    def line_block(
        self, match: re.Match[str], _context: Any, next_state: str
    ) -> tuple[list[Any], str, list[Any]]:
        """A line of a line block, which shows nothing."""
        self.state_machine.get_first_known_indented(match.end(), until_blank=True)
        return [], next_state, []

    def block_quote(self, indented: StringList, line_offset: int) -> list[nodes.Element]:
        """A quote, to the end; docutils looks for the names below its parts, time and again."""
        self.nested_parse(indented, line_offset, nodes.Element())
        return []

    def table(self, isolate: Callable[[], Any], parser: Any) -> tuple[list[nodes.Node], bool]:
        """A table, if it may hold what is looked for and a person may have drawn it."""
        isolated = isolate()
        block, _, blank_finish = isolated
        if not block or not _may_hold(block.data) or len(block[0].split("+")) > _COLUMNS:
            return [], blank_finish
        return cast("Any", super()).table(lambda: isolated, parser)  # type: ignore[no-any-return]


class _Text(_Tolerant):
    """Mixed into the states that end a paragraph, where ``::`` announces a literal block."""

    state_machine: Any
    inliner: _Collector

    def literal_block(self) -> list[nodes.Node]:
        """The indented block below, or the quoted one."""
        content, _, _, _ = self.state_machine.get_indented()
        if any(text.strip() for text in content.data):
            self.inliner.session(content)
            return []
        return self.quoted_literal_block()

    def quoted_literal_block(self) -> list[nodes.Node]:
        """Unindented lines that all start with the same sign, such as ``$``."""
        machine = self.state_machine
        lines, first = machine.input_lines.data, machine.line_offset
        while first < len(lines) and not lines[first].strip():
            first += 1
        sign = lines[first][:1] if first < len(lines) else ""
        if sign and sign in string.punctuation:
            after = next((n for n in range(first, len(lines)) if lines[n][:1] != sign), len(lines))
            self.inliner.session(machine.input_lines[first:after])
            machine.next_line(after - 1 - machine.line_offset)
        return []


def _here(state_machine: Any) -> int:
    """The file's line that a state machine is at, from 1."""
    _, offset = state_machine.input_lines.items[state_machine.line_offset]
    return int(offset) + 1


def _argument(content: StringList, name: str) -> tuple[str, int]:
    """The argument of a directive, and how many of its lines it takes; a path may go on below the first."""
    first = content.data[0].strip() if content.data else ""
    if first or name not in directives.INCLUDES:
        return first, 1
    more = [text.strip() for text in content.data[1:]]
    stop = next((index for index, text in enumerate(more) if not text or text.startswith(":")), len(more))
    return " ".join(more[:stop]), stop + 1


def _body(content: StringList, name: str) -> StringList:
    """What a directive that holds markup holds."""
    first = content.data[0].strip() if content.data else ""
    below = content[1:]
    _, options = directives.split(below.data, yaml=False)
    below = below[options:]
    return content[:1] + below if name in directives.ADMONITIONS or first.endswith("::") else below


def _state(state: type[states.RSTState]) -> type[states.RSTState]:
    """A state of docutils with our mixins; docutils finds states by the names of their classes."""
    mixins = {states.Body: _Body, states.Text: _Text}
    mixin = next((mixins[known] for known in mixins if issubclass(state, known)), _Tolerant)
    changed: Any = type(state.__name__, (mixin, state), {})
    if issubclass(state, states.Body):
        explicit = copy.copy(state.explicit)
        explicit.constructs = [
            (getattr(changed, method.__name__), pattern) for method, pattern in state.explicit.constructs
        ]
        changed.explicit = explicit
    return cast("type[states.RSTState]", changed)


_STATES = tuple(_state(state) for state in states.state_classes)
_idle: list[states.RSTStateMachine] = []
