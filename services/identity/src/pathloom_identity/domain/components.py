"""Which records could be one at all: connected by values that join, stated links, decisions or evidence."""

from collections.abc import Collection, Iterable, Mapping

from pathloom_identity.domain.clustering import Decision, Pair
from pathloom_identity.domain.identifiers import Identifier
from pathloom_identity.domain.record_state import RecordState
from pathloom_identity.domain.records import RecordKey


def components(
    records: Mapping[RecordKey, RecordState],
    demoted: Collection[Identifier] = (),
    decisions: Iterable[Decision] = (),
    near: Iterable[Pair] = (),
) -> list[set[RecordKey]]:
    """The components among `records`; `near`: pairs of them that evidence connects. Limits, "different" and vetoes play
    no part: they cut inside a component."""
    parent = {key: key for key in records}

    def find(key: RecordKey) -> RecordKey:
        while parent[key] != key:
            parent[key] = parent[parent[key]]
            key = parent[key]
        return key

    first: dict[Identifier, RecordKey] = {}
    for key, state in records.items():
        for identifier in state.joining():
            if identifier not in demoted:
                parent[find(key)] = find(first.setdefault(identifier, key))
    for decision in decisions:
        if decision.same and decision.left in parent and decision.right in parent:
            parent[find(decision.left)] = find(decision.right)
    for left, right in near:
        parent[find(left)] = find(right)
    found: dict[RecordKey, set[RecordKey]] = {}
    for key in records:
        found.setdefault(find(key), set()).add(key)
    return list(found.values())
