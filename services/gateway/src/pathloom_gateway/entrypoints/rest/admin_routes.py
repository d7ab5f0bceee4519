"""What AdminService's calls are over REST: the path of each, and how its message is made of path, query and body."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from google.protobuf.message import Message
from pathloom.gateway.v1 import admin_pb2
from pathloom.identity.v1 import customers_pb2, events_pb2

from pathloom_gateway.domain.access import Principal
from pathloom_gateway.entrypoints.admin_calls import AdminCalls
from pathloom_gateway.entrypoints.rest.body import SMALL

Call = Callable[[AdminCalls, Principal, Any], Awaitable[Message]]


def _page(most: int) -> dict[str, dict[str, Any]]:
    return {
        "page_size": {"type": "integer", "minimum": 0, "maximum": most},
        "page_token": {"type": "string", "maxLength": 256},
    }


@dataclass(frozen=True, slots=True)
class Route:
    """`wrap`: the body is this member of the request. `fixed`: the path parameter and the member it sets, dotted.
    `query`: members that come as query parameters, of which those in `needed` must. `limit`: the
    most bytes of a body."""

    method: str
    path: str
    call: Call
    asks: type[Message]
    answers: type[Message]
    summary: str
    wrap: str = ""
    wrapped: type[Message] | None = None
    fixed: tuple[str, str] | None = None
    query: Mapping[str, Mapping[str, Any]] | None = None
    needed: Collection[str] = ()
    limit: int = SMALL


ROUTES = (
    Route(
        "PUT",
        "/v1/sources/{source_id:id}",
        AdminCalls.put_source,
        customers_pb2.PutSourceRequest,
        customers_pb2.PutSourceResponse,
        "Create or replace a source's declaration",
        wrap="source",
        wrapped=customers_pb2.Source,
        fixed=("source_id", "source.source_id"),
    ),
    Route(
        "GET",
        "/v1/sources",
        AdminCalls.list_sources,
        customers_pb2.ListSourcesRequest,
        customers_pb2.ListSourcesResponse,
        "All sources",
    ),
    Route(
        "POST",
        "/v1/keys",
        AdminCalls.create_key,
        admin_pb2.CreateKeyRequest,
        admin_pb2.CreateKeyResponse,
        "Make a key; its secret is shown this once",
    ),
    Route(
        "GET",
        "/v1/keys",
        AdminCalls.list_keys,
        admin_pb2.ListKeysRequest,
        admin_pb2.ListKeysResponse,
        "All keys, without their secrets",
    ),
    Route(
        "DELETE",
        "/v1/keys/{key_id:id}",
        AdminCalls.revoke_key,
        admin_pb2.RevokeKeyRequest,
        admin_pb2.RevokeKeyResponse,
        "Take a key out of force",
        fixed=("key_id", "key_id"),
    ),
    Route(
        "GET",
        "/v1/quarantine",
        AdminCalls.list_quarantine,
        events_pb2.ListQuarantineRequest,
        events_pb2.ListQuarantineResponse,
        "Events that were refused, newest first",
        query={
            **_page(500),
            "source_id": {"type": "string", "maxLength": 64},
        },
    ),
    Route(
        "POST",
        "/v1/quarantine/replay",
        AdminCalls.replay_quarantine,
        events_pb2.ReplayQuarantineRequest,
        events_pb2.ReplayQuarantineResponse,
        "Put refused events through acceptance again",
    ),
    Route(
        "POST",
        "/v1/trace",
        AdminCalls.trace_event,
        admin_pb2.TraceEventRequest,
        admin_pb2.TraceEventResponse,
        "What became of an event",
    ),
    Route(
        "POST",
        "/v1/decisions",
        AdminCalls.decide,
        customers_pb2.DecideRequest,
        customers_pb2.DecideResponse,
        "Two records are one person, or two",
    ),
    Route(
        "POST",
        "/v1/decisions/withdraw",
        AdminCalls.withdraw_decision,
        customers_pb2.WithdrawDecisionRequest,
        customers_pb2.WithdrawDecisionResponse,
        "Take a decision on two records back",
    ),
    Route(
        "POST",
        "/v1/pins",
        AdminCalls.pin_value,
        customers_pb2.PinValueRequest,
        customers_pb2.PinValueResponse,
        "What a source says to a field on a record is the golden value",
    ),
    Route(
        "POST",
        "/v1/pins/withdraw",
        AdminCalls.withdraw_pin,
        customers_pb2.WithdrawPinRequest,
        customers_pb2.WithdrawPinResponse,
        "Take the choice of a golden value back",
    ),
    Route(
        "GET",
        "/v1/customers/{customer_id:id}/values",
        AdminCalls.list_field_values,
        customers_pb2.ListFieldValuesRequest,
        customers_pb2.ListFieldValuesResponse,
        "All that is said to one field of a customer, the golden value first",
        fixed=("customer_id", "customer_id"),
        query={"field": {"type": "string", "minLength": 1, "maxLength": 256}, **_page(200)},
        needed=("field",),
    ),
    Route(
        "GET",
        "/v1/reviews",
        AdminCalls.list_reviews,
        customers_pb2.ListReviewsRequest,
        customers_pb2.ListReviewsResponse,
        "Doubtful pairs of customers, in the order of what a decision is worth",
        query=_page(200),
    ),
    Route(
        "POST",
        "/v1/reviews/explain",
        AdminCalls.explain_pair,
        customers_pb2.ExplainPairRequest,
        customers_pb2.ExplainPairResponse,
        "Why two records are one person, or are not",
    ),
    Route(
        "GET",
        "/v1/customers/{customer_id:id}/changes",
        AdminCalls.list_changes,
        customers_pb2.ListChangesRequest,
        customers_pb2.ListChangesResponse,
        "Who was merged into a customer or split from it, and which values were pinned, newest first",
        fixed=("customer_id", "customer_id"),
        query=_page(200),
    ),
    Route(
        "POST",
        "/v1/models",
        AdminCalls.activate_model,
        customers_pb2.ActivateModelRequest,
        customers_pb2.ActivateModelResponse,
        "Put a model in force, by which records are weighed",
        limit=4 * 1024 * 1024,
    ),
    Route(
        "GET",
        "/v1/models",
        AdminCalls.list_models,
        customers_pb2.ListModelsRequest,
        customers_pb2.ListModelsResponse,
        "The model in force, those before it, and how far the weighing has come",
        query=_page(200),
    ),
    Route(
        "POST",
        "/v1/erasures",
        AdminCalls.erase_customer,
        customers_pb2.EraseCustomerRequest,
        customers_pb2.EraseCustomerResponse,
        "Erase a person everywhere",
    ),
    Route(
        "POST",
        "/v1/erasures/employee",
        AdminCalls.erase_employee,
        customers_pb2.EraseEmployeeRequest,
        customers_pb2.EraseEmployeeResponse,
        "Erase what is kept about an employee",
    ),
    Route(
        "GET",
        "/v1/status",
        AdminCalls.get_status,
        admin_pb2.GetStatusRequest,
        admin_pb2.GetStatusResponse,
        "Where every service and feed stands",
    ),
    Route(
        "GET",
        "/v1/lookups",
        AdminCalls.list_look_ups,
        admin_pb2.ListLookUpsRequest,
        admin_pb2.ListLookUpsResponse,
        "Who looked at whom, newest first",
        query={
            **_page(200),
            "customer_id": {"type": "string", "maxLength": 64},
        },
    ),
)
