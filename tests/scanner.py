"""A reader of its own: line by line, by indentation alone, with none of wordish's code nor its parsers.

It knows the forms that the documentation lists, and nothing of comments that only set options. Whether a
command goes on is asked of bash itself. It is slow, and right where the reader has to be: the two must agree.
"""

from __future__ import annotations

import functools
import posixpath
import re
import subprocess
import textwrap
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

Rows = list[tuple[int, str]]
"""Lines with the numbers they have in their file."""


class Seen(NamedTuple):
    path: str
    line: int
    prompt: str
    command: str
    output: str


class Piece(NamedTuple):
    """A block: only ``prompts`` count in it, ``drawn`` is that of all lines; ``near`` to the one above."""

    path: str
    language: str
    rows: Rows
    near: bool = False
    prompts: tuple[str, ...] = ()
    drawn: str = ""
    output: Rows = []  # noqa: RUF012 - never changed


SCRIPTS = {"bash", "sh", "shell", "zsh", "ksh"}
CONSOLES = {"console", "terminal", "shell-session", "sh-session"}
SESSIONS = {"", "none", "text", "plaintext", *CONSOLES, *SCRIPTS}
LITERAL = {"code", "code-block", "sourcecode", "code-tab", "console", "prompt", "terminal"}
OPAQUE = {"math", "image", "figure", "raw", "toctree", "csv-table", "code-cell", "graphviz", "automodule"}

PROMPT = re.compile(
    r"((?:\([^()\s][^()]*\)\ )?"
    r"(?:[~/][\w.+/~-]*[$#]|[\w.+-]+@[\w.-]+[:\ ][^\s$#]*[$#]|\[[\w.@:~+/\ -]+\][$#]|\$))(?:\s|$)"
)
HINT = re.compile(r"\s+#\s*(?:wordish\s*:.*|returncode\s*:.*|ignore|cleanup|&2)\s*$")
FENCE = re.compile(r"(`{3,}|~{3,}|:{3,})\s*(.*?)\s*$")
DIRECTIVE = re.compile(r"\.\. (?:\|\S+\| )?([\w:-]+)::(?:\s+(.*))?$")
HEAD = re.compile(r"(?P<list>(?:[-*+]|\d+[.)])\s+)|(?P<four>\[\^\w+\]:|!!! |\?\?\? |=== \")|(?P<two>:\s+)")
OPTION = re.compile(r"\s*:([\w-]+):(?:\s+(.*))?$")
KRAMDOWN = re.compile(r"\{:\s*\.(?:language-)?([\w-]+)\s*\}$")


def scan(path: str, files: Mapping[str, str]) -> list[Seen]:
    """The sessions of an article in order, those of the files it includes where it includes them."""
    pieces: list[Piece] = []
    for piece in _File(path, files).pieces():
        if piece.near and piece.language in ("output", "error") and pieces:
            pieces[-1] = pieces[-1]._replace(output=pieces[-1].output + piece.rows)
        else:
            pieces.append(piece)
    return [seen for piece in pieces for seen in steps(piece)]


# Pieces into steps.


def steps(piece: Piece) -> Iterator[Seen]:
    if piece.language not in SESSIONS:
        return
    rows = dedented(piece.rows)
    typed = any(prompt_of(line, piece.prompts) for _, line in rows)
    if piece.drawn:
        yield from drawn(piece, rows, piece.drawn)
    elif typed:
        found = list(session(piece, rows))
        if piece.output and found and not found[-1].output:
            found[-1] = found[-1]._replace(output=normal(piece.output))
        yield from found
    elif piece.output and piece.language in SCRIPTS:
        yield from drawn(piece, rows, "$")


def drawn(piece: Piece, rows: Rows, prompt: str) -> Iterator[Seen]:
    """Commands one below the other, all at the same prompt."""
    at = 0
    found = []
    while at < len(rows):
        if not rows[at][1].strip() or rows[at][1].lstrip().startswith("#"):
            at += 1
            continue
        lines = [line for _, line in rows[at:]]
        count = next((n for n in range(1, len(lines) + 1) if whole("\n".join(lines[:n]))), 1)
        found.append(Seen(piece.path, rows[at][0], prompt, "\n".join(lines[:count]), ""))
        at += count
    if found:
        found[-1] = found[-1]._replace(output=normal(piece.output))
    return iter(found)


def session(piece: Piece, rows: Rows) -> Iterator[Seen]:
    """Prompts, commands and outputs."""
    starts = {n: prompt for n, (_, line) in enumerate(rows) if (prompt := prompt_of(line, piece.prompts))}
    at = 0
    while at < len(rows):
        start, at = at, at + 1
        first = rows[start][1][len(starts.get(start, "")) :].strip(" \t\u00a0")
        if start not in starts or not first:
            continue
        lines = [first]
        while not whole("\n".join(without_ps2(lines))) and at < len(rows):
            if at in starts and "<<" not in "".join(lines):
                break
            lines.append(rows[at][1])
            at += 1
        command = "\n".join(without_ps2(lines)).replace("\u00a0", " ").rstrip()
        stop = next((n for n in range(at, len(rows)) if n in starts), len(rows))
        output = normal(rows[at:stop])
        yield Seen(piece.path, rows[start][0], starts[start], HINT.sub("", command), output)
        at = stop


def prompt_of(line: str, prompts: tuple[str, ...]) -> str:
    if prompts:
        known = sorted(prompts, key=len, reverse=True)
        return next((prompt for prompt in known if line == prompt or line.startswith(f"{prompt} ")), "")
    found = PROMPT.match(line)
    return found[1] if found else ""


def without_ps2(lines: list[str]) -> list[str]:
    more = lines[1:]
    carried = more and all(line.startswith("> ") or line == ">" for line in more)
    return [lines[0], *(line[2:] for line in more)] if carried else lines


@functools.cache
def whole(text: str) -> bool:
    """Whether bash wants no more after this text."""
    if re.search(r"(?<!\\)(?:\\\\)*\\$", text):
        return False
    done = subprocess.run(
        ["bash", "-n"], input=f"{text}\n".encode(), capture_output=True, env={"LC_ALL": "C"}, check=False
    )
    said = done.stderr.decode(errors="replace")
    return not re.search(
        r"unexpected (?:EOF|end of file)|delimited by end-of-file|unexpected token `EOF'", said
    )


# Lines.


def cut(line: str, width: int) -> str:
    """A line without its first columns, as far as these are blank."""
    blank = len(line) - len(line.lstrip(" "))
    return line[min(width, blank) :]


def dedented(rows: Rows) -> Rows:
    margin = min((len(line) - len(line.lstrip(" \t")) for _, line in rows if line.strip()), default=0)
    return [(number, line[margin:]) for number, line in rows]


def normal(rows: Rows) -> str:
    return textwrap.dedent("\n".join(line.expandtabs().rstrip() for _, line in rows)).strip("\n")


def below(rows: Rows, at: int, width: int) -> int:
    """Where the lines from ``at`` end that are blank or indented by so much."""
    while at < len(rows) and not rows[at][1][:width].strip():
        at += 1
    return at


def first(rows: Rows, at: int, wanted: Callable[[str], object]) -> int:
    """The first line from ``at`` on that is wanted, or the end."""
    return next((n for n in range(at, len(rows)) if wanted(rows[n][1])), len(rows))


class _File:
    """One file, and which markup it is in."""

    def __init__(self, path: str, files: Mapping[str, str]) -> None:
        self.path, self.files = path, files
        text = files[path].removeprefix("\ufeff").replace("\r\n", "\n")
        self.rows: Rows = list(enumerate(text.split("\n"), 1))
        self.look = self.rst if path.endswith(".rst") else self.markdown

    def pieces(self) -> Iterator[Piece]:
        if self.path.endswith((".console", ".sh-session")):
            return iter([Piece(self.path, "", self.rows)])
        return self.look(self.rows)

    def piece(self, language: str, rows: Rows, *, near: bool = False) -> Piece:
        return Piece(self.path, language.lower(), rows, near)

    # Markdown

    def markdown(self, rows: Rows) -> Iterator[Piece]:
        at, near, blank = 0, False, True
        if rows and rows[0] == (1, "---"):
            at = first(rows, 1, lambda line: line == "---") + 1
        while at < len(rows):
            start, line = at, rows[at][1]
            indent, bare = len(line) - len(line.lstrip(" ")), line.strip()
            fence = FENCE.match(bare) if indent < 4 else None
            head = HEAD.match(line[indent:]) if indent < 4 else None
            if fence and not (fence[1][0] == "`" and "`" in fence[2]):
                at = first(rows, start + 1, functools.partial(closes, row=fence[1])) + 1
                body = [(n, cut(text, indent)) for n, text in rows[start + 1 : at - 1]]
                attributes = KRAMDOWN.match(rows[at][1].strip()) if at < len(rows) else None
                at += attributes is not None
                info = attributes[1] if attributes and not fence[2] else fence[2]
                literal, found = self.fenced(fence[1][0], info, body)
                yield from (piece._replace(near=near) if literal else piece for piece in found)
                near = literal
            elif bare.startswith("<!--"):
                at = first(rows, start, lambda line: "-->" in line) + 1
                if re.match(r"<!--\s*wordish:[^\n]*\bhidden\b", bare):
                    inside = [(n, text.split("-->")[0]) for n, text in rows[start + 1 : at]]
                    yield self.piece("console", inside)
            elif bare.startswith(">") and indent < 4:
                at = first(rows, start, lambda line: not line.lstrip().startswith(">"))
                yield from self.markdown([(n, re.sub(r"^ *> ?", "", text)) for n, text in rows[start:at]])
                near = False
            elif indent >= 4 and blank:
                at = below(rows, start, 4)
                yield self.piece("", [(n, cut(text, 4)) for n, text in rows[start:at]])
                near = True
            elif head:
                width = indent + (len(head["list"]) if head["list"] else 4 if head["four"] else 2)
                at = below(rows, start + 1, width)
                rest = [(rows[start][0], " " * width)]
                inside = [(n, cut(text, width)) for n, text in rows[start + 1 : at]]
                yield from self.markdown(rest + inside)
                near = False
            else:
                at, near = start + 1, near and not bare
            blank = not rows[at - 1][1].strip() if at <= len(rows) else True

    def fenced(self, sign: str, info: str, body: Rows) -> tuple[bool, Iterator[Piece]]:
        """Whether a fence is literal, and what it holds."""
        directive = re.match(r"\{([\w:-]+)\}\s*(.*)", info)
        classes = re.match(r"\{[^}]*?\.([\w-]+)", info)
        word = classes[1] if classes else info.split(" ")[0].lower()
        if directive and directive[1] == "eval-rst":
            return False, self.rst(body)
        if directive:
            found = self.directive(directive[1], directive[2], body, self.markdown)
            return directive[1] in LITERAL, found
        if sign != ":" or word in SESSIONS:
            return True, iter([self.piece(word, body)])
        return False, self.markdown(body)

    # reStructuredText

    def rst(self, rows: Rows) -> Iterator[Piece]:
        at, near = 0, False
        while at < len(rows):
            start, line = at, rows[at][1]
            at = below(rows, start + 1, 1)
            body, directive = dedented(rows[start + 1 : at]), DIRECTIVE.match(line)
            if line.startswith("+-"):
                at = first(rows, start, lambda line: not line.startswith(("+", "|")))
                left = line.index("+", 1) + 2
                cells = [(n, text[left:-1].rstrip()) for n, text in rows[start:at] if text.startswith("|")]
                yield from self.rst(cells)
            elif directive:
                found = self.directive(directive[1], directive[2] or "", body, self.rst)
                literal = directive[1] in LITERAL
                yield from (piece._replace(near=near) if literal else piece for piece in found)
                near = literal
                continue
            elif re.match(r"\.\. wordish:[^\n]*\bhidden\b", line) or line.strip().endswith("::"):
                yield self.piece("", body)
            elif line.startswith("..") and not line.startswith(".. ["):
                pass
            elif body and line.strip():
                head = re.match(r"(?:[-*+]|[\d#]+\.) +", line)
                width = len(head[0]) if head else 0
                inside = [(n, cut(text, width)) for n, text in rows[start + 1 : at]]
                yield from self.rst([(rows[start][0], line[width:]), *inside] if head else body)
            elif not line.strip():
                at, near = start + 1, near
                continue
            else:
                at = start + 1
            near = False

    # The directives of both

    def directive(
        self, name: str, argument: str, body: Rows, look: Callable[[Rows], Iterator[Piece]]
    ) -> Iterator[Piece]:
        options, taken = options_of(body)
        rest = dedented(body[taken:])
        if name == "include":
            yield from self.included(argument, options)
        elif name == "literalinclude":
            path, rows = self.other(argument)
            yield Piece(path, options.get("language", (0, ""))[1], selected(rows, options))
        elif name == "terminal":
            yield self.terminal(options, rest)
        elif name == "prompt":
            yield self.prompt(argument, options, rest)
        elif name in LITERAL:
            yield self.piece(argument.split()[0] if argument else "", rest)
        elif name not in OPAQUE:
            yield from look(rest)

    def other(self, argument: str) -> tuple[str, Rows]:
        path = posixpath.normpath(posixpath.join(posixpath.dirname(self.path), argument))
        return path, _File(path, self.files).rows

    def included(self, argument: str, options: dict[str, tuple[int, str]]) -> Iterator[Piece]:
        path, rows = self.other(argument)
        rows = rows[int(options.get("start-line", (0, "0"))[1]) :]
        if after := options.get("start-after", (0, ""))[1]:
            rows = rows[first(rows, 0, lambda line: after in line) + 1 :]
        if before := options.get("end-before", (0, ""))[1]:
            rows = rows[: first(rows, 0, lambda line: before in line)]
        yield from _File(path, self.files).look(rows)

    def terminal(self, options: dict[str, tuple[int, str]], rest: Rows) -> Piece:
        defaults = {"user": (0, "user"), "host": (0, "host"), "dir": (0, "~")} | options
        user, host, folder = (defaults[name][1] for name in ("user", "host", "dir"))
        prompt = f"{user}@{host}:{folder}{'#' if user == 'root' else '$'}"
        if "input" in options:
            rows = [(options["input"][0], f":input: {options['input'][1]}"), *rest]
            return self.piece("", [(n, re.sub(r"^:input: ", f"{prompt} ", line)) for n, line in rows])
        start = first(rest, 0, str.strip)
        stop = first(rest, start, lambda line: not line.strip())
        if start == len(rest) or PROMPT.match(rest[start][1]):
            return self.piece("", rest)
        return self.piece("", rest[start:stop])._replace(drawn=prompt, output=rest[stop:])

    def prompt(self, argument: str, options: dict[str, tuple[int, str]], rest: Rows) -> Piece:
        words = argument.split()
        named = options["prompts"][1].split(",") if "prompts" in options else words[1:2] or ["$"]
        piece = self.piece(words[0] if words else "", rest)
        if "modifiers" in options or "auto" in words:
            return piece._replace(prompts=tuple(named))
        typed = any(PROMPT.match(line) for _, line in rest)
        return piece if typed else piece._replace(drawn=named[0])


def closes(line: str, *, row: str) -> bool:
    bare = line.strip()
    return set(bare) == {row[0]} and len(bare) >= len(row)


def options_of(body: Rows) -> tuple[dict[str, tuple[int, str]], int]:
    """The options at the top of a directive's lines, with their lines, and how many lines they take."""
    found: dict[str, tuple[int, str]] = {}
    if body and body[0][1] == "---":
        return found, first(body, 1, lambda line: line == "---") + 1
    for taken, (number, line) in enumerate(body):
        option = OPTION.match(line)
        if not option:
            return found, taken
        found[option[1]] = (number, option[2] or "")
    return found, len(body)


def selected(rows: Rows, options: dict[str, tuple[int, str]]) -> Rows:
    """The lines that the options of a literalinclude leave."""
    said = {name: value for name, (_, value) in options.items()}
    if "start-at" in said:
        rows = rows[first(rows, 0, lambda line: said["start-at"] in line) :]
    if "end-before" in said:
        rows = rows[: first(rows, 0, lambda line: said["end-before"] in line)]
    wanted: list[int] = []
    for part in said.get("lines", "").replace(" ", "").split(",") if "lines" in said else []:
        start, dash, stop = part.partition("-")
        wanted += range(int(start), (int(stop or len(rows)) if dash else int(start)) + 1)
    return [row for n, row in enumerate(rows, 1) if n in wanted] if "lines" in said else rows
