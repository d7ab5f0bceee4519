"""What the platform says, read through its public API alone."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

from google.protobuf.timestamp_pb2 import Timestamp
from pathloom.gateway.v1 import view_pb2
from pathloom.journey_graph.v1 import journeys_pb2
from pathloom.scoring.v1 import scores_pb2

from pathloom_local.api.client import PublicApi
from pathloom_local.demo.values import Leg, RecordKey, Said, Touchpoint
from pathloom_local.errors import LocalError

AT_ONCE = 8
_KINDS = {
    journeys_pb2.TOUCHPOINT_KIND_CONTACT: "contact",
    journeys_pb2.TOUCHPOINT_KIND_VISIT: "visit",
    journeys_pb2.TOUCHPOINT_KIND_SURVEY: "survey",
    journeys_pb2.TOUCHPOINT_KIND_MESSAGE: "message",
    journeys_pb2.TOUCHPOINT_KIND_EVENT: "event",
}

T = TypeVar("T")
Identifier = tuple[str, str, str]
"""type, namespace, value."""


async def said_by(
    api: PublicApi,
    identifiers: Mapping[RecordKey, Identifier],
    told: Callable[[int, int], None] = lambda there, total: None,
) -> Said:
    """Looks up every identifier, lists every journey, and reads each journey of every customer met that way.

    `told` hears how many reads of how many are done.
    """
    wanted = sorted(set(identifiers.values()))
    # As many again is a fair guess until the customers are known.
    counter = _Counter(told, 2 * len(wanted))
    found = await _all([_customers_of(api, each, counter) for each in wanted])
    by_identifier = dict(zip(wanted, found, strict=True))
    customers_of = {record: by_identifier[each] for record, each in identifiers.items()}
    owners = {row.customer_id for row in await _listed(api)}
    owners |= {customer for ids in customers_of.values() for customer in ids}
    counter.total = len(wanted) + len(owners)
    read = await _all([_customer(api, each, counter) for each in sorted(owners)])
    # A list may name a customer by an id of before; asked by either, the platform answers the same customer.
    by_id = {customer.customer_id: customer for customer in read}
    unidentified = frozenset(customer_id for customer_id, each in by_id.items() if each.unidentified)
    return Said(customers_of, unidentified, [point for each in by_id.values() for point in each.touchpoints])


@dataclass(frozen=True, slots=True)
class _Customer:
    """Under the present id; `unidentified`: nobody is known behind it."""

    customer_id: str
    unidentified: bool
    touchpoints: list[Touchpoint]


async def _customers_of(api: PublicApi, identifier: Identifier, counter: "_Counter") -> frozenset[str]:
    kind, namespace, value = identifier
    answer = await api.look_up({"identifier": {"type": kind, "namespace": namespace, "value": value}})
    counter.one_more()
    if answer.outcome == view_pb2.LOOK_UP_OUTCOME_ONE:
        return frozenset([answer.view.customer_id])
    return frozenset(each.customer_id for each in answer.candidates)


async def _listed(api: PublicApi) -> list[scores_pb2.JourneyRow]:
    rows: list[scores_pb2.JourneyRow] = []
    token = ""
    while True:
        page = await api.measured_journeys(token)
        rows += list(page.journeys)
        token = page.next_page_token
        if not token:
            if len(rows) != page.total:
                raise LocalError(f"the platform lists {len(rows)} journeys and counts {page.total}")
            return rows


async def _customer(api: PublicApi, customer_id: str, counter: "_Counter") -> _Customer:
    """Every touchpoint of every journey, whatever id the customer is asked by."""
    view = (await api.look_up({"customer_id": customer_id})).view
    found = _Customer(view.customer_id, view.unidentified, [])
    token = ""
    while True:
        page = await api.journeys(customer_id, token)
        for journey in page.journeys:
            found.touchpoints.extend(await _touchpoints(api, journey, view.customer_id))
        token = page.next_page_token
        if not token:
            counter.one_more()
            return found


async def _touchpoints(api: PublicApi, journey: view_pb2.JourneyView, customer_id: str) -> list[Touchpoint]:
    if journey.more_touchpoints:
        journey = (await api.journey(journey.journey_id)).journey
    if journey.more_touchpoints:
        raise LocalError(
            f"journey {journey.journey_id} has {journey.more_touchpoints} touchpoints more than can be read here"
        )
    return [_touchpoint(each, journey.journey_id, customer_id) for each in journey.touchpoints]


def _touchpoint(said: journeys_pb2.Touchpoint, journey_id: str, customer_id: str) -> Touchpoint:
    kind = _KINDS.get(said.kind, "unknown")
    is_contact = kind == "contact"
    ids = tuple(sorted({said.contact_id, *said.folded_contact_ids})) if is_contact else ()
    return Touchpoint(
        said.touchpoint_id,
        kind,
        said.channel,
        _moment(said.start),
        _moment(said.end) if said.HasField("end") else None,
        journey_id,
        customer_id,
        None,
        (said.contact_namespace, said.contact_id) if is_contact else None,
        ids,
        tuple(map(_leg, said.legs)) if is_contact else (),
    )


def _leg(said: journeys_pb2.Leg) -> Leg:
    return Leg(
        said.kind,
        said.leg_id,
        said.contact_id,
        said.queue,
        said.department,
        said.agent_id,
        _moment(said.start),
        _moment(said.end) if said.HasField("end") else None,
        said.wait_s if said.HasField("wait_s") else None,
        said.talk_s if said.HasField("talk_s") else None,
        said.hold_s if said.HasField("hold_s") else None,
        said.acw_s if said.HasField("acw_s") else None,
        tuple(said.codes),
        said.unanswered,
    )


def _moment(said: Timestamp) -> datetime:
    return said.ToDatetime(tzinfo=UTC)


class _Counter:
    def __init__(self, told: Callable[[int, int], None], total: int) -> None:
        self._told, self.total, self._there = told, total, 0

    def one_more(self) -> None:
        self._there += 1
        self._told(self._there, max(self.total, self._there))


async def _all(reads: Sequence[Coroutine[Any, Any, T]]) -> list[T]:
    """The answers in order, a few reads at once."""
    turn = asyncio.Semaphore(AT_ONCE)

    async def one(read: Coroutine[Any, Any, T]) -> T:
        async with turn:
            return await read

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(one(read)) for read in reads]
    return [task.result() for task in tasks]
