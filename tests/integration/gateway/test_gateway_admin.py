"""Operating the platform over REST and gRPC: one answer."""

import asyncio
from typing import Any

import grpc.aio
import pytest
from google.protobuf import json_format
from pathloom.gateway.v1 import admin_pb2, admin_pb2_grpc
from pathloom.identity.v1 import customers_pb2, events_pb2

from .conftest import RunningGateway

EVENT = {"type": "track", "messageId": "m-1", "userId": "u-1", "event": "Order Placed"}


async def test_both_faces_give_the_same_answer(gateway: RunningGateway, channel: grpc.aio.Channel) -> None:
    await gateway.http.post(
        "/v1/batch", json={"batch": [EVENT, {**EVENT, "messageId": ""}]}, headers=gateway.bearer("server")
    )
    stub = admin_pb2_grpc.AdminServiceStub(channel)
    metadata = [("authorization", f"Bearer {gateway.keys['admin']}")]
    left = {"namespace": "portal", "kind": "RECORD_KIND_USER", "id": "u-1"}
    right = {"namespace": "portal", "kind": "RECORD_KIND_USER", "id": "u-2"}
    decide: dict[str, Any] = {"left": left, "right": right, "same": True, "actor": "steward-1"}
    pin = {"record": left, "field": "first_name", "source_id": "portal", "actor": "steward-1"}
    calls: list[tuple[str, str, dict[str, Any] | None, Any, Any]] = [
        ("GET", "/v1/sources", None, stub.ListSources, customers_pb2.ListSourcesRequest()),
        ("GET", "/v1/keys", None, stub.ListKeys, admin_pb2.ListKeysRequest()),
        (
            "GET",
            "/v1/quarantine?page_size=5",
            None,
            stub.ListQuarantine,
            events_pb2.ListQuarantineRequest(page_size=5),
        ),
        (
            "POST",
            "/v1/trace",
            {"message_id": "m-1"},
            stub.TraceEvent,
            admin_pb2.TraceEventRequest(message_id="m-1"),
        ),
        (
            "POST",
            "/v1/decisions",
            decide,
            stub.Decide,
            json_format.ParseDict(decide, customers_pb2.DecideRequest()),
        ),
        (
            "POST",
            "/v1/decisions/withdraw",
            {"left": left, "right": right},
            stub.WithdrawDecision,
            customers_pb2.WithdrawDecisionRequest(
                left=json_format.ParseDict(left, events_pb2.RecordKey()),
                right=json_format.ParseDict(right, events_pb2.RecordKey()),
                actor="steward-1",
            ),
        ),
        (
            "POST",
            "/v1/pins",
            pin,
            stub.PinValue,
            json_format.ParseDict(pin, customers_pb2.PinValueRequest()),
        ),
        (
            "POST",
            "/v1/pins/withdraw",
            pin,
            stub.WithdrawPin,
            json_format.ParseDict(pin, customers_pb2.WithdrawPinRequest()),
        ),
        (
            "GET",
            "/v1/customers/cus_1/values?field=first_name&page_size=7",
            None,
            stub.ListFieldValues,
            customers_pb2.ListFieldValuesRequest(customer_id="cus_1", field="first_name", page_size=7),
        ),
        (
            "GET",
            "/v1/reviews?page_size=7",
            None,
            stub.ListReviews,
            customers_pb2.ListReviewsRequest(page_size=7),
        ),
        (
            "POST",
            "/v1/reviews/explain",
            {"left": left, "right": right},
            stub.ExplainPair,
            json_format.ParseDict({"left": left, "right": right}, customers_pb2.ExplainPairRequest()),
        ),
        (
            "GET",
            "/v1/customers/cus_1/changes",
            None,
            stub.ListChanges,
            customers_pb2.ListChangesRequest(customer_id="cus_1"),
        ),
        (
            "POST",
            "/v1/models",
            {"model": "{}" * 100_000, "actor": "operator-1"},
            stub.ActivateModel,
            customers_pb2.ActivateModelRequest(model="{}" * 100_000, actor="operator-1"),
        ),
        (
            "GET",
            "/v1/models?page_size=7",
            None,
            stub.ListModels,
            customers_pb2.ListModelsRequest(page_size=7),
        ),
        (
            "POST",
            "/v1/erasures",
            {"customer_id": "cus_1"},
            stub.EraseCustomer,
            customers_pb2.EraseCustomerRequest(customer_id="cus_1", actor="steward-1"),
        ),
        (
            "POST",
            "/v1/erasures/employee",
            {"namespace": "portal", "employee_id": "ag-7"},
            stub.EraseEmployee,
            customers_pb2.EraseEmployeeRequest(namespace="portal", employee_id="ag-7", actor="steward-1"),
        ),
        ("GET", "/v1/lookups", None, stub.ListLookUps, admin_pb2.ListLookUpsRequest()),
    ]
    for method, path, body, call, request in calls:
        over_rest = await gateway.http.request(method, path, json=body, headers=gateway.bearer("admin"))
        over_grpc = await call(request, metadata=metadata)
        assert over_rest.status_code == 200, (path, over_rest.text)
        assert over_rest.json() == json_format.MessageToDict(over_grpc, preserving_proto_field_name=True), (
            path
        )


async def test_the_caller_is_the_actor_where_none_is_named(gateway: RunningGateway) -> None:
    await gateway.http.post("/v1/erasures", json={"customer_id": "cus_1"}, headers=gateway.bearer("admin"))

    assert gateway.identity.decided[-1].actor == "key_bootstrap"  # type: ignore[attr-defined]


async def test_what_is_said_of_a_person_is_looked_at_on_record(gateway: RunningGateway) -> None:
    path = "/v1/customers/cus_1/values?field=first_name"
    await gateway.http.get(path, headers=gateway.bearer("admin"))
    for _ in range(100):
        seen = await gateway.http.get("/v1/lookups?customer_id=cus_1", headers=gateway.bearer("admin"))
        if found := seen.json().get("look_ups"):
            break
        await asyncio.sleep(0.05)

    assert (found[0]["actor"], found[0]["by"], found[0]["customer_ids"]) == (
        "key_bootstrap",
        "customer",
        ["cus_1"],
    )


async def test_status_says_who_does_not_answer(gateway: RunningGateway) -> None:
    answer = (await gateway.http.get("/v1/status", headers=gateway.bearer("admin"))).json()

    reachable = {service["name"]: service.get("reachable", False) for service in answer["services"]}
    assert reachable == {"identity": True, "journey-graph": False, "scoring": False, "gateway": True}
    assert "settled" not in answer


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "field"),
    [
        ("POST", "/v1/keys", {"name": "x", "scopes": ["all"], "kind": "server"}, 400, "scopes[0]"),
        ("POST", "/v1/keys", {"name": "x", "scopes": [], "kind": "server"}, 400, "scopes"),
        ("POST", "/v1/keys", {"name": 5, "scopes": ["read"], "kind": "server"}, 400, "name"),
        ("POST", "/v1/keys", {"nome": "x"}, 400, "nome"),
        ("POST", "/v1/keys", [], 400, "body"),
        ("PUT", "/v1/sources/UPPER", {"namespace": "x", "trust": "TRUST_TRUSTED"}, 400, "source.source_id"),
        ("PUT", "/v1/sources/x", {"namespace": "x"}, 400, "source.trust"),
        ("GET", "/v1/quarantine?page_size=x", None, 400, "page_size"),
        ("GET", "/v1/lookups?page_token=x", None, 400, "page_token"),
        ("GET", "/v1/lookups?page_size=9999", None, 400, "page_size"),
        ("POST", "/v1/trace", {}, 400, "message_id"),
        ("POST", "/v1/trace", {"message_id": "nowhere"}, 404, ""),
        ("POST", "/v1/erasures", {"customer_id": "cus_2"}, 404, ""),
        ("POST", "/v1/pins", {"field": "a", "source_id": "portal"}, 400, "record"),
        ("GET", "/v1/customers/cus_1/values", None, 400, "field"),
        ("GET", "/v1/customers/cus_2/values?field=a", None, 404, ""),
    ],
)
async def test_a_wrong_call_is_named_by_its_field(
    gateway: RunningGateway, method: str, path: str, body: Any, status: int, field: str
) -> None:
    answer = await gateway.http.request(method, path, json=body, headers=gateway.bearer("admin"))

    assert answer.status_code == status, answer.text
    if field:
        assert answer.json()["errors"][0]["field"] == field


async def test_the_description_is_openapi_3_1(gateway: RunningGateway) -> None:
    found = (await gateway.http.get("/openapi.json")).json()

    assert found["openapi"].startswith("3.1")
    for path in ("/v1/batch", "/v1/track", "/v1/events", "/v1/keys", "/v1/sources/{source_id}", "/v1/status"):
        assert path in found["paths"]
    assert "Problem" in found["components"]["schemas"]


async def test_a_replay_takes_what_is_good_by_now_and_says_why_the_rest_stays(
    gateway: RunningGateway,
) -> None:
    body = {"batch": [{**EVENT, "timestamp": "9999-01-01T00:00:00Z"}, {**EVENT, "messageId": ""}]}
    await gateway.http.post("/v1/batch", json=body, headers=gateway.bearer("public"))
    first, second = gateway.identity.quarantine
    assert first.refused.claimed
    # As if that moment had come by now.
    first.refused.original = first.refused.original.replace(b"9999", b"2020")
    ids = [first.quarantine_id, second.quarantine_id]
    answer = await gateway.http.post(
        "/v1/quarantine/replay", json={"quarantine_ids": ids}, headers=gateway.bearer("admin")
    )

    results = answer.json()["results"]
    assert [result["status"] for result in results] == ["RECORD_STATUS_ACCEPTED", "RECORD_STATUS_QUARANTINED"]
    assert (results[1]["reason"], results[1]["field"]) == ("MISSING", "messageId")
    assert gateway.identity.decided == [events_pb2.ReplayQuarantineRequest(quarantine_ids=ids[:1])]
