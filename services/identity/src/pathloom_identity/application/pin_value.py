"""A steward's choice of a golden value."""

from dataclasses import dataclass

from pathloom_kit.clock import Clock
from pathloom_kit.errors import InvalidArgument

from pathloom_identity.application.decide import settle
from pathloom_identity.application.errors import RecordNotFound
from pathloom_identity.application.ports import UnitOfWork
from pathloom_identity.application.terms import Terms
from pathloom_identity.application.times import micros
from pathloom_identity.domain.consent import is_consent
from pathloom_identity.domain.records import RecordKey


@dataclass(frozen=True)
class PinValue:
    """What the source says to the field on the record is golden, now and when it says something else; claimed or not.
    The later recorded pin of a customer wins. RecordNotFound; InvalidArgument for a consent, of which the latest word
    counts, and for what is not said."""

    work: UnitOfWork
    clock: Clock
    terms: Terms

    async def __call__(
        self, record: RecordKey, field: str, source_id: str, actor: str, reason: str, traceparent: str = ""
    ) -> str:
        """The record's customer."""
        if not record.is_person:
            raise InvalidArgument(fields={"record.kind": "has no golden values"})
        if is_consent(field):
            raise InvalidArgument(fields={"field": "is a consent, of which the latest word counts"})
        async with self.work(traceparent) as unit:
            found = (await unit.resolution.records([record])).get(record)
            if found is None:
                raise RecordNotFound()
            said = found.state.values.get((field, source_id))
            if said is None or said.text is None:
                raise InvalidArgument(fields={"field": "is not said on this record by this source"})
            await unit.pin(found, field, source_id, actor, reason, micros(self.clock.now()))
            (customer_id,) = await settle(unit.resolution, self.terms, record)
            return customer_id
