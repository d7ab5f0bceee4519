"""Reading journeys and touchpoints for those who ask."""

from collections.abc import Iterable, Sequence

from neo4j import AsyncManagedTransaction
from pathloom.journey_graph.v1 import journeys_pb2 as pb
from pathloom_kit.feeds.cursor import Cursor, Lane

from pathloom_journey_graph.adapters import cypher
from pathloom_journey_graph.adapters.graph import Graph
from pathloom_journey_graph.adapters.graph_tx import STEP_SEPARATOR, stored_items, whole_items
from pathloom_journey_graph.adapters.journeys_proto import touchpoint_to_proto
from pathloom_journey_graph.adapters.rows import rows_of
from pathloom_journey_graph.application.list_paths import PathFilter
from pathloom_journey_graph.application.ports import StoredItem, WholeItem
from pathloom_journey_graph.application.recut import Recut
from pathloom_journey_graph.application.trace_event import Traced
from pathloom_journey_graph.domain.cut import cut
from pathloom_journey_graph.domain.paths import Path
from pathloom_journey_graph.domain.values import Touchpoint

_END_OF_TIME = 2**62


class JourneyReads:
    """Implements the ports of the reading use cases."""

    def __init__(self, graph: Graph, recut: Recut) -> None:
        self._graph = graph
        self._recut = recut

    async def touchpoints(
        self, customer_id: str, limit: int, before: tuple[int, str] | None
    ) -> tuple[list[tuple[int, pb.Touchpoint]], int]:
        """Newest first: (start, touchpoint) after the place `before`, and how many the customer has."""

        async def work(tx: AsyncManagedTransaction) -> tuple[list[tuple[int, pb.Touchpoint]], int]:
            total = (await rows_of(tx, cypher.COUNT_TOUCHPOINTS, id=customer_id))[0]["n"]
            start, key = before or (_END_OF_TIME, "")
            rows = await rows_of(
                tx, cypher.TOUCHPOINTS_PAGE, id=customer_id, start=start, before=key, limit=limit
            )
            items = stored_items(rows)
            shown = await self._shown(tx, items)
            return [(item.start, shown[item.id]) for item in items if item.id in shown], total

        return await self._graph.read(work)

    async def journey(self, journey_id: str) -> pb.Journey | None:
        """As it is in the feed; None when there is none."""
        rows = await self._graph.read_rows(cypher.ENTRIES, ids=[journey_id])
        if not rows:
            return None
        entry = pb.JourneyEntry.FromString(rows[0]["entry"])
        return entry.journey if entry.HasField("journey") else None

    async def touchpoints_of(self, journey_id: str) -> list[pb.Touchpoint]:
        """All of a journey's, oldest first, however many."""
        items = whole_items(await self._graph.read_rows(cypher.WHOLE_OF_JOURNEYS, ids=[journey_id]))
        return [touchpoint_to_proto(t) for t in self._annotated(items)]

    async def paths(self, wanted: PathFilter) -> list[Path]:
        """Journeys by the steps they took."""
        rows = await self._graph.read_rows(
            cypher.PATHS, goal=wanted.goal, test=wanted.include_test, by=f"by_{wanted.by}",
            **{"from": wanted.opened_from, "to": wanted.opened_before},
        )  # fmt: skip
        return [
            Path(
                tuple(row["steps"].split(STEP_SEPARATOR)) if row["steps"] else (), row["closed"], row["journeys"],
                tuple(row["examples"]),
            )
            for row in rows
        ]  # fmt: skip

    async def trace(self, event_id: str, records: Sequence[str]) -> Traced | None:
        """The item that holds the event; parked, waiting or not known."""

        async def work(tx: AsyncManagedTransaction) -> Traced | None:
            parked = await rows_of(tx, cypher.FIND_PARKED, feed="events", key=event_id)
            if parked:
                return Traced("parked", reason=parked[0]["reason"])
            roots = await rows_of(tx, cypher.ROOTS, keys=list(records))
            keys = {*records, *(row["root"] for row in roots if row["root"])}
            for item in whole_items(await rows_of(tx, cypher.WHOLE_OF_RECORDS, keys=sorted(keys))):
                if any(p.event_id == event_id for p in item.pieces):
                    return _traced(item)
            return None

        return await self._graph.read(work)

    async def has_read(self, position: Cursor) -> bool:
        """See Traces."""
        rows = await self._graph.read_rows(cypher.CURSORS, feed="events")
        return any(
            Cursor(row["epoch"], row["partition"], Lane(row["lane"]), row["n"]).covers(position)
            for row in rows
        )

    async def _shown(
        self, tx: AsyncManagedTransaction, items: Sequence[StoredItem]
    ) -> dict[str, pb.Touchpoint]:
        """As their journeys show them; what lies beyond a journey's newest is folded anew."""
        rows = await rows_of(tx, cypher.ENTRIES, ids=sorted({item.journey_id for item in items}))
        shown = {
            t.touchpoint_id: t
            for row in rows
            for t in pb.JourneyEntry.FromString(row["entry"]).journey.touchpoints
        }
        older = {item.journey_id for item in items if item.id not in shown}
        if older:
            whole = whole_items(await rows_of(tx, cypher.WHOLE_OF_JOURNEYS, ids=sorted(older)))
            shown.update({t.id: touchpoint_to_proto(t) for t in self._annotated(whole)})
        return shown

    def _annotated(self, items: Iterable[WholeItem]) -> list[Touchpoint]:
        as_of = round(self._recut.clock.now().timestamp() * 1_000_000)
        journeys = cut(self._recut.fold(items), self._recut.blueprints, as_of)
        found = [t for journey in journeys for t in journey.touchpoints]
        return sorted(found, key=lambda t: (t.start, t.contact_id, t.id))


def _traced(item: StoredItem) -> Traced:
    if item.customer_id is None:
        return Traced("unassigned")
    touch = item.kind not in ("mark", "correction")
    return Traced(
        "placed" if touch else "no_touchpoint", item.id if touch else "", item.journey_id, item.customer_id
    )
