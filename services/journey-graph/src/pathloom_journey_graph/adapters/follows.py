"""What following events and customers does to the graph, the end of a restart included."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from neo4j import AsyncManagedTransaction
from pathloom.identity.v1 import customers_pb2, events_pb2
from pathloom_kit.feeds.cursor import Lane

from pathloom_journey_graph.adapters import cypher
from pathloom_journey_graph.adapters.events import entries_of, key_text, micros, piece_of
from pathloom_journey_graph.adapters.follower_store import About
from pathloom_journey_graph.adapters.graph import Graph
from pathloom_journey_graph.adapters.graph_tx import Neo4jGraphTx, whole_items
from pathloom_journey_graph.adapters.rows import rows_of
from pathloom_journey_graph.application.cut_touched import CutTouched
from pathloom_journey_graph.application.drop_stale import DropStaleContacts, DropStalePieces
from pathloom_journey_graph.application.move_records import CustomerIs, MoveRecords
from pathloom_journey_graph.application.place_events import PlaceEvents
from pathloom_journey_graph.application.ports import Disturbed

_BATCH = 200


@dataclass(frozen=True, slots=True)
class FollowEvents:
    """The feed of facts."""

    graph: Graph
    place: PlaceEvents
    cut: CutTouched

    async def effect(
        self, tx: Neo4jGraphTx, entries: Sequence[events_pb2.LoggedEvent], epoch: str
    ) -> Disturbed:
        """Places the pieces."""
        return await self.place(
            tx, [piece for entry in entries if (piece := piece_of(entry, epoch)) is not None]
        )

    async def finish(self, epoch: str) -> None:
        """Drops every piece that the new epoch has not sent again."""
        drop = DropStalePieces(self.place)
        after = ""
        while True:

            async def work(tx: AsyncManagedTransaction, after: str = after) -> str:
                items = whole_items(await rows_of(tx, cypher.STALE_ITEMS, after=after, limit=_BATCH))
                stale = [i for i in items if any(p.epoch != epoch for p in i.pieces)]
                if stale:
                    ours = self.graph.tx(tx)
                    await self.cut(ours, await drop(ours, [i.id for i in stale], epoch), Lane.BULK)
                return items[-1].id if items else ""

            after = await self.graph.write(work)
            if not after:
                return

    @staticmethod
    def keys(entry: events_pb2.LoggedEvent) -> Iterable[str]:
        """Facts are parked by their own id."""
        return (entry.event_id,)

    @staticmethod
    def about(entry: events_pb2.LoggedEvent) -> About:
        """The records that an event names."""
        named = (entry.record, entry.contact) if entry.HasField("contact") else (entry.record,)
        return About([key_text(key) for key in named], micros(entry.received_at))


@dataclass(frozen=True, slots=True)
class FollowCustomers:
    """The feed of who is who."""

    graph: Graph
    move: MoveRecords
    cut: CutTouched

    async def effect(
        self, tx: Neo4jGraphTx, entries: Sequence[customers_pb2.CustomerEntry], epoch: str
    ) -> Disturbed:
        """Moves what the entries say."""
        return await self.move(tx, entries_of(entries, epoch))

    async def finish(self, epoch: str) -> None:
        """Takes claims and bindings away that the new epoch has not sent again."""
        while True:

            async def customers(tx: AsyncManagedTransaction) -> int:
                rows = await rows_of(tx, cypher.STALE_CUSTOMERS, epoch=epoch, limit=_BATCH)
                gone = [CustomerIs(row["id"], 0, epoch, ()) for row in rows]
                if gone:
                    ours = self.graph.tx(tx)
                    await self.cut(ours, await self.move(ours, gone), Lane.BULK)
                return len(rows)

            if not await self.graph.write(customers):
                break
        drop = DropStaleContacts(self.move)
        while True:

            async def contacts(tx: AsyncManagedTransaction) -> int:
                rows = await rows_of(tx, cypher.STALE_CONTACTS, epoch=epoch, limit=_BATCH)
                if rows:
                    ours = self.graph.tx(tx)
                    await self.cut(ours, await drop(ours, [row["key"] for row in rows], epoch), Lane.BULK)
                return len(rows)

            if not await self.graph.write(contacts):
                return

    @staticmethod
    def keys(entry: customers_pb2.CustomerEntry) -> Iterable[str]:
        """The thing that the entry is about."""
        match entry.WhichOneof("thing"):
            case "customer":
                return (entry.customer.customer_id,)
            case "merged":
                return (entry.merged.customer_id,)
            case "erased":
                return (entry.erased.customer_id,)
            case "contact":
                return (key_text(entry.contact.contact),)
        return ()
