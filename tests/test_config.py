"""What pyproject.toml may say, and what is said about one that does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from wordish.config import BUILT_IN, TIMEOUT, load, parse
from wordish.errors import ConfigError
from wordish.limits import Limit, Limits
from wordish.model import Conventions, Machine, Options
from wordish.table import line_of

FILE = Path("pyproject.toml")


def error(text: str) -> str:
    with pytest.raises(ConfigError) as raised:
        parse(text, source=FILE)
    return str(raised.value)


def test_nothing_said_gives_the_defaults() -> None:
    for text in ("", "[project]\nname = 'x'\n", "[tool.other]\n", "[tool.wordish]\n"):
        settings = parse(text, source=FILE)
        assert (settings.paths, settings.timeout, settings.machine) == ((), TIMEOUT, "bookworm")
        assert settings.machines == {"bookworm": BUILT_IN}


def test_everything_said() -> None:
    settings = parse(
        """
[tool.wordish]
paths = ["docs", "README.md"]
timeout = 5
machine = "lab"

[tool.wordish.machines.lab]
suite = "trixie"
packages = ["lvm2", "g++", "libc6.1-dev"]
mirror = "https://deb.example.org/debian"
memory = 2048
disk = 1024
network = true
aslr = true

[tool.wordish.machines.bare]
""",
        source=Path("/project/pyproject.toml"),
    )
    assert settings.paths == ("docs", "README.md")
    assert (settings.timeout, settings.machine, settings.directory) == (5.0, "lab", Path("/project"))
    assert settings.machines["bare"] == Machine(name="bare")
    assert settings.machines["lab"] == Machine(
        name="lab",
        suite="trixie",
        packages=("lvm2", "g++", "libc6.1-dev"),
        mirror="https://deb.example.org/debian",
        memory=2048,
        disk=1024,
        network=True,
        aslr=True,
    )


def test_what_articles_and_runs_may_take() -> None:
    text = '[tool.wordish]\narticle-timeout = 600\nrun-timeout = 3600\noutput-limit = "1MB"\n'
    assert parse(text, source=FILE).limits == Limits(
        article=Limit(usual=600), output=Limit(usual=1_000_000), run=3600
    )
    assert parse("", source=FILE).limits == Limits()


def test_the_only_machine_is_the_default_one() -> None:
    assert parse("[tool.wordish.machines.lab]\n", source=FILE).machine == "lab"
    assert parse("[tool.wordish.machines]\na = {}\nb = {}\n", source=FILE).machine == ""


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            '[tool.wordish.machines.bookworm]\nsuite = "bookworm"\nmemry = 5\n',
            "pyproject.toml:3: tool.wordish.machines.bookworm.memry: unknown key: did you mean memory?",
        ),
        (
            "[tool.wordish]\nxyz = 5\n",
            "pyproject.toml:2: tool.wordish.xyz: unknown key: there are paths, timeout, article-timeout, "
            "run-timeout, output-limit, jobs, machine, record, machines, container, lint, redact, prompts, "
            "hash, substitutions, options, overrides, like",
        ),
        (
            '[tool.wordish]\n\npaths = "docs"\n',
            "pyproject.toml:3: tool.wordish.paths: expected a list of strings, got a string",
        ),
        ("[tool.wordish]\npaths = ['']\n", "pyproject.toml:2: tool.wordish.paths: must not be empty"),
        ("[tool.wordish]\ntimeout = 0\n", "pyproject.toml:2: tool.wordish.timeout: must be > 0"),
        ("[tool.wordish]\ntimeout = nan\n", "pyproject.toml:2: tool.wordish.timeout: must be > 0"),
        (
            "[tool.wordish]\ntimeout = 'long'\n",
            "pyproject.toml:2: tool.wordish.timeout: expected a number, got a string",
        ),
        (
            "[tool.wordish]\narticle-timeout = 0\n",
            "pyproject.toml:2: tool.wordish.article-timeout: must be > 0",
        ),
        (
            "[tool.wordish]\nrun-timeout = 'long'\n",
            "pyproject.toml:2: tool.wordish.run-timeout: expected a number, got a string",
        ),
        (
            "[tool.wordish]\noutput-limit = 'much'\n",
            "pyproject.toml:2: tool.wordish.output-limit: 'much': takes a size, such as 500kB or 2MiB",
        ),
        (
            "[tool.wordish]\noutput-limit = 5\n",
            "pyproject.toml:2: tool.wordish.output-limit: 5: takes a size of at least 10kB",
        ),
        (
            "[tool]\nwordish = 5\n",
            "pyproject.toml:2: tool.wordish: expected a table, got a whole number",
        ),
        (
            "[tool.wordish]\nmachines.lab = 5\n",
            "pyproject.toml:2: tool.wordish.machines.lab: expected a table, got a whole number",
        ),
        (
            "[tool.wordish.machines.lab]\nmemory = 5\n",
            "pyproject.toml:2: tool.wordish.machines.lab.memory: must be >= 16",
        ),
        (
            "[tool.wordish.machines.lab]\nmemory = 512\ndisk = 512\n",
            "pyproject.toml:3: tool.wordish.machines.lab.disk: the disk is kept in memory and must be smaller"
            ": give more `memory` or less `disk` (MiB)",
        ),
        (
            "[tool.wordish.machines.lab]\nnetwork = 1\n",
            "pyproject.toml:2: tool.wordish.machines.lab.network: expected true or false, got a whole number",
        ),
        (
            "[tool.wordish.machines.lab]\nmirror = '--hook=rm'\n",
            "pyproject.toml:2: tool.wordish.machines.lab.mirror: not a mirror"
            ": write an http, https or file URL",
        ),
        (
            "[tool.wordish]\nmachine = 'x'\n[tool.wordish.machines.lab]\n",
            "pyproject.toml:2: tool.wordish.machine: the machine 'x' is not described: described are lab",
        ),
        ("[tool.wordish\n", "pyproject.toml:1: not TOML: Expected ']' at the end of a table declaration"),
        ("a = 1\na = 2", "pyproject.toml:2: not TOML: Cannot overwrite a value"),
    ],
)
def test_a_mistake_is_told_with_its_key_and_line(text: str, message: str) -> None:
    assert error(text) == message


@pytest.mark.parametrize("value", ["Bookworm", "-o", "a b", "../x", "", "x;y"])
@pytest.mark.parametrize("key", ["suite = {!r}", "packages = [{!r}]"])
def test_names_that_could_mean_something_else_to_a_program_are_refused(key: str, value: str) -> None:
    assert "not a name" in error(f"[tool.wordish.machines.lab]\n{key.format(value)}\n")


def test_the_name_of_a_machine_is_a_name_too() -> None:
    assert error('[tool.wordish.machines."../x"]\n').startswith(
        "pyproject.toml:1: tool.wordish.machines.../x: not a machine's name"
    )


def test_a_line_is_found_in_any_spelling() -> None:
    key = ("tool", "wordish", "machines", "lab", "memory")
    assert line_of("[tool.wordish.machines.lab]\nmemory = 1\n", key) == 2
    assert line_of('[tool."wordish"]\nmachines.lab.memory = 1\n', key) == 2
    assert line_of("[tool.wordish]\n\nmachines = {lab = {memory = 1}}\n", key) == 3
    assert line_of("[other]\nmemory = 1\n", key) is None


def test_what_articles_are_read_under() -> None:
    text = """
[tool.wordish]
prompts = {root = ["db> ?"], user = ["%", "x>"]}
hash = "auto"
[tool.wordish.substitutions]
"<name>" = "vg0"
"|version|" = "1.2"
"""
    conventions = parse(text, source=Path("pyproject.toml")).conventions
    assert conventions.options == Options(root_prompt=("db> ?",), user_prompt=("%", "x>"), hash="auto")
    assert conventions.substitutions == {"<name>": "vg0", "|version|": "1.2"}
    assert parse("", source=Path("pyproject.toml")).conventions == Conventions()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "prompts = {root = ['(x']}",
            "2: tool.wordish.prompts.root: '(x': bad pattern: missing ): (x: see RE2's",
        ),
        (
            "prompts = {user = ['a*']}",
            "2: tool.wordish.prompts.user: 'a*': it fits where nothing stands: see",
        ),
        ("prompts.rot = ['x']", "2: tool.wordish.prompts.rot: unknown key: did you mean root?"),
        ("prompts = ['x']", "2: tool.wordish.prompts: expected a table, got a list"),
        ("prompts.root = 'x'", "2: tool.wordish.prompts.root: expected a list of strings, got a string"),
        ("hash = 'rot'", "2: tool.wordish.hash: no such value: 'rot': say root, comment or auto"),
        ("hash = true", "2: tool.wordish.hash: expected a string, got true or false"),
        (
            "\n[tool.wordish.substitutions]\n'<x>' = 1",
            "4: tool.wordish.substitutions.<x>: expected a string: write",
        ),
        ("substitutions = {'<x>' = 'a\\nb'}", None),
        ('substitutions.x = "a\\nb"', "2: tool.wordish.substitutions.x: not the text of one line: give"),
        ("substitutions.'' = 'a'", "2: tool.wordish.substitutions.: not the text of one line: give"),
        (
            "substitutions.'...' = 'a'",
            "2: tool.wordish.substitutions....: stands for any text in outputs: write",
        ),
    ],
)
def test_a_mistake_in_what_articles_are_read_under(text: str, message: str | None) -> None:
    whole = f"[tool.wordish]\n{text}\n"
    if message is None:
        assert parse(whole, source=Path("pyproject.toml")).conventions.substitutions == {"<x>": "a\\nb"}
    else:
        assert error(whole).startswith(f"pyproject.toml:{message}")


def test_the_file_is_found_upwards(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.wordish]\npaths = ["docs"]\n')
    inner = tmp_path / "docs" / "deep"
    inner.mkdir(parents=True)
    settings = load(directory=inner)
    assert (settings.paths, settings.directory) == (("docs",), tmp_path)


def test_a_file_that_is_named_is_taken(tmp_path: Path) -> None:
    file = tmp_path / "other.toml"
    file.write_text("[tool.wordish]\ntimeout = 7\n")
    assert load(file, directory=tmp_path).timeout == 7


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="No such file"):
        load(tmp_path / "absent.toml", directory=tmp_path)
    (tmp_path / "latin.toml").write_bytes(b"a = '\xe9'\n")
    with pytest.raises(ConfigError, match="not UTF-8"):
        load(tmp_path / "latin.toml", directory=tmp_path)


@pytest.mark.parametrize(
    "line",
    [r'suite = "trixie\n"', r'packages = ["lvm2\n"]', 'packages = ["bash-"]', r'mirror = "http://x/y\n"'],
)
def test_names_end_where_they_end_and_apt_reads_no_order_in_them(line: str) -> None:
    told = error(f"[tool.wordish.machines.lab]\n{line}\n")
    assert told.startswith(f"pyproject.toml:2: tool.wordish.machines.lab.{line.split()[0]}: not a ")


def test_a_machines_name_ends_where_it_ends() -> None:
    assert "not a machine's name" in error('[tool.wordish.machines."lab\\n"]\n')


OVERRIDES = """
[tool.wordish.options]
match = "exact"
timeout = 5

[[tool.wordish.overrides]]
paths = ["docs/net/*.md", "*.rst"]
options = {timeout = 300, status_only = true}

[[tool.wordish.overrides]]
paths = ["docs/net/", "!docs/net/slow.md"]
options.timeout = 7

[[tool.wordish.overrides]]
paths = ["nothing.md"]
"""


@pytest.mark.parametrize(
    ("path", "options"),
    [
        ("README.md", Options(match="exact", timeout=5)),
        ("docs/a.rst", Options(match="exact", timeout=300, status_only=True)),
        ("docs/net/slow.md", Options(match="exact", timeout=300, status_only=True)),
        ("docs/net/a.md", Options(match="exact", timeout=7, status_only=True)),
        ("./docs/../docs/net/a.md", Options(match="exact", timeout=7, status_only=True)),
        ("docs/net/deep/a.md", Options(match="exact", timeout=7)),
        ("../docs/net/a.md", Options(match="exact", timeout=5)),
    ],
)
def test_the_later_override_that_names_an_article_wins(path: str, options: Options, tmp_path: Path) -> None:
    settings = parse(OVERRIDES, source=tmp_path / "pyproject.toml")
    assert settings.conventions_of(tmp_path / path) == Conventions(options=options)


def test_patterns_start_at_the_file_and_paths_where_we_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "docs" / "net").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "docs")
    settings = parse(OVERRIDES, source=Path("../pyproject.toml"))
    assert settings.conventions_of("net/a.md").options.timeout == 7


def test_without_overrides_the_same_holds_everywhere() -> None:
    assert parse("", source=FILE).conventions_of("a.md") == Conventions()
    options = parse("[tool.wordish.options]\nignore = true\n", source=FILE).conventions_of("a.md").options
    assert options == Options(ignore=True)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "[tool.wordish.options]\n\ntimout = 5\n",
            "pyproject.toml:3: tool.wordish.options.timout: unknown option 'timout': did you mean timeout?",
        ),
        (
            "[tool.wordish.options]\nstatus_only = 'perhaps'\n",
            "pyproject.toml:2: tool.wordish.options.status_only: takes nothing, or yes or no",
        ),
        (
            "[tool.wordish]\noptions = {status_only = true, status-only = false}\n",
            "pyproject.toml:2: tool.wordish.options: status-only is said twice: keep one of them",
        ),
        (
            "[tool.wordish.options]\ncleanup = true\n",
            "pyproject.toml:2: tool.wordish.options.cleanup: cleanup cannot be said of an article"
            ": it belongs to the block or the step",
        ),
        ("[tool.wordish]\noptions = 1", "pyproject.toml:2: tool.wordish.options: expected a table, got a wh"),
        (
            "[[tool.wordish.overrides]]\npaths=['a']\n[[tool.wordish.overrides]]\npaths=['b']\n"
            "[tool.wordish.overrides.options]\nstatus = 256",
            "pyproject.toml:6: tool.wordish.overrides[1].options.status: takes an exit status from 0 to 255",
        ),
        (
            "[[tool.wordish.overrides]]\noptions.status = 1",
            "pyproject.toml:1: tool.wordish.overrides[0]: paths is missing: say for which articles",
        ),
        (
            "[[tool.wordish.overrides]]\npaths = ['a']\npath = []",
            "pyproject.toml:3: tool.wordish.overrides[0].path: unknown key: did you mean paths?",
        ),
        (
            "[[tool.wordish.overrides]]\npaths = []",
            "pyproject.toml:2: tool.wordish.overrides[0].paths: must not be empty",
        ),
        (
            "[[tool.wordish.overrides]]\npaths = ['a', '../b']",
            "pyproject.toml:2: tool.wordish.overrides[0].paths: '../b': leads out of the folder"
            ": paths start at this file's folder",
        ),
        (
            "[[tool.wordish.overrides]]\npaths = ['!']",
            "pyproject.toml:2: tool.wordish.overrides[0].paths: '!': not a pattern",
        ),
        (
            "[tool.wordish]\noverrides = [{paths = ['a']},\n{paths = 5}]",
            "pyproject.toml:2: tool.wordish.overrides[1].paths: expected a list of strings, got a whole numb",
        ),
        ("[tool.wordish]\noverrides = 1", "pyproject.toml:2: tool.wordish.overrides: expected a list"),
        ("[tool.wordish]\noverrides = [1]", "pyproject.toml:2: tool.wordish.overrides[0]: expected a table"),
    ],
)
def test_mistakes_in_options_and_overrides_are_told_at_their_line(text: str, message: str) -> None:
    assert error(text).startswith(message)
