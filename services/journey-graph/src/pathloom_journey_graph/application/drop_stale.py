"""After an upstream was restored: what the new epoch has not sent again goes."""

from collections.abc import Sequence
from dataclasses import dataclass

from pathloom_journey_graph.application.move_records import ContactIs, MoveRecords
from pathloom_journey_graph.application.ownership import locked
from pathloom_journey_graph.application.place_events import PlaceEvents, contacts_of
from pathloom_journey_graph.application.ports import Disturbed, GraphTx
from pathloom_journey_graph.application.save_folded import save_folded
from pathloom_journey_graph.domain.said import ties_of


@dataclass(frozen=True, slots=True)
class DropStalePieces:
    """Takes pieces out of their items."""

    place: PlaceEvents

    async def __call__(self, tx: GraphTx, ids: Sequence[str], epoch: str) -> Disturbed:
        """Drops from these items every piece that is not of `epoch`; what that has touched."""
        records = await locked(tx, {item.record for item in (await tx.items(ids)).values()})
        items = await tx.items(ids)
        disturbed, gone, kept = Disturbed(), set[str](), []
        for item in items.values():
            left = tuple(p for p in item.pieces if p.epoch == epoch)
            if left == item.pieces or item.record not in records:
                continue
            disturbed.touch(item.customer_id, item.span, item.journey_id)
            if item.kind == "visit":
                now = self.place.visits_of(item.record, left, records, {item.id: item})
                if item.id not in {visit.id for visit in now}:
                    gone.add(item.id)
                kept += now
                continue
            if not left:
                gone.add(item.id)
                continue
            item.pieces, item.refs = (
                left,
                ties_of(left) | (item.refs if item.kind == "correction" else frozenset()),
            )
            item.start, item.last = min(p.at for p in left), max(p.at for p in left)
            item.contacts = contacts_of(left)
            kept.append(item)
        await tx.delete_items(gone)
        await save_folded(tx, kept, self.place.watched)
        for item in kept:
            disturbed.touch(item.customer_id, item.span, item.journey_id)
        return disturbed


@dataclass(frozen=True, slots=True)
class DropStaleContacts:
    """Takes bindings away."""

    move: MoveRecords

    async def __call__(self, tx: GraphTx, keys: Sequence[str], epoch: str) -> Disturbed:
        """These contacts stand for themselves again, their customer not known; what that has touched."""
        return await self.move(tx, [ContactIs(key, 0, epoch, key, None, "") for key in keys])
