"""The only wiring."""

from __future__ import annotations

from contextlib import AsyncExitStack
from datetime import timedelta

from pathloom.journey_graph.v1 import journeys_pb2, journeys_pb2_grpc
from pathloom.scoring.v1 import scores_pb2_grpc
from pathloom_kit.clock import SystemClock
from pathloom_kit.feeds.epoch import ensure_epoch
from pathloom_kit.feeds.follow import Follower, GrpcFeed
from pathloom_kit.feeds.serve import FeedServer
from pathloom_kit.feeds.wakeup import PgWakeUps
from pathloom_kit.ids import new_id
from pathloom_kit.leases import PgLease, while_held
from pathloom_kit.postgres import connect
from pathloom_kit.readiness import PostgresAnswers, follow_store
from pathloom_kit.rpc.client import channel
from pathloom_kit.rpc.server import RunningServer, serve
from pathloom_kit.service import spawn

from pathloom_scoring.adapters.fact_sums import PgFactSums
from pathloom_scoring.adapters.freshness import FollowedFreshness
from pathloom_scoring.adapters.score_store import JOURNEYS_FEED, SCORES_FEED, PgScoreStore
from pathloom_scoring.adapters.scored_journeys import PgScoredJourneys
from pathloom_scoring.adapters.scores_feed import ScoresFeed
from pathloom_scoring.adapters.weights_file import shipped_weights
from pathloom_scoring.application.get_measures import GetMeasures
from pathloom_scoring.application.list_journeys import ListJourneys
from pathloom_scoring.application.score_journey import ScoreJourney
from pathloom_scoring.entrypoints.grpc import DOMAIN, SERVICE, ScoringServicer, UseCases
from pathloom_scoring.settings import Settings


async def build(settings: Settings, stack: AsyncExitStack) -> RunningServer:
    """The service, following and serving."""
    clock = SystemClock()
    database = await connect(
        settings.database_url,
        settings.database_password.get_secret_value(),
        application_name="pathloom-scoring",
    )
    stack.push_async_callback(database.close)
    async with database.asyncpg() as conn:
        await ensure_epoch(conn)
    wakeups = PgWakeUps(database)
    spawn(stack, wakeups.run(), "wake-ups")

    store = PgScoreStore(
        database, ScoreJourney(shipped_weights()), published=lambda: wakeups.published(SCORES_FEED)
    )
    await store.read_again_after_a_new_model()
    upstream = channel(settings.journey_graph_address, token=settings.rpc_token.get_secret_value())
    stack.push_async_callback(upstream.close)
    stub = journeys_pb2_grpc.JourneyServiceStub(upstream)
    follower: Follower[journeys_pb2.JourneyEntry] = Follower(
        JOURNEYS_FEED,
        GrpcFeed(stub.FollowJourneys),
        store,
        clock,
        max_entries=settings.max_entries,
        bulk_share=settings.bulk_share,
    )
    # Short: a replica that was killed should not keep the others waiting; a renewal is one small write a second.
    lease = PgLease(f"follow:{JOURNEYS_FEED}", new_id("scoring"), ttl=timedelta(seconds=3))
    spawn(stack, while_held(lease, database, follower.run), "journeys follower")

    feed = ScoresFeed(database)
    use_cases = UseCases(
        get_measures=GetMeasures(PgFactSums(database), FollowedFreshness(database, follower.state), clock),
        list_journeys=ListJourneys(PgScoredJourneys(database), clock),
        scores=FeedServer(feed.read_page, renew_epoch=feed.renew_epoch, wakeup=wakeups.of(SCORES_FEED)),
        describe_feeds=feed.describe,
    )
    server = await serve(
        [(scores_pb2_grpc.add_ScoringServiceServicer_to_server, ScoringServicer(use_cases), SERVICE)],
        address=settings.grpc_address,
        rpc_token=settings.rpc_token.get_secret_value(),
        domain=DOMAIN,
    )
    answers = PostgresAnswers(database)
    stack.callback(answers.close)
    spawn(stack, follow_store(server, answers), "readiness")
    return server
