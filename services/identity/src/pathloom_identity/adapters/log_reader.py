"""Reading the log: pages of the feed, and batches for the resolver."""

from collections.abc import Mapping, Sequence
from typing import Any

from pathloom.identity.v1 import events_pb2 as e
from pathloom_kit.feeds.cursor import Cursor, Lane
from pathloom_kit.feeds.page import PageHeader
from pathloom_kit.postgres import Database, RawConnection

from pathloom_identity.adapters.event_rows import COLUMNS, logged

MAX_BYTES = 4 * 1024 * 1024
_NUMBERED = COLUMNS.replace("lane, n,", "n,")
# One statement, so one snapshot. `before` bounds the page in bytes; one event always goes through.
_PAGE = f"""
SELECT f.epoch, coalesce(h.n, 0) AS head, p.*
FROM feed_epoch f
LEFT JOIN feed_head h ON h.feed = 'events' AND h.partition = 0 AND h.lane = $1
LEFT JOIN LATERAL (
    SELECT * FROM (
        SELECT {_NUMBERED}, sum(octet_length(payload) + 300) OVER (ORDER BY n) - octet_length(payload) AS before
        FROM (SELECT * FROM event WHERE lane = $1 AND n > $2 ORDER BY n LIMIT $3) q
    ) r WHERE before < $4 ORDER BY n
) p ON true ORDER BY p.n
"""  # noqa: S608 - our own column names
_BATCH = f"SELECT {COLUMNS} FROM event WHERE lane = $1 AND n > $2 ORDER BY n LIMIT $3"  # noqa: S608 - our own column names

# By the last number, which the index has at hand: of EXISTS the planner believes that a scan finds one at once, and where
# nothing waits it then reads the whole log.
_WAITING = """
SELECT coalesce((SELECT max(n) FROM event WHERE lane = 1) > $1, false) AS live,
       coalesce((SELECT max(n) FROM event WHERE lane = 2) > $2, false) AS bulk
"""


async def read_page(database: Database, after: Cursor, limit: int) -> e.FollowEventsResponse:
    """What follows `after` in the feed of facts."""
    async with database.asyncpg() as conn:
        rows = await conn.fetch(_PAGE, int(after.lane), after.n, limit, MAX_BYTES)
    head = int(rows[0]["head"])
    events = [logged(row) for row in rows if row["n"] is not None]
    place = events[-1].n if events else max(after.n, 0)
    cursor = Cursor(rows[0]["epoch"], 0, after.lane, place)
    header = PageHeader(cursor, head, caught_up=place >= head)
    return e.FollowEventsResponse(header=header.to_proto(), entries=events)


async def waiting(conn: RawConnection, after: Mapping[Lane, int]) -> set[Lane]:
    """The lanes in which something stands after a number."""
    row = await conn.fetchrow(_WAITING, after[Lane.LIVE], after[Lane.BULK])
    return {lane for lane in Lane if row[lane.name.lower()]}


async def read_batch(conn: RawConnection, lane: Lane, after: int, limit: int) -> Sequence[Any]:
    """Rows of the log after a number, in order."""
    found: Sequence[Any] = await conn.fetch(_BATCH, int(lane), after, limit)
    return found
