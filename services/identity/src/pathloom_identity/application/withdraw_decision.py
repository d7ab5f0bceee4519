"""Takes a steward's word back."""

from dataclasses import dataclass

from pathloom_identity.application.decide import settle
from pathloom_identity.application.errors import DecisionNotFound, RecordNotFound
from pathloom_identity.application.ports import UnitOfWork
from pathloom_identity.application.terms import Terms
from pathloom_identity.domain.records import RecordKey


@dataclass(frozen=True)
class WithdrawDecision:
    """The two are again what everything else says. RecordNotFound, DecisionNotFound."""

    work: UnitOfWork
    terms: Terms

    async def __call__(self, left: RecordKey, right: RecordKey, traceparent: str = "") -> tuple[str, str]:
        """The customers of the two records afterwards."""
        async with self.work(traceparent) as unit:
            found = await unit.resolution.records([left, right])
            if len(found) < 2:
                raise RecordNotFound()
            if not await unit.withdraw_decision(found[left], found[right]):
                raise DecisionNotFound()
            one, other = await settle(unit.resolution, self.terms, left, right)
            return one, other
