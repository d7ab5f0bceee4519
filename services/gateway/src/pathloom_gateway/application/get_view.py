"""One customer's view, by any id it ever had."""

from dataclasses import dataclass

from pathloom_gateway.application.answers import Form, LookUpAnswer
from pathloom_gateway.application.look_up import Caller, LookUp, Wanted


@dataclass(frozen=True, slots=True)
class GetView:
    """A look-up by customer id; recorded as one."""

    look_up: LookUp

    async def __call__(
        self, customer_id: str, caller: Caller, form: Form, *, at_least: str = "", wait_ms: int = 0
    ) -> LookUpAnswer:
        """Raises CustomerNotFound, CustomerErased."""
        return await self.look_up(
            Wanted(customer_id=customer_id), caller, form, at_least=at_least, wait_ms=wait_ms
        )
