"""The laws through a real Neo4j: feeds interleaved at will, erasure, an upstream restored, time, other blueprints."""

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from neo4j import AsyncDriver
from pathloom.identity.v1 import customers_pb2, events_pb2
from pathloom.journey_graph.v1 import journeys_pb2 as pb
from pathloom_journey_graph.application.list_paths import ListTransitions, ListVariants, PathFilter
from pathloom_journey_graph.application.trace_event import EventNotFound, TraceEvent
from pathloom_kit.clock import ManualClock
from pathloom_kit.feeds.cursor import Cursor, Lane
from pathloom_kit.feeds.page import Watermark
from pathloom_kit.feeds.stale import StaleCursor

from .graph_world import NOW, Replica, binding, content, customer, emptied, erased, event, merged

SIS, PORTAL, CRM = "sis|user|s1", "portal|user|p1", "crm|user|k1"
CALLS = [f"telephony|contact|c-{n}" for n in range(4)]
BEGIN = NOW - timedelta(days=60)


def some_months() -> list[events_pb2.LoggedEvent]:
    """Calls (one passed on under an id of its own), visits, a promise kept late, a survey, a goal reached."""
    found: list[events_pb2.LoggedEvent] = []

    def say(
        name: str, record: str, days: float, contact: str = "", kind: str = "track", **props: Any
    ) -> None:
        found.append(event(len(found), name, record, BEGIN + timedelta(days=days), contact, kind, **props))

    for n, (days, stated) in enumerate([(0, "appeal"), (3, "aid_status"), (30, "appeal")]):
        contact = CALLS[n]
        say(
            "IVR Choice Made",
            contact,
            days,
            contact,
            leg_id="i",
            leg_kind="ivr",
            channel="ivr",
            stated_reason=stated,
        )
        say("Contact Queued", contact, days + 0.001, contact, leg_id="q", leg_kind="queue", channel="voice")
        say(
            "Contact Answered",
            contact,
            days + 0.002,
            contact,
            leg_id="g",
            leg_kind="agent",
            agent_id="a",
            channel="voice",
        )
        say("Contact Ended", contact, days + 0.004, contact, channel="voice", resolved=False)
        say(
            "Contact Wrapped Up",
            contact,
            days + 0.005,
            contact,
            leg_id="g",
            leg_kind="agent",
            codes=["GEN-OTHER"],
            note="x",
        )
    say(
        "Promise Made",
        CALLS[0],
        0.003,
        CALLS[0],
        promise_id="pr",
        what="call back",
        due_at="2026-03-06T17:00:00Z",
    )
    say(
        "Contact Answered",
        CALLS[3],
        3.005,
        CALLS[3],
        leg_id="h",
        leg_kind="agent",
        channel="voice",
        relation="transfer_of",
        related_contact_id="c-1",
    )
    say("Contact Ended", CALLS[3], 3.006, CALLS[3], channel="voice")
    for n in range(5):
        say(
            "Status",
            PORTAL,
            2 + n * 0.019,
            kind="page",
            category="aid_status" if n else "home",
            channel="web",
        )
    say("Self Service Step Failed", PORTAL, 2.07, step="check_status", channel="web", why="server_error")
    say("Promise Kept", CRM, 41, promise_id="pr")
    say(
        "Survey Answered",
        CRM,
        5,
        survey_id="sv",
        about="contact",
        about_id="c-1",
        about_namespace="telephony",
        scale="csat",
        value=2,
    )
    say("Goal Reached", SIS, 33, goal="appeal")
    say("Odd Thing Seen", SIS, 35)
    return found


def who_is_who() -> list[customers_pb2.CustomerEntry]:
    """Three records that turn out to be one customer; contacts bound to them, one re-bound; a merge and its undoing."""
    return [
        customer("cus_s", 1, SIS), customer("cus_p", 1, PORTAL), customer("cus_k", 1, CRM),
        *(binding(c, 1, f"own_{c[-1]}") for c in CALLS),
        binding(CALLS[0], 2, "own_0", bound_to=SIS), binding(CALLS[1], 2, "own_1", bound_to=PORTAL),
        binding(CALLS[3], 2, "own_3", bound_to=PORTAL, root=CALLS[1]), binding(CALLS[2], 2, "own_2", bound_to=CRM),
        customer("cus_k", 2, CRM, SIS, PORTAL), merged("cus_s", 2, "cus_k"), merged("cus_p", 2, "cus_k"),
        binding(CALLS[2], 3, "own_2", bound_to=SIS),
        customer("cus_p", 3, PORTAL), customer("cus_k", 3, CRM, SIS),
        customer("cus_k", 4, CRM, SIS, PORTAL), merged("cus_p", 4, "cus_k"),
    ]  # fmt: skip


async def fresh(driver: AsyncDriver) -> Replica:
    await emptied(driver)
    return await Replica(driver).open()


async def interleaved(driver: AsyncDriver, seed: int, *, two: bool = False) -> list[pb.Journey]:
    """Both feeds, cut into pages and interleaved at will, some events in bulk; pages tried again as after a crash."""
    chance = random.Random(seed)
    first = await fresh(driver)
    replicas = [first, await Replica(driver).open()] if two else [first]
    events, customers = some_months(), who_is_who()
    chance.shuffle(events)
    stale = 0
    while events or customers:
        replica = chance.choice(replicas)
        size = chance.randint(1, 9)
        if customers and (not events or chance.random() < 0.4):
            page, customers = customers[:size], customers[size:]
            await replica.send_customers(*page)
        else:
            part, events = events[:size], events[size:]
            lane = chance.choice([Lane.LIVE, Lane.BULK])
            await replica.send_events(*part, lane=lane)
            with pytest.raises(StaleCursor):  # the answer got lost, the page is sent again
                await chance.choice(replicas).events.apply(
                    "events",
                    part,
                    Cursor("e1", 0, lane, 0) if stale else Cursor("", 0, lane, 0),
                    Cursor("e1", 0, lane, 1),
                    (),
                )
            stale += 1
    return await first.journeys()


async def test_however_the_feeds_interleave_the_journeys_are_the_same(driver: AsyncDriver) -> None:
    replica = await fresh(driver)
    await replica.send_customers(*who_is_who())
    await replica.send_events(*some_months())
    expected = content(await replica.journeys())
    assert len(expected) == 4
    for seed in range(4):
        assert content(await interleaved(driver, seed, two=bool(seed % 2))) == expected, f"seed {seed}"


async def test_windows_in_the_store_equal_a_cut_of_everything(driver: AsyncDriver) -> None:
    replica = await fresh(driver)
    await replica.send_customers(*who_is_who())
    for one in some_months():
        await replica.send_events(one)
    before = content(await replica.journeys())
    rows = await replica.rows("MATCH (j:Journey) RETURN j.id AS id")
    again = replica.sweeps.recut
    published = await replica.graph.write(
        lambda tx: again(replica.graph.tx(tx), [r["id"] for r in rows], Lane.BULK)
    )
    assert published == 0, "cutting everything again changes nothing"
    assert content(await replica.journeys()) == before


async def test_the_graph_can_be_walked(driver: AsyncDriver) -> None:
    replica = await fresh(driver)
    await replica.send_customers(*who_is_who())
    await replica.send_events(*some_months())
    walked = await replica.rows(
        "MATCH (c:Customer)-[:ON]->(j:Journey)-[:HAS]->(t:Touchpoint) WHERE NOT ()-[:NEXT]->(t) "
        "MATCH path = (t)-[:NEXT*0..]->(last) WHERE NOT (last)-[:NEXT]->() RETURN j.id AS id, c.id AS owner, length(path) + 1 AS n"
    )
    assert {(r["id"], r["owner"], r["n"]) for r in walked} == {
        (j.journey_id, j.customer_id, len(j.touchpoints)) for j in await replica.journeys()
    }


async def set_aside(replica: Replica, odd: events_pb2.LoggedEvent) -> None:
    """As an event that nobody can place."""
    expected = (await replica.events.cursors("events"))[0, Lane.LIVE]
    odd.n = expected.n + 1
    await replica.events.park("events", odd, "WHY: not", expected, expected.at(odd.n))


async def test_an_erased_person_leaves_nothing_and_late_pieces_are_refused(driver: AsyncDriver) -> None:
    replica = await fresh(driver)
    await replica.send_customers(*who_is_who(), customer("cus_o", 1, "sis|user|other"))
    await replica.send_events(
        *some_months(), event(900, "Status", "sis|user|other", NOW, kind="page", category="aid_status")
    )
    late = some_months()[0]
    keys = (SIS, PORTAL, CRM, *CALLS)
    await set_aside(replica, event(950, "Odd", SIS, NOW - timedelta(hours=1), note="call back"))
    await set_aside(replica, event(951, "Odd", "sis|user|other", NOW, note="of somebody else"))
    assert len(await replica.rows("MATCH (p:Parked) RETURN p.n AS n")) == 2
    await replica.send_customers(erased("cus_k", 9, NOW, *keys))
    # One that was read before they were erased is passed over.
    await set_aside(replica, event(952, "Odd", SIS, NOW - timedelta(hours=1), note="call back"))
    assert len(await replica.rows("MATCH (p:Parked) RETURN p.n AS n")) == 1
    (left,) = await replica.journeys()
    assert left.customer_id == "cus_o"
    for lane in (Lane.LIVE, Lane.BULK):
        page = await replica.feed.read_page(Cursor("", 0, lane, 0), 500)
        assert all(not e.HasField("journey") or e.journey.customer_id == "cus_o" for e in page.entries)
    await replica.send_events(late)
    stored = await replica.rows("MATCH (n) RETURN labels(n) AS labels, properties(n) AS said")
    for row in stored:
        text = repr(row["said"])
        assert not any(name in text for name in (*keys, "c-0", "c-1", "s1'", "k1'", "call back", "cus_k")), (
            row["labels"]
        )
    await replica.send_events(
        event(901, "Status", SIS, NOW + timedelta(days=1), kind="page", category="aid_status")
    )
    await replica.send_customers(customer("cus_new", 1, SIS))
    assert [j.customer_id for j in await replica.journeys()] == ["cus_new", "cus_o"]


async def test_an_upstream_restored_to_an_earlier_point_converges(driver: AsyncDriver) -> None:
    replica = await fresh(driver)
    events, customers = some_months(), who_is_who()
    await replica.send_customers(*customers[:11])
    await replica.send_events(*events[:20])
    expected = content(await replica.journeys())
    replica = await fresh(driver)
    await replica.send_customers(*customers)
    await replica.send_events(*events)
    assert content(await replica.journeys()) != expected
    await replica.events.restart("events", "e2")
    await replica.events.restart("events", "e2")
    await replica.send_events(*events[:20], epoch="e2")
    await replica.events.finish_restart("events", "e2")
    await replica.customers.restart("customers", "c2")
    await replica.send_customers(*customers[:11], epoch="c2")
    await replica.customers.finish_restart("customers", "c2")
    await replica.customers.finish_restart("customers", "c2")
    assert content(await replica.journeys()) == expected


async def test_planted_fault_a_restart_that_drops_nothing_is_caught(driver: AsyncDriver) -> None:
    replica = await fresh(driver)
    await replica.send_customers(*who_is_who())
    await replica.send_events(*some_months())
    full = content(await replica.journeys())
    await replica.events.restart("events", "e2")
    await replica.send_events(*some_months()[:20], epoch="e2")
    assert content(await replica.journeys()) == full, "without its end the old generation serves on"
    await replica.events.finish_restart("events", "e2")
    assert content(await replica.journeys()) != full


async def test_silence_is_published_at_its_instant(driver: AsyncDriver) -> None:
    await fresh(driver)
    clock = ManualClock(NOW)
    replica = await Replica(driver, clock).open()
    await replica.send_customers(customer("cus_s", 1, SIS))
    await replica.send_events(event(1, "Status", SIS, NOW, kind="page", category="aid_status", channel="web"))
    assert await replica.sweeps.close_due() == 0
    clock.advance(timedelta(days=14))
    assert await replica.sweeps.close_due() == 1
    (journey,) = await replica.journeys()
    assert journey.state == pb.JOURNEY_STATE_SILENT
    assert journey.closed_at.ToDatetime(NOW.tzinfo) == NOW + timedelta(days=14)
    assert await replica.sweeps.close_due() == 0


async def test_other_blueprints_make_a_new_generation_in_bulk(driver: AsyncDriver) -> None:
    replica = await fresh(driver)
    await replica.send_customers(*who_is_who())
    await replica.send_events(*some_months())
    other = await Replica(driver).open("b2")
    while await other.sweeps.renew():
        pass
    assert {j.generation for j in await other.journeys()} == {2}


async def test_variants_transitions_and_paging_account_for_everything(driver: AsyncDriver) -> None:
    replica = await fresh(driver)
    await replica.send_customers(*who_is_who())
    await replica.send_events(*some_months())
    journeys = await replica.journeys()
    for by in ("channel", "department", "stage"):
        found = await ListVariants(replica.reads)(PathFilter(by=by), 1)
        assert found.total == len(journeys) == found.shown[0].journeys + found.other
        steps = await ListTransitions(replica.reads)(PathFilter(by=by), 1000)
        assert steps.other == 0
        assert sum(n for a, _, n in steps.shown if a == "(begin)") == len(journeys)
    assert (await ListVariants(replica.reads)(PathFilter(goal="appeal"), 9)).total == sum(
        j.goal == "appeal" for j in journeys
    )
    shown: list[str] = []
    before: tuple[int, str] | None = None
    while True:
        page, total = await replica.reads.touchpoints("cus_k", 2, before)
        if not page:
            break
        shown += [t.touchpoint_id for _, t in page]
        before = (page[-1][0], page[-1][1].touchpoint_id)
    expected = {t.touchpoint_id for j in journeys for t in j.touchpoints}
    assert (len(shown), set(shown)) == (total, expected)


async def test_tracing_an_event(driver: AsyncDriver) -> None:
    replica = await fresh(driver)
    trace = TraceEvent(replica.reads)
    events = some_months()
    await replica.send_events(*events)
    assert (await trace("ev_000000", [CALLS[0]])).state == "unassigned"
    await replica.send_customers(*who_is_who())
    placed = await trace("ev_000000", [CALLS[0]])
    assert (placed.state, placed.customer_id) == ("placed", "cus_k")
    assert placed.touchpoint_id in {t.touchpoint_id for j in await replica.journeys() for t in j.touchpoints}
    folded = next(e.event_id for e in events if e.contact.id == "c-3")
    assert (await trace(folded, [CALLS[3]])).state == "placed", "found at the root it is folded into"
    with pytest.raises(EventNotFound):
        await trace("ev_999999", [SIS])
    read = (await replica.events.cursors("events"))[0, Lane.LIVE]
    assert (await trace("ev_999999", [SIS], read)).state == "no_touchpoint", "read, and it left nothing"
    for unread in (read.at(read.n + 1), replace(read, epoch="another")):
        with pytest.raises(EventNotFound):
            await trace("ev_999999", [SIS], unread)
    store, bad = replica.events, event(950, "Odd", SIS, NOW)
    await set_aside(replica, bad)
    assert (await trace(bad.event_id, [SIS])).reason == "WHY: not"
    assert (await replica.feed.describe()).feeds[0].parked == 1
    assert await store.replay_parked("events", events_pb2.LoggedEvent.FromString) == 1, "now it goes through"
    assert (await trace(bad.event_id, [SIS])).state == "placed"
    assert (await replica.feed.describe()).feeds[0].parked == 0


async def test_watermarks_promise_no_more_than_is_reflected(driver: AsyncDriver) -> None:
    replica = await fresh(driver)
    await replica.send_customers(customer("cus_s", 1, SIS))
    await replica.send_events(*[event(n, "Status", SIS, NOW, kind="page") for n in range(5)])

    async def reflected() -> int:
        page = await replica.feed.read_page(Cursor("", 0, Lane.LIVE, 0), 1)
        return next(m.cursor.n for m in page.header.watermarks if m.feed == "events" and m.cursor.lane == 1)

    assert await reflected() == 0, "identity has not said how far it resolved"
    marks: Sequence[Watermark] = [Watermark("events", Cursor("e1", 0, Lane.LIVE, 3))]
    await replica.send_customers(marks=marks, lane=Lane.BULK)
    assert await reflected() == 0, "only the event's own lane speaks for it"
    await replica.send_customers(marks=marks)
    assert await reflected() == 3
    beyond = [Watermark("events", Cursor("e1", 0, Lane.LIVE, 9))]
    for lane in Lane:
        await replica.send_customers(marks=beyond, lane=lane)
    assert await reflected() == 5, "never beyond what is placed here"


async def test_a_cursor_beyond_the_head_begins_a_new_epoch_once(driver: AsyncDriver) -> None:
    replica = await fresh(driver)
    epoch = (await replica.feed.read_page(Cursor("", 0, Lane.LIVE, 0), 1)).header.cursor.epoch
    renewed = await replica.graph.renew_epoch(epoch)
    assert renewed != epoch
    assert await replica.graph.renew_epoch(epoch) == renewed


async def test_an_append_reads_only_its_window(driver: AsyncDriver, monkeypatch: pytest.MonkeyPatch) -> None:
    replica = await fresh(driver)
    await replica.send_customers(customer("cus_s", 1, SIS))
    many = [
        event(n, "Status", SIS, NOW - timedelta(days=30 * n), kind="page", category="home")
        for n in range(200)
    ]
    await replica.send_events(*many, lane=Lane.BULK)
    read: list[int] = []
    plain = type(replica.recut).folded

    async def counted(self: Any, tx: Any, stored: Any) -> Any:
        read.append(len(stored))
        return await plain(self, tx, stored)

    monkeypatch.setattr(type(replica.recut), "folded", counted)
    await replica.send_events(
        event(999, "Status", SIS, NOW + timedelta(hours=2), kind="page", category="home")
    )
    assert sum(read) == 2, "the new visit and the one before it, of 200"
    assert len(await replica.journeys()) == 200


async def test_odd_payloads_neither_block_nor_break(driver: AsyncDriver) -> None:
    replica = await fresh(driver)
    await replica.send_customers(customer("cus_s", 1, SIS))
    odd: list[dict[str, Any]] = [
        {"promise_id": "p" * 20_000, "what": "x" * 9_000},
        {"promise_id": "half \ud800", "due_at": "no date"},
        {"promise_id": "", "codes": [1, None, {"a": []}], "value": 10**400, "goal": ["x"], "channel": 7},
        {"promise_id": "deep", "what": {"a": {"b": [1, [2, [3]]]}}},
    ]
    await replica.send_events(
        *(
            event(n, name, SIS, NOW, **props)
            for n, (name, props) in enumerate(
                (name, p) for p in odd for name in ("Promise Made", "Odd Thing")
            )
        )
    )
    (journey,) = await replica.journeys()
    assert len(journey.touchpoints) == 4
    assert len(journey.promises) == 3
