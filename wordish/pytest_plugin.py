"""The door for pytest: options, hooks, and nothing more until a project asks for it.

Whoever has wordish installed imports this module with every run of pytest, so it imports nothing;
`wordish.pytest_articles` does the work where ``wordish = true`` stands in pytest's configuration, or
``--wordish`` on its command line.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from wordish.model import Document, Target
    from wordish.targets import Place


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options, and the values of the configuration."""
    group = parser.getgroup("wordish", "articles verified by wordish")
    group.addoption("--wordish", action="store_true", default=None, help="collect articles")
    group.addoption(
        "--no-wordish", action="store_false", dest="wordish", default=None, help="collect no articles"
    )
    group.addoption("--wordish-on", metavar="TARGET", help="where articles run: vm, vm:MACHINE, host")
    group.addoption("--wordish-machine", metavar="NAME", help="which machine of [tool.wordish] they run in")
    group.addoption(
        "--wordish-as-root", action="store_true", help="with --wordish-on host: run root steps, here, as root"
    )
    parser.addini("wordish", "collect articles", type="bool", default=False)
    parser.addini("wordish_on", "where articles run: vm, vm:MACHINE, host", default="")
    parser.addini("wordish_machine", "which machine of [tool.wordish] articles run in", default="")
    parser.addini("wordish_timeout", "seconds for steps that do not say", default="")
    parser.addini("wordish_keep_going", "go on after a wrong output", type="bool", default=False)


class Hooks:
    """What a ``conftest.py`` may answer."""

    @pytest.hookspec(firstresult=True)
    def pytest_wordish_target(self, document: Document, target: Target, config: pytest.Config) -> str | None:
        """Say where an article runs (``vm:NAME``, ``host``...); ``target`` is where it would otherwise.

        Not asked when the command line says it.
        """

    @pytest.hookspec
    def pytest_wordish_setup(self, place: Place, document: Document, config: pytest.Config) -> None:
        """Prepare the place where an article is about to run: ``place.shell("root").run(...)``.

        Its shells are those of the article. Raise `wordish.errors.MachineError` to give up.
        """


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    """Make `Hooks` known."""
    pluginmanager.add_hookspecs(Hooks)


def pytest_configure(config: pytest.Config) -> None:
    """Do the work if it is asked for."""
    wanted = config.getoption("wordish")
    if config.getini("wordish") if wanted is None else wanted:
        from wordish import pytest_articles

        config.pluginmanager.register(pytest_articles, "wordish-articles")
