"""A follower's side in PostgreSQL: cursors, watermarks and parked entries, in the transaction of the effect."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from pathloom_kit.feeds.cursor import LANES, Cursor, Lane
from pathloom_kit.feeds.page import Watermark
from pathloom_kit.feeds.stale import StaleCursor
from pathloom_kit.feeds.tables import create_cursor_tables
from pathloom_kit.postgres import RawConnection

__all__ = [
    "Parked",
    "StaleCursor",
    "advance",
    "count_parked",
    "create_cursor_tables",
    "finish_restart",
    "list_parked",
    "note_filled",
    "park",
    "read_cursors",
    "read_watermarks",
    "refilling",
    "release",
    "restart",
    "restarting",
]

_BEGIN = """
INSERT INTO feed_cursor (feed, partition, lane, epoch, n) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT DO NOTHING RETURNING true
"""
_MOVE = """
UPDATE feed_cursor SET epoch = $4, n = $5
WHERE feed = $1 AND partition = $2 AND lane = $3 AND epoch = $6 AND n = $7 RETURNING true
"""
_MARK = """
INSERT INTO feed_watermark (feed, of_feed, partition, lane, epoch, n) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (feed, of_feed, partition, lane) DO UPDATE SET epoch = excluded.epoch, n = excluded.n
"""


@dataclass(frozen=True, slots=True)
class Parked:
    """An entry set aside: `entry` is its serialised message, `place` where it stood."""

    key: str
    place: Cursor
    entry: bytes
    reason: str
    parked_at: datetime


async def read_cursors(conn: RawConnection, feed: str) -> Mapping[tuple[int, Lane], Cursor]:
    """Where we are, by (partition, lane); nothing for what was never read."""
    rows = await conn.fetch("SELECT partition, lane, epoch, n FROM feed_cursor WHERE feed = $1", feed)
    return {
        (r["partition"], Lane(r["lane"])): Cursor(r["epoch"], r["partition"], Lane(r["lane"]), r["n"])
        for r in rows
    }


async def read_watermarks(conn: RawConnection, feed: str) -> Sequence[Watermark]:
    """How far `feed`'s service had read its own upstreams, as of what is applied here."""
    rows = await conn.fetch(
        "SELECT of_feed, partition, lane, epoch, n FROM feed_watermark WHERE feed = $1 ORDER BY 1, 2, 3", feed
    )
    return [
        Watermark(r["of_feed"], Cursor(r["epoch"], r["partition"], Lane(r["lane"]), r["n"])) for r in rows
    ]


async def advance(
    conn: RawConnection, feed: str, expected: Cursor, new: Cursor, watermarks: Sequence[Watermark] = ()
) -> None:
    """Compares and sets the cursor. Call it FIRST in the effect's transaction: it locks the cursor, so that a stale
    replica is refused (StaleCursor) before it does any work, and two replicas cannot both go on."""
    if expected.epoch == "" and expected.n == 0:
        moved = await conn.fetchval(_BEGIN, feed, new.partition, int(new.lane), new.epoch, new.n)
    else:
        moved = await conn.fetchval(
            _MOVE, feed, new.partition, int(new.lane), new.epoch, new.n, expected.epoch, expected.n
        )
    if not moved:
        raise StaleCursor(feed, expected)
    for mark in watermarks:
        place = mark.cursor
        await conn.execute(_MARK, feed, mark.feed, place.partition, int(place.lane), place.epoch, place.n)


async def park(
    conn: RawConnection,
    feed: str,
    key: str,
    entry: bytes,
    reason: str,
    place: Cursor,
    expected: Cursor,
    new: Cursor,
) -> None:
    """Sets the entry at `place` aside and moves the cursor past it, in one transaction. StaleCursor as `advance`."""
    await advance(conn, feed, expected, new)
    await conn.execute(
        "INSERT INTO feed_parked (feed, key, epoch, partition, lane, n, entry, reason) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING",
        feed, key, place.epoch, place.partition, int(place.lane), place.n, entry, reason,
    )  # fmt: skip


async def release(conn: RawConnection, feed: str, *keys: str) -> int:
    """Forgets what is parked under the keys: a newer entry of the same thing has been applied, in this transaction.
    Returns how many were forgotten."""
    return len(
        await conn.fetch(
            "DELETE FROM feed_parked WHERE feed = $1 AND key = ANY($2) RETURNING n", feed, list(keys)
        )
    )


async def list_parked(conn: RawConnection, feed: str, limit: int = 100) -> Sequence[Parked]:
    """Newest first."""
    rows = await conn.fetch(
        "SELECT * FROM feed_parked WHERE feed = $1 ORDER BY parked_at DESC, n DESC LIMIT $2", feed, limit
    )
    return [
        Parked(
            r["key"],
            Cursor(r["epoch"], r["partition"], Lane(r["lane"]), r["n"]),
            r["entry"],
            r["reason"],
            r["parked_at"],
        )
        for r in rows
    ]


async def count_parked(conn: RawConnection, feed: str) -> int:
    return int(await conn.fetchval("SELECT count(*) FROM feed_parked WHERE feed = $1", feed))


async def restart(conn: RawConnection, feed: str, epoch: str, partitions: Sequence[int] = (0,)) -> bool:
    """Begins again at n = 0 of `epoch` and remembers that it is under way, until `finish_restart`. What was parked
    belongs to the epoch before and is dropped. False, and nothing done, when another replica has begun it already."""
    await conn.execute("LOCK TABLE feed_restart IN SHARE ROW EXCLUSIVE MODE")
    cursors = await read_cursors(conn, feed)
    wanted = [(partition, lane) for partition in partitions for lane in LANES]
    if all(key in cursors and cursors[key].epoch == epoch for key in wanted):
        return False
    await conn.execute("DELETE FROM feed_parked WHERE feed = $1 AND epoch <> $2", feed, epoch)
    await conn.execute("DELETE FROM feed_watermark WHERE feed = $1", feed)
    for partition, lane in wanted:
        await conn.execute(
            "INSERT INTO feed_cursor AS c (feed, partition, lane, epoch, n) VALUES ($1, $2, $3, $4, 0) "
            "ON CONFLICT (feed, partition, lane) DO UPDATE SET epoch = excluded.epoch, n = 0 WHERE c.epoch <> excluded.epoch",
            feed, partition, int(lane), epoch,
        )  # fmt: skip
    await conn.execute(
        "INSERT INTO feed_restart (feed, epoch) VALUES ($1, $2) ON CONFLICT (feed) DO UPDATE SET epoch = excluded.epoch",
        feed, epoch,
    )  # fmt: skip
    return True


async def restarting(conn: RawConnection, feed: str) -> str | None:
    """The epoch that is being read again, None when nothing is."""
    found = await conn.fetchval("SELECT epoch FROM feed_restart WHERE feed = $1", feed)
    return None if found is None else str(found)


async def finish_restart(conn: RawConnection, feed: str, epoch: str) -> bool:
    """True, once, when the reading again of `epoch` is over: now drop, in this transaction, what does not carry the
    epoch. False when none was under way (the follower asks whenever it has caught up for the first time)."""
    rows = await conn.fetch(
        "DELETE FROM feed_restart WHERE feed = $1 AND epoch = $2 RETURNING feed", feed, epoch
    )
    return bool(rows)


async def note_filled(conn: RawConnection, feed: str, epoch: str, own_epoch: str = "") -> None:
    """All there is of `epoch` has been read and had its effect. `own_epoch`: that of the feeds served from this database,
    which must be full again when it was brought back from elsewhere."""
    await conn.execute(
        "INSERT INTO feed_filled (feed, epoch, own_epoch) VALUES ($1, $2, $3) "
        "ON CONFLICT (feed) DO UPDATE SET epoch = excluded.epoch, own_epoch = excluded.own_epoch",
        feed, epoch, own_epoch,
    )  # fmt: skip


async def refilling(conn: RawConnection, feed: str, own_epoch: str = "") -> bool:
    """Not all that lives in the epoch that is being read has been read once."""
    return not await conn.fetchval(
        "SELECT EXISTS (SELECT FROM feed_filled f WHERE f.feed = $1 AND f.own_epoch = $2 AND NOT EXISTS ("
        "SELECT FROM feed_cursor c WHERE c.feed = f.feed AND c.epoch <> f.epoch))",
        feed, own_epoch,
    )  # fmt: skip
