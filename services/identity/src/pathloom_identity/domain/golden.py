"""One value for each field of a person, recomputed from records and never merged in place."""

from collections.abc import Mapping
from dataclasses import dataclass

from pathloom_identity.domain.consent import is_consent
from pathloom_identity.domain.record_state import RecordState, Value
from pathloom_identity.domain.records import RecordKey, Trust


@dataclass(frozen=True, slots=True)
class GoldenValue:
    """The value chosen for a field and where it is from."""

    name: str
    text: str
    value: Value
    source_id: str
    record: RecordKey


def golden(records: Mapping[RecordKey, RecordState]) -> list[GoldenValue]:
    """By field. Among what each source says on each record: trust, then latest said, then record key.

    Of a consent the latest said goes first whatever the source (only what is claimed never outdoes the rest): one
    withdrawn on the phone is not given any more because the system of record has not heard of it."""
    best: dict[str, tuple[tuple[object, ...], GoldenValue]] = {}
    for key, state in records.items():
        for (name, source_id), value in state.values.items():
            if value.text is None:
                continue
            trust = min(value.trust, Trust.TRUSTED) if is_consent(name) else value.trust
            order = (trust, value.stamp, key, source_id)
            if name not in best or best[name][0] < order:
                best[name] = (order, GoldenValue(name, value.text, value, source_id, key))
    return [best[name][1] for name in sorted(best)]
