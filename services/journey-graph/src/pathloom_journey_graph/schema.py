"""Bringing the graph to this version. Knows nothing of what serves, so that a migration job starts light."""

import asyncio

from neo4j import AsyncDriver, AsyncGraphDatabase

from pathloom_journey_graph.adapters.graph import Graph
from pathloom_journey_graph.settings import Settings


def driver_of(settings: Settings) -> AsyncDriver:
    """A pool of connections; nothing is opened yet."""
    return AsyncGraphDatabase.driver(
        settings.neo4j_uri,
        auth=(settings.neo4j_user, settings.neo4j_password.get_secret_value()),
        user_agent="pathloom-journey-graph",
        notifications_min_severity="OFF",
    )


def migrate(settings: Settings) -> None:
    """Constraints and indexes."""

    async def run() -> None:
        async with driver_of(settings) as driver:
            await Graph(driver, settings.neo4j_database).migrate()

    asyncio.run(run())
