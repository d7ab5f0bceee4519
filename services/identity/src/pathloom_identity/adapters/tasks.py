"""Work that one transaction left over: bounded pieces, in the bulk lane, until nothing is left."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from pathloom_kit.clock import Clock
from pathloom_kit.feeds.cursor import Lane
from pathloom_kit.postgres import RawConnection

from pathloom_identity.adapters.keyed import KeyedHashes
from pathloom_identity.adapters.resolution_store import PostgresResolutionStore, key_of
from pathloom_identity.adapters.step import alone
from pathloom_identity.application.resolution import resolution
from pathloom_identity.application.resolve_events import ResolveEvents
from pathloom_identity.application.times import micros
from pathloom_identity.domain.households import TYPES, household_values
from pathloom_identity.domain.things import Erased

BIND, HOUSEHOLD, REFOLD = "bind", "household", "refold"
CONSENT = "consent"  # the same work as `refold`, under a name that versions before consent do not know
EVIDENCE = "evidence"  # left by versions before models could be sent
MODEL = "model"
CROWD = "crowd"  # the same work as `model`, under a name that versions before crowds do not know
PIECE = 200
_CONTACTS = """
SELECT x.record_no, r.component FROM identifier x JOIN record r USING (record_no)
WHERE x.value = $1 AND x.namespace = $2 AND x.contact AND x.record_no < $3 ORDER BY x.record_no DESC LIMIT $4
"""
_LEFT = """
SELECT EXISTS (SELECT FROM task WHERE kind = ANY($1)),
       EXISTS (SELECT FROM certificate WHERE NOT keys_dropped AND erased_at <= $2)
"""
_DROP = """
UPDATE certificate SET keys_dropped = true WHERE certificate_id IN (
    SELECT certificate_id FROM certificate WHERE NOT keys_dropped AND erased_at <= $1 LIMIT $2
) RETURNING own_customer_ids, contact_ids, erased_at
"""
_DROP_CONTACTS = "DELETE FROM feed_thing WHERE feed = 'customers' AND key = ANY($1)"
_RECORDS = """
SELECT record_no, namespace, kind, id FROM record WHERE record_no > $2 AND $1 = ANY(sources)
ORDER BY record_no LIMIT $3
"""
_EVERYBODY = """
SELECT record_no, namespace, kind, id FROM record WHERE record_no > $1 AND kind <> 3 ORDER BY record_no LIMIT $2
"""
_PEOPLE = """
SELECT record_no, namespace, kind, id FROM record r WHERE record_no > $1 AND EXISTS (
    SELECT FROM identifier x WHERE x.record_no = r.record_no AND NOT x.contact AND x.type = ANY($2)
) ORDER BY record_no LIMIT $3
"""


@dataclass
class BackgroundTasks:
    """`bind`: contacts of a value whose owners changed, newest first. `refold`: records of a source that was declared
    anew, oldest first. `household`: who was there before there were households, oldest first. `consent`: records from
    before consent was kept. `model` (and `evidence`): everybody, weighed anew because another model is in force; `crowd`: from before crowds fell into parts.

    A migration runs while versions before it serve, so what it leaves to do carries a kind of its own: to them it is
    unknown and waits, where a known kind would be done by them, in the old way."""

    hashes: KeyedHashes
    resolve: ResolveEvents
    clock: Clock
    erased_keys_kept: timedelta
    """How long the feed names the record keys of an erased person."""

    async def one(self, conn: RawConnection) -> bool:
        """One piece of the first task. False when there is none."""
        work = {
            BIND: self._bind,
            HOUSEHOLD: self._household,
            REFOLD: self._refold,
            CONSENT: self._refold,
            EVIDENCE: self._evidence,
            MODEL: self._evidence,
            CROWD: self._evidence,
        }
        kinds = list(work)
        due = micros(self.clock.now() - self.erased_keys_kept)
        left, erased = await conn.fetchrow(_LEFT, kinds, due)
        if not left:
            return bool(erased) and await self._drop_erased_keys(conn, due)
        async with conn.transaction():
            await alone(conn)
            task = await conn.fetchrow(
                "SELECT kind, key, after FROM task WHERE kind = ANY($1) ORDER BY kind DESC, key LIMIT 1 FOR UPDATE",
                kinds,
            )
            if task is None:  # another replica did it meanwhile
                return True
            after = await work[task["kind"]](conn, task)
            if after is None:
                await conn.execute("DELETE FROM task WHERE kind = $1 AND key = $2", task["kind"], task["key"])
            else:
                await conn.execute(
                    "UPDATE task SET after = $3 WHERE kind = $1 AND key = $2",
                    task["kind"],
                    task["key"],
                    after,
                )
        return True

    async def _drop_erased_keys(self, conn: RawConnection, due: int) -> bool:
        """Whoever follows has had time to forget the records of one erased customer: from now on the feed only says
        that the customer is gone."""
        async with conn.transaction():
            await alone(conn)
            rows = await conn.fetch(_DROP, due, PIECE)
            # A contact's thing is nothing but its key: it goes altogether.
            await conn.execute(_DROP_CONTACTS, [i for r in rows for i in r["contact_ids"]])
            things = [Erased(own, (), r["erased_at"]) for r in rows for own in r["own_customer_ids"]]
            await PostgresResolutionStore(conn, self.hashes).publish(things, Lane.BULK)
        return True

    async def _bind(self, conn: RawConnection, task: Any) -> int | None:
        value, _, namespace = task["key"].partition(":")
        rows = await conn.fetch(_CONTACTS, bytes.fromhex(value), namespace, task["after"], PIECE)
        store = PostgresResolutionStore(conn, self.hashes)
        work = await resolution(store, self.resolve.terms)
        await work((), Lane.BULK, contacts={r["component"] for r in rows})
        return rows[-1]["record_no"] if len(rows) == PIECE else None

    async def _household(self, conn: RawConnection, task: Any) -> int | None:
        rows = await conn.fetch(_PEOPLE, task["after"], list(TYPES), PIECE)
        store = PostgresResolutionStore(conn, self.hashes)
        found = await store.records(list(map(key_of, rows)))
        work = await resolution(store, self.resolve.terms)
        for record in found.values():
            work.share(household_values(record.state))
        await work((), Lane.BULK)
        return rows[-1]["record_no"] if len(rows) == PIECE else None

    async def _refold(self, conn: RawConnection, task: Any) -> int | None:
        rows = await conn.fetch(_RECORDS, task["key"], task["after"], PIECE)
        if rows:
            await self.resolve.refold(
                PostgresResolutionStore(conn, self.hashes), list(map(key_of, rows)), Lane.BULK
            )
        return rows[-1]["record_no"] if len(rows) == PIECE else None

    async def _evidence(self, conn: RawConnection, task: Any) -> int | None:
        rows = await conn.fetch(_EVERYBODY, task["after"], PIECE)
        store = PostgresResolutionStore(conn, self.hashes)
        await (await resolution(store, self.resolve.terms))(
            (), Lane.BULK, dirty=list(map(key_of, rows)), anew=True
        )
        return rows[-1]["record_no"] if len(rows) == PIECE else None
