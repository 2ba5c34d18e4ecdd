"""The extension's configuration values, and what the project's `[tool.wordish]` says."""

from __future__ import annotations

from pathlib import Path

from sphinx.application import Sphinx
from sphinx.config import ENUM, Config

from wordish import config
from wordish.config import Settings


def add_values(app: Sphinx) -> None:
    """The values ``wordish_*`` of ``conf.py``; docs/reference/sphinx.md explains each."""
    app.add_config_value("wordish_config", "", "env", str)
    app.add_config_value("wordish_record", "", "env", str)
    app.add_config_value("wordish_date_format", "%-d %B %Y", "env", str)
    app.add_config_value("wordish_badges", False, "html", bool)
    app.add_config_value("wordish_casts", "casts", "env", str)
    app.add_config_value("wordish_hints", "hide", "env", ENUM("hide", "show"))
    # What only the builder wordish looks at changes no page.
    app.add_config_value("wordish_on", "", "", str)
    app.add_config_value("wordish_machine", "", "", str)
    app.add_config_value("wordish_as_root", False, "", bool)
    app.add_config_value("wordish_timeout", 0.0, "", (int, float))
    app.add_config_value("wordish_keep_going", False, "", bool)


def load(named: str, confdir: str | Path) -> Settings:
    """The settings in force in the folder of ``conf.py``, or those of the file ``named`` from there.

    Raises as `wordish.config.load`.
    """
    return config.load(Path(confdir, named) if named else None, directory=Path(confdir))


def none(confdir: Path) -> Settings:
    """The settings of a project that says nothing."""
    return config.parse("", source=confdir / "pyproject.toml")


def record_file(values: Config, found: Settings, confdir: Path) -> Path:
    """Where the record is: what ``conf.py`` says, else what the settings say."""
    named = values.wordish_record
    return Path(confdir, named) if named else Path(found.directory, found.record)
