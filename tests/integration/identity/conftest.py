"""Identity services for tests."""

import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import pytest_asyncio

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parents[1] / "unit" / "identity")]

pytest.register_assert_rewrite("identity_stores")

from identity_stores import Store, opened  # noqa: E402 - found beside this file
from identity_world import Identity, source, start  # noqa: E402


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
