"""Where every service and feed stands, and whether everything accepted so far is in the view."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pathloom.feed.v1 import feed_pb2
from pathloom.gateway.v1 import admin_pb2
from pathloom.identity.v1 import events_pb2
from pathloom_kit.errors import DomainError

from pathloom_gateway.application.ports import EventLog, ReadModel, Upstreams

Place = tuple[str, str, int, int]
"""feed, epoch, partition, lane"""


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
            settled=own.settled and is_settled(services, own.feeds),
            customers=own.customers,
            journeys=own.journeys,
        )

    async def _quarantined(self) -> int:
        try:
            answer = await self.event_log.list_quarantine(events_pb2.ListQuarantineRequest(page_size=1))
        except DomainError:
            return 0
        return answer.total


def is_settled(services: Sequence[admin_pb2.ServiceStatus], lags: Sequence[admin_pb2.FeedLag]) -> bool:
    """Every service answers, has read its upstream feeds up to the heads that they name, has nothing waiting, and the
    gateway has applied every feed up to its head."""
    if not all(service.reachable for service in services):
        return False
    states = [feed for service in services for feed in service.feeds]
    heads = {_place(state.feed, state.head): state.head.n for state in states}
    for state in states:
        if state.waiting or not _read(state.watermarks, heads):
            return False
    applied = {(lag.feed, lag.lane, lag.partition): lag.applied for lag in lags}
    return all(
        applied.get((feed, "bulk" if lane == feed_pb2.LANE_BULK else "live", partition), 0) >= n
        for (feed, _, partition, lane), n in heads.items()
    )


def _read(watermarks: Iterable[feed_pb2.Watermark], heads: dict[Place, int]) -> bool:
    return all(mark.cursor.n >= heads.get(_place(mark.feed, mark.cursor), 0) for mark in watermarks)


def _place(feed: str, cursor: feed_pb2.Cursor) -> Place:
    return feed, cursor.epoch, cursor.partition, cursor.lane or feed_pb2.LANE_LIVE
