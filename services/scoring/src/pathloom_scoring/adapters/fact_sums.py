"""Sums over facts in PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from pathloom_kit.postgres import Database
from sqlalchemy import BigInteger, and_, cast, func, select, text

from pathloom_scoring.adapters.sums import journeys as journey_sums
from pathloom_scoring.adapters.sums import queries
from pathloom_scoring.adapters.sums.where import Query, journey, selected, touchpoint
from pathloom_scoring.domain.measures.registry import Family, Parameters
from pathloom_scoring.domain.measures.sums import Sums
from pathloom_scoring.domain.selection import GroupBy, Selection

# Sums over everything sort a few dozen megabytes: on disk that takes twice as long.
_ROOM_TO_SORT = text("SET LOCAL work_mem = '64MB'")
_FAMILIES: dict[Family, tuple[Callable[..., Query], Callable[[Any], Sums]]] = {
    Family.TOUCHPOINTS: (queries.touchpoints, queries.touchpoints_of),
    Family.HANDLINGS: (queries.handlings, queries.handlings_of),
    Family.FOLLOW_UPS: (queries.follow_ups, queries.follow_ups_of),
    Family.ANSWERS: (queries.answers, queries.answers_of),
    Family.PROMISES: (queries.promises, queries.promises_of),
}


class PgFactSums:
    """Implements application.ports.FactSums."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def sums(
        self, family: Family, selection: Selection, group_by: GroupBy, parameters: Parameters, now: datetime
    ) -> Mapping[str, Sums]:
        """One query."""
        async with self._database.transaction() as connection:
            await connection.execute(_ROOM_TO_SORT)
            if family is Family.JOURNEYS:
                found = (await connection.execute(journey_sums.journeys(selection, group_by))).mappings()
                return journey_sums.journeys_of([dict(row) for row in found])
            query, sums_of = _FAMILIES[family]
            rows = (await connection.execute(query(selection, group_by, parameters, now))).mappings()
            return {row["grp"]: sums_of(row) for row in rows}

    async def shown_share(self, selection: Selection) -> float:
        """Omitted touchpoints are older than the oldest shown and not older than the journey: where that time meets
        the selection's they count."""
        j = journey.c
        left_out = j.omitted_touchpoints
        if selection.channel:
            left_out = cast(func.coalesce(j.omitted_by_channel.op("->>")(selection.channel), "0"), BigInteger)
        meets = [j.alive, j.omitted_touchpoints > 0]
        if selection.goal:
            meets.append(j.goal == selection.goal)
        if not selection.include_test:
            meets.append(~j.test)
        if selection.begin is not None:
            meets.append(func.coalesce(j.omitted_until, j.last_at) > selection.begin)
        if selection.end is not None:
            meets.append(func.coalesce(j.opened_at, j.omitted_until) < selection.end)
        async with self._database.transaction() as connection:
            omitted = int(
                (await connection.scalar(select(func.coalesce(func.sum(left_out), 0)).where(and_(*meets))))
                or 0
            )
            if omitted == 0:
                return 1.0
            shown = int(
                await connection.scalar(
                    select(func.count()).select_from(touchpoint).where(selected(touchpoint, selection))
                )
                or 0
            )
        return shown / (shown + omitted)
