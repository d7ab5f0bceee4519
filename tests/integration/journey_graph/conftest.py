"""A driver on the session's Neo4j, emptied for each test."""

from collections.abc import AsyncIterator

import pytest_asyncio
from neo4j import AsyncDriver, AsyncGraphDatabase
from pathloom_local.engines.neo4j import Neo4jServer

from .graph_world import Replica, emptied


@pytest_asyncio.fixture(loop_scope="session")
async def driver(neo4j: Neo4jServer) -> AsyncIterator[AsyncDriver]:
    """On an empty graph. The schema stays from test to test: without it Neo4j would plan every query anew."""
    async with AsyncGraphDatabase.driver(
        neo4j.uri, auth=(neo4j.user, neo4j.password), notifications_min_severity="OFF"
    ) as found:
        await emptied(found)
        yield found


@pytest_asyncio.fixture(loop_scope="session")
async def replica(driver: AsyncDriver) -> Replica:
    """An empty graph with one copy of the service on it."""
    return await Replica(driver).open()
