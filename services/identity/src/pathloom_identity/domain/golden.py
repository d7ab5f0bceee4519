"""One value for each field of a person, recomputed from records and never merged in place."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
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


@dataclass(frozen=True, slots=True)
class GoldenValue:
    """The value chosen for a field and where it is from."""

    name: str
    text: str
    value: Value
    source_id: str
    record: RecordKey


def golden(
    records: Mapping[RecordKey, RecordState], survivorship: Survivorship | None = None
) -> list[GoldenValue]:
    """By field, among what each source says on each record. As declared; else trust, then latest said, then record key.

    Of a consent the latest said goes first whatever the source (only what is claimed never outdoes the rest): one
    withdrawn on the phone is not given any more because the system of record has not heard of it."""
    said: dict[str, list[GoldenValue]] = {}
    for key, state in records.items():
        for (name, source_id), value in state.values.items():
            if value.text is not None:
                said.setdefault(name, []).append(GoldenValue(name, value.text, value, source_id, key))
    declared = survivorship or {}
    return [
        _chosen(said[name], Survives.RECENT if is_consent(name) else declared.get(name, Survives.TRUSTED))
        for name in sorted(said)
    ]


def _chosen(values: Sequence[GoldenValue], rule: Survives) -> GoldenValue:
    if len(values) == 1:
        return values[0]
    first = _first(values, rule)

    def rank(one: GoldenValue) -> tuple[object, ...]:
        believed = one.value.trust > Trust.CLAIMED
        return believed, first(one), one.value.trust, one.value.stamp, one.record, one.source_id

    return max(values, key=rank)


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
