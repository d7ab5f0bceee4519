"""What happens without an event: closing by silence, and cutting again under new blueprints."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass

from pathloom_kit.feeds.cursor import Lane

from pathloom_journey_graph.adapters import cypher
from pathloom_journey_graph.adapters.graph import Graph, transient
from pathloom_journey_graph.application.close_due import RecutJourneys
from pathloom_journey_graph.domain.values import SECOND

_BATCH = 100
_RENEW_EVERY = 20
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Sweeps:
    """`published` is told of each commit that published."""

    graph: Graph
    recut: RecutJourneys
    published: Callable[[], None]

    async def close_due(self) -> int:
        """One batch of journeys whose instant has come, in the live lane. Returns how many were found."""
        now = round(self.recut.recut.clock.now().timestamp() * SECOND)
        rows = await self.graph.peek(cypher.DUE, now=now, limit=_BATCH)
        return await self._again([row["id"] for row in rows], Lane.LIVE)

    async def renew(self) -> int:
        """One batch of journeys that other blueprints made, in the bulk lane. Returns how many were found."""
        generation = self.recut.recut.generation
        rows = await self.graph.read_rows(cypher.OLD_GENERATION, generation=generation, limit=_BATCH)
        return await self._again([row["id"] for row in rows], Lane.BULK)

    async def run(self, every_s: float) -> None:
        """Until cancelled. A store that is away is waited for."""
        turn = 0
        while True:
            try:
                found = await self.close_due()
                # Old blueprints' journeys are there from the start, or made by an older replica that is still there.
                renewed = await self.renew() if turn % _RENEW_EVERY == 0 else 0
                found, turn = found + renewed, turn if renewed else turn + 1
            except Exception as error:
                if not transient(error):
                    raise
                _log.warning("sweep held back", extra={"error": type(error).__name__})
                found = 0
            if found < _BATCH:
                await asyncio.sleep(every_s)

    async def _again(self, ids: list[str], lane: Lane) -> int:
        if ids:
            await self.graph.write(lambda tx: self.recut(self.graph.tx(tx), ids, lane))
            self.published()
        return len(ids)
