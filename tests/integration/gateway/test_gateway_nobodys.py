"""Events that belong to no customer, through every door."""

import json
from typing import Any

import grpc.aio
import pytest
from pathloom.gateway.v1 import ingest_pb2, ingest_pb2_grpc
from pathloom.identity.v1 import events_pb2
from pathloom_gateway.tracking_plan import planned_events

from .conftest import RunningGateway
from .test_gateway_grpc_ingest import struct

STATE = {"agent_id": "ag-7", "state": "break"}


def named(event: events_pb2.Event) -> tuple[int, str, str, str]:
    return event.subject_kind, event.subject_id, event.user_id, event.anonymous_id


EMPLOYEE = (events_pb2.RECORD_KIND_EMPLOYEE, "ag-7", "", "")


async def test_every_door_takes_an_employees_event_as_nobodys(
    gateway: RunningGateway, channel: grpc.aio.Channel
) -> None:
    headers = gateway.bearer("server")
    sdk = {"type": "track", "event": "Agent State Changed", "properties": STATE, "userId": "ag-7@corp"}
    for path, body in (
        ("/v1/batch", {"batch": [{**sdk, "messageId": "1"}]}),
        ("/v1/track", {**sdk, "messageId": "2"}),
        ("/v1/track", {**sdk, "messageId": "3", "userId": None}),
    ):
        answer = await gateway.http.post(path, json=body, headers=headers)
        assert (answer.status_code, answer.json()["accepted"]) == (200, 1), answer.text
    cloud = {
        "specversion": "1.0",
        "id": "4",
        "source": "/wfm",
        "type": "edu.example.agent.state.changed",
        "subject": "somebody",
        "data": STATE,
    }
    answer = await gateway.http.post(
        "/v1/events", json=cloud, headers={**headers, "Content-Type": "application/cloudevents+json"}
    )
    assert answer.status_code == 200, answer.text
    event = ingest_pb2.Event(
        message_id="5", type="track", name="Agent State Changed", properties=struct(**STATE)
    )
    taken = await ingest_pb2_grpc.IngestServiceStub(channel).Record(
        ingest_pb2.RecordRequest(events=[event]),
        metadata=[("authorization", f"Bearer {gateway.keys['server']}")],
    )
    assert taken.accepted == 1
    assert [named(e) for e in gateway.identity.events.values()] == [EMPLOYEE] * 5


async def test_incidents_and_nameless_answers_are_taken_and_notes_are_their_contacts(
    gateway: RunningGateway,
) -> None:
    plan = planned_events()
    batch = [
        {"type": "track", "messageId": key, "event": plan[key].title, "properties": plan[key].schema["examples"][0]}
        for key in ("incident_started", "employee_survey_answered", "agent_note_added")
    ]  # fmt: skip
    batch[2] |= {"userId": "ag-7"}
    answer = await gateway.http.post("/v1/batch", json={"batch": batch}, headers=gateway.bearer("server"))
    assert answer.json()["accepted"] == 3, answer.text
    incident, survey, note = gateway.identity.events.values()
    assert named(incident) == (events_pb2.RECORD_KIND_INCIDENT, "in-1", "", "")
    assert named(survey) == (events_pb2.RECORD_KIND_SOURCE, "", "", "")
    assert (named(note), note.contact_id) == ((0, "", "", ""), "c-81")


async def test_a_malformed_one_is_quarantined_as_nobodys_and_replayed_as_such(
    gateway: RunningGateway,
) -> None:
    wrong = {
        "type": "track", "messageId": "1", "userId": "ag-7", "event": "Quality Evaluated", "properties": {"score": -1}
    }  # fmt: skip
    missing = {"type": "track", "messageId": "2", "userId": "u", "event": "Incident Started"}
    answer = await gateway.http.post(
        "/v1/batch", json={"batch": [wrong, missing]}, headers=gateway.bearer("server")
    )
    assert [(e["reason"], e["field"]) for e in answer.json()["errors"]] == [
        ("MALFORMED", "properties.score"),
        ("MISSING", "properties.incident_id"),
    ]
    kept = json.loads(gateway.identity.quarantine[0].refused.original)
    assert kept["subject"] == {"kind": "employee", "id": "ag-7"}


@pytest.mark.parametrize("kept_as", ["customer's", "employee's"])
async def test_what_an_older_version_kept_as_a_customers_is_not_replayed(
    gateway: RunningGateway, kept_as: str
) -> None:
    """Replayed as it is, the agent would become a customer."""
    original: dict[str, Any] = {
        "type": "track", "messageId": "1", "userId": "ag-7", "event": "Agent State Changed", "properties": STATE
    }  # fmt: skip
    if kept_as == "employee's":
        original["subject"] = {"kind": "employee", "id": "ag-7"}
    refused = events_pb2.Refused(message_id="1", original=json.dumps(original).encode())
    gateway.identity.quarantine.append(
        events_pb2.QuarantinedEvent(quarantine_id="qua_x", source_id="portal", refused=refused)
    )
    answer = await gateway.http.post(
        "/v1/quarantine/replay", json={"quarantine_ids": ["qua_x"]}, headers=gateway.bearer("admin")
    )
    (result,) = answer.json()["results"]
    assert (result.get("reason", "") == "MALFORMED") == (kept_as == "customer's")
    assert bool(gateway.identity.decided) == (kept_as == "employee's")
