"""The journeys behind a number, from PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from pathloom_kit.postgres import Database
from sqlalchemy import ColumnElement, and_, exists, func, literal, select, tuple_

from pathloom_scoring.adapters.sums.where import (
    broken,
    days,
    journey,
    judged,
    overdue,
    promise,
    selected,
    selected_journeys,
    touchpoint,
    with_touchpoint,
)
from pathloom_scoring.adapters.tables import AnswerFactRow
from pathloom_scoring.application.ports import After, ListedJourney
from pathloom_scoring.domain.measures.registry import Parameters
from pathloom_scoring.domain.selection import Having, Selection

answer = AnswerFactRow.__table__  # type: ignore[attr-defined]


class PgScoredJourneys:
    """Implements application.ports.ScoredJourneys."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def newest(
        self,
        selection: Selection,
        having: Having,
        parameters: Parameters,
        now: datetime,
        after: After | None,
        limit: int,
    ) -> Sequence[ListedJourney]:
        """By the index on (last_at, journey_id)."""
        j = journey.c
        query = (
            select(journey)
            .where(_meant(selection, having, parameters, now))
            .order_by(j.last_at.desc(), j.journey_id.desc())
            .limit(limit)
        )
        if after is not None:
            query = query.where(tuple_(j.last_at, j.journey_id) < tuple_(after.last_at, after.journey_id))
        async with self._database.transaction() as connection:
            rows = (await connection.execute(query)).mappings()
            return [
                ListedJourney(
                    journey_id=row["journey_id"],
                    customer_id=row["customer_id"],
                    goal_label=row["goal_label"],
                    state=row["state"],
                    opened_at=row["opened_at"],
                    last_at=row["last_at"],
                    channels=tuple(row["channels"]),
                    touchpoints=row["touchpoints"],
                    friction=row["friction"],
                    satisfaction=row["satisfaction_bytes"],
                )
                for row in rows
            ]

    async def count(self, selection: Selection, having: Having, parameters: Parameters, now: datetime) -> int:
        """Counted each time: a page says how many in all."""
        query = select(func.count()).select_from(journey).where(_meant(selection, having, parameters, now))
        async with self._database.transaction() as connection:
            return int(await connection.scalar(query) or 0)


def _meant(
    selection: Selection, having: Having, parameters: Parameters, now: datetime
) -> ColumnElement[bool]:
    t = touchpoint.c
    of_touchpoints: dict[Having, Callable[[], ColumnElement[bool]]] = {
        Having.CONTACT: lambda: t.contact,
        Having.ABANDONED: lambda: and_(judged(touchpoint), t.abandoned),
        Having.TRANSFERRED: lambda: and_(t.answered, t.transfers > 0),
        Having.HOPPED: lambda: t.hop,
        Having.CONTAINED: lambda: and_(t.entered_self_service, t.concluded, t.contained),
        Having.REPEATED: lambda: _repeated(selection, parameters),
    }
    if having is Having.ANYTHING:
        return selected_journeys(selection)
    mine = and_(journey.c.alive, _whole(selection))
    if having in of_touchpoints:
        return and_(mine, with_touchpoint(selection, of_touchpoints[having]()))
    if having in (Having.OVERDUE_PROMISE, Having.BROKEN_PROMISE):
        late = overdue(promise, selection, now) if having is Having.OVERDUE_PROMISE else broken(promise)
        return and_(mine, _with(promise, selection, late))
    said = answer.c.value <= 6 if having is Having.DETRACTOR else answer.c.value >= 9
    return and_(
        mine, _with(answer, selection, and_(answer.c.scale == "nps", answer.c.about != "relationship", said))
    )


def _whole(selection: Selection) -> ColumnElement[bool]:
    """What the selection says of the journey itself."""
    return selected_journeys(Selection(goal=selection.goal, include_test=selection.include_test))


def _with(facts: Any, selection: Selection, condition: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists(
        select(literal(1)).where(
            facts.c.journey_id == journey.c.journey_id, selected(facts, selection), condition
        )
    )


def _repeated(selection: Selection, parameters: Parameters) -> ColumnElement[bool]:
    """An inbound contact with one before it by the same customer for the same reason within the window."""
    t, before = touchpoint.c, touchpoint.alias("before")
    b = before.c
    earlier = select(literal(1)).where(
        b.inbound,
        b.customer_id == t.customer_id,
        b.reason == t.reason,
        tuple_(b.at, b.touchpoint_id) < tuple_(t.at, t.touchpoint_id),
        b.at >= t.at - days(parameters.fcr_days),
        *(() if selection.include_test else (~b.test,)),
    )
    return and_(t.inbound, t.reason != "", exists(earlier))
