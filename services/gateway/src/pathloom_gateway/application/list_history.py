"""A customer's journeys and touchpoints, paged; one journey."""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
from pathloom.gateway.v1.view_pb2 import JourneyView
from pathloom.journey_graph.v1.journeys_pb2 import ListTouchpointsRequest, ListTouchpointsResponse, Touchpoint
from pathloom_kit.clock import Clock
from pathloom_kit.errors import InvalidArgument

from pathloom_gateway.application.look_up import Caller, clean
from pathloom_gateway.application.ports import LookUpLog
from pathloom_gateway.application.ports_reads import Paths, Views
from pathloom_gateway.domain.finish import finish_journey
from pathloom_gateway.domain.instants import micros, stamp_micros


@dataclass(frozen=True, slots=True)
class ListJourneys:
    """Newest first."""

    views: Views
    log: LookUpLog
    clock: Clock

    async def __call__(
        self, customer_id: str, size: int, token: str, caller: Caller
    ) -> tuple[Sequence[JourneyView], str, int]:
        """The page, the next page's token, how many in all. Raises CustomerNotFound, CustomerErased."""
        clean(customer_id=customer_id, page_token=token)
        owner, _ = await self.views.present(customer_id)
        now = self.clock.now()
        journeys, following, total = await self.views.journeys(owner, size or 20, token)
        for journey in journeys:
            finish_journey(journey, micros(now))
        await self.log.record(now, caller.actor, caller.via, [owner], "customer")
        return journeys, following, total


@dataclass(frozen=True, slots=True)
class GetJourney:
    """One journey with its scores, whole as far as it is bounded."""

    views: Views
    log: LookUpLog
    clock: Clock

    async def __call__(self, journey_id: str, caller: Caller) -> tuple[JourneyView, str]:
        """With whose it is. Raises JourneyNotFound."""
        clean(journey_id=journey_id)
        journey, owner = await self.views.journey(journey_id)
        now = self.clock.now()
        finish_journey(journey, micros(now))
        await self.log.record(now, caller.actor, caller.via, [owner], "customer")
        return journey, owner


@dataclass(frozen=True, slots=True)
class ListTouchpoints:
    """Newest first, from journey-graph; under every id that the customer's history still stands there."""

    views: Views
    paths: Paths
    log: LookUpLog
    clock: Clock

    async def __call__(
        self, customer_id: str, size: int, token: str, caller: Caller
    ) -> tuple[Sequence[Touchpoint], str, int]:
        """The page, the next page's token, how many in all. Raises CustomerNotFound, CustomerErased, UNAVAILABLE."""
        clean(customer_id=customer_id, page_token=token)
        owner, ids = await self.views.present(customer_id)
        places = _places(token) or [(one, "", 0) for one in ids]
        size = size or 50
        pages = [(place, await self._page(place, size)) for place in places]
        total = sum(page.total for _, page in pages)
        merged = sorted(
            (
                (-stamp_micros(one.start), one.touchpoint_id, index, one)
                for index, (place, page) in enumerate(pages)
                for one in page.touchpoints[place[2] :]
            ),
            key=lambda row: row[:3],
        )
        shown = merged[:size]
        following = []
        for index, ((key, upstream, skipped), page) in enumerate(pages):
            skipped += sum(1 for row in shown if row[2] == index)
            if skipped < len(page.touchpoints):
                following.append((key, upstream, skipped))
            elif page.next_page_token:
                following.append((key, page.next_page_token, 0))
        await self.log.record(self.clock.now(), caller.actor, caller.via, [owner], "customer")
        # A touchpoint that is just moving from one id to another can stand under both.
        unique = {row[3].touchpoint_id: row[3] for row in shown}
        return list(unique.values()), _token(following), total

    async def _page(self, place: tuple[str, str, int], size: int) -> ListTouchpointsResponse:
        request = ListTouchpointsRequest(customer_id=place[0], page_size=size, page_token=place[1])
        return await self.paths.touchpoints(request)


def _token(places: Sequence[tuple[str, str, int]]) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode(places)).decode() if places else ""


def _places(token: str) -> list[tuple[str, str, int]]:
    if not token:
        return []
    try:
        raw = base64.b64decode(token, altchars=b"-_", validate=True)
        return msgspec.json.decode(raw, type=list[tuple[str, str, int]])
    except (binascii.Error, msgspec.MsgspecError, ValueError) as error:
        raise InvalidArgument(fields={"page_token": "is not a token that was handed out"}) from error
