"""Two feeds into the graph: what is placed, moved and published."""

from datetime import datetime, timedelta

import pytest
from neo4j import AsyncDriver
from pathloom.identity.v1 import events_pb2
from pathloom.journey_graph.v1 import journeys_pb2 as pb
from pathloom_kit.feeds.cursor import Cursor, Lane
from pathloom_kit.feeds.stale import StaleCursor

from .graph_world import NOW, Replica, binding, content, customer, event, merged

U1, U2, CALL = "sis|user|s1", "portal|user|p1", "telephony|contact|c-1"
T0 = NOW - timedelta(days=2)


def call(first: int, contact: str, at: datetime, record: str = "") -> list[events_pb2.LoggedEvent]:
    """A call through IVR and queue, answered."""
    who = record or contact
    more = {
        "channel": "voice",
        "leg_kind": "agent",
        "leg_id": "g1",
        "agent_id": "a1",
        "department": "Financial Aid",
    }
    return [
        event(first, "IVR Menu Entered", who, at, contact, leg_id="i1", leg_kind="ivr", channel="ivr"),
        event(first + 1, "IVR Choice Made", who, at + timedelta(seconds=10), contact, leg_id="i1", leg_kind="ivr", channel="ivr", stated_reason="appeal"),
        event(first + 2, "Contact Offered", who, at + timedelta(seconds=20), contact, channel="voice"),
        event(first + 3, "Contact Queued", who, at + timedelta(seconds=20), contact, leg_id="q1", leg_kind="queue", queue="aid-appeals", channel="voice"),
        event(first + 4, "Contact Answered", who, at + timedelta(seconds=80), contact, **more),
        event(first + 5, "Contact Ended", who, at + timedelta(seconds=200), contact, channel="voice", resolved=False),
    ]  # fmt: skip


async def test_a_call_becomes_a_journey_of_its_customer(replica: Replica) -> None:
    await replica.send_events(*call(1, CALL, T0))
    assert await replica.journeys() == []
    feeds = await replica.feed.describe()
    assert feeds.feeds[0].waiting == 1
    await replica.send_customers(customer("cus_1", 1, U1), binding(CALL, 1, "cus_c", bound_to=U1))
    (journey,) = await replica.journeys()
    assert (journey.customer_id, journey.goal, journey.goal_from) == ("cus_1", "appeal", "stated")
    (touchpoint,) = journey.touchpoints
    assert touchpoint.waiting_s == 60
    assert touchpoint.talking_s == 120
    assert touchpoint.answer_wait_s == 60
    assert [leg.kind for leg in touchpoint.legs] == ["ivr", "queue", "agent"]
    assert touchpoint.outcome == pb.OUTCOME_UNRESOLVED
    assert (await replica.feed.describe()).feeds[0].waiting == 0


async def test_a_contact_moves_when_its_binding_changes_and_back_again(replica: Replica) -> None:
    await replica.send_customers(
        customer("cus_1", 1, U1), customer("cus_2", 1, U2), binding(CALL, 1, "cus_c", bound_to=U1)
    )
    await replica.send_events(
        *call(1, CALL, T0),
        event(20, "Home", U1, T0 - timedelta(hours=1), kind="page", category="aid_appeal", channel="web"),
    )
    before = content(await replica.journeys())
    assert [len(j.touchpoints) for j in await replica.journeys()] == [2]
    await replica.send_customers(binding(CALL, 2, "cus_c", bound_to=U2))
    assert [(j.customer_id, len(j.touchpoints)) for j in await replica.journeys()] == [
        ("cus_1", 1),
        ("cus_2", 1),
    ]
    await replica.send_customers(binding(CALL, 3, "cus_c"))
    assert [j.customer_id for j in await replica.journeys()] == ["cus_1", "cus_c"]
    await replica.send_customers(binding(CALL, 4, "cus_c", bound_to=U1))
    assert content(await replica.journeys()) == before


async def test_a_merge_moves_everything_once_and_an_unmerge_moves_it_back(replica: Replica) -> None:
    await replica.send_customers(
        customer("cus_1", 1, U1), customer("cus_2", 1, U2), binding(CALL, 1, "cus_c", bound_to=U1)
    )
    await replica.send_events(
        *call(1, CALL, T0),
        event(20, "Status", U2, T0 + timedelta(hours=1), kind="page", category="aid_appeal", channel="web"),
    )
    before = content(await replica.journeys())
    assert len(before) == 2
    await replica.send_customers(customer("cus_1", 2, U1, U2), merged("cus_2", 2, "cus_1"))
    (one,) = await replica.journeys()
    assert (one.customer_id, len(one.touchpoints), one.customer_version) == ("cus_1", 2, 2)
    assert one.touchpoints[1].hop
    # The shrunk customer's entry may come before or after the revived one's.
    await replica.send_customers(customer("cus_2", 3, U2))
    await replica.send_customers(customer("cus_1", 3, U1))
    assert content(await replica.journeys()) == before
    await replica.send_customers(customer("cus_2", 2, U1, U2))
    assert content(await replica.journeys()) == before, "an old version changes nothing"


async def test_legs_under_ids_of_their_own_fold_into_the_root(replica: Replica) -> None:
    second = "telephony|contact|c-2"
    await replica.send_customers(customer("cus_1", 1, U1))
    await replica.send_events(*call(1, CALL, T0)[:5])
    await replica.send_customers(binding(CALL, 1, "cus_c", bound_to=U1))
    await replica.send_events(
        event(30, "Contact Answered", second, T0 + timedelta(seconds=300), second, leg_id="g2", leg_kind="agent", channel="voice",
              agent_id="a2", related_contact_id="c-1", relation="transfer_of"),
        event(31, "Contact Ended", second, T0 + timedelta(seconds=400), second, channel="voice"),
    )  # fmt: skip
    await replica.send_customers(binding(second, 1, "cus_d", bound_to=U1, root=CALL))
    (journey,) = await replica.journeys()
    (touchpoint,) = journey.touchpoints
    assert [leg.leg_id for leg in touchpoint.legs] == ["i1", "q1", "g1", "g2"]
    assert list(touchpoint.folded_contact_ids) == ["c-2"]
    assert touchpoint.transfers == 1
    assert not touchpoint.ongoing
    assert len(await replica.rows("MATCH (i:Item) RETURN i.id AS id")) == 1


async def test_the_second_of_two_racing_replicas_is_refused(replica: Replica, driver: AsyncDriver) -> None:
    other = await Replica(driver).open()
    await replica.send_customers(customer("cus_1", 1, U1), binding(CALL, 1, "cus_c", bound_to=U1))
    begin = Cursor("", 0, Lane.LIVE, 0)
    entries = call(1, CALL, T0)
    await replica.events.apply("events", entries[:3], begin, Cursor("e1", 0, Lane.LIVE, 3), ())
    with pytest.raises(StaleCursor):
        await other.events.apply("events", entries[:3], begin, Cursor("e1", 0, Lane.LIVE, 3), ())
    await other.events.apply(
        "events", entries[3:], Cursor("e1", 0, Lane.LIVE, 3), Cursor("e1", 0, Lane.LIVE, 6), ()
    )
    (journey,) = await replica.journeys()
    assert journey.touchpoints[0].events == 6
