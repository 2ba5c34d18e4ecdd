"""The words an author can say to wordish, parsed once into `Options`.

The same words stand after ``wordish:`` in a comment of either markup, in a trailing comment of a
command, in front matter and in the configuration. One table, `WORDS`, says what each takes and where
it may stand; nothing else in wordish knows how an option is spelt.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Literal, NamedTuple, cast

from wordish import conditions, values
from wordish.limits import LONGEST, size
from wordish.model import Diagnostic, Options, Sample
from wordish.pattern import reach, regex_error

Level = Literal["article", "block", "step"]
Value = str | int | float | bool | Mapping[str, object]

SKIP_REASON = "skip asked for"

_LISTED = 100  # lines of a list in which a value is looked for

_TRUE = {"yes", "true", "on"}
_FALSE = {"no", "false", "off"}


def _name(value: Value) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError("takes a name")
    return value


def _seconds(value: Value) -> float:
    try:
        seconds = math.nan if isinstance(value, bool | Mapping) else float(value)
    except ValueError:
        seconds = math.nan
    if not 0 < seconds <= LONGEST:
        raise ValueError("takes a number of seconds above 0, at most 1,000,000")
    return seconds


def _size(value: Value) -> int:
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise ValueError("takes a size, such as 500kB or 2MiB")
    return size(str(value))


def _status(value: Value) -> int | Literal["any"]:
    if value == "any":
        return "any"
    digits = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    # An exit status is eight bits wide: wait(2), WEXITSTATUS.
    if not re.fullmatch(r"[0-9]{1,3}", digits) or int(digits) > 255:
        raise ValueError("takes an exit status from 0 to 255, or any")
    return int(digits)


def _flag(value: Value) -> bool:
    if isinstance(value, bool):
        return value
    if str(value).lower() in _TRUE | _FALSE:
        return str(value).lower() in _TRUE
    raise ValueError("takes nothing, or yes or no")


def _reason(value: Value) -> str:
    """Why it is skipped, or on what condition; "" is an explicit "it is not"."""
    if isinstance(value, bool):
        return SKIP_REASON if value else ""
    if not isinstance(value, str) or not value.strip():
        raise ValueError("takes a reason")
    if value.lower() in _TRUE | _FALSE:
        return SKIP_REASON if value.lower() in _TRUE else ""
    conditions.parse(value)  # what is almost a condition is no reason
    return value


def _warnings(value: Value) -> str:
    from wordish.catalogue import switched_off

    return " ".join(sorted(switched_off(value if isinstance(value, str) else "")))


def _sample(value: Value) -> tuple[Sample, ...]:
    if isinstance(value, Mapping):
        if not {"text"} <= value.keys() <= {"text", "like", "secret"}:
            raise ValueError("takes a table of text, like and secret")
        sample = _sample(str(value["text"]) if isinstance(value["text"], str) else True)
        for word in ("like", "secret"):
            if word in value:
                sample = _qualified(sample, word, cast("Value", value[word]))
        return sample
    if not isinstance(value, str):
        raise ValueError("takes a literal of the text, in quotes")
    if not value.strip() or value != value.strip() or not value.isprintable():
        raise ValueError("takes a literal of the text, within a line and without blanks around it")
    return (Sample(text=value),)


def _varying(value: Value) -> tuple[Sample, ...]:
    return tuple(sample._replace(varies=True) for sample in _sample(value))


def _qualified(samples: tuple[Sample, ...], word: str, value: Value) -> tuple[Sample, ...]:
    """The samples with what ``like`` or ``secret`` says of the last of them."""
    if not samples:
        raise ValueError("stands behind the sample or vary that it is of")
    said: Any = _flag(value) if word == "secret" else _name(value)
    if getattr(samples[-1], word):
        raise ValueError(f"is said twice of {samples[-1].text}")
    return (*samples[:-1], samples[-1]._replace(**{word: said}))


def prompt_pattern(value: object) -> tuple[str, ...]:
    """The pattern of a prompt; raises `ValueError` for what is none."""
    if not isinstance(value, str) or not value:
        raise ValueError("takes a regular expression of RE2")
    wrong = regex_error(value)
    if wrong or reach(value, "") >= 0:
        raise ValueError(wrong or "it fits where nothing stands")
    return (value,)


def _one_of(*choices: str) -> Callable[[Value], str]:
    def convert(value: Value) -> str:
        if value not in choices:
            raise ValueError(f"takes one of {', '.join(choices)}")
        return str(value)

    return convert


class Word(NamedTuple):
    """One option: the values it takes (``read`` raises `ValueError` saying which) and where it may stand.

    ``bare``: it may be said without a value, which then is ``True``. ``several``: it may be said more
    than once, or with a list; what is read is a tuple, and all of them are joined.
    """

    read: Callable[[Value], Any]
    levels: frozenset[Level]
    bare: bool = False
    several: bool = False


_EVERYWHERE: frozenset[Level] = frozenset({"article", "block", "step"})
_ABOVE: frozenset[Level] = frozenset({"article", "block"})

WORDS: Mapping[str, Word] = {
    "on": Word(read=_name, levels=frozenset({"article"})),
    "machine": Word(read=_name, levels=frozenset({"article"})),
    "timeout": Word(read=_seconds, levels=_EVERYWHERE),
    "article-timeout": Word(read=_seconds, levels=frozenset({"article"})),
    "output-limit": Word(read=_size, levels=_EVERYWHERE),
    "status": Word(read=_status, levels=_EVERYWHERE),
    "match": Word(read=_one_of("ellipsis", "exact", "regex"), levels=_EVERYWHERE),
    "stream": Word(read=_one_of("stdout", "stderr", "both"), levels=_EVERYWHERE),
    "status-only": Word(read=_flag, levels=_EVERYWHERE, bare=True),
    "ignore": Word(read=_flag, levels=_EVERYWHERE, bare=True),
    "skip": Word(read=_reason, levels=_EVERYWHERE, bare=True),
    "hidden": Word(read=_flag, levels=frozenset({"block"}), bare=True),
    "cleanup": Word(read=_flag, levels=frozenset({"block", "step"}), bare=True),
    "parallel": Word(read=_flag, levels=frozenset({"article"}), bare=True),
    "enters": Word(read=_flag, levels=frozenset({"step"}), bare=True),
    "lint-ignore": Word(read=_warnings, levels=_EVERYWHERE),
    "needs": Word(read=values.needs, levels=_ABOVE, several=True),
    "cwd": Word(read=values.directory, levels=_ABOVE),
    "env": Word(read=values.env, levels=_ABOVE, several=True),
    "after": Word(read=values.article, levels=frozenset({"article"}), several=True),
    "input": Word(read=values.typed, levels=frozenset({"block", "step"}), several=True),
    "sample": Word(read=_sample, levels=_ABOVE, several=True),
    "vary": Word(read=_varying, levels=_ABOVE, several=True),
    "like": Word(read=_name, levels=_ABOVE),
    "secret": Word(read=_flag, levels=_ABOVE, bare=True),
    "root-prompt": Word(read=prompt_pattern, levels=frozenset({"article"}), several=True),
    "user-prompt": Word(read=prompt_pattern, levels=frozenset({"article"}), several=True),
    "hash": Word(read=_one_of("root", "comment", "auto"), levels=_EVERYWHERE),
}

# What they say is said of the sample or vary before them.
_QUALIFIERS = frozenset({"like", "secret"})

# The trailing comments of the first wordish.
_OLD_HINTS = {
    "ignore": Options(ignore=True),
    "cleanup": Options(cleanup=True),
    "&2": Options(stream="stderr"),
}


def parse(
    text: str, *, path: str, line: int, level: Level | None = None
) -> tuple[Options, tuple[Diagnostic, ...]]:
    """The words after ``wordish:``, separated by blanks and quoted as for a shell.

    Faults are told at ``line`` of ``path`` and left out of the options. With a ``level``, words
    that may not stand there are faults too (see `misplaced`).
    """
    import shlex  # few articles say anything

    try:
        words = shlex.split(text)
    except ValueError:
        fault = _fault(path, line, "bad-option", f"a quote is never closed in: {text.strip()}", "close it")
        return Options(), (fault,)
    pairs: list[tuple[str, Value]] = []
    faults: list[Diagnostic] = []
    for word in words:
        name, equals, value = word.partition("=")
        known = WORDS.get(name)
        if known and not equals and not known.bare:
            faults.append(_fault(path, line, "bad-option", f"{name}: {_wanted(known)}", f"write {name}=..."))
        else:
            pairs.append((name, value if equals else True))
    found, more = _options(pairs, path=path, line=line)
    faults += more
    if level:
        faults += misplaced(found, level=level, path=path, line=line)
    return found, tuple(faults)


def from_mapping(
    mapping: Mapping[str, object], *, path: str, line: int, level: Level | None = None
) -> tuple[Options, tuple[Diagnostic, ...]]:
    """The same options from a decoded TOML table or YAML mapping: ``{"timeout": 120, "status-only": true}``.

    Names may be written with ``_`` for ``-``; what takes several values may have a list of them, ``env``
    a table, and ``sample`` and ``vary`` tables of ``text``, ``like`` and ``secret``. Faults as in `parse`.
    """
    pairs: list[tuple[str, Value]] = []
    faults: list[Diagnostic] = []
    for key, value in _flat(mapping):
        name = key.replace("_", "-")
        known = WORDS.get(name)
        several: list[Any] = value if known and known.several and isinstance(value, list) else [value]
        if all(isinstance(each, str | int | float | Mapping) for each in several):
            pairs += [(name, each) for each in several]
        else:
            faults.append(_fault(path, line, "bad-option", f"{name}: {value!r} is no word, number or yes/no"))
    names = [name for name, _ in pairs]
    if names.count("sample") + names.count("vary") > 1 and (said := _QUALIFIERS & {*names}):
        what = f"{' and '.join(sorted(said))}: of which sample?"
        faults.append(
            _fault(path, line, "bad-option", what, "give that sample as a table: text, like, secret")
        )
    found, more = _options(sorted(pairs, key=lambda pair: pair[0] in _QUALIFIERS), path=path, line=line)
    faults += more
    if level:
        faults += misplaced(found, level=level, path=path, line=line)
    return found, tuple(faults)


def _flat(mapping: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    """Keys and values; ``prompts``, a table in the configuration too, by the names of its options."""
    for key, value in mapping.items():
        if key == "prompts" and isinstance(value, Mapping):
            yield from ((f"{account}-prompt", patterns) for account, patterns in value.items())
        else:
            yield str(key), value


def hint(comment: str, *, path: str, line: int) -> tuple[Options, tuple[Diagnostic, ...]] | None:
    """What a trailing comment (from its ``#`` on) says of its step; ``None`` when it is no hint.

    ``# wordish: status=1``, or one of the first wordish's: ``# ignore``, ``# cleanup``, ``# &2`` and
    ``# returncode: 1``.
    """
    words = comment.lstrip("#").strip()
    if words in _OLD_HINTS:
        return _OLD_HINTS[words], ()
    keyword, colon, rest = words.partition(":")
    if not colon:
        return None
    import shlex

    if keyword.strip() == "wordish":
        return parse(rest, path=path, line=line, level="step")
    if keyword.strip() == "returncode":
        return parse(f"status={shlex.quote(rest.strip())}", path=path, line=line, level="step")
    return None


def merge(outer: Options, inner: Options) -> Options:
    """``outer`` where ``inner`` says nothing; what both need, both environments and samples are joined."""
    if inner == Options():
        return outer
    merged = Options._make(
        mine if mine is not None else theirs for mine, theirs in zip(inner, outer, strict=True)
    )
    if inner.skip is not None:
        merged = merged._replace(skip_if=None)
    elif inner.skip_if is not None:
        merged = merged._replace(skip=None)
    if inner.needs and outer.needs:
        merged = merged._replace(needs=tuple(dict.fromkeys((*outer.needs, *inner.needs))))
    if inner.env and outer.env:
        merged = merged._replace(env=tuple(dict((*outer.env, *inner.env)).items()))
    if inner.samples and outer.samples:
        samples = {sample.text: sample for sample in (*outer.samples, *inner.samples)}
        merged = merged._replace(samples=tuple(samples.values()))
    return merged


def misplaced(options: Options, *, level: Level, path: str, line: int) -> tuple[Diagnostic, ...]:
    """A fault for each option that may not be said at this ``level``."""
    return tuple(
        _fault(
            path,
            line,
            "misplaced-option",
            f"{name} cannot be said of a{'n' if level == 'article' else ''} {level}",
            f"it belongs to the {' or the '.join(sorted(WORDS[name].levels))}",
        )
        for name in said(options)
        if level not in WORDS[name].levels
    )


def said(options: Options) -> tuple[str, ...]:
    """The names of the options that say something, in the order of `WORDS`."""
    found = {field.replace("_", "-") for field, value in options._asdict().items() if value is not None}
    found |= {"skip"} if "skip-if" in found else set()
    found |= {"vary" if sample.varies else "sample" for sample in options.samples or ()}
    return tuple(name for name in WORDS if name in found)


def line_of(text: str, words: str, value: str, *, default: int = 1) -> int:
    """The line of an article that gives one of ``words`` (a regular expression) this value.

    The value may stand in a list below the word, as in front matter.
    """
    said, listed = re.compile(rf"\b(?:{words})\s*[:=](.*)"), 0
    for number, line in enumerate(text.split("\n"), 1):
        found = said.search(line)
        if value and value in (found[1] if found else line if number <= listed else ""):
            return number
        if found and not found[1].strip(" \r"):
            listed = number + _LISTED
    return default


def _options(pairs: Iterable[tuple[str, Value]], *, path: str, line: int) -> tuple[Options, list[Diagnostic]]:
    found: dict[str, Any] = {}
    faults: list[Diagnostic] = []
    for name, value in pairs:
        word = WORDS.get(name)
        if word is None:
            faults.append(_fault(path, line, "unknown-option", f"unknown option {name!r}", _guess(name)))
        elif name in _QUALIFIERS:
            try:
                found["samples"] = _qualified(found.get("samples", ()), name, value)
            except ValueError as error:
                faults.append(_fault(path, line, "bad-option", f"{name}: {error}"))
        elif _field(name) in found and not word.several:
            faults.append(_fault(path, line, "bad-option", f"{name} is said twice", "keep one of them"))
        else:
            try:
                read = word.read(value)
                if word.several:
                    read = (*found.get(_field(name), ()), *read)
                if _field(name) == "samples" and len({sample.text for sample in read}) < len(read):
                    raise ValueError("is said twice")
                found[_field(name)] = read
                if name == "skip" and conditions.parse(read):
                    found.update(skip=None, skip_if=read)
            except ValueError as error:
                faults.append(_fault(path, line, "bad-option", f"{name}={value}: {error}"))
    return Options(**found), faults


def _wanted(word: Word) -> str:
    try:
        word.read("")
    except ValueError as error:
        return str(error)
    return "takes a value, which may be empty"


def _guess(name: str) -> str:
    import difflib  # for those who make mistakes

    close = difflib.get_close_matches(name, WORDS, n=1)
    return f"did you mean {close[0]}?" if close else f"known are {', '.join(WORDS)}"


def _field(name: str) -> str:
    return "samples" if name in ("sample", "vary") else name.replace("-", "_")


def _fault(path: str, line: int, name: str, message: str, hint: str = "") -> Diagnostic:
    return Diagnostic(path=path, line=line, name=name, message=message, hint=hint)
