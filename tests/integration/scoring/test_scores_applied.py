"""The journeys feed into scores: once, newest wins, withdrawn is gone, a reset re-reads, replicas agree."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from _pytest.outcomes import Failed
from asyncpg import UniqueViolationError
from pathloom.journey_graph.v1 import journeys_pb2 as pb
from pathloom.scoring.v1 import scores_pb2
from pathloom_kit.feeds import epoch as epochs
from pathloom_kit.feeds import pg_cursors
from pathloom_kit.feeds.cursor import Cursor, Lane
from pathloom_kit.feeds.page import Watermark
from pathloom_kit.feeds.stale import StaleCursor
from pathloom_scoring.adapters import score_store
from pathloom_scoring.adapters.score_store import JOURNEYS_FEED
from pathloom_scoring.domain.measures import Parameters
from pathloom_scoring.domain.selection import GroupBy, Selection

from .conftest import Scoring, scoring_on
from .journey_messages import NOW, Feeder, answer, contact, entry, journey, survey

TABLES = ("touchpoint_fact", "handling_fact", "answer_fact", "promise_fact")


async def everything(scoring: Scoring) -> dict[str, list[tuple[object, ...]]]:
    """What the store holds, apart from where it came from."""
    held = {}
    async with scoring.database.asyncpg() as conn:
        for table in TABLES:
            held[table] = [
                tuple(r)
                for r in await conn.fetch(f"SELECT * FROM {table} ORDER BY journey_id, position")  # noqa: S608
            ]
        held["journey_score"] = [
            tuple(r)[3:]
            for r in await conn.fetch(
                "SELECT epoch, version, model, * FROM journey_score WHERE alive ORDER BY journey_id"
            )
        ]
    return held


async def scores(scoring: Scoring, lane: Lane = Lane.LIVE) -> dict[str, scores_pb2.ScoreEntry]:
    page = await scoring.feed.read_page(Cursor("", 0, lane, 0), 1000)
    return {one.journey_id: one for one in page.entries}


def two_calls(key: str, **what: object) -> pb.Journey:
    return journey(key, [contact(f"{key}-1", NOW), contact(f"{key}-2", NOW, waiting_s=120.0)], **what)


async def test_a_page_is_scored_stored_and_published(scoring: Scoring) -> None:
    await scoring.feeder.apply(entry(1, 7, two_calls("j1")))
    (found,) = (await scores(scoring)).values()
    assert found.score.journey_version == 7
    assert found.score.customer_id == "cus_j1"
    assert found.score.model == "shipped@1"
    assert {part.signal for part in found.score.friction.contributions} == {"wait", "repeat"}
    assert found.score.satisfaction.basis == scores_pb2.BASIS_ESTIMATED
    assert scoring.published


async def test_the_same_page_twice_is_once(scoring: Scoring) -> None:
    page = entry(1, 1, two_calls("j1"))
    await scoring.feeder.apply(page)
    before, feed = await everything(scoring), await scores(scoring)
    with pytest.raises(StaleCursor):  # as a replica that has not seen the cursor move
        await scoring.store.apply(
            JOURNEYS_FEED, [page], Cursor("", 0, Lane.LIVE, 0), Cursor("e1", 0, Lane.LIVE, 1), ()
        )
    await scoring.feeder.apply(entry(2, 1, two_calls("j1")))  # sent again under a new number
    assert await everything(scoring) == before
    assert await scores(scoring) == feed


async def test_an_older_version_is_ignored_in_whichever_lane(scoring: Scoring) -> None:
    await scoring.feeder.apply(entry(1, 5, two_calls("j1")))
    before = await everything(scoring)
    await scoring.feeder.apply(entry(1, 4, journey("j1", [contact("old", NOW)])), lane=Lane.BULK)
    await scoring.feeder.apply(entry(2, 3, "j1"))
    assert await everything(scoring) == before
    await scoring.feeder.apply(entry(2, 6, journey("j1", [contact("new", NOW)])), lane=Lane.BULK)
    assert [row[4] for row in (await everything(scoring))["touchpoint_fact"]] == ["new"]


async def test_a_withdrawn_journey_leaves_nothing_but_a_tombstone(scoring: Scoring) -> None:
    said = survey("s", NOW, answer("nps", 3, NOW, "journey"))
    await scoring.feeder.journeys(journey("j1", [contact("a", NOW), said]), two_calls("j2"))
    await scoring.feeder.apply(entry(3, 2, "j1"))
    held = await everything(scoring)
    assert {row[0] for rows in held.values() for row in rows} == {"j2"}
    async with scoring.database.asyncpg() as conn:
        row = await conn.fetchrow(
            "SELECT customer_id, channels::text, satisfaction FROM journey_score WHERE journey_id = 'j1'"
        )
    assert tuple(row) == ("", "[]", None)
    gone = (await scores(scoring))["j1"]
    assert not gone.HasField("score")
    assert gone.version == 2
    measured = await scoring.measures(Selection(), ["contacts", "journeys"], GroupBy.NOTHING, Parameters())
    assert [one.estimate.value for one in measured] == [2, 1]


async def test_of_a_journey_that_comes_again_only_what_differs_is_written(scoring: Scoring) -> None:
    async def written() -> dict[str, str]:
        async with scoring.database.asyncpg() as conn:
            rows = await conn.fetch("SELECT touchpoint_id, xmin::text AS by FROM touchpoint_fact")
        return {row["touchpoint_id"]: row["by"] for row in rows}

    calls = [contact(key, NOW) for key in "abc"]
    await scoring.feeder.apply(entry(1, 1, journey("j1", calls)))
    first = await written()
    await scoring.feeder.apply(
        entry(2, 2, journey("j1", [*calls[:2], contact("c", NOW, cost=9.5), contact("d", NOW)]))
    )
    second = await written()
    assert sorted(second) == list("abcd")
    assert [key for key in first if second[key] != first[key]] == ["c"]
    await scoring.feeder.apply(entry(3, 3, journey("j1", calls[:1])))
    assert await written() == {"a": first["a"]}


async def test_the_order_of_entries_does_not_matter(scoring: Scoring) -> None:
    first = [entry(1, 1, two_calls("j1")), entry(2, 1, two_calls("j2")), entry(3, 2, "j2")]
    moved = entry(4, 3, journey("j1", [contact("j1-1", NOW)]))
    for one in [*first, moved]:
        await scoring.feeder.apply(one)
    one_way = await everything(scoring)
    async with scoring.database.asyncpg() as conn:
        await conn.execute(
            "TRUNCATE journey_score, touchpoint_fact, handling_fact, answer_fact, promise_fact, feed_cursor"
        )
    await scoring.feeder.apply(entry(1, 2, "j2"), entry(2, 3, moved.journey), lane=Lane.BULK)
    await scoring.feeder.apply(*first)
    assert await everything(scoring) == one_way


async def test_a_reset_reads_again_and_drops_what_was_not_sent_again(scoring: Scoring) -> None:
    await scoring.feeder.apply(entry(1, 9, two_calls("j1")), entry(2, 9, two_calls("gone")))
    await scoring.store.restart(JOURNEYS_FEED, "e2")
    assert len((await everything(scoring))["journey_score"]) == 2, "what is here serves on"
    again = Feeder(scoring.store, "e2")
    await again.apply(entry(1, 1, journey("j1", [contact("restored", NOW)])))
    await again.apply(lane=Lane.BULK)
    await scoring.store.finish_restart(JOURNEYS_FEED, "e2")
    held = await everything(scoring)
    assert [row[4] for row in held["touchpoint_fact"]] == ["restored"]
    assert [row[0] for row in held["journey_score"]] == ["j1"]
    assert not (await scores(scoring, Lane.BULK))["gone"].HasField("score")
    before = await everything(scoring)
    await scoring.store.finish_restart(JOURNEYS_FEED, "e2")
    assert await everything(scoring) == before


async def test_a_store_that_is_new_or_restored_says_so_until_it_is_full(scoring: Scoring) -> None:
    async def refilling() -> bool:
        said = {state.refilling for state in (await scoring.feed.describe()).feeds}
        said |= {(await scoring.feed.read_page(Cursor("", 0, lane, 0), 1)).header.refilling for lane in Lane}
        assert len(said) == 1
        return said.pop()

    assert await refilling()
    await scoring.feeder.apply(entry(1, 1, two_calls("j1")))
    assert await refilling()
    await scoring.store.finish_restart(JOURNEYS_FEED, "e1")
    assert not await refilling()
    await scoring.store.restart(JOURNEYS_FEED, "e2")
    assert await refilling()
    await scoring.store.finish_restart(JOURNEYS_FEED, "e2")
    assert not await refilling()
    async with scoring.database.asyncpg() as conn:
        await epochs.new_epoch(conn)
    assert await refilling(), "this store was brought back from elsewhere"


async def test_two_replicas_share_the_work_and_a_stale_one_is_refused(scoring: Scoring) -> None:
    other = await scoring_on(scoring.database)
    await scoring.feeder.apply(entry(1, 1, two_calls("j1")))
    await other.feeder.apply(entry(2, 1, two_calls("j2")))
    stale = Cursor("e1", 0, Lane.LIVE, 1)
    with pytest.raises(StaleCursor):
        await scoring.store.apply(JOURNEYS_FEED, [entry(2, 1, two_calls("j2"))], stale, stale.at(2), ())
    await scoring.feeder.apply(entry(3, 1, two_calls("j3")))
    assert [row[0] for row in (await everything(scoring))["journey_score"]] == ["j1", "j2", "j3"]
    assert sorted(one.n for one in (await scores(scoring)).values()) == [1, 2, 3]


async def test_a_parked_journey_is_counted_and_released_by_a_newer_one(scoring: Scoring) -> None:
    bad = pb.Journey(journey_id="j1", touchpoints=[pb.Touchpoint(touchpoint_id="nowhen")])
    with pytest.raises(ValueError, match="no time"):
        await scoring.feeder.apply(entry(1, 1, bad))
    at = Cursor("e1", 0, Lane.LIVE, 1)
    await scoring.store.park(JOURNEYS_FEED, entry(1, 1, bad), "no time", Cursor("", 0, Lane.LIVE, 0), at)
    assert [state.parked for state in (await scoring.feed.describe()).feeds] == [1, 1]
    await scoring.feeder.apply(entry(2, 2, two_calls("j1")))
    assert [state.parked for state in (await scoring.feed.describe()).feeds] == [0, 0]


async def test_pages_tell_how_far_everything_before_was_read(scoring: Scoring) -> None:
    mark = Watermark("events", Cursor("i1", 0, Lane.LIVE, 42))
    await scoring.feeder.apply(entry(1, 1, two_calls("j1")), watermarks=[mark])
    page = await scoring.feed.read_page(Cursor("", 0, Lane.LIVE, 0), 10)
    assert {(one.feed, one.cursor.n) for one in page.header.watermarks} == {("journeys", 1), ("events", 42)}
    assert page.header.caught_up


async def test_what_came_in_bulk_first_is_found_in_the_live_lane_too(scoring: Scoring) -> None:
    """A page of the live lane says how far the live lane was read: what it names must be in it, at that or newer."""
    await scoring.feeder.apply(entry(1, 6, two_calls("j1")), lane=Lane.BULK)
    await scoring.feeder.apply(entry(1, 6, two_calls("j1")), entry(2, 1, "never seen"))
    assert (await scores(scoring))["j1"].score.journey_version == 6
    await scoring.feeder.apply(entry(3, 7, two_calls("j2")))
    assert sorted(one.n for one in (await scores(scoring)).values()) == [1, 2, 3]


def without_versions(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(score_store, "_UPSERT", re.sub(r"WHERE s\.epoch.*\n", "", score_store._UPSERT))


def keeping_facts(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(score_store, "_FORGET_FACTS", ())
    kept = [(text.replace("t.position >= j.held", "false"), *of) for text, *of in score_store._REPLACE_FACTS]
    patch.setattr(score_store, "_REPLACE_FACTS", kept)


def without_comparing(patch: pytest.MonkeyPatch) -> None:
    async def moved(conn: Any, feed: str, expected: Cursor, new: Cursor, marks: object = ()) -> None:
        await conn.execute(
            "INSERT INTO feed_cursor (feed, partition, lane, epoch, n) VALUES ($1, 0, $2, $3, $4) "
            "ON CONFLICT (feed, partition, lane) DO UPDATE SET epoch = $3, n = $4",
            feed, int(new.lane), new.epoch, new.n,
        )  # fmt: skip

    patch.setattr(pg_cursors, "advance", moved)


def publishing_only_what_is_new(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(score_store, "_KNOWN", score_store._KNOWN + " AND false")


@pytest.mark.parametrize(
    ("plant", "law"),
    [
        (without_versions, test_an_older_version_is_ignored_in_whichever_lane),
        (without_versions, test_the_order_of_entries_does_not_matter),
        (keeping_facts, test_a_withdrawn_journey_leaves_nothing_but_a_tombstone),
        (keeping_facts, test_a_reset_reads_again_and_drops_what_was_not_sent_again),
        (without_comparing, test_the_same_page_twice_is_once),
        (without_comparing, test_two_replicas_share_the_work_and_a_stale_one_is_refused),
        (publishing_only_what_is_new, test_what_came_in_bulk_first_is_found_in_the_live_lane_too),
    ],
)
async def test_a_planted_fault_is_caught(
    scoring: Scoring, monkeypatch: pytest.MonkeyPatch, plant: Callable[..., None], law: Callable[..., Any]
) -> None:
    plant(monkeypatch)
    with pytest.raises((AssertionError, Failed, UniqueViolationError, KeyError)):
        await law(scoring)


async def test_other_weights_score_everything_anew(scoring: Scoring) -> None:
    await scoring.feeder.apply(entry(1, 1, two_calls("j1")))
    assert not await scoring.store.read_again_after_a_new_model()
    async with scoring.database.asyncpg() as conn:
        await conn.execute("UPDATE journey_score SET model = 'shipped@0', friction = -1")
    assert await scoring.store.read_again_after_a_new_model()
    assert await scoring.store.cursors(JOURNEYS_FEED) == {}
    await scoring.feeder.apply(entry(1, 1, two_calls("j1")))
    async with scoring.database.asyncpg() as conn:
        assert await conn.fetchval("SELECT friction FROM journey_score") > 0


async def test_nothing_of_a_page_that_fails_stays(scoring: Scoring) -> None:
    with pytest.raises(Exception, match="0x00"):
        await scoring.feeder.apply(
            entry(1, 1, two_calls("j1")), entry(2, 1, journey("j2", [contact("a\x00", NOW)]))
        )
    assert not any((await everything(scoring)).values())
    assert await scoring.store.cursors(JOURNEYS_FEED) == {}
