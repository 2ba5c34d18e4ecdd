"""``sphinx-build -b wordish``: what the pages show is checked, and the build fails at the right line."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.sphinx_ext.conftest import Built, Project, Start

GOOD = "Index\n=====\n\n::\n\n   ~$ echo yes\n   yes\n"


def check(made: Project, **values: Any) -> Built:
    return made.build("wordish", suppress_warnings=["toc"], **values)


def test_articles_that_are_true_build(project: Start) -> None:
    built = check(project({"index.rst": GOOD, "other.md": "# Other\n\n```\n~$ echo no\nno\n```\n"}))
    assert (built.status, built.warnings) == (0, "")
    assert "index.rst: 1 passed in" in built.info
    assert "other.md: 1 passed in" in built.info


@pytest.mark.parametrize("name", ["index.rst", "index.md"])
def test_one_letter_changed_fails_the_build_at_its_line(project: Start, name: str) -> None:
    text = GOOD if name.endswith("rst") else "# Index\n\n```\n~$ true\n~$ echo yes\nyes\n```\n"
    built = check(project({name: text.replace("\nyes", "\nyet").replace("   yes", "   yet")}))
    line = 6 if name.endswith("rst") else 5
    assert built.status == 1
    assert f"{name}:{line}: ERROR: failed: the output differs" in built.warnings
    assert "-yet\n" in built.warnings
    assert "+yes\n" in built.warnings
    assert "[wordish.failed]" in built.warnings


def test_what_is_suppressed_fails_all_the_same(project: Start) -> None:
    built = project({"index.rst": GOOD.replace("   yes", "   no")}).build(
        "wordish", suppress_warnings=["wordish"]
    )
    assert (built.status, built.warnings) == (1, "")


def test_an_article_with_an_error_keeps_all_from_running(project: Start) -> None:
    wrong = "Other\n=====\n\n::\n\n   ~$ echo 'open\n"
    built = check(project({"index.rst": GOOD, "other.rst": wrong}))
    assert built.status == 2
    assert "other.rst:6: ERROR: the command never ends" in built.warnings
    assert "[wordish.open-command]" in built.warnings
    assert "passed" not in built.info


def test_remarks_are_warnings_that_can_be_suppressed(project: Start) -> None:
    text = f"{GOOD}\n.. wordish: skip\n\nText.\n"
    made = project({"index.rst": text})
    built = check(made)
    assert built.status == 0
    assert "index.rst:9: WARNING: this comment of wordish is for no block" in built.warnings
    assert "[wordish.stray-comment]" in built.warnings
    assert made.build("wordish", suppress_warnings=["wordish.stray-comment"]).warnings == ""


def test_hidden_steps_and_options_count(project: Start) -> None:
    text = """\
Index
=====

.. wordish: hidden

   ~$ word=yes

::

   ~$ echo $word
   yes
   ~$ false  # wordish: status=1

.. wordish: match=regex

::

   ~$ echo 12
   \\d\\d
"""
    built = check(project({"index.rst": text}))
    assert (built.status, built.warnings) == (0, "")
    assert "index.rst: 4 passed" in built.info


INCLUDING = {
    "index.rst": "Index\n=====\n\n::\n\n   ~$ word=yes\n\n.. include:: part.inc\n\n"
    "::\n\n   ~$ echo end $word\n   end yes\n",
    "part.inc": "Part\n----\n\nText.\n\n::\n\n   ~$ echo $word\n   no\n",
}


def test_an_included_session_is_checked_in_its_place_and_told_at_its_own_line(project: Start) -> None:
    built = check(project(INCLUDING))
    assert built.status == 1
    assert "part.inc:8: ERROR: failed: the output differs" in built.warnings
    assert "index.rst:" not in built.warnings
    right = {**INCLUDING, "part.inc": INCLUDING["part.inc"].replace("no", "yes")}
    built = check(project(right))
    assert (built.status, built.warnings) == (0, "")
    assert "index.rst: 3 passed" in built.info


def test_an_included_session_in_myst_and_one_that_is_included_to_the_letter(project: Start) -> None:
    index = (
        "# Index\n\n```{include} part.inc\n```\n\n"
        "```{literalinclude} session.console\n:language: console\n```\n"
    )
    files = {
        "index.md": index,
        "part.inc": "Text.\n\n```console\n~$ echo part\npart\n```\n",
        "session.console": "~$ true\n~$ echo letter\nletters\n",
    }
    built = check(project(files))
    assert built.status == 1
    assert "session.console:2: ERROR: failed: the output differs" in built.warnings
    assert "index.md: 1 failed, 2 passed" in built.info


def test_substitutions_are_made(project: Start) -> None:
    text = """\
Index
=====

.. |word| replace:: yes

Text.

.. parsed-literal::

   ~$ echo |word|
   |word|
   ~$ echo no
   |word|
"""
    built = check(project({"index.rst": text}))
    assert built.status == 1
    assert built.warnings.startswith("index.rst:12: ERROR: failed: the output differs")
    assert "unread-session" not in built.warnings
    assert "index.rst: 1 failed, 1 passed" in built.info


@pytest.mark.parametrize("name", ["index.rst", "index.md"])
def test_what_other_extensions_make_of_a_block_is_what_is_checked(project: Start, name: str) -> None:
    text = "Index\n=====\n\n```\n~$ echo |word|\n|word|\n~$ echo {{ word }}\nyes\n~$ echo more\nless\n```\n"
    if name.endswith("rst"):
        text = text.replace("\n~$", "\n   ~$").replace("\n|word", "\n   |word").replace("\nyes", "\n   yes")
        text = text.replace("\nless", "\n   less").replace("```\n   ~", "::\n\n   ~", 1).replace("```\n", "")
    made = project({name: text})
    made.write("conf.py", f"{(made.folder / 'conf.py').read_text()}\n{SUBSTITUTING}")
    built = check(made)
    line = 1 + text.split("\n").index("   ~$ echo more" if name.endswith("rst") else "~$ echo more")
    assert f"{name}:{line}: ERROR: failed: the output differs" in built.warnings
    assert f"{name}: 1 failed, 2 passed" in built.info


SUBSTITUTING = """
def setup(app):
    def substitute(app, docname, source):
        source[0] = source[0].replace("|word|", "yes").replace("{{ word }}", "yes")
    app.connect("source-read", substitute)
"""


WAITING = """\
# {name}

<!-- wordish: parallel -->

```console
~$ touch {folder}/{name}
~$ until [ -e {folder}/{other} ]; do sleep 0.01; done
~$ echo {name}
{shown}
```
"""


def waiting_for_each_other(folder: Path) -> dict[str, str]:
    """Two articles of which neither comes to its end before the other has begun; both are wrong."""
    return {
        "one.md": WAITING.format(name="one", other="two", folder=folder, shown="1"),
        "two.md": WAITING.format(name="two", other="one", folder=folder, shown="2"),
    }


def test_substitutions_of_the_configuration_are_made_and_each_step_runs_once(project: Start) -> None:
    made = project({"index.rst": GOOD.replace("echo yes", "echo WORD")})
    made.write("pyproject.toml", '[tool.wordish.substitutions]\n"WORD" = "yes"\n')
    built = check(made)
    assert (built.status, built.warnings) == (0, "")
    assert "index.rst: 1 passed in" in built.info


def test_what_surrounds_an_article_counts_for_what_only_its_page_shows(project: Start) -> None:
    index = """\
:wordish: cwd=/usr env=WORD=yes

Index
=====

.. autofunction:: functions_of_this_test.shown
"""
    made = project({"index.rst": index})
    made.write(
        "conf.py",
        f"""\
import sys
sys.path.insert(0, {str(made.folder)!r})
extensions = ["sphinx.ext.autodoc", "wordish.sphinx_ext"]
""",
    )
    shown = '"""Show it.\n\n    ::\n\n        ~$ echo $WORD; pwd\n        yes\n        /usr\n    """'
    made.write("functions_of_this_test.py", f"def shown():\n    {shown}\n")
    built = check(made)
    assert (built.status, built.warnings) == (0, "")
    assert "index.rst: 1 passed in" in built.info


def test_articles_run_side_by_side_as_many_as_sphinx_build_is_told(project: Start, tmp_path: Path) -> None:
    made = project({"index.rst": GOOD, **waiting_for_each_other(tmp_path)})
    built = made.build("wordish", parallel=2, suppress_warnings=["toc"])
    assert built.status == 1
    told = [line for line in built.warnings.splitlines() if "failed" in line]
    assert told[0].startswith("one.md:8: ERROR: failed: the output differs")
    assert any(line.startswith("two.md:8: ERROR: failed: the output differs") for line in told)
    assert built.info.index("one.md: 1 failed") < built.info.index("two.md: 1 failed")


def test_articles_run_side_by_side_as_many_as_the_configuration_says(project: Start, tmp_path: Path) -> None:
    made = project({"index.rst": GOOD, **waiting_for_each_other(tmp_path)})
    made.write("pyproject.toml", "[tool.wordish]\njobs = 2\n")
    assert "two.md:8: ERROR: failed: the output differs" in check(made).warnings


def test_a_root_prompt_is_refused_on_the_host(project: Start) -> None:
    built = check(project({"index.rst": GOOD.replace("~$", "~#")}), wordish_on="host")
    assert built.status == 2
    assert (
        "index.rst:6: ERROR: a root prompt, but the target host is not thrown away afterwards"
        in built.warnings
    )
    assert "[wordish.root-prompt]" in built.warnings


def test_the_settings_are_those_of_the_project(project: Start) -> None:
    made = project({"index.rst": GOOD.replace("echo yes", "sleep 60")})
    made.write("pyproject.toml", "[tool.wordish]\ntimeout = 0.2\n")
    assert "failed: timed out after 0.2 s" in check(made).warnings
    made.write("other.toml", "[tool.wordish]\ntimeout = 0.3\n")
    assert "failed: timed out after 0.3 s" in check(made, wordish_config="other.toml").warnings
    assert "failed: timed out after 0.1 s" in check(made, wordish_timeout=0.1).warnings
    made.write("pyproject.toml", "[tool.wordish]\ntime = 1\n")
    assert "pyproject.toml:2: tool.wordish.time: unknown key" in check(made).warnings


def test_only_the_articles_that_are_named(project: Start) -> None:
    made = project({"index.rst": GOOD, "other.rst": GOOD.replace("   yes", "   no")})
    built = made.build("wordish", names=[made.folder / "index.rst"], suppress_warnings=["toc"])
    assert built.status == 0
    assert "index.rst: 1 passed" in built.info


def test_after_a_html_build_everything_is_checked_again(project: Start) -> None:
    made = project({"index.rst": GOOD})
    made.build()
    first, second = check(made), check(made)
    assert "index.rst: 1 passed" in first.info
    assert "index.rst: 1 passed" in second.info


def test_a_project_without_sessions_is_told(project: Start) -> None:
    built = check(project({"index.rst": "Index\n=====\n"}))
    assert built.status == 0
    assert "no article has a shell session" in built.warnings
    assert "[wordish.no-session]" in built.warnings


def test_the_exit_status_of_sphinx_build_says_it(project: Start) -> None:
    made = project({"index.rst": GOOD.replace("   yes", "   no")})
    command: list[str | Path] = [
        sys.executable,
        "-m",
        "sphinx",
        "-q",
        "-b",
        "wordish",
        made.folder,
        made.folder / "_out",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "index.rst:6: " in done.stderr
