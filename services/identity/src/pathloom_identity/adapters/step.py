"""How a step of resolving begins, in two round trips: alone; then with what the log has for it, the cursor moved behind
that, and what is there at all."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any, Self

from pathloom_kit.feeds.cursor import Cursor
from pathloom_kit.feeds.stale import StaleCursor
from pathloom_kit.looking_up import PLANNED_ONCE, looking_up
from pathloom_kit.postgres import RawConnection

from pathloom_identity.adapters import event_rows
from pathloom_identity.adapters.record_sql import MODEL_IN_FORCE
from pathloom_identity.adapters.source_store import parse_sources
from pathloom_identity.domain.sources import Source

# One writer at a time in a partition: merging and un-merging touch records nobody knows beforehand, and the feed's
# head row puts commits in a row anyway. "identity" in eight bytes.
_ALONE = 0x6964_656E_7469_7479
_KNOWN = f"""
({MODEL_IN_FORCE}) AS model, EXISTS (SELECT FROM tombstone) AS tombstones,
EXISTS (SELECT FROM withdrawal) AS withdrawals, EXISTS (SELECT FROM decision) AS decisions, EXISTS (SELECT FROM pin) AS pins
"""  # noqa: S608 - our own words
_SOURCES = "ARRAY(SELECT ROW(source_id, declaration::text) FROM source)"
OVERVIEW = f"SELECT {_KNOWN}, {_SOURCES} AS sources"
# The cursor as `advance` of the kit moves it: compared and set, refused to whoever is behind. What is known stands in the
# first row, and there is one where nothing waits.
BEGIN = f"""
WITH batch AS MATERIALIZED (
    SELECT {event_rows.COLUMNS}, record_hash FROM event WHERE lane = $3 AND n > $6 ORDER BY n LIMIT $7
), moved AS (
    INSERT INTO feed_cursor AS c (feed, partition, lane, epoch, n)
    SELECT $1, $2, $3, $4, max(n) FROM batch HAVING count(*) > 0
    ON CONFLICT (feed, partition, lane) DO UPDATE SET epoch = excluded.epoch, n = excluded.n
        WHERE (c.epoch, c.n) = ($5, $6)
    RETURNING n
)
SELECT b.*, (SELECT r.record_no FROM record r WHERE r.key_hash = b.record_hash) IS NULL AS is_new,
       EXISTS (SELECT FROM moved) AS moved, {_KNOWN},
       CASE WHEN b.n IS NOT DISTINCT FROM (SELECT min(n) FROM batch) THEN {_SOURCES} END AS sources
FROM (SELECT) one LEFT JOIN batch b ON true ORDER BY b.n
"""  # noqa: S608 - our own column names


@dataclass(slots=True)
class Known:
    """What is there at all. Whoever is alone in the partition may keep it: nobody else changes it meanwhile."""

    sources: Mapping[str, Source]
    tombstones: bool
    withdrawals: bool
    decisions: bool
    pins: bool
    model: str | None
    strangers: set[bytes] = field(default_factory=set)
    """Digests of keys that are known to be nobody's yet."""

    @classmethod
    def of(cls, row: Any) -> Self:
        """Of a row with all of it."""
        names = ("tombstones", "withdrawals", "decisions", "pins", "model")
        return cls(parse_sources(dict(row["sources"])), *(row[name] for name in names))


async def alone(conn: RawConnection, partition: int = 0) -> None:
    """Waits until this transaction is the only one that resolves in the partition; until its end."""
    await conn.execute(f"{PLANNED_ONCE}; SELECT pg_advisory_xact_lock({_ALONE + partition})")


def step(conn: RawConnection, partition: int = 0) -> AbstractAsyncContextManager[None]:
    """A transaction that is `alone`. None can be begun within it."""
    return looking_up(conn, _ALONE + partition)


async def begin(
    conn: RawConnection, feed: str, expected: Cursor, epoch: str, most: int
) -> tuple[Sequence[Any], Known]:
    """The events that follow `expected` in its lane, `most` at the most, with the cursor moved behind them; StaleCursor
    where another replica was faster."""
    rows = await conn.fetch(
        BEGIN, feed, expected.partition, int(expected.lane), epoch, expected.epoch, expected.n, most
    )
    first = rows[0]
    if first["n"] is None:
        return (), Known.of(first)
    if not first["moved"]:
        raise StaleCursor(feed, expected)
    known = Known.of(first)
    known.strangers = {row["record_hash"] for row in rows if row["is_new"]}
    return rows, known
