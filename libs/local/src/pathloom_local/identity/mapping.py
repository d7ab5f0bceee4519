"""The mapping of a file of persons: which column or nested path is which attribute. Described in docs/identity.md.

The same templates as in a mapping of `pathloom send` (docs/send.md), under `attributes` instead of `events`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pathloom_identity.domain.evidence.attributes import FURTHER, STANDARD, Attribute, Kind, standard

from pathloom_local.send.expressions import BadMapping, Template, Value, expression, template
from pathloom_local.send.mapping_file import format_said, object_of, read_mapping

_TOP = frozenset({"format", "delimiter", "encoding", "region", "record", "attributes"})
_ORDERS = ("ymd", "dmy", "mdy")
_OWN = frozenset({"kind", "immutable", "order"})


@dataclass(frozen=True, slots=True)
class PersonMap:
    """A mapping, compiled."""

    format: str
    delimiter: str
    encoding: str
    region: str
    """Country of national phone numbers (ISO 3166), or empty."""
    record: Template | None
    """What names a record; without it the row's number does."""
    attributes: Mapping[Attribute, Value]
    date_order: str
    """Of dates that do not begin with the year."""

    def names(self) -> list[str]:
        """Every column and path that the file must have."""
        found = [name for value in self.attributes.values() for name in value.names()]
        return list(dict.fromkeys([*(self.record.names() if self.record else ()), *found]))


def read_person_map(path: Path) -> PersonMap:
    """Raises BadMapping, naming file and place."""
    return read_mapping(path, compile_person_map)


def compile_person_map(said: Any) -> PersonMap:
    """What the YAML says. Raises BadMapping, naming the place."""
    if isinstance(said, Mapping) and "events" in said:
        raise BadMapping(
            "events: this is a mapping of `pathloom send`; `pathloom identity` reads `attributes`"
        )
    top = object_of(said, "the file", _TOP)
    fmt = format_said(top)
    attributes = top.get("attributes")
    if not isinstance(attributes, Mapping) or not attributes:
        raise BadMapping("attributes: is no object with at least one attribute")
    made, order = {}, "mdy"
    for name, each in attributes.items():
        attribute, value, said_order = _attribute(str(name), each)
        made[attribute] = value
        order = said_order or order
    record = top.get("record")
    if record is not None and not isinstance(record, str):
        raise BadMapping("record: is no text with a {column} in it")
    return PersonMap(
        fmt,
        str(top.get("delimiter", ",")),
        str(top.get("encoding", "utf-8-sig")),
        str(top.get("region", "")).upper(),
        template(record, "record") if record is not None else None,
        made,
        order,
    )


def _attribute(name: str, said: Any) -> tuple[Attribute, Value, str]:
    place = f"attributes.{name}"
    own: Mapping[str, Any] = {}
    if isinstance(said, Mapping) and "from" in said:
        own = {key: said[key] for key in _OWN if key in said}
        rest = {key: value for key, value in said.items() if key not in _OWN}
        said = rest if len(rest) > 1 else rest["from"]
    order = str(own.get("order", ""))
    if order and (name != Kind.DATE_OF_BIRTH or order not in _ORDERS):
        raise BadMapping(f"{place}.order: is of a date of birth, and one of {', '.join(_ORDERS)}")
    immutable = own.get("immutable", False)
    if not isinstance(immutable, bool):
        raise BadMapping(f"{place}.immutable: is neither true nor false")
    return _named(name, own.get("kind"), immutable, place), expression(said, place), order


def _named(name: str, kind: Any, immutable: bool, place: str) -> Attribute:
    if name in STANDARD:
        if kind is not None:
            raise BadMapping(f"{place}.kind: {name} has its own")
        plain = standard(name)
        return Attribute(plain.name, plain.kind, immutable)
    if name == "address":
        raise BadMapping(f"{place}: say street and street_number (a street alone may hold its number)")
    if kind not in FURTHER:
        raise BadMapping(
            f"{place}.kind: is none of {', '.join(FURTHER)}. Without a kind there are {', '.join(STANDARD)}; "
            f"any other attribute says what it is: {{from: ..., kind: text}}"
        )
    return Attribute(name, Kind(kind), immutable)
