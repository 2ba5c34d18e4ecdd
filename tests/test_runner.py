"""Where articles run, what is refused before anything runs, and what a check comes to."""

from __future__ import annotations

import pickle
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any, NoReturn, cast

import pytest

from wordish.errors import MachineError, UsageError
from wordish.limits import Limits
from wordish.model import (
    Began,
    Diagnostic,
    Document,
    Event,
    Expectation,
    Machine,
    Options,
    Outcome,
    Output,
    Said,
    Severity,
    Step,
    Target,
    Transcript,
)
from wordish.runner import Job, Wish, check, choose, plan, run, to_run
from wordish.targets import TARGETS

MACHINES = {name: Machine(name=name) for name in ("bookworm", "trixie")}
WISH = Wish(default_machine="bookworm")


def article(
    *prompts: str, path: str = "a.rst", text: str = "", skip: str | None = None, **said: Any
) -> Document:
    options = Options(**said)
    steps = tuple(
        Step(
            path=path,
            line=10 * number,
            end_line=10 * number,
            prompt=f"{prompt} ",
            user="root" if prompt.endswith("#") else "user",
            command=f"command {number}",
            expectation=Expectation(),
            options=Options(skip=skip),
        )
        for number, prompt in enumerate(prompts, 1)
    )
    return Document(path=path, text=text, steps=steps, options=options)


@pytest.mark.parametrize(
    ("document", "wish", "target"),
    [
        (article("~$"), WISH, "host"),
        (article("~$", "~#"), WISH, "vm:bookworm"),
        (article("~#", skip="later"), WISH, "host"),
        (article("~$", on="vm"), WISH, "vm:bookworm"),
        (article("~$", machine="trixie"), WISH, "vm:trixie"),
        (article("~#", machine="trixie"), Wish(machine="bookworm"), "vm:bookworm"),
        (article("~#", on="vm"), Wish(on="host"), "host"),
        (article("~$", on="host"), Wish(on="vm:trixie"), "vm:trixie"),
        (article("~$", on="ssh:root@web1"), WISH, "ssh:root@web1"),
    ],
)
def test_the_command_line_beats_the_article_which_beats_the_default(
    document: Document, wish: Wish, target: str
) -> None:
    assert str(choose(document, wish)) == target


def objections(document: Document, wish: Wish) -> list[str]:
    jobs, found = plan([document], wish=wish, machines=MACHINES)
    assert bool(jobs) != bool(found)
    return [str(remark) for remark in found]


def test_a_root_prompt_on_the_host_is_refused_at_its_line() -> None:
    (remark,) = objections(article("~$", "~#"), Wish(on="host", superuser=True))
    assert remark.startswith("a.rst:20: a root prompt")
    assert "--on host --as-root" in remark


def test_a_root_prompt_that_an_article_sends_to_the_host_is_refused() -> None:
    (remark,) = objections(article("~#", on="host"), WISH)
    assert remark.startswith("a.rst:10: a root prompt")


def test_as_root_needs_root() -> None:
    (remark,) = objections(article("~#"), Wish(on="host", as_root=True, superuser=False))
    assert "to run as root" in remark
    assert objections(article("~#"), Wish(on="host", as_root=True, superuser=True)) == []


def test_as_root_needs_a_target_that_is_named() -> None:
    with pytest.raises(UsageError, match=r"--as-root.*--on host --as-root"):
        plan([], wish=Wish(as_root=True), machines=MACHINES)


def test_a_skipped_root_step_is_no_danger() -> None:
    assert objections(article("~#", skip="not here"), Wish(on="host")) == []


def test_a_machine_that_is_not_described_is_told_at_the_line_that_names_it() -> None:
    document = article("~#", text="Title\n\n.. wordish: on=vm machine=stretch\n", machine="stretch")
    assert objections(document, WISH) == [
        "a.rst:3: the machine 'stretch' is not described: "
        "described are bookworm, trixie; others go into [tool.wordish.machines.NAME]"
    ]


def test_several_machines_and_no_choice() -> None:
    (remark,) = objections(article("~#"), Wish())
    assert remark.startswith("a.rst:1: which machine?: say `--machine NAME`")


def test_an_unknown_target_in_an_article_is_told() -> None:
    (remark,) = objections(article("~$", text="\n<!-- wordish: on=moon -->\n", on="moon"), WISH)
    assert remark.startswith("a.rst:2: no such target: moon: there are host, vm, sandbox")


def test_a_target_that_is_told_too_much_is_told_at_the_line_that_does() -> None:
    document = article("~$", text="\n<!-- wordish: on=sandbox:big -->\n", on="sandbox:big")
    assert objections(document, WISH) == ["a.rst:2: sandbox takes no address: say `on=sandbox`"]


def conditional(condition: str, *prompts: str) -> Document:
    document = article(*prompts)
    steps = [step._replace(options=Options(skip_if=condition)) for step in document.steps]
    return document._replace(steps=tuple(steps))


@pytest.mark.parametrize(
    ("condition", "target", "superuser", "skips"),
    [
        ("host", Target(kind="host"), False, ["asked for when host", "asked for when host"]),
        ("not host", Target(kind="host"), False, [None, None]),
        ("vm", Target(kind="host"), False, [None, None]),
        ("not vm", Target(kind="vm"), False, [None, None]),
        ("not root", Target(kind="vm"), False, [None, None]),
        ("not root", Target(kind="host"), True, [None, "asked for when not root"]),
        ("not root", Target(kind="host", as_root=True), False, [None, "asked for when not root"]),
        ("not root", Target(kind="host", as_root=True), True, [None, None]),
        ("root", Target(kind="vm"), False, [None, "asked for when root"]),
        ("not kvm", Target(kind="host"), False, [None, None]),
    ],
)
def test_conditions_on_the_target_and_on_root_are_decided_before(
    condition: str, target: Target, superuser: bool, skips: list[str | None]
) -> None:
    document = to_run(conditional(condition, "~$", "~#"), target, superuser=superuser)
    assert [step.options.skip for step in document.steps] == skips
    still = {step.options.skip_if for step, skip in zip(document.steps, skips, strict=True) if not skip}
    assert still <= {None, condition}


def test_root_steps_that_the_target_skips_are_no_danger_and_choose_no_machine() -> None:
    for condition in ("host", "not vm", "not root"):
        assert objections(conditional(condition, "~#"), Wish(on="host", superuser=True)) == []
        assert str(choose(conditional(condition, "~#"), WISH)) == "vm:bookworm"
    (remark,) = objections(conditional("not kvm", "~#"), Wish(on="host", superuser=True))
    assert remark.startswith("a.rst:10: a root prompt")


@pytest.mark.parametrize(
    ("wish", "message"),
    [
        (Wish(on="moon"), "--on moon: no such target: there are host, vm, sandbox"),
        (Wish(on="host:1"), "--on host:1: host takes no address: say `--on host`"),
        (Wish(on="vm:x"), "--on vm:x: this machine is not described: described are bookworm"),
        (Wish(machine="x"), "--machine x: this machine is not described: described are bookworm"),
        (Wish(on="host", machine="trixie"), "--machine trixie: host has no machines"),
    ],
)
def test_nonsense_on_the_command_line_is_refused(wish: Wish, message: str) -> None:
    with pytest.raises(UsageError) as raised:
        plan([], wish=wish, machines=MACHINES)
    assert str(raised.value).startswith(message)


def test_every_objection_is_told_at_once() -> None:
    documents = [article("~#", path="a.rst"), article("~$", path="b.rst"), article("~#", path="c.rst")]
    jobs, found = plan(documents, wish=Wish(on="host"), machines=MACHINES)
    assert [job.document.path for job in jobs] == ["b.rst"]
    assert [remark.path for remark in found] == ["a.rst", "c.rst"]


def test_an_article_without_steps_is_no_job() -> None:
    assert plan([article()], wish=WISH, machines=MACHINES) == ([], [])


def test_one_that_was_named_is_reported_beside_others_as_skipped() -> None:
    none = Diagnostic(path="none.md", line=1, severity=Severity.WARNING, name="no-session", message="none")
    named = article(path="none.md", machine="stretch")._replace(diagnostics=(none,))
    jobs, problems = plan([named, article(path="prose.md"), article("~$")], wish=WISH, machines=MACHINES)
    assert [job.document.path for job in jobs] == ["none.md", "a.rst"]
    assert problems == []
    transcript = checked(jobs[0])
    assert (transcript.outcome, transcript.verdicts, transcript.error) == (Outcome.SKIPPED, (), "")
    assert plan([named], wish=WISH, machines=MACHINES) == ([], [])


# A target of the tests' own: one line in the table.


class FakeTarget:
    """Answers from a table; ``fault`` is raised on reaching it."""

    DISPOSABLE = True

    def __init__(self) -> None:
        self.answers: dict[str, Output | BaseException] = {}
        self.fault: BaseException | None = None
        self.reached: list[str] = []
        self.left = 0

    @contextmanager
    def reach(
        self, target: Target, *, machines: Mapping[str, Machine], say: Callable[[str], None]
    ) -> Iterator[Any]:
        self.reached.append(str(target))
        say("a moment")
        if self.fault:
            raise self.fault
        try:
            yield SimpleNamespace(
                environment={"kernel": "6.1"}, shell=lambda _: SimpleNamespace(depth=0, run=self.answer)
            )
        finally:
            self.left += 1

    def answer(self, command: str, *, timeout: float, **_: object) -> Output:
        answer = self.answers.get(command, Output())
        if isinstance(answer, BaseException):
            raise answer
        return answer


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> FakeTarget:
    target = FakeTarget()
    monkeypatch.setitem(TARGETS, "fake", cast(Any, target))
    return target


def job(*prompts: str, path: str = "a.rst", skip: str | None = None) -> Job:
    return Job(document=article(*prompts, path=path, skip=skip), target=Target(kind="fake"))


def checked(one: Job, tell: Callable[[Event], None] = lambda _: None) -> Transcript:
    return check(one, machines=MACHINES, timeout=60, tell=tell)


def test_a_transcript_says_where_when_and_what(fake: FakeTarget) -> None:
    transcript = checked(job("~$", "~$"))
    assert transcript.outcome is Outcome.PASSED
    assert [verdict.outcome for verdict in transcript.verdicts] == [Outcome.PASSED] * 2
    assert transcript.environment == {"kernel": "6.1"}
    assert transcript.started[10] == "T"
    assert transcript.elapsed > 0
    assert fake.left == 1


def test_a_machine_that_cannot_be_reached_is_an_error_not_a_failure(fake: FakeTarget) -> None:
    fake.fault = MachineError("no QEMU", hint="apt-get install qemu-system-x86")
    transcript = checked(job("~$", "~$"))
    assert transcript.outcome is Outcome.ERROR
    assert transcript.error == "no QEMU: apt-get install qemu-system-x86"
    assert [verdict.reason for verdict in transcript.verdicts] == ["not reached"] * 2


def test_a_machine_lost_on_the_way_keeps_the_verdicts_so_far(fake: FakeTarget) -> None:
    fake.answers["command 2"] = MachineError("the machine has stopped")
    transcript = checked(job("~$", "~$", "~$"))
    assert transcript.error == "the machine has stopped"
    assert [str(verdict.outcome) for verdict in transcript.verdicts] == ["passed", "error", "skipped"]
    assert fake.left == 1


def test_the_other_articles_go_on_after_an_error(fake: FakeTarget) -> None:
    fake.answers["command 2"] = MachineError("lost")
    transcripts = run([job("~$", "~$"), job("~$")], machines=MACHINES, timeout=60)
    assert [str(transcript.outcome) for transcript in transcripts] == ["error", "passed"]


def test_what_the_system_refuses_on_the_way_is_an_error_of_the_article(fake: FakeTarget) -> None:
    fake.fault = OSError(28, "No space left on device")
    transcript = checked(job("~$"))
    assert (transcript.outcome, transcript.error) == (
        Outcome.ERROR, "the system refuses what is needed: No space left on device",
    )  # fmt: skip


def test_what_those_who_hear_us_meet_is_no_error_of_the_article(fake: FakeTarget) -> None:
    def tell(event: Event) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space left on device"):
        checked(job("~$"), tell)


def test_an_article_that_is_not_begun_in_the_runs_time_is_an_error(fake: FakeTarget) -> None:
    limits = Limits(run=0).begun()
    (transcript,) = run([job("~$", "~$")], machines=MACHINES, timeout=60, limits=limits)
    assert (transcript.outcome, transcript.error) == (Outcome.ERROR, "the run's time is over: 0 s")
    assert [verdict.reason for verdict in transcript.verdicts] == ["not reached"] * 2
    assert fake.reached == []


def test_the_runs_time_may_be_over_while_the_machine_is_built(
    fake: FakeTarget, monkeypatch: pytest.MonkeyPatch
) -> None:
    def build(*_: object, **__: object) -> NoReturn:
        time.sleep(100)
        raise AssertionError

    monkeypatch.setattr(fake, "reach", build)
    before = signal.getsignal(signal.SIGALRM)
    transcript = check(job("~$"), machines=MACHINES, timeout=60, limits=Limits(run=0.1).begun())
    assert (transcript.outcome, transcript.error) == (Outcome.ERROR, "the run's time is over: 0.1 s")
    assert signal.getsignal(signal.SIGALRM) is before
    assert signal.getitimer(signal.ITIMER_REAL)[0] == 0


def test_an_interruption_ends_the_run_with_a_transcript(fake: FakeTarget) -> None:
    fake.answers["command 2"] = KeyboardInterrupt()
    transcripts = list(run([job("~$", "~$", "~$"), job("~$")], machines=MACHINES, timeout=60))
    assert [transcript.interrupted for transcript in transcripts] == [True]
    assert [str(verdict.outcome) for verdict in transcripts[0].verdicts] == ["passed", "error", "skipped"]
    assert fake.left == 1


def test_an_interruption_while_the_machine_is_built(fake: FakeTarget) -> None:
    fake.fault = KeyboardInterrupt()
    transcript = checked(job("~$"))
    assert transcript.interrupted
    assert [verdict.reason for verdict in transcript.verdicts] == ["not reached"]


def test_no_machine_is_reached_for_an_article_that_is_all_skipped(fake: FakeTarget) -> None:
    transcript = checked(job("~$", "~#", skip="no disk"))
    assert transcript.outcome is Outcome.SKIPPED
    assert [verdict.reason for verdict in transcript.verdicts] == ["no disk"] * 2
    assert fake.reached == []


def test_events_come_in_order(fake: FakeTarget) -> None:
    heard: list[Event] = []
    transcript = checked(job("~$"), heard.append)
    assert [type(event).__name__ for event in heard] == ["Began", "Said", "Running", "Judged", "Transcript"]
    assert heard[0] == Began(path="a.rst", target=Target(kind="fake"), total=1)
    assert heard[1] == Said(path="a.rst", text="a moment")
    assert heard[-1] is transcript


def test_jobs_and_transcripts_travel(fake: FakeTarget) -> None:
    one = job("~$")
    assert pickle.loads(pickle.dumps(one)) == one
    with ThreadPoolExecutor() as executor:
        transcript = executor.submit(check, one, machines=MACHINES, timeout=60).result()
    assert pickle.loads(pickle.dumps(transcript)) == transcript


def test_the_transcript_keeps_the_article_as_it_was_read(fake: FakeTarget) -> None:
    document = conditional("not host", "~$")
    transcript = checked(Job(document=document, target=Target(kind="fake")))
    assert transcript.document == document
    assert [verdict.reason for verdict in transcript.verdicts] == ["asked for when not host"]
    assert transcript.outcome is Outcome.SKIPPED
    assert fake.left == 0
