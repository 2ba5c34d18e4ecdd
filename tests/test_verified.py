"""The record: what a check leaves in it, and what it never does."""

from __future__ import annotations

import json
import os
import threading
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from wordish import after, verified
from wordish.document import parse
from wordish.errors import ConfigError, UsageError
from wordish.model import Conventions, Document, Outcome, Output, Said, Target, Transcript, Verdict
from wordish.verified import Entry, Record, digest, dumped, entry, key_of, load, merged, recording

ARTICLE = """\
# Count

```console
~$ seq 2
1
2
~# id -u   # wordish: timeout=5
0
```
"""


def read(text: str = ARTICLE, path: str = "docs/a.md") -> Document:
    return parse(text, path=path)


def transcript(*outcomes: Outcome, document: Document | None = None, **said: Any) -> Transcript:
    document = document or read()
    verdicts = tuple(
        Verdict(step=step, outcome=outcome, output=Output() if outcome is not Outcome.SKIPPED else None)
        for step, outcome in zip(document.steps, outcomes, strict=True)
    )
    given: dict[str, Any] = {"started": "2030-01-02T03:04:05+01:00", "elapsed": 9.1234, **said}
    return Transcript(document=document, target=Target(kind="vm", machine="tiny"), verdicts=verdicts, **given)


def made(**said: Any) -> Entry:
    found = entry(transcript(Outcome.PASSED, Outcome.PASSED, **said))
    assert found is not None
    return found


def test_what_is_recorded_of_a_check() -> None:
    found = made(environment={"kernel": "6.1"}, packages={"lvm2": "2.03-2", "bash": "5.2-1"})
    values = json.loads(dumped(Record(articles={"docs/a.md": found})))
    schema = json.loads(files("wordish").joinpath("schemas", "verified.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(values, schema, format_checker=jsonschema.FormatChecker())
    (article,) = values["articles"].values()
    assert next(iter(article)) == "verified"
    assert list(article.pop("packages")) == ["bash", "lvm2"]
    assert article == {
        "verified": "2030-01-02T03:04:05+01:00",
        "wordish": found.wordish,
        "digest": digest(read()),
        "outcome": "passed",
        "steps": {"passed": 2, "failed": 0, "skipped": 0, "error": 0},
        "elapsed": 9.12,
        "target": "vm:tiny",
        "environment": {"kernel": "6.1"},
    }


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("# Count", "# Count to two\n\nMore prose.\n\n"),
        ("```console\n", "~~~ console\n"),
        ("~$ seq", "$ seq"),
        ("~# id", "root@host:~# id"),
        ("timeout=5", "timeout=50"),
        ("1\n2\n", "1\n2   \n\n"),
    ],
)
def test_the_digest_stays_when_nothing_that_is_judged_changes(old: str, new: str) -> None:
    text = ARTICLE.replace(old, new, 1)
    text = text.replace("0\n```", "0\n~~~") if "~~~" in new else text
    assert len(read(text).steps) == 2
    assert digest(read(text)) == digest(read())


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("seq 2", "seq  2"),
        ("~$ seq", "~# seq"),
        ("1\n2\n", "1\n3\n"),
        ("1\n2\n", "1\n...\n"),
        ("1\n2\n", ""),
        ("seq 2", "seq 2  # wordish: match=exact"),
        ("timeout=5", "status=1"),
        ("timeout=5", "stream=stderr"),
        ("timeout=5", "ignore"),
        ("timeout=5", "status-only"),
        ("timeout=5", "cleanup"),
        ("timeout=5", "skip='no printer here today'"),
        ("# Count", "<!-- wordish: on=host -->"),
        ("# Count", "<!-- wordish: machine=tiny -->"),
        ("0\n```", "0\n~$ true\n```"),
    ],
)
def test_the_digest_changes_with_whatever_is_judged(old: str, new: str) -> None:
    assert digest(read(ARTICLE.replace(old, new, 1))) != digest(read())


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("touch a", "touch b"),
        ("# wordish: cleanup", ""),
        ("before.md", "other.md"),
    ],
)
def test_the_digest_changes_with_the_articles_that_run_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, old: str, new: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.md").write_text("<!-- wordish: after=before.md -->\n\n```\n~$ ls\na\n```\n")
    Path("before.md").write_text("```\n~$ touch a\n~$ true\n~$ rm a # wordish: cleanup\n```\n")
    Path("other.md").write_text("```\n~$ touch c\n```\n")
    first = digest(after.read("a.md", conventions_of=lambda _: Conventions()))
    for path in map(Path, ("a.md", "before.md")):
        path.write_text(path.read_text().replace(old, new))
    assert digest(after.read("a.md", conventions_of=lambda _: Conventions())) != first


def test_the_digest_changes_with_a_kind_of_samples_that_the_configuration_describes() -> None:
    text = '<!-- wordish: vary="vol-1" like=volume -->\n```\n~$ echo vol-1\nvol-1\n```\n'
    digests = {
        digest(parse(text, path="a.md", conventions=Conventions(like={"volume": pattern})))
        for pattern in ("vol-.", r"vol-\d")
    }
    assert len(digests) == 2


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("cwd=a", "cwd=/"),  # whence the block goes to b
        ("~$ pwd\n", "~$ pwd\n```\n\n<!-- wordish: cwd=b -->\n```console\n"),
    ],
)
def test_the_digest_changes_with_what_surrounds_the_steps(old: str, new: str) -> None:
    text = """\
<!-- wordish: cwd=a -->

# Folders

<!-- wordish: cwd=b -->
```console
~$ pwd
~$ cd c
~$ ls
```
"""
    assert digest(read(text)) != digest(read(text.replace(old, new)))


def test_the_digest_is_the_same_in_every_version_of_wordish() -> None:
    assert digest(read()) == "ae4f9d68cc1e940991619ae7ced86fb36f39225c7cd49a159c6c00e1d8a98aa6"
    assert digest(read("")) == "4f53cda18c2baa0c0354bb5f9a3ecbe5ed12ab4d8e11ba873c2f11161202b945"


@pytest.mark.parametrize(
    "partial",
    [
        transcript(Outcome.PASSED, Outcome.ERROR),
        transcript(Outcome.PASSED, Outcome.PASSED, interrupted=True),
        transcript(Outcome.PASSED, Outcome.PASSED, error="the machine has stopped"),
        transcript(Outcome.PASSED, Outcome.PASSED, resumed="line 3"),
        transcript(Outcome.SKIPPED, Outcome.SKIPPED),
        transcript(Outcome.PASSED, Outcome.SKIPPED),
    ],
)
def test_what_is_no_whole_check_is_not_recorded(partial: Transcript) -> None:
    assert entry(partial) is None


def test_a_step_that_its_author_skips_does_not_make_a_check_partial() -> None:
    document = read(ARTICLE.replace("timeout=5", "skip"))
    found = entry(transcript(Outcome.PASSED, Outcome.SKIPPED, document=document))
    assert found is not None
    assert found.steps == {"passed": 1, "failed": 0, "skipped": 1, "error": 0}


def test_a_failed_article_says_so_and_when_it_passed_last() -> None:
    failed = entry(transcript(Outcome.FAILED, Outcome.SKIPPED, started="2031-01-01T00:00:00+00:00"))
    again = entry(transcript(Outcome.FAILED, Outcome.SKIPPED, started="2032-01-01T00:00:00+00:00"))
    assert failed is not None
    assert again is not None
    record = Record(articles={"a": made()})
    for new in (failed, again):
        record = merged(record, {"a": new})
        assert record.articles["a"].outcome is Outcome.FAILED
        assert record.articles["a"].verified == new.verified
        assert record.articles["a"].last_passed == "2030-01-02T03:04:05+01:00"
    assert merged(record, {"a": made()}).articles["a"].last_passed == ""
    assert "last_passed" not in dumped(merged(Record(), {"a": failed}))


def test_a_small_change_is_a_small_difference() -> None:
    record = Record(articles={name: made() for name in "cab"})
    changed = merged(record, {"b": made(started="2031-01-01T00:00:00+00:00")})
    before, after = dumped(record).splitlines(), dumped(changed).splitlines()
    assert sum(old != new for old, new in zip(before, after, strict=True)) == 1
    assert [line.strip() for line in after if line.startswith('    "')] == ['"a": {', '"b": {', '"c": {']


def test_paths_start_at_the_records_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "link").symlink_to("docs")
    monkeypatch.chdir(tmp_path / "docs")
    record = tmp_path / "verified.json"
    for path in ("a.md", "../docs/a.md", tmp_path / "link" / "a.md", "./a.md"):
        assert key_of(path, record) == "docs/a.md"
    assert key_of("a.md", tmp_path / "docs" / "other" / "verified.json") == "../a.md"


def heard(path: Path, *transcripts: Transcript, everything: bool = False) -> Record:
    with recording(path, everything=everything) as hear:
        hear(Said(path="a.md", text="building"))
        for told in transcripts:
            hear(told)
    return load(path)


def test_articles_that_were_not_checked_stay_and_those_that_are_gone_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "verified.json"
    path.write_text(dumped(Record(articles={"gone.md": made(), "there.md": made()})))
    Path("there.md").touch()
    Path("a.md").touch()
    new = transcript(Outcome.PASSED, Outcome.PASSED, document=read(path="a.md"))
    assert set(heard(path, new).articles) == {"a.md", "gone.md", "there.md"}
    assert set(heard(path, new, everything=True).articles) == {"a.md", "there.md"}


def test_nothing_found_leaves_the_file_alone(tmp_path: Path) -> None:
    path = tmp_path / "verified.json"
    assert heard(path, everything=True) == Record()
    assert not path.exists()
    path.write_text('{"articles": {}, "version": 1}')
    heard(path, transcript(Outcome.PASSED, Outcome.ERROR))
    assert path.read_text() == '{"articles": {}, "version": 1}'


def test_what_was_checked_before_an_interruption_is_recorded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "verified.json"

    def interrupted() -> None:
        with recording(path, everything=False) as hear:
            hear(transcript(Outcome.PASSED, Outcome.PASSED, document=read(path="a.md")))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert list(load(path).articles) == ["a.md"]


def test_runs_at_the_same_time_lose_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "verified.json"
    threads = [
        threading.Thread(
            target=verified.update, args=(path, {f"{number}.md": made()}), kwargs={"prune": False}
        )
        for number in range(20)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(load(path).articles) == 20
    assert os.listdir(tmp_path) == ["verified.json"]  # noqa: PTH208


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{\n<<<<<<< HEAD\n  "version": 1', ":2: not JSON: "),
        ('{"version": 2, "articles": {}}', ": a record of version 2, and this wordish knows 1: use "),
        ('{"version": 1, "articles": {"a": {}}}', ": not a record: Object missing required field `verified`"),
        ("[]", ": not a record: Expected `object`"),
        (b"\xff", ": not a record: "),
    ],
)
def test_what_is_no_record_is_told_before_anything_runs(tmp_path: Path, text: str | bytes, said: str) -> None:
    path = tmp_path / "verified.json"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    before = path.read_bytes()
    with pytest.raises(ConfigError) as error, recording(path, everything=True):
        raise AssertionError("it ran")
    assert str(error.value).startswith(f"{path}{said}")
    assert path.read_bytes() == before


def test_a_folder_that_is_not_there_is_told_before_anything_runs(tmp_path: Path) -> None:
    with (
        pytest.raises(UsageError, match="cannot be written"),
        recording(tmp_path / "no" / "v", everything=True),
    ):
        raise AssertionError("it ran")
