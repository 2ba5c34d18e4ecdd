"""Random documents built from known sessions: what a reader has to find in them is known beforehand.

A document is a list of `Line`; one that begins a command carries its `Known` step, so that the line is
known wherever containers move it. Containers indent, quote and fence; they never look into what they hold.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from hypothesis import strategies as st


class Known(NamedTuple):
    """A step as it has to be found; ``together``: its output is shown with the next one's."""

    prompt: str
    command: str
    output: str
    together: bool = False


class Line(NamedTuple):
    text: str
    step: Known | None = None


class Document(NamedTuple):
    """An article's path, its files' texts by path, and each step with its file and line."""

    path: str
    files: dict[str, str]
    steps: list[tuple[str, int, Known]]


Lines = list[Line]

# Sessions.

COMMANDS = [
    "echo one",
    "ls -l | grep 'a  b' && true",
    "printf '%s\\n' \"two\n  lines\"",
    "for i in 1 2\ndo\n  echo $i\ndone",
    "greet () {\n\techo \"Hello\"\n}",
    "cat > file <<'END'\n  text\n\n~$ no prompt\nEND",
    "cat <<-EOF\n\tone  two\n\tEOF",
    "echo a \\\n  b",
    "( cd /tmp &&\n  ls )",
    "if true; then\n    echo yes\nfi",
    "echo 'it''s' # a comment",
]  # fmt: skip
ONE_LINE = [command for command in COMMANDS if "\n" not in command]
WITHOUT_BLANKS = [command for command in COMMANDS if "\n\n" not in command]

PROMPTS = ["~$", "~#", "$", "bob@web:~/src$", "[root@web etc]#", "(venv) $", "/etc#", "(v) ~$"]

OUTPUT = [
    "one", "two  words", "", "   indented", "a $ b", ".. note::", "* item", "1. x",
    "| cell |", "=====", "é … ü", "no\u00a0break", "`code` and ``more``", "<!-- html -->", "% x",
    "trailing  ", "--- x", "\\",
]  # fmt: skip


def without_tabs(texts: Sequence[str], tabs: bool) -> list[str]:
    """The texts that may stand where tabs may, or may not."""
    return [text for text in texts if tabs or "\t" not in text]


def outputs(tabs: bool) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(without_tabs(OUTPUT, tabs)), max_size=4)


def shown(tabs: bool) -> st.SearchStrategy[list[str]]:
    return outputs(tabs).filter(lambda lines: any(line.strip() for line in lines))


def normal(lines: Sequence[str]) -> str:
    """What an output promises, without any of wordish's code."""
    text = textwrap.dedent("\n".join(line.expandtabs().rstrip() for line in lines))
    return text.strip("\n")


class Step(NamedTuple):
    prompt: str
    command: str
    output: list[str]


def steps(
    commands: Sequence[str], prompts: Sequence[str] = PROMPTS, *, tabs: bool
) -> st.SearchStrategy[list[Step]]:
    known = st.sampled_from(without_tabs(commands, tabs))
    one = st.builds(Step, st.sampled_from(prompts), known, outputs(tabs))
    return st.lists(one, min_size=1, max_size=3)


def typed(session: Sequence[Step]) -> Lines:
    """A session as it stands on a terminal."""
    lines: Lines = []
    for prompt, command, output in session:
        first, *more = command.split("\n")
        lines.append(Line(f"{prompt} {first}", Known(prompt, command, normal(output))))
        lines += map(Line, [*more, *output])
    return lines


def commands_of(session: Sequence[Step], prompt: str, output: Sequence[str] = ()) -> Lines:
    """The commands alone, all at one prompt that is not there; their output is shown below."""
    lines: Lines = []
    for number, (_, command, _) in enumerate(session, 1):
        last = number == len(session)
        first, *more = command.split("\n")
        lines.append(Line(first, Known(prompt, command, normal(output) if last else "", together=not last)))
        lines += map(Line, more)
    return lines


# What holds what.


def indent(lines: Sequence[Line], before: str) -> Lines:
    return [line._replace(text=before + line.text if line.text.strip() else "") for line in lines]


def quote(lines: Sequence[Line]) -> Lines:
    return [
        line._replace(text=f"> {line.text}".rstrip() if not line.text.strip() else f"> {line.text}")
        for line in lines
    ]


def headed(*head: str) -> Callable[[Lines, str], Lines]:
    return lambda lines, before: [*map(Line, head), *indent(lines, before)]


def longest(lines: Sequence[Line], sign: str) -> int:
    """The longest row of this sign that begins a line, quotes and the like left aside."""
    rows = (line.text.lstrip(" >\t") for line in lines)
    return max((len(row) - len(row.lstrip(sign)) for row in rows), default=0)


def fence(lines: Sequence[Line], info: str, sign: str = "`") -> Lines:
    row = sign * max(3, longest(lines, sign) + 1)
    return [Line(row + info), *lines, Line(row)]


MARKDOWN_SESSIONS: dict[str, Callable[[Lines], Lines]] = {
    "fence": lambda lines: fence(lines, "console"),
    "fence without a language": lambda lines: fence(lines, ""),
    "tildes": lambda lines: fence(lines, "bash title='x'", "~"),
    "attributes": lambda lines: fence(lines, " {.console .numberLines}"),
    "colons": lambda lines: fence(lines, "console", ":"),
    "code-block": lambda lines: fence([Line(":caption: x"), Line(""), *lines], "{code-block} shell-session"),
    "sourcecode": lambda lines: fence(
        [Line("---"), Line("linenos: true"), Line("---"), *lines], "{sourcecode} sh"
    ),
    "code": lambda lines: fence(lines, "{code} console", ":"),
    "code-tab": lambda lines: fence(lines, "{code-tab} bash Title"),
    "terminal": lambda lines: fence([Line(":scroll:"), Line(""), *lines], "{terminal}"),
    "prompt": lambda lines: fence(lines, "{prompt} bash"),
    "indented": lambda lines: indent(lines, "    "),
}
RST_SESSIONS: dict[str, Callable[[Lines], Lines]] = {
    "literal": lambda lines: [Line("Like this::"), Line(""), *indent(lines, "  ")],
    "literal alone": lambda lines: [Line("::"), Line(""), *indent(lines, "    ")],
    "code-block": lambda lines: directive("code-block:: console", lines, ":caption: x"),
    "sourcecode": lambda lines: directive("sourcecode:: bash", lines),
    "code": lambda lines: directive("code::", lines),
    "code-tab": lambda lines: directive("code-tab:: bash Title", lines),
    "console": lambda lines: directive("console::", lines),
    "terminal": lambda lines: directive("terminal::", lines, ":scroll:"),
    "prompt": lambda lines: directive("prompt:: bash", lines),
    "parsed-literal": lambda lines: directive("code-block:: text", lines),
}


def directive(head: str, lines: Sequence[Line], *options: str, margin: str = "   ") -> Lines:
    return [Line(f".. {head}"), *indent([*map(Line, options)], margin), Line(""), *indent(lines, margin)]


def colons(lines: Lines, name: str) -> Lines:
    return fence(lines, name, ":")


MARKDOWN_CONTAINERS: dict[str, Callable[[Lines], Lines]] = {
    "bullet list": lambda lines: headed("- item", "")(lines, "  "),
    "enumeration": lambda lines: headed("10. item", "")(lines, "    "),
    "quote": quote,
    "alert": lambda lines: [Line("> [!NOTE]"), Line(">"), *quote(lines)],
    "details": lambda lines: [Line("<details>"), Line(""), *lines, Line(""), Line("</details>")],
    "definition": lambda lines: headed("term", ": definition", "")(lines, "  "),
    "footnote": lambda lines: headed("[^1]: note", "")(lines, "    "),
    "admonition": lambda lines: headed("!!! note", "")(lines, "    "),
    "content tab": lambda lines: headed('=== "Tab"', "")(lines, "    "),
    "note": lambda lines: fence(lines, "{note}"),
    "note of colons": lambda lines: colons(lines, "{note} Title"),
    "unknown directive": lambda lines: fence([Line(":class: x"), Line(""), *lines], "{mystery} a b"),
    "div": lambda lines: colons(lines, " {.callout}"),
    "tab-set": lambda lines: colons(
        colons([Line(":sync: a"), Line(""), *lines], "{tab-item} A"), "{tab-set}"
    ),
}
RST_CONTAINERS: dict[str, Callable[[Lines], Lines]] = {
    "bullet list": lambda lines: headed("- item", "")(lines, "  "),
    "enumeration": lambda lines: headed("1. item", "")(lines, "   "),
    "quote": lambda lines: headed("Text", "")(lines, "    "),
    "definition": lambda lines: headed("term", "  text", "")(lines, "  "),
    "field": lambda lines: headed(":field: text", "")(lines, "    "),
    "option": lambda lines: headed("-a  text", "")(lines, "    "),
    "footnote": lambda lines: headed(".. [1] text", "")(lines, "   "),
    "note": lambda lines: directive("note::", lines),
    "note with text": lambda lines: directive("tip:: Text.", lines),
    "unknown directive": lambda lines: directive("mystery:: a b", lines, ":option: x"),
    "only": lambda lines: directive("only:: html", lines),
    "tabs": lambda lines: directive("tabs::", directive("group-tab:: A", lines)),
    "tab-set": lambda lines: directive("tab-set::", directive("tab-item:: A", lines, ":sync: a")),
    "list-table": lambda lines: directive("list-table::", headed("* - a", "  - b", "")(lines, "    ")),
    "table": lambda lines: table(lines),
}  # fmt: skip


def table(lines: Sequence[Line]) -> Lines:
    """A grid table whose second cell holds the lines; tabs would be cut differently by every reader."""
    texts = [line.text.expandtabs() for line in lines]
    width = max(len(text) for text in [*texts, "x"]) + 1
    border = f"+-----+-{'-' * width}+"
    body = [
        line._replace(text=f"| {'one' if number == 0 else '   '} | {text.ljust(width)}|")
        for number, (line, text) in enumerate(zip(lines, texts, strict=True))
    ]
    return [Line(border), *body, Line(border)]


# Whole documents.

PROSE = ["Some text.", "Text with `~$` in it,\nand a second line.", "Type ``x``, **then** go on."]


class Built(NamedTuple):
    """Lines, and the files they include."""

    lines: Lines
    files: dict[str, Lines]


@st.composite
def session(draw: st.DrawFn, markup: str, *, tabs: bool, names: Iterator[int]) -> Built:
    """One session in one of the forms of a markup."""
    forms = MARKDOWN_SESSIONS if markup == "markdown" else RST_SESSIONS
    special = ["pair", "error", "input", "paragraph", "auto", "prompt", "literalinclude", "include"]
    form = draw(st.sampled_from([*forms, *special]))
    if form in forms:
        return Built(forms[form](typed(draw(steps(COMMANDS, tabs=tabs)))), {})
    name = f"part{next(names)}"
    if form == "literalinclude":
        lines = typed(draw(steps(COMMANDS, tabs=True)))
        head = f"literalinclude:: {name}.txt"
        more = [":language: console"]
        return Built(_directive(markup, head, more), {f"{name}.txt": lines})
    if form == "include":
        lines = [
            Line("Included."),
            Line(""),
            *forms["code-block"](typed(draw(steps(COMMANDS, tabs=True)))),
            Line(""),
        ]
        suffix = "md" if markup == "markdown" else "rst"
        return Built(_directive(markup, f"include:: {name}.{suffix}", []), {f"{name}.{suffix}": lines})
    return Built(_special(draw, form, markup, tabs=tabs), {})


def _directive(markup: str, head: str, more: Sequence[str], lines: Sequence[Line] = ()) -> Lines:
    if markup == "rst":
        return directive(head, lines, *more)
    name, _, argument = head.partition("::")
    gap = [Line("")] if lines and more else []
    return fence([*map(Line, more), *gap, *lines], f"{{{name}}} {argument.strip()}".rstrip())


def _special(draw: st.DrawFn, form: str, markup: str, *, tabs: bool) -> Lines:
    plain = WITHOUT_BLANKS
    if form in ("pair", "error"):
        output = draw(shown(tabs))
        lines = commands_of(draw(steps(plain, tabs=tabs)), "$", output)
        below = [Line(line) for line in output]
        tag = "output" if form == "pair" else "error"
        if markup == "rst":
            return [
                *directive("code-block:: bash", lines),
                Line(""),
                *directive(f"code-block:: {tag}", below),
            ]
        gap = [Line("")] * draw(st.integers(0, 1))
        return [*fence(lines, "bash"), *gap, *fence(below, tag)]
    user = draw(st.sampled_from(["root", "bob"]))
    prompt = f"{user}@host:/srv{'#' if user == 'root' else '$'}"
    options = [f":user: {user}", ":dir: /srv"]
    if form == "paragraph":
        output = draw(outputs(tabs))
        lines = commands_of(draw(steps(plain, tabs=tabs)), prompt, output)
        return _directive(markup, "terminal::", options, [*lines, Line(""), *map(Line, output)])
    if form == "input":
        first, *more = draw(steps(ONE_LINE, tabs=tabs))
        known = Known(prompt, first.command, normal(first.output))
        body = [Line(line) for line in first.output]
        for _, command, output in more:
            body.append(Line(f":input: {command}", Known(prompt, command, normal(output))))
            body += map(Line, output)
        head = _directive(markup, "terminal::", [f":input: {first.command}", *options], body or [Line("")])
        return [
            line._replace(step=known)
            if line.text.strip() == f":input: {first.command}" and number == 1
            else line
            for number, line in enumerate(head)
        ]
    if form == "auto":
        named = ["(env) $", "$", "box#"]
        lines = typed(draw(steps(plain, named, tabs=tabs)))
        return _directive(
            markup, "prompt:: bash", [f":prompts: {','.join(named)}", ":modifiers: auto"], lines
        )
    lines = commands_of(draw(steps(plain, tabs=tabs)), "#")
    return _directive(markup, "prompt:: bash #", [], lines)


@st.composite
def content(draw: st.DrawFn, markup: str, *, depth: int, tabs: bool, names: Iterator[int]) -> Built:
    """A paragraph, then sessions and containers with prose between them."""
    lines: Lines = [Line(text) for text in draw(st.sampled_from(PROSE)).split("\n")]
    files: dict[str, Lines] = {}
    containers = MARKDOWN_CONTAINERS if markup == "markdown" else RST_CONTAINERS
    for _ in range(draw(st.integers(1, 2))):
        if depth and draw(st.booleans()):
            form = draw(st.sampled_from([*containers, *(["eval-rst"] if markup == "markdown" else [])]))
            inner = "rst" if form == "eval-rst" else markup
            wide = tabs and form != "table"
            built = draw(content(inner, depth=depth - 1, tabs=wide, names=names))
            held = fence(built.lines, "{eval-rst}") if form == "eval-rst" else containers[form](built.lines)
        else:
            built = draw(session(markup, tabs=tabs, names=names))
            held = built.lines
        lines += [Line(""), *held, Line(""), Line("More text.")]
        files |= built.files
    return Built(lines, files)


@st.composite
def documents(draw: st.DrawFn) -> Document:
    """A document in Markdown or reStructuredText, its line ends, byte order mark and final newline."""
    markup = draw(st.sampled_from(["markdown", "rst"]))
    path = "docs/article.md" if markup == "markdown" else "docs/article.rst"
    built = draw(content(markup, depth=3, tabs=True, names=iter(range(1000))))
    files = {path: built.lines, **{f"docs/{name}": lines for name, lines in built.files.items()}}
    end = draw(st.sampled_from(["\n", "\r\n"]))
    mark = draw(st.sampled_from(["", "\ufeff"]))
    final = draw(st.sampled_from(["", end]))
    texts = {name: mark + end.join(line.text for line in lines) + final for name, lines in files.items()}
    return Document(path=path, files=texts, steps=list(_steps(path, files, end)))


def _steps(path: str, files: dict[str, Lines], end: str) -> Iterator[tuple[str, int, Known]]:
    """The steps in the order of the article: those of a file where it is included."""
    for number, line in enumerate(files[path], 1):
        if line.step:
            yield path, number, line.step
        for name in files:
            if name != path and f" {name.removeprefix('docs/')}" in line.text:
                yield from _steps(name, files, end)
