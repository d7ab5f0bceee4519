"""Pages of both feeds that wait for each other are one transaction, and give what they give one by one."""

import asyncio
import random
from datetime import timedelta
from typing import Any

import pytest
from neo4j import AsyncDriver
from pathloom_kit.feeds.cursor import Cursor, Lane
from pathloom_kit.feeds.stale import StaleCursor

from .graph_world import NOW, Replica, content, customer, erased, event
from .test_graph_laws import SIS, fresh, some_months, who_is_who

OTHER = "sis|user|other"


def visit(number: int, record: str) -> Any:
    """A page seen yesterday."""
    at = NOW - timedelta(days=1, minutes=-number)
    return event(number, "Status", record, at, kind="page", category="aid_status", channel="web")


async def together(replica: Replica, *sends: Any) -> list[Any]:
    """What is sent while a page of history is under way; what came of it."""
    go_on, steps = asyncio.Event(), replica.steps._together

    async def hold(_: Any) -> None:
        await go_on.wait()

    async def until(waiting: int) -> None:
        while len(steps._waiting) < waiting or not steps._turn.locked():  # noqa: ASYNC110 - a state of the product's
            await asyncio.sleep(0.001)

    holding = asyncio.create_task(replica.graph.write(hold))
    await asyncio.sleep(0)
    history = asyncio.create_task(replica.send_events(visit(990, OTHER), lane=Lane.BULK))
    await until(0)
    tasks = []
    for n, send in enumerate(sends, start=1):
        tasks.append(asyncio.create_task(send))
        await until(n)
    go_on.set()
    found = await asyncio.gather(*tasks, return_exceptions=True)
    await asyncio.gather(holding, history)
    return found


async def test_pages_taken_together_give_the_same_journeys(driver: AsyncDriver) -> None:
    replica = await fresh(driver)
    await replica.send_customers(*who_is_who(), customer("cus_o", 1, OTHER))
    await replica.send_events(*some_months(), visit(990, OTHER))
    expected = content(await replica.journeys())
    for seed in range(3):
        chance = random.Random(seed)
        replica = await fresh(driver)
        events, customers = some_months(), [*who_is_who(), customer("cus_o", 1, OTHER)]
        chance.shuffle(events)
        while events or customers:
            size, other = chance.randint(1, 9), chance.randint(0, 9)
            page, events = events[:size], events[size:]
            people, customers = customers[:other], customers[other:]
            sends = [replica.send_events(*page), replica.send_customers(*people)]
            chance.shuffle(sends)
            assert await together(replica, *sends) == [None, None]
        assert content(await replica.journeys()) == expected, f"seed {seed}"


async def test_what_a_visit_and_its_owner_touch_is_cut_once(driver: AsyncDriver) -> None:
    replica = await fresh(driver)
    await replica.send_customers(customer("cus_1", 1, SIS))
    moved = customer("cus_2", 1, SIS)
    await together(
        replica, replica.send_events(visit(1, SIS)), replica.send_customers(moved, customer("cus_1", 2))
    )
    page = await replica.feed.read_page(Cursor("", 0, Lane.LIVE, 0), 100)
    assert [(entry.version, entry.journey.customer_id) for entry in page.entries] == [(1, "cus_2")]


@pytest.mark.parametrize("first", ["events", "erasure"])
async def test_who_is_erased_in_the_same_transaction_leaves_nothing(driver: AsyncDriver, first: str) -> None:
    replica = await fresh(driver)
    await replica.send_customers(customer("cus_1", 1, SIS))
    await replica.send_events(visit(1, SIS))
    sends = [
        replica.send_events(visit(2, SIS)),
        replica.send_customers(erased("cus_1", 9, NOW, SIS)),
    ]
    await together(replica, *(sends if first == "events" else reversed(sends)))
    stored = await replica.rows("MATCH (n) RETURN labels(n) AS labels, properties(n) AS said")
    for row in stored:
        assert not any(name in repr(row["said"]) for name in (SIS, "s1'", "cus_1")), row["labels"]


async def test_a_page_that_comes_too_late_does_not_hold_the_other_up(driver: AsyncDriver) -> None:
    replica = await fresh(driver)
    nowhere = Cursor("e1", 0, Lane.LIVE, 7)
    late = replica.events.apply("events", [visit(1, SIS)], nowhere, nowhere.at(8), ())
    found, none = await together(replica, late, replica.send_customers(customer("cus_1", 1, SIS)))
    assert isinstance(found, StaleCursor)
    assert none is None
    assert (await replica.customers.cursors("customers"))[0, Lane.LIVE].n == 1
    assert (0, Lane.LIVE) not in await replica.events.cursors("events")
