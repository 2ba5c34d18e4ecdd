"""pyproject.toml + flags -> Settings: typed, complete, every key known.

The file is the first ``pyproject.toml`` from the current directory upwards, or the one that the
user names.
"""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from wordish.errors import ConfigError
from wordish.limits import KEPT, Limit, Limits
from wordish.model import Containers, Conventions, Machine
from wordish.overrides import Override, conventions_of

TIMEOUT = 60.0
"""Seconds for a step that does not say: enough for a package to be installed under emulation."""

RECORD = "verified.json"
"""Where the record is, beside the configuration."""

BUILT_IN = Machine(name="bookworm")
"""The machine of a configuration that describes none."""


class Settings(NamedTuple):
    """What the configuration says, defaults filled in.

    ``directory`` is where the relative ``paths`` start: the configuration file's, else the current
    one. ``timeout``, ``article_timeout`` and ``run_timeout`` are in seconds, for a step, an article and a
    run, ``output_limit`` is in bytes. ``jobs``: how many articles side by side, 0 for as many as there
    are processors. ``machine`` is the default machine's name, "" when there are several and none was
    chosen. ``record`` is a file, relative to ``directory``. ``ignore`` are the names of the warnings
    that are switched off. ``conventions`` hold for every article, ``overrides`` go before them for some.
    ``containers``: how those are run.
    """

    directory: Path
    machine: str
    machines: Mapping[str, Machine]
    paths: tuple[str, ...] = ()
    timeout: float = TIMEOUT
    article_timeout: float = math.inf
    run_timeout: float = math.inf
    output_limit: int = KEPT
    jobs: int = 1
    record: str = RECORD
    ignore: frozenset[str] = frozenset()
    conventions: Conventions = Conventions()
    overrides: tuple[Override, ...] = ()
    containers: Containers = Containers()

    @property
    def limits(self) -> Limits:
        """What articles, and a run of all of them, may take."""
        return Limits(
            article=Limit(usual=self.article_timeout),
            output=Limit(usual=self.output_limit),
            run=self.run_timeout,
        )

    def conventions_of(self, path: str | os.PathLike[str]) -> Conventions:
        """What holds for the article at ``path``."""
        if not self.overrides and not self.conventions.options.after:
            return self.conventions
        return conventions_of(
            path, everywhere=self.conventions, overrides=self.overrides, directory=self.directory
        )


def load(file: Path | None = None, *, directory: Path) -> Settings:
    """Read the settings in force in ``directory``, or those of ``file``.

    Raises `wordish.errors.ConfigError` with the file, the line where it can be found, and the key.
    """
    source = file or _find(directory)
    if source is None:
        return Settings(directory=directory, machine=BUILT_IN.name, machines={BUILT_IN.name: BUILT_IN})
    try:
        text = source.read_bytes().decode()
    except OSError as error:
        raise ConfigError(
            error.strerror or str(error), where=str(source), hint="check its path and permissions"
        ) from error
    except UnicodeDecodeError as error:
        raise ConfigError(
            "not UTF-8, which TOML must be", where=str(source), hint="save it as UTF-8"
        ) from error
    return parse(text, source=source)


def parse(text: str, *, source: Path) -> Settings:
    """The settings that ``text``, the content of the file ``source``, gives; raises as `load`."""
    from wordish import table  # msgspec and tomllib: only those who have such a file pay for them

    said, machines = table.read(text, source=source, built_in=BUILT_IN)
    conventions, overrides = table.conventions(said, text, source=source)
    return Settings(
        directory=source.parent,
        paths=said.paths,
        timeout=TIMEOUT if said.timeout is None else said.timeout,
        article_timeout=math.inf if said.article_timeout is None else said.article_timeout,
        run_timeout=math.inf if said.run_timeout is None else said.run_timeout,
        output_limit=table.output_limit(said, text, source=source),
        jobs=0 if said.jobs == "auto" else said.jobs or 1,
        record=said.record or RECORD,
        machine=said.machine or (next(iter(machines)) if len(machines) == 1 else ""),
        machines=machines,
        ignore=table.ignored(said),
        conventions=conventions,
        overrides=overrides,
        containers=Containers(
            program=said.container.program or "", network=said.container.network, pull=said.container.pull
        ),
    )


def _find(directory: Path) -> Path | None:
    for folder in (directory, *directory.parents):
        if (folder / "pyproject.toml").is_file():
            return folder / "pyproject.toml"
    return None
