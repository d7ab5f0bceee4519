"""Events in over REST: what is taken, what is refused and how that is said."""

import gzip
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pathloom.feed.v1 import feed_pb2
from pathloom.identity.v1 import events_pb2
from pathloom_kit.feeds.cursor import position_from_text

from .conftest import RunningGateway

CARD = "4111 1111 1111 1111"


def track(message_id: str = "m-1", **more: Any) -> dict[str, Any]:
    return {"type": "track", "messageId": message_id, "userId": "u-1", "event": "Order Placed", **more}


async def send(gateway: RunningGateway, *events: Any, **batch: Any) -> dict[str, Any]:
    answer = await gateway.http.post(
        "/v1/batch", json={"batch": list(events), **batch}, headers=gateway.bearer("server")
    )
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_a_batch_is_answered_with_a_position_once_it_is_recorded(gateway: RunningGateway) -> None:
    answer = await send(gateway, track("m-1"), track("m-2", anonymousId=None))

    assert answer["accepted"] == 2
    assert answer["errors"] == []
    assert position_from_text(answer["position"]).n == gateway.identity.n
    assert {event.message_id for event in gateway.identity.events.values()} == {"m-1", "m-2"}


async def test_one_bad_event_costs_the_others_nothing_and_is_kept(gateway: RunningGateway) -> None:
    answer = await send(
        gateway, track("m-1"), track("m-2", properties="text"), {"type": "track"}, 7, track("m-5")
    )

    assert answer["accepted"] == 2
    assert [(e["index"], e["message_id"], e["reason"], e["field"]) for e in answer["errors"]] == [
        (1, "m-2", "MALFORMED", "properties"),
        (2, "", "MISSING", "messageId"),
        (3, "", "MALFORMED", ""),
    ]
    kept = [event.refused for event in gateway.identity.quarantine]
    assert [refused.field for refused in kept] == ["properties", "messageId", ""]
    assert json.loads(kept[0].original)["messageId"] == "m-2"


async def test_a_batch_of_bad_events_is_answered_200_and_has_no_position(gateway: RunningGateway) -> None:
    answer = await send(gateway, {"type": "track"})

    assert (answer["accepted"], answer["position"], len(answer["errors"])) == (0, "", 1)
    assert len(gateway.identity.quarantine) == 1


async def test_an_empty_batch_is_no_error(gateway: RunningGateway) -> None:
    assert await send(gateway) == {"position": "", "accepted": 0, "errors": []}


@pytest.mark.parametrize(
    ("event", "reason", "field"),
    [
        ({**track(), "type": "click"}, "MALFORMED", "type"),
        ({**track(), "type": 5}, "MALFORMED", "type"),
        ({**track(), "messageId": 1.5}, "MALFORMED", "messageId"),
        ({**track(), "messageId": "  "}, "MISSING", "messageId"),
        ({**track(), "messageId": "m" * 257}, "TOO_LARGE", "messageId"),
        ({**track(), "userId": ["u"]}, "MALFORMED", "userId"),
        ({**track(), "userId": True}, "MALFORMED", "userId"),
        ({**track(), "userId": "u" * 257}, "TOO_LARGE", "userId"),
        ({**track(), "userId": None}, "MISSING", "userId"),
        ({**track(), "event": None}, "MISSING", "event"),
        ({**track(), "event": " "}, "MISSING", "event"),
        ({**track(), "event": {"a": 1}}, "MALFORMED", "event"),
        ({**track(), "event": "e" * 257}, "TOO_LARGE", "event"),
        ({**track(), "traits": []}, "MALFORMED", "traits"),
        ({**track(), "context": "c"}, "MALFORMED", "context"),
        ({**track(), "timestamp": "yesterday"}, "MALFORMED", "timestamp"),
        ({**track(), "timestamp": 1700000000}, "MALFORMED", "timestamp"),
        ({**track(), "timestamp": "0001-01-01T00:00:00Z"}, "MALFORMED", "timestamp"),
        ({**track(), "originalTimestamp": "soon"}, "MALFORMED", "originalTimestamp"),
        ({**track(), "timestamp": "2026-01-01T00:00:00Z", "sentAt": 3}, "MALFORMED", "sentAt"),
        ({**track(), "timestamp": "9999-01-01T00:00:00Z"}, "IN_FUTURE", "timestamp"),
        ({**track(), "properties": {"contact_id": 5}}, "MALFORMED", "properties.contact_id"),
        ({**track(), "properties": {"contact_id": "c" * 257}}, "MALFORMED", "properties.contact_id"),
        ({**track(), "properties": {"note": "a\0b"}}, "MALFORMED", "properties.note"),
        ({**track(), "userId": "a\0b"}, "MALFORMED", "userId"),
        ({**track(), "messageId": "a\0b"}, "MALFORMED", "messageId"),
        ({**track(), "properties": {"note": "x" * 33_000}}, "TOO_LARGE", ""),
        ({**track(), "properties": {"n": 10**40}}, "MALFORMED", "properties.n"),
        (
            {**track(), "event": "Contact Queued", "properties": {"position": "two"}},
            "MALFORMED",
            "properties.position",
        ),
        (
            {**track(), "event": "contact.queued", "properties": {"position": -1}},
            "MALFORMED",
            "properties.position",
        ),
        (
            {**track(), "event": "Promise Made", "properties": {"due_at": "soon"}},
            "MALFORMED",
            "properties.due_at",
        ),
        (
            {**track(), "event": "Contact Queued", "properties": {"leg_kind": "q"}},
            "MALFORMED",
            "properties.leg_kind",
        ),
        ({"type": "alias", "messageId": "m", "userId": "u"}, "MISSING", "previousId"),
        ({"type": "alias", "messageId": "m", "previousId": "u"}, "MISSING", "userId"),
        ({"type": "group", "messageId": "m", "userId": "u"}, "MISSING", "groupId"),
    ],
)
async def test_a_bad_event_is_named_by_its_field(
    gateway: RunningGateway, event: dict[str, Any], reason: str, field: str
) -> None:
    answer = await send(gateway, event)

    assert [(error["reason"], error["field"]) for error in answer["errors"]] == [(reason, field)]
    assert len(gateway.identity.quarantine) == 1
    single = await gateway.http.post("/v1/track", json=event, headers=gateway.bearer("server"))
    if event["type"] == "track":
        assert single.status_code == 400
        assert single.json()["errors"][0]["field"] == (field or "body")


@pytest.mark.parametrize(
    ("raw", "field"),
    [
        (b'{"n":NaN}', "properties.n"),
        (b'{"n":1e999}', "properties.n"),
        (b'{"n":["ok","\\ud800"]}', "properties.n[1]"),
        (b'{"n":' + b'{"n":' * 40 + b"1" + b"}" * 40 + b"}", "properties"),
        (b'{"n":"\xff"}', ""),
    ],
)
async def test_what_is_hardly_json_costs_the_others_nothing(
    gateway: RunningGateway, raw: bytes, field: str
) -> None:
    bad = b'{"type":"track","messageId":"bad","userId":"u","event":"E","properties":' + raw + b"}"
    body = b'{"batch":[' + json.dumps(track("good")).encode() + b"," + bad + b"]}"
    answer = await gateway.http.post("/v1/batch", content=body, headers=gateway.bearer("server"))

    if field:
        assert answer.json()["accepted"] == 1, answer.text
        assert [error["field"] for error in answer.json()["errors"]] == [field]
    else:
        assert answer.json()["errors"][0]["index"] == 1
    assert len(gateway.identity.quarantine) == 1


@pytest.mark.parametrize(
    ("content", "headers", "status", "field"),
    [
        (b"", {}, 400, "body"),
        (b"{", {}, 400, "body"),
        (b"[]", {}, 400, "body"),
        (b"{}", {}, 400, "batch"),
        (b'{"batch":{}}', {}, 400, "batch"),
        (b'{"batch":[],"sentAt":"soon"}', {}, 400, "sentAt"),
        (b'{"batch":[],"context":[]}', {}, 400, "context"),
        ('{"batch":[]}'.encode("utf-16"), {}, 400, "body"),
        (b'{"batch":[]}', {"Content-Type": "application/json; charset=utf-16"}, 415, "Content-Type"),
        (b"<batch/>", {"Content-Type": "application/xml"}, 415, "Content-Type"),
        (b'{"batch":[]}', {"Content-Encoding": "br"}, 415, "Content-Encoding"),
        (b'{"batch":[]}', {"Content-Encoding": "gzip"}, 400, "body"),
        (gzip.compress(b'{"batch":[]}', mtime=0)[:-9], {"Content-Encoding": "gzip"}, 400, "body"),
        (b" " * 513_000, {}, 413, "body"),
        (gzip.compress(b" " * 50_000_000, mtime=0), {"Content-Encoding": "gzip"}, 413, "body"),
        (b"[" * 100_000, {}, 400, "body"),
        (b'{"batch":' + b"[" * 100_000, {}, 400, "body"),
        (b'{"batch":[]}', {"Pathloom-Lane": "fast"}, 400, "Pathloom-Lane"),
        (b'{"batch":[' + b"1," * 2_000 + b"1]}", {}, 400, "batch"),
    ],
)
async def test_a_request_that_is_wrong_as_a_whole_is_a_problem_that_names_the_field(
    gateway: RunningGateway, content: bytes, headers: dict[str, str], status: int, field: str
) -> None:
    answer = await gateway.http.post(
        "/v1/batch", content=content, headers={**gateway.bearer("server"), **headers}
    )

    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["errors"][0]["field"] == field


async def test_gzip_is_read(gateway: RunningGateway) -> None:
    answer = await gateway.http.post(
        "/v1/batch",
        content=gzip.compress(json.dumps({"batch": [track()]}).encode()),
        headers={**gateway.bearer("server"), "Content-Encoding": "gzip"},
    )
    assert answer.json()["accepted"] == 1


async def test_identity_being_down_is_503_with_retry_after(gateway: RunningGateway) -> None:
    gateway.identity.down = True
    answer = await gateway.http.post("/v1/batch", json={"batch": [track()]}, headers=gateway.bearer("server"))

    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")


async def test_history_goes_in_the_bulk_lane(gateway: RunningGateway) -> None:
    for lane in ("bulk", "live"):
        await gateway.http.post(
            "/v1/batch",
            json={"batch": [track(lane)]},
            headers={**gateway.bearer("server"), "Pathloom-Lane": lane},
        )

    assert [r.lane for r in gateway.identity.requests] == [feed_pb2.LANE_BULK, feed_pb2.LANE_LIVE]


async def test_the_clients_clock_is_corrected_by_sent_at(gateway: RunningGateway) -> None:
    ahead = datetime.now(UTC) + timedelta(hours=5)
    happened = ahead - timedelta(minutes=10)
    await send(gateway, track(timestamp=happened.isoformat()), sentAt=ahead.isoformat())

    event = gateway.identity.last()
    corrected = datetime.now(UTC) - event.occurred_at.ToDatetime(tzinfo=UTC)
    assert abs(corrected - timedelta(minutes=10)) < timedelta(seconds=30)
    assert event.client_time.ToDatetime(tzinfo=UTC) == happened


async def test_without_a_time_it_happened_when_it_was_received(gateway: RunningGateway) -> None:
    await send(gateway, track())

    event = gateway.identity.last()
    assert event.occurred_at == event.received_at
    assert not event.HasField("client_time")


async def test_the_same_event_gives_the_same_payload_however_it_is_spelt(gateway: RunningGateway) -> None:
    one = track("m-1", properties={"b": 1, "a": {"d": 1, "c": [1, 2]}}, context={"z": 1, "a": 2})
    two = track("m-1", context={"a": 2, "z": 1}, properties={"a": {"c": [1, 2], "d": 1}, "b": 1})
    first = await send(gateway, one)
    second = await send(gateway, two)

    assert (first["errors"], second["errors"]) == ([], [])
    assert gateway.identity.last().payload == (
        b'{"context":{"a":2,"z":1},"properties":{"a":{"c":[1,2],"d":1},"b":1}}'
    )


async def test_the_same_id_for_another_event_is_reported(gateway: RunningGateway) -> None:
    await send(gateway, track("m-1", properties={"a": 1}))
    answer = await send(gateway, track("m-0"), track("m-1", properties={"a": 2}))

    assert answer["accepted"] == 1
    errors = [(error["index"], error["reason"], error["field"]) for error in answer["errors"]]
    assert errors == [(1, "ID_REUSED", "messageId")]


async def test_a_card_number_is_masked_before_it_leaves_the_gateway(gateway: RunningGateway) -> None:
    event = track(
        "m-1",
        properties={"note": f"card {CARD}, thanks", "deep": [{"pan": 4111111111111111}], "contact_id": "c-1"},
        traits={"card": "5555-5555-5555-4444"},
        context={"page": {"title": "378282246310005"}},
        event=f"Paid with {CARD}",
    )
    await send(gateway, event, context={"more": CARD})
    await send(gateway, {**event, "messageId": "m-2", "timestamp": "wrong"})

    taken = gateway.identity.last().SerializeToString()
    kept = gateway.identity.quarantine[0].SerializeToString()
    for number in (b"4111", b"5555-5555", b"3782"):
        assert number not in taken
        assert number not in kept
    assert b"**** **** **** 1111" in taken
    assert gateway.identity.last().contact_id == "c-1"


async def test_each_call_has_its_own_path(gateway: RunningGateway) -> None:
    calls: dict[str, dict[str, Any]] = {
        "track": {"event": "Order Placed"},
        "identify": {"traits": {"email": "a@example.edu"}},
        "page": {"name": "Aid", "category": "Portal"},
        "screen": {"name": "Aid"},
        "group": {"groupId": "g-1", "traits": {"name": "Household"}},
        "alias": {"previousId": "a-1"},
    }
    for call, own in calls.items():
        body = {"messageId": call, "userId": "u-1", **own}
        answer = await gateway.http.post(f"/v1/{call}", json=body, headers=gateway.basic("server"))
        assert answer.status_code == 200, answer.text

    types = {event.message_id: event.type for event in gateway.identity.events.values()}
    assert types == {
        "track": events_pb2.EVENT_TYPE_TRACK,
        "identify": events_pb2.EVENT_TYPE_IDENTIFY,
        "page": events_pb2.EVENT_TYPE_PAGE,
        "screen": events_pb2.EVENT_TYPE_SCREEN,
        "group": events_pb2.EVENT_TYPE_GROUP,
        "alias": events_pb2.EVENT_TYPE_ALIAS,
    }
    assert gateway.identity.events["portal", "page"].payload == b'{"properties":{"category":"Portal"}}'


async def test_a_page_of_an_allowed_origin_may_post(gateway: RunningGateway) -> None:
    origin: dict[str, str] = {"Origin": "https://www.example.edu"}
    asked = await gateway.http.options(
        "/v1/batch",
        headers={
            **origin,
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization,content-type",
        },
    )
    sent = await gateway.http.post(
        "/v1/batch", json={"batch": [track()]}, headers={**origin, **gateway.bearer("public")}
    )
    elsewhere = await gateway.http.post(
        "/v1/batch",
        json={"batch": [track()]},
        headers={"Origin": "https://evil.example", **gateway.bearer("public")},
    )
    reads = await gateway.http.get("/v1/status", headers={**origin, **gateway.bearer("admin")})

    assert asked.status_code == 200
    assert asked.headers["access-control-allow-origin"] == origin["Origin"]
    assert sent.headers["access-control-allow-origin"] == origin["Origin"]
    assert "access-control-allow-credentials" not in sent.headers
    assert "access-control-allow-origin" not in elsewhere.headers
    assert "access-control-allow-origin" not in reads.headers


async def test_a_path_that_is_not_there_and_a_method_that_is_not_are_problems(
    gateway: RunningGateway,
) -> None:
    gone = await gateway.http.get("/v1/nothing")
    wrong = await gateway.http.get("/v1/batch")

    assert [gone.status_code, wrong.status_code] == [404, 405]
    assert gone.headers["content-type"] == wrong.headers["content-type"] == "application/problem+json"
