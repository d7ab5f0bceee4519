"""Who may come in, and what those hear who may not."""

import grpc
import grpc.aio
import pytest
from pathloom.gateway.v1 import admin_pb2, admin_pb2_grpc, ingest_pb2, ingest_pb2_grpc
from pathloom_kit.rpc.client import domain_error_of

from .conftest import RunningGateway

EVENT = {"type": "track", "messageId": "m-1", "userId": "u-1", "event": "Order Placed"}


async def test_no_key_and_a_wrong_key_are_told_apart(gateway: RunningGateway) -> None:
    missing = await gateway.http.post("/v1/batch", json={"batch": [EVENT]})
    wrong = await gateway.http.post("/v1/batch", json={"batch": [EVENT]}, headers=gateway.bearer("plk_wrong"))

    assert (missing.status_code, missing.json()["reason"]) == (401, "KEY_MISSING")
    assert (wrong.status_code, wrong.json()["reason"]) == (401, "KEY_UNKNOWN")
    assert missing.headers["content-type"] == "application/problem+json"
    assert missing.headers["www-authenticate"].startswith("Bearer")
    assert not gateway.identity.requests


async def test_a_key_comes_by_bearer_basic_or_in_the_body_but_never_in_the_url(
    gateway: RunningGateway,
) -> None:
    body = {"batch": [EVENT]}
    by_bearer = await gateway.http.post("/v1/batch", json=body, headers=gateway.bearer("server"))
    by_basic = await gateway.http.post("/v1/batch", json=body, headers=gateway.basic("server"))
    by_body = await gateway.http.post("/v1/batch", json={**body, "writeKey": gateway.keys["server"]})
    by_url = await gateway.http.post("/v1/batch", json=body, params={"writeKey": gateway.keys["server"]})

    assert [a.status_code for a in (by_bearer, by_basic, by_body, by_url)] == [200, 200, 200, 401]


@pytest.mark.parametrize(
    ("key", "method", "path"),
    [("reader", "POST", "/v1/batch"), ("server", "GET", "/v1/status"), ("public", "GET", "/v1/keys")],
)
async def test_a_key_without_the_scope_is_forbidden(
    gateway: RunningGateway, key: str, method: str, path: str
) -> None:
    answer = await gateway.http.request(method, path, headers=gateway.bearer(key), json={"batch": [EVENT]})

    assert (answer.status_code, answer.json()["reason"]) == (403, "SCOPE_MISSING")


async def test_what_a_public_key_says_is_a_claim(gateway: RunningGateway) -> None:
    for key in ("public", "server"):
        body = {"batch": [{**EVENT, "messageId": key}]}
        await gateway.http.post("/v1/batch", json=body, headers=gateway.bearer(key))

    claimed = {event.message_id: event.claimed for event in gateway.identity.events.values()}
    assert claimed == {"public": True, "server": False}


async def test_a_public_key_may_only_ingest(gateway: RunningGateway) -> None:
    body = {"name": "page", "scopes": ["ingest", "read"], "kind": "public", "source_id": "portal"}
    answer = await gateway.http.post("/v1/keys", json=body, headers=gateway.bearer("admin"))

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == "scopes"


async def test_a_key_belongs_to_a_source_that_exists(gateway: RunningGateway) -> None:
    body = {"name": "n", "scopes": ["ingest"], "kind": "server", "source_id": "nowhere"}
    answer = await gateway.http.post("/v1/keys", json=body, headers=gateway.bearer("admin"))

    assert (answer.status_code, answer.json()["reason"]) == (404, "SOURCE_NOT_FOUND")


async def test_a_revoked_key_is_out_of_force_once_that_is_answered(gateway: RunningGateway) -> None:
    body = {"name": "short-lived", "scopes": ["read"], "kind": "server"}
    made = (await gateway.http.post("/v1/keys", json=body, headers=gateway.bearer("admin"))).json()
    headers = gateway.bearer(made["key"])
    before = await gateway.http.get("/v1/session", headers=headers)
    revoked = await gateway.http.delete(f"/v1/keys/{made['key_id']}", headers=gateway.bearer("admin"))
    after = await gateway.http.get("/v1/session", headers=headers)
    listed = (await gateway.http.get("/v1/keys", headers=gateway.bearer("admin"))).json()["keys"]

    assert (before.status_code, revoked.status_code, after.status_code) == (200, 200, 401)
    assert next(key for key in listed if key["key_id"] == made["key_id"])["revoked_at"]
    assert made["key"] not in str(listed)


async def test_a_key_that_is_not_there_cannot_be_revoked(gateway: RunningGateway) -> None:
    answer = await gateway.http.delete("/v1/keys/key_nobody", headers=gateway.bearer("admin"))

    assert (answer.status_code, answer.json()["reason"]) == (404, "KEY_NOT_FOUND")


@pytest.mark.parametrize(
    ("key", "code", "reason"),
    [
        (None, grpc.StatusCode.UNAUTHENTICATED, "KEY_MISSING"),
        ("wrong", grpc.StatusCode.UNAUTHENTICATED, "KEY_UNKNOWN"),
        ("reader", grpc.StatusCode.PERMISSION_DENIED, "SCOPE_MISSING"),
    ],
)
async def test_grpc_says_the_same(
    gateway: RunningGateway, channel: grpc.aio.Channel, key: str | None, code: grpc.StatusCode, reason: str
) -> None:
    metadata = [] if key is None else [("authorization", f"Bearer {gateway.keys.get(key, key)}")]
    for call in (
        ingest_pb2_grpc.IngestServiceStub(channel).Record(
            ingest_pb2.RecordRequest(events=[ingest_pb2.Event(message_id="m")]), metadata=metadata
        ),
        admin_pb2_grpc.AdminServiceStub(channel).ListKeys(admin_pb2.ListKeysRequest(), metadata=metadata),
    ):
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await call
        assert caught.value.code() is code
        assert domain_error_of(caught.value).reason == reason


async def test_no_key_is_kept_as_it_is(gateway: RunningGateway, running_gateway: RunningGateway) -> None:
    import asyncpg

    connection = await asyncpg.connect(running_gateway.settings.database_url)
    try:
        rows = await connection.fetch("SELECT api_key::text AS row FROM api_key")
    finally:
        await connection.close()
    kept = " ".join(row["row"] for row in rows)
    assert rows
    assert not any(secret in kept for secret in gateway.keys.values())
