"""What every mapping file has: YAML that is read with its name in each error, objects of known members, a format."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import yaml

from pathloom_local.send.expressions import BadMapping

T = TypeVar("T")
FORMATS = ("csv", "jsonl", "parquet")


def read_mapping(path: Path, compiled: Callable[[Any], T]) -> T:
    """What `compiled` makes of the file. Raises BadMapping, naming file and place."""
    try:
        said = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadMapping(f"{path}: {error.strerror}") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise BadMapping(f"{path}: is no YAML: {error}") from None
    try:
        return compiled(said)
    except BadMapping as error:
        raise BadMapping(f"{path}: {error}") from None


def object_of(said: Any, place: str, known: frozenset[str]) -> dict[str, Any]:
    """An object that has no other members than these. Raises BadMapping, naming the place."""
    if not isinstance(said, Mapping):
        raise BadMapping(f"{place}: is no object")
    if unknown := sorted(map(str, set(said) - known)):
        raise BadMapping(f"{place}: {', '.join(unknown)} is not known; there are {', '.join(sorted(known))}")
    return {str(name): value for name, value in said.items()}


def format_said(top: Mapping[str, Any]) -> str:
    """csv, jsonl or parquet; empty: told by the file's name. Raises BadMapping."""
    fmt = str(top.get("format", ""))
    if fmt and fmt not in FORMATS:
        raise BadMapping(f"format: {fmt} is none of {', '.join(FORMATS)}")
    return fmt
