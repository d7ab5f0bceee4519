"""The tracking plan: one JSON Schema per event, and what the platform knows about each event by its name.

The schema of an event describes the *properties* of a track call. Events are matched by key: "Contact Queued",
"contact queued" and "contact.queued" are one event. An event without a schema is not an error.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

COMMON = "common.json"
SUFFIX = ".schema.json"
TOUCHES = ("customer_active", "customer_passive", "brand_active", "brand_passive", "none")

_NOT_IN_KEY = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True)
class PlannedEvent:
    """An event as the plan has it. `touch` is who touches whom by default, one of TOUCHES."""

    key: str
    title: str
    description: str
    family: str
    touch: str
    schema: Mapping[str, Any]


def event_key(name: str) -> str:
    """The key of an event's name: lower case, everything but letters and digits is one underscore."""
    return _NOT_IN_KEY.sub("_", name.lower()).strip("_")


@cache
def common_schema() -> Mapping[str, Any]:
    """What any event may say; the schemas refer to it as "common.json"."""
    loaded: Mapping[str, Any] = json.loads(files(__name__).joinpath(COMMON).read_text(encoding="utf-8"))
    return loaded


@cache
def planned_events() -> Mapping[str, PlannedEvent]:
    """Every event of the plan by its key, in order of key."""
    found = sorted(
        (item for item in files(__name__).iterdir() if item.name.endswith(SUFFIX)), key=lambda f: f.name
    )
    plan = {}
    for item in found:
        schema = json.loads(item.read_text(encoding="utf-8"))
        key = item.name.removesuffix(SUFFIX)
        plan[key] = PlannedEvent(
            key=key,
            title=schema["title"],
            description=schema["description"],
            family=schema["x-family"],
            touch=schema["x-touch"],
            schema=schema,
        )
    return plan
