"""Numbers are gap-free and become visible in their order. The planted fault: numbers from a sequence."""

import asyncio
import random
from collections.abc import Awaitable, Callable

import pytest
from pathloom_kit.feeds.cursor import Lane
from pathloom_kit.feeds.numbers import head, take_numbers
from pathloom_kit.postgres import Database, RawConnection

Take = Callable[[RawConnection, int], Awaitable[int]]


async def from_the_head(conn: RawConnection, count: int) -> int:
    return await take_numbers(conn, "facts", 0, Lane.LIVE, count)


async def from_a_sequence(conn: RawConnection, count: int) -> int:
    """The planted fault: what everybody tries first. (The sequence goes up by four, more than anybody takes.)"""
    return int(await conn.fetchval("SELECT nextval('fact_n')"))


class GaveBack(Exception):
    """A transaction that is rolled back."""


async def write(database: Database, take: Take, rounds: int, seed: int) -> list[int]:
    chance = random.Random(seed)
    written: list[int] = []
    for _ in range(rounds):
        count = chance.randint(1, 4)
        try:
            async with database.asyncpg() as conn, conn.transaction():
                first = await take(conn, count)
                await conn.executemany("INSERT INTO fact VALUES ($1)", [(first + i,) for i in range(count)])
                await asyncio.sleep(chance.random() * 0.004)  # commits come in another order than takings
                if chance.random() < 0.2:
                    raise GaveBack
            written += range(first, first + count)
        except GaveBack:
            pass
    return written


async def read_in_order(database: Database, done: asyncio.Event) -> list[int]:
    """What a follower with a cursor sees: everything after the largest number it has seen."""
    seen: list[int] = []
    async with database.asyncpg() as conn:
        while True:
            last_round = done.is_set()
            rows = await conn.fetch("SELECT n FROM fact WHERE n > $1 ORDER BY n", seen[-1] if seen else 0)
            seen += [row["n"] for row in rows]
            if last_round:
                return seen
            await asyncio.sleep(0)


async def followed(database: Database, take: Take) -> tuple[list[int], list[int]]:
    """The numbers that the reader saw, in its order, and those that were written, sorted."""
    async with database.asyncpg() as conn:
        await conn.execute("CREATE TABLE fact (n bigint PRIMARY KEY); CREATE SEQUENCE fact_n INCREMENT BY 4")
    done = asyncio.Event()
    reader = asyncio.create_task(read_in_order(database, done))
    try:
        written = await asyncio.gather(*(write(database, take, 20, seed) for seed in range(8)))
    finally:
        done.set()
        seen = await reader
    return seen, sorted(n for numbers in written for n in numbers)


async def test_eight_writers_leave_no_gap_and_the_reader_misses_nothing(upstream: Database) -> None:
    seen, written = await followed(upstream, from_the_head)
    assert seen == written == list(range(1, len(written) + 1))
    async with upstream.asyncpg() as conn:
        assert await head(conn, "facts", 0, Lane.LIVE) == len(written)


async def test_the_law_catches_a_sequence(upstream: Database) -> None:
    seen, written = await followed(upstream, from_a_sequence)
    assert len(seen) < len(written), "a reader of sequence numbers loses what becomes visible out of order"


async def test_a_later_number_cannot_be_committed_before_an_earlier_one(upstream: Database) -> None:
    async with upstream.asyncpg() as first, upstream.asyncpg() as second, upstream.asyncpg() as witness:
        transaction = first.transaction()
        await transaction.start()
        assert await from_the_head(first, 2) == 1
        other = asyncio.create_task(from_the_head(second, 1))
        waiting = "SELECT wait_event_type FROM pg_stat_activity WHERE pid = $1"
        while await witness.fetchval(waiting, second.get_server_pid()) != "Lock":
            assert not other.done()
            await asyncio.sleep(0.005)
        await transaction.commit()
        assert await other == 3


async def test_lanes_and_partitions_count_apart(upstream: Database) -> None:
    async with upstream.asyncpg() as conn:
        assert await take_numbers(conn, "facts", 0, Lane.LIVE, 5) == 1
        assert await take_numbers(conn, "facts", 0, Lane.BULK, 1) == 1
        assert await take_numbers(conn, "facts", 1, Lane.LIVE, 1) == 1
        assert await take_numbers(conn, "facts", 0, Lane.LIVE, 1) == 6
        with pytest.raises(ValueError, match="at least one"):
            await take_numbers(conn, "facts", 0, Lane.LIVE, 0)
