"""What is doubtful in an article that reads as it should: warnings, found without running anything.

Each check is a function from the article to warnings. None guesses: where a command cannot be told
from its text (variables, `eval`, a program that an earlier step may have installed), nothing is said.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final, NamedTuple

from wordish import options as words
from wordish import session, starts
from wordish.anatomy import anatomy
from wordish.catalogue import told
from wordish.document import blocks_of
from wordish.model import Block, Diagnostic, Document, Machine, Severity, Step, Target
from wordish.pattern import GAP, token_of
from wordish.programs import Programs, programs
from wordish.runner import Wish, choose, plan
from wordish.targets import TARGETS
from wordish.unknown import unknown_programs


def lint(
    documents: Iterable[Document],
    *,
    wish: Wish,
    machines: Mapping[str, Machine],
    timeout: float,
    off: frozenset[str] = frozenset(),
) -> tuple[list[Document], list[str]]:
    """The articles with all the remarks on them, by line, and notes on what could not be looked for.

    An article that cannot be read, or has an error, has no more remarks than that. ``timeout`` is in
    seconds, for steps that do not say; ``off`` are the names of warnings that are switched off. Raises
    `wordish.errors.UsageError` when the wish makes no sense.
    """
    linted: list[Document] = []
    known: dict[Target, Programs | str] = {}
    for document in documents:
        _, objections = plan([document], wish=wish, machines=machines)
        found: list[Diagnostic] = [*document.diagnostics, *objections]
        if not document.errors:
            target = choose(document, wish)
            article = Article(document=document, target=target, timeout=timeout)
            if article.running and not objections and "unknown-program" not in off:
                known[target] = there = known.get(target) or programs(target, machines)
                article = article._replace(programs=None if isinstance(there, str) else there)
            found += told(document, doubts(article), off=off)
        found.sort(key=lambda remark: (remark.path, remark.line, remark.severity, remark.message))
        linted.append(document._replace(diagnostics=tuple(found)))
    notes = [f"programs are not looked for: {why}" for why in known.values() if isinstance(why, str)]
    return linted, notes


class Article(NamedTuple):
    """An article, and where it would run.

    ``timeout`` is that of steps which do not say, in seconds. ``programs`` are those of the target, or
    ``None`` when they are not known.
    """

    document: Document
    target: Target
    timeout: float
    programs: Programs | None = None

    @property
    def running(self) -> tuple[Step, ...]:
        """The steps that are not skipped."""
        return tuple(step for step in self.document.steps if step.options.skip is None)


def doubts(article: Article) -> Iterator[Diagnostic]:
    """The warnings on an article, beside those of its reader."""
    for check in _CHECKS:
        yield from check(article)


def _warning(path: str, line: int, name: str, message: str, hint: str) -> Diagnostic:
    return Diagnostic(path=path, line=line, name=name, message=message, severity=Severity.WARNING, hint=hint)


# Hints.

_WORDS: Final = re.compile(r"[A-Za-z]+")
_STATUS: Final = re.compile(r"(?:return|exit)[\s_-]*(?:code|status|value)?\s*[:=]?\s*[0-9]+", re.IGNORECASE)


def _misspelt_hints(article: Article) -> Iterator[Diagnostic]:
    """Trailing comments that are almost hints. Those that are hints have been taken off the command."""
    for step in article.running:
        for below, comment in anatomy(step.command).comments if "#" in step.command else ():
            if meant := _meant(comment.lstrip("#").strip()):
                yield _warning(
                    step.path,
                    step.line + below,
                    "misspelt-hint",
                    f"{comment!r} is no hint of wordish, and means nothing",
                    f"write `# {meant}`",
                )


def _meant(comment: str) -> str:
    """The hint that a comment is almost, "" for none."""
    import difflib  # for those who make mistakes

    first, _, rest = comment.replace(":", " ", 1).partition(" ")
    if rest and difflib.get_close_matches(first.lower(), ["wordish"], cutoff=0.75):
        return f"wordish: {rest.strip()}"
    if _STATUS.fullmatch(comment):
        return f"wordish: status={comment.split()[-1].lstrip(':=')}"
    if comment and all(word.partition("=")[0] in words.WORDS for word in comment.split()):
        return f"wordish: {comment}"
    letters = "".join(_WORDS.findall(comment)).lower()
    return next(iter(difflib.get_close_matches(letters, ["ignore", "cleanup"], n=1, cutoff=0.84)), "")


# Commands.


def _sudo_as_root(article: Article) -> Iterator[Diagnostic]:
    for step in article.running:
        if step.user == "root" and any(call.name == "sudo" for call in anatomy(step.command).calls):
            yield _warning(
                step.path,
                step.line,
                "sudo-as-root",
                "sudo in a command of root",
                "take it off, or write a user's prompt, ~$",
            )


# No range of git (a...b), no pattern of Go's packages (./...).
_ELLIPSIS: Final = re.compile(r"…|(?<![/.])\.\.\.(?!\.)")
_RANGE: Final = re.compile(r"[\w)}\]^~@]\.\.\.[\w({\[@]")


def _ellipsis_commands(article: Article) -> Iterator[Diagnostic]:
    for step in article.running:
        if "..." not in step.command and "…" not in step.command:
            continue
        for word in anatomy(step.command).words:
            if _ELLIPSIS.search(word) and not _RANGE.search(word):
                yield _warning(
                    step.path,
                    step.line,
                    "ellipsis-command",
                    f"{word} in a command stands for nothing, and is run as it is",
                    "write the command out, or say skip",
                )
                break


def _unknown_programs(article: Article) -> Iterator[Diagnostic]:
    if article.programs is not None:
        for step, call, close in unknown_programs(article.running, article.programs):
            where = "the machine" if article.target.kind == "vm" else "this system"
            name = article.target.machine
            yield _warning(
                step.path,
                step.line,
                "unknown-program",
                f"no program {call!r} is in {where}"
                if close != call
                else f"{call!r} is not in the PATH of an ordinary user, only in root's",
                f"did you mean {close}?"
                if close and close != call
                else "write it with root's prompt, ~#, or with its path"
                if close
                else f"add its package to [tool.wordish.machines.{name}]"
                if article.target.kind == "vm"
                else "install it, or say skip",
            )


_SECONDS: Final = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}  # sleep(1)
_DURATION: Final = re.compile(r"([0-9]+(?:\.[0-9]*)?|\.[0-9]+)([smhd]?)")


def _sleeps_too_long(article: Article) -> Iterator[Diagnostic]:
    for step in article.running:
        limit = step.options.timeout or article.timeout
        for call in anatomy(step.command).calls if "sleep" in step.command else ():
            spans = [_DURATION.fullmatch(word) for word in call.words]
            if call.name != "sleep" or not call.at_once or not all(spans):
                continue
            seconds = sum(float(span[1]) * _SECONDS[span[2]] for span in spans if span)
            if seconds >= limit:
                yield _warning(
                    step.path,
                    step.line,
                    "sleep-beyond-timeout",
                    f"it sleeps for {seconds:g} s, and times out after {limit:g} s",
                    "give it a longer timeout",
                )


def _long_timeouts(article: Article) -> Iterator[Diagnostic]:
    whole = article.document.options.timeout
    for step in article.running:
        if whole is not None and step.options.timeout is not None and step.options.timeout > whole:
            yield _warning(
                step.path,
                step.line,
                "long-timeout",
                f"its timeout, {step.options.timeout:g} s, is longer than the article's, {whole:g} s",
                "give the article the longest that a step may take, or the step less",
            )


# What is left behind.


def _no_cleanup(article: Article) -> Iterator[Diagnostic]:
    kind = article.target.kind
    roots = [step for step in article.running if step.user == "root"]
    if (
        roots
        and kind in TARGETS
        and not TARGETS[kind].DISPOSABLE
        and not any(step.options.cleanup for step in article.running)
    ):
        yield _warning(
            roots[0].path,
            roots[0].line,
            "no-cleanup",
            f"root's steps change the target {kind}, which is not thrown away, and nothing cleans up",
            "mark the steps that undo it with `# wordish: cleanup`",
        )


# Verdicts that say less than they seem to.

_ANYTHING: Final = re.compile(r"\^?\(*\.[*+]\??\)*\$?")


def _weak_verdicts(article: Article) -> Iterator[Diagnostic]:
    for step in article.running:
        if found := _weakness(step):
            yield _warning(step.path, step.line, *found)


def _weakness(step: Step) -> tuple[str, str, str] | None:
    """Name, message and hint of what weakens the verdict on a step most."""
    shown, options = step.expectation, step.options
    lines = shown.text.split("\n") if shown.text else []
    if options.ignore:
        return "ignored-step", "nothing of this step is judged", "say status-only, or what it prints"
    if shown.status == "any":
        return "any-status", "any exit status passes", "say which, status=N"
    if options.status_only:
        if not lines:
            return None
        return "unjudged-output", "the output shown is not compared", "show what varies as `...` instead"
    if lines and shown.match == "ellipsis" and all(token_of(line) is GAP for line in lines):
        return "only-ellipsis", "any output passes", "show a line of it, or say status-only"
    if shown.match == "regex" and any(map(_ANYTHING.fullmatch, lines)):
        return "any-pattern", "a pattern is shown that any line matches", "say what the line looks like"
    return None


# Blocks.

_FOREIGN: Final = re.compile(r"[%>] +[A-Za-z./~]")  # csh's and zsh's prompt, a bare PS2


def _blocks_without_prompt(article: Article) -> Iterator[Diagnostic]:
    stand = {(step.path, step.line) for step in article.document.steps}
    heard = {(remark.path, remark.line) for remark in article.document.diagnostics}
    for block in blocks_of(article.document):
        inside = {(block.path, line) for line in range(block.line, block.line + block.text.count("\n") + 1)}
        if block.options.skip or block.running or inside & stand or inside & heard:
            continue
        language = block.language.lower()
        if language in starts.CONSOLES or (session.is_looked_at(block) and language and _foreign(block)):
            yield _warning(
                block.path,
                block.line,
                "no-prompt",
                f"nothing of this block of {language} is run: no line begins with a prompt",
                "write a prompt such as ~$ before each command, or name the block text",
            )


def _foreign(block: Block) -> bool:
    first = next(line for line in block.text.split("\n") if line.strip())
    return bool(_FOREIGN.match(first))


_CHECKS: Final[tuple[Callable[[Article], Iterator[Diagnostic]], ...]] = (
    _misspelt_hints,
    _unknown_programs,
    _sudo_as_root,
    _no_cleanup,
    _ellipsis_commands,
    _blocks_without_prompt,
    _sleeps_too_long,
    _long_timeouts,
    _weak_verdicts,
)
