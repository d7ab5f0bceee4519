"""What the platform says afterwards, read through its public API alone, as plain values."""

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pathloom.gateway.v1 import view_pb2
from pathloom.journey_graph.v1 import journeys_pb2
from pathloom.scoring.v1 import scores_pb2
from pathloom_local.api.client import PublicApi
from pathloom_local.errors import NotFound

from tests.laws.journal import Key
from tests.laws.people import identifiers

AT_ONCE = 8
_KINDS = {
    journeys_pb2.TOUCHPOINT_KIND_CONTACT: "contact",
    journeys_pb2.TOUCHPOINT_KIND_VISIT: "visit",
    journeys_pb2.TOUCHPOINT_KIND_SURVEY: "survey",
    journeys_pb2.TOUCHPOINT_KIND_EVENT: "event",
}

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Shown:
    """A touchpoint as one of the services tells it."""

    customer: str
    journey: str
    """Empty where the answer does not say it."""
    touchpoint: str
    kind: str
    contacts: tuple[str, ...]
    """The ids of its chain, sorted."""
    pieces: int
    views: int
    legs: tuple[str, ...]
    """Their kinds, sorted."""


@dataclass(frozen=True, slots=True)
class Traced:
    """What became of one event."""

    state: str
    touchpoint: str
    customer: str
    why: str


@dataclass(slots=True)
class Totals:
    """What the services count by themselves."""

    logged: int
    """Entries of the events feed: its numbers are without gaps."""
    touches: int
    contacts: int
    journeys: int
    parked: int
    quarantined: int


@dataclass(slots=True)
class Found:
    """Of the people asked for."""

    customers: dict[int, list[tuple[str, ...]]] = field(default_factory=dict)
    """By person: for each of their identifiers, whom it leads to."""
    records: dict[int, int] = field(default_factory=dict)
    """By person: of how many records the customer consists."""
    view: list[Shown] = field(default_factory=list)
    """As the gateway has them, journey by journey."""
    graph: list[Shown] = field(default_factory=list)
    """As journey-graph has them."""
    traced: dict[Key, Traced] = field(default_factory=dict)
    """Of the events that were traced; one that is nowhere is left out."""


async def settled(api: PublicApi, seconds: float = 900) -> None:
    """Return when everything accepted is in the view. Raises TimeoutError: the deadline only ends a hang."""
    async with asyncio.timeout(seconds):
        while not (await api.status()).settled:  # noqa: ASYNC110 - another process's state
            await asyncio.sleep(0.2)


async def totals(api: PublicApi) -> Totals:
    """Of all there is."""
    status = await api.status()
    logged = sum(
        state.head.n
        for service in status.services
        if service.name == "identity"
        for state in service.feeds
        if state.feed == "events"
    )
    asked = {"measures": ["touches", "contacts", "journeys"], "filter": {"include_test": True}}
    answer = await api.message(scores_pb2.GetMeasuresResponse, "POST", "/v1/measures", asked)
    said = {each.name: round(each.value) for each in answer.measures}
    return Totals(
        logged,
        said["touches"],
        said["contacts"],
        said["journeys"],
        int(status.parked),
        int(status.quarantined),
    )


async def found(api: PublicApi, people: Iterable[int], events: Iterable[Key]) -> Found:
    """Everything about these people, and what became of these events."""
    result = Found()
    await _all(_person(api, person, result) for person in people)
    await _all(_trace(api, key, result) for key in events)
    return result


async def _person(api: PublicApi, person: int, result: Found) -> None:
    owners: set[str] = set()
    led: list[tuple[str, ...]] = []
    for kind, namespace, value in identifiers(person):
        body = {"identifier": {"type": kind, "namespace": namespace, "value": value}}
        answer = await api.look_up(body)
        one = answer.outcome == view_pb2.LOOK_UP_OUTCOME_ONE
        ids = [answer.view.customer_id] if one else [each.customer_id for each in answer.candidates]
        led.append(tuple(ids))
        owners.update(ids)
        if one:
            result.records[person] = len(answer.view.known_as) + int(answer.view.more_records)
    result.customers[person] = led
    for customer in sorted(owners):
        await _view(api, customer, result)
        await _graph(api, customer, result)


async def _view(api: PublicApi, customer: str, result: Found) -> None:
    async def page(token: str) -> str:
        answer = await api.journeys(customer, token)
        for journey in answer.journeys:
            if journey.more_touchpoints:
                journey = (await api.journey(journey.journey_id)).journey
            result.view += [_shown(each, customer, journey.journey_id) for each in journey.touchpoints]
        return answer.next_page_token

    await _pages(page)


async def _graph(api: PublicApi, customer: str, result: Found) -> None:
    async def page(token: str) -> str:
        answer = await api.message(
            view_pb2.ListTouchpointsResponse,
            "GET",
            f"/v1/customers/{customer}/touchpoints",
            params={"page_size": "200", **({"page_token": token} if token else {})},
        )
        result.graph += [_shown(each, customer, "") for each in answer.touchpoints]
        return answer.next_page_token

    await _pages(page)


async def _pages(page: Callable[[str], Coroutine[Any, Any, str]]) -> None:
    token = await page("")
    while token:
        token = await page(token)


def _shown(said: journeys_pb2.Touchpoint, customer: str, journey: str) -> Shown:
    contacts = {said.contact_id, *said.folded_contact_ids} - {""}
    return Shown(
        customer,
        journey,
        said.touchpoint_id,
        _KINDS.get(said.kind, "unknown"),
        tuple(sorted(contacts)),
        said.events,
        said.views,
        tuple(sorted(leg.kind for leg in said.legs)),
    )


async def _trace(api: PublicApi, key: Key, result: Found) -> None:
    source, message_id = key
    try:
        said = await api.trace(message_id, source)
    except NotFound:
        return
    undone = "; ".join(f"{step.step}: {step.detail}" for step in said.steps if not step.done)
    result.traced[key] = Traced(said.state, said.touchpoint_id, said.customer_id, undone or said.reason)


async def _all(reads: Iterable[Coroutine[Any, Any, T]]) -> None:
    """A few reads at once."""
    turn = asyncio.Semaphore(AT_ONCE)

    async def one(read: Coroutine[Any, Any, T]) -> None:
        async with turn:
            await read

    async with asyncio.TaskGroup() as group:
        for read in reads:
            group.create_task(one(read))
