"""A migrated database of the gateway for each test, and entries of the four feeds made by hand."""

from collections.abc import AsyncIterator

import pytest_asyncio
from pathloom_gateway.bootstrap import MIGRATIONS
from pathloom_kit.migrations import migrate_async
from pathloom_kit.postgres import Database, connect


@pytest_asyncio.fixture(loop_scope="session")
async def gateway_db(database: str) -> AsyncIterator[Database]:
    """The gateway's schema in an empty database."""
    await migrate_async(database, "", MIGRATIONS)
    opened = await connect(database, "", application_name="test-gateway-reads")
    yield opened
    await opened.close()
