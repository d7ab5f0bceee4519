"""The end of each transaction that places or moves something: what it has touched is cut again, once."""

from dataclasses import dataclass

from pathloom_kit.feeds.cursor import Lane

from pathloom_journey_graph.application.ports import Disturbed, GraphTx
from pathloom_journey_graph.application.recut import Recut


@dataclass(frozen=True, slots=True)
class CutTouched:
    """With `later` what history has touched is left for `CutHistory`: the journeys feed does not say that it reflects what the
    followers read from then on until it is cut."""

    recut: Recut
    later: bool = False

    async def __call__(self, tx: GraphTx, disturbed: Disturbed, lane: Lane, traceparent: str = "") -> None:
        """In the transaction that has touched it."""
        if not disturbed:
            return
        if self.later and lane is Lane.BULK and not disturbed.at_once:
            await tx.leave_uncut(disturbed)
        else:
            await self.recut(tx, disturbed, lane, traceparent)
