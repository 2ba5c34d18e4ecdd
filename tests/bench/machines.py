"""The throwaway machine: how soon it answers, and what replaying costs beside a plain script in it."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.bench.many import Figures
from tests.bench.timing import Comparison, compare, program
from wordish import config, runner
from wordish.document import read
from wordish.machine import qemu
from wordish.model import Document, Event, Judged, Outcome, Running, Target
from wordish.orphans import children
from wordish.shell import Shell
from wordish.targets import vm

_BIN = Path(sys.executable).parent
ROOT = Path(__file__).parents[2]
ARTICLE = ROOT / "docs/howto/lvm-upgrade-safety-net.rst"
_MACHINES = config.load(directory=ROOT).machines
_TARGET = Target(kind="vm", machine="bookworm")
_PATIENCE = 300.0  # seconds for the whole article as one script


def clones(*, rounds: int) -> Comparison:
    """From nothing to an answer of a machine whose clock and random generators are its own."""
    return compare(
        "a clone of the machine, reseeded and with the right time",
        reference="to the first answered command",
        rounds=rounds,
        contenders={"to the first answered command": _first_answer},
    )


def articles(folder: Path, *, rounds: int) -> Comparison:
    """Twenty articles of five steps, each in a machine of its own, as whole processes."""
    session = "".join(f"~# echo line {step}\nline {step}\n" for step in range(5))
    for number in range(20):
        (folder / f"a{number}.sh-session").write_text(session)
    command = (_BIN / "wordish", "check", "-q", "--config", ROOT / "pyproject.toml")
    names = [f"a{number}.sh-session" for number in range(20)]
    return compare(
        f"{len(names)} articles of 5 steps, each in a machine of its own, the whole process",
        reference="wordish",
        rounds=rounds,
        contenders={
            "wordish": program(*command, *names, cwd=folder),
            "wordish -j 2": program(*command, "-j", "2", *names, cwd=folder),
        },
    )


def idle(*, count: int = 20) -> Figures:
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
        {"each": taken / count, "100 of them": taken * 100 / count},
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
    )


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
