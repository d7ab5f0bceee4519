"""Making logs of transactions turn over at once, as time does it in production."""

import asyncpg
from neo4j import AsyncGraphDatabase
from pathloom_local.services import SERVICES

from tests.laws.running import Running

FILLED_MB = 48
"""Three files of Neo4j's transaction log, of which it keeps two."""


async def gather_statistics(running: Running) -> None:
    """What autovacuum does when enough has changed: the planner's statistics then hold some people's values."""
    await _in_each_database(running, "ANALYZE")


async def rotate_postgres(running: Running) -> None:
    """Rewrites every table, then the statistics (gathering them anew leaves the old ones behind), then fills every segment
    of the write-ahead log that there is anew."""
    assert running.local.postgres is not None
    await _in_each_database(running, "VACUUM (FULL, ANALYZE)")
    await _in_each_database(running, "VACUUM FULL pg_statistic")
    connection = await asyncpg.connect(running.local.postgres.server.url())
    try:
        # Twice: a checkpoint gives the segments that are done with, as they are, the names of those to come.
        for _ in range(2):
            await connection.execute("CHECKPOINT")
            for _ in range(await connection.fetchval("SELECT count(*) FROM pg_ls_waldir()") + 1):
                # A segment that is left early is filled with zeros.
                await connection.execute("SELECT pg_logical_emit_message(false, 'pathloom', 'x')")
                await connection.execute("SELECT pg_switch_wal()")
        await connection.execute("CHECKPOINT")
    finally:
        await connection.close()


async def rotate_neo4j(running: Running) -> None:
    """Writes more than the transaction logs keep, takes it away again (in a transaction of its own: what never was leaves
    no trace), and ends the server, which writes a checkpoint (its Community edition takes no order to write one; every
    quarter of an hour it does by itself)."""
    assert running.local.neo4j is not None
    server = running.local.neo4j.server
    async with AsyncGraphDatabase.driver(server.uri, auth=(server.user, server.password)) as driver:
        for _ in range(FILLED_MB):
            await driver.execute_query("CREATE (:Filler {of: $of})", of=bytes(1 << 20))
            await driver.execute_query("MATCH (f:Filler) DELETE f")
    await running.local.restart(running.local.neo4j.name)


async def _in_each_database(running: Running, statement: str) -> None:
    assert running.local.postgres is not None
    for service in (each for each in SERVICES if each.has_database):
        connection = await asyncpg.connect(running.local.postgres.server.url(service.database))
        try:
            await connection.execute(statement)
        finally:
            await connection.close()
