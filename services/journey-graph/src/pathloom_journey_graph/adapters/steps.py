"""The followers' steps: cursors, effects and watermarks in one transaction."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from neo4j import AsyncManagedTransaction
from pathloom_kit.feeds.cursor import Lane
from pathloom_kit.feeds.together import Together

from pathloom_journey_graph.adapters import cypher
from pathloom_journey_graph.adapters.cursors import CursorMove, lock_cursors, move_cursors
from pathloom_journey_graph.adapters.graph import Graph, transient
from pathloom_journey_graph.adapters.graph_tx import Neo4jGraphTx
from pathloom_journey_graph.adapters.rows import rows_of
from pathloom_journey_graph.application.cut_touched import CutTouched
from pathloom_journey_graph.application.ports import Disturbed


@dataclass(frozen=True, slots=True)
class GraphStep:
    """One step of one follower: what its entries do (None: there are none), the keys of the things that they are about, and the
    trace of the newest."""

    move: CursorMove
    effect: Callable[[Neo4jGraphTx], Awaitable[Disturbed]] | None
    keys: Sequence[str] = ()
    traceparent: str = ""

    @property
    def lane(self) -> Lane:
        """That it is of."""
        return self.move.new.lane


class Steps:
    """For the followers of both feeds: what their steps touch together is cut once."""

    def __init__(self, graph: Graph, cut: CutTouched) -> None:
        self.cut = cut
        self._graph = graph
        self._together = Together(self._write, transient)

    def next_at(self) -> float:
        """When the next step of the live lane is taken, see Together."""
        return self._together.next_at()

    async def __call__(self, step: GraphStep) -> None:
        """Returns when it is committed. StaleCursor when its cursor is elsewhere."""
        await self._together(step)

    async def _write(self, steps: Sequence[GraphStep]) -> None:
        moves = [step.move for step in steps]

        async def work(tx: AsyncManagedTransaction) -> None:
            parked = await lock_cursors(tx, moves)
            ours, touched, cause = self._graph.tx(tx), Disturbed(), ""
            for step in steps:
                if step.effect is None:
                    continue
                touched.add(await step.effect(ours))
                cause = step.traceparent or cause
                if step.move.feed in parked:
                    await rows_of(tx, cypher.RELEASE, feed=step.move.feed, keys=list(step.keys))
            await self.cut(ours, touched, steps[0].lane, cause)
            await move_cursors(tx, moves)

        await self._graph.write(work)
