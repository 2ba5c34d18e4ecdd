"""Where a check goes on: only what changed runs, and what is said is as true as from the start."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from wordish import checkpoints, shelf
from wordish.cachedir import root
from wordish.document import read
from wordish.machine import cache
from wordish.model import Event, Machine, Outcome, Running, Said, Target, Transcript
from wordish.runner import Job, check

pytestmark = pytest.mark.vm

Again = Callable[..., Transcript]


def folder_of(article: Path) -> Path:
    """The checkpoints of one article."""
    (found,) = [
        about.parent
        for about in (root() / "checkpoints").glob("*/about")
        if f'"{article}"' in about.read_text(encoding="ascii")
    ]
    return found


@pytest.fixture
def article(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "article.md"
    yield path
    folder = folder_of(path)
    shutil.rmtree(folder)
    folder.with_name(f"{folder.name}.lock").unlink()


@pytest.fixture
def again(article: Path, machines: Mapping[str, Machine], monkeypatch: pytest.MonkeyPatch) -> Again:
    """Write the article and check it with what is known of it, in a throwaway machine."""

    monkeypatch.setattr(checkpoints, "patience", lambda _: 0)  # one before each step, however fast they are

    def again(
        text: str, *, told: list[str] | None = None, hear: Callable[[Event], None] = lambda _: None
    ) -> Transcript:
        def tell(event: Event) -> None:
            hear(event)
            if told is not None and isinstance(event, Said):
                told.append(event.text)

        article.write_text(text, encoding="utf-8")
        return check(
            Job(document=read(str(article)), target=Target(kind="vm", machine="bookworm")),
            machines=machines,
            timeout=30,
            resume=True,
            tell=tell,
        )

    return again


def outcomes(transcript: Transcript) -> str:
    return " ".join(verdict.outcome for verdict in transcript.verdicts)


def printed(transcript: Transcript, step: int) -> str:
    output = transcript.verdicts[step].output
    assert output is not None, transcript
    return output.stdout


LIVELY = """\
    ~# cd /var/tmp; X=kept; twice () { echo $1 $1; }; sleep 1000 &
    [1] ...
    ~$ Y="mine too"; false || cd /
    ~# cat /proc/sys/kernel/random/uuid | tee uuid
    ...
    ~# bash
    ~# Z=inside; (exit 3)   # wordish: status=3
"""


def test_all_that_was_alive_is_alive_after_an_edit_of_the_last_step(again: Again) -> None:
    first = again(f"{LIVELY}    ~# echo $?\n    3\n")
    assert (outcomes(first), first.resumed) == ("passed passed passed passed passed passed", "")
    second = again(
        f"# A title, so that all lines are others\n\n{LIVELY}"
        "    ~# echo $? $Z; cat uuid; exit\n    3 inside\n    ...\n"
        "    ~# twice $X; pwd; jobs\n    kept kept\n    /var/tmp\n    [1]+  Running   ...\n"
        '    ~$ echo "$Y" $PWD; history | tail -n 1\n    mine too /\n    ...history...\n'
        "    ~# cat /proc/sys/kernel/random/uuid; date +%s\n    ...\n    ...\n"
    )
    assert (second.outcome, second.resumed) == (Outcome.PASSED, "line 10")
    assert printed(second, 2) == printed(first, 2) == printed(second, 5).split("\n")[1]
    now = printed(second, 8).split("\n")
    assert now[0] != printed(first, 2)
    assert abs(int(now[1]) - time.time()) < 5
    third = again(second.document.text)
    assert third.resumed
    assert printed(third, 8).split("\n")[0] != now[0]


STEPS = """\
    ~# uptime > began; cat /proc/sys/kernel/random/uuid
    ...
    ~# echo two
    two
    ~# echo three
    three
"""


def test_an_article_goes_on_before_the_first_step_whose_command_changed(again: Again) -> None:
    first = again(STEPS)
    assert first.outcome is Outcome.PASSED
    later = again(STEPS.replace("echo two", "echo  two"))
    assert (outcomes(later), later.resumed) == ("passed passed passed", "line 3")
    assert printed(later, 0) == printed(first, 0)
    start = again(STEPS.replace("uptime > began; ", ""))
    assert (outcomes(start), start.resumed) == ("passed passed passed", "")
    assert printed(start, 0) != printed(first, 0)


def test_what_earlier_steps_show_is_judged_by_what_they_printed(again: Again) -> None:
    assert again(STEPS).outcome is Outcome.PASSED
    wrong = again(STEPS.replace("    two\n", "    2\n"))
    assert (outcomes(wrong), wrong.resumed) == ("passed failed skipped", "the end")
    assert wrong.verdicts[1].reason == "the output differs"
    assert "+two" in wrong.verdicts[1].diff
    assert wrong.environment["distribution"].startswith("Debian")
    # Nothing was lost meanwhile, and the other doors say the same.
    mended = again(STEPS)
    assert (mended.outcome, mended.resumed) == (Outcome.PASSED, "line 5")
    cleaning = STEPS + "\n<!-- wordish: cleanup -->\n\n    ~# cat began; rm began\n    ...\n"
    assert again(cleaning).outcome is Outcome.PASSED
    wrong = again(cleaning.replace("    two\n", "    2\n"))
    assert outcomes(wrong) == "passed failed skipped passed"
    assert wrong.resumed


def test_what_surrounds_the_steps_and_what_samples_stand_for_is_remembered(again: Again) -> None:
    text = (
        '<!-- wordish: sample="1234abcd" -->\n\n```console\n'
        "~# mkdir -p /srv/it; head -c 4 /dev/urandom | od -An -tx1 | tr -d ' '\n1234abcd\n```\n\n"
        "<!-- wordish: cwd=/srv/it env=COLOUR=green -->\n\n```console\n"
        "~# touch 1234abcd\n~# echo $COLOUR; ls\ngreen\n1234abcd\n```\n"
    )
    first = again(text)
    assert first.outcome is Outcome.PASSED, first
    second = again("Words.\n\n" + first.document.text.replace("echo $COLOUR; ls", "ls; echo $COLOUR; pwd"))
    assert second.resumed == "line 14"
    assert printed(second, 2) == f"{printed(first, 0)}\ngreen\n/srv/it"
    other = again(first.document.text.replace("green", "red"))
    assert (other.resumed, other.outcome) == ("line 11", Outcome.PASSED), other


@pytest.mark.parametrize("damaged", ["contents", "00000001", "about"])
def test_damaged_checkpoints_are_as_if_they_had_never_been(again: Again, article: Path, damaged: str) -> None:
    first = again(STEPS)
    file = folder_of(article) / damaged
    whole = file.read_bytes()
    for broken in (whole[:100], bytes([whole[0] ^ 1]) + whole[1:]):
        file.write_bytes(broken)
        second = again(STEPS)
        assert outcomes(second) == "passed passed passed"
        assert bool(second.resumed) == (damaged == "about")
        assert (printed(second, 0) == printed(first, 0)) == bool(second.resumed)


def test_an_article_that_is_at_its_checkpoints_elsewhere_runs_from_the_start(
    again: Again, article: Path
) -> None:
    assert again(STEPS).outcome is Outcome.PASSED
    told: list[str] = []
    folder = folder_of(article)
    with cache.locked(folder, say=print, waiting=""):
        second = again(STEPS, told=told)
    assert (second.outcome, second.resumed) == (Outcome.PASSED, "")
    assert "from the start: its checkpoints are in use, or cannot be kept" in told


def held_by_us(entry: Path) -> bool:
    """Whether this process has its lock, which keeps it in the cache; others may have one too (proc(5))."""
    locks = Path("/proc/locks").read_text(encoding="ascii").splitlines()
    ours = [line.split()[5] for line in locks if line.split()[4] == str(os.getpid())]
    return any(lock.endswith(f":{entry.stat().st_ino}") for lock in ours)


def test_what_it_goes_on_from_is_in_use_meanwhile(again: Again, article: Path) -> None:
    again("    ~# echo one\n    one\n    ~# echo two\n    two\n")
    template = Path(json.loads((folder_of(article) / "about").read_bytes())["template"])
    image = root() / "images" / template.name.split("-")[0]
    in_use: list[bool] = []

    def hear(event: Event) -> None:
        if isinstance(event, Running):
            in_use.extend(map(held_by_us, (template, image)))

    told = again("    ~# echo one\n    one\n    ~# echo 2\n    2\n", hear=hear)
    assert (told.resumed, in_use) == ("line 3", [True, True])


def test_what_holds_secrets_is_not_kept(again: Again, article: Path) -> None:
    told: list[str] = []
    text = '<!-- wordish: sample="hunter2" secret -->\n\n```console\n~# date +%N\nhunter2\n~# true\n```\n'
    article.write_text(text)
    first, second = again(text, told=told), again(text)
    assert first.outcome is second.outcome is Outcome.PASSED, first
    assert second.resumed == ""
    assert "from the start: what holds secrets is not kept in checkpoints" in told
    again(STEPS)


def test_what_was_kept_before_something_became_a_secret_is_forgotten(again: Again, article: Path) -> None:
    text = "```console\n~# echo hunter2 > pw\n~# true\n~# true\n```\n"
    again(text)
    folder = folder_of(article)
    assert any(b"hunter2" in file.read_bytes() for file in folder.iterdir())
    again(f'<!-- wordish: sample="hunter2" secret -->\n\n{text}')
    assert not folder.exists()
    again(text)


def test_no_more_are_made_of_an_article_that_has_many(again: Again, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoints, "MOST", 1 << 20)
    told: list[str] = []
    again("".join(f"    ~# head -c 2M /dev/urandom > {number}\n" for number in range(5)), told=told)
    assert "no more checkpoints: those of this article take 1 MiB" in told


def test_checkpoints_are_counted_and_forgotten(again: Again, article: Path) -> None:
    again(STEPS)
    (kept,) = [each for each in shelf.kept() if each.article == str(article)]
    assert (kept.machine, kept.why) == ("bookworm", "")
    assert 100_000 < kept.size < checkpoints.MOST
    text = article.read_text()
    article.unlink()
    shelf.tidy()
    assert not kept.folder.exists()
    assert again(text).resumed == ""
