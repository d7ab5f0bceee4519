"""Looking for pieces of text in everything that a platform keeps, serves or has written."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
import grpc.aio
from neo4j import AsyncGraphDatabase
from pathloom.feed.v1 import feed_pb2
from pathloom.identity.v1 import customers_pb2_grpc, events_pb2_grpc
from pathloom.journey_graph.v1 import journeys_pb2_grpc
from pathloom.scoring.v1 import scores_pb2_grpc
from pathloom_kit.rpc.client import channel
from pathloom_local.services import SERVICES

from tests.laws.running import Running

Found = dict[str, set[str]]
"""Pieces of text by where they stand."""
_TABLES = """
SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables
WHERE schemaname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1
"""
_STATISTICS = (
    "SELECT tablename || '.' || attname AS name, s::text AS row FROM pg_stats s WHERE schemaname = 'public'"
)


def spellings(text: str) -> list[bytes]:
    """The ways in which a text may stand in bytes, in hex of bytes, and in JSON."""
    raw = text.encode()
    return [raw, raw.hex().encode(), json.dumps(text)[1:-1].encode(), text.encode("utf-16-le")]


class Search:
    """For which texts, and where they were found. Upper and lower case are one."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._texts = {text: {each.lower() for each in spellings(text)} for text in texts}
        self.found: Found = {}

    def look(self, where: str, content: bytes | str) -> None:
        """Notes what stands in the content."""
        raw = (content.encode("utf-8", "replace") if isinstance(content, str) else content).lower()
        for text, ways in self._texts.items():
            if any(way in raw for way in ways):
                self.found.setdefault(where, set()).add(text)


async def tables(running: Running, search: Search) -> None:
    """Every row of every table of every database."""
    assert running.local.postgres is not None
    for service in (each for each in SERVICES if each.has_database):
        connection = await asyncpg.connect(running.local.postgres.server.url(service.database))
        try:
            for table in await connection.fetch(_TABLES):
                for row in await connection.fetch(f"SELECT t::text AS row FROM {table['name']} t"):  # noqa: S608
                    search.look(f"{service.name}: {table['name']}", row["row"])
        finally:
            await connection.close()


async def statistics(running: Running, search: Search) -> None:
    """What the planner of every database has gathered from columns: some of their values."""
    assert running.local.postgres is not None
    for service in (each for each in SERVICES if each.has_database):
        connection = await asyncpg.connect(running.local.postgres.server.url(service.database))
        try:
            for row in await connection.fetch(_STATISTICS):
                search.look(f"{service.name}: statistics of {row['name']}", row["row"])
        finally:
            await connection.close()


async def graph(running: Running, search: Search) -> None:
    """Every property of every node and relationship."""
    assert running.local.neo4j is not None
    server = running.local.neo4j.server
    async with AsyncGraphDatabase.driver(server.uri, auth=(server.user, server.password)) as driver:
        for query in (
            "MATCH (n) RETURN labels(n)[0] AS kind, properties(n) AS properties",
            "MATCH ()-[r]->() RETURN type(r) AS kind, properties(r) AS properties",
        ):
            for row in (await driver.execute_query(query)).records:
                for name, value in row["properties"].items():
                    content = bytes(value) if isinstance(value, bytes | bytearray) else str(value)
                    search.look(f"graph: {row['kind']}.{name}", content)


async def feeds(running: Running, search: Search) -> None:
    """Every feed in both lanes, read from zero."""
    addresses, token = running.local.addresses, running.local.secrets["rpc_token"].read_text()
    for service, feed, method in (
        ("identity", "events", lambda c: events_pb2_grpc.EventLogServiceStub(c).FollowEvents),
        ("identity", "customers", lambda c: customers_pb2_grpc.CustomerServiceStub(c).FollowCustomers),
        ("journey-graph", "journeys", lambda c: journeys_pb2_grpc.JourneyServiceStub(c).FollowJourneys),
        ("scoring", "scores", lambda c: scores_pb2_grpc.ScoringServiceStub(c).FollowScores),
    ):
        async with _opened(addresses[service], token) as opened:
            for lane in (feed_pb2.LANE_LIVE, feed_pb2.LANE_BULK):
                async for page in _to_the_head(method(opened), lane):
                    for entry in page.entries:
                        search.look(f"feed {feed}", entry.SerializeToString())


def logs(running: Running, search: Search) -> None:
    """What every process has written to its log, and Neo4j to its own."""
    root = running.local.folder.root
    for path in [*root.glob("logs/*"), *root.glob("neo4j/logs/*")]:
        search.look(f"log {path.name}", path.read_bytes())


def files(folder: Path, search: Search, of: Callable[[Path], bool] = lambda path: True) -> None:
    """Every file below a folder, in pieces that overlap; a file that goes meanwhile is passed over."""
    for path in sorted(each for each in folder.rglob("*") if each.is_file() and of(each)):
        try:
            with path.open("rb") as file:
                before = b""
                while piece := file.read(1 << 22):
                    search.look(str(path.relative_to(folder)), before + piece)
                    before = piece[-600:]
        except FileNotFoundError:
            continue


@asynccontextmanager
async def _opened(address: str, token: str) -> AsyncIterator[grpc.aio.Channel]:
    opened = channel(address, token=token)
    try:
        yield opened
    finally:
        await opened.close()


async def _to_the_head(method: Any, lane: "feed_pb2.Lane.ValueType") -> AsyncIterator[Any]:
    call = method(feed_pb2.FollowRequest(after=feed_pb2.Cursor(lane=lane)))
    try:
        async for page in call:
            yield page
            if page.header.caught_up:
                return
    finally:
        call.cancel()


async def everywhere(running: Running, texts: Sequence[str]) -> Found:
    """Stores, feeds and logs."""
    search = Search(texts)
    await tables(running, search)
    await graph(running, search)
    await feeds(running, search)
    await asyncio.to_thread(logs, running, search)
    return search.found
