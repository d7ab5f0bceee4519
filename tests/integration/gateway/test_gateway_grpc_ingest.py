"""Events in over gRPC: the same use case, the same answers."""

import math
from typing import Any

import grpc
import grpc.aio
import pytest
from google.protobuf.struct_pb2 import Struct
from google.protobuf.timestamp_pb2 import Timestamp
from pathloom.feed.v1 import feed_pb2
from pathloom.gateway.v1 import ingest_pb2, ingest_pb2_grpc
from pathloom_kit.rpc.client import domain_error_of

from .conftest import RunningGateway


def struct(**said: Any) -> Struct:
    made = Struct()
    made.update(said)
    return made


def track(message_id: str = "m-1", **more: Any) -> ingest_pb2.Event:
    return ingest_pb2.Event(message_id=message_id, type="track", user_id="u-1", name="Order Placed", **more)


async def record(
    gateway: RunningGateway, channel: grpc.aio.Channel, *events: ingest_pb2.Event, **more: Any
) -> ingest_pb2.RecordResponse:
    metadata = [("authorization", f"Bearer {gateway.keys['server']}")]
    request = ingest_pb2.RecordRequest(events=events, **more)
    answer: ingest_pb2.RecordResponse = await ingest_pb2_grpc.IngestServiceStub(channel).Record(
        request, metadata=metadata
    )
    return answer


async def test_grpc_and_rest_record_the_same_event(
    gateway: RunningGateway, channel: grpc.aio.Channel
) -> None:
    happened = Timestamp()
    happened.FromJsonString("2026-03-01T10:00:00Z")
    event = track(
        "grpc",
        timestamp=happened,
        properties=struct(contact_id="c-1", n=2, f=2.5, deep={"list": [1, None, True]}),
        context=struct(locale="en"),
    )
    await record(gateway, channel, event)
    body = {
        "messageId": "rest",
        "userId": "u-1",
        "event": "Order Placed",
        "timestamp": "2026-03-01T10:00:00Z",
        "properties": {"contact_id": "c-1", "n": 2, "f": 2.5, "deep": {"list": [1, None, True]}},
        "context": {"locale": "en"},
    }
    await gateway.http.post("/v1/track", json=body, headers=gateway.bearer("server"))

    over_grpc, over_rest = gateway.identity.events.values()
    for event_proto in (over_grpc, over_rest):
        event_proto.message_id = ""
        event_proto.ClearField("received_at")
    assert over_grpc == over_rest


async def test_bad_events_are_reported_by_index(gateway: RunningGateway, channel: grpc.aio.Channel) -> None:
    wrong_time = Timestamp(seconds=10**12)
    answer = await record(
        gateway,
        channel,
        track("1"),
        track("2", properties=struct(n=math.nan)),
        track("3", timestamp=wrong_time),
        ingest_pb2.Event(type="track", name="x"),
        ingest_pb2.Event(message_id="5", type="track", name="e" * 300, user_id="u"),
        track("6", properties=struct(note="card 4111111111111111")),
        bulk=True,
    )

    assert answer.accepted == 2
    assert [(e.index, e.message_id, e.field) for e in answer.errors] == [
        (1, "2", "properties.n"),
        (2, "3", "timestamp"),
        (3, "", "messageId"),
        (4, "5", "event"),
    ]
    assert len(gateway.identity.quarantine) == 4
    assert b"4111" not in gateway.identity.last().payload
    assert gateway.identity.requests[-1].lane == feed_pb2.LANE_BULK


@pytest.mark.parametrize(
    ("request_bytes", "field"),
    [
        (ingest_pb2.RecordRequest().SerializeToString(), "events"),
        (ingest_pb2.RecordRequest(events=[ingest_pb2.Event()] * 2_001).SerializeToString(), "events"),
        (
            ingest_pb2.RecordRequest(events=[track(properties=struct(n="x" * 600_000))]).SerializeToString(),
            "events",
        ),
        (b"\xff\xff\xff", ""),
        (b"\x0a\x02\xff", ""),
    ],
)
async def test_a_wrong_request_is_invalid_argument(
    gateway: RunningGateway, channel: grpc.aio.Channel, request_bytes: bytes, field: str
) -> None:
    call: Any = channel.unary_unary("/pathloom.gateway.v1.IngestService/Record")
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call(request_bytes, metadata=[("authorization", f"Bearer {gateway.keys['server']}")])

    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    if field:
        assert field in domain_error_of(caught.value).fields


async def test_identity_being_down_is_unavailable(gateway: RunningGateway, channel: grpc.aio.Channel) -> None:
    gateway.identity.down = True
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await record(gateway, channel, track())

    assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
    assert domain_error_of(caught.value).retry_after_s == 2.0
