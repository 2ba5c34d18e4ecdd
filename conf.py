"""Sphinx configuration: ``make html`` renders docs/ into _build/html."""

import json
import re
from argparse import Action, ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

from wordish import __version__
from wordish.arguments import grammar

project = "wordish"
author = "the wordish authors"
copyright = "2026, the wordish authors"
version = release = __version__

extensions = ["myst_parser", "sphinx_copybutton", "wordish.sphinx_ext"]
myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 3  # links from page to page may name a heading

nitpicky = True
highlight_language = "none"  # a block that names no language is shown as it is

# The page of the manual, as `man` shows it.
man_pages = [("reference/man", "wordish", "verify the shell sessions of articles", author, 1)]

latex_engine = "xelatex"  # sessions show characters that pdflatex does not know

html_theme = "furo"
html_title = f"wordish {__version__}"
html_copy_source = True
html_show_sphinx = False


def setup(app: Sphinx) -> None:
    app.connect("html-page-context", rank_captions, priority=900)
    app.connect("source-read", fill_in_the_manual)
    app.connect("source-read", fill_in_the_bench)


def rank_captions(
    _app: Sphinx, _page: str, _template: str, context: dict[str, object], _tree: object
) -> None:
    """Say of which rank the captions of the navigation are, as WAI-ARIA wants of headings."""
    tree = str(context.get("furo_navigation_tree", ""))
    context["furo_navigation_tree"] = tree.replace(' role="heading"', ' role="heading" aria-level="2"')


def fill_in_the_manual(app: Sphinx, page: str, source: list[str]) -> None:
    """Write what the program itself knows of its commands and options into the manual page."""
    if page != "reference/man":
        return
    app.env.note_dependency(grammar.__code__.co_filename)
    commands = dict(each_command("wordish", grammar()))
    helps = dict(each_help("wordish", grammar()))
    synopsis = [f"| ``{path}`` {usage(parser)}" for path, parser in commands.items()]
    listed = [f"``{path.removeprefix('wordish ')}``\n    {helps[path]}.\n" for path in commands]
    users: dict[tuple[str, str], list[str]] = {}
    for path, parser in commands.items():
        for action in parser._actions:
            if action.option_strings and action.dest != "help":
                users.setdefault((flags(action), action.help or ""), []).append(path)
    groups: dict[tuple[str, ...], list[str]] = {}
    for (option, text), paths in users.items():
        groups.setdefault(tuple(paths), []).append(f"{option}\n    {sentence(text)}\n")
    options = []
    for paths, entries in sorted(groups.items(), key=lambda group: -len(group[0])):
        names = ", ".join(f"``{path.removeprefix('wordish ')}``" for path in paths)
        options += [f"Of {names}:\n", *entries]
    for mark, lines in (("synopsis of", synopsis), ("list of", listed)):
        source[0] = source[0].replace(f".. {mark} the commands\n", "\n".join(lines) + "\n")
    source[0] = source[0].replace(".. list of the options\n", "\n".join(options))


def fill_in_the_bench(app: Sphinx, page: str, source: list[str]) -> None:
    """Write what `make bench` found the last time into the page on performance."""
    if page != "explanation/performance":
        return
    file = Path(app.srcdir) / "bench.json"
    app.env.note_dependency(str(file))
    found = json.loads(file.read_text(encoding="utf-8"))
    for mark, lines in (("machine", machine(found)), ("goals", goals(found)), ("figures", figures(found))):
        source[0] = source[0].replace(f"% {mark} of the last bench\n", "\n".join(lines) + "\n")


def machine(found: dict[str, Any]) -> Iterator[str]:
    """Where, and when, the benchmark ran."""
    here = found["machine"]
    yield (
        f"{here['date']}: {here['processors']} processors ({here['processor']}), "
        f"{here['memory'] / 1e9:.0f} GB, Linux {here['kernel']}, Python {here['python']}, "
        f"QEMU {here['qemu']} ({here['accelerator']}), wordish {here['wordish']}."
    )


def goals(found: dict[str, Any]) -> Iterator[str]:
    """What each row was to show, and what it has shown."""
    yield from ("| work | | at most | found | |", "|---|---|---|---|---|")
    for row in found["rows"]:
        for goal in row["goals"]:
            beside = f" {row['reference']}" if goal["unit"] == "times" else ""
            most, here = (amount(goal[name], goal["unit"]) for name in ("most", "found"))
            met = "met" if goal["found"] <= goal["most"] else "**not met**"
            yield f"| {row['name']} | {typed(goal['of'])} | {most}{beside} | {here} | {met} |"


def figures(found: dict[str, Any]) -> Iterator[str]:
    """All rows, each as a table of its own."""
    for row in found["rows"]:
        yield f"**{row['name'][0].upper()}{row['name'][1:]}**\n"
        if "figures" in row:
            yield from ("| | |", "|---|---|")
            for name, each in row["figures"].items():
                yield f"| {typed(name)} | {amount(each, row['unit'])} |"
        else:
            yield from (f"| | seconds | by that of {row['reference']} | from, to |", "|---|---|---|---|")
            for name, each in row["contenders"].items():
                low, high = (amount(ratio, "times") for ratio in each["ratios"])
                ratio = amount(each["ratio"], "times")
                yield f"| {typed(name)} | {amount(each['median'], 's')} | {ratio} | {low}, {high} |"
        yield ""


def typed(name: str) -> str:
    """A name in which what is typed stays as it is typed."""
    return re.sub(r"(?<!\S)--?\w+(?: \d+| json)?|\.\.\.", r"`\g<0>`", name)


def amount(value: float, unit: str) -> str:
    """A figure with as many digits as mean something."""
    digits = 0 if value >= 100 else 1 if value >= 10 else 2 if value >= 0.1 else 3
    return f"{value:,.{digits}f}" + ("" if unit == "times" else f" {unit}")


def below(parser: ArgumentParser) -> Action | None:
    """The argument that names a command, if the parser has one."""
    return next((action for action in parser._actions if isinstance(action.choices, dict)), None)


def each_command(path: str, parser: ArgumentParser) -> list[tuple[str, ArgumentParser]]:
    """The commands that do something, with their full names."""
    if (named := below(parser)) is None:
        return [(path, parser)]
    return [each for name, one in named.choices.items() for each in each_command(f"{path} {name}", one)]


def each_help(path: str, parser: ArgumentParser) -> list[tuple[str, str]]:
    """What each command is for, by its full name."""
    if (named := below(parser)) is None:
        return []
    own = [(f"{path} {each.dest}", sentence(each.help).rstrip(".")) for each in named._choices_actions]
    return own + [each for name, one in named.choices.items() for each in each_help(f"{path} {name}", one)]


def usage(parser: ArgumentParser) -> str:
    """What a command takes behind its name."""
    said = ["[*option*...]"] if any(a.option_strings and a.dest != "help" for a in parser._actions) else []
    for action in parser._actions:
        if not action.option_strings:
            name = f"*{(action.metavar or action.dest).lower()}*"
            said.append({"*": f"[{name}...]", "+": f"{name}..."}.get(str(action.nargs), name))
    return " ".join(said)


def flags(action: Action) -> str:
    """How an option is written, with what it takes."""
    value = ""
    if action.nargs != 0:
        value = f" *{action.metavar.lower()}*" if action.metavar else f" {{{','.join(action.choices)}}}"
    return ", ".join(f"``{flag}``{value}" for flag in action.option_strings)


def sentence(text: str) -> str:
    """A help text as a sentence, its literals as literals."""
    return re.sub(r"`([^`]*?) *`", r"``\1``", text[0].upper() + text[1:]) + "."
