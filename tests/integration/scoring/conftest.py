"""A migrated database of scoring for each test, and what works on it."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

import pytest_asyncio
from pathloom_kit.clock import ManualClock
from pathloom_kit.feeds.epoch import ensure_epoch
from pathloom_kit.feeds.state import FollowerState
from pathloom_kit.migrations import migrate_async
from pathloom_kit.postgres import Database, connect
from pathloom_scoring.adapters.fact_sums import PgFactSums
from pathloom_scoring.adapters.freshness import FollowedFreshness
from pathloom_scoring.adapters.score_store import PgScoreStore
from pathloom_scoring.adapters.scored_journeys import PgScoredJourneys
from pathloom_scoring.adapters.scores_feed import ScoresFeed
from pathloom_scoring.adapters.weights_file import shipped_weights
from pathloom_scoring.application.get_measures import GetMeasures
from pathloom_scoring.application.list_journeys import ListJourneys
from pathloom_scoring.application.score_journey import ScoreJourney
from pathloom_scoring.schema import MIGRATIONS

from .journey_messages import NOW, Feeder


@dataclass
class Scoring:
    """The service without its network."""

    database: Database
    store: PgScoreStore
    feeder: Feeder
    measures: GetMeasures
    journeys: ListJourneys
    feed: ScoresFeed
    clock: ManualClock
    published: list[None]


async def scoring_on(database: Database) -> Scoring:
    """Wired as in bootstrap, with a clock that stands still."""
    clock, published = ManualClock(NOW), list[None]()
    store = PgScoreStore(database, ScoreJourney(shipped_weights()), lambda: published.append(None))
    return Scoring(
        database=database,
        store=store,
        feeder=Feeder(store),
        measures=GetMeasures(
            PgFactSums(database), FollowedFreshness(database, FollowerState("journeys")), clock
        ),
        journeys=ListJourneys(PgScoredJourneys(database), clock),
        feed=ScoresFeed(database),
        clock=clock,
        published=published,
    )


TABLES = (
    "journey_score, touchpoint_fact, handling_fact, answer_fact, promise_fact, feed_head, feed_thing, feed_cursor, "
    "feed_watermark, feed_parked, feed_restart, feed_filled, lease"
)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def scoring_db_url(new_database: Callable[[], Awaitable[str]]) -> str:
    """A database with the schema, shared by the tests of this folder."""
    url = await new_database()
    await migrate_async(url, "", MIGRATIONS)
    return url


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def scoring_db(scoring_db_url: str) -> AsyncIterator[Database]:
    """Open."""
    opened = await connect(scoring_db_url, "", application_name="test-scoring")
    async with opened.asyncpg() as conn:
        await ensure_epoch(conn)
    yield opened
    await opened.close()


@pytest_asyncio.fixture(loop_scope="session")
async def scoring(scoring_db: Database) -> Scoring:
    """The service on it, empty."""
    async with scoring_db.asyncpg() as conn:
        await conn.execute(f"TRUNCATE {TABLES}")
        await conn.execute("UPDATE scoring_state SET applied_at = NULL")
    return await scoring_on(scoring_db)
