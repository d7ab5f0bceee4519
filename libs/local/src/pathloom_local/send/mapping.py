"""The mapping file: which column or nested path is what. Described in docs/send.md."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pathloom_local.send.expressions import BadMapping, BadValue, Row, Value, expression, template
from pathloom_local.send.mapping_file import format_said, object_of, read_mapping
from pathloom_local.send.times import Time, zone

CALLS = ("track", "identify", "page", "screen", "group", "alias")
_TOP = frozenset({"source", "format", "delimiter", "encoding", "time", "events"})
_SOURCE = frozenset(
    {
        "source_id",
        "name",
        "namespace",
        "user_id_type",
        "identifiers",
        "attributes",
        "trust",
        "default_channel",
        "test",
        "region",
    }
)
_EVENT = {
    "message_id": "messageId",
    "name": "event",
    "user_id": "userId",
    "anonymous_id": "anonymousId",
    "previous_id": "previousId",
    "group_id": "groupId",
    "properties": "properties",
    "traits": "traits",
    "context": "context",
}
"""Ours to the tracking protocol's names; `name` is `event` of a track, `name` of a page or screen."""
_TEXTS = ("message_id", "name", "user_id", "anonymous_id", "previous_id", "group_id")
_TRUSTS = ("claimed", "trusted", "authoritative")


@dataclass(frozen=True, slots=True)
class Condition:
    """A row is meant only where the value is one of, none of, or there at all."""

    value: Value
    among: frozenset[str] | None
    not_among: frozenset[str] | None

    def holds(self, row: Row) -> bool:
        """Whether it does."""
        value = self.value.value(row)
        text = None if value is None else str(value)
        if self.among is not None and text not in self.among:
            return False
        if self.not_among is not None and text in self.not_among:
            return False
        return text is not None or self.not_among is not None


@dataclass(frozen=True, slots=True)
class EventRule:
    """One event for each row for which all conditions hold."""

    call: str
    values: Mapping[str, Value]
    time: Time
    when: tuple[Condition, ...]

    def message(self, row: Row) -> dict[str, Any] | None:
        """An entry of a batch; None where the row is not meant. Raises BadValue."""
        if not all(condition.holds(row) for condition in self.when):
            return None
        message: dict[str, Any] = {"type": self.call, "timestamp": self.time.of(row)}
        for name, value in self.values.items():
            made = value.value(row)
            if made is not None:
                key = "name" if name == "name" and self.call in ("page", "screen") else _EVENT[name]
                message[key] = str(made) if name in _TEXTS else made
        if not message.get("messageId"):
            raise BadValue("message_id is empty: without it a second run would add the event again")
        if self.call == "track" and not message.get("event"):
            raise BadValue("name is empty: what happened is not known")
        properties = message.get("properties") or {}
        if not (message.get("userId") or message.get("anonymousId") or properties.get("contact_id")):
            raise BadValue(
                "user_id, anonymous_id and properties.contact_id are all empty: whose it is is not known"
            )
        return message

    def names(self) -> Iterator[str]:
        """Columns and paths it refers to."""
        yield from self.time.source.names()
        for value in self.values.values():
            yield from value.names()
        for condition in self.when:
            yield from condition.value.names()


@dataclass(frozen=True, slots=True)
class FileMap:
    """A mapping file, compiled."""

    source: Mapping[str, Any]
    """As pathloom.identity.v1.Source in JSON."""
    format: str
    """csv, jsonl or parquet; empty: told by the file's name."""
    delimiter: str
    encoding: str
    events: tuple[EventRule, ...]

    @property
    def source_id(self) -> str:
        """Where the events come from."""
        return str(self.source["source_id"])

    def names(self) -> list[str]:
        """Every column and path that the file must have, in the order of the mapping, each once."""
        return list(dict.fromkeys(name for rule in self.events for name in rule.names()))

    def messages(self, row: Row) -> list[dict[str, Any]]:
        """The entries of a batch that a row becomes, perhaps none. Raises BadValue."""
        return [message for rule in self.events if (message := rule.message(row)) is not None]


def read_map(path: Path) -> FileMap:
    """Raises BadMapping, naming file and place."""
    return read_mapping(path, compile_map)


def compile_map(said: Any) -> FileMap:
    """What the YAML says. Raises BadMapping, naming the place."""
    top = object_of(said, "the file", _TOP)
    fmt = format_said(top)
    events = top.get("events")
    if not isinstance(events, list) or not events:
        raise BadMapping("events: is no list of at least one event")
    rules = tuple(_rule(event, f"events[{at}]", top.get("time")) for at, event in enumerate(events))
    return FileMap(
        _source(top.get("source")),
        fmt,
        str(top.get("delimiter", ",")),
        str(top.get("encoding", "utf-8-sig")),
        rules,
    )


def _source(said: Any) -> dict[str, Any]:
    source = object_of(said, "source", _SOURCE)
    for needed in ("source_id", "namespace"):
        if not source.get(needed):
            raise BadMapping(f"source.{needed}: is missing")
    trust = str(source.get("trust", "trusted"))
    if trust not in _TRUSTS:
        raise BadMapping(f"source.trust: {trust} is none of {', '.join(_TRUSTS)}")
    for several in ("identifiers", "attributes"):
        if not isinstance(source.get(several, []), list):
            raise BadMapping(f"source.{several}: is no list")
    return {**source, "trust": f"TRUST_{trust.upper()}"}


def _rule(said: Any, place: str, common_time: Any) -> EventRule:
    event = object_of(said, place, frozenset(_EVENT) | {"type", "time", "when"})
    call = str(event.get("type", "track"))
    if call not in CALLS:
        raise BadMapping(f"{place}.type: {call} is none of {', '.join(CALLS)}")
    if "message_id" not in event:
        raise BadMapping(f"{place}.message_id: is missing; it makes a second run add nothing")
    values = {name: expression(event[name], f"{place}.{name}") for name in _EVENT if name in event}
    when = event.get("when", [])
    conditions = when if isinstance(when, list) else [when]
    return EventRule(
        call,
        values,
        _time(event.get("time", common_time), f"{place}.time" if "time" in event else "time"),
        tuple(_condition(each, f"{place}.when[{at}]") for at, each in enumerate(conditions)),
    )


def _time(said: Any, place: str) -> Time:
    if said is None:
        raise BadMapping(f"{place}: is missing")
    given = (
        {"from": said}
        if isinstance(said, str)
        else object_of(said, place, frozenset({"from", "format", "zone"}))
    )
    if not isinstance(given.get("from"), str):
        raise BadMapping(f"{place}.from: is missing")
    return Time(
        template(given["from"], f"{place}.from"),
        str(given.get("format", "iso")),
        zone(str(given.get("zone", "UTC")), f"{place}.zone"),
    )


def _condition(said: Any, place: str) -> Condition:
    given = object_of(said, place, frozenset({"value", "in", "not_in"}))
    if "value" not in given:
        raise BadMapping(f"{place}.value: is missing")
    return Condition(
        expression(given["value"], f"{place}.value"),
        _texts(given.get("in"), f"{place}.in"),
        _texts(given.get("not_in"), f"{place}.not_in"),
    )


def _texts(said: Any, place: str) -> frozenset[str] | None:
    if said is None:
        return None
    if not isinstance(said, list):
        raise BadMapping(f"{place}: is no list")
    return frozenset(map(str, said))
