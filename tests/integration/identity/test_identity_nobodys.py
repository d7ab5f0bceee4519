"""Events that belong to no customer: in the log once, in the feed, nobody's, and erased by whom they name."""

import json
from typing import Any

from pathloom.feed.v1 import feed_pb2
from pathloom.identity.v1 import customers_pb2 as c
from pathloom.identity.v1 import events_pb2 as e
from pathloom_identity.application.erase_employee import EraseEmployee
from pathloom_identity.application.ports import AppendRequest
from pathloom_identity.domain.acceptance import NewEvent, Status
from pathloom_identity.domain.events import EventType
from pathloom_identity.domain.records import RecordKind
from pathloom_kit.feeds.cursor import Lane

from tests.integration.identity.identity_stores import Store
from tests.integration.identity.identity_world import Identity, event, identify, record

AGENT, INCIDENT, SOURCE = e.RECORD_KIND_EMPLOYEE, e.RECORD_KIND_INCIDENT, e.RECORD_KIND_SOURCE


def nobodys(message_id: str, kind: int, subject_id: str, at: float = 0, **given: Any) -> e.Event:
    return event(message_id, at, subject_kind=kind, subject_id=subject_id, **given)


async def logged(identity: Identity) -> list[e.LoggedEvent]:
    found: list[e.LoggedEvent] = []
    call = identity.events.FollowEvents(
        feed_pb2.FollowRequest(after=feed_pb2.Cursor(lane=feed_pb2.LANE_LIVE), max_entries=100)
    )
    async for page in call:
        found += page.entries
        if page.header.caught_up:
            break
    call.cancel()
    return found


async def test_they_are_facts_of_the_log_and_make_no_customer(identity: Identity) -> None:
    await identity.record("crm", identify("0", "ag-7", 0, email="jo@mail.example.org"))
    await identity.settled()
    before = await identity.things()
    state = nobodys("1", AGENT, "ag-7", 1, name="Agent State Changed", contact_id="c-1")
    sent = [state, nobodys("2", INCIDENT, "in-1", 2), nobodys("3", SOURCE, "", 3), state]
    answer = await identity.record("crm", *sent)
    assert [r.status for r in answer.results] == [1, 1, 1, e.RECORD_STATUS_REPEATED]
    await identity.settled()
    # Neither the agent, whom a customer shares the id with, nor the contact that is only referred to.
    assert await identity.things() == before
    assert [(x.record, x.contact.id) for x in (await logged(identity))[1:]] == [
        (record("crm", AGENT, "ag-7"), "c-1"),
        (record("crm", INCIDENT, "in-1"), ""),
        (record("crm", SOURCE, "crm"), ""),
    ]
    traced = await identity.events.TraceEvent(e.TraceEventRequest(message_id="1"))
    assert (traced.state, traced.record.kind, traced.customer_id) == (
        e.TraceEventResponse.STATE_RESOLVED,
        AGENT,
        "",
    )


async def test_what_is_wrong_with_one_is_said(identity: Identity) -> None:
    # With somebody erased, every event's record is looked for before it is judged.
    await identity.customers.EraseEmployee(
        c.EraseEmployeeRequest(namespace="crm", employee_id="x", actor="steward")
    )
    wrong = [
        nobodys("0", 9, "u"),
        nobodys("1", e.RECORD_KIND_USER, "u"),
        nobodys("2", AGENT, ""),
        nobodys("3", SOURCE, "x"),
        nobodys("4", AGENT, "ag-7", user_id="u"),
        nobodys("5", AGENT, "ag-7", type=e.EVENT_TYPE_IDENTIFY),
        nobodys("6", AGENT, "x" * 300),
    ]
    answer = await identity.record("crm", *wrong)
    assert [r.field for r in answer.results] == [
        "subject_kind", "subject_kind", "subject_id", "subject_id", "user_id", "type", "subject_id"
    ]  # fmt: skip
    assert not await logged(identity)


async def test_one_that_was_refused_is_replayed_as_nobodys(identity: Identity) -> None:
    original: dict[str, Any] = {
        "messageId": "1", "type": "track", "event": "Agent State Changed", "userId": "jo", "anonymousId": "d",
        "timestamp": "2026-01-01T00:00:00Z", "subject": {"kind": "employee", "id": "ag-7"},
    }  # fmt: skip
    note = {**original, "messageId": "2", "properties": {"contact_id": "c-1"}, "subject": {"kind": "contact"}}
    refused = [
        e.Refused(message_id=o["messageId"], reason="X", original=json.dumps(o).encode())
        for o in (original, note)
    ]
    await identity.events.Record(e.RecordRequest(source_id="crm", refused=refused))
    kept = await identity.events.ListQuarantine(e.ListQuarantineRequest())
    ids = [q.quarantine_id for q in reversed(kept.events)]
    answer = await identity.events.ReplayQuarantine(e.ReplayQuarantineRequest(quarantine_ids=ids))
    assert [r.status for r in answer.results] == [e.RECORD_STATUS_ACCEPTED] * 2
    assert [x.record for x in await logged(identity)] == [
        record("crm", AGENT, "ag-7"), record("crm", 3, "c-1")
    ]  # fmt: skip
    await identity.settled()
    assert not [t for t in (await identity.things()).values() if t.HasField("customer")]


async def test_a_customer_that_is_erased_takes_what_refers_to_their_contact_along(identity: Identity) -> None:
    await identity.record(
        "crm",
        event("1", 1, user_id="a", contact_id="c-1", name="Contact Offered"),
        nobodys("2", AGENT, "ag-7", 2, contact_id="c-1", properties={"comment": "Jo was rude"}),
        nobodys("3", AGENT, "ag-7", 3),
    )
    await identity.settled()
    traced = await identity.events.TraceEvent(e.TraceEventRequest(message_id="1"))
    await identity.customers.EraseCustomer(
        c.EraseCustomerRequest(customer_id=traced.customer_id, actor="steward")
    )
    assert [x.erased for x in await logged(identity)] == [True, True, False]


def of_agent(message_id: str, at: int, agent: str = "secret-agent", **given: Any) -> NewEvent:
    payload = json.dumps({"properties": {"note": f"{agent} says {message_id}"}}).encode()
    return NewEvent(
        message_id, EventType.TRACK, "Agent State Changed", "", "", "", "", "", at, at, None, payload,
        subject_kind=int(RecordKind.EMPLOYEE), subject_id=agent, **given,
    )  # fmt: skip


async def test_an_employee_is_erased_by_their_id(store: Store) -> None:
    """Law 7, for those who are no customers."""
    now = 1_767_225_600_000_000  # the store's clock
    bad = of_agent("bad", 10**17)
    others = of_agent("other", 1, agent="colleague")
    request = AppendRequest("crm", Lane.LIVE, [of_agent("m-1", 1), of_agent("m-2", 2), bad, others])
    (taken,) = await store.log.append([request], now)
    assert not isinstance(taken, Exception)
    assert [r.status for r in taken.results] == [1, 1, Status.QUARANTINED, 1]
    await store.resolver().drain()
    namespace = await store.say("SELECT namespace FROM event LIMIT 1")
    erase = EraseEmployee(store.work, store.clock, store.ids, store.erase.logs_follow_after)
    done = await erase(namespace, "secret-agent", "steward")
    again = await erase(namespace, "secret-agent", "steward")
    assert (done.events, again.events) == (2, 0)
    for table, rows in (await store.content()).items():
        assert "secret-agent" not in rows, table
    assert await store.say("SELECT count(*) FROM event WHERE NOT erased") == 1
    # Sent again, or under another id: it stays erased. What happens afterwards is somebody new's.
    request = AppendRequest(
        "crm", Lane.LIVE, [of_agent("m-1", 1), of_agent("m-3", 3), of_agent("m-4", now + 1)]
    )
    (later,) = await store.log.append([request], now + 1)
    assert not isinstance(later, Exception)
    assert [r.reason for r in later.results] == ["ERASED", "ERASED", ""]
    await store.resolver().drain()
    assert await store.things() == {}
