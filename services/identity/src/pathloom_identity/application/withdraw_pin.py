"""Takes a steward's choice of a golden value back."""

from dataclasses import dataclass

from pathloom_kit.clock import Clock

from pathloom_identity.application.decide import settle
from pathloom_identity.application.errors import PinNotFound, RecordNotFound
from pathloom_identity.application.ports import UnitOfWork
from pathloom_identity.application.terms import Terms
from pathloom_identity.application.times import micros
from pathloom_identity.domain.records import RecordKey


@dataclass(frozen=True)
class WithdrawPin:
    """The golden value is again what it was before. RecordNotFound, PinNotFound."""

    work: UnitOfWork
    clock: Clock
    terms: Terms

    async def __call__(
        self, record: RecordKey, field: str, source_id: str, actor: str, reason: str, traceparent: str = ""
    ) -> str:
        """The record's customer."""
        async with self.work(traceparent) as unit:
            found = (await unit.resolution.records([record])).get(record)
            if found is None:
                raise RecordNotFound()
            if not await unit.withdraw_pin(found, field, source_id, actor, reason, micros(self.clock.now())):
                raise PinNotFound()
            (customer_id,) = await settle(unit.resolution, self.terms, record)
            return customer_id
