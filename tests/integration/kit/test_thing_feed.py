"""A compact feed: whoever reads a lane to its head has every thing published there, as it was then or newer."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

import asyncpg
import pytest
from pathloom_kit.feeds import log
from pathloom_kit.feeds.cursor import LANES, Cursor, Lane
from pathloom_kit.feeds.epoch import ensure_epoch, epoch, new_epoch, renew_epoch
from pathloom_kit.feeds.log import Thing, ThingFeed
from pathloom_kit.feeds.tables import FEED_TABLES_SQL
from pathloom_kit.postgres import Database, connect
from pathloom_local.engines.postgres import PostgresServer

from .followed_things import FEED, Entry, publish


@dataclass
class Reader:
    """Reads pages of two, keeps the newest version of each thing."""

    place: dict[Lane, int] = field(default_factory=lambda: dict.fromkeys(LANES, 0))
    known: dict[str, tuple[int, int]] = field(default_factory=dict)

    async def read(self, database: Database, lane: Lane) -> bool:
        async with database.asyncpg() as conn:
            page = await ThingFeed(FEED).read(conn, Cursor("", 0, lane, self.place[lane]), 2)
        assert [stored.n for stored in page.entries] == sorted({stored.n for stored in page.entries})
        for stored in page.entries:
            if stored.version > self.known.get(stored.key, (0, 0))[0]:
                self.known[stored.key] = stored.version, int(Entry.FromString(stored.entry).score.model)
        self.place[lane] = page.cursor.n
        return page.caught_up

    def values(self) -> dict[str, int]:
        return {key: value for key, (_, value) in self.known.items()}


async def broken_promises(database: Database, seed: int) -> list[str]:
    """Plays random publishing and reading; says where the law did not hold. Values only grow, so "as it was then or
    newer" is "at least"."""
    chance = random.Random(seed)
    reader, wrong = Reader(), []
    promised: dict[Lane, dict[str, int]] = {lane: {} for lane in LANES}
    for value in range(1, 40):
        lane = chance.choice(LANES)
        if chance.random() < 0.5:
            values = {f"k{chance.randint(0, 4)}": value for _ in range(chance.randint(1, 3))}
            await publish(database, values, lane)
            promised[lane] |= values
        elif await reader.read(database, lane):
            wrong += [key for key, least in promised[lane].items() if reader.values().get(key, 0) < least]
    for lane in LANES:
        while not await reader.read(database, lane):
            pass
    newest: Mapping[str, int] = {
        key: max(p.get(key, 0) for p in promised.values()) for p in promised.values() for key in p
    }
    return wrong + [key for key, value in newest.items() if reader.values().get(key) != value]


@pytest.mark.parametrize("seed", range(6))
async def test_reading_to_the_head_misses_nothing_published_in_the_lane(
    upstream: Database, seed: int
) -> None:
    assert await broken_promises(upstream, seed) == []


async def test_the_law_catches_a_thing_that_leaves_its_lane(
    upstream: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The planted fault: one number a thing, so that a backfill pulls what a live reader waits for into the bulk lane.
    moved = log._PUBLISHES[Lane.BULK].replace(
        "bulk_n = excluded.bulk_n", "bulk_n = excluded.bulk_n, live_n = NULL"
    )
    assert moved != log._PUBLISHES[Lane.BULK]
    monkeypatch.setitem(log._PUBLISHES, Lane.BULK, moved)
    assert any([await broken_promises(upstream, seed) for seed in range(6)])


async def test_the_same_bytes_get_no_new_number(upstream: Database) -> None:
    assert await publish(upstream, {"a": 1, "b": 1}) == 2
    assert await publish(upstream, {"a": 1, "b": 2}) == 3
    assert await publish(upstream, {"a": 1, "b": 2}, Lane.BULK) == 0


async def test_what_only_bulk_told_is_told_live_when_it_matters_now(upstream: Database) -> None:
    await publish(upstream, {"a": 1}, Lane.BULK)
    assert await publish(upstream, {"a": 1}) == 1
    async with upstream.asyncpg() as conn:
        page = await ThingFeed(FEED).read(conn, Cursor("", 0, Lane.LIVE, 0), 10)
    assert [(stored.key, stored.version) for stored in page.entries] == [("a", 1)]


async def test_the_version_grows_across_lanes(upstream: Database) -> None:
    for value, lane in enumerate([Lane.LIVE, Lane.BULK, Lane.BULK, Lane.LIVE]):
        await publish(upstream, {"a": value}, lane)
    async with upstream.asyncpg() as conn:
        feed = ThingFeed(FEED)
        live = await feed.read(conn, Cursor("", 0, Lane.LIVE, 0), 10)
        bulk = await feed.read(conn, Cursor("", 0, Lane.BULK, 0), 10)
    assert [(s.n, s.version) for s in live.entries] == [(2, 4)]
    assert [(s.n, s.version) for s in bulk.entries] == [(2, 4)]
    assert (live.head, live.cursor.n, live.caught_up) == (2, 2, True)


async def test_pages_are_bounded_in_entries_and_in_bytes(upstream: Database) -> None:
    feed = ThingFeed(FEED)
    big = [Thing(f"k{i}", bytes(3000) + bytes([i])) for i in range(6)]
    async with upstream.asyncpg() as conn:
        async with conn.transaction():
            await feed.publish(conn, big, Lane.LIVE)
        start = Cursor("", 0, Lane.LIVE, 0)
        page = await feed.read(conn, start, 100, max_bytes=7000)
        assert [s.n for s in page.entries] == [1, 2, 3]
        assert (page.cursor.n, page.caught_up) == (3, False)
        one = await feed.read(conn, start, 100, max_bytes=1)
        assert [s.n for s in one.entries] == [1]
        few = await feed.read(conn, start, 2)
        assert (few.cursor.n, few.caught_up) == (2, False)
        rest = await feed.read(conn, page.cursor, 100)
        assert [s.n for s in rest.entries] == [4, 5, 6]
        assert rest.caught_up


async def test_publishers_of_the_same_things_in_both_lanes_do_not_wait_in_a_ring(upstream: Database) -> None:
    async def many(lane: Lane, base: int) -> None:
        chance = random.Random(base)
        for i in range(30):
            await publish(upstream, {f"k{chance.randint(0, 9)}": base + i for _ in range(5)}, lane)

    await asyncio.gather(*(many(lane, base) for base, lane in enumerate([Lane.LIVE, Lane.BULK] * 3)))
    async with upstream.asyncpg() as conn:
        for lane in LANES:
            newest = await conn.fetchval(
                "SELECT max(CASE $1::int WHEN 1 THEN live_n ELSE bulk_n END) FROM feed_thing", int(lane)
            )
            assert newest == await log.head(conn, FEED, 0, lane)


async def test_an_epoch_ends_once_for_all_who_find_it_lost(upstream: Database) -> None:
    async with upstream.asyncpg() as conn:
        first = await epoch(conn)
        assert await ensure_epoch(conn) == first
        second = await renew_epoch(conn, first)
        assert second != first
        assert await renew_epoch(conn, first) == second
        third = await new_epoch(conn)
        assert await epoch(conn) == third != second


async def test_tables_brought_back_from_a_dump_begin_a_new_epoch(upstream: Database) -> None:
    async with upstream.asyncpg() as conn:
        before = await epoch(conn)
        # What pg_restore does: the table is made anew and filled with the old rows.
        await conn.execute(
            "CREATE TABLE copy AS SELECT * FROM feed_epoch; DROP TABLE feed_epoch;"
            "CREATE TABLE feed_epoch AS SELECT * FROM copy"
        )
        assert await epoch(conn) == before
        assert await ensure_epoch(conn) != before


async def test_a_copy_of_the_database_in_its_place_begins_a_new_epoch(
    new_database: Callable[[], Awaitable[str]], postgres: PostgresServer
) -> None:
    url = await new_database()
    name = url.rpartition("/")[2]
    before = ""
    for again in (False, True):
        database = await connect(url, "", application_name="kit-tests")
        try:
            async with database.asyncpg() as conn:
                if not again:
                    for statement in FEED_TABLES_SQL:
                        await conn.execute(statement)
                assert await ensure_epoch(conn) != before
                before = await ensure_epoch(conn)
        finally:
            await database.close()
        if not again:
            admin = await asyncpg.connect(postgres.url())
            try:
                await admin.execute(f"CREATE DATABASE {name}_copy TEMPLATE {name}")
                await admin.execute(f"DROP DATABASE {name}")
                await admin.execute(f"ALTER DATABASE {name}_copy RENAME TO {name}")
            finally:
                await admin.close()
