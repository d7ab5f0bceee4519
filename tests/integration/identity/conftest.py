"""Identity services for tests."""

import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest_asyncio

sys.path.insert(0, str(Path(__file__).parent))

from identity_world import Identity, source, start


@pytest_asyncio.fixture(loop_scope="session")
async def identity(database: str) -> AsyncIterator[Identity]:
    """One replica on an empty database, with the source `crm`."""
    async with AsyncExitStack() as stack:
        running = await start(database, stack)
        await running.put(source())
        yield running
