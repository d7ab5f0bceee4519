"""Erases a person: at once from everything this service holds and serves."""

from dataclasses import dataclass
from datetime import timedelta

from pathloom_kit.clock import Clock
from pathloom_kit.feeds.cursor import Lane
from pathloom_kit.ids import IdFactory

from pathloom_identity.application.ports import UnitOfWork
from pathloom_identity.application.resolution import resolution
from pathloom_identity.application.resolve_events import ResolveEvents
from pathloom_identity.application.times import micros
from pathloom_identity.domain.record_state import RecordState
from pathloom_identity.domain.things import ContactThing, Erased


@dataclass(frozen=True)
class Certificate:
    """What was erased. Times in microseconds since 1970; counts of events blanked and records forgotten."""

    certificate_id: str
    events: int
    records: int
    erased_at: int
    logs_follow_by: int


@dataclass(frozen=True)
class EraseCustomer:
    """CustomerNotFound; CustomerErased for whoever is erased already. `logs_follow_by` is how long the database's
    write-ahead logs and backups may go on holding what is gone here."""

    work: UnitOfWork
    resolve: ResolveEvents
    clock: Clock
    new_id: IdFactory
    logs_follow_after: timedelta

    async def __call__(self, customer_id: str, actor: str, traceparent: str = "") -> Certificate:
        now = micros(self.clock.now())
        follow_by = now + self.logs_follow_after // timedelta(microseconds=1)
        certificate_id = self.new_id("era")
        async with self.work(traceparent) as unit:
            done = await unit.erase(customer_id, actor, now, certificate_id, follow_by)
            keys = (*done.people, *(key for key, _ in done.contacts))
            store = unit.resolution
            work = await resolution(store, self.resolve.terms)
            if work.evidence:
                work.evidence.left(done.blocks, done.doubts)
            work.things += [Erased(own_id, keys, now) for own_id in done.own_ids]
            work.things += [ContactThing(key, own_id, key, None) for key, own_id in done.contacts]
            work.lead_to(done.values)
            left = await store.records(done.shared)
            # Of whoever is named by nothing else any more, only the name is left.
            refolded = {key: RecordState(record.state.first_seen) for key, record in left.items()}
            refolded |= await self.resolve.from_log(store, done.shared)
            await work((), Lane.LIVE, refolded=refolded, dirty={*done.shared, *done.near})
        return Certificate(certificate_id, done.events, done.records, now, follow_by)
