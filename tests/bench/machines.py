"""The throwaway machine: how soon it answers, and what replaying costs beside a plain script in it."""

from __future__ import annotations

import itertools
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from unittest import mock

from tests.bench.timing import BIN, HERE, Comparison, Contender, Figures, Goal, compare, program
from wordish import cachedir, config, runner
from wordish.document import read
from wordish.machine import qemu
from wordish.model import Document, Event, Judged, Outcome, Running, Target
from wordish.orphans import children
from wordish.shell import Shell
from wordish.targets import vm

ARTICLE = HERE / "docs/howto/lvm-upgrade-safety-net.rst"
_MACHINES = config.load(directory=HERE).machines
_TARGET = Target(kind="vm", machine="bookworm")
_PATIENCE = 300.0  # seconds for the whole article as one script
_CHECK = (BIN / "wordish", "check", "-q", "--config", HERE / "pyproject.toml")


def clones(folder: Path, *, rounds: int) -> Comparison:
    """From nothing to an answer of a machine whose clock and random generators are its own."""
    return compare(
        "a machine, until it has answered a first command",
        reference="clone, reseeded and with the right time",
        rounds=rounds,
        contenders={
            "clone, reseeded and with the right time": _first_answer,
            "booted, its state saved, and cloned": lambda: _booted(folder),
        },
        goals=[Goal("clone, reseeded and with the right time", 0.4, "s")],
    )


def articles(folder: Path, *, rounds: int) -> Comparison:
    """Twenty articles of five steps, each in a machine of its own, as whole processes."""
    session = "".join(f"~# echo line {step}\nline {step}\n" for step in range(5))
    names = [f"a{number}.sh-session" for number in range(20)]
    for name in names:
        (folder / name).write_text(session)
    return compare(
        f"{len(names)} articles of 5 steps, each in a machine of its own, the whole process",
        reference="wordish",
        rounds=rounds,
        contenders={
            "wordish": program(*_CHECK, *names, cwd=folder),
            "wordish -j 2": program(*_CHECK, "-j", "2", *names, cwd=folder),
        },
        goals=[Goal("wordish -j 2", float(len(names)), "s")],
    )


def idle(*, count: int = 100) -> Figures:
    """What clones that wait take of the memory: what they share is divided among them (proc(5), Pss)."""
    made = qemu.template(_MACHINES["bookworm"], say=lambda _: None)
    before = children()
    with ExitStack() as stack:
        for _ in range(count):
            stack.enter_context(qemu.clone(made, say=lambda _: None))
        taken = sum(map(_share, children() - before))
    return Figures(
        f"{count} idle clones of one machine",
        "MB",
        {"all together": taken, "each": taken / count},
        [Goal("all together", 4 * 1024**3 / 1e6, "MB")],
    )


def _share(pid: int) -> float:
    """Megabytes of memory that are this process's part."""
    told = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").partition("\nPss:")[2]
    return int(told.split()[0]) * 1024 / 1e6


def article(*, rounds: int) -> Comparison:
    """The LVM article, each from its first command to its last, in clones of the same machine."""
    document = read(ARTICLE)
    return compare(
        f"{ARTICLE.name}, {len(document.steps)} steps in the machine",
        reference="one plain bash script",
        rounds=rounds,
        contenders={
            "one plain bash script": lambda: _as_script(document),
            "wordish": lambda: _replayed(document),
        },
        goals=[Goal("wordish", 1.05), Goal("wordish", 10, "s")],
    )


def resumed(folder: Path, *, rounds: int) -> Comparison:
    """The same article after an edit of its last command, as whole processes."""
    path = folder / ARTICLE.name
    text = ARTICLE.read_text(encoding="utf-8")
    last = read(ARTICLE).steps[-1].command
    env = {"WORDISH_CACHE_DIR": str(_cache(folder / "cache", "images", "templates", "accelerator.json"))}
    numbers = itertools.count()

    def edited(*words: str) -> Contender:
        check = program(*_CHECK, *words, path.name, cwd=folder, env=env)

        def run() -> float:
            before, after = text.rsplit(last, 1)
            path.write_text(f"{before}{last} && true {next(numbers)}{after}", encoding="utf-8")
            return check()

        return run

    return compare(
        f"{ARTICLE.name} after an edit of its last command, the whole process",
        reference="from the start",
        rounds=rounds,
        contenders={"from the start": edited(), "--resume": edited("--resume")},
        goals=[Goal("--resume", 2, "s")],
    )


def _cache(folder: Path, *shared: str) -> Path:
    """A cache of our own that shares some of what is in the user's."""
    folder.mkdir()
    for name in shared:
        (folder / name).symlink_to(cachedir.root() / name)
    return folder


def _booted(folder: Path) -> float:
    cache = folder / "cold"
    if not cache.exists():
        _cache(cache, "images", "accelerator.json")
    with mock.patch.dict(os.environ, WORDISH_CACHE_DIR=str(cache)):
        shutil.rmtree(cache / "templates", ignore_errors=True)
        return _first_answer()


def _first_answer() -> float:
    start = time.perf_counter()
    with _root_shell() as shell:
        shell.run("echo here", timeout=_PATIENCE)
        return time.perf_counter() - start


def _as_script(document: Document) -> float:
    commands = "\n".join(step.command for step in document.steps if step.options.skip is None)
    with _root_shell() as shell:
        shell.run(f"cat > /tmp/article << 'the end'\n{commands}\nthe end", timeout=_PATIENCE)
        start = time.perf_counter()
        output = shell.run("bash /tmp/article", timeout=_PATIENCE)
        took = time.perf_counter() - start
    if output.status is None:
        raise SystemExit(f"{document.path}: the script did not end in {_PATIENCE} s")
    return took


def _replayed(document: Document) -> float:
    moments: list[float] = []

    def note(event: Event) -> None:
        if isinstance(event, Running | Judged):
            moments.append(time.perf_counter())

    job = runner.Job(document=document, target=_TARGET)
    transcript = runner.check(job, machines=_MACHINES, timeout=config.TIMEOUT, tell=note)
    if transcript.outcome is not Outcome.PASSED:
        raise SystemExit(f"{document.path}: {transcript.outcome}: `make check` says why")
    return moments[-1] - moments[0]


@contextmanager
def _root_shell() -> Iterator[Shell]:
    with vm.reach(_TARGET, machines=_MACHINES, say=lambda _: None) as place:
        yield place.shell("root")
