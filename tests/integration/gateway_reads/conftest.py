"""A gateway of our own beside fake upstreams, and a migrated database for tests of the store alone."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

import asyncpg
import grpc.aio
import httpx
import pytest_asyncio
from pathloom.gateway.v1.view_pb2_grpc import CustomerViewServiceStub
from pathloom_gateway.bootstrap import build
from pathloom_gateway.bootstrap_follow import build as follow
from pathloom_gateway.schema import MIGRATIONS
from pathloom_gateway.settings import Settings
from pathloom_kit.migrations import migrate_async
from pathloom_kit.postgres import Database, connect
from pathloom_kit.rpc.client import channel
from pydantic import SecretStr

from .fake_upstreams import TOKEN, Upstreams, running

KEY = "a-key-for-tests-with-enough-entropy-0123456789"


@dataclass
class Gateway:
    """A gateway that runs, both faces."""

    up: Upstreams
    http: httpx.AsyncClient
    view: Any  # the generated asynchronous stub has no type of its own at run time
    database: str

    async def rows(self, query: str, *args: Any) -> list[Any]:
        connection = await asyncpg.connect(self.database)
        try:
            return list(await connection.fetch(query, *args))
        finally:
            await connection.close()

    async def look_up(self, **wanted: Any) -> dict[str, Any]:
        response = await self.http.post("/v1/lookup", json=wanted)
        assert response.status_code == 200, response.text
        found: dict[str, Any] = response.json()
        return found


Start = Callable[..., Awaitable[Gateway]]


@pytest_asyncio.fixture(loop_scope="session")
async def gateway_db(database: str) -> AsyncIterator[Database]:
    """The gateway's schema in an empty database."""
    await migrate_async(database, "", MIGRATIONS)
    opened = await connect(database, "", application_name="test-gateway-reads")
    yield opened
    await opened.close()


@pytest_asyncio.fixture(loop_scope="session")
async def start(database: str) -> AsyncIterator[Start]:
    """`await start()` is a gateway with its upstreams; again is a replica beside it. All are stopped at the end."""
    up = Upstreams()
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(running(up))
        await migrate_async(database, "", MIGRATIONS)

        async def begin() -> Gateway:
            settings = Settings(
                grpc_address="127.0.0.1:0",
                rpc_token=SecretStr(TOKEN),
                database_url=database,
                http_address="127.0.0.1:0",
                identity_address=up.addresses["identity"],
                journey_graph_address=up.addresses["journey_graph"],
                scoring_address=up.addresses["scoring"],
                admin_key=SecretStr(KEY),
                shutdown_grace_s=1,
            )
            await follow(settings, stack)
            running_gateway = await build(settings, stack)
            stack.push_async_callback(running_gateway.stop, 1)
            http = await stack.enter_async_context(
                httpx.AsyncClient(
                    base_url=f"http://127.0.0.1:{running_gateway.http.port}",
                    headers={"Authorization": f"Bearer {KEY}"},
                    timeout=20,
                )
            )
            face: grpc.aio.Channel = channel(f"127.0.0.1:{running_gateway.grpc.port}", token=KEY)
            stack.push_async_callback(face.close)
            return Gateway(up, http, CustomerViewServiceStub(face), database)

        yield begin


@pytest_asyncio.fixture(loop_scope="session")
async def gateway(start: Start) -> Gateway:
    """One gateway."""
    return await start()
