"""The live view: follows a call through binding, merge and un-merge; resumes; works with two replicas."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import grpc.aio
import httpx
import msgspec
import pytest
from google.protobuf import json_format
from pathloom.gateway.v1 import view_pb2
from pathloom.identity.v1.customers_pb2 import BindingLevel

from .conftest import Gateway, Start
from .feed_entries import binding, customer, erased, event, journey, merged, touchpoint, user


class Events:
    """Server-sent events as they come."""

    def __init__(self, response: httpx.Response) -> None:
        self._lines = response.aiter_lines()

    async def next(self, seconds: float = 10) -> tuple[str, str, dict[str, Any]]:
        """Kind, id and data of the next event; comments are passed over."""
        async with asyncio.timeout(seconds):
            kind = event_id = data = ""
            async for line in self._lines:
                name, _, value = line.partition(":")
                value = value.removeprefix(" ")
                if name == "event":
                    kind = value
                elif name == "id":
                    event_id = value
                elif name == "data":
                    data += value
                elif not line and data:
                    return kind, event_id, msgspec.json.decode(data)
        raise AssertionError("the stream has ended")

    async def until(self, check: Any) -> tuple[str, str, dict[str, Any]]:
        """The next event for which it holds."""
        while True:
            found = await self.next()
            if check(found[2]):
                return found


@asynccontextmanager
async def watching(gateway: Gateway, path: str, last: str = "") -> AsyncIterator[Events]:
    headers = {"Last-Event-ID": last} if last else {}
    async with gateway.http.stream("GET", path, headers=headers) as response:
        assert response.status_code == 200
        assert response.headers["content-type"].startswith("text/event-stream")
        yield Events(response)


async def test_a_stream_follows_a_call_from_its_first_event(gateway: Gateway) -> None:
    up = gateway.up
    async with watching(gateway, "/v1/contacts/call-1/stream") as events:
        _, _, first = await events.next()
        assert first["look_up"]["contact"]["updating"] is True
        await up.events.add(event(1, "Contact Queued", "call-1", 10, queue="aid"))
        await events.until(lambda said: said["look_up"]["contact"].get("state") == "queued")
        await up.customers.add(customer(1, 1, "cus_a", ["a"], golden={"first_name": "Ada"}))
        await up.customers.add(customer(2, 1, "cus_b", ["b"], golden={"first_name": "Bea"}))
        await up.customers.add(
            binding(3, 1, "call-1", bound_to="a", level=BindingLevel.BINDING_LEVEL_PROBABLE)
        )
        _, _, said = await events.until(lambda said: "view" in said["look_up"])
        assert said["look_up"]["view"]["customer_id"] == "cus_a"
        await up.events.add(event(2, "Contact Answered", "call-1", 20, agent_id="7"))
        await events.until(lambda said: said["look_up"]["contact"].get("state") == "talking")
        # Corrected in mid-call.
        await up.customers.add(
            binding(4, 2, "call-1", bound_to="b", level=BindingLevel.BINDING_LEVEL_VERIFIED)
        )
        _, last, said = await events.until(lambda said: said["look_up"]["view"]["customer_id"] == "cus_b")
        assert said["look_up"]["view"]["identity_level"] == "verified"
        assert said["now_known_as"] == "cus_b"
    # Nothing is sent again to who has seen it; what comes after is.
    async with watching(gateway, "/v1/contacts/call-1/stream", last) as events:
        await up.journeys.add(journey(1, 1, "jb", "cus_b", [touchpoint("tb", 5)]))
        _, newer, said = await events.next()
        assert newer != last
        assert said["look_up"]["view"]["journeys"][0]["journey_id"] == "jb"


async def test_a_stream_goes_on_through_merge_and_un_merge(gateway: Gateway) -> None:
    up = gateway.up
    await up.customers.add(customer(1, 1, "cus_a", ["a"]), customer(2, 1, "cus_b", ["b"]))
    await _there(gateway, "cus_b")
    asked = view_pb2.WatchViewRequest(customer_id="cus_b")
    call = gateway.view.WatchView(asked)
    answers = aiter(call)
    assert (await anext(answers)).look_up.view.customer_id == "cus_b"
    await up.customers.add(merged(3, 2, "cus_b", "cus_a"), customer(4, 2, "cus_a", ["a", "b"]))
    while (said := await anext(answers)).look_up.view.customer_id != "cus_a":
        pass
    assert said.now_known_as == "cus_a"
    assert said.look_up.view.asked_for == "cus_b"
    await up.customers.add(customer(5, 3, "cus_a", ["a"]), customer(6, 3, "cus_b", ["b"]))
    while (said := await anext(answers)).look_up.view.customer_id != "cus_b":
        pass
    assert said.now_known_as == "cus_b"
    call.cancel()


async def test_a_stream_says_when_the_customer_is_erased(gateway: Gateway) -> None:
    up = gateway.up
    await up.customers.add(customer(1, 1, "cus_a", ["a"]))
    await _there(gateway, "cus_a")
    call = gateway.view.WatchView(view_pb2.WatchViewRequest(customer_id="cus_a"))
    answers = aiter(call)
    await anext(answers)
    async with watching(gateway, "/v1/customers/cus_a/stream") as events:
        await events.next()
        await up.customers.add(erased(2, 2, "cus_a", [user("a")]))
        kind, _, data = await events.until(lambda said: "reason" in said)
        assert (kind, data["reason"]) == ("gone", "CUSTOMER_ERASED")
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        async for _ in answers:
            pass
    assert caught.value.code() == grpc.StatusCode.NOT_FOUND
    unknown = await gateway.http.get("/v1/customers/cus_nobody/stream")
    assert (unknown.status_code, unknown.json()["reason"]) == (404, "CUSTOMER_NOT_FOUND")


async def test_two_replicas_both_serve_and_both_wake_their_watchers(start: Start) -> None:
    one = await start()
    other = await start()
    up = one.up
    await up.customers.add(customer(1, 1, "cus_a", ["a"]))
    await _there(one, "cus_a")
    await _there(other, "cus_a")
    async with (
        watching(one, "/v1/customers/cus_a/stream") as here,
        watching(other, "/v1/customers/cus_a/stream") as there,
    ):
        _, first_here, _ = await here.next()
        _, first_there, _ = await there.next()
        assert first_here == first_there
        await up.journeys.add(journey(1, 1, "j1", "cus_a", [touchpoint("t1", 5)]))
        found = [
            await events.until(lambda said: "journeys" in said["look_up"]["view"]) for events in (here, there)
        ]
        messages = [json_format.ParseDict(data, view_pb2.WatchViewResponse()) for _, _, data in found]
        assert messages[0].event_id == messages[1].event_id
        assert messages[0].look_up.view == messages[1].look_up.view
    holders = await one.rows("SELECT count(DISTINCT name) AS names FROM lease WHERE name LIKE 'follow %'")
    assert holders[0]["names"] == 4


async def _there(gateway: Gateway, customer_id: str) -> None:
    async with asyncio.timeout(15):
        while (await gateway.http.get(f"/v1/customers/{customer_id}")).status_code != 200:  # noqa: ASYNC110  # asked as a client asks
            await asyncio.sleep(0.02)
