"""The followers' store: pages and their cursors in one transaction, documents ready at its end."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pathloom.identity.v1.customers_pb2 import CustomerEntry
from pathloom_kit.clock import Clock
from pathloom_kit.feeds import pg_cursors
from pathloom_kit.feeds.cursor import Cursor, Lane
from pathloom_kit.feeds.page import Watermark
from pathloom_kit.feeds.together import Together
from pathloom_kit.looking_up import looking_up
from pathloom_kit.postgres import Database, RawConnection
from pathloom_kit.transient import is_transient

from pathloom_gateway.adapters.read_model.contacts import apply_events, keep_epoch, refold
from pathloom_gateway.adapters.read_model.customers import Touched, apply_customers
from pathloom_gateway.adapters.read_model.households import drop_other_epochs
from pathloom_gateway.adapters.read_model.journeys import (
    apply_journeys,
    apply_scores,
    forget_bodies,
    owners_of_journeys,
    reown,
    settle_contested,
)
from pathloom_gateway.adapters.read_model.keys import record_key
from pathloom_gateway.adapters.read_model.leads import drop_leads
from pathloom_gateway.adapters.read_model.parked import was_erased
from pathloom_gateway.adapters.read_model.recompose import recompose
from pathloom_gateway.adapters.read_model.widen import widen
from pathloom_gateway.domain.instants import micros, stamp_micros

EVENTS, CUSTOMERS, JOURNEYS, SCORES = "events", "customers", "journeys", "scores"
FEEDS = (EVENTS, CUSTOMERS, JOURNEYS, SCORES)
_WRITER = 0x7061_7468_7669_6577  # "pathview": one writer of the read model at a time
_AS_OF = """
INSERT INTO view_heard AS h (feed, partition, lane, head, heard_us, as_of_us) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (feed, partition, lane) DO UPDATE SET head = greatest(h.head, excluded.head),
    as_of_us = greatest(h.as_of_us, excluded.as_of_us)
"""
# In the order in which they were left; whoever is there already keeps its place.
_LEAVE = "INSERT INTO view_left (customer_id) SELECT unnest($1::text[]) ON CONFLICT DO NOTHING"
_TAKE_LEFT = """
DELETE FROM view_left WHERE customer_id IN (SELECT customer_id FROM view_left WHERE left_at <= $1 ORDER BY left_at LIMIT $2)
RETURNING customer_id
"""
Changed = Callable[[set[str], set[str]], None]


@dataclass(frozen=True, slots=True)
class ViewStep:
    """One step of one follower."""

    feed: str
    entries: Sequence[Any]
    expected: Cursor
    new: Cursor
    watermarks: Sequence[Watermark]

    @property
    def lane(self) -> Lane:
        """That it is of."""
        return self.new.lane

    @property
    def shows(self) -> bool:
        """Whether anything in it is shown: of the log only what belongs to contacts is."""
        if self.feed == EVENTS:
            return any(entry.HasField("contact") for entry in self.entries)
        return bool(self.entries)


class ReadModelStore:
    """For the followers of all four feeds: the steps of them that wait for each other are one transaction, and a document
    that they touch is composed once. `changed(customer_ids, contact_keys)` is called after each commit that
    changed documents or contacts. With `later` the documents that history touches are left to `compose_left`."""

    def __init__(self, database: Database, clock: Clock, changed: Changed, *, later: bool = False) -> None:
        self._database = database
        self._later = later
        self._clock = clock
        self._changed = changed
        self._secret: bytes | None = None
        self._steps = Together(self._write, is_transient)

    def next_at(self) -> float:
        """When the next step of the live lane is taken, see Together."""
        return self._steps.next_at()

    async def cursors(self, feed: str) -> Mapping[tuple[int, Lane], Cursor]:
        """Where we are."""
        async with self._database.asyncpg() as conn:
            return await pg_cursors.read_cursors(conn, feed)

    async def apply(
        self,
        feed: str,
        entries: Sequence[Any],
        expected: Cursor,
        new: Cursor,
        watermarks: Sequence[Watermark],
    ) -> None:
        """See FollowerStore."""
        step = ViewStep(feed, entries, expected, new, watermarks)
        if step.shows:
            await self._steps(step)
        else:
            # A backfill of pages and traits does not wait for the writer.
            await self._transaction(lambda conn: self._pass(conn, step), alone=None)

    async def park(self, feed: str, entry: Any, reason: str, expected: Cursor, new: Cursor) -> None:
        """See FollowerStore."""

        async def work(conn: RawConnection) -> tuple[set[str], set[str]]:
            place = new.at(entry.n)
            if feed == EVENTS and await was_erased(conn, entry, await self._key(conn)):
                await pg_cursors.advance(conn, feed, expected, new)
                return set(), set()
            await pg_cursors.park(
                conn, feed, key_of(entry), entry.SerializeToString(), reason, place, expected, new
            )
            return set(), set()

        await self._transaction(work, alone=None)

    async def restart(self, feed: str, epoch: str) -> None:
        """See FollowerStore: what is there serves on."""

        async def work(conn: RawConnection) -> tuple[set[str], set[str]]:
            await pg_cursors.restart(conn, feed, epoch)
            return set(), set()

        await self._transaction(work, alone=None)

    async def finish_restart(self, feed: str, epoch: str) -> bool:
        """See FollowerStore: what was not sent again is dropped."""

        async def work(conn: RawConnection) -> tuple[set[str], set[str]]:
            await pg_cursors.note_filled(conn, feed, epoch)
            if not await pg_cursors.finish_restart(conn, feed, epoch):
                return set(), set()
            return await self._settle(conn, await _drop_other_epochs(conn, feed, epoch))

        await self._transaction(work)
        return True

    async def left(self) -> tuple[datetime, timedelta] | None:
        """When the newest of the documents was left that are yet to be composed, and how long ago; None: there are none."""
        async with self._database.asyncpg() as conn:
            row = await conn.fetchrow(
                "SELECT max(left_at) AS at, now() - max(left_at) AS since FROM view_left"
            )
        return None if row["at"] is None else (row["at"], row["since"])

    async def compose_left(self, until: datetime, most: int) -> int:
        """Composes at most so many of the documents that history has touched until then. Returns how many."""
        count = 0

        async def work(conn: RawConnection) -> tuple[set[str], set[str]]:
            nonlocal count
            rows = await conn.fetch(_TAKE_LEFT, until, most)
            count = len(rows)
            changed = await recompose(conn, [row["customer_id"] for row in rows], micros(self._clock.now()))
            return changed, set()

        await self._transaction(work)
        return count

    async def ghosts(self) -> list[tuple[str, int]]:
        """Withdrawn journeys whose touchpoints have not all come elsewhere, with their versions."""
        async with self._database.asyncpg() as conn:
            rows = await conn.fetch(
                "SELECT journey_id, version FROM view_journey WHERE withdrawn AND body IS NOT NULL"
            )
        return [(row["journey_id"], row["version"]) for row in rows]

    async def let_go(self, ghosts: Sequence[tuple[str, int]]) -> None:
        """Lets go of withdrawn journeys (those still at that version): the feed was read to where it stood after their
        withdrawal, so what has not come elsewhere is gone upstream too."""

        async def work(conn: RawConnection) -> tuple[set[str], set[str]]:
            rows = await conn.fetch(
                "SELECT j.journey_id, j.owner FROM view_journey j JOIN unnest($1::text[], $2::bigint[]) AS g(id, version) "
                "ON j.journey_id = g.id AND j.version = g.version WHERE j.withdrawn AND j.body IS NOT NULL",
                [key for key, _ in ghosts],
                [version for _, version in ghosts],
            )
            touched = Touched(owners={row["owner"] for row in rows if row["owner"]})
            await forget_bodies(conn, [row["journey_id"] for row in rows], touched)
            return await self._settle(conn, touched)

        if ghosts:
            await self._transaction(work)

    async def drop_old_pieces(self, before_us: int, limit: int = 1000) -> int:
        """Drops the pieces of contacts about which nothing was said since `before_us`: what they were is in the
        touchpoints, and the folded contact stays. Returns how many."""
        async with self._database.asyncpg() as conn, looking_up(conn, _WRITER):
            rows = await conn.fetch(
                "UPDATE view_contact SET pieces = NULL WHERE contact_key IN (SELECT c.contact_key FROM view_contact c "
                "WHERE c.pieces IS NOT NULL AND c.last_us < $1 AND c.b_epoch IS NOT NULL AND NOT EXISTS ("
                "SELECT FROM view_contact o WHERE o.root_key = c.root_key AND o.last_us >= $1 OFFSET 0) LIMIT $2) RETURNING 1",
                before_us,
                limit,
            )
        return len(rows)

    async def _write(self, steps: Sequence[ViewStep]) -> None:
        async def work(conn: RawConnection) -> tuple[set[str], set[str]]:
            touched = Touched()
            for step in steps:
                await pg_cursors.advance(conn, step.feed, step.expected, step.new, step.watermarks)
                await pg_cursors.release(conn, step.feed, *{key_of(entry) for entry in step.entries})
                touched.add(await self._handle(conn, step.feed, step.entries, step.new))
            later = self._later and steps[0].lane is Lane.BULK
            changed = await self._settle(conn, touched, later=later)
            for step in steps:
                await self._note_as_of(conn, step)
            return changed

        await self._transaction(work)

    async def _pass(self, conn: RawConnection, step: ViewStep) -> tuple[set[str], set[str]]:
        await pg_cursors.advance(conn, step.feed, step.expected, step.new, step.watermarks)
        await self._note_as_of(conn, step)
        return set(), set()

    async def _note_as_of(self, conn: RawConnection, step: ViewStep) -> None:
        """Last: who notes what was heard waits for whoever holds these rows."""
        if step.feed == EVENTS and step.entries:
            newest = max(stamp_micros(entry.received_at) for entry in step.entries)
            heard, place = micros(self._clock.now()), step.new
            await conn.execute(_AS_OF, EVENTS, place.partition, int(place.lane), place.n, heard, newest)

    async def _handle(self, conn: RawConnection, feed: str, entries: Sequence[Any], place: Cursor) -> Touched:
        secret = await self._key(conn)
        if feed == EVENTS:
            return await apply_events(conn, entries, place, secret)
        if feed == CUSTOMERS:
            return await apply_customers(conn, entries, place, secret, micros(self._clock.now()))
        if feed == JOURNEYS:
            return await apply_journeys(conn, entries, place)
        return await apply_scores(conn, entries, place)

    async def _key(self, conn: RawConnection) -> bytes:
        if self._secret is None:
            self._secret = bytes(await conn.fetchval("SELECT hash_key FROM view_meta"))
        return self._secret

    async def _settle(
        self, conn: RawConnection, touched: Touched, *, later: bool = False
    ) -> tuple[set[str], set[str]]:
        await widen(conn, touched)
        contacts = await refold(conn, touched)
        await reown(conn, touched)
        await settle_contested(conn, touched)
        if later and not touched.moved:
            await conn.execute(_LEAVE, sorted(touched.owners))
            return set(), contacts
        return await recompose(conn, touched.owners, micros(self._clock.now())), contacts

    async def _transaction(
        self,
        work: Callable[[RawConnection], Awaitable[tuple[set[str], set[str]]]],
        alone: int | None = _WRITER,
    ) -> None:
        async with self._database.asyncpg() as conn, looking_up(conn, alone):
            customers, contacts = await work(conn)
        if customers or contacts:
            self._changed(customers, contacts)


def key_of(entry: Any) -> str:
    """The key of the thing (or fact) that an entry is about."""
    if isinstance(entry, CustomerEntry):
        which = entry.WhichOneof("thing")
        if which == "contact":
            return record_key(entry.contact.contact)
        if which == "household":
            return entry.household.household_id
        return str(getattr(entry, which).customer_id) if which else ""
    return str(getattr(entry, "journey_id", "") or getattr(entry, "event_id", ""))


async def _drop_other_epochs(conn: RawConnection, feed: str, epoch: str) -> Touched:
    touched = Touched()
    if feed == EVENTS:
        await keep_epoch(conn, epoch, touched)
    elif feed == CUSTOMERS:
        # Epoch "" marks what was forgotten with an erased contact: that outlives every upstream.
        rows = await conn.fetch(
            "DELETE FROM view_customer WHERE epoch <> $1 AND epoch <> '' RETURNING customer_id", epoch
        )
        touched.customer_ids.update(row["customer_id"] for row in rows)
        touched.customer_ids.update(await drop_other_epochs(conn, epoch))
        touched.records |= await drop_leads(conn, [row["customer_id"] for row in rows])
        rows = await conn.fetch(
            "WITH old AS (SELECT contact_key, own_customer_id FROM view_contact WHERE b_epoch <> $1) "
            "UPDATE view_contact c SET b_epoch = NULL, b_version = NULL, b_root = NULL, level = NULL, reason = NULL, "
            "bound_record = NULL, own_customer_id = NULL, candidates = NULL, step_key = c.contact_key "
            "FROM old WHERE c.contact_key = old.contact_key RETURNING c.contact_key, old.own_customer_id AS own",
            epoch,
        )
        touched.contacts.update(row["contact_key"] for row in rows)
        touched.customer_ids.update(row["own"] for row in rows if row["own"])
        await conn.execute("DELETE FROM view_contact WHERE b_epoch IS NULL AND pieces IS NULL")
    elif feed == JOURNEYS:
        rows = await conn.fetch("SELECT journey_id, owner FROM view_journey WHERE epoch <> $1", epoch)
        ids = [row["journey_id"] for row in rows]
        touched.owners.update(row["owner"] for row in rows if row["owner"])
        await forget_bodies(conn, ids, touched)
        await conn.execute("DELETE FROM view_journey WHERE journey_id = ANY($1)", ids)
    else:
        rows = await conn.fetch("DELETE FROM view_score WHERE epoch <> $1 RETURNING journey_id", epoch)
        await owners_of_journeys(conn, [row["journey_id"] for row in rows], touched)
    return touched
