"""The directives that show a session to the letter, and those that draw its prompts themselves.

``terminal`` is that of sphinx-terminal and, with ``:input:``, of the extensions before it; ``prompt`` that of
sphinx-prompt. Where an author typed prompts all the same, these count.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from wordish import prompts
from wordish.formats.directives import SESSIONS, Content
from wordish.formats.reading import Remark, Session, dedent
from wordish.model import Block, Diagnostic, Drawn, Options, Severity

# In the body of a terminal: a command that is typed after the first one, or that goes on with the one above.
_INPUT: Final = re.compile(r":(input|multi):(?:[ \t]+|$)")

# The languages for which sphinx-prompt, and who uses it, expects a prompt without saying which.
_SHELLS: Final = frozenset({"bash", "sh", "shell", "zsh", "ksh", "console"})

# What a prompt of a shell ends with; others are those of databases, Python and the like.
_SIGNS: Final = ("$", "#", "%")

# What is markup in a parsed literal block, and so not shown as it is written.
_MARKUP: Final = re.compile(r"[\\`]|\*\S(?:[^*]*\S)?\*|\w__?(?!\w)")

_NOTHING: Final = Options()


def sessions(name: str, content: Content) -> Iterator[Session | Remark]:
    """The block of a directive of `SESSIONS`, if it holds one."""
    if name == "terminal" and not content.argument:
        yield from _terminal(content)
    elif name == "prompt":
        yield from _prompt(content)
    elif name == "parsed-literal":
        markup = any(map(_MARKUP.search, content.body))
        yield from content.plain("parsed-literal" if markup else "")
    else:
        first = content.argument.split(None, 1)
        yield from content.plain(first[0].lower() if first else SESSIONS[name])


def _terminal(content: Content) -> Iterator[Session]:
    """Commands in ``:input:``, as an option and in the body, or else in the body's first paragraph."""
    if "output-only" in content.options:
        yield from content.plain("output")
        return
    said = content.options.get("input")
    first = next((line.strip() for line in content.body if line.strip()), "")
    if not said and prompts.match(first, weak=True):
        yield from content.plain("console")
        return
    texts = dedent(content.body, tab=content.tab)
    lines = [content.line + content.below + index for index in range(len(texts))]
    if said:
        above = said.value.split("\n")
        texts = [*above, *texts]
        lines = [*(content.line + said.at + index for index in range(len(above))), *lines]
    typed = [_INPUT.match(text) for text in texts]
    drawn: list[Drawn] = [_drawn(content, 0, said.value.count("\n") + 1)] if said else []
    for index, found in enumerate(typed):
        if found and found.group(1) == "input":
            drawn.append(_drawn(content, index, index + 1))
        elif found and drawn and drawn[-1].stop == index:
            drawn[-1] = drawn[-1]._replace(stop=index + 1)
    if not drawn:
        filled = [bool(text.strip()) for text in texts]
        start = filled.index(True) if True in filled else 0
        stop = next((index for index in range(start, len(filled)) if not filled[index]), len(filled))
        drawn = [_drawn(content, start, stop)]
    texts = [text[found.end() :] if found else text for text, found in zip(texts, typed, strict=True)]
    yield from _block(content, texts, lines, language="console", drawn=drawn)


def _drawn(content: Content, first: int, stop: int) -> Drawn:
    """Commands at the prompt that the options of a terminal describe."""
    user, host, folder = (
        content.said(name, default) for name, default in (("user", "user"), ("host", "host"), ("dir", "~"))
    )
    place = f"{user}@{host}:{folder}" if user and host else f"{user}:{folder}" if user else folder
    return Drawn(first=first, stop=stop, prompt=place + ("#" if user == "root" else "$"))


def _prompt(content: Content) -> Iterator[Session | Remark]:
    """Each line a command; with the modifier ``auto``, those that begin with a prompt that was named."""
    language, named, modifiers = _said(content)
    shells = [prompt for prompt in named if prompt.endswith(_SIGNS)]
    texts = dedent(content.body, tab=content.tab)
    first = next((text for text in texts if text.strip()), "")
    typed = prompts.match(first, weak=True) or any(first.startswith(f"{prompt} ") for prompt in named)
    if not named or (typed and "auto" not in modifiers):
        yield from content.plain(language)
        return
    lines = [content.line + content.below + index for index in range(len(texts))]
    if not shells:
        if language in _SHELLS:
            yield Remark(diagnostics=(_foreign(content, named[0]),))
    elif "auto" in modifiers:
        yield from _block(content, texts, lines, language=language, known=shells)
    else:
        drawn = [Drawn(first=0, stop=len(texts), prompt=shells[0])]
        # There is no place for an output, so that none is no promise.
        options = Options(status_only=True)
        yield from _block(content, texts, lines, language=language, drawn=drawn, options=options)


def _said(content: Content) -> tuple[str, list[str], list[str]]:
    """The language, the prompts and the modifiers of a ``prompt``, as arguments or as options."""
    words = content.argument.split()
    auto = words.pop() if len(words) > 2 and "auto" in words[-1].split(",") else ""
    language = content.said("language", words[0] if words else "").lower()
    modifiers = content.said("modifiers", auto).replace(" ", "").split(",")
    named = content.said("prompts", " ".join(words[1:]))
    if not named and language in _SHELLS:
        named = "$"
    return language, [each.strip() for each in named.split(",") if each.strip()], modifiers


def _foreign(content: Content, prompt: str) -> Diagnostic:
    return Diagnostic(
        path=content.path,
        line=content.start,
        severity=Severity.WARNING,
        name="unread-session",
        message=f"this session is not read: its prompt {prompt!r} is none of a shell",
        hint="a shell's prompt ends with $, # or %",
    )


def _block(
    content: Content,
    texts: Sequence[str],
    lines: Sequence[int],
    *,
    language: str,
    drawn: Sequence[Drawn] = (),
    known: Sequence[str] = (),
    options: Options = _NOTHING,
) -> Iterator[Session]:
    """A block of these texts on these lines of the file; none if they are blank."""
    if not any(text.strip() for text in texts):
        return
    in_a_row = all(line == lines[0] + index for index, line in enumerate(lines))
    block = Block(
        path=content.path,
        line=lines[0],
        text="\n".join(texts),
        language=language,
        options=options,
        numbers=() if in_a_row else tuple(lines),
        prompts=tuple(known),
        drawn=tuple(drawn),
    )
    yield Session(start=content.start, end=content.end, block=block)
