"""The command line's grammar: words -> arguments."""

from __future__ import annotations

import argparse
import functools
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NoReturn

from wordish import __version__
from wordish.limits import LONGEST

if TYPE_CHECKING:
    from wordish.model import Shard


class _Parser(argparse.ArgumentParser):
    """A parser that says on one line what is wrong.

    Its help has a fixed width: argparse would ask for the terminal's with each argument that is
    added, which costs more than the rest of the parsing.
    """

    def __init__(self, **options: Any) -> None:
        layout = functools.partial(argparse.HelpFormatter, width=100)
        super().__init__(**options, allow_abbrev=False, formatter_class=layout)

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}: try `{self.prog} --help`\n")


def parse(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """The arguments; ``command`` names the command. Exits for ``--help``, ``--version`` and nonsense."""
    return grammar().parse_args(argv)


def grammar() -> argparse.ArgumentParser:
    """What there is to say on the command line, and what it means: also to be written in a manual."""
    parser = _Parser(
        prog="wordish",
        description="Replay the shell sessions of articles and compare what is printed with what they show.",
        epilog="Exit status: 0 all passed, 1 something failed, 2 wordish could not work, 130 interrupted.",
    )
    parser.add_argument("--version", action="version", version=f"wordish {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    _check(_command(commands, "check", "verify articles"))
    _merge(_command(commands, "merge", "join the reports, or the records, of several checks"))
    _update(_command(commands, "update", "rewrite the outputs that are no longer true"))
    _list(_command(commands, "list", "show the steps as parsed, and every remark on them"))
    _lint(_command(commands, "lint", "everything there is to say about articles, without running them"))
    _export(_command(commands, "export", "an article's steps as a shell script, a transcript or JSON"))
    _shell(_command(commands, "shell", "a terminal in a machine, or at a point of an article"))
    _step(_command(commands, "step", "walk through an article, command by command"))
    _machine(_command(commands, "machine", "build, list, remove and prune throwaway machines"))
    _command(commands, "doctor", "what is here, what is missing, and the command that installs it")
    return parser


def _command(
    commands: argparse._SubParsersAction[_Parser], name: str, purpose: str
) -> argparse.ArgumentParser:
    return commands.add_parser(name, help=purpose, description=f"{purpose[0].upper()}{purpose[1:]}.")


def _check(parser: argparse.ArgumentParser) -> None:
    _articles(parser)
    _run(parser)
    _limits(parser)
    parser.add_argument(
        "-j", "--jobs", type=_jobs, metavar="N", help="articles side by side, or `auto` (default: 1)"
    )
    parser.add_argument("-x", "--exitfirst", action="store_true", help="stop after the first that fails")
    parser.add_argument(
        "--dask", metavar="ADDRESS", help="run them on the cluster of this scheduler: tcp://HOST:PORT"
    )
    parser.add_argument(
        "--shard",
        type=_shard,
        metavar="I/N",
        help="only the I-th of N parts: every article is in one of them",
    )
    parser.add_argument(
        "--durations",
        metavar="FILE",
        help="with --shard: divide by this record or JSON report, the same for all",
    )
    parser.add_argument(
        "--allow-empty", action="store_true", help="be content with articles without sessions"
    )
    parser.add_argument("--keep-going", action="store_true", help="go on after a wrong output")
    parser.add_argument(
        "--resume",
        action="store_true",
        help="in a virtual machine: run only what comes after the steps that did not change",
    )
    parser.add_argument(
        "--watch", action="store_true", help="check again what changed, resuming it, until ^C ends that"
    )
    _reports(parser)
    parser.add_argument("--record", action="store_true", help="keep what was found in verified.json")
    parser.add_argument(
        "--cast", metavar="DIR", help="write a recording (asciicast) of each article that passed"
    )


def _reports(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--format",
        action="append",
        default=[],
        metavar="FORM[=FILE]",
        help="terminal (default), json, junit, github, tap, html; several times for several reports",
    )
    parser.add_argument("--output", metavar="FILE", help="where the report goes (default, and -: stdout)")
    parser.add_argument("--color", default="auto", choices=("auto", "always", "never"), help="default: auto")
    parser.add_argument("-v", "--verbose", action="count", default=0, help="each step with its time")
    parser.add_argument(
        "-q", "--quiet", action="count", default=0, help="only what went wrong, and the summary"
    )


def _merge(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("reports", nargs="+", metavar="FILE", help="a JSON report, or with --record a record")
    parser.add_argument(
        "--record", action="store_true", help="bring verified.json up to date with what these records say"
    )
    _reports(parser)
    _config(parser)


def _update(parser: argparse.ArgumentParser) -> None:
    _articles(parser)
    _run(parser)
    _limits(parser)
    parser.add_argument("--diff", action="store_true", help="write nothing: print a patch for `git apply`")
    parser.add_argument(
        "-i", "--interactive", action="store_true", help="show each output that would change, and ask"
    )
    parser.add_argument(
        "--pin", action="store_true", help="run nothing: write down what each bare `# ` was guessed to be"
    )


def _run(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--on",
        default="",
        metavar="TARGET",
        help="where to run: vm, vm:MACHINE, host, sandbox, container:IMAGE, ssh:HOST",
    )
    parser.add_argument("--machine", default="", metavar="NAME", help="which machine of the configuration")
    parser.add_argument(
        "--as-root",
        action="store_true",
        help="with `--on host` or `--on ssh:HOST`: run root steps, there, as root",
    )
    parser.add_argument("--timeout", type=_seconds, metavar="SECONDS", help="for steps that do not say")


def _limits(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--article-timeout",
        type=_seconds,
        metavar="SECONDS",
        help="the most that the steps of an article take",
    )
    parser.add_argument(
        "--run-timeout", type=_seconds, metavar="SECONDS", help="the most that all articles take together"
    )
    parser.add_argument(
        "--output-limit",
        type=_size,
        metavar="SIZE",
        help="the most that is kept of what a step prints: 500kB",
    )


def _shell(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("paths", nargs="*", metavar="PATH", help="an article (default: a pristine machine)")
    parser.add_argument(
        "--until", type=_line, metavar="LINE", help="run the steps above this line (default: all steps)"
    )
    _run(parser)
    _config(parser)
    _remarks(parser)


def _step(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("paths", nargs=1, metavar="PATH", help="an article")
    _run(parser)
    _config(parser)
    _remarks(parser)


def _line(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError
    return number


_line.__name__ = "line"


def _export(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("paths", nargs=1, metavar="PATH", help="an article")
    parser.add_argument(
        "--to", default="script", choices=("script", "transcript", "json"), help="default: script"
    )
    parser.add_argument("--output", default="-", metavar="FILE", help="where it goes (- is stdout)")
    _config(parser)
    _remarks(parser)


def _list(parser: argparse.ArgumentParser) -> None:
    _articles(parser)
    parser.add_argument("-v", "--verbose", action="store_true", help="all lines of commands and outputs")
    parser.add_argument("--format", default="text", choices=("text", "json"), help="default: text")


def _lint(parser: argparse.ArgumentParser) -> None:
    _articles(parser)
    _run(parser)
    parser.add_argument("--format", default="text", choices=("text", "json"), help="default: text")


def _articles(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "paths",
        nargs="*",
        metavar="PATH",
        help="an article, or a folder of articles (default: the configured ones)",
    )
    _config(parser)
    _remarks(parser)


def _remarks(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--strict", action="store_true", help="warnings count as errors: nothing runs")
    parser.add_argument(
        "--ignore",
        action="extend",
        type=_warnings,
        default=[],
        metavar="WARNINGS",
        help="codes or names of warnings to be switched off, separated by commas",
    )


def _machine(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    build = actions.add_parser("build", help="build machines (default: all that are described)")
    build.add_argument("names", nargs="*", metavar="NAME")
    build.add_argument("--again", action="store_true", help="also those that are built: for newer packages")
    _config(build)
    actions.add_parser("list", help="what is built, its size and when it was built")
    remove = actions.add_parser("remove", help="remove what was built")
    remove.add_argument("names", nargs="*", metavar="NAME")
    remove.add_argument(
        "--checkpoints", action="store_true", help="only the checkpoints, of these machines or of all"
    )
    prune = actions.add_parser("prune", help="remove what is of no use any more")
    prune.add_argument("--keep", type=_bytes, metavar="SIZE", help="let no more stay than that: 4G, 500M")
    prune.add_argument("--dry-run", action="store_true", help="remove nothing: tell what would be")
    _config(prune)


def _config(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--config", metavar="FILE", help="instead of the pyproject.toml found from here upwards"
    )


def _warnings(text: str) -> list[str]:
    from wordish.catalogue import switched_off

    try:
        return list(switched_off(text))
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 < seconds <= LONGEST:
        raise ValueError
    return seconds


def _size(text: str) -> int:
    from wordish.limits import size

    try:
        return size(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r}: {error}") from error


def _jobs(text: str) -> int:
    """How many, 0 for as many as there are processors."""
    if text == "auto":
        return 0
    number = int(text)
    if number < 1:
        raise ValueError
    return number


def _shard(text: str) -> Shard:
    from wordish.model import MOST_PARTS, Shard

    number, _, total = text.partition("/")
    if not (number.isdecimal() and total.isdecimal()) or not 1 <= int(number) <= int(total) <= MOST_PARTS:
        raise ValueError
    return Shard(number=int(number), total=int(total))


def _bytes(text: str) -> int:
    units = {"K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}
    number = text.upper().removesuffix("B")
    unit = units.get(number[-1:], 1)
    size = float(number.rstrip("KMGT") if unit > 1 else number)
    if not 0 <= size < math.inf:
        raise ValueError
    return round(size * unit)


_bytes.__name__ = "size"
_shard.__name__ = "part I/N"
_jobs.__name__ = "number of jobs"
_seconds.__name__ = "number of seconds"  # argparse: "invalid number of seconds value: 'x'"
