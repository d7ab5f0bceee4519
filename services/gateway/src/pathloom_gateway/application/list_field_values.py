"""All that is said to one field of a customer."""

from dataclasses import dataclass

from pathloom.identity.v1 import customers_pb2
from pathloom_kit.clock import Clock

from pathloom_gateway.application.look_up import Caller
from pathloom_gateway.application.ports import LookUpLog, Stewardship


@dataclass(frozen=True, slots=True)
class ListFieldValues:
    """The golden value first. Recorded, since it shows what is known of a person. CUSTOMER_NOT_FOUND,
    CUSTOMER_ERASED."""

    stewardship: Stewardship
    log: LookUpLog
    clock: Clock

    async def __call__(
        self, request: customers_pb2.ListFieldValuesRequest, caller: Caller
    ) -> customers_pb2.ListFieldValuesResponse:
        found = await self.stewardship.values(request)
        await self.log.record(self.clock.now(), caller.actor, caller.via, [request.customer_id], "customer")
        return found
