"""The whole gateway on a real PostgreSQL, with identity's contract beside it; journey-graph and scoring are away."""

import base64
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass

import grpc.aio
import httpx
import pytest
import pytest_asyncio
from pathloom_gateway.bootstrap import build
from pathloom_gateway.bootstrap_follow import build as follow
from pathloom_gateway.schema import MIGRATIONS
from pathloom_gateway.settings import Settings
from pathloom_kit.migrations import migrate_async
from pathloom_kit.rpc.server import serve
from pathloom_local.ports import free_port

from .identity_double import IdentityDouble

ADMIN_KEY = "test-admin-" + "k" * 40


@dataclass(frozen=True)
class RunningGateway:
    """A gateway that listens, and what a client needs to talk to it."""

    url: str
    grpc: str
    http: httpx.AsyncClient
    identity: IdentityDouble
    settings: Settings
    keys: dict[str, str]

    def bearer(self, key: str) -> dict[str, str]:
        """Headers for the key of this name (or for the key itself)."""
        return {"Authorization": f"Bearer {self.keys.get(key, key)}"}

    def basic(self, key: str) -> dict[str, str]:
        secret = base64.b64encode(f"{self.keys.get(key, key)}:".encode()).decode()
        return {"Authorization": f"Basic {secret}"}


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def running_gateway(new_database: Callable[[], Awaitable[str]]) -> AsyncIterator[RunningGateway]:
    url = await new_database()
    await migrate_async(url, "", MIGRATIONS)
    identity = IdentityDouble()
    async with AsyncExitStack() as stack:
        upstream = await serve(
            identity.entries(), address="127.0.0.1:0", rpc_token="token", domain="identity.pathloom"
        )
        stack.push_async_callback(upstream.stop, 0.1)
        settings = Settings.load(
            database_url=url,
            rpc_token="token",
            identity_address=f"127.0.0.1:{upstream.port}",
            journey_graph_address=f"127.0.0.1:{free_port()}",
            scoring_address=f"127.0.0.1:{free_port()}",
            admin_key=ADMIN_KEY,
            cors_origins=["https://www.example.edu"],
            log_level="WARNING",
        )
        await follow(settings, stack)
        gateway = await build(settings, stack)
        stack.push_async_callback(gateway.stop, 1.0)
        base = f"http://127.0.0.1:{gateway.http.port}"
        http = await stack.enter_async_context(httpx.AsyncClient(base_url=base, timeout=30))
        running = RunningGateway(
            base, f"127.0.0.1:{gateway.grpc.port}", http, identity, settings, {"admin": ADMIN_KEY}
        )
        await _furnish(running)
        yield running


@pytest.fixture
def gateway(running_gateway: RunningGateway) -> RunningGateway:
    """The gateway of the session, its identity emptied of events."""
    running_gateway.identity.clear()
    return running_gateway


@pytest_asyncio.fixture(loop_scope="session")
async def channel(gateway: RunningGateway) -> AsyncIterator[grpc.aio.Channel]:
    async with grpc.aio.insecure_channel(gateway.grpc) as opened:
        yield opened


async def _furnish(running: RunningGateway) -> None:
    """A source, and a key of every sort."""
    source = {"name": "Portal", "namespace": "portal", "trust": "TRUST_TRUSTED", "default_channel": "web"}
    answer = await running.http.put("/v1/sources/portal", json=source, headers=running.bearer("admin"))
    assert answer.status_code == 200, answer.text
    for name, scopes, kind in (
        ("server", ["ingest"], "server"),
        ("public", ["ingest"], "public"),
        ("reader", ["read"], "server"),
        ("other", ["ingest"], "server"),
    ):
        body = {"name": name, "scopes": scopes, "kind": kind}
        if "ingest" in scopes:
            body["source_id"] = "portal"
        answer = await running.http.post("/v1/keys", json=body, headers=running.bearer("admin"))
        assert answer.status_code == 200, answer.text
        running.keys[name] = answer.json()["key"]
