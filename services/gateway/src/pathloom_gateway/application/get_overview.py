"""The first page: now, and today beside the same weekday before."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pathloom.gateway.v1.view_pb2 import GetOverviewRequest, GetOverviewResponse
from pathloom.scoring.v1.scores_pb2 import GetMeasuresRequest, Measure, MeasureFilter
from pathloom_kit.clock import Clock
from pathloom_kit.errors import DomainError, InvalidArgument, Kind

from pathloom_gateway.application.ports_reads import Scoring, Views
from pathloom_gateway.domain.instants import micros, stamp

WINDOW = timedelta(minutes=30)
# What today is asked for, by which group ("" for the whole).
TODAY: Sequence[tuple[tuple[str, ...], str]] = (
    (("contacts",), "channel"),
    (("contacts",), "reason"),
    (("touches",), "touch"),
    (
        (
            "contacts",
            "repeats_within_window",
            "hops",
            "hop_cost",
            "hop_rate",
            "abandon_rate",
            "service_level",
        ),
        "",
    ),
)


@dataclass(frozen=True, slots=True)
class GetOverview:
    """Who waits comes from live contacts, the rest from scoring; without scoring it is left out and said so."""

    views: Views
    scoring: Scoring
    clock: Clock

    async def __call__(self, request: GetOverviewRequest) -> GetOverviewResponse:
        """InvalidArgument for an unknown time zone."""
        now = request.now.ToDatetime(UTC) if request.HasField("now") else self.clock.now()
        begin, same_begin, same_now = day_and_same_weekday(now, zone_of(request.time_zone))
        floor = await self.views.queues(micros(now), WINDOW // timedelta(microseconds=1))
        response = GetOverviewResponse(
            queues=floor.queues,
            abandoned_last_half_hour=floor.abandoned,
            offered_last_half_hour=floor.offered,
            overdue_promises=floor.overdue_promises,
        )
        response.as_of.CopyFrom(stamp(micros(now)))
        level_s = request.service_level_s
        try:
            level, today, before = await asyncio.gather(
                self._measures(now - WINDOW, now, ("service_level",), "", level_s),
                self._day(begin, now, level_s),
                self._day(same_begin, same_now, level_s),
            )
        except DomainError as error:
            if error.kind is not Kind.UNAVAILABLE:
                raise
            response.missing.append("scoring")
            return response
        if level:
            response.service_level.CopyFrom(level[0])
        response.today.extend(today)
        response.same_weekday_before.extend(before)
        return response

    async def _day(self, begin: datetime, end: datetime, level_s: float) -> list[Measure]:
        asked = await asyncio.gather(
            *(self._measures(begin, end, names, group, level_s) for names, group in TODAY)
        )
        return [measure for measures in asked for measure in measures]

    async def _measures(
        self, begin: datetime, end: datetime, names: Sequence[str], group: str, level_s: float
    ) -> list[Measure]:
        request = GetMeasuresRequest(
            filter=MeasureFilter(), measures=names, group_by=group, service_level_s=level_s
        )
        getattr(request.filter, "from").CopyFrom(stamp(micros(begin)))
        request.filter.to.CopyFrom(stamp(micros(end)))
        return list((await self.scoring.measures(request)).measures)


def day_and_same_weekday(now: datetime, zone: ZoneInfo) -> tuple[datetime, datetime, datetime]:
    """When today began there; when the same weekday a week before began, and the same time of that day."""
    local = now.astimezone(zone)
    begin = datetime.combine(local.date(), time(), zone)
    before = local.date() - timedelta(days=7)
    return begin, datetime.combine(before, time(), zone), datetime.combine(before, local.timetz())


def zone_of(name: str) -> ZoneInfo:
    """InvalidArgument naming `time_zone` for one that is not known."""
    try:
        return ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise InvalidArgument(fields={"time_zone": "is not an IANA time zone"}) from error
