"""Items are folded when they change, not whenever their customer is cut again."""

from collections.abc import Iterable

from pathloom_journey_graph.application.ports import GraphTx, WholeItem
from pathloom_journey_graph.domain.fold import fold_item


async def save_folded(tx: GraphTx, items: Iterable[WholeItem], watched: frozenset[str]) -> None:
    """Saves items with what their pieces fold into by themselves. `watched`: the properties that some blueprint's rules read."""
    kept = list(items)
    for item in kept:
        if item.kind != "correction":
            item.folded = fold_item(item.id, item.kind, item.record, item.pieces, watched=watched)
    await tx.save_items(kept)
