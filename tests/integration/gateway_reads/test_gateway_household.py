"""The household in the view: names to open, why, and nothing of anybody's history."""

from typing import Any

from google.protobuf import json_format
from pathloom.gateway.v1 import view_pb2

from .conftest import Gateway
from .feed_entries import customer, erased, household, journey, merged, touchpoint, user
from .test_gateway_reads_faces import until


async def test_a_household_is_names_to_open(gateway: Gateway) -> None:
    up = gateway.up
    await up.customers.add(
        customer(1, 1, "cus_a", ["a"], golden={"first_name": "Ada"}),
        customer(2, 1, "cus_b", ["b"], golden={"first_name": "Bob"}),
        customer(3, 1, "cus_c", ["c"], golden={"first_name": "Cid"}),
        household(4, 1, "cus_a", "cus_b"),
        household(5, 1, "cus_a", "cus_b", "cus_c", kind="address", hint=""),
    )
    await up.journeys.add(journey(1, 1, "j1", "cus_b", [touchpoint("t1", 0)], label="A secret of Bob's"))
    await up.settle_marks()

    async def shown(key: str) -> list[dict[str, Any]]:
        answer = await gateway.http.get(f"/v1/customers/{key}")
        if answer.status_code != 200:
            return []
        assert key == "cus_b" or "secret" not in answer.text
        found: list[dict[str, Any]] = answer.json().get("view", answer.json()).get("household", [])
        return found

    async def of(key: str, *wanted: tuple[str, str]) -> None:
        async def there() -> bool:
            return [(one["customer_id"], one.get("name", "")) for one in await shown(key)] == list(wanted)

        await until(there)

    await of("cus_a", ("cus_b", "Bob"), ("cus_c", "Cid"))
    await of("cus_c", ("cus_a", "Ada"), ("cus_b", "Bob"))
    assert (await shown("cus_a"))[0]["why"] == ["same address", "same phone, ending in 00"]
    view = await gateway.view.GetView(view_pb2.GetViewRequest(customer_id="cus_a"))
    said = json_format.MessageToDict(view.view, preserving_proto_field_name=True)
    assert said["household"] == await shown("cus_a")

    # A name that changes, a merge, an erasure: each is shown to those at home.
    await up.customers.add(customer(6, 2, "cus_c", ["c"], golden={"first_name": "Cyd"}))
    await of("cus_a", ("cus_b", "Bob"), ("cus_c", "Cyd"))
    await up.customers.add(
        merged(7, 3, "cus_c", "cus_b"),
        customer(8, 2, "cus_b", ["b", "c"], golden={"first_name": "Bob"}),
    )
    await of("cus_a", ("cus_b", "Bob"))
    await of("cus_b", ("cus_a", "Ada"))
    await up.customers.add(erased(9, 3, "cus_b", [user("b"), user("c")]))
    await of("cus_a")
    await up.customers.add(household(10, 2), household(11, 2, kind="address", hint=""))
    await of("cus_a")
