"""The simulator's lines of truth as plain values."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from pathloom_simulator import Truth as Line
from pathloom_simulator import expected_customers

from pathloom_local.demo.values import Leg, Person, RecordKey, Touchpoint, Truth

SURVEYS = "survey"
"""The namespace in which the survey tool knows people."""


def truth_of(lines: Iterable[Line], moved: Mapping[str, timedelta] | None = None) -> Truth:
    """`moved` says by how much a contact (its root id) was played later than simulated."""
    told = list(lines)
    people = [line for line in told if line["is"] == "person"]
    asked = {line["person"]: record for line in people for record in _records(line) if record[0] == SURVEYS}
    touchpoints = [_contact_or_visit(line) for line in told if line["is"] == "touchpoint"]
    touchpoints += [_survey(line, asked.get(line["person"])) for line in told if line["is"] == "survey"]
    later = moved or {}
    return Truth(
        [Person(line["person"], line["household"], _records(line), _introduced(line)) for line in people],
        expected_customers(people),
        [
            _later(each, later[each.contact[1]]) if each.contact and each.contact[1] in later else each
            for each in touchpoints
        ],
    )


def identifiers_of(
    lines: Iterable[Line], user_id_types: Mapping[str, str]
) -> dict[RecordKey, tuple[str, str, str]]:
    """Of each record that an event named: the identifier (type, namespace, value) that its own id is.

    `user_id_types` gives the type by namespace; empty: "user_id" within the namespace.
    """
    found: dict[RecordKey, tuple[str, str, str]] = {}
    for line in lines:
        if line["is"] != "person":
            continue
        for namespace, kind, record_id in _records(line):
            own = user_id_types.get(namespace, "") if kind == "user" else ""
            typed = (own, "", record_id) if own else (f"{kind}_id", namespace, record_id)
            found[namespace, kind, record_id] = typed
    return found


def _records(line: Line) -> tuple[RecordKey, ...]:
    return tuple((each["namespace"], each["kind"], each["id"]) for each in line["records"] if each["named"])


def _introduced(line: Line) -> tuple[RecordKey, ...]:
    """What a system was told of a person has an address in it."""
    addressed = {
        (each["namespace"], each["kind"], each["id"])
        for each in line["records"]
        if any(kind == "address" for kind, _, _ in (*each["joins"], *each["finds"]))
    }
    return tuple(record for record in _records(line) if record in addressed)


def _contact_or_visit(line: Line) -> Touchpoint:
    start, end = _moment(line["start"]), _moment(line["end"]) if line.get("end") else None
    if line["type"] == "visit":
        kind, record_id = line["record"]
        key = f"{line['namespace']}|{record_id}|{line['start']}"
        record = (line["namespace"], kind, record_id)
        return Touchpoint(key, "visit", line["channel"], start, end, line["journey"], line["person"], record)
    return Touchpoint(
        f"{line['namespace']}|{line['contact_id']}",
        "contact",
        line["channel"],
        start,
        end,
        line["journey"],
        line["person"],
        None,
        (line["namespace"], line["contact_id"]),
        tuple(sorted(line["contact_ids"])),
        tuple(map(_leg, line["legs"])),
    )


def _survey(line: Line, record: RecordKey | None) -> Touchpoint:
    start = _moment(line["asked_at"])
    return Touchpoint(
        line["survey_id"], "survey", "survey", start, None, line["journey"], line["person"], record
    )


def _leg(said: Mapping[str, Any]) -> Leg:
    return Leg(
        said["kind"],
        said["leg_id"],
        said["contact_id"],
        said["queue"],
        said["department"],
        said["agent_id"],
        _moment(said["start"]),
        _moment(said["end"]) if said["end"] else None,
        said["wait_s"],
        said["talk_s"],
        said["hold_s"],
        said["acw_s"],
        tuple(said["codes"]),
        said["unanswered"],
    )


def _later(touchpoint: Touchpoint, by: timedelta) -> Touchpoint:
    legs = tuple(
        replace(leg, start=leg.start + by, end=leg.end + by if leg.end else None) for leg in touchpoint.legs
    )
    end = touchpoint.end + by if touchpoint.end else None
    return replace(touchpoint, start=touchpoint.start + by, end=end, legs=legs)


def _moment(said: str) -> datetime:
    return datetime.fromisoformat(said)
