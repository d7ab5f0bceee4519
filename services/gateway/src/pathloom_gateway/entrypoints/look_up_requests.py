"""Look-ups as the contract's messages say them, for both faces."""

from pathloom.gateway.v1.view_pb2 import ContactQuery, LookUpRequest, WatchViewRequest
from pathloom_kit.errors import InvalidArgument

from pathloom_gateway.application.look_up import Caller, Wanted
from pathloom_gateway.domain.access import Principal


def wanted_of(request: LookUpRequest | WatchViewRequest) -> Wanted:
    """Whom a request means."""
    which = request.WhichOneof("by")
    if which == "contact":
        return wanted_contact(request.contact)
    if which == "customer_id":
        return Wanted(customer_id=request.customer_id)
    if which == "identifier" and isinstance(request, LookUpRequest):
        one = request.identifier
        return Wanted(kind=one.type, value=one.value, namespace=one.namespace)
    raise InvalidArgument(fields={"by": "exactly one of identifier, customer_id and contact is needed"})


def wanted_contact(query: ContactQuery) -> Wanted:
    """A contact."""
    return Wanted(contact_id=query.contact_id, namespace=query.namespace)


def caller_of(principal: Principal, actor: str) -> Caller:
    """Who looks, for the record."""
    return Caller(principal.actor(actor), principal.via)
