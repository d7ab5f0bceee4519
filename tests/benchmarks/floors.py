"""The floors: the same data, loaded bare into the same engines."""

import asyncpg
from neo4j import AsyncGraphDatabase
from pathloom_local.platform import Platform
from pathloom_local.services import service

from tests.benchmarks.cost import Cost, costing

BATCH = 5000
_ITEMS = """
MATCH (i:Item) WHERE i:Touchpoint
RETURN i {.id, .kind, .record, .customer_id, .start, .last, .pieces, .journey_id} AS row
"""
_LOAD = """
UNWIND $rows AS row
CREATE (i:Floor {id: row.id}) SET i = row
MERGE (j:FloorJourney {id: row.journey_id})
CREATE (j)-[:FLOOR]->(i)
"""


async def unwind_floor(platform: Platform) -> Cost:
    """Every touchpoint of the graph once more, as a node with its packed pieces and a relationship from its journey's."""
    assert platform.neo4j
    server = platform.neo4j.server
    async with (
        AsyncGraphDatabase.driver(server.uri, auth=(server.user, server.password)) as driver,
        driver.session() as session,
    ):
        for label in ("Floor", "FloorJourney"):
            await (
                await session.run(
                    f"CREATE CONSTRAINT {label}_id IF NOT EXISTS FOR (n:{label}) REQUIRE n.id IS UNIQUE"
                )
            ).consume()
        rows = [dict(record["row"]) async for record in await session.run(_ITEMS)]
        async with costing(platform) as cost:
            for first in range(0, len(rows), BATCH):
                await (await session.run(_LOAD, rows=rows[first : first + BATCH])).consume()
        cost.done = len(rows)
        await (
            await session.run(
                "MATCH (n) WHERE n:Floor OR n:FloorJourney CALL (n) { DETACH DELETE n } IN TRANSACTIONS OF 5000 ROWS"
            )
        ).consume()
    return cost


async def copy_floor(platform: Platform) -> Cost:
    """Every event of the log once more, its number and payload copied into a table with a primary key."""
    assert platform.postgres
    connection = await asyncpg.connect(platform.postgres.server.url(service("identity").database))
    try:
        rows = [
            tuple(row)
            for row in await connection.fetch("SELECT lane, n, event_id, payload FROM event ORDER BY lane, n")
        ]
        await connection.execute(
            "CREATE TABLE floor (lane smallint, n bigint, event_id bytea, payload bytea, PRIMARY KEY (lane, n))"
        )
        async with costing(platform) as cost:
            for first in range(0, len(rows), BATCH):
                await connection.copy_records_to_table("floor", records=rows[first : first + BATCH])
        cost.done = len(rows)
        await connection.execute("DROP TABLE floor")
    finally:
        await connection.close()
    return cost
