"""Identity services for tests."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest
import pytest_asyncio

pytest.register_assert_rewrite("tests.integration.identity.identity_stores")

from tests.integration.identity.identity_stores import Store, opened  # noqa: E402 - after the rewriting is on
from tests.integration.identity.identity_world import Identity, source, start  # noqa: E402


@pytest_asyncio.fixture(loop_scope="session")
async def identity(database: str) -> AsyncIterator[Identity]:
    """One replica on an empty database, with the source `crm`."""
    async with AsyncExitStack() as stack:
        running = await start(database, stack)
        await running.put(source())
        yield running


@pytest_asyncio.fixture(loop_scope="session")
async def store(database: str) -> AsyncIterator[Store]:
    """The adapters on an empty database, with the sources of the unit tests' worlds; nothing runs by itself."""
    async with opened(database) as found:
        yield found
