"""History is placed at once and cut later: the journeys are the same, and nothing is promised before they are there."""

import random
from datetime import timedelta

import pytest
from neo4j import AsyncDriver
from pathloom.identity.v1 import events_pb2
from pathloom_journey_graph.adapters.graph_tx import Neo4jGraphTx
from pathloom_journey_graph.application.ports import Disturbed
from pathloom_kit.feeds.cursor import Cursor, Lane
from pathloom_kit.feeds.page import Watermark

from .graph_world import NOW, Replica, content, customer, erased, event
from .test_graph_laws import SIS, fresh, some_months, who_is_who


async def at_will(driver: AsyncDriver, seed: int) -> list[bytes]:
    """Both feeds in pages and lanes at will, what was left cut now and then; everything in the end."""
    chance = random.Random(seed)
    await fresh(driver)
    replica = await Replica(driver).open(later=True)
    events, customers = some_months(), who_is_who()
    chance.shuffle(events)
    while events or customers:
        size, lane = chance.randint(1, 9), chance.choice([Lane.LIVE, Lane.BULK, Lane.BULK])
        if customers and (not events or chance.random() < 0.4):
            page, customers = customers[:size], customers[size:]
            await replica.send_customers(*page, lane=lane)
        else:
            part, events = events[:size], events[size:]
            await replica.send_events(*part, lane=lane)
        if chance.random() < 0.2:
            await replica.history.everything()
    await replica.history.everything()
    assert await replica.rows("MATCH (m:Meta {id: 'uncut'}) RETURN m") == []
    return content(await replica.journeys())


async def expected(driver: AsyncDriver) -> list[bytes]:
    replica = await fresh(driver)
    await replica.send_customers(*who_is_who())
    await replica.send_events(*some_months())
    return content(await replica.journeys())


async def test_cut_later_the_journeys_are_the_same(driver: AsyncDriver) -> None:
    wanted = await expected(driver)
    for seed in range(5):
        assert await at_will(driver, seed) == wanted, f"seed {seed}"


async def test_planted_fault_what_is_left_and_forgotten_is_noticed(
    driver: AsyncDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = await expected(driver)

    async def forget(tx: Neo4jGraphTx, disturbed: Disturbed) -> None:
        """Nothing is left."""

    monkeypatch.setattr(Neo4jGraphTx, "leave_uncut", forget)
    assert any([await at_will(driver, seed) != wanted for seed in range(3)])


async def test_nothing_is_promised_before_it_is_cut(driver: AsyncDriver) -> None:
    await fresh(driver)
    replica = await Replica(driver).open(later=True)

    async def promised(lane: Lane) -> dict[str, int]:
        page = await replica.feed.read_page(Cursor("", 0, lane, 0), 100)
        return {m.feed: m.cursor.n for m in page.header.watermarks if m.cursor.lane == int(lane)}

    events, customers = some_months(), who_is_who()
    await replica.send_customers(*customers[:3], lane=Lane.BULK)
    resolved = [Watermark("events", Cursor("e1", 0, Lane.BULK, 20))]
    await replica.send_customers(marks=resolved, lane=Lane.BULK)
    await replica.send_events(*events[:20], lane=Lane.BULK)
    assert await promised(Lane.BULK) == {"customers": 3, "events": 0}
    assert await replica.journeys() == []
    await replica.send_customers(*customers[3:], lane=Lane.BULK)
    assert await promised(Lane.BULK) == {"customers": 3, "events": 0}, "the first that was left counts"
    await replica.history.everything()
    assert await promised(Lane.BULK) == {"customers": len(customers), "events": 20}
    assert await replica.journeys() != []


def visit(number: int, days: int) -> events_pb2.LoggedEvent:
    at = NOW - timedelta(days=days)
    return event(number, "Status", SIS, at, kind="page", category="aid_status", channel="web")


async def test_live_does_not_wait_for_history(driver: AsyncDriver) -> None:
    await fresh(driver)
    replica = await Replica(driver).open(later=True)
    await replica.send_customers(customer("cus_s", 1, SIS), lane=Lane.BULK)
    await replica.send_events(visit(1, 300), lane=Lane.BULK)
    assert await replica.journeys() == []
    await replica.send_events(visit(2, 1), lane=Lane.LIVE)
    (now,) = await replica.journeys()
    await replica.history.everything()
    first, second = await replica.journeys()
    assert content([second]) == content([now]) != content([first])


async def test_erasing_does_not_wait(driver: AsyncDriver) -> None:
    await fresh(driver)
    replica = await Replica(driver).open(later=True)
    await replica.send_customers(*who_is_who())
    await replica.send_events(*some_months())
    assert await replica.journeys() != []
    await replica.send_customers(erased("cus_k", 9, NOW, SIS), lane=Lane.BULK)
    assert await replica.journeys() == []


async def test_it_waits_for_a_pause_and_takes_a_small_share_of_the_time(driver: AsyncDriver) -> None:
    await fresh(driver)
    replica = await Replica(driver).open(later=True)
    await replica.send_customers(customer("cus_s", 1, SIS), lane=Lane.BULK)
    await replica.send_events(visit(1, 300), lane=Lane.BULK)
    await replica.history.turn()
    assert len(await replica.journeys()) == 1, "the first of a history is seen at once"
    await replica.send_events(visit(2, 1), lane=Lane.BULK)
    replica.history._not_before = float("inf")
    # As if it had just been left, however long this machine took.
    await replica.graph.write_rows("MATCH (m:Meta {id: 'uncut'}) SET m.at = timestamp() + 60000")
    await replica.history.turn()
    assert len(await replica.journeys()) == 1, "more may come"
    await replica.graph.write_rows("MATCH (m:Meta {id: 'uncut'}) SET m.at = timestamp() - 60000")
    await replica.history.turn()
    assert len(await replica.journeys()) == 2
