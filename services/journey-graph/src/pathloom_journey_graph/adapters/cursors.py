"""Where the followers stand, in the transaction of what they do."""

from collections.abc import Sequence
from dataclasses import dataclass

from neo4j import AsyncManagedTransaction
from pathloom_kit.feeds.cursor import Cursor, Lane
from pathloom_kit.feeds.page import Watermark
from pathloom_kit.feeds.stale import StaleCursor

from pathloom_journey_graph.adapters import cypher
from pathloom_journey_graph.adapters.rows import do, rows_of


@dataclass(frozen=True, slots=True)
class CursorMove:
    """Of one cursor, with the watermarks read there. `gated`: the lanes of the feed take turns."""

    feed: str
    expected: Cursor
    new: Cursor
    watermarks: Sequence[Watermark] = ()
    gated: bool = False

    @property
    def id(self) -> str:
        """Of the cursor's node."""
        return cursor_id(self.feed, self.new.partition, self.new.lane)


async def lock_cursors(tx: AsyncManagedTransaction, moves: Sequence[CursorMove]) -> set[str]:
    """First in the transaction: whoever is late finds a cursor moved (StaleCursor) and has done nothing yet. Those of the feeds
    of which something is parked."""
    rows = [cursor_row(move.feed, move.new.partition, move.new.lane) for move in moves]
    found = {
        row["id"]: row
        for row in await rows_of(
            tx,
            cypher.LOCK_CURSORS,
            rows=sorted(rows, key=lambda r: str(r["id"])),
            gates=sorted(gate_id(move.feed, move.new.partition) for move in moves if move.gated),
        )
    }
    for move in moves:
        at = found[move.id]
        if (at["epoch"], at["n"]) != (move.expected.epoch, move.expected.n):
            raise StaleCursor(move.feed, move.expected)
    return {move.feed for move in moves if found[move.id]["parked"]}


async def move_cursors(tx: AsyncManagedTransaction, moves: Sequence[CursorMove]) -> None:
    """Last, so that the effects can still read where everybody stood before them."""
    rows = [
        {"id": move.id, "epoch": move.new.epoch, "n": move.new.n,
         "watermarks": [_watermark_row(move.feed, move.new.lane, mark) for mark in move.watermarks]}
        for move in moves
    ]  # fmt: skip
    await do(tx, cypher.MOVE_CURSORS, rows=rows)


def cursor_id(feed: str, partition: int, lane: Lane) -> str:
    """The node of a cursor."""
    return f"{feed}|{partition}|{lane.name}"


def gate_id(feed: str, partition: int) -> str:
    """The node of a feed's gate."""
    return f"gate|{feed}|{partition}"


def cursor_row(feed: str, partition: int, lane: Lane) -> dict[str, object]:
    """For LOCK_CURSORS."""
    return {
        "id": cursor_id(feed, partition, lane),
        "feed": feed,
        "partition": partition,
        "lane": int(lane),
    }


def _watermark_row(feed: str, by: Lane, mark: Watermark) -> dict[str, object]:
    place = mark.cursor
    return {
        "id": f"{feed}|{by.name}|{mark.feed}|{place.partition}|{place.lane.name}",
        "of_feed": mark.feed, "partition": place.partition, "lane": int(place.lane), "epoch": place.epoch, "n": place.n,
    }  # fmt: skip
