"""History is placed at once and cut later: a customer once for many pages, not once for each."""

from collections.abc import Sequence
from dataclasses import dataclass

from pathloom_kit.feeds.cursor import Lane

from pathloom_journey_graph.application.ports import GraphTx
from pathloom_journey_graph.application.recut import Recut


@dataclass(frozen=True, slots=True)
class CutHistory:
    """Cuts what was left.

    The customers' locks are enough: whoever changes an item cuts its customer afterwards in the same transaction, or leaves
    it, and either waits for this one to end.
    """

    recut: Recut

    async def __call__(self, tx: GraphTx, customers: Sequence[str], journeys: Sequence[str] = ()) -> int:
        """Returns how many journeys were published, in the bulk lane."""
        disturbed = await tx.take_uncut(customers, journeys)
        if not disturbed:
            return 0
        return await self.recut(tx, disturbed, Lane.BULK)
