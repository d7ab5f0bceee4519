"""A steward's word on two records."""

from dataclasses import dataclass

from pathloom_kit.clock import Clock
from pathloom_kit.errors import InvalidArgument
from pathloom_kit.feeds.cursor import Lane

from pathloom_identity.application.errors import RecordNotFound
from pathloom_identity.application.ports import UnitOfWork
from pathloom_identity.application.resolution import resolution
from pathloom_identity.application.resolution_store import ResolutionStore
from pathloom_identity.application.terms import Terms
from pathloom_identity.application.times import micros
from pathloom_identity.domain.records import RecordKey


@dataclass(frozen=True)
class Decide:
    """Same or different; the later recorded wins. "Different" un-merges at once. RecordNotFound."""

    work: UnitOfWork
    clock: Clock
    terms: Terms

    async def __call__(
        self, left: RecordKey, right: RecordKey, same: bool, actor: str, reason: str, traceparent: str = ""
    ) -> tuple[str, str]:
        """The customers of the two records afterwards."""
        for name, key in (("left", left), ("right", right)):
            if not key.is_person:
                raise InvalidArgument(fields={f"{name}.kind": "a contact is bound, never merged"})
        if left == right:
            raise InvalidArgument(fields={"right": "is the left record"})
        async with self.work(traceparent) as unit:
            found = await unit.resolution.records([left, right])
            if len(found) < 2:
                raise RecordNotFound()
            await unit.decide(found[left], found[right], same, actor, reason, micros(self.clock.now()))
            one, other = await settle(unit.resolution, self.terms, left, right)
            return one, other


async def settle(store: ResolutionStore, terms: Terms, *records: RecordKey) -> list[str]:
    """Settles records of which a steward's word has changed. The customers that they are of afterwards."""
    work = await resolution(store, terms)
    await work((), Lane.LIVE, dirty=records)
    after = await store.records(records)
    return [after[key].customer_id for key in records]
