"""While an upstream fills again the view keeps what it had, each touchpoint once; then what was not sent again goes."""

import asyncio
from typing import Any

from pathloom_gateway.adapters.read_model import follow

from .conftest import Gateway
from .feed_entries import customer, journey, score, touchpoint
from .test_gateway_reads_faces import until


async def shown(gateway: Gateway) -> list[str]:
    """The ids of all touchpoints of the customer's journeys."""
    response = await gateway.http.get("/v1/customers/cus_a/journeys?page_size=100")
    assert response.status_code == 200, response.text
    journeys: list[Any] = response.json().get("journeys", [])
    return sorted(one["touchpoint_id"] for each in journeys for one in each.get("touchpoints", []))


async def says(gateway: Gateway, *touchpoints: str) -> bool:
    return await shown(gateway) == list(touchpoints)


async def settled(gateway: Gateway) -> bool:
    return bool((await gateway.http.get("/v1/status")).json().get("settled"))


async def test_history_stays_while_journeys_fill_again(gateway: Gateway) -> None:
    up, (t0, t1, t2, t3) = gateway.up, (touchpoint(f"t{n}", 60 * n) for n in range(4))
    await up.customers.add(customer(1, 1, "cus_a", ["a"]))
    await up.journeys.add(journey(1, 1, "j1", "cus_a", [t1, t2]), journey(2, 1, "j0", "cus_a", [t0]))
    await up.scores.add(score(1, 1, "j1", "cus_a", 1))
    await up.settle_marks()
    await until(lambda: settled(gateway))
    assert await says(gateway, "t0", "t1", "t2")

    await up.journeys.begin_again("e2", refilling=True)
    # A journey comes again in pieces, and what happens now comes beside it.
    await up.journeys.add(journey(1, 1, "j1", "cus_a", [t1]), journey(2, 1, "j3", "cus_a", [t3]))
    await until(lambda: says(gateway, "t0", "t1", "t2", "t3"))
    # Longer than withdrawn journeys are looked after, and than a follower takes to have caught up.
    await asyncio.sleep(2 * follow._GHOSTS_EVERY_S)
    assert await says(gateway, "t0", "t1", "t2", "t3")
    assert not await settled(gateway)

    await up.journeys.add(journey(3, 2, "j1", "cus_a", [t1, t2]))
    await up.journeys.is_full()
    await up.settle_marks()
    await until(lambda: says(gateway, "t1", "t2", "t3"))
    await until(lambda: settled(gateway))
