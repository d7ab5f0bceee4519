"""An upstream that serves a feed and a downstream that follows it, each in a database of its own."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager

import pytest_asyncio
from pathloom_kit.feeds.epoch import ensure_epoch
from pathloom_kit.feeds.tables import CURSOR_TABLES_SQL, FEED_TABLES_SQL, FILLED_TABLES_SQL
from pathloom_kit.leases import LEASE_TABLES_SQL
from pathloom_kit.postgres import Database, connect

from .followed_things import EFFECT_SQL


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def two_databases(new_database: Callable[[], Awaitable[str]]) -> tuple[str, str]:
    """Made once: making and dropping databases is slow. Each test empties what it takes."""
    return await new_database(), await new_database()


@pytest_asyncio.fixture(loop_scope="session")
async def upstream(two_databases: tuple[str, str]) -> AsyncIterator[Database]:
    async with emptied(two_databases[0], FEED_TABLES_SQL) as database:
        async with database.asyncpg() as conn:
            await ensure_epoch(conn)
        yield database


@pytest_asyncio.fixture(loop_scope="session")
async def downstream(two_databases: tuple[str, str]) -> AsyncIterator[Database]:
    tables = (*CURSOR_TABLES_SQL, *FILLED_TABLES_SQL, *LEASE_TABLES_SQL, *EFFECT_SQL)
    async with emptied(two_databases[1], tables) as database:
        yield database


@asynccontextmanager
async def emptied(url: str, statements: Sequence[str]) -> AsyncIterator[Database]:
    database = await connect(url, "", application_name="kit-tests", raw_pool_size=12)
    try:
        async with database.asyncpg() as conn:
            for statement in ("DROP SCHEMA public CASCADE", "CREATE SCHEMA public", *statements):
                await conn.execute(statement)
        yield database
    finally:
        await database.close()
