"""What was true and what the platform says, in the same plain values, so that they can be compared."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

RecordKey = tuple[str, str, str]
"""namespace, kind (user, anonymous), id."""
ContactKey = tuple[str, str]
"""namespace, the root contact id."""


@dataclass(frozen=True, slots=True)
class Leg:
    """A phase of a contact. Seconds that were not measured are None."""

    kind: str
    leg_id: str
    contact_id: str
    queue: str
    department: str
    agent_id: str
    start: datetime
    end: datetime | None
    wait_s: float | None = None
    talk_s: float | None = None
    hold_s: float | None = None
    acw_s: float | None = None
    codes: tuple[str, ...] = ()
    unanswered: bool = False


@dataclass(frozen=True, slots=True)
class Touchpoint:
    """One interaction. `journey` is the journey's id on the side that says it, `owner` the person's or customer's."""

    key: str
    """Unique on its side."""
    kind: str
    """contact, visit, survey or something else."""
    channel: str
    start: datetime
    end: datetime | None
    journey: str
    owner: str
    record: RecordKey | None = None
    """Whose touchpoint it is by the events themselves, where that is known."""
    contact: ContactKey | None = None
    contact_ids: tuple[str, ...] = ()
    """All ids folded into it, sorted."""
    legs: tuple[Leg, ...] = ()


@dataclass(frozen=True, slots=True)
class Person:
    """Someone, and the records by which events named them."""

    person_id: str
    household_id: str
    records: tuple[RecordKey, ...]
    introduced: tuple[RecordKey, ...] = ()
    """Those of them that say who it is: a name, a birthday, a home."""


@dataclass(frozen=True, slots=True)
class Truth:
    """What was true."""

    people: Sequence[Person]
    customers: Sequence[frozenset[RecordKey]]
    """The records that joining identifiers make one."""
    touchpoints: Sequence[Touchpoint]


@dataclass(frozen=True, slots=True)
class Said:
    """What the platform says."""

    customers_of: Mapping[RecordKey, frozenset[str]]
    """The customers that the record's own identifier leads to: one, where all is well."""
    unidentified: frozenset[str]
    """Customers of whom nothing but contacts is known."""
    touchpoints: Sequence[Touchpoint] = field(default_factory=tuple)
