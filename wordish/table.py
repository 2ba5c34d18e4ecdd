"""The table ``[tool.wordish]`` of a pyproject.toml -> what it says: typed, every key known."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import msgspec

from wordish import options as words
from wordish import redaction
from wordish.catalogue import switched_off
from wordish.errors import ConfigError
from wordish.likes import bad_kind, pattern_of
from wordish.limits import KEPT, LONGEST, size
from wordish.model import Conventions, Hash, Machine, Options
from wordish.options import prompt_pattern
from wordish.overrides import Override, bad_pattern
from wordish.placeholders import ELLIPSES

_NAME = r"^[a-z0-9]([a-z0-9+.-]*[a-z0-9+.])?\Z"

Name = Annotated[str, msgspec.Meta(pattern=_NAME)]
"""Debian's rule for package names (Policy 5.6.1), which suits suites and machines too.

None ends in ``-``: apt would take that as an order to remove the package (apt-get(8), install).
"""

Seconds = Annotated[float, msgspec.Meta(gt=0, le=LONGEST)]

MiB = Annotated[int, msgspec.Meta(ge=16, le=1024 * 1024)]


class _Machine(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """A table ``[tool.wordish.machines.NAME]``; what it leaves out is `wordish.model.Machine`'s default."""

    suite: Name | msgspec.UnsetType = msgspec.UNSET
    packages: tuple[Name, ...] | msgspec.UnsetType = msgspec.UNSET
    mirror: Annotated[str, msgspec.Meta(pattern=r"^((https?|file)://[^\s\[\]]+)?\Z")] | msgspec.UnsetType = (
        msgspec.UNSET
    )
    memory: MiB | msgspec.UnsetType = msgspec.UNSET
    disk: MiB | msgspec.UnsetType = msgspec.UNSET
    network: bool | msgspec.UnsetType = msgspec.UNSET
    aslr: bool | msgspec.UnsetType = msgspec.UNSET


class _Container(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The table ``[tool.wordish.container]``: see `wordish.model.Containers`."""

    program: Literal["podman", "docker"] | None = None
    network: bool = False
    pull: bool = False


class _Lint(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The table ``[tool.wordish.lint]``: codes or names of warnings that are switched off."""

    ignore: tuple[str, ...] = ()


class _Prompts(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The table ``prompts``: patterns by account."""

    root: tuple[str, ...] | None = None
    user: tuple[str, ...] | None = None


class Table(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The table ``[tool.wordish]``; times are in seconds."""

    paths: tuple[Annotated[str, msgspec.Meta(min_length=1)], ...] = ()
    timeout: Seconds | None = None
    article_timeout: Seconds | None = msgspec.field(default=None, name="article-timeout")
    run_timeout: Seconds | None = msgspec.field(default=None, name="run-timeout")
    output_limit: int | str | None = msgspec.field(default=None, name="output-limit")
    jobs: Annotated[int, msgspec.Meta(ge=1)] | Literal["auto"] | None = None
    machine: str | None = None
    record: Annotated[str, msgspec.Meta(min_length=1)] | None = None
    machines: dict[str, Any] = {}
    container: _Container = _Container()
    lint: _Lint = _Lint()
    redact: tuple[str, ...] = ()
    prompts: _Prompts = _Prompts()
    hash: Hash | None = None
    substitutions: dict[str, Any] = {}
    options: dict[str, Any] = {}
    overrides: tuple[Any, ...] = ()
    like: dict[str, str] = {}


class _Override(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """A table ``[[tool.wordish.overrides]]``: for some paths, what ``[tool.wordish]`` says for all."""

    paths: Annotated[tuple[Annotated[str, msgspec.Meta(min_length=1)], ...], msgspec.Meta(min_length=1)]
    prompts: _Prompts = _Prompts()
    hash: Hash | None = None
    substitutions: dict[str, Any] = {}
    options: dict[str, Any] = {}


_Struct = TypeVar("_Struct", _Machine, _Override, Table)
_Key = tuple[str, ...]
_Complain = Callable[[_Key, str, str], ConfigError]
"""Gives the error for a key, what is wrong with it and what to try."""


def read(text: str, *, source: Path, built_in: Machine) -> tuple[Table, Mapping[str, Machine]]:
    """What ``text``, the content of the file ``source``, says, and the machines that it describes.

    These are ``built_in`` alone when it describes none. Raises `wordish.errors.ConfigError`.
    """

    complain = _complainer(text, source)
    tool = _toml(text, source).get("tool", {})
    said = _convert(
        tool.get("wordish", {}) if isinstance(tool, dict) else {}, Table, ("tool", "wordish"), complain
    )
    described = [_machine(name, table, complain) for name, table in said.machines.items()]
    machines = {machine.name: machine for machine in described or [built_in]}
    if said.machine is not None and said.machine not in machines:
        what = f"the machine {said.machine!r} is not described"
        raise complain(("tool", "wordish", "machine"), what, f"described are {', '.join(machines)}")
    if said.record is not None and not _is_inside(said.record, source.parent):
        raise complain(("tool", "wordish", "record"), "leads out of the folder", "it stands below this file")
    for word in said.lint.ignore:
        try:
            switched_off(word)
        except ValueError as error:
            raise complain(("tool", "wordish", "lint", "ignore"), str(error), "see `wordish lint`") from error
    return said, machines


def _is_inside(name: str, folder: Path) -> bool:
    """Whether a file of this name is below ``folder``, wherever links lead."""
    return (folder / name).resolve().is_relative_to(folder.resolve())


def ignored(said: Table) -> frozenset[str]:
    """The names of the warnings that the table switches off; all of them are known (see `read`)."""
    return switched_off(" ".join(said.lint.ignore)) if said.lint.ignore else frozenset()


def output_limit(said: Table, text: str, *, source: Path) -> int:
    """The bytes of each stream of a step's output that are kept. Raises `wordish.errors.ConfigError`."""
    try:
        return KEPT if said.output_limit is None else size(str(said.output_limit))
    except ValueError as error:
        complain = _complainer(text, source)
        raise complain(("tool", "wordish", "output-limit"), f"{said.output_limit!r}: {error}", "") from error


def conventions(said: Table, text: str, *, source: Path) -> tuple[Conventions, tuple[Override, ...]]:
    """What the table ``said`` of ``text`` lays down for all articles, and for those of some paths.

    Raises `wordish.errors.ConfigError`.
    """
    complain, here = _complainer(text, source), ("tool", "wordish")
    for name, pattern in said.like.items():
        if wrong := bad_kind(name, pattern):
            raise complain((*here, "like", name), wrong, "a kind is a name and a pattern, of RE2")
    overrides = []
    for number, table in enumerate(said.overrides):
        key = (*here, "overrides", f"[{number}]")
        override = _convert(table, _Override, key, complain)
        for pattern in override.paths:
            if wrong := bad_pattern(pattern):
                raise complain((*key, "paths"), f"{pattern!r}: {wrong}", "paths start at this file's folder")
        conventions = _conventions(override, key, said.like, source, complain)
        overrides.append(Override(paths=override.paths, conventions=conventions))
    for number, hidden in enumerate(said.redact):
        if wrong := redaction.fault(hidden):
            raise complain((*here, "redact", f"[{number}]"), f"{hidden!r}: {wrong}", "patterns are RE2's")
    everywhere = _conventions(said, here, said.like, source, complain)
    return everywhere._replace(like=said.like, redact=said.redact), tuple(overrides)


def _conventions(
    said: Table | _Override, key: _Key, like: Mapping[str, str], source: Path, complain: _Complain
) -> Conventions:
    _check_reading(said, key, complain)
    reading = Options(root_prompt=said.prompts.root, user_prompt=said.prompts.user, hash=said.hash)
    options = words.merge(reading, _options(said.options, (*key, "options"), like, source, complain))
    return Conventions(options=options, substitutions=said.substitutions)


def _check_reading(said: Table | _Override, key: _Key, complain: _Complain) -> None:
    """Refuse patterns that are none, and substitutions that would change the lines of an article."""
    for account, patterns in (("root", said.prompts.root), ("user", said.prompts.user)):
        for pattern in patterns or ():
            try:
                prompt_pattern(pattern)
            except ValueError as error:
                raise complain(
                    (*key, "prompts", account), f"{pattern!r}: {error}", "see RE2's syntax"
                ) from error
    for literal, value in said.substitutions.items():
        here = (*key, "substitutions", literal)
        if not isinstance(value, str):
            raise complain(here, "expected a string", 'write its value in quotes: "1.2"')
        if not literal.strip() or not (literal + value).isprintable():
            raise complain(here, "not the text of one line", "give the literal of the article, and its value")
        if literal.strip(" []") in ELLIPSES:
            raise complain(here, "stands for any text in outputs", "write it out where it is typed")


def _options(
    table: Mapping[str, Any], key: _Key, like: Mapping[str, str], source: Path, complain: _Complain
) -> Options:
    """What a table of options says, each of them one that an article may say of itself."""
    for name, value in table.items():  # one by one: a fault knows its key
        if name in ("like", "secret"):  # is said of another
            continue
        _, faults = words.from_mapping({name: value}, path=str(source), line=0, level="article")
        for fault in faults:
            said = f"{name.replace('_', '-')}={value}: "
            raise complain((*key, name), fault.message.removeprefix(said), fault.hint)
    found, faults = words.from_mapping(table, path=str(source), line=0)
    for fault in faults:
        raise complain(key, fault.message, fault.hint)
    for name in found.after or ():
        if not (source.parent / name).is_file():
            raise complain((*key, "after"), f"{name}: no such file", "paths start at this file's folder")
    for sample in found.samples or ():
        try:
            pattern_of(sample.text, sample.like, like)
        except ValueError as error:
            raise complain((*key, "vary" if sample.varies else "sample"), str(error), "") from error
    return found


def _complainer(text: str, source: Path) -> _Complain:
    def complain(key: _Key, what: str, hint: str) -> ConfigError:
        line = line_of(text, key)
        return ConfigError(
            f"{'.'.join(map(_spelt, key)).replace('.[', '[')}: {what}",
            where=f"{_shown(source)}:{line}" if line else _shown(source),
            hint=hint,
        )

    return complain


def _spelt(part: str) -> str:
    return part if part.isprintable() else repr(part)


def line_of(text: str, key: _Key) -> int | None:
    """The line of a TOML text where ``key``, or the innermost table around it that has a line, stands."""
    best: tuple[int, int] | None = None
    for number, found in _keys(text):
        if found == key[: len(found)] and (best is None or len(found) > best[0]):
            best = len(found), number
    return best[1] if best else None


def _shown(source: Path) -> str:
    """The path of ``source`` as one would type it here."""
    here = Path.cwd()
    return str(source.relative_to(here) if source.is_relative_to(here) else source)


def _toml(text: str, source: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        at = re.search(r" \(at (?:line (\d+), column \d+|end of document)\)$", str(error))
        line = int(at[1]) if at and at[1] else len(text.splitlines())
        what = str(error)[: at.start()] if at else str(error)
        raise ConfigError(f"not TOML: {what}", where=f"{_shown(source)}:{line}") from error


def _machine(name: str, table: object, complain: _Complain) -> Machine:
    key = ("tool", "wordish", "machines", name)
    if not re.match(_NAME, name):
        raise complain(key, "not a machine's name", _WANTED["name"])
    said = _convert(table, _Machine, key, complain)
    given = {
        field: value
        for field in said.__struct_fields__
        if (value := getattr(said, field)) is not msgspec.UNSET
    }
    machine = Machine(name=name, **given)
    if machine.disk >= machine.memory:
        at = "disk" if "disk" in given else "memory"
        raise complain(
            (*key, at),
            "the disk is kept in memory and must be smaller",
            "give more `memory` or less `disk` (MiB)",
        )
    return machine


def _convert(table: object, into: type[_Struct], key: _Key, complain: _Complain) -> _Struct:
    try:
        return msgspec.convert(table, into)
    except msgspec.ValidationError as error:
        message, _, path = str(error).partition(" - at `$")
        inner: _Key = tuple(re.findall(r"[\w-]+", path.split("[")[0]))
        if absent := re.fullmatch(r"Object missing required field `(.*)`", message):
            raise complain((*key, *inner), f"{absent[1]} is missing", "say for which articles") from error
        if unknown := re.fullmatch(r"Object contains unknown field `(.*)`", message, re.DOTALL):
            tables: dict[_Key, type[msgspec.Struct]] = {
                ("prompts",): _Prompts,
                ("container",): _Container,
                ("lint",): _Lint,
            }
            known = list(tables.get(inner, into).__struct_encode_fields__)
            import difflib  # for those who make mistakes

            close = difflib.get_close_matches(unknown[1], known, n=1)
            hint = f"did you mean {close[0]}?" if close else f"there are {', '.join(known)}"
            raise complain((*key, *inner, unknown[1]), "unknown key", hint) from error
        raise complain((*key, *inner), *_plain(message, at=inner[-1] if inner else "")) from error


_WANTED = {
    "int": "a whole number",
    "float": "a number",
    "str": "a string",
    "bool": "true or false",
    "array": "a list of strings",
    "object": "a table",
    "null": "nothing",
    "name": "lower-case letters, digits and + . -, starting with a letter or a digit, not ending in -",
}


def _plain(message: str, *, at: str) -> tuple[str, str]:
    """What is wrong and what to write instead, from msgspec's message."""
    bound = re.fullmatch(r"Expected `(?:int|float)` (>=|<=|>|<) (.*)", message)
    if bound:
        return f"must be {bound[1]} {float(bound[2]):g}", ""
    if "matching regex" in message:
        return (
            ("not a mirror", "write an http, https or file URL")
            if "://" in message
            else ("not a name", _WANTED["name"])
        )
    if "length" in message:
        return "must not be empty", ""
    if "enum value" in message:
        what = f"no such value: {message.partition('value ')[2]}"
        hints = {"jobs": 'say a number or "auto"', "program": "say podman or docker"}
        return what, hints.get(at, "say root, comment or auto")
    kinds = re.findall(r"`([a-z |]+)`", message)
    wanted, got = (*kinds, "", "")[:2]
    names = [_WANTED.get(kind, kind) for kind in wanted.split(" | ") if kind != "null"]
    return f"expected {' or '.join(names)}, got {_WANTED.get(got, got).removesuffix(' of strings')}", ""


def _keys(text: str) -> Iterator[tuple[int, _Key]]:
    """The lines of a TOML text that start a table or give a key a value, and which.

    In the key of a table of an array stands its number there, from 0: ``[0]``.
    """
    table: _Key = ()
    arrays: dict[_Key, int] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if header := re.match(r"\s*\[(\[?)([^\[\]]+)\]\]?\s*(#.*)?$", line):
            table = _dotted(header[2])
            if header[1]:
                arrays[table] = arrays.get(table, -1) + 1
            for end in range(len(table), 0, -1):
                if table[:end] in arrays:
                    table = (*table[:end], f"[{arrays[table[:end]]}]", *table[end:])
            yield number, table
        elif pair := re.match(
            r"""\s*((?:[\w-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[\w-]+|"[^"]*"|'[^']*'))*)\s*=""", line
        ):
            yield number, (*table, *_dotted(pair[1]))


def _dotted(text: str) -> _Key:
    return tuple(part.strip().strip("\"'") for part in re.findall(r"""[\w-]+|"[^"]*"|'[^']*'""", text))
