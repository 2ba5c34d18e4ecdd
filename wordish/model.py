"""The nouns: frozen values that the whole of wordish speaks of.

Each value is complete when it is built and can be pickled, so that it may travel to another
process or another machine. Nothing here opens, reads, runs or prints.

They are named tuples, built by naming their fields: a dozen dataclasses would cost every start 20 ms,
as much as Python itself. Their annotations are evaluated here: each that was postponed would be compiled when
its class is built.
"""

import enum
from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple, TypeAlias

User = Literal["root", "user"]
Match = Literal["ellipsis", "exact", "regex"]
Stream = Literal["stdout", "stderr", "both"]
Hash = Literal["root", "comment", "auto"]


class Outcome(enum.StrEnum):
    """What became of a step or an article: JUnit's four.

    ``FAILED``: the article is wrong. ``ERROR``: wordish could not tell. ``SKIPPED``: asked for, or
    never reached.
    """

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"
    ERROR = "error"


NOT_RUNNABLE = "not runnable"
"""What the reason of a step begins with that is skipped because of a placeholder."""

RED = (Outcome.FAILED, Outcome.ERROR)
"""What makes a run fail."""


class Severity(enum.StrEnum):
    """How bad a `Diagnostic` is: an ``ERROR`` keeps its article from running, a ``WARNING`` does not."""

    ERROR = "error"
    WARNING = "warning"


class Diagnostic(NamedTuple):
    """One remark on an article, at a line: what is wrong and what to try.

    ``line`` counts from 1. ``name`` is stable (``open-command``), so that it can be documented and
    switched off.
    """

    path: str
    line: int
    name: str
    message: str
    severity: Severity = Severity.ERROR
    hint: str = ""

    def __str__(self) -> str:
        text = f"{self.path}:{self.line}: {self.message}"
        return f"{text}: {self.hint}" if self.hint else text


class Sample(NamedTuple):
    """A literal of an article that stands for what is really printed.

    ``like`` names what it may look like, ``pattern`` is the pattern of that ("": not looked up yet). What
    was printed where it was first shown is its ``value`` from then on, bound at ``place``; one that
    ``varies`` has none. ``secret``: what it stands for is never shown.
    """

    text: str
    like: str = ""
    pattern: str = ""
    varies: bool = False
    secret: bool = False
    value: str | None = None
    place: str = ""


class Options(NamedTuple):
    """What an author said, beyond the text, of an article, a block or a step; ``None``: nothing said.

    ``timeout`` and ``article_timeout`` are in seconds, ``output_limit`` is in bytes. ``skip`` is the reason;
    "" undoes an outer one, and is gone when merged. ``status`` is an exit status or ``"any"``.
    ``lint_ignore`` are names of warnings, separated by blanks. ``root_prompt`` and ``user_prompt`` are
    regular expressions for prompts; ``hash`` is what a bare ``# `` is. The words are those of the page
    "markup" in the documentation.

    ``skip_if`` is what ``skip`` says when that is a condition (see `wordish.conditions`). ``env`` are
    pairs of name and value, ``input`` lines to type, ``after`` paths of articles. ``samples`` are those of
    ``sample`` and ``vary``; for a step also those of the blocks before it.
    """

    on: str | None = None
    machine: str | None = None
    timeout: float | None = None
    article_timeout: float | None = None
    output_limit: int | None = None
    status: int | Literal["any"] | None = None
    match: Match | None = None
    stream: Stream | None = None
    status_only: bool | None = None
    ignore: bool | None = None
    skip: str | None = None
    hidden: bool | None = None
    cleanup: bool | None = None
    parallel: bool | None = None
    enters: bool | None = None
    lint_ignore: str | None = None
    skip_if: str | None = None
    needs: tuple[str, ...] | None = None
    cwd: str | None = None
    env: tuple[tuple[str, str], ...] | None = None
    after: tuple[str, ...] | None = None
    input: tuple[str, ...] | None = None
    root_prompt: tuple[str, ...] | None = None
    user_prompt: tuple[str, ...] | None = None
    hash: Hash | None = None
    samples: tuple[Sample, ...] | None = None


class Conventions(NamedTuple):
    """What holds for an article beyond its own text: what the configuration says of its path.

    ``options`` are those that the article's own go before. ``substitutions`` gives the text that is meant
    by a literal of commands and outputs (``<name>``). ``like`` gives the author's own kinds of samples,
    patterns by name. ``redact`` are patterns of what no report or record is to hold.
    """

    options: Options = Options()
    substitutions: Mapping[str, str] = {}
    like: Mapping[str, str] = {}
    redact: tuple[str, ...] = ()


class Drawn(NamedTuple):
    """Lines of a block where commands stand without a prompt, because the markup draws one before them.

    Those from line ``first`` of the block's text, from 0, to before line ``stop``. A command ends where bash
    says so, the next one begins on the line after that. ``prompt`` is what readers see.
    """

    first: int
    stop: int
    prompt: str


class Block(NamedTuple):
    """Marked-up text that may hold a session, not yet understood.

    ``line`` is the 1-based line of the file where the first line of ``text`` stands. ``text`` is
    what the file holds, without the indentation common to the block: tabs, trailing blanks and
    no-break spaces are still there, line ends are ``\\n``. ``language`` is the word the author
    tagged the block with, "" when there is none. ``running``: this is running text, where sessions
    stand between paragraphs and a blank line ends an output. ``start`` is the line where its markup
    starts (its fence, directive or introduction), 0 when nobody knows.

    ``numbers`` are the lines of the file where those of the text stand, when they do not follow one
    another. ``prompts`` are the only ones that count in this block, ``drawn`` its commands without any.
    ``outputs`` are blocks right below it that show what its commands print, tagged ``output`` or ``error``.
    """

    path: str
    line: int
    text: str
    language: str = ""
    options: Options = Options()
    running: bool = False
    numbers: tuple[int, ...] = ()
    prompts: tuple[str, ...] = ()
    drawn: tuple[Drawn, ...] = ()
    outputs: tuple["Block", ...] = ()
    start: int = 0

    @property
    def lines(self) -> Sequence[int]:
        """The file's line of each line of the text."""
        return self.numbers or range(self.line, self.line + self.text.count("\n") + 1)


class Expectation(NamedTuple):
    """What the author promised of a step's output.

    ``text`` is normalised for comparing: lines joined by ``\\n``, no blank lines at both ends, no
    trailing blanks, tabs expanded, the indentation common to all lines taken off. It is "" when
    nothing is shown. ``lines`` are the file's lines where it stands (1-based, first and last
    included), or ``None`` when nothing is shown. ``together``: what is printed is shown as the output of the
    next step, together with what that one prints. The last ``remarks`` lines of ``text`` read like words
    to the reader: they need not be printed. ``samples`` are the literals in it that stand for something
    else, with what they stand for now.
    """

    text: str = ""
    lines: tuple[int, int] | None = None
    status: int | Literal["any"] = 0
    match: Match = "ellipsis"
    stream: Stream = "both"
    together: bool = False
    remarks: int = 0
    samples: tuple[Sample, ...] = ()


class Scope(NamedTuple):
    """What surrounds some steps: those of an article (``line`` 0), or of a block.

    ``line`` is the block's first. The others are what was said there, as in `Options`.
    """

    path: str
    line: int = 0
    cwd: str = ""
    env: tuple[tuple[str, str], ...] = ()
    needs: tuple[str, ...] = ()
    skip_if: str = ""


class Step(NamedTuple):
    """One prompt, one command, one promise.

    ``line`` and ``end_line`` are the first and last line of the command (1-based). ``command`` may
    have several lines, joined by ``\\n``, without a final one; hints of wordish are taken off.
    ``options`` are those in force for this step: the article's and the block's merged in. ``scopes``
    are what surrounds it, the inner one last.
    """

    path: str
    line: int
    end_line: int
    prompt: str
    user: User
    command: str
    expectation: Expectation = Expectation()
    options: Options = Options()
    scopes: tuple[Scope, ...] = ()

    @property
    def is_guess(self) -> bool:
        """Whether nobody has said that the prompt of this step, a bare ``# ``, is one."""
        return self.prompt == "#" and self.options.hash == "auto"

    def skipped(self, reason: str | None) -> "Step":
        """This step now that its condition is known: to be skipped for that reason, or to be run."""
        return self._replace(options=self.options._replace(skip=reason, skip_if=None))


class Document(NamedTuple):
    """An article as read: its steps in order, and every remark on the way.

    ``text`` is the whole file, decoded but otherwise untouched (line ends and byte order mark
    too), so that it can be given back byte for byte. ``conventions`` are those it was read under.
    ``included`` are, by path, the texts of the files that it includes and that its steps and remarks may
    stand in. ``sources`` are the paths of all other files that it is read from, those that it wants and that
    are not there too.

    ``before`` are the steps of the articles that it comes after, in order, and ``closing`` those that clean
    up after them, which run last.
    """

    path: str
    text: str
    steps: tuple[Step, ...] = ()
    options: Options = Options()
    diagnostics: tuple[Diagnostic, ...] = ()
    conventions: Conventions = Conventions()
    included: Mapping[str, str] = {}
    sources: tuple[str, ...] = ()
    before: tuple[Step, ...] = ()
    closing: tuple[Step, ...] = ()

    @property
    def sequence(self) -> tuple[Step, ...]:
        """All the steps in the order in which they run, those of other articles too."""
        return (*self.before, *self.steps, *self.closing)

    @property
    def errors(self) -> tuple[Diagnostic, ...]:
        """The remarks that keep this article from running."""
        return tuple(d for d in self.diagnostics if d.severity is Severity.ERROR)


class Containers(NamedTuple):
    """How containers are run, as the configuration says: ``[tool.wordish.container]``.

    ``program`` is ``podman`` or ``docker``, "" for the first of them that is installed. ``network``: a
    container may reach the network. ``pull``: an image that is not here may be fetched.
    """

    program: str = ""
    network: bool = False
    pull: bool = False


class Target(NamedTuple):
    """Where steps run: a value that travels; the open shell never does.

    ``kind`` is a key of `wordish.targets.TARGETS`. ``address``: what follows the kind, the image of a
    ``container``, the host of ``ssh``. ``machine`` names a machine of the configuration (``vm`` only).
    ``as_root``: the user allowed root steps on a target that is not disposable.
    """

    kind: str
    address: str = ""
    machine: str = ""
    as_root: bool = False
    containers: Containers = Containers()

    def __str__(self) -> str:
        detail = self.address or self.machine
        return f"{self.kind}:{detail}" if detail else self.kind


class Machine(NamedTuple):
    """A throwaway machine as the configuration describes it: ``[tool.wordish.machines.NAME]``.

    ``suite`` is a Debian (or derivative) release, ``packages`` are installed beside the minimal
    system, ``mirror`` is where they come from ("": the release's usual one). ``memory`` and
    ``disk`` (what the guest may write before it is full) are in MiB; ``disk`` is kept in memory,
    so it counts towards it. ``network``: the guest may reach the network. ``aslr``: its programs are
    loaded at addresses that vary, under emulation too (address space layout randomisation).
    """

    name: str
    suite: str = "bookworm"
    packages: tuple[str, ...] = ()
    mirror: str = ""
    memory: int = 768
    disk: int = 512
    network: bool = False
    aslr: bool = False


class Output(NamedTuple):
    """What the machine said to one command.

    ``stdout`` and ``stderr`` are normalised for comparing (see `wordish.screen.shown`).
    ``status`` is the exit status, ``None`` when the command never finished. ``elapsed`` is in
    seconds. ``ended``: the shell is gone, nothing more can run in it. ``asked`` is why the step was
    given up before its time: what it asked for, or the name of the program that waited for input.
    ``around`` is how many blank lines at the beginning and at the end of ``stdout`` were dropped.
    ``notices``: what bash had said of its background jobs at the end of the command before, when a
    person may not have seen it yet. ``nuls`` is how many NUL bytes are in what was
    kept of both, which no terminal shows.
    """

    stdout: str = ""
    stderr: str = ""
    status: int | None = 0
    elapsed: float = 0.0
    ended: bool = False
    asked: str = ""
    around: tuple[int, int] = (0, 0)
    notices: str = ""
    nuls: int = 0


class Verdict(NamedTuple):
    """One judged step. ``output`` is ``None`` when it never ran; ``diff`` is unified, "" for none."""

    step: Step
    outcome: Outcome
    output: Output | None = None
    reason: str = ""
    diff: str = ""


class Transcript(NamedTuple):
    """What one check of one article found: the one thing that reports, updates and records consume.

    ``started`` is ISO 8601 with the offset, ``elapsed`` in seconds. ``error`` says why wordish
    could not tell, "" when it could. ``interrupted``: the user stopped it before its end.
    ``packages``: name and version of those whose programs ran, where somebody asked for them. ``resumed``:
    where the steps begin that ran ("line 30", or "the end" when none did), "" when all did; what the
    others had printed was known from before.
    """

    document: Document
    target: Target
    verdicts: tuple[Verdict, ...] = ()
    started: str = ""
    elapsed: float = 0.0
    environment: Mapping[str, str] = {}
    error: str = ""
    interrupted: bool = False
    packages: Mapping[str, str] = {}
    resumed: str = ""

    @property
    def outcome(self) -> Outcome:
        """The article's outcome: error over failed over passed; skipped when no step ran."""
        outcomes = {verdict.outcome for verdict in self.verdicts}
        if self.error or self.interrupted or Outcome.ERROR in outcomes:
            return Outcome.ERROR
        for outcome in (Outcome.FAILED, Outcome.PASSED):
            if outcome in outcomes:
                return outcome
        return Outcome.SKIPPED


MOST_PARTS = 10_000
"""How many parts a run may have."""


class Shard(NamedTuple):
    """The ``number``-th of ``total`` parts of a run, from 1; ``articles`` are the paths of all, in order."""

    number: int
    total: int
    articles: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.number}/{self.total}"


class Planned(NamedTuple):
    """News, the first of a run: the articles of these ``paths`` will be checked.

    They are to be reported in this order, whichever ends first. ``shard``: they are a part of a run.
    ``elapsed``: the run is over and took so many seconds; ``None``: it begins now.
    """

    paths: tuple[str, ...]
    shard: Shard | None = None
    elapsed: float | None = None


class Began(NamedTuple):
    """News: an article of ``total`` steps starts. ``path`` is the document's, as in all news."""

    path: str
    target: Target
    total: int


class Said(NamedTuple):
    """News, one line: something takes time or matters (a build, the accelerator)."""

    path: str
    text: str


class Running(NamedTuple):
    """News: the ``number``-th of ``total`` steps, counted from 1, starts."""

    path: str
    step: Step
    number: int
    total: int


class Judged(NamedTuple):
    """News: the ``number``-th of ``total`` steps, counted from 1, has its verdict."""

    path: str
    verdict: Verdict
    number: int
    total: int


Event: TypeAlias = Planned | Began | Said | Running | Judged | Transcript
"""What reporters hear, in this order for one article; values, so that they can come from another process."""
