"""Ready means able to serve: the service's own store decides it, and nothing else; alive is another question."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, cast

import asyncpg
import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from pathloom_kit.postgres import connect
from pathloom_kit.readiness import PostgresAnswers, Steady, follow_store
from pathloom_kit.rpc.server import LIVE, RunningServer, serve

NewDatabase = Callable[[], Awaitable[str]]
SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING


class Health:
    """What the probes of a cluster ask."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub = health_pb2_grpc.HealthStub(channel)

    async def says(self, name: str = "") -> int:
        return int((await self._stub.Check(health_pb2.HealthCheckRequest(service=name))).status)

    async def until(self, status: int) -> None:
        """The test's own time limit ends what never comes; meanwhile it is alive throughout."""
        while await self.says() != status:
            assert await self.says(LIVE) == SERVING
            await asyncio.sleep(0.01)
        assert await self.says(LIVE) == SERVING


@asynccontextmanager
async def followed(
    ask: Callable[[], Awaitable[None]], steady: Steady, within_s: float = 30
) -> AsyncIterator[tuple[RunningServer, Health]]:
    server = await serve([], address="127.0.0.1:0", rpc_token="t", domain="d")
    following = asyncio.create_task(
        follow_store(server, ask, every_s=0.005, within_s=within_s, steady=steady)
    )
    try:
        async with grpc.aio.insecure_channel(f"127.0.0.1:{server.port}") as channel:
            yield server, Health(channel)
    finally:
        following.cancel()
        with pytest.raises(asyncio.CancelledError):
            await following
        await server.stop(0)


async def test_a_database_that_goes_away_and_comes_back(new_database: NewDatabase, database: str) -> None:
    gone = await new_database()
    name = gone.rpartition("/")[2].partition("?")[0]
    store = await connect(gone, "", application_name="readiness-test")
    answers = PostgresAnswers(store)
    operator = await asyncpg.connect(database)
    try:
        async with followed(answers, Steady()) as (_, health):
            await health.until(SERVING)
            for _ in range(2):
                await operator.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
                await operator.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", name
                )
                await health.until(NOT_SERVING)
                await operator.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
                await health.until(SERVING)
    finally:
        answers.close()
        await operator.close()
        await store.close()


async def test_a_pool_that_is_busy_is_no_store_that_is_away(database: str) -> None:
    store = await connect(database, "", application_name="readiness-test", raw_pool_size=1)
    answers = PostgresAnswers(store)
    try:
        async with store.asyncpg(), asyncio.timeout(60):
            await answers()
    finally:
        answers.close()
        await store.close()


async def test_a_store_that_never_answers_is_away() -> None:
    async def never() -> None:
        await asyncio.Event().wait()

    async with followed(never, Steady(down_after=1), within_s=0.005) as (_, health):
        await health.until(NOT_SERVING)


async def test_a_server_that_stops_is_not_said_to_be_ready_again() -> None:
    said: list[int] = []

    class Checks:
        async def set(self, name: str, status: int) -> None:
            said.append(status)

    class Listening:
        async def stop(self, grace: float) -> None:
            await server.set_serving(True)  # the store came back while calls in flight were ending

    server = RunningServer(cast("Any", Listening()), 0, cast("Any", Checks()), ())
    await server.set_serving(True)
    await server.stop(1)
    assert said == [SERVING, NOT_SERVING, NOT_SERVING]


def test_it_turns_only_after_several_in_a_row() -> None:
    steady = Steady(down_after=3, up_after=2)
    seen = [False, False, True, False, False, False, True, False, True, True, True]
    turned = [steady.saw(answered) for answered in seen]
    assert [at for at, now in enumerate(turned) if now] == [5, 9]
    assert steady.ready
