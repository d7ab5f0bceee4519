"""Leases: replicas agree who follows what, so that work is not done twice. Correctness never depends on it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from pathloom_kit.postgres import Database, RawConnection
from pathloom_kit.transient import is_transient

_log = logging.getLogger(__name__)

LEASE_TABLES_SQL = (
    "CREATE TABLE lease (name text PRIMARY KEY, holder text NOT NULL, expires_at timestamptz NOT NULL)",
)
# The database's clock decides, so that holders' clocks may differ.
_TAKE = """
INSERT INTO lease AS l (name, holder, expires_at) VALUES ($1, $2, now() + $3)
ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, expires_at = excluded.expires_at
WHERE l.holder = excluded.holder OR l.expires_at < now()
RETURNING true
"""


def create_lease_table(op: Any) -> None:
    """For an alembic migration."""
    for statement in LEASE_TABLES_SQL:
        op.execute(statement)


@dataclass(frozen=True)
class PgLease:
    """One named lease as `holder` sees it. It expires `ttl` after it was last taken."""

    name: str
    holder: str
    ttl: timedelta = timedelta(seconds=10)

    async def take(self, conn: RawConnection) -> bool:
        """Takes or renews it. False while another holds it."""
        return bool(await conn.fetchval(_TAKE, self.name, self.holder, self.ttl))

    async def give_back(self, conn: RawConnection) -> None:
        """So that another need not wait for the expiry."""
        await conn.execute("DELETE FROM lease WHERE name = $1 AND holder = $2", self.name, self.holder)


async def while_held(lease: PgLease, database: Database, work: Callable[[], Awaitable[None]]) -> None:
    """Runs `work` while the lease is ours, cancels it when it is lost, begins again when it is won back.

    Returns when `work` returns; raises what it raises; gives the lease back when cancelled.
    """
    period = lease.ttl.total_seconds() / 3
    task: asyncio.Future[None] | None = None
    try:
        while True:
            held = await _try_take(lease, database)
            if held and task is None:
                task = asyncio.ensure_future(work())
            elif not held and task is not None:
                _log.info("lease lost", extra={"lease": lease.name})
                await _stop(task)
                task = None
            if task is None:
                await asyncio.sleep(period)
                continue
            done, _ = await asyncio.wait({task}, timeout=period)
            if done:
                return task.result()
    finally:
        if task is not None:
            await _stop(task)
        with suppress(Exception):  # it expires by itself
            async with database.asyncpg() as conn:
                await lease.give_back(conn)


async def _try_take(lease: PgLease, database: Database) -> bool:
    try:
        async with database.asyncpg() as conn:
            return await lease.take(conn)
    except Exception as error:
        if not is_transient(error):
            raise
        return False  # not known to be ours: stop working until it is


async def _stop(task: "asyncio.Future[None]") -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await asyncio.wait({task})
