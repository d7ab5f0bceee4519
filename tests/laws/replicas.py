"""Making both replicas of everything work at the same time: leases that keep nobody out."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
from neo4j import AsyncGraphDatabase
from pathloom_local.services import SERVICES

from tests.laws.running import Measuring

EVERY_S = 0.2
_EXPIRE = "UPDATE lease SET expires_at = now() - interval '1 minute'"
_EXPIRE_IN_THE_GRAPH = "MATCH (l:Lease) SET l.expires_at = 0"


@asynccontextmanager
async def leases_keep_nobody_out(running: Measuring) -> AsyncIterator[None]:
    """Every lease expires at once, so each replica may take it though another holds it. Correctness must not notice."""
    assert running.local.postgres is not None
    assert running.local.neo4j is not None
    server, graph = running.local.postgres.server, running.local.neo4j.server
    databases = [await asyncpg.connect(server.url(each.database)) for each in SERVICES if each.has_database]
    async with AsyncGraphDatabase.driver(graph.uri, auth=(graph.user, graph.password)) as driver:

        async def expire() -> None:
            while True:
                for database in databases:
                    await database.execute(_EXPIRE)
                await driver.execute_query(_EXPIRE_IN_THE_GRAPH)
                await asyncio.sleep(EVERY_S)

        task = asyncio.create_task(expire())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            for database in databases:
                await database.close()


def idle(running: Measuring, replicas: int) -> list[str]:
    """What is missing until `replicas` of each service have applied something and a stale one was refused."""
    missing = []
    for each in SERVICES:
        working = len(running.measured.applied(each.name))
        if working < replicas:
            missing.append(f"{each.name}: {working} of {replicas} applied something")
        if not running.measured.stale(each.name):
            missing.append(f"{each.name}: no stale replica was refused")
    return missing
