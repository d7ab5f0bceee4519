"""When what history has left uncut is cut: once no more comes, and now and then while it still does."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from neo4j import AsyncManagedTransaction
from pathloom_kit.feeds.pace import Pace

from pathloom_journey_graph.adapters import cypher
from pathloom_journey_graph.adapters.graph import Graph, transient
from pathloom_journey_graph.adapters.graph_tx import UNCUT
from pathloom_journey_graph.application.cut_history import CutHistory

_log = logging.getLogger(__name__)
_QUIET_MS, _LONGEST_QUIET_MS, _GAPS = 1000, 10_000, 3
"""History that has paused for so long is cut at once: for three times as long as between the last two pages, within these bounds."""
_SHARE = 0.05
"""Of the time, at most about, that cutting takes while history keeps coming: a customer is then cut seldom, and yet what was
loaded is seen before all of it is."""
_AT_ONCE = 20_000
"""Customers of one round."""


@dataclass(slots=True)
class History:
    """`published` is told of each commit."""

    graph: Graph
    cut: CutHistory
    published: Callable[[], None]
    _pace: Pace = field(default_factory=lambda: Pace(20, 1000, 0.3))
    _not_before: float = 0.0

    async def run(self, every_s: float = 0.5) -> None:
        """Until cancelled. A store that is away is waited for."""
        while True:
            try:
                await self.turn()
            except Exception as error:
                if not transient(error):
                    raise
                self._pace.failed()
                _log.warning("cutting history held back", extra={"error": type(error).__name__})
            await asyncio.sleep(every_s)

    async def turn(self) -> None:
        """Cuts what was left, if it is time to."""
        left = await self.graph.peek(cypher.READ_UNCUT, id=UNCUT)
        begun = asyncio.get_running_loop().time()
        if left and (_paused(**left[0]) or begun >= self._not_before):
            await self.everything()
            ended = asyncio.get_running_loop().time()
            self._not_before = ended + (ended - begun) / _SHARE

    async def everything(self) -> None:
        """Whatever is left when it begins, in transactions of about as long as a follower's step."""
        rows = await self.graph.read_rows(cypher.UNCUT_CUSTOMERS, limit=_AT_ONCE)
        ids = [row["id"] for row in rows]
        while ids:
            some, ids = ids[: self._pace.size], ids[self._pace.size :]
            await self._some(some, ())
        rows = await self.graph.read_rows(cypher.UNCUT_JOURNEYS, limit=_AT_ONCE)
        journeys = [row["id"] for row in rows]
        while journeys:
            some, journeys = journeys[: self._pace.size], journeys[self._pace.size :]
            await self._some((), some)
        await self.graph.write_rows(cypher.ALL_CUT, id=UNCUT)
        self.published()  # of watermarks too

    async def _some(self, customers: Sequence[str], journeys: Sequence[str]) -> None:
        begun = asyncio.get_running_loop().time()

        async def work(tx: AsyncManagedTransaction) -> int:
            return await self.cut(self.graph.tx(tx), customers, journeys)

        await self.graph.write(work)
        self._pace.took(len(customers) or len(journeys), asyncio.get_running_loop().time() - begun)
        self.published()


def _paused(quiet_ms: int, gap_ms: int | None, **_: object) -> bool:
    """A page takes its time: that it has not ended is no pause."""
    return quiet_ms >= min(max(_QUIET_MS, _GAPS * (gap_ms or 0)), _LONGEST_QUIET_MS)
