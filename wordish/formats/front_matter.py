"""The YAML at the top of an article in MyST, read so that no text can bring the reader down.

libyaml builds nested values by recursion in C, and an alias is as large as what it stands for: both are
counted before anything is built.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec
import yaml

# Nobody writes more of them; what is built stays small.
_DEEPEST: Final = 50
_MOST_ALIASES: Final = 20


def decoded(text: str) -> Mapping[Any, Any]:
    """The mapping that a text in YAML is; raises `ValueError` saying what it is instead."""
    try:
        if _is_a_trap(text):
            raise ValueError("is nested too deep to be read")
        found = msgspec.yaml.decode(text)
    except (yaml.YAMLError, msgspec.DecodeError, RecursionError):
        found = None
    if not isinstance(found, Mapping):
        raise ValueError("is no YAML mapping")
    return found


def _is_a_trap(text: str) -> bool:
    depth = aliases = 0
    for event in yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        aliases += isinstance(event, yaml.AliasEvent)
        if depth > _DEEPEST or aliases > _MOST_ALIASES:
            return True
    return False
