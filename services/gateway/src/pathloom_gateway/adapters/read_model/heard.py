"""Writes down, for all replicas, when each upstream was last heard and how far it had got."""

import asyncio
import logging
from collections.abc import Callable, Mapping

from pathloom_kit.feeds.follow import FollowerState
from pathloom_kit.postgres import Database
from pathloom_kit.transient import is_transient

from pathloom_gateway.domain.instants import micros

_log = logging.getLogger(__name__)
_EVERY_S = 1.0
_PUT = """
INSERT INTO view_heard AS h (feed, partition, lane, head, heard_us, as_of_us)
SELECT *, 0 FROM unnest($1::text[], $2::int[], $3::smallint[], $4::bigint[], $5::bigint[])
ON CONFLICT (feed, partition, lane) DO UPDATE SET head = excluded.head, heard_us = excluded.heard_us
WHERE h.heard_us < excluded.heard_us
"""


async def write_heard(database: Database, states: Callable[[], Mapping[str, FollowerState]]) -> None:
    """Once a second, until cancelled, what the followers of this process heard."""
    while True:
        rows = [
            (feed, partition, int(lane), state.head, micros(state.last_heard))
            for feed, follower in states().items()
            for (partition, lane), state in list(follower.lanes.items())
            if state.last_heard is not None
        ]
        if rows:
            try:
                async with database.asyncpg() as conn:
                    await conn.execute(_PUT, *map(list, zip(*rows, strict=True)))
            except Exception as error:
                if not is_transient(error):
                    raise
                _log.warning("signs of life not written", extra={"error": type(error).__name__})
        await asyncio.sleep(_EVERY_S)
