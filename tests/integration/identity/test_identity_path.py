"""The whole way of an event through identity, over gRPC on a real PostgreSQL."""

import pytest
from pathloom.feed.v1 import feed_pb2
from pathloom.identity.v1 import customers_pb2 as c
from pathloom.identity.v1 import events_pb2 as e

from tests.integration.identity.identity_world import Identity, RpcError, event, identify, record, source


async def test_two_records_with_one_email_become_one_customer(identity: Identity) -> None:
    answer = await identity.record(
        "crm", identify("1", "a", 1, email="Jo@Mail.example.org ", first_name="Jo"),
        identify("2", "b", 2, email="jo@mail.example.org", first_name="Joanna"),
    )  # fmt: skip
    assert [r.status for r in answer.results] == [e.RECORD_STATUS_ACCEPTED] * 2
    assert answer.position.n == 2
    await identity.settled()
    found = await identity.customers.FindCustomers(
        c.FindCustomersRequest(type="email", value="JO@mail.example.org")
    )
    assert len(found.customers) == 1
    customer = found.customers[0]
    assert [m.key.id for m in customer.records] == ["a", "b"]
    assert {g.name: g.value for g in customer.golden}["first_name"] == "Joanna"
    assert [x.identifier.type for x in customer.evidence] == ["email"]
    for member in customer.records:
        assert await identity.customer(member.own_customer_id) == customer


async def test_the_same_id_again_is_the_same_event_and_another_content_is_quarantined(
    identity: Identity,
) -> None:
    one = identify("1", "a", 1, email="jo@mail.example.org")
    first = await identity.record("crm", one)
    again = await identity.record("crm", one)
    assert again.results[0].status == e.RECORD_STATUS_REPEATED
    assert again.position == first.position
    other = await identity.record(
        "crm", identify("1", "a", 1, email="else@mail.example.org"), identify("2", "b")
    )
    assert [r.status for r in other.results] == [e.RECORD_STATUS_QUARANTINED, e.RECORD_STATUS_ACCEPTED]
    assert other.results[0].reason == "ID_REUSED"
    listed = await identity.events.ListQuarantine(e.ListQuarantineRequest())
    assert listed.total == 1
    assert listed.events[0].refused.reason == "ID_REUSED"
    replayed = await identity.events.ReplayQuarantine(
        e.ReplayQuarantineRequest(quarantine_ids=[listed.events[0].quarantine_id, "nothing"])
    )
    assert [r.reason for r in replayed.results] == ["ID_REUSED", "NOT_FOUND"]


async def test_a_call_is_probable_then_listed_then_verified(identity: Identity) -> None:
    call = {"channel": "voice", "direction": "inbound", "from_number": "(402) 555-0123"}
    await identity.record("crm", identify("1", "a", 1, phone="+14025550123"))
    await identity.record("crm", event("2", 2, contact_id="c1", name="Contact Offered", properties=call))
    await identity.settled()
    bound = await identity.contact("c1")
    assert (bound.level, bound.bound_to.id) == (c.BINDING_LEVEL_PROBABLE, "a")
    await identity.record("crm", identify("3", "b", 3, phone="402-555-0123"))
    await identity.settled()
    bound = await identity.contact("c1")
    assert bound.level == c.BINDING_LEVEL_LISTED
    assert len(bound.candidate_customer_ids) == 2
    chosen = await identity.customers.BindContact(
        c.BindContactRequest(
            contact=record("crm", 3, "c1"), customer_id=bound.candidate_customer_ids[1], actor="agent-1",
            level=c.BINDING_LEVEL_VERIFIED, request_id="r1",
        )
    )  # fmt: skip
    assert (chosen.contact.level, chosen.contact.bound_to.id) == (c.BINDING_LEVEL_VERIFIED, "b")
    await identity.record("crm", event("4", 4, contact_id="c1", user_id="a", name="Contact Queued"))
    await identity.settled()
    assert (await identity.contact("c1")).bound_to.id == "b"
    await identity.customers.BindContact(
        c.BindContactRequest(
            contact=record("crm", 3, "c1"), actor="agent-1", level=c.BINDING_LEVEL_CLAIMED, request_id="r2"
        )
    )
    assert (await identity.contact("c1")).level == c.BINDING_LEVEL_NONE


async def test_merge_then_unmerge(identity: Identity) -> None:
    await identity.record("crm", identify("1", "a", 1, email="x@mail.example.org"))
    await identity.record("crm", identify("2", "b", 2, email="y@mail.example.org"))
    await identity.settled()
    before = await identity.things()
    left, right = record("crm", 1, "a"), record("crm", 1, "b")
    ids = {entry.customer.records[0].key.id: entry.customer.customer_id for entry in before.values()}
    merged = await identity.customers.Decide(c.DecideRequest(left=left, right=right, same=True, actor="s"))
    assert merged.left_customer_id == merged.right_customer_id == ids["a"]
    assert len((await identity.customer(ids["b"])).records) == 2
    things = await identity.things()
    assert things[ids["b"]].merged.into_customer_id == ids["a"]
    apart = await identity.customers.Decide(c.DecideRequest(left=right, right=left, same=False, actor="s"))
    assert (apart.left_customer_id, apart.right_customer_id) == (ids["b"], ids["a"])
    after = await identity.things()
    assert {k: v.customer for k, v in after.items()} == {k: v.customer for k, v in before.items()}


async def test_errors_name_what_is_wrong(identity: Identity) -> None:
    with pytest.raises(RpcError, match="SOURCE_NOT_FOUND"):
        await identity.record("nobody", identify("1", "a"))
    with pytest.raises(RpcError, match="CUSTOMER_NOT_FOUND"):
        await identity.customer("cus_x")
    with pytest.raises(RpcError, match="EVENT_NOT_FOUND"):
        await identity.events.TraceEvent(e.TraceEventRequest(message_id="x"))
    bad = await identity.record("crm", event("1"), identify("2", "a"), event("3", user_id="a", at=10**9))
    assert [(r.reason, r.field) for r in bad.results] == [
        ("MALFORMED", "user_id"), ("", ""), ("IN_FUTURE", "occurred_at")
    ]  # fmt: skip
    await identity.settled()
    traced = await identity.events.TraceEvent(e.TraceEventRequest(message_id="2"))
    assert traced.state == e.TraceEventResponse.STATE_RESOLVED
    assert traced.customer_id
    described = await identity.events.DescribeFeeds(feed_pb2.DescribeFeedsRequest())
    assert {(f.feed, f.head.lane): f.head.n for f in described.feeds}["events", feed_pb2.LANE_LIVE] == 1


async def test_a_source_declared_anew_is_read_anew(identity: Identity) -> None:
    await identity.put(source("shop", identifiers=[]))
    await identity.record(
        "shop", identify("1", "a", 1, loyalty="L-77"), identify("2", "b", 2, loyalty="L-77")
    )
    await identity.settled()
    assert len(await identity.things()) == 2
    await identity.put(
        source("shop", identifiers=[c.IdentifierRule(field="loyalty", type="loyalty_id", joins=True)])
    )
    await identity.settled()
    things = await identity.things()
    assert sorted(len(t.customer.records) for t in things.values() if t.HasField("customer")) == [2]
