"""A customer, made of the records of a group."""

from collections.abc import Mapping

from pathloom_identity.domain.clustering import Group
from pathloom_identity.domain.golden import Pins, Survivorship, golden
from pathloom_identity.domain.identifiers import Identifier
from pathloom_identity.domain.record_state import RecordState
from pathloom_identity.domain.records import RecordKey
from pathloom_identity.domain.things import Customer, HeldIdentifier, Member


def customer_of(
    group: Group,
    records: Mapping[RecordKey, RecordState],
    own_ids: Mapping[RecordKey, str],
    survivorship: Survivorship | None = None,
    pins: Pins | None = None,
) -> Customer:
    """The customer that a group is. Its id is the own id of its oldest record, so every old id answers for ever and
    an un-merge brings the old ids back."""
    states = {key: records[key] for key in group.members}
    return Customer(
        customer_id=own_ids[group.members[0]],
        members=tuple(Member(key, own_ids[key], states[key].first_seen) for key in group.members),
        golden=tuple(golden(states, survivorship, pins)),
        identifiers=tuple(_held(states)),
        evidence=group.evidence,
        test=all(state.test for state in states.values()),
        first_seen=states[group.members[0]].first_seen,
    )


def _held(states: Mapping[RecordKey, RecordState]) -> list[HeldIdentifier]:
    best: dict[Identifier, HeldIdentifier] = {}
    for state in states.values():
        for identifier, holdings in state.identifiers.items():
            for holding in holdings:
                one = HeldIdentifier(identifier, holding.joins, holding.trust, holding.source_id)
                known = best.get(identifier)
                if known is None or _rank(known) < _rank(one):
                    best[identifier] = one
    return [best[identifier] for identifier in sorted(best)]


def _rank(held: HeldIdentifier) -> tuple[bool, int, str]:
    return held.joins, held.trust, held.source_id
