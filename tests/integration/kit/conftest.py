"""An upstream that serves a feed and a downstream that follows it, each in a database of its own."""

from collections.abc import AsyncIterator

import pytest_asyncio
from pathloom_kit.feeds.epoch import ensure_epoch
from pathloom_kit.feeds.tables import CURSOR_TABLES_SQL, FEED_TABLES_SQL
from pathloom_kit.leases import LEASE_TABLES_SQL
from pathloom_kit.postgres import Database, connect

from .followed_things import EFFECT_SQL


@pytest_asyncio.fixture(loop_scope="session")
async def upstream(new_database) -> AsyncIterator[Database]:  # type: ignore[no-untyped-def]  # a fixture of tests/conftest
    database = await connect(await new_database(), "", application_name="kit-upstream", raw_pool_size=12)
    async with database.asyncpg() as conn:
        for statement in FEED_TABLES_SQL:
            await conn.execute(statement)
        await ensure_epoch(conn)
    yield database
    await database.close()


@pytest_asyncio.fixture(loop_scope="session")
async def downstream(new_database) -> AsyncIterator[Database]:  # type: ignore[no-untyped-def]
    database = await connect(await new_database(), "", application_name="kit-downstream")
    async with database.asyncpg() as conn:
        for statement in (*CURSOR_TABLES_SQL, *LEASE_TABLES_SQL, *EFFECT_SQL):
            await conn.execute(statement)
    yield database
    await database.close()
