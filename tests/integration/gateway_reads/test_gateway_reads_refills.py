"""While an upstream fills again the view keeps what it had, each touchpoint once; then what was not sent again goes.
And nobody who was erased comes back with it."""

import asyncio
from typing import Any

from pathloom.identity.v1.customers_pb2 import BindingLevel
from pathloom_gateway.adapters.read_model import follow

from .conftest import Gateway
from .feed_entries import binding, contact, customer, erased, event, journey, score, touchpoint, user
from .test_gateway_reads_faces import until

NOBODY = "LOOK_UP_OUTCOME_NONE"


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


async def test_erased_stays_erased_where_identity_was_restored_to_before(gateway: Gateway) -> None:
    up, phone = gateway.up, "+14155550111"
    ann, bob = customer(1, 1, "cus_a", ["a"], phone=phone), customer(2, 1, "cus_b", ["b"])
    bound = binding(3, 1, "call-1", bound_to="a", level=BindingLevel.BINDING_LEVEL_VERIFIED)
    rings = event(1, "Contact Offered", "call-1", 1)
    await up.customers.add(ann, bob, bound)
    await up.events.add(rings)
    await up.journeys.add(journey(1, 1, "j1", "cus_a", [touchpoint("t1", 0)]))
    await up.settle_marks()
    await until(lambda: settled(gateway))
    await up.customers.add(erased(4, 2, "cus_a", [user("a"), contact("call-1")]))
    await until(lambda: status_of(gateway, "/v1/customers/cus_a", 404))
    assert up.asked_to_erase == []

    await up.customers.begin_again("e2")
    await up.events.begin_again("e2")
    await up.events.add(rings)
    await up.customers.add(bound, ann, bob)
    await up.settle_marks()
    await until(lambda: asked(gateway, "cus_a"))
    # Until identity has done it nobody sees them; whoever was not erased is there as before.
    assert (await gateway.look_up(identifier={"type": "phone", "value": phone}))["outcome"] == NOBODY
    assert (await gateway.http.get("/v1/customers/cus_a")).json()["reason"] == "CUSTOMER_ERASED"
    assert await status_of(gateway, "/v1/customers/cus_b", 200)
    assert await status_of(gateway, "/v1/contacts/call-1", 404)
    assert await gateway.rows("SELECT FROM view_identifier WHERE value = $1", phone) == []
    await up.customers.add(erased(4, 2, "cus_a", [user("a"), contact("call-1")]))
    await up.settle_marks()
    await until(lambda: settled(gateway))
    assert set(up.asked_to_erase) == {"cus_a"}


async def status_of(gateway: Gateway, path: str, status: int) -> bool:
    return (await gateway.http.get(path)).status_code == status


async def asked(gateway: Gateway, customer_id: str) -> bool:
    return customer_id in gateway.up.asked_to_erase
