"""What an article says of its samples: read, looked up, carried on, warned of, checked, updated."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from wordish import options
from wordish.cli import main
from wordish.document import parse
from wordish.model import Conventions, Document, Options, Sample

VOL = Sample(text="vol-8f3a")


@pytest.mark.parametrize(
    ("text", "mapping", "samples"),
    [
        ("sample=vol-8f3a", {"sample": "vol-8f3a"}, (VOL,)),
        ("vary='12.4 MB'", {"vary": "12.4 MB"}, (Sample(text="12.4 MB", varies=True),)),
        (
            "sample=vol-8f3a like=uuid secret",
            {"secret": True, "sample": "vol-8f3a", "like": "uuid"},
            (VOL._replace(like="uuid", secret=True),),
        ),
        (
            "sample=a like=int vary=b sample=c secret=yes like=word",
            {
                "sample": [{"text": "a", "like": "int"}, {"text": "c", "like": "word", "secret": True}],
                "vary": ["b"],
            },
            (
                Sample(text="a", like="int"),
                Sample(text="b", varies=True),
                Sample(text="c", like="word", secret=True),
            ),
        ),
    ],
)
def test_samples_are_said(text: str, mapping: dict[str, object], samples: tuple[Sample, ...]) -> None:
    found, faults = options.parse(text, path="a", line=1, level="block")
    assert (found.samples, faults) == (samples, ())
    other, faults = options.from_mapping(mapping, path="a", line=1, level="article")
    assert faults == ()
    assert {*(other.samples or ())} == {*samples}
    words = {"vary" if sample.varies else "sample" for sample in samples}
    assert {*options.said(found)} == words


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("sample", "sample: takes a literal of the text"),
        ("sample=' x'", "sample= x: takes a literal of the text, within a line and without blanks around it"),
        ("sample=x sample=x", "sample=x: is said twice"),
        ("sample=x vary=x", "vary=x: is said twice"),
        ("like=int", "like: stands behind the sample or vary that it is of"),
        ("secret sample=x", "secret: stands behind the sample or vary that it is of"),
        ("sample=x like=int like=hex", "like: is said twice of x"),
        ("sample=x secret=perhaps", "secret: takes nothing, or yes or no"),
        ("sample=x like=", "like: takes a name"),
    ],
)
def test_what_cannot_be_said_of_samples(text: str, fault: str) -> None:
    _, (told,) = options.parse(text, path="a", line=1)
    assert told.message.startswith(fault)


@pytest.mark.parametrize(
    "mapping",
    [
        {"sample": 1234},
        {"sample": {"like": "int"}},
        {"sample": {"text": 5}},
        {"sample": {"text": "a", "lke": "int"}},
        {"sample": [["a"]]},
        {"sample": ["a", "b"], "like": "int"},
        {"sample": "a", "vary": "b", "secret": True},
        {"sample": {"text": "a", "secret": "perhaps"}},
        {"like": "int"},
    ],
)
def test_what_yaml_cannot_say_of_samples(mapping: dict[str, object]) -> None:
    _, faults = options.from_mapping(mapping, path="a", line=1)
    assert len(faults) == 1, faults


def test_a_step_has_no_samples_of_its_own() -> None:
    _, (told,) = options.parse("sample=x", path="a", line=1, level="step")
    assert told.message == "sample cannot be said of a step"


def test_samples_of_article_and_block_are_joined_and_the_inner_goes_before() -> None:
    outer = Options(samples=(VOL, Sample(text="b")))
    inner = Options(samples=(VOL._replace(varies=True), Sample(text="c")))
    merged = options.merge(outer, inner).samples
    assert merged == (VOL._replace(varies=True), Sample(text="b"), Sample(text="c"))


def block(text: str, says: str = "") -> str:
    return (f"<!-- wordish: {says} -->\n" if says else "") + f"```\n{text}\n```\n\n"


def texts(document: Document) -> list[list[str]]:
    return [
        [f"{sample.text}{'~' if sample.varies else ''}" for sample in step.options.samples or ()]
        for step in document.steps
    ]


def test_a_blocks_sample_holds_from_there_on_and_what_varies_there_alone() -> None:
    document = parse(
        "---\nwordish:\n  sample: a\n---\n"
        + block("~$ a\na b c")
        + block("~$ x\nb c", "sample=b vary=c")
        + block("~$ a\nb c", "vary=a")
        + block("~$ a"),
        path="a.md",
    )
    assert document.diagnostics[1:] == ()
    assert texts(document) == [["a"], ["a", "b", "c~"], ["a~", "b"], ["a", "b"]]
    assert {sample.pattern for step in document.steps for sample in step.options.samples or ()} == {r"\S+"}


def remarks(text: str, conventions: Conventions = Conventions()) -> list[str]:  # noqa: B008 - frozen
    return [str(remark) for remark in parse(text, path="a.md", conventions=conventions).diagnostics]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            block("~$ rm a\n~$ x\na\n~$ rm a", "sample=a"),
            "a.md:3: no output shows the sample a before: it is",
        ),
        (block("~$ x\nb", "sample=a"), "a.md:1: no output shows the sample a: check the spelling"),
        (
            block("~$ x\nab", "sample=a"),
            "a.md:1: no output shows the sample a: it stands only inside of longer",
        ),
        (block("~$ x\nb", "vary=a"), "a.md:1: no output shows the sample a: check the spelling"),
        (
            "---\nwordish:\n  sample:\n  - b\n  - c\n---\n" + block("~$ x\nb"),
            "a.md:5: no output shows the sam",
        ),
        ("Text.\n\n" + block("~$ x\na", "sample=a like=int"), "a.md:3: 'a' does not look like int"),
        (
            block("~$ x\na", "sample=a like=itn"),
            "a.md:1: itn is no kind that a sample may be like: did you mean int?",
        ),
    ],
)
def test_what_is_odd_about_samples_is_told_at_its_line(text: str, told: str) -> None:
    (remark,) = remarks(text)
    assert remark.startswith(told)


def test_samples_may_be_like_what_the_author_says() -> None:
    text = block("~$ x\nT-1", "sample=T-1 like=ticket")
    assert remarks(text, Conventions(like={"ticket": r"T-\d+"})) == []
    assert len(remarks(text)) == 1


Write = Callable[[str, str], Path]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    monkeypatch.chdir(tmp_path)

    def write(name: str, text: str) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    return write


ARTICLE = block(
    """\
~$ name=vol-$RANDOM; echo "created $name with $((RANDOM % 90 + 10)) blocks"
created vol-8f3a with 37 blocks
~$ echo "removed vol-8f3a"
removed vol-8f3a
~$ [ "$name" = vol-8f3a ]""",
    "sample=vol-8f3a vary=37 like=int",
)


def check(*words: str, capfd: pytest.CaptureFixture[str]) -> tuple[int, Any]:
    status = main(["check", "--format", "json", *words])
    values = json.loads(capfd.readouterr().out)
    schema = json.loads(Path(options.__file__).with_name("schemas").joinpath("check.json").read_text())
    jsonschema.validate(values, schema)
    return status, values["documents"][0]["steps"]


def test_an_article_means_what_was_really_printed(write: Write, capfd: pytest.CaptureFixture[str]) -> None:
    write("a.md", ARTICLE)
    status, steps = check("a.md", capfd=capfd)
    assert status == 0
    name = steps[0]["stdout"].split()[1]
    assert [step["bound"] for step in steps] == [{"vol-8f3a": name}] * 3
    assert steps[1]["command"] == 'echo "removed vol-8f3a"'
    assert (steps[1]["stdout"], steps[1]["expected"]) == (f"removed {name}", "removed vol-8f3a")
    assert steps[0]["options"] == {
        "sample": [{"text": "vol-8f3a"}],
        "vary": [{"text": "37", "like": "int"}],
    }


def test_an_update_keeps_samples_and_writes_them_again(
    write: Write, capfd: pytest.CaptureFixture[str]
) -> None:
    path = write("a.md", ARTICLE)
    assert main(["update", "a.md"]) == 0
    assert path.read_text() == ARTICLE
    path.write_text(
        ARTICLE.replace("created vol-8f3a with 37 blocks", "made vol-8f3a with 37 blocks").replace(
            "\nremoved vol-8f3a\n", "\n"
        )
    )
    assert main(["update", "a.md"]) == 0
    assert path.read_text() == ARTICLE


def test_an_update_leaves_a_sample_that_stands_for_two_values(
    write: Write, capfd: pytest.CaptureFixture[str]
) -> None:
    text = ARTICLE.replace('"removed vol-8f3a"', "removed vol-other")
    path = write("a.md", text)
    assert main(["update", "a.md"]) == 1
    assert path.read_text() == text
    assert "stands for vol-" in capfd.readouterr().out


SECRET = block(
    """\
~$ pw=s3cr3t-$((6*7)); echo "early: $pw"
...
~$ echo "password: $pw" | tee /dev/stderr
password: hunter2
~$ echo "login hunter2 refused"
login hunter2 accepted""",
    "sample=hunter2 secret",
)


def test_a_secret_is_in_no_report_and_in_no_update(write: Write, capfd: pytest.CaptureFixture[str]) -> None:
    path = write("a.md", SECRET)
    for form in ("json", "terminal"):
        for words in ([], ["-v"], ["-q"]):
            assert main(["check", "--format", form, "--keep-going", *words, "a.md"]) == 1
            out, err = capfd.readouterr()
            assert "s3cr3t-42" not in out + err
            assert "login [redacted] refused" in out
    assert main(["update", "a.md"]) == 0
    assert path.read_text() == SECRET.replace("accepted", "refused")


def test_a_secret_that_was_not_recognised_is_neither(write: Write, capfd: pytest.CaptureFixture[str]) -> None:
    text = SECRET.replace("\npassword: hunter2", "\nPassword: hunter2")
    path = write("a.md", text)
    assert main(["check", "-v", "a.md"]) == 1
    out, err = capfd.readouterr()
    assert "password" not in (out + err).replace('"password: $pw"', "")
    assert "not shown: a secret may stand there" in out
    assert main(["update", "a.md"]) == 1
    assert path.read_text() == text


def test_a_value_that_cannot_be_typed_fails_the_step(write: Write, capfd: pytest.CaptureFixture[str]) -> None:
    text = block("~$ echo 'a b'\nxyz\n~$ echo $(echo xyz)", "sample=xyz like=line")
    write("a.md", text)
    status, steps = check("a.md", capfd=capfd)
    assert status == 1
    assert steps[1]["reason"] == "xyz stands for 'a b', which cannot be put into this command"


def test_a_sample_of_the_article_before_is_known_behind_it(
    write: Write, capfd: pytest.CaptureFixture[str]
) -> None:
    write("make.md", ARTICLE)
    says = "<!-- wordish: after=make.md sample=vol-8f3a -->\n\n"
    write("use.md", says + block('~$ echo vol-8f3a $name\nvol-8f3a vol-8f3a\n~$ test vol-8f3a = "$name"'))
    assert main(["check", "-q", "use.md"]) == 0
    assert capfd.readouterr().err == ""


LIKE = """
[tool.wordish.like]
ticket = 'T-\\d+'

[tool.wordish.options]
vary = [{text = "T-1", like = "ticket"}]
"""


def test_the_configuration_may_say_samples_and_what_they_are_like(write: Write) -> None:
    write("pyproject.toml", LIKE)
    write("a.md", block("~$ echo T-$RANDOM\nT-1"))
    write("b.md", block("~$ echo U-$RANDOM\nT-1"))
    assert main(["check", "-q", "a.md"]) == 0
    assert main(["check", "-q", "b.md"]) == 1


@pytest.mark.parametrize(
    ("config", "told"),
    [
        ("like = {Ticket = 'x'}", "2: tool.wordish.like.Ticket: names are lower-case"),
        ("[tool.wordish.like]\nticket = 'x('", "3: tool.wordish.like.ticket: bad pattern: missing )"),
        ("like = {ticket = 5}", "2: tool.wordish.like: expected a string, got a whole number"),
        (
            "options.vary = {text = 'a', like = 'itn'}",
            "2: tool.wordish.options.vary: itn is no kind that a sample",
        ),
        (
            "options.sample = {text = 'a', like = 'int'}",
            "2: tool.wordish.options.sample: 'a' does not look like int",
        ),
        ("options = {sample = ['a', 'b'], like = 'int'}", "2: tool.wordish.options: like: of which sample?"),
    ],
)
def test_mistakes_of_the_configuration(
    write: Write, capfd: pytest.CaptureFixture[str], config: str, told: str
) -> None:
    write("pyproject.toml", f"[tool.wordish]\n{config}\n")
    write("a.md", ARTICLE)
    assert main(["check", "a.md"]) == 2
    assert capfd.readouterr().err.startswith(f"pyproject.toml:{told}")
