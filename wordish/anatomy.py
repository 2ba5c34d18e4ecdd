"""What a command is made of: the programs it calls, their words, its comments.

Read by tree-sitter's grammar of bash, which finds its way through almost every command and says where
it does not. Only what stands there to the letter is told: a name made of variables is nobody's guess.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from tree_sitter import Node, Parser

_NAME: Final = re.compile(r"[\w.+@:%/~\[-][\w.+@:%/~\[-]*")
# Where a command runs when the line does, and the shell waits for it.
_AT_ONCE: Final = frozenset({"program", "list", "redirected_statement", "negated_command"})
# Those that run the program that their first plain word names.
_RUNNERS: Final = frozenset(
    {
        "sudo",
        "doas",
        "env",
        "nohup",
        "exec",
        "command",
        "builtin",
        "time",
        "nice",
        "ionice",
        "setsid",
        "xargs",
    }
)
_ASSIGNED: Final = re.compile(r"[A-Za-z_]\w*=")


class Call(NamedTuple):
    """A simple command: the ``name`` of its program and the ``words`` after it, as written.

    ``at_once``: it runs when the line does, and the shell waits for it; ``by`` is the call that runs
    it (``sudo``), "" for the shell.
    """

    name: str
    words: tuple[str, ...]
    at_once: bool
    by: str = ""


class Anatomy(NamedTuple):
    """The parts of a command, each in the order of the text.

    ``words`` stand outside of quotes and here-documents. ``functions`` are the names of those that it
    defines, ``targets`` where it redirects to. ``comments`` are whole, with the line of the command,
    from 0, where each stands. ``clear``: the grammar understood all of it.
    """

    calls: tuple[Call, ...]
    words: tuple[str, ...]
    functions: tuple[str, ...]
    targets: tuple[str, ...]
    comments: tuple[tuple[int, str], ...]
    clear: bool


@functools.lru_cache(maxsize=4096)
def anatomy(command: str) -> Anatomy:
    """Take a command apart; nothing of it is run."""
    root = _parser().parse(command.encode(errors="replace")).root_node
    calls: list[Call] = []
    words: list[str] = []
    functions: list[str] = []
    targets: list[str] = []
    comments: list[tuple[int, str]] = []
    for node, at_once in _below(root):
        if node.type == "command":
            calls += _calls(node, at_once=at_once)
        elif node.type == "word":
            words.append(_text(node))
        elif node.type == "function_definition" and (name := node.child_by_field_name("name")):
            functions.append(_text(name))
        elif node.type == "file_redirect" and (target := node.child_by_field_name("destination")):
            targets.append(_text(target))
        elif node.type == "comment":
            comments.append((node.start_point[0], _text(node)))
    return Anatomy(
        calls=tuple(calls),
        words=tuple(words),
        functions=tuple(functions),
        targets=tuple(targets),
        comments=tuple(comments),
        clear=not root.has_error,
    )


@functools.cache
def _parser() -> Parser:
    import tree_sitter
    import tree_sitter_bash

    return tree_sitter.Parser(tree_sitter.Language(tree_sitter_bash.language()))


def _below(root: Node) -> Iterator[tuple[Node, bool]]:
    """The nodes from ``root`` on, parents before children, in the order of the text.

    Beside each, whether it runs when the line does, and the shell waits for it.
    """
    waiting = [(root, True)]
    while waiting:
        node, at_once = waiting.pop()
        yield node, at_once
        children = node.children
        inside = at_once and node.type in _AT_ONCE
        following = ""
        for child in reversed(children):
            if child.is_named:
                waiting.append((child, inside and following != "&"))
            following = child.type


def _calls(node: Node, *, at_once: bool) -> Iterator[Call]:
    """The call that a command is, and those that it runs itself."""
    name = node.child_by_field_name("name")
    if name is None or not _NAME.fullmatch(_text(name)):
        return
    words = tuple(map(_text, node.children_by_field_name("argument")))
    call = Call(name=_text(name), words=words, at_once=at_once)
    yield call
    while call.name in _RUNNERS:
        rest = call.words
        while rest and _ASSIGNED.match(rest[0]):
            rest = rest[1:]
        if not rest or not _NAME.fullmatch(rest[0]) or rest[0].startswith("-"):
            return
        call = Call(name=rest[0], words=rest[1:], at_once=call.at_once, by=call.name)
        yield call


def _text(node: Node) -> str:
    return (node.text or b"").decode(errors="replace")
