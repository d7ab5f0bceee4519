"""The calls of AdminService, message in and message out: REST and gRPC both go through here."""

from collections.abc import Callable
from dataclasses import dataclass

from pathloom.gateway.v1 import admin_pb2
from pathloom.identity.v1 import customers_pb2, events_pb2

from pathloom_gateway.application.administer import Administer
from pathloom_gateway.domain.access import Key, KeyKind, Principal, Scope
from pathloom_gateway.entrypoints.look_up_requests import caller_of

_LOOK_UPS_PAGE = 50


@dataclass(frozen=True, slots=True)
class AdminCalls:
    """Each call needs one of the scopes that `opened_by` names; requests have been held to their contract's rules."""

    administer: Administer

    async def put_source(
        self, _: Principal, request: customers_pb2.PutSourceRequest
    ) -> customers_pb2.PutSourceResponse:
        return await self.administer.sources.put(request)

    async def list_sources(
        self, _: Principal, request: customers_pb2.ListSourcesRequest
    ) -> customers_pb2.ListSourcesResponse:
        return await self.administer.sources.list(request)

    async def create_key(
        self, _: Principal, request: admin_pb2.CreateKeyRequest
    ) -> admin_pb2.CreateKeyResponse:
        key, secret = await self.administer.create_key(
            request.name, frozenset(map(Scope, request.scopes)), KeyKind(request.kind), request.source_id
        )
        return admin_pb2.CreateKeyResponse(key_id=key.key_id, key=secret)

    async def list_keys(self, _: Principal, request: admin_pb2.ListKeysRequest) -> admin_pb2.ListKeysResponse:
        return admin_pb2.ListKeysResponse(keys=[_message(key) for key in await self.administer.keys.list()])

    async def revoke_key(
        self, _: Principal, request: admin_pb2.RevokeKeyRequest
    ) -> admin_pb2.RevokeKeyResponse:
        await self.administer.revoke_key(request.key_id)
        return admin_pb2.RevokeKeyResponse()

    async def list_quarantine(
        self, _: Principal, request: events_pb2.ListQuarantineRequest
    ) -> events_pb2.ListQuarantineResponse:
        return await self.administer.event_log.list_quarantine(request)

    async def replay_quarantine(
        self, _: Principal, request: events_pb2.ReplayQuarantineRequest
    ) -> events_pb2.ReplayQuarantineResponse:
        return await self.administer.replay(request)

    async def trace_event(
        self, _: Principal, request: admin_pb2.TraceEventRequest
    ) -> admin_pb2.TraceEventResponse:
        return await self.administer.trace(request.message_id, request.source_id)

    async def decide(
        self, principal: Principal, request: customers_pb2.DecideRequest
    ) -> customers_pb2.DecideResponse:
        request.actor = principal.actor(request.actor)
        return await self.administer.stewardship.decide(request)

    async def withdraw_decision(
        self, principal: Principal, request: customers_pb2.WithdrawDecisionRequest
    ) -> customers_pb2.WithdrawDecisionResponse:
        request.actor = principal.actor(request.actor)
        return await self.administer.stewardship.withdraw(request)

    async def pin_value(
        self, principal: Principal, request: customers_pb2.PinValueRequest
    ) -> customers_pb2.PinValueResponse:
        request.actor = principal.actor(request.actor)
        return await self.administer.stewardship.pin(request)

    async def withdraw_pin(
        self, principal: Principal, request: customers_pb2.WithdrawPinRequest
    ) -> customers_pb2.WithdrawPinResponse:
        request.actor = principal.actor(request.actor)
        return await self.administer.stewardship.withdraw_pin(request)

    async def list_field_values(
        self, principal: Principal, request: customers_pb2.ListFieldValuesRequest
    ) -> customers_pb2.ListFieldValuesResponse:
        return await self.administer.field_values(request, caller_of(principal, ""))

    async def list_reviews(
        self, _: Principal, request: customers_pb2.ListReviewsRequest
    ) -> customers_pb2.ListReviewsResponse:
        return await self.administer.stewardship.reviews(request)

    async def explain_pair(
        self, _: Principal, request: customers_pb2.ExplainPairRequest
    ) -> customers_pb2.ExplainPairResponse:
        return await self.administer.stewardship.explain(request)

    async def list_changes(
        self, _: Principal, request: customers_pb2.ListChangesRequest
    ) -> customers_pb2.ListChangesResponse:
        return await self.administer.stewardship.changes(request)

    async def activate_model(
        self, principal: Principal, request: customers_pb2.ActivateModelRequest
    ) -> customers_pb2.ActivateModelResponse:
        request.actor = principal.actor(request.actor)
        return await self.administer.models.activate(request)

    async def list_models(
        self, _: Principal, request: customers_pb2.ListModelsRequest
    ) -> customers_pb2.ListModelsResponse:
        return await self.administer.models.list(request)

    async def erase_customer(
        self, principal: Principal, request: customers_pb2.EraseCustomerRequest
    ) -> customers_pb2.EraseCustomerResponse:
        request.actor = principal.actor(request.actor)
        return await self.administer.stewardship.erase(request)

    async def erase_employee(
        self, principal: Principal, request: customers_pb2.EraseEmployeeRequest
    ) -> customers_pb2.EraseEmployeeResponse:
        request.actor = principal.actor(request.actor)
        return await self.administer.stewardship.erase_employee(request)

    async def get_status(
        self, _: Principal, request: admin_pb2.GetStatusRequest
    ) -> admin_pb2.GetStatusResponse:
        return await self.administer.status()

    async def list_look_ups(
        self, _: Principal, request: admin_pb2.ListLookUpsRequest
    ) -> admin_pb2.ListLookUpsResponse:
        found, token = await self.administer.look_ups.page(
            request.customer_id, request.page_size or _LOOK_UPS_PAGE, request.page_token
        )
        return admin_pb2.ListLookUpsResponse(look_ups=found, next_page_token=token)


#: Who is who: what a key with the scope steward opens as well.
_STEWARDS = frozenset(
    {
        AdminCalls.decide,
        AdminCalls.withdraw_decision,
        AdminCalls.pin_value,
        AdminCalls.withdraw_pin,
        AdminCalls.list_field_values,
        AdminCalls.list_reviews,
        AdminCalls.explain_pair,
        AdminCalls.list_changes,
    }
)


def opened_by(call: Callable[..., object]) -> tuple[Scope, ...]:
    """The scopes of which a call needs one, the least first."""
    return (Scope.STEWARD, Scope.ADMIN) if call in _STEWARDS else (Scope.ADMIN,)


def _message(key: Key) -> admin_pb2.Key:
    message = admin_pb2.Key(
        key_id=key.key_id,
        name=key.name,
        scopes=sorted(map(str, key.scopes)),
        kind=str(key.kind),
        source_id=key.source_id,
    )
    message.created_at.FromDatetime(key.created_at)
    if key.revoked_at is not None:
        message.revoked_at.FromDatetime(key.revoked_at)
    return message
