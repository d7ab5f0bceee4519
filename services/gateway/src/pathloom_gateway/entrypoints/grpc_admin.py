"""Operating the platform over gRPC."""

from collections.abc import Sequence
from typing import Any

from pathloom.gateway.v1 import admin_pb2, admin_pb2_grpc
from pathloom_kit.rpc.server import ServiceEntry

from pathloom_gateway.application.administer import Administer
from pathloom_gateway.entrypoints.admin_calls import AdminCalls, opened_by
from pathloom_gateway.entrypoints.grpc_guard import GrpcGuard

_CALLS = {
    "PutSource": AdminCalls.put_source,
    "ListSources": AdminCalls.list_sources,
    "CreateKey": AdminCalls.create_key,
    "ListKeys": AdminCalls.list_keys,
    "RevokeKey": AdminCalls.revoke_key,
    "ListQuarantine": AdminCalls.list_quarantine,
    "ReplayQuarantine": AdminCalls.replay_quarantine,
    "TraceEvent": AdminCalls.trace_event,
    "Decide": AdminCalls.decide,
    "WithdrawDecision": AdminCalls.withdraw_decision,
    "PinValue": AdminCalls.pin_value,
    "WithdrawPin": AdminCalls.withdraw_pin,
    "ListFieldValues": AdminCalls.list_field_values,
    "ListReviews": AdminCalls.list_reviews,
    "ExplainPair": AdminCalls.explain_pair,
    "ListChanges": AdminCalls.list_changes,
    "ActivateModel": AdminCalls.activate_model,
    "ListModels": AdminCalls.list_models,
    "EraseCustomer": AdminCalls.erase_customer,
    "EraseEmployee": AdminCalls.erase_employee,
    "GetStatus": AdminCalls.get_status,
    "ListLookUps": AdminCalls.list_look_ups,
}


class AdminServicer:
    """pathloom.gateway.v1.AdminService, its methods set from the table above: each call authenticates, then delegates to the call of the same name."""

    def __init__(self, calls: AdminCalls, guard: GrpcGuard) -> None:
        for name, call in _CALLS.items():
            setattr(self, name, _guarded(call, calls, guard))


def entries(administer: Administer, guard: GrpcGuard) -> Sequence[ServiceEntry]:
    """For pathloom_kit.rpc.server.serve."""
    name = admin_pb2.DESCRIPTOR.services_by_name["AdminService"].full_name
    servicer = AdminServicer(AdminCalls(administer), guard)
    return [(admin_pb2_grpc.add_AdminServiceServicer_to_server, servicer, name)]


def _guarded(call: Any, calls: AdminCalls, guard: GrpcGuard) -> Any:
    async def handle(request: Any, context: Any) -> Any:
        principal = await guard(context, *opened_by(call))
        return await call(calls, principal, request)

    return handle
