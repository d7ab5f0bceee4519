"""Time passes without an event: journeys whose instant has come are cut again and published."""

from collections.abc import Sequence
from dataclasses import dataclass

from pathloom_kit.feeds.cursor import Lane

from pathloom_journey_graph.application.ports import Disturbed, GraphTx
from pathloom_journey_graph.application.recut import Recut


@dataclass(frozen=True, slots=True)
class RecutJourneys:
    """Cuts whole journeys again: because they are due, or because the blueprints have changed."""

    recut: Recut

    async def __call__(self, tx: GraphTx, journey_ids: Sequence[str], lane: Lane) -> int:
        """Returns how many journeys were published."""
        await tx.lock_records({item.holder for item in await tx.of_journeys(journey_ids)})
        return await self.recut(tx, Disturbed(journeys=set(journey_ids)), lane)
