"""One event judged, and a batch recorded: whatever comes in, nothing else breaks."""

import json
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pathloom.feed.v1 import feed_pb2
from pathloom.identity.v1 import events_pb2
from pathloom_gateway.application.record_events import RecordEvents
from pathloom_gateway.domain.access import Principal, Scope
from pathloom_gateway.domain.plan_check import compile_plan
from pathloom_gateway.domain.sent_event import Judge, Refused, Sent, time_of
from pathloom_gateway.entrypoints.rest import sdk_json
from pathloom_gateway.tracking_plan import common_schema, planned_events
from pathloom_kit.clock import ManualClock
from pathloom_kit.errors import InvalidArgument
from pathloom_kit.rpc.validate import check

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
PLAN = compile_plan(common_schema(), {key: event.schema for key, event in planned_events().items()})
JUDGE = Judge(PLAN, timedelta(hours=1))
CALLER = Principal("key_1", frozenset({Scope.INGEST}), "portal")
FIELDS = (
    "type",
    "messageId",
    "userId",
    "anonymousId",
    "event",
    "properties",
    "traits",
    "context",
    "timestamp",
    "sentAt",
)
scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.just("track")
anything = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)
events = st.fixed_dictionaries(
    {
        "type": st.sampled_from(("track", "identify", "page", "alias")) | anything,
        "messageId": st.text(max_size=9),
    },
    optional=dict.fromkeys(FIELDS[2:], anything),
)


class Log:
    """Takes everything; what goes to it must keep the contract's own bounds."""

    def __init__(self) -> None:
        self.requests: list[events_pb2.RecordRequest] = []

    async def record(self, request: events_pb2.RecordRequest) -> events_pb2.RecordResponse:
        check(request)
        self.requests.append(request)
        return events_pb2.RecordResponse(
            position=feed_pb2.Cursor(epoch="e", n=1),
            results=[
                events_pb2.RecordResult(status=events_pb2.RECORD_STATUS_ACCEPTED) for _ in request.events
            ],
        )


def recorder(log: Any) -> RecordEvents:
    return RecordEvents(log, ManualClock(NOW), JUDGE, msgspec.json.Encoder(order="deterministic").encode)


def sent(event: Any) -> Sent:
    raw = json.dumps(event).encode()
    return Sent(event, raw, len(raw))


def track(**more: Any) -> dict[str, Any]:
    return {"type": "track", "messageId": "m", "userId": "u", "event": "E", **more}


@given(st.lists(events | anything, max_size=6))
async def test_whatever_is_in_a_batch_every_event_is_accounted_for(batch: list[Any]) -> None:
    """Law 9: a good one stands by itself, a bad one is reported by its index, nothing is dropped, nothing breaks."""
    log = Log()
    body = json.dumps({"batch": [*batch, track(messageId="good")]}).encode()
    found, _ = sdk_json.batch_of(body, bulk=False)
    answer = await recorder(log)(CALLER, found)

    assert answer.accepted + len(answer.errors) == len(batch) + 1
    assert "good" in {event.message_id for event in log.requests[-1].events}
    assert len(log.requests[-1].refused) == len(answer.errors)
    assert [error.index for error in answer.errors] == sorted({error.index for error in answer.errors})


@given(st.binary(max_size=200))
def test_bytes_that_are_no_batch_are_an_invalid_argument(body: bytes) -> None:
    readers: list[Callable[[], Any]] = [
        lambda: sdk_json.batch_of(body, False),
        lambda: sdk_json.single_of(body, "track", False),
    ]
    for read in readers:
        fields: Any = {"body"}
        try:
            read()
        except InvalidArgument as error:
            fields = error.fields
        assert fields


@given(st.randoms(use_true_random=False))
def test_the_payload_does_not_depend_on_the_order_of_members(chance: random.Random) -> None:
    def shuffled(value: Any) -> Any:
        if isinstance(value, dict):
            items = list(value.items())
            chance.shuffle(items)
            return {name: shuffled(item) for name, item in items}
        return value

    event = track(
        properties={"b": {"z": 1, "a": 2}, "a": 1, "c": [1]}, context={"x": 1, "a": {"q": 1, "b": 2}}
    )
    encode = msgspec.json.Encoder(order="deterministic").encode
    one = encode(JUDGE.judge(sent(event), NOW, None, None).content)
    other = encode(JUDGE.judge(sent(shuffled(event)), NOW, None, None).content)
    assert one == other


@given(
    st.timedeltas(timedelta(days=-400), timedelta(days=400)), st.timedeltas(timedelta(0), timedelta(days=30))
)
def test_a_clock_that_is_wrong_by_any_amount_is_corrected(
    wrong_by: timedelta, before_sending: timedelta
) -> None:
    """What the client saw happen so long before it sent it, happened so long before it was received."""
    sent_at = NOW + wrong_by
    event = track(timestamp=(sent_at - before_sending).isoformat(), sentAt=sent_at.isoformat())
    by_own = JUDGE.judge(sent(event), NOW, None, None)
    by_batch = JUDGE.judge(sent(event), NOW, NOW - sent_at, None)
    assert by_own.occurred_at == by_batch.occurred_at == NOW - before_sending
    assert by_own.client_time == sent_at - before_sending


def refusal(event: Any, received_at: datetime = NOW) -> tuple[str, str] | None:
    try:
        JUDGE.judge(sent(event), received_at, None, None)
    except Refused as refused:
        return refused.reason, refused.field
    return None


def test_an_hour_ahead_is_taken_and_more_is_not() -> None:
    ahead = NOW + timedelta(hours=1)
    assert refusal(track(timestamp=ahead.isoformat())) is None
    assert refusal(track(timestamp=(ahead + timedelta(seconds=1)).isoformat())) == ("IN_FUTURE", "timestamp")
    assert refusal(track(timestamp=(ahead + timedelta(seconds=1)).isoformat()), ahead) is None


@pytest.mark.parametrize("field", ["timestamp", "originalTimestamp", "sentAt"])
def test_a_time_that_is_none_is_named_even_where_another_goes_before_it(field: str) -> None:
    good = {"timestamp": NOW.isoformat(), "originalTimestamp": NOW.isoformat(), "sentAt": NOW.isoformat()}
    assert refusal(track(**good)) is None
    for others in ({}, good):
        wrongs: tuple[object, ...] = ("2024-01-01T12:99:00Z", 7, "", [])
        for wrong in wrongs:
            assert refusal(track(**{**others, field: wrong})) == ("MALFORMED", field)
        assert refusal(track(**{**others, field: None})) is None


def test_an_unknown_event_and_unknown_properties_are_kept_as_they_are() -> None:
    properties = {"queue": 5, "level": {"any": 1}, "nobody knows": [None]}
    taken = JUDGE.judge(sent(track(event="Aurora Seen", properties=properties)), NOW, None, None)
    assert taken.content == {"properties": properties}


def test_every_example_of_the_tracking_plan_is_taken() -> None:
    for planned in planned_events().values():
        for example in planned.schema["examples"]:
            assert refusal(track(event=planned.title, properties=example)) is None, planned.key


def test_the_batch_s_context_goes_under_the_event_s() -> None:
    event = track(context={"locale": "de"})
    taken = JUDGE.judge(sent(event), NOW, None, {"locale": "en", "app": "x"})
    assert taken.content["context"] == {"locale": "de", "app": "x"}


def test_traits_in_the_context_are_the_person_s_but_not_a_group_s() -> None:
    context = {"traits": {"email": "a@example.edu"}, "locale": "en"}
    person = JUDGE.judge(
        sent({"type": "identify", "messageId": "m", "userId": "u", "context": context}), NOW, None, None
    )
    group = JUDGE.judge(
        sent({"type": "group", "messageId": "m", "userId": "u", "groupId": "g", "context": context}),
        NOW,
        None,
        None,
    )
    assert person.content == {"traits": {"email": "a@example.edu"}, "context": {"locale": "en"}}
    assert group.content == {"context": context}


def test_times() -> None:
    assert (
        time_of("2026-03-01T12:00:00Z")
        == time_of("2026-03-01T13:00:00+01:00")
        == time_of("2026-03-01T12:00:00")
    )
    for wrong in (None, 5, "", "12:00", "x" * 100, "9999-12-31T23:59:59-12:00"):
        assert time_of(wrong) is None


async def test_a_planted_fault_is_caught_masking_left_out() -> None:
    """The law's check sees a card number that goes out."""

    log = Log()
    batch, _ = sdk_json.batch_of(
        json.dumps({"batch": [track(properties={"note": "4111 1111 1111 1111"})]}).encode(), False
    )
    careless = [Sent(s.content, s.original, s.size, closely=False) for s in batch.events]
    await recorder(log)(CALLER, batch)
    await recorder(log)(CALLER, type(batch)(careless))
    leaks = [b"4111" in request.SerializeToString() for request in log.requests]
    assert leaks == [False, True]
