"""Real stores for every test that asks: from the environment, else from containers, else launched here.

- `PATHLOOM_TEST_POSTGRES_URL` (a superuser's URL) and `PATHLOOM_TEST_NEO4J_URI` (+ `_USER`, `_PASSWORD`) name servers.
- `PATHLOOM_TEST_CONTAINERS=1` takes them from containers, where Docker answers.
- Otherwise `pathloom_local` launches them, once for the session, in a folder that is gone afterwards.

`platform` is the whole of Pathloom running, once for the session, for tests that carry the mark `platform`.
"""

import asyncio
import itertools
import os
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import asyncpg
import pytest
import pytest_asyncio
from pathloom_local.api.client import PublicApi
from pathloom_local.api.door import read_key
from pathloom_local.engines.neo4j import Neo4jServer
from pathloom_local.engines.postgres import PostgresServer
from pathloom_local.platform import Options, Platform

from tests.otlp_collector import Collected, collecting
from tests.workers import ByServer

SETTINGS = {"PATHLOOM_IDENTITY_ERASED_KEYS_KEPT_S": "2"}
"""How long identity's feed names an erased person's records; an hour in production."""
# In a server that lives for minutes the optimising compiler costs more than it gives.
os.environ.setdefault(
    "PATHLOOM_LOCAL_NEO4J_JAVA_OPTIONS", "-XX:TieredStopAtLevel=1 -XX:-UseG1GC -XX:+UseSerialGC"
)
NewDatabase = Callable[[], Awaitable[str]]


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByServer:
    """Who does what, where several workers share the tests."""
    return ByServer(config, log)


@pytest.fixture(scope="session")
def engines_folder() -> Iterator[Path]:
    """Where launched engines keep their data: passable for the account that PostgreSQL needs when tests run as root."""
    folder = Path(tempfile.mkdtemp(prefix="pathloom-test-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def postgres(engines_folder: Path) -> AsyncIterator[PostgresServer]:
    """A PostgreSQL whose superuser we are."""
    async with AsyncExitStack() as stack:
        if url := os.environ.get("PATHLOOM_TEST_POSTGRES_URL"):
            yield _postgres_at(url)
        elif os.environ.get("PATHLOOM_TEST_CONTAINERS"):
            from testcontainers.postgres import PostgresContainer

            container = stack.enter_context(PostgresContainer("postgres:18", driver=None))
            yield _postgres_at(container.get_connection_url())
        else:
            options = Options(data=engines_folder / "postgres", services=(), engines=("postgres",))
            platform = await stack.enter_async_context(_launched(options))
            assert platform.postgres is not None
            yield platform.postgres.server


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def neo4j(engines_folder: Path) -> AsyncIterator[Neo4jServer]:
    """A Neo4j of our own. Tests share it: wipe it (`clean_neo4j`) or keep to labels of your own."""
    async with AsyncExitStack() as stack:
        if uri := os.environ.get("PATHLOOM_TEST_NEO4J_URI"):
            user = os.environ.get("PATHLOOM_TEST_NEO4J_USER", "neo4j")
            yield Neo4jServer(uri, user, os.environ["PATHLOOM_TEST_NEO4J_PASSWORD"])
        elif os.environ.get("PATHLOOM_TEST_CONTAINERS"):
            from testcontainers.neo4j import Neo4jContainer

            container = stack.enter_context(Neo4jContainer("neo4j:5.26-community"))
            yield Neo4jServer(container.get_connection_url(), container.username, container.password)
        else:
            options = Options(data=engines_folder / "neo4j", services=(), engines=("neo4j",))
            platform = await stack.enter_async_context(_launched(options))
            assert platform.neo4j is not None
            yield platform.neo4j.server


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def new_database(postgres: PostgresServer) -> AsyncIterator[NewDatabase]:
    """`await new_database()` makes an empty database and answers its URL (password in it). A server that stays is left without
    them; one that goes takes them along, and dropping is a checkpoint each."""
    made: list[str] = []
    run = f"t{os.getpid()}"
    numbers = itertools.count(1)

    async def make() -> str:
        name = f"{run}_{next(numbers)}"
        await _administer(postgres, f"CREATE DATABASE {name}")
        made.append(name)
        return postgres.url(name)

    yield make
    for name in made if "PATHLOOM_TEST_POSTGRES_URL" in os.environ else ():
        await _administer(postgres, f"DROP DATABASE {name} WITH (FORCE)")


@pytest_asyncio.fixture(loop_scope="session")
async def database(new_database: NewDatabase) -> str:
    """The URL of an empty database for this one test. For a fixture of wider scope use `new_database`."""
    return await new_database()


@pytest_asyncio.fixture(loop_scope="session")
async def clean_neo4j(neo4j: Neo4jServer) -> Neo4jServer:
    """The Neo4j of the session, emptied: no nodes, no constraints, no indexes."""
    await neo4j.wipe()
    return neo4j


@dataclass(frozen=True, slots=True)
class RunningPlatform:
    """Pathloom as anyone meets it. Tests share it: keep to sources, namespaces and ids of your own (`unique`)."""

    url: str
    """Of REST and the console."""
    grpc: str
    """host:port of the public gRPC API."""
    admin_key: str
    """A key with the scopes admin and read."""
    api: PublicApi
    """A client of the REST API with the admin key."""
    local: Platform
    """The processes: kill, stop, restart; restore what you break."""
    _numbers: "itertools.count[int]" = field(default_factory=itertools.count)

    def unique(self, prefix: str) -> str:
        """A lower-case name that no other test of this session has."""
        return f"{prefix}{next(self._numbers)}"

    async def make_source(self, source_id: str, **declared: Any) -> str:
        """Declare a source (members of pathloom.identity.v1.Source in JSON); its id. Its namespace is the id unless said."""
        said = {"source_id": source_id, "namespace": source_id, "trust": "TRUST_TRUSTED", **declared}
        await self.api.put_source(said)
        return source_id

    async def make_key(
        self, source: str = "", scopes: Sequence[str] = ("ingest",), kind: str = "server"
    ) -> str:
        """A key; `source` is the id of a declared source, needed for the scope ingest."""
        _, key = await self.api.create_key(f"test {source}".strip(), scopes, source, kind)
        return key

    async def settled(self, seconds: float = 120.0) -> None:
        """Return when everything accepted so far is in the view. Raises TimeoutError."""
        async with asyncio.timeout(seconds):
            while not (await self.api.status()).settled:  # noqa: ASYNC110 - another process's state
                await asyncio.sleep(0.1)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def telemetry() -> AsyncIterator[Collected]:
    """What the services of `platform` export, as it comes in."""
    async with collecting() as collected:
        yield collected


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def platform(engines_folder: Path, telemetry: Collected) -> AsyncIterator[RunningPlatform]:
    """Engines and all four services, on free ports of this machine, watched by `telemetry`."""
    options = Options(
        data=engines_folder / "platform",
        blueprints=[Path(__file__).parents[1] / "examples" / "volvo"],
        environment={**os.environ, **telemetry.environment(), **SETTINGS},
    )
    async with _launched(options) as local:
        url, key = f"http://{local.addresses['http']}", read_key(local.secrets["admin_key"])
        async with PublicApi(url, key, patience_s=30) as api:
            yield RunningPlatform(url, local.addresses["grpc"], key, api, local)


@asynccontextmanager
async def _launched(options: Options) -> AsyncIterator[Platform]:
    """A platform whose data goes with it: it ends at once, since a checkpoint of all that tests wrote is for nobody."""
    async with Platform(options) as running:
        yield running
        for name in reversed(running.names()):
            child = running.process(name)
            if name == "postgres" and child.running:
                # Its own way to end without a checkpoint: killed, it would leave shared memory behind.
                os.kill(child.pid, signal.SIGQUIT)
                await child.ended.wait()
            else:
                await running.kill(name)


async def _administer(server: PostgresServer, statement: str) -> None:
    connection = await asyncpg.connect(server.url())
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


def _postgres_at(url: str) -> PostgresServer:
    parts = urlsplit(url)
    return PostgresServer(
        parts.hostname or "127.0.0.1",
        parts.port or 5432,
        unquote(parts.username or ""),
        unquote(parts.password or ""),
    )
