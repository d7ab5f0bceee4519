"""One value for each field of a person, recomputed from records and never merged in place."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from pathloom_identity.domain.consent import is_consent
from pathloom_identity.domain.record_state import RecordState, Value
from pathloom_identity.domain.records import RecordKey, Trust


class Survives(StrEnum):
    """Which of several values of a field is the golden one. What is only claimed never outdoes the rest; ties go as by
    the first."""

    TRUSTED = "trusted"
    """Of the most trusted source; among those the latest said."""
    RECENT = "recent"
    """The latest said, whatever the source."""
    FREQUENT = "frequent"
    """What most sources say on most records."""
    LONGEST = "longest"
    """The one with most characters."""


Survivorship = Mapping[str, Survives]
"""By field; TRUSTED where nothing is said."""

Pins = Mapping[tuple[RecordKey, str, str], int]
"""A steward's word that what a source says to a field on a record is the golden value, by (record, field, source id),
each with a number that is greater the later it was recorded. It holds no text: the value is what the source says now."""


@dataclass(frozen=True, slots=True)
class GoldenValue:
    """A value said to a field and where it is from. `pin`: the number of the steward's pin on it; None: there is none."""

    name: str
    text: str
    value: Value
    source_id: str
    record: RecordKey
    pin: int | None = None


def golden(
    records: Mapping[RecordKey, RecordState],
    survivorship: Survivorship | None = None,
    pins: Pins | None = None,
) -> list[GoldenValue]:
    """By field, among what each source says on each record. What a steward pinned, the later recorded pin first; else
    as declared; else trust, then latest said, then record key. A pin on what is not said (any more) has no effect.

    Of a consent the latest said goes first whatever the source (only what is claimed never outdoes the rest): one
    withdrawn on the phone is not given any more because the system of record has not heard of it."""
    said: dict[str, list[GoldenValue]] = {}
    for one in _values(records, pins or {}):
        said.setdefault(one.name, []).append(one)
    return [_chosen(said[name], survivorship or {}) for name in sorted(said)]


def said_to(
    records: Mapping[RecordKey, RecordState], name: str, survivorship: Survivorship, pins: Pins
) -> list[GoldenValue]:
    """All that is said to one field, in the order in which it would be golden: the golden value first."""
    values = [one for one in _values(records, pins) if one.name == name]
    return sorted(values, key=_ranking(values, survivorship), reverse=True)


def _values(records: Mapping[RecordKey, RecordState], pins: Pins) -> Iterator[GoldenValue]:
    """What each source says to each field on each record."""
    for key, state in records.items():
        for (name, source_id), value in state.values.items():
            if value.text is not None:
                pin = pins.get((key, name, source_id)) if pins else None
                yield GoldenValue(name, value.text, value, source_id, key, pin)


def _chosen(values: Sequence[GoldenValue], declared: Survivorship) -> GoldenValue:
    return values[0] if len(values) == 1 else max(values, key=_ranking(values, declared))


def _ranking(
    values: Sequence[GoldenValue], declared: Survivorship
) -> Callable[[GoldenValue], tuple[object, ...]]:
    """Higher goes first, of these values of one field."""
    name = values[0].name if values else ""
    first = _first(values, Survives.RECENT if is_consent(name) else declared.get(name, Survives.TRUSTED))

    def rank(one: GoldenValue) -> tuple[object, ...]:
        if one.pin is not None:
            return True, one.pin, one.record, one.source_id
        believed = one.value.trust > Trust.CLAIMED
        return False, believed, first(one), one.value.trust, one.value.stamp, one.record, one.source_id

    return rank


def _first(values: Sequence[GoldenValue], rule: Survives) -> Callable[[GoldenValue], object]:
    """What goes first by a rule, among those that can be believed alike."""
    match rule:
        case Survives.RECENT:
            return lambda one: one.value.stamp
        case Survives.FREQUENT:
            times = Counter(one.text for one in values if one.value.trust > Trust.CLAIMED)
            return lambda one: times[one.text]
        case Survives.LONGEST:
            return lambda one: len(one.text)
        case Survives.TRUSTED:
            return lambda one: 0
