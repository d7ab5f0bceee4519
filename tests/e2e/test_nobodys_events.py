"""Employees' and service events on the running platform: traceable, and nobody's."""

import json
from typing import Any

import pytest

from tests.conftest import RunningPlatform

pytestmark = pytest.mark.platform


async def send(platform: RunningPlatform, key: str, *events: dict[str, Any]) -> None:
    batch = [{"type": "track", **event} for event in events]
    taken = await platform.api.batch(json.dumps({"batch": batch}).encode(), key, bulk=False)
    assert taken.accepted == len(events), taken


async def test_events_of_nobody_leave_every_customer_and_touchpoint_as_it_was(
    platform: RunningPlatform,
) -> None:
    source = await platform.make_source(platform.unique("wfm"))
    key = await platform.make_key(source)
    contact = {"contact_id": "c-1", "channel": "voice"}
    await send(
        platform,
        key,
        {"messageId": "0", "userId": "cust-1", "event": "Contact Offered", "properties": contact},
    )
    await platform.settled()
    before = await platform.api.status()
    view = await platform.api.trace("0", source)
    assert (view.state, bool(view.customer_id)) == ("visible", True)
    journey = await platform.api.journey(view.journey_id)

    agent = {"userId": "ag-7", "anonymousId": "d-7"}
    await send(
        platform, key,
        {**agent, "messageId": "1", "event": "Agent State Changed", "properties": {"agent_id": "ag-7", "state": "break"}},
        {**agent, "messageId": "2", "event": "Quality Evaluated", "properties": {**contact, "agent_id": "ag-7", "score": 3}},
        {"messageId": "3", "event": "Employee Survey Answered", "properties": {"value": 3}},
        {"messageId": "4", "event": "Incident Started", "properties": {"incident_id": "in-1", "what": "no phones"}},
    )  # fmt: skip
    await platform.settled()

    after = await platform.api.status()
    assert (after.customers, after.journeys, after.parked) == (
        before.customers,
        before.journeys,
        before.parked,
    )
    for message_id, kind in (("1", "employee"), ("2", "employee"), ("3", "source"), ("4", "incident")):
        traced = await platform.api.trace(message_id, source)
        assert (traced.state, traced.detail, traced.record) == (
            "accepted",
            "belongs to no customer",
            f"{kind} in {source}",
        )
        assert (traced.customer_id, traced.touchpoint_id) == ("", "")
    assert (await platform.api.journey(view.journey_id)).journey == journey.journey

    erased = await platform.api.json(
        "POST", "/v1/erasures/employee", {"namespace": source, "employee_id": "ag-7"}
    )
    assert int(erased["events"]) == 2
    assert (await platform.api.trace("1", source)).state == "erased"
    assert (await platform.api.trace("4", source)).state == "accepted"
