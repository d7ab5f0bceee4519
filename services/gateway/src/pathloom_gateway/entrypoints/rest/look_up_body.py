"""The hot read's body, decoded in one pass where it is right; the slow way judges what is not."""

from typing import Annotated

import msgspec
from msgspec import Meta, Struct
from pathloom.gateway.v1.view_pb2 import LookUpRequest
from pathloom_kit.errors import InvalidArgument

from pathloom_gateway.application.look_up import Wanted
from pathloom_gateway.entrypoints.look_up_requests import wanted_of
from pathloom_gateway.entrypoints.rest.body import decode_json
from pathloom_gateway.entrypoints.rest.proto_json import message_of

_Actor = Annotated[str, Meta(max_length=128)]
_Namespace = Annotated[str, Meta(max_length=64)]


class _Identifier(Struct, forbid_unknown_fields=True):
    type: Annotated[str, Meta(min_length=1, max_length=64)]
    value: Annotated[str, Meta(min_length=1, max_length=512)]
    namespace: _Namespace = ""


class _Contact(Struct, forbid_unknown_fields=True):
    contact_id: Annotated[str, Meta(min_length=1, max_length=256)]
    namespace: _Namespace = ""


class _Consistency(Struct, forbid_unknown_fields=True):
    at_least: Annotated[str, Meta(max_length=256)] = ""
    wait_ms: Annotated[int, Meta(ge=0, le=1000)] = 0


class _LookUp(Struct, forbid_unknown_fields=True):
    identifier: _Identifier | None = None
    customer_id: Annotated[str, Meta(min_length=1, max_length=64)] | None = None
    contact: _Contact | None = None
    consistency: _Consistency | None = None
    actor: _Actor = ""


class LookUpBody(Struct, frozen=True):
    """What a look-up asks for."""

    wanted: Wanted
    actor: str
    at_least: str
    wait_ms: int


_BY = ("identifier", "customer_id", "contact")
_decode = msgspec.json.Decoder(_LookUp).decode


def look_up_body(body: bytes) -> LookUpBody:
    """A LookUpRequest in JSON. InvalidArgument that names the field; the two ways take the same bodies."""
    try:
        said = _decode(body)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return _judged(body)
    given = [one for one in (said.identifier, said.customer_id, said.contact) if one is not None]
    if len(given) != 1:
        return _judged(body)
    if said.identifier is not None:
        one = said.identifier
        wanted = Wanted(kind=one.type, value=one.value, namespace=one.namespace)
    elif said.contact is not None:
        wanted = Wanted(contact_id=said.contact.contact_id, namespace=said.contact.namespace)
    else:
        wanted = Wanted(customer_id=said.customer_id or "")
    asked = said.consistency or _Consistency()
    return LookUpBody(wanted, said.actor, asked.at_least, asked.wait_ms)


def _judged(body: bytes) -> LookUpBody:
    said = decode_json(body) if body else {}
    if not isinstance(said, dict):
        raise InvalidArgument("the body is not a JSON object", fields={"body": "is not a JSON object"})
    if sum(said.get(name) is not None for name in _BY) > 1:
        raise InvalidArgument(fields={"by": f"only one of {', '.join(_BY)} can be given"})
    request = message_of(said, LookUpRequest)
    asked = request.consistency
    return LookUpBody(wanted_of(request), request.actor, asked.at_least, asked.wait_ms)
