"""Whether the fields that the tracking plan knows have the types it says, compiled once from its schemas.

Light on purpose: what is missing, what the plan does not name and how a word is spelt are no reason to refuse.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from pathloom_gateway.domain.subject import SubjectRule, subject_rules

_PYTHON = {
    "string": (str,),
    "integer": (int, float),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
}
_SAID = {
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "an object",
}
# Where these are wrong, the event would be folded into the wrong contact or leg: their words are checked as well.
_STRUCTURAL = frozenset({"relation", "leg_kind", "direction"})
# Checked in every event, also in one that the plan does not know: they say what belongs together.
_ALWAYS = ("contact_id", "related_contact_id", "amends", "retracts")


class _Check(NamedTuple):
    types: tuple[type, ...]
    more: Callable[[Any], str | None] | None
    said: str


@dataclass(frozen=True, slots=True)
class PlanCheck:
    """By event key. `check` costs one look at each property."""

    by_key: Mapping[str, Mapping[str, _Check]]
    always: Mapping[str, _Check]
    references: frozenset[str]
    """Properties that refer to something by its id."""
    subjects: Mapping[str, SubjectRule] = field(default_factory=dict)
    """By event key: whom an event is about that belongs to no customer."""

    def check(self, key: str | None, properties: Mapping[str, Any]) -> tuple[str, str] | None:
        """(field, what is wrong) for the first known field at fault; None when all is well. `key` None: not in the
        plan's care (page, screen …)."""
        checks = self.always if key is None else self.by_key.get(key, self.always)
        for name, value in properties.items():
            check = checks.get(name)
            if check is None or value is None:
                continue
            if value.__class__ not in check.types:
                return f"properties.{name}", f"is not {check.said}"
            if check.more is not None:
                problem = check.more(value)
                if problem is not None:
                    return f"properties.{name}", problem
        return None


def compile_plan(common: Mapping[str, Any], schemas: Mapping[str, Mapping[str, Any]]) -> PlanCheck:
    """From the schema of every event and the schemas by event key. ValueError for a type it does not know."""
    shared = {name: _compile(name, schema) for name, schema in common["properties"].items()}
    by_key, named = {}, set(shared)
    for key, schema in schemas.items():
        own = {name: _compile(name, found) for name, found in schema.get("properties", {}).items()}
        by_key[key] = shared | own
        named |= set(own)
    references = frozenset(name for name in named if name.endswith("_id")) | {"amends", "retracts"}
    always = {name: shared[name] for name in _ALWAYS}
    return PlanCheck(by_key, always, references, subject_rules(schemas))


def _compile(name: str, schema: Mapping[str, Any]) -> _Check:
    said = schema.get("type", [])
    kinds = [said] if isinstance(said, str) else list(said)
    unknown = [kind for kind in kinds if kind not in _PYTHON]
    if unknown:
        raise ValueError(f"{name}: a type that is not known: {unknown[0]}")
    types = tuple(dict.fromkeys(python for kind in kinds for python in _PYTHON[kind])) or (
        str,
        int,
        float,
        bool,
        list,
        dict,
    )
    return _Check(types, _more(name, kinds, schema), " or ".join(_SAID[kind] for kind in kinds))


def _more(name: str, kinds: list[str], schema: Mapping[str, Any]) -> Callable[[Any], str | None] | None:
    tests: list[Callable[[Any], str | None]] = []
    if schema.get("format") == "date-time":
        tests.append(_time)
    if "integer" in kinds:
        tests.append(_whole)
    if "minimum" in schema or "maximum" in schema:
        tests.append(_bounds(schema.get("minimum"), schema.get("maximum")))
    if name in _STRUCTURAL:
        tests.append(_words(schema["enum"]))
    if name in _ALWAYS:
        tests.append(_id)
    if not tests:
        return None
    if len(tests) == 1:
        return tests[0]

    def all_of(value: Any) -> str | None:
        for test in tests:
            problem = test(value)
            if problem is not None:
                return problem
        return None

    return all_of


def _time(value: Any) -> str | None:
    if isinstance(value, str):
        try:
            datetime.fromisoformat(value)
        except ValueError:
            return "is not a time (RFC 3339)"
    return None


def _whole(value: Any) -> str | None:
    return "is not a whole number" if isinstance(value, float) and not value.is_integer() else None


def _bounds(low: float | None, high: float | None) -> Callable[[Any], str | None]:
    def test(value: Any) -> str | None:
        if isinstance(value, (int, float)):
            if low is not None and value < low:
                return f"is below {low}"
            if high is not None and value > high:
                return f"is above {high}"
        return None

    return test


def _words(words: list[str]) -> Callable[[Any], str | None]:
    known = frozenset(words)
    said = ", ".join(words)
    return lambda value: None if value in known else f"is none of {said}"


def _id(value: Any) -> str | None:
    if len(value) > 256:
        return "is longer than 256 characters"
    return None if value.strip() else "is empty"
