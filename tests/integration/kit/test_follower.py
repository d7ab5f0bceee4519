"""Following: each entry has its effect once, whatever dies on the way. Real stores on both sides."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any

import asyncpg
import pytest
from pathloom_kit.errors import InvalidArgument
from pathloom_kit.feeds import pg_cursors
from pathloom_kit.feeds.cursor import Cursor, Lane
from pathloom_kit.feeds.page import FeedPage, PageHeader, Watermark
from pathloom_kit.postgres import Database, RawConnection

from .followed_things import FEED, Entry, Things, Upstream, follower, running, until, upstream_values


async def same(upstream: Database, store: Things) -> bool:
    return await store.values() == await upstream_values(upstream)


async def counted_wrong(upstream: Database, store: Things) -> dict[str, int]:
    """Follows 40 things, published once, while the store's process "dies" at random before and after commits. Returns
    the things whose effect did not happen exactly once."""
    chance = random.Random(7)

    async def maybe_die(entries: Sequence[Any]) -> None:
        if entries and chance.random() < 0.35:
            raise ConnectionResetError

    store.before_commit = store.after_commit = maybe_die
    source = Upstream(upstream)
    await source.publish({f"k{i}": i for i in range(40)})
    async with running(follower(source, store, max_entries=3)):
        await until(lambda: same(upstream, store))
    return {key: times for key, times in (await store.times()).items() if times != 1}


class Effects(Things):
    """Counts every application, without the help of versions: only the cursor makes it once."""

    async def put(self, conn: RawConnection, entry: Any, new: Cursor) -> None:
        await conn.execute(
            "INSERT INTO effect AS e VALUES ($1, $2, $3, $4, 1) ON CONFLICT (key) DO UPDATE SET times = e.times + 1",
            entry.journey_id, new.epoch, entry.version, entry.score.model,
        )  # fmt: skip


class CursorApart(Effects):
    """The planted fault: the cursor moves in a transaction of its own, after the effect's."""

    async def apply(
        self,
        feed: str,
        entries: Sequence[Any],
        expected: Cursor,
        new: Cursor,
        watermarks: Sequence[Watermark],
    ) -> None:
        async with self.database.asyncpg() as conn:
            for entry in entries:
                await self.put(conn, entry, new)
            assert self.before_commit
            await self.before_commit(entries)
            await self.move(conn, feed, expected, new, watermarks)


async def test_killed_between_effect_and_cursor_it_still_counts_once(
    upstream: Database, downstream: Database
) -> None:
    assert await counted_wrong(upstream, Effects(downstream)) == {}


async def test_the_law_catches_a_cursor_in_another_transaction(
    upstream: Database, downstream: Database
) -> None:
    assert await counted_wrong(upstream, CursorApart(downstream)) != {}


async def test_it_follows_what_changes_while_it_reads(upstream: Database, downstream: Database) -> None:
    source, store = Upstream(upstream), Things(downstream)
    chance = random.Random(3)
    async with running(follower(source, store, max_entries=4)):
        for value in range(60):
            lane = chance.choice([Lane.LIVE, Lane.BULK])
            await source.publish({f"k{chance.randint(0, 30)}": value for _ in range(4)}, lane)
        await until(lambda: same(upstream, store))


class Waiting(Effects):
    """Comes to apply its page only when the other replica has applied one."""

    def __init__(self, database: Database, replica: str, head_start: int) -> None:
        super().__init__(database, replica)
        self._free = head_start  # pages that it need not wait for
        self.applied_one = asyncio.Event()
        self.other: Waiting | None = None

    async def apply(
        self,
        feed: str,
        entries: Sequence[Any],
        expected: Cursor,
        new: Cursor,
        watermarks: Sequence[Watermark],
    ) -> None:
        if entries and self._free == 0:
            assert self.other
            await self.other.applied_one.wait()
        self._free -= bool(entries and self._free)
        await super().apply(feed, entries, expected, new, watermarks)
        if entries:
            self.applied_one.set()


async def test_two_replicas_share_one_cursor_and_the_stale_one_is_refused(
    upstream: Database, downstream: Database
) -> None:
    source = Upstream(upstream)
    first, second = Waiting(downstream, "a", head_start=0), Waiting(downstream, "b", head_start=1)
    first.other, second.other = second, first
    await source.publish({f"k{i}": i for i in range(12)})
    one, two = follower(source, first, max_entries=2), follower(source, second, max_entries=2)
    async with running(one, two):
        await until(lambda: same(upstream, first))
    assert min(one.state.applied_entries, two.state.applied_entries) > 0
    assert one.state.stale > 0
    assert set((await first.times()).values()) == {1}


async def test_a_stale_replica_changes_nothing(upstream: Database, downstream: Database) -> None:
    store = Things(downstream)
    start, new = Cursor("", 0, Lane.LIVE, 0), Cursor("e", 0, Lane.LIVE, 5)
    await store.apply(FEED, [], start, new, ())
    for stale in (start, new.at(4), Cursor("other", 0, Lane.LIVE, 5)):
        with pytest.raises(pg_cursors.StaleCursor):
            await store.apply(FEED, [], stale, new.at(9), ())
    assert (await store.cursors(FEED))[0, Lane.LIVE] == new


class Choosy(Things):
    """Cannot take the value 13, whatever the key."""

    async def put(self, conn: RawConnection, entry: Any, new: Cursor) -> None:
        if entry.score.model == "13":
            raise InvalidArgument("13 is not possible here")
        await super().put(conn, entry, new)


async def test_poison_is_parked_and_a_newer_entry_of_the_key_releases_it(
    upstream: Database, downstream: Database
) -> None:
    source, store = Upstream(upstream), Choosy(downstream)

    async def parked() -> Sequence[pg_cursors.Parked]:
        async with downstream.asyncpg() as conn:
            return await pg_cursors.list_parked(conn, FEED)

    await source.publish({"a": 1, "b": 13, "c": 3})
    one = follower(source, store)
    async with running(one):
        await until(lambda: values_are(store, {"a": 1, "c": 3}))
        (aside,) = await parked()
        assert (aside.key, aside.place.n, aside.reason) == (
            "b",
            2,
            "INVALID_ARGUMENT: 13 is not possible here",
        )
        assert one.state.parked == 1
        await source.publish({"b": 2})
        await until(lambda: values_are(store, {"a": 1, "b": 2, "c": 3}))
    assert await parked() == []
    assert (await store.times())["a"] == 1


async def values_are(store: Things, wanted: dict[str, int]) -> bool:
    return await store.values() == wanted


async def test_an_unexpected_fault_is_parked_without_its_message(
    upstream: Database, downstream: Database
) -> None:
    class Buggy(Things):
        async def put(self, conn: RawConnection, entry: Any, new: Cursor) -> None:
            raise KeyError("a name that must not be kept")

    source, store = Upstream(upstream), Buggy(downstream)
    await source.publish({"a": 1})
    one = follower(source, store)
    async with running(one):

        async def is_parked() -> bool:
            return one.state.parked == 1

        await until(is_parked)
    async with downstream.asyncpg() as conn:
        (aside,) = await pg_cursors.list_parked(conn, FEED)
    assert "KeyError" in aside.reason
    assert "name" not in aside.reason


async def test_a_transient_failure_blocks_and_is_tried_again(
    upstream: Database, downstream: Database
) -> None:
    source, store = Upstream(upstream), Things(downstream)
    failures = [
        asyncpg.DiskFullError(),
        asyncpg.DeadlockDetectedError(),
        TimeoutError(),
        ConnectionRefusedError(),
    ]

    async def fail_first(entries: Sequence[Any]) -> None:
        if entries and failures:
            raise failures.pop()

    store.before_commit = fail_first
    await source.publish({"a": 1, "b": 2})
    one = follower(source, store)
    async with running(one):
        await until(lambda: same(upstream, store))
    assert one.state.parked == 0
    assert set((await store.times()).values()) == {1}


async def test_restored_to_an_earlier_point_everything_downstream_converges(
    upstream: Database, downstream: Database
) -> None:
    source, store = Upstream(upstream), Things(downstream)
    await source.publish({"kept": 1, "changed": 1})
    one = follower(source, store)
    async with running(one):
        await until(lambda: same(upstream, store))
        async with upstream.asyncpg() as conn:
            await conn.execute("CREATE TABLE backup_thing AS SELECT * FROM feed_thing")
            await conn.execute("CREATE TABLE backup_head AS SELECT * FROM feed_head")
        await source.publish({"lost": 1, "changed": 2})
        await source.publish({"lost too": 1}, Lane.BULK)
        await until(lambda: same(upstream, store))
        # Nobody tells the service: that a cursor lies beyond the head must be enough.
        async with upstream.asyncpg() as conn, conn.transaction():
            await conn.execute("TRUNCATE feed_thing, feed_head")
            await conn.execute("INSERT INTO feed_thing SELECT * FROM backup_thing")
            await conn.execute("INSERT INTO feed_head SELECT * FROM backup_head")
        await until(lambda: same(upstream, store))
        await source.publish({"new": 1})
        await until(lambda: same(upstream, store))
    assert await store.values() == {"kept": 1, "changed": 1, "new": 1}
    assert one.state.restarts >= 1
    async with downstream.asyncpg() as conn:
        assert await pg_cursors.restarting(conn, FEED) is None


class Killed(BaseException):
    """The process ends: nothing in it may catch this."""


async def test_a_reading_again_survives_a_crash_and_keeps_what_is_there_until_its_end(
    upstream: Database, downstream: Database
) -> None:
    source, store = Upstream(upstream), Things(downstream)
    await source.publish({f"k{i}": i for i in range(10)})
    async with running(follower(source, store)):
        await until(lambda: same(upstream, store))
    async with upstream.asyncpg() as conn:
        await conn.execute("DELETE FROM feed_thing WHERE key = 'k0'")
        await source.feed.new_epoch(conn)

    died = False

    async def die_half_way(entries: Sequence[Any]) -> None:
        nonlocal died
        if any(entry.journey_id == "k5" for entry in entries) and not died:
            died = True
            raise Killed

    store.before_commit = die_half_way
    with pytest.raises(Killed):
        await follower(source, store, max_entries=2).run()
    assert "k0" in await store.values()
    async with running(follower(source, store, max_entries=2)):
        await until(lambda: same(upstream, store))
    assert "k0" not in await store.values()


async def test_nothing_is_dropped_before_the_upstream_is_full_and_all_has_had_its_effect(
    upstream: Database, downstream: Database
) -> None:
    source, store = Upstream(upstream), Things(downstream)
    await source.publish({"kept": 1, "gone": 1, "comes late": 1})

    async def refilling() -> bool:
        async with downstream.asyncpg() as conn:
            return await pg_cursors.refilling(conn, FEED)

    assert await refilling(), "never read"
    async with running(follower(source, store)):
        await until(lambda: same(upstream, store))
        await until(lambda: refuses(refilling))
        async with upstream.asyncpg() as conn:
            await conn.execute("DELETE FROM feed_thing WHERE key IN ('gone', 'comes late')")
            source.refilling = True
            await source.feed.new_epoch(conn)
        await source.publish({"kept": 2})
        await until(lambda: holds(store, kept=2))
        assert await refilling()
        # Whoever begins anew meanwhile drops nothing either.
    async with running(follower(source, store)):
        await asyncio.sleep(0.3)
        assert await store.values() == {"kept": 2, "gone": 1, "comes late": 1}
        await source.publish({"comes late": 2})
        source.refilling, store.full = False, False
        source.wakeup.signal()
        await until(lambda: same(upstream, store))
        assert await refilling(), "what it read has yet to have its effect"
        store.full = True
        await until(lambda: refuses(refilling))
    assert await store.values() == {"kept": 2, "comes late": 2}


async def refuses(said: Callable[[], Awaitable[bool]]) -> bool:
    return not await said()


async def holds(store: Things, **values: int) -> bool:
    return values.items() <= (await store.values()).items()


class Ready:
    """An upstream that always has its pages at hand: 40 of one entry in each lane."""

    async def follow(self, cursor: Cursor, max_entries: int) -> AsyncIterator[FeedPage[Any]]:
        for n in range(1, 41):
            place = Cursor("e", 0, cursor.lane, n)
            entry = Entry(journey_id=f"{cursor.lane.name}{n}", n=n, version=1)
            yield FeedPage(PageHeader(place, 40, caught_up=n == 40), [entry])
        await asyncio.Event().wait()


class Order(Things):
    """Remembers in which lanes pages were applied."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.lanes: list[Lane] = []

    async def apply(
        self, feed: str, entries: Sequence[Any], expected: Cursor, new: Cursor, watermarks: Sequence[Any]
    ) -> None:
        self.lanes.append(new.lane)
        await super().apply(feed, [], expected, new, watermarks)


@pytest.mark.parametrize(("share", "least", "most"), [(0.2, 8, 12), (0.0, 0, 2), (0.5, 36, 40)])
async def test_live_goes_first_and_bulk_keeps_its_share(
    downstream: Database, share: float, least: int, most: int
) -> None:
    store = Order(downstream)

    async def all_applied() -> bool:
        return len(store.lanes) == 80

    async with running(follower(Ready(), store, bulk_share=share, max_entries=1)):
        await until(all_applied)
    last_live = max(i for i, lane in enumerate(store.lanes) if lane is Lane.LIVE)
    assert least <= store.lanes[:last_live].count(Lane.BULK) <= most


async def test_watermarks_arrive_with_the_entries_they_speak_of(
    upstream: Database, downstream: Database
) -> None:
    source, store = Upstream(upstream), Things(downstream)
    mark = Watermark("facts", Cursor("f", 0, Lane.LIVE, 7))
    source.watermarks = (mark,)
    await source.publish({"a": 1, "b": 2, "c": 3})

    async def seen(wanted: Watermark) -> bool:
        async with downstream.asyncpg() as conn:
            return wanted in await pg_cursors.read_watermarks(conn, FEED)

    async with running(follower(source, store, max_entries=1)):
        await until(lambda: seen(mark))
        assert await same(upstream, store)
        # Nothing was published, but the upstream has read on.
        source.watermarks = (Watermark("facts", mark.cursor.at(8)),)
        source.wakeup.signal()
        await until(lambda: seen(source.watermarks[0]))
