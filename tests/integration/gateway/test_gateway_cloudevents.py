"""CloudEvents 1.0, made by the reference library and by hand."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from cloudevents.core.bindings import http as binding
from cloudevents.core.v1.event import CloudEvent
from pathloom.identity.v1 import events_pb2

from .conftest import RunningGateway

STRUCTURED = {"Content-Type": "application/cloudevents+json"}
BATCHED = {"Content-Type": "application/cloudevents-batch+json"}


def event(**more: Any) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": "ce-1",
        "source": "/ivr/7",
        "type": "edu.example.contact.queued",
        "subject": "u-1",
        "time": "2026-03-01T10:00:00Z",
        "data": {"queue": "aid"},
        **more,
    }


async def post(gateway: RunningGateway, content: Any, headers: dict[str, str]) -> Any:
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    return await gateway.http.post(
        "/v1/events", content=body, headers={**gateway.bearer("server"), **headers}
    )


async def test_the_library_s_events_are_taken_in_both_modes(gateway: RunningGateway) -> None:
    for at, make in enumerate((binding.to_structured_event, binding.to_binary_event)):
        made = CloudEvent(
            {
                "id": f"ce-{at}",
                "source": "/ivr/7",
                "type": "contact.queued",
                "time": datetime(2026, 3, 1, tzinfo=UTC),
                "contactid": "c-1",
                "datacontenttype": "application/json",
            },
            {"queue": "aid"},
        )
        message = make(made)
        answer = await post(gateway, message.body, message.headers)
        assert answer.status_code == 200, answer.text

    first, second = gateway.identity.events.values()
    assert (first.name, first.contact_id) == ("contact.queued", "c-1")
    assert first.payload == second.payload
    assert first.occurred_at == second.occurred_at


async def test_an_event_becomes_what_the_table_says(gateway: RunningGateway) -> None:
    answer = await post(gateway, event(traceparent="00-x", contactid="c-9"), STRUCTURED)

    taken = gateway.identity.last()
    assert answer.status_code == 200
    assert (taken.message_id, taken.type, taken.name) == (
        "ce-1",
        events_pb2.EVENT_TYPE_TRACK,
        "contact.queued",
    )
    assert (taken.user_id, taken.contact_id) == ("", "c-9")
    assert json.loads(taken.payload) == {
        "properties": {"queue": "aid", "contact_id": "c-9"},
        "context": {
            "cloudevent": {
                "source": "/ivr/7",
                "subject": "u-1",
                "traceparent": "00-x",
                "type": "edu.example.contact.queued",
            }
        },
    }


async def test_the_subject_is_the_user_where_nothing_says_better(gateway: RunningGateway) -> None:
    await post(gateway, event(), STRUCTURED)
    assert gateway.identity.last().user_id == "u-1"


async def test_identify_carries_traits(gateway: RunningGateway) -> None:
    await post(gateway, event(type="identify", data={"email": "a@example.edu"}), STRUCTURED)

    taken = gateway.identity.last()
    assert taken.type == events_pb2.EVENT_TYPE_IDENTIFY
    assert json.loads(taken.payload)["traits"] == {"email": "a@example.edu"}


async def test_a_batch_takes_the_good_and_names_the_bad(gateway: RunningGateway) -> None:
    batch = [event(id="1"), event(id="2", time="soon"), event(id="3", source=""), 5, event(id="5")]
    answer = (await post(gateway, batch, BATCHED)).json()

    assert answer["accepted"] == 2
    assert [(e["index"], e["message_id"], e["field"]) for e in answer["errors"]] == [
        (1, "2", "time"),
        (2, "3", "source"),
        (3, "", ""),
    ]


@pytest.mark.parametrize(
    ("content", "headers", "status", "field"),
    [
        (event(specversion="0.3"), STRUCTURED, 400, "specversion"),
        (event(id=None), STRUCTURED, 400, "id"),
        (event(type=5), STRUCTURED, 400, "type"),
        (event(Bad="x"), STRUCTURED, 400, "Bad"),
        (event(data=None, data_base64="%%"), STRUCTURED, 400, "data_base64"),
        (event(subject=None), STRUCTURED, 400, "userId"),
        ([event()], STRUCTURED, 400, "body"),
        (event(), BATCHED, 400, "body"),
        (b"{", STRUCTURED, 400, "body"),
        (event(), {"Content-Type": "application/json"}, 415, "Content-Type"),
    ],
)
async def test_what_is_no_cloudevent_is_named(
    gateway: RunningGateway, content: Any, headers: dict[str, str], status: int, field: str
) -> None:
    answer = await post(gateway, content, headers)

    assert answer.status_code == status, answer.text
    assert answer.json()["errors"][0]["field"] == field


async def test_binary_attributes_are_percent_decoded(gateway: RunningGateway) -> None:
    headers = {
        "ce-specversion": "1.0",
        "ce-id": "%C3%A9-1",
        "ce-source": "/x",
        "ce-type": "note",
        "ce-userid": "u-%C3%A9",
        "Content-Type": "application/json",
    }
    answer = await post(gateway, {"a": 1}, headers)

    assert answer.status_code == 200, answer.text
    assert (gateway.identity.last().message_id, gateway.identity.last().user_id) == ("é-1", "u-é")
