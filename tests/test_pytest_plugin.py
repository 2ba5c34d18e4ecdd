"""The door for pytest: what is collected, how a failure is told, and that an article runs once, whole."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

pytest_plugins = ["pytester"]

GOOD = "~$ echo on\non\n"
BAD = "~$ echo on\non\n~$ echo red\nblue\n~$ echo green\nyellow\n"


XDIST = ["-p", "xdist", "-n", "2"]


@pytest.fixture(autouse=True)
def plugins(monkeypatch: pytest.MonkeyPatch) -> None:
    """No plugin but ours and those that a test names: most take their time at the start.

    All runs are processes of their own: pytester unloads what is imported here during a test.
    """
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv("PYTEST_PLUGINS", "wordish.pytest_plugin")


@pytest.fixture
def project(pytester: pytest.Pytester) -> pytest.Pytester:
    """A project that wants its articles tested: one that passes, one that fails, and a test."""
    pytester.makeini("[pytest]\nwordish = true\n")
    pytester.makepyfile(test_x="def test_x(): pass")
    write(pytester, "docs/bad.txt", BAD)
    write(pytester, "docs/good.txt", GOOD)
    return pytester


def write(pytester: pytest.Pytester, name: str, text: str) -> Path:
    path = pytester.path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def collected(pytester: pytest.Pytester, *words: str) -> list[str]:
    result = pytester.runpytest_subprocess("--collect-only", "-q", *words)
    return [line for line in result.outlines if "::" in line]


def test_links_to_folders_are_not_followed_unless_somebody_means_them(project: pytest.Pytester) -> None:
    (project.path / "again").symlink_to("docs")
    once = ["docs/bad.txt::wordish", "docs/good.txt::wordish", "test_x.py::test_x"]
    assert collected(project) == once
    linked = ["again/bad.txt::wordish", "again/good.txt::wordish"]
    assert collected(project, "again") == linked
    write(project, "pyproject.toml", '[tool.wordish]\npaths = ["again"]\n')
    assert {*linked} < {*collected(project)}


def test_the_configurations_prompts_make_a_text_an_article(project: pytest.Pytester) -> None:
    write(project, "pyproject.toml", '[tool.wordish]\nprompts = {user = ["db>"]}\n')
    write(project, "docs/own.txt", "db> true\n")
    assert "docs/own.txt::wordish" in collected(project)


def test_it_costs_and_changes_nothing_where_nobody_asked_for_it(pytester: pytest.Pytester) -> None:
    write(pytester, "docs/good.txt", GOOD)
    write(pytester, "docs/a.md", f"```console\n{GOOD}```\n")
    assert collected(pytester) == []
    code = (
        "import pytest, sys; before = set(sys.modules); import wordish.pytest_plugin\n"
        "print(*sorted(set(sys.modules) - before))"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout == "wordish wordish.pytest_plugin\n"


def test_it_is_asked_for_in_the_configuration_or_on_the_command_line(pytester: pytest.Pytester) -> None:
    write(pytester, "docs/good.txt", GOOD)
    assert collected(pytester, "--wordish") == ["docs/good.txt::wordish"]
    pytester.makeini("[pytest]\nwordish = true\n")
    assert collected(pytester) == ["docs/good.txt::wordish"]
    assert collected(pytester, "--no-wordish") == []


def test_what_is_collected_is_what_check_would_take(project: pytest.Pytester) -> None:
    write(project, "docs/a.md", f"# A\n\n```console\n{GOOD}```\n")
    write(project, "docs/b.rst", "B\n=\n\n::\n\n    ~$ echo on\n    on\n")
    write(project, "docs/prose.md", "# Nothing to run\n")
    write(project, "docs/notes.txt", "Nothing to run.\n")
    write(project, "docs/_build/a.txt", GOOD)
    articles = [f"docs/{name}::wordish" for name in ("a.md", "b.rst", "bad.txt", "good.txt")]
    assert collected(project) == [*articles, "test_x.py::test_x"]
    assert collected(project, "docs") == articles
    write(project, "pyproject.toml", '[tool.wordish]\npaths = ["docs/a.md"]\n')
    assert collected(project, "docs") == articles[:1]
    assert collected(project, "docs/good.txt") == ["docs/good.txt::wordish"]


def test_a_failure_reads_as_from_check_at_the_same_line(project: pytest.Pytester) -> None:
    said = project.run(sys.executable, "-m", "wordish", "check", "docs/bad.txt").stdout.str()
    report = said.partition("    exit status")[0].splitlines()
    assert report[0] == "docs/bad.txt:3: failed: the output differs"
    result = project.runpytest_subprocess("docs")
    result.stdout.fnmatch_lines(["* ?wordish? docs/bad.txt ?line 3? *", *report])
    result.stdout.fnmatch_lines(["SUBFAILED*line 3* docs/bad.txt::wordish - docs/bad.txt:3: failed: the *"])
    assert result.ret == pytest.ExitCode.TESTS_FAILED


def test_each_failed_step_is_a_subtest(project: pytest.Pytester) -> None:
    result = project.runpytest_subprocess("-o", "wordish_keep_going=true")
    result.stdout.fnmatch_lines(["docs/bad.txt:3: failed: *", "docs/bad.txt:5: failed: *"])
    result.assert_outcomes(passed=2, failed=3)


def without_subtests(pytester: pytest.Pytester) -> None:
    """As on a pytest that has none."""
    pytester.makeconftest(
        "from wordish import pytest_articles\npytest_articles._TEST = pytest_articles._test\n"
    )


def test_without_subtests_all_is_one_failure(project: pytest.Pytester) -> None:
    without_subtests(project)
    result = project.runpytest_subprocess("-o", "wordish_keep_going=true")
    result.stdout.fnmatch_lines(["docs/bad.txt:3: failed: *", "docs/bad.txt:5: failed: *"])
    result.stdout.fnmatch_lines(["FAILED docs/bad.txt::wordish - docs/bad.txt:3: failed: the output*"])
    result.assert_outcomes(passed=2, failed=1)


@pytest.mark.parametrize("subtests", [True, False])
def test_the_failed_article_is_the_last_failed(project: pytest.Pytester, *, subtests: bool) -> None:
    if not subtests:
        without_subtests(project)
    write(project, "docs/a.txt", GOOD)
    assert project.runpytest_subprocess().ret == 1
    assert collected(project, "--lf") == ["docs/bad.txt::wordish"]
    assert collected(project, "--ff")[0] == "docs/bad.txt::wordish"
    write(project, "docs/bad.txt", GOOD)
    assert project.runpytest_subprocess("--lf").ret == 0
    assert len(collected(project, "--lf")) == 4


def test_the_first_failure_stops_the_run(project: pytest.Pytester) -> None:
    result = project.runpytest_subprocess("-x", "-v")
    assert "good.txt" not in result.stdout.str().partition("FAILURES")[0].replace("collected", "")


def test_an_article_runs_once_and_whole_whatever_is_selected(project: pytest.Pytester) -> None:
    ran = project.path / "ran"
    steps = [f"~$ echo {number} >> {ran}\n" for number in "abc"]
    write(project, "docs/steps.txt", "".join(steps))
    for words in (["-k", "steps"], ["docs/steps.txt"], ["docs/steps.txt::wordish"], [*XDIST, "docs"]):
        project.runpytest_subprocess(*words)
        assert ran.read_text() == "a\nb\nc\n", words
        ran.unlink()
    assert collected(project, "-k", "echo") == []
    assert collected(project, "-k", "wordish and not bad") == [
        "docs/good.txt::wordish",
        "docs/steps.txt::wordish",
    ]


def test_junit_has_each_failed_step_with_file_and_line(project: pytest.Pytester) -> None:
    project.runpytest_subprocess("--junit-xml", "j.xml", "-o", "wordish_keep_going=true", "docs")
    cases = {
        case.get("classname"): case for case in ElementTree.parse(project.path / "j.xml").iter("testcase")
    }
    assert set(cases) == {"docs.bad.txt", "docs.good.txt"}
    told = [str(failure.text).split("\n")[0] for failure in cases["docs.bad.txt"].iter("failure")]
    assert told[:2] == [
        "docs/bad.txt:3: failed: the output differs",
        "docs/bad.txt:5: failed: the output differs",
    ]


def test_html_has_each_failed_step_with_file_and_line(project: pytest.Pytester) -> None:
    project.runpytest_subprocess(
        "-p",
        "html",
        "-p",
        "metadata",
        "--html",
        "h.html",
        "--self-contained-html",
        "docs",
    )
    assert "docs/bad.txt:3: failed: the output differs" in (project.path / "h.html").read_text()


def test_workers_never_share_an_article(project: pytest.Pytester) -> None:
    result = project.runpytest_subprocess(*XDIST, "-o", "wordish_keep_going=true")
    result.stdout.fnmatch_lines(["docs/bad.txt:3: failed: *", "docs/bad.txt:5: failed: *"])
    result.assert_outcomes(passed=2, failed=3)


def test_an_error_in_the_markup_is_one_of_collection(project: pytest.Pytester) -> None:
    ran = project.path / "ran"
    write(project, "docs/a.txt", f"~$ touch {ran}\n")
    write(project, "docs/open.txt", '~$ echo "never closed\n')
    result = project.runpytest_subprocess()
    result.stdout.fnmatch_lines(["docs/open.txt:1: the command never ends: *"])
    assert result.ret == pytest.ExitCode.INTERRUPTED
    assert not ran.exists()


def test_a_remark_is_a_warning(project: pytest.Pytester) -> None:
    write(project, "docs/good.txt", "~$\N{NO-BREAK SPACE}echo on\non\n")
    result = project.runpytest_subprocess("docs/good.txt")
    result.stdout.fnmatch_lines(["*WordishWarning: docs/good.txt:1: *no-break space*"])
    assert (
        project.runpytest_subprocess(
            "-W", "error::wordish.pytest_articles.WordishWarning", "docs/good.txt"
        ).ret
        != 0
    )


def test_an_article_that_is_skipped(project: pytest.Pytester) -> None:
    write(project, "docs/good.txt", "~$ echo on # wordish: skip='no printer here today'\n")
    result = project.runpytest_subprocess("-rs", "docs/good.txt")
    result.stdout.fnmatch_lines(["SKIPPED*no printer here today"])


def test_what_keeps_an_article_from_running_is_told_at_its_line(project: pytest.Pytester) -> None:
    write(project, "docs/root.txt", "~# rm -rf /\n")
    result = project.runpytest_subprocess("--wordish-on", "host", "docs/root.txt")
    result.stdout.fnmatch_lines(["docs/root.txt:1: a root prompt, but the target host is not thrown away*"])
    assert result.ret == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--wordish-on", "nowhere"], "--on nowhere: no such target"),
        (["--wordish-machine", "tiny"], "--machine tiny: this machine is not described"),
        (["-o", "wordish_timeout=soon"], "wordish_timeout: 'soon' is no number of seconds above 0"),
        (["-c", "broken.toml", "--rootdir", "broken"], "pyproject.toml:2: tool.wordish.path: unknown key"),
    ],
)
def test_a_mistake_in_the_options_is_told_as_such(
    project: pytest.Pytester, words: list[str], said: str
) -> None:
    write(project, "broken/pyproject.toml", '[tool.wordish]\npath = ["docs"]\n')
    write(project, "broken.toml", "[pytest]\nwordish = true\n")
    write(project, "broken/a.txt", GOOD)
    result = project.runpytest_subprocess(*words)
    assert said in result.stdout.str() + result.stderr.str()
    assert result.ret == pytest.ExitCode.USAGE_ERROR


def test_hooks_choose_the_target_and_prepare_the_place(project: pytest.Pytester) -> None:
    project.makeconftest(
        """
        import os
        from wordish.errors import MachineError

        def pytest_wordish_target(document, target, config):
            if document.path.endswith("root.txt"):
                assert str(target) == "vm:bookworm"
                return "host"

        def pytest_wordish_setup(place, document, config):
            place.shell("user").run("prepared=yes", timeout=10)
            if document.path.endswith("good.txt"):
                raise MachineError("it is Sunday")
        """
    )
    write(project, "docs/a.txt", "~$ echo $prepared\nyes\n")
    write(project, "docs/root.txt", "~# true\n")
    assert project.runpytest_subprocess("docs/a.txt").ret == 0
    result = project.runpytest_subprocess("docs/root.txt", "docs/good.txt")
    result.stdout.fnmatch_lines(["docs/root.txt:1: a root prompt, but the target host is not thrown away*"])
    result.stdout.fnmatch_lines(["docs/good.txt: error: it is Sunday"])
    assert (
        project.runpytest_subprocess("--wordish-on", "nowhere", "docs/root.txt").ret
        == pytest.ExitCode.USAGE_ERROR
    )


def test_fixtures_hold_for_articles_too(project: pytest.Pytester) -> None:
    write(
        project,
        "docs/conftest.py",
        "import pytest\n"
        "@pytest.fixture(autouse=True)\n"
        "def server(tmp_path, monkeypatch):\n"
        "    monkeypatch.setenv('PATH', str(tmp_path), prepend=':')\n"
        "    (tmp_path / 'hello').write_text('#!/bin/sh\\necho hello\\n')\n"
        "    (tmp_path / 'hello').chmod(0o755)\n",
    )
    write(project, "docs/a.txt", "~$ hello\nhello\n")
    assert project.runpytest_subprocess("docs/a.txt").ret == 0


def test_an_interruption_ends_the_run_and_cleans_up(project: pytest.Pytester) -> None:
    tidy = project.path / "tidy"
    write(project, "docs/a.txt", f"~$ kill -INT $PPID; sleep 60\n~$ touch {tidy} # wordish: cleanup\n")
    result = project.runpytest_subprocess("docs", timeout=30)
    assert result.ret == pytest.ExitCode.INTERRUPTED
    assert tidy.exists()
    result.stdout.fnmatch_lines(["docs/a.txt:1: error: interrupted"])


def test_it_lives_beside_sybil_and_doctestplus(project: pytest.Pytester) -> None:
    project.makeconftest(
        """
        from sybil import Sybil
        from sybil.parsers.markdown import PythonCodeBlockParser

        pytest_collect_file = Sybil(parsers=[PythonCodeBlockParser()], patterns=["*.md"]).pytest()
        """
    )
    write(
        project,
        "docs/a.md",
        f"```python\nassert 1\n```\n\n```console\n{GOOD}```\n\n```python\nassert 0\n```\n",
    )
    write(project, "docs/b.rst", ">>> 1 + 1\n3\n\n::\n\n    ~$ echo on\n    on\n")
    result = project.runpytest_subprocess(
        "-p", "pytest_doctestplus", "--doctest-plus", "--doctest-rst", "-v", "docs/a.md", "docs/b.rst"
    )
    result.stdout.fnmatch_lines_random(
        [
            "docs/a.md::line:1,column:1 PASSED*",
            "docs/a.md::line:10,column:1 FAILED*",
            "docs/a.md::wordish PASSED*",
            "docs/b.rst::b.rst FAILED*",
            "docs/b.rst::wordish PASSED*",
        ]
    )
    result.assert_outcomes(passed=3, failed=2)
