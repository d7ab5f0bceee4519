"""The services of one platform, held back and let go stage by stage, and when each has caught up."""

import asyncio
from collections.abc import Mapping
from typing import Any

import asyncpg
import grpc.aio
from neo4j import AsyncGraphDatabase
from pathloom.feed.v1.feed_pb2 import DescribeFeedsRequest, FeedState
from pathloom.identity.v1 import events_pb2_grpc
from pathloom.journey_graph.v1 import journeys_pb2_grpc
from pathloom.scoring.v1 import scores_pb2_grpc
from pathloom_kit.rpc.client import channel
from pathloom_local.api.client import PublicApi
from pathloom_local.api.door import read_key
from pathloom_local.platform import Platform
from pathloom_local.services import service

_STUBS = {
    "identity": events_pb2_grpc.EventLogServiceStub,
    "journey-graph": journeys_pb2_grpc.JourneyServiceStub,
    "scoring": scores_pb2_grpc.ScoringServiceStub,
}
Place = tuple[str, int]


class Stages:
    """What the benchmark asks of a running platform."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    async def stop(self, *names: str) -> None:
        """Ends services in good order."""
        for name in names:
            await self._platform.stop(name)

    async def start(self, name: str) -> None:
        """Starts a service that was stopped, with an up-to-date schema."""
        command = self._platform.process(name).command
        migrate = await asyncio.create_subprocess_exec(
            *command.argv[:-1], "migrate", env=dict(command.env), cwd=command.cwd
        )
        if await migrate.wait():
            raise SystemExit(f"{name} could not be migrated")
        await self._platform.restart(name)

    async def empty_graph(self) -> None:
        """journey-graph's store as on the first day."""
        assert self._platform.neo4j
        await self._platform.neo4j.server.wipe()

    async def empty_database(self, name: str) -> None:
        """A service's database as on the first day."""
        connection = await self.connect(name)
        try:
            owner = service(name).database
            await connection.execute(
                f"DROP SCHEMA public CASCADE; CREATE SCHEMA public AUTHORIZATION {owner}"
            )
        finally:
            await connection.close()

    async def connect(self, name: str) -> Any:
        """To a service's database, as the superuser."""
        assert self._platform.postgres
        return await asyncpg.connect(self._platform.postgres.server.url(service(name).database))

    async def resolved(self) -> bool:
        """Identity has resolved every event of its log."""
        feeds = await self._describe("identity")
        return _read(feeds, "customers", "events") == _heads(feeds, "events")

    async def journeys_made(self) -> bool:
        """journey-graph has placed every event and read every customer."""
        identity, graph = await self._describe("identity"), await self._describe("journey-graph")
        return all(
            _read(graph, "journeys", feed) == _heads(identity, feed) for feed in ("events", "customers")
        )

    async def scored(self) -> bool:
        """Scoring has scored every journey."""
        graph, scoring = await self._describe("journey-graph"), await self._describe("scoring")
        return _read(scoring, "scores", "journeys") == _heads(graph, "journeys")

    async def viewed(self) -> bool:
        """The gateway says that everything accepted is in the view."""
        key = read_key(self._platform.secrets["admin_key"])
        async with PublicApi(f"http://{self._platform.addresses['http']}", key) as api:
            return (await api.status()).settled

    async def events(self) -> int:
        """How many the log holds."""
        return sum(n for _, n in _heads(await self._describe("identity"), "events").values())

    async def counts(self) -> Mapping[str, int]:
        """What they have become."""
        assert self._platform.neo4j
        server = self._platform.neo4j.server
        async with AsyncGraphDatabase.driver(server.uri, auth=(server.user, server.password)) as driver:
            found = {}
            for label in ("Touchpoint", "Journey", "Customer"):
                records, _, _ = await driver.execute_query(f"MATCH (n:{label}) RETURN count(n) AS n")
                found[f"{label.lower()}s"] = int(records[0]["n"])
        return found

    async def _describe(self, name: str) -> list[FeedState]:
        token = self._platform.secrets["rpc_token"].read_text().strip()
        async with channel(self._platform.addresses[name], token=token) as line:
            try:
                answer = await _STUBS[name](line).DescribeFeeds(DescribeFeedsRequest(), timeout=30)
            except grpc.aio.AioRpcError:
                return []
            return list(answer.feeds)


def _heads(feeds: list[FeedState], feed: str) -> dict[int, Place]:
    """By lane, where there is something."""
    return {f.head.lane: (f.head.epoch, f.head.n) for f in feeds if f.feed == feed and f.head.n}


def _read(feeds: list[FeedState], feed: str, of: str) -> dict[int, Place]:
    """By lane, how far the maker of `feed` has read `of`, where there is something."""
    marks = [(f, mark) for f in feeds if f.feed == feed for mark in f.watermarks]
    return {
        mark.cursor.lane: (mark.cursor.epoch, mark.cursor.n)
        for f, mark in marks
        if mark.feed == of and mark.cursor.n and mark.cursor.lane == f.head.lane
    }
