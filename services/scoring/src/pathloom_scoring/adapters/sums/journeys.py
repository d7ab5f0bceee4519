"""Sums over journeys, by stratum: tercile of friction × first channel."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, literal, literal_column, select, true
from sqlalchemy.dialects.postgresql import distinct_on

from pathloom_scoring.adapters.sums.where import (
    Query,
    asks_of_touchpoints,
    group_of,
    journey,
    moments,
    moments_of,
    selected_journeys,
    times,
    touched,
    touchpoint,
)
from pathloom_scoring.domain.intervals import Moments
from pathloom_scoring.domain.measures.sums import JourneySums, Stratum
from pathloom_scoring.domain.selection import NO_GROUP, GroupBy, Selection


def journeys(selection: Selection, group_by: GroupBy) -> Query:
    """A row for each group and stratum. A journey's group is that of its first touchpoint in the selection, so that
    each journey stands in one."""
    chosen = _chosen(selection, group_by)
    bounds = select(
        *(
            func.percentile_cont(third / 3).within_group(chosen.c.friction).label(f"bound_{third}")
            for third in (1, 2)
        )
    ).cte("bounds")
    tercile: ColumnElement[int] = case(
        (chosen.c.friction <= bounds.c.bound_1, 0), (chosen.c.friction <= bounds.c.bound_2, 1), else_=2
    ).label("tercile")
    c = chosen.c
    return (
        select(
            c.grp,
            tercile,
            c.first_channel,
            func.count().label("journeys"),
            times(c.nps.is_not(None), "answered"),
            times(c.nps >= 9, "promoters"),
            times(c.nps <= 6, "detractors"),
            *moments(c.cost, "costs"),
            *moments(c.friction, "frictions"),
            *moments(c.satisfaction, "satisfactions"),
        )
        .select_from(chosen.join(bounds, true()))
        .group_by(c.grp, literal_column("tercile"), c.first_channel)
    )


def journeys_of(rows: Iterable[Mapping[str, Any]]) -> dict[str, JourneySums]:
    """The rows of `journeys`, by group."""
    found: dict[str, JourneySums] = {}
    for row in sorted(rows, key=lambda row: (row["grp"], row["tercile"], row["first_channel"])):
        before = found.get(row["grp"], JourneySums())
        stratum = Stratum(
            tercile=int(row["tercile"]),
            channel=row["first_channel"],
            **{name: int(row[name]) for name in ("journeys", "answered", "promoters", "detractors")},
        )
        found[row["grp"]] = JourneySums(
            journeys=before.journeys + stratum.journeys,
            costs=_sum(before.costs, moments_of(row, "costs")),
            frictions=_sum(before.frictions, moments_of(row, "frictions")),
            satisfactions=_sum(before.satisfactions, moments_of(row, "satisfactions")),
            strata=(*before.strata, stratum),
        )
    return found


def _chosen(selection: Selection, group_by: GroupBy) -> Any:
    """The journeys meant, each with its group, as a CTE."""
    columns = [
        journey.c[name] for name in ("journey_id", "first_channel", "friction", "satisfaction", "nps", "cost")
    ]
    if group_by is GroupBy.NOTHING:
        chosen = select(*columns, literal("").label("grp")).where(selected_journeys(selection))
    elif group_by is GroupBy.GOAL:
        chosen = select(*columns, group_of(journey, group_by)).where(selected_journeys(selection))
    else:
        first = (
            select(touchpoint.c.journey_id, group_of(touchpoint, group_by))
            .ext(distinct_on(touchpoint.c.journey_id))
            .where(_first_in(selection))
            .order_by(touchpoint.c.journey_id, touchpoint.c.position)
            .subquery("first_touchpoint")
        )
        chosen = (
            select(*columns, func.coalesce(first.c.grp, NO_GROUP).label("grp"))
            .select_from(journey.outerjoin(first, first.c.journey_id == journey.c.journey_id))
            .where(selected_journeys(selection))
        )
    return chosen.cte("chosen")


def _first_in(selection: Selection) -> ColumnElement[bool]:
    real = true() if selection.include_test else ~touchpoint.c.test
    return and_(touched(touchpoint, selection), real) if asks_of_touchpoints(selection) else real


def _sum(a: Moments, b: Moments) -> Moments:
    return Moments(a.n + b.n, a.total + b.total, a.squares + b.squares)
