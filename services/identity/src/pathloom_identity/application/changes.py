"""How customers changed, as it is told afterwards."""

from collections.abc import Iterable, Mapping

from pathloom_identity.application.resolution_store import Stored
from pathloom_identity.domain.clustering import Decision, EvidenceKind, Group
from pathloom_identity.domain.records import RecordKey
from pathloom_identity.domain.reviews import Change


def change_of(
    key: RecordKey,
    into: str,
    group: Group,
    owned: Mapping[RecordKey, str],
    members: Mapping[RecordKey, Stored],
    decisions: Iterable[Decision],
) -> Change:
    """Why a record of customer `owned[key]` is one of customer `into` now."""
    was = owned[key]
    split = not any(members[one].own_id == was for one in group.members)
    across = [edge for edge in group.evidence if owned[edge.left] != owned[edge.right]]
    mine = [edge for edge in across if was in (owned[edge.left], owned[edge.right])]
    edge = None if split else next(iter(mine or across or group.evidence), None)
    decided = {frozenset((one.left, one.right)): one for one in decisions}
    if edge is not None:
        word = decided.get(frozenset((edge.left, edge.right))) if edge.kind is EvidenceKind.DECISION else None
    else:
        word = next((one for pair, one in decided.items() if key in pair and not one.same), None)
    return Change(key, was, into, split, edge, word.actor if word else "")
