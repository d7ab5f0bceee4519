"""Where every service and feed stands, and whether everything accepted so far is in the view."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pathloom.gateway.v1 import admin_pb2
from pathloom.identity.v1 import events_pb2
from pathloom_kit.errors import DomainError
from pathloom_kit.feeds.cursor import Cursor

from pathloom_gateway.application.ports import EventLog, ReadModel, Upstreams

Lane = tuple[str, int, int]
"""feed, partition, lane"""


@dataclass(frozen=True, slots=True)
class GetStatus:
    """Asks all services at once; one that does not answer makes the answer say so, not fail."""

    upstreams: Upstreams
    event_log: EventLog
    read_model: ReadModel

    async def __call__(self) -> admin_pb2.GetStatusResponse:
        services = list(await self.upstreams.describe())
        own = await self.read_model.state()
        return admin_pb2.GetStatusResponse(
            services=[*services, admin_pb2.ServiceStatus(name="gateway", reachable=True)],
            feeds=own.feeds,
            parked=own.parked + sum(feed.parked for service in services for feed in service.feeds),
            quarantined=await self._quarantined(),
            settled=own.settled and is_settled(services, own.places),
            customers=own.customers,
            journeys=own.journeys,
        )

    async def _quarantined(self) -> int:
        try:
            answer = await self.event_log.list_quarantine(events_pb2.ListQuarantineRequest(page_size=1))
        except DomainError:
            return 0
        return answer.total


def is_settled(services: Sequence[admin_pb2.ServiceStatus], own: Iterable[tuple[str, Cursor]]) -> bool:
    """Every service answers, is full, has nothing waiting and has read its upstream feeds up to the heads that they name,
    and the gateway (`own`: feed, place) has applied every feed up to its head."""
    if not all(service.reachable for service in services):
        return False
    states = [feed for service in services for feed in service.feeds]
    if any(state.waiting or state.refilling for state in states):
        return False
    heads = {_lane(state.feed, head): head for state in states for head in [Cursor.from_proto(state.head)]}
    read = [(mark.feed, Cursor.from_proto(mark.cursor)) for state in states for mark in state.watermarks]
    # A place of another epoch covers nothing of this one: what was read there may be lost.
    if not all(at.covers(heads[_lane(feed, at)]) for feed, at in read if _lane(feed, at) in heads):
        return False
    applied = {_lane(feed, at): at for feed, at in own}
    return all(applied[lane].covers(head) if lane in applied else head.n == 0 for lane, head in heads.items())


def _lane(feed: str, at: Cursor) -> Lane:
    return feed, at.partition, at.lane
