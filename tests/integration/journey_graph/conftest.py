"""A driver on the session's Neo4j, emptied for each test."""

import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio
from neo4j import AsyncDriver, AsyncGraphDatabase
from pathloom_local.engines.neo4j import Neo4jServer

sys.path.insert(0, str(Path(__file__).parent))

from graph_world import Replica


@pytest_asyncio.fixture(loop_scope="session")
async def driver(clean_neo4j: Neo4jServer) -> AsyncIterator[AsyncDriver]:
    """Closed at the end of the test."""
    server = clean_neo4j
    async with AsyncGraphDatabase.driver(
        server.uri, auth=(server.user, server.password), notifications_min_severity="OFF"
    ) as found:
        yield found


@pytest_asyncio.fixture(loop_scope="session")
async def replica(driver: AsyncDriver) -> Replica:
    """An empty graph with one copy of the service on it."""
    return await Replica(driver).open()
