"""The stores that every other integration test stands on."""

from collections.abc import Awaitable, Callable

import asyncpg


async def test_a_database_is_empty_durable_and_of_the_pinned_version(database: str) -> None:
    connection = await asyncpg.connect(database)
    try:
        assert await connection.fetchval("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == 0
        for setting in ("fsync", "full_page_writes", "synchronous_commit"):
            assert await connection.fetchval("SELECT current_setting($1)", setting) == "on"
        assert await connection.fetchval("SELECT current_setting('server_version_num')::int / 10000") == 18
    finally:
        await connection.close()


async def test_two_databases_are_apart(new_database: Callable[[], Awaitable[str]]) -> None:
    first, second = await new_database(), await new_database()
    connection = await asyncpg.connect(first)
    await connection.execute("CREATE TABLE only_here (id int)")
    await connection.close()
    connection = await asyncpg.connect(second)
    assert await connection.fetchval("SELECT to_regclass('only_here')") is None
    await connection.close()
