"""Whose contact this is: chosen, corrected or taken back."""

from collections.abc import Callable
from dataclasses import dataclass

from pathloom.identity.v1.customers_pb2 import BindContactRequest, BindingLevel
from pathloom.identity.v1.events_pb2 import RecordKey, RecordKind
from pathloom_kit.feeds.cursor import Cursor, position_to_text

from pathloom_gateway.application.look_up import Caller, clean
from pathloom_gateway.application.ports_reads import Binder, Views
from pathloom_gateway.domain.read_errors import ContactNotFound


@dataclass(frozen=True, slots=True)
class ChooseCaller:
    """identity decides and records it; the view follows through the feed."""

    views: Views
    binder: Binder
    new_id: Callable[[str], str]

    async def __call__(
        self,
        contact_id: str,
        namespace: str,
        customer_id: str,
        verified: bool,
        caller: Caller,
        request_id: str = "",
    ) -> str:
        """The position to read one's own write at. Raises ContactNotFound, CustomerNotFound."""
        clean(contact_id=contact_id, namespace=namespace, customer_id=customer_id)
        if not namespace:
            found = await self.views.contact(contact_id, "")
            if found is None:
                raise ContactNotFound("no contact of this id has been seen")
            namespace = found.key.partition("|")[0]
        levels = BindingLevel
        response = await self.binder.bind(
            BindContactRequest(
                contact=RecordKey(namespace=namespace, kind=RecordKind.RECORD_KIND_CONTACT, id=contact_id),
                customer_id=customer_id,
                level=levels.BINDING_LEVEL_VERIFIED if verified else levels.BINDING_LEVEL_CLAIMED,
                actor=caller.actor,
                request_id=request_id or self.new_id("req"),
            )
        )
        return position_to_text(Cursor.from_proto(response.position))
