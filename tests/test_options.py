from __future__ import annotations

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wordish import options
from wordish.model import Options


def parse(text: str, level: options.Level | None = None) -> tuple[Options, list[str]]:
    found, faults = options.parse(text, path="a.rst", line=7, level=level)
    assert all((fault.path, fault.line) == ("a.rst", 7) for fault in faults)
    return found, [f"{fault.name}: {fault.message}: {fault.hint}" for fault in faults]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", Options()),
        ("timeout=120", Options(timeout=120)),
        ("timeout=0.5", Options(timeout=0.5)),
        ("article-timeout=600 output-limit=1MiB", Options(article_timeout=600, output_limit=1 << 20)),
        ("on=vm machine=bookworm", Options(on="vm", machine="bookworm")),
        ("on=ssh:root@web1", Options(on="ssh:root@web1")),
        ("status=1", Options(status=1)),
        ("status=any", Options(status="any")),
        ("match=regex stream=stderr", Options(match="regex", stream="stderr")),
        (
            "status-only ignore hidden cleanup",
            Options(status_only=True, ignore=True, hidden=True, cleanup=True),
        ),
        ("ignore=no", Options(ignore=False)),
        ("skip", Options(skip="skip asked for")),
        ("skip=no", Options(skip="")),
        ("skip=yes", Options(skip="skip asked for")),
        ('skip="needs a printer"', Options(skip="needs a printer")),
        ("skip='on Sundays' timeout=1", Options(skip="on Sundays", timeout=1)),
        ("lint-ignore='W012, no-session'", Options(lint_ignore="guessed-root-prompt no-session")),
        ("hash=root", Options(hash="root")),
        (
            r'root-prompt="db> ?" user-prompt="\w+\$"',
            Options(root_prompt=("db> ?",), user_prompt=(r"\w+\$",)),
        ),
    ],
)
def test_words(text: str, expected: Options) -> None:
    assert parse(text) == (expected, [])


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("timout=3", "unknown-option: unknown option 'timout': did you mean timeout?"),
        ("status_only", "unknown-option: unknown option 'status_only': did you mean status-only?"),
        (
            "timeout",
            "bad-option: timeout: takes a number of seconds above 0, at most 1,000,000: write timeout=...",
        ),
        ("timeout=0", "bad-option: timeout=0: takes a number of seconds above 0, at most 1,000,000: "),
        (
            "article-timeout=0",
            "bad-option: article-timeout=0: takes a number of seconds above 0, at most 1,000,000: ",
        ),
        ("output-limit=1", "bad-option: output-limit=1: takes a size of at least 10kB: "),
        (
            "output-limit",
            "bad-option: output-limit: takes a size, such as 500kB or 2MiB: write output-limit=...",
        ),
        ("hash=yes", "bad-option: hash=yes: takes one of root, comment, auto: "),
        ("hash", "bad-option: hash: takes one of root, comment, auto: write hash=..."),
        ("root-prompt=(", "bad-option: root-prompt=(: bad pattern: missing ): (: "),
        ("user-prompt=a*", "bad-option: user-prompt=a*: it fits where nothing stands: "),
        ("user-prompt=", "bad-option: user-prompt=: takes a regular expression of RE2: "),
        ("timeout=nan", "bad-option: timeout=nan: takes a number of seconds above 0, at most 1,000,000: "),
        ("timeout=inf", "bad-option: timeout=inf: takes a number of seconds above 0, at most 1,000,000: "),
        ("status=256", "bad-option: status=256: takes an exit status from 0 to 255, or any: "),
        ("status=", "bad-option: status=: takes an exit status from 0 to 255, or any: "),
        ("match=glob", "bad-option: match=glob: takes one of ellipsis, exact, regex: "),
        ("stream=2", "bad-option: stream=2: takes one of stdout, stderr, both: "),
        ("on=", "bad-option: on=: takes a name: "),
        (
            "lint-ignore=E001",
            "bad-option: lint-ignore=E001: takes warnings, and E001 open-command is an error: ",
        ),
        ("skip=", "bad-option: skip=: takes a reason: "),
        ("hidden=perhaps", "bad-option: hidden=perhaps: takes nothing, or yes or no: "),
        ("status=1 status=2", "bad-option: status is said twice: keep one of them"),
        ('skip="oh', 'bad-option: a quote is never closed in: skip="oh: close it'),
    ],
)
def test_a_fault_says_what_and_what_to_try(text: str, fault: str) -> None:
    found, faults = parse(text)
    assert faults == [fault]
    assert found in (Options(), Options(status=1))


def test_an_unknown_word_far_from_all_lists_them() -> None:
    _, (fault,) = parse("zzz")
    assert "known are on, machine, timeout" in fault


def test_what_is_right_is_kept_beside_what_is_wrong() -> None:
    found, faults = parse("timeout=3 nonsense status=1")
    assert found == Options(timeout=3, status=1)
    assert len(faults) == 1


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("on=vm", "block"),
        ("machine=a", "step"),
        ("article-timeout=5", "step"),
        ("hidden", "article"),
        ("hidden", "step"),
        ("cleanup", "article"),
    ],
)
def test_not_every_option_stands_everywhere(text: str, level: options.Level) -> None:
    _, (fault,) = parse(text, level)
    assert fault.startswith("misplaced-option: ")
    assert f"cannot be said of a{'n' if level == 'article' else ''} {level}" in fault


@pytest.mark.parametrize(
    ("comment", "expected"),
    [
        ("# wordish: status=1 timeout=3", Options(status=1, timeout=3)),
        ("#wordish:skip", Options(skip="skip asked for")),
        ("# ignore", Options(ignore=True)),
        ("# cleanup", Options(cleanup=True)),
        ("# &2", Options(stream="stderr")),
        ("# returncode: 3", Options(status=3)),
    ],
)
def test_hints(comment: str, expected: Options) -> None:
    assert options.hint(comment, path="a", line=1) == (expected, ())


@pytest.mark.parametrize("comment", ["# a remark", "# ignored", "# see: there", "#", "# wordish is nice"])
def test_other_comments_are_no_hints(comment: str) -> None:
    assert options.hint(comment, path="a", line=1) is None


def test_a_misspelt_hint_is_a_fault() -> None:
    found = options.hint("# returncode: x", path="a", line=4)
    assert found
    assert [(fault.name, fault.line) for fault in found[1]] == [("bad-option", 4)]


def test_from_mapping_takes_what_toml_and_yaml_give() -> None:
    mapping = {"timeout": 3, "status": "any", "status-only": True, "skip": "why", "ignore": False}
    found, faults = options.from_mapping(mapping, path="p", line=1)
    assert found == Options(timeout=3, status="any", status_only=True, skip="why", ignore=False)
    assert not faults


@pytest.mark.parametrize(
    ("text", "mapping", "expected"),
    [
        ('needs="lvm vgs"', {"needs": "lvm vgs"}, Options(needs=("lvm", "vgs"))),
        ("needs=lvm needs=/dev/kvm", {"needs": ["lvm", "/dev/kvm"]}, Options(needs=("lvm", "/dev/kvm"))),
        ("cwd='/srv/my site'", {"cwd": "/srv/my site"}, Options(cwd="/srv/my site")),
        (
            "env=\"A=1 B='x y' C=\" env=D==",
            {"env": {"A": "1", "B": "x y", "C": "", "D": "="}},
            Options(env=(("A", "1"), ("B", "x y"), ("C", ""), ("D", "="))),
        ),
        ('skip="not kvm"', {"skip": "not kvm"}, Options(skip_if="not kvm")),
        ("after=a.md after=../b.rst", {"after": ["a.md", "../b.rst"]}, Options(after=("a.md", "../b.rst"))),
        ("input=y input= input='a b'", {"input": ["y", "", "a b"]}, Options(input=("y", "", "a b"))),
    ],
)
def test_what_takes_several_values(text: str, mapping: dict[str, object], expected: Options) -> None:
    assert parse(text) == (expected, [])
    assert options.from_mapping(mapping, path="p", line=1) == (expected, ())


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("env=LANG", "env=LANG: LANG has no value"),
        ("env=", 'env=: takes variables, such as env="LANG=de_DE.UTF-8 EDITOR=ed"'),
        ("env=my-x=1", "env=my-x=1: 'my-x' is no name of a variable"),
        ('env="A=\'"', "env=A=': No closing quotation"),
        ("needs=", "needs=: takes commands, kernel:NAME or /PATH"),
        ("needs", "needs: takes commands, kernel:NAME or /PATH"),
        ("cwd", "cwd: takes a directory"),
        ("after=", "after=: takes the path of an article"),
        ("input", "input: takes a value, which may be empty"),
        ("skip='not kmv'", "skip=not kmv: no such condition (did you mean kvm?)"),
    ],
)
def test_faults_of_what_takes_several_values(text: str, fault: str) -> None:
    found, (told,) = parse(text)
    assert told.startswith(f"bad-option: {fault}")
    assert found == Options()


def test_merging_joins_needs_and_environments_and_a_skip_goes_before_a_condition() -> None:
    outer = Options(needs=("a", "b"), env=(("A", "1"), ("B", "2")), skip_if="not kvm", after=("x",))
    inner = Options(needs=("b", "c"), env=(("B", "3"),), skip="", after=("y",))
    assert options.merge(outer, inner) == Options(
        needs=("a", "b", "c"), env=(("A", "1"), ("B", "3")), skip="", after=("y",)
    )
    assert options.merge(inner, Options(skip_if="root")).skip is None


@pytest.mark.parametrize(
    "mapping",
    [
        *(
            {"timeout": "soon"},
            {"timeout": True},
            {"status": 1.5},
            {"skip": 3},
            {"on": ["vm"]},
            {"onn": "vm"},
        ),
        *({"on": {"a": "b"}}, {"timeout": {}}, {"ignore": {}}, {"match": {}}, {"status": {}}, {"skip": {}}),
        *({"env": {"A": 1}}, {"env": {"A": None}}, {"env": {False: "x"}}, {"env": {}}, {"env": [["A"]]}),
        *(
            {"needs": {"a": "b"}},
            {"needs": [3]},
            {"cwd": 3},
            {"after": [""]},
            {"input": [True]},
            {"skip": None},
        ),
    ],
)
def test_from_mapping_tells_faults_as_parse_does(mapping: dict[str, object]) -> None:
    found, faults = options.from_mapping(mapping, path="p", line=1)
    assert found == Options()
    assert len(faults) == 1


def test_an_inner_no_undoes_an_outer_skip() -> None:
    no = [parse("skip=no")[0], options.from_mapping({"skip": False}, path="p", line=1)[0]]
    assert [options.merge(Options(skip="why"), inner).skip for inner in no] == ["", ""]


def test_merge_keeps_the_outer_where_the_inner_is_silent() -> None:
    merged = options.merge(Options(timeout=3, status=1), Options(status=0, ignore=False))
    assert merged == Options(timeout=3, status=0, ignore=False)


_NAMES = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1).filter(str.strip)
_OPTIONS = st.fixed_dictionaries(
    {},
    optional={
        "on": _NAMES,
        "machine": _NAMES,
        "timeout": st.floats(min_value=0.001, max_value=1e6),
        "article_timeout": st.floats(min_value=0.001, max_value=1e6),
        "output_limit": st.integers(10_000, 10**11),
        "status": st.integers(0, 255) | st.just("any"),
        "match": st.sampled_from(("ellipsis", "exact", "regex")),
        "status_only": st.booleans(),
        "skip": _NAMES.map(lambda name: f"needs a {name}"),
        "hidden": st.booleans(),
        "cwd": _NAMES,
        "needs": st.lists(st.sampled_from(("lvm", "kernel:dm_snapshot", "/dev/kvm")), min_size=1).map(tuple),
        "env": st.lists(st.tuples(st.sampled_from(("LANG", "_x")), _NAMES), min_size=1).map(tuple),
        "after": st.lists(_NAMES, min_size=1).map(tuple),
        "input": st.lists(_NAMES | st.just(""), min_size=1).map(tuple),
    },
).map(lambda said: Options(**said))  # type: ignore[arg-type]  # one value type for all keys


def _values(said: Options) -> dict[str, object]:
    """What TOML and YAML would give."""
    found = {name: getattr(said, name.replace("-", "_")) for name in options.said(said)}
    if said.env:
        found["env"] = [{name: value} for name, value in said.env]
    return {name: list(value) if isinstance(value, tuple) else value for name, value in found.items()}


def _spelt(said: Options) -> str:
    pairs = []
    for name, values in _values(said).items():
        for value in values if isinstance(values, list) else [values]:
            if isinstance(value, dict):
                value = " ".join(f"{key}={shlex.quote(text)}" for key, text in value.items())
            elif isinstance(value, bool):
                value = "yes" if value else "no"
            pairs.append(f"{name}={shlex.quote(str(value))}")
    return " ".join(pairs)


@given(_OPTIONS)
def test_options_come_back_as_they_were_written(said: Options) -> None:
    assert parse(_spelt(said)) == (said, [])
    assert options.from_mapping(_values(said), path="a", line=1) == (said, ())


@given(_OPTIONS, _OPTIONS, _OPTIONS)
def test_merging_is_associative_and_silence_changes_nothing(a: Options, b: Options, c: Options) -> None:
    assert options.merge(options.merge(a, b), c) == options.merge(a, options.merge(b, c))
    assert options.merge(a, Options()) == options.merge(Options(), a) == a


@given(st.text())
def test_no_text_is_too_odd(text: str) -> None:
    options.parse(text, path="a", line=1)
