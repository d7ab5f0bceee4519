"""A feed through a real server and channel: heartbeats, resets, and a server that comes and goes."""

from typing import Any

import pytest
from pathloom.scoring.v1 import scores_pb2_grpc
from pathloom_kit.errors import FeedReset
from pathloom_kit.feeds.client import GrpcFeed
from pathloom_kit.feeds.cursor import Cursor, Lane
from pathloom_kit.postgres import Database
from pathloom_kit.rpc.client import channel
from pathloom_kit.rpc.server import RunningServer, serve

from .followed_things import Things, Unanswering, Upstream, follower, running, until, upstream_values

TOKEN = "a token for tests"


class Servicer(Unanswering):
    def __init__(self, source: Upstream) -> None:
        self._source = source

    async def FollowScores(self, request: Any, context: Any) -> Any:
        async for page in self._source.server.stream(request):
            yield page


async def start(source: Upstream, address: str = "127.0.0.1:0") -> RunningServer:
    return await serve(
        [
            (
                scores_pb2_grpc.add_ScoringServiceServicer_to_server,
                Servicer(source),
                "pathloom.scoring.v1.ScoringService",
            )
        ],
        address=address,
        rpc_token=TOKEN,
        domain="scoring.pathloom",
    )


async def test_a_follower_outlives_its_upstreams_restart(upstream: Database, downstream: Database) -> None:
    source, store = Upstream(upstream), Things(downstream)
    server = await start(source)
    address = f"127.0.0.1:{server.port}"

    async def same() -> bool:
        return await store.values() == await upstream_values(upstream)

    await source.publish({f"k{i}": i for i in range(20)})
    async with channel(address, token=TOKEN) as to_upstream:
        feed: GrpcFeed[Any] = GrpcFeed(scores_pb2_grpc.ScoringServiceStub(to_upstream).FollowScores)
        async with running(follower(feed, store, max_entries=3)):
            await until(same)
            await server.stop(0)
            await source.publish({"while it was away": 1})
            server = await start(source, address)
            await until(same)
            await source.publish({"after": 1})
            await until(same)
    await server.stop(0)


async def test_first_page_heartbeat_and_resets(upstream: Database) -> None:
    source = Upstream(upstream)
    server = await start(source)
    async with channel(f"127.0.0.1:{server.port}", token=TOKEN) as to_upstream:
        feed: GrpcFeed[Any] = GrpcFeed(scores_pb2_grpc.ScoringServiceStub(to_upstream).FollowScores)
        pages = feed.follow(Cursor("", 0, Lane.LIVE, 0), 10)
        first = await anext(pages)
        assert first.header.caught_up
        assert not first.entries
        assert (await anext(pages)).header == first.header  # a sign of life
        await pages.aclose()
        current = first.header.cursor.epoch
        with pytest.raises(FeedReset) as foreign:
            await anext(feed.follow(Cursor("another", 0, Lane.LIVE, 0), 10))
        assert foreign.value.epoch == current
        with pytest.raises(FeedReset) as beyond:
            await anext(feed.follow(Cursor(current, 0, Lane.LIVE, 99), 10))
        assert beyond.value.epoch != current  # proof of a loss: the epoch is over
        again = await anext(feed.follow(Cursor("", 0, Lane.LIVE, 0), 10))
        assert again.header.cursor.epoch == beyond.value.epoch
    await server.stop(0)
