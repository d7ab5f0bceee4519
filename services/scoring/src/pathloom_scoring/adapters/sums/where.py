"""A selection as conditions on the tables."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, and_, exists, func, literal, not_, or_, select, true
from sqlalchemy.sql.selectable import Exists

from pathloom_scoring.adapters.tables import JourneyScoreRow, PromiseFactRow, TouchpointFactRow
from pathloom_scoring.domain.intervals import Moments
from pathloom_scoring.domain.selection import NO_GROUP, GroupBy, Selection

journey = JourneyScoreRow.__table__  # type: ignore[attr-defined]
touchpoint = TouchpointFactRow.__table__  # type: ignore[attr-defined]
promise = PromiseFactRow.__table__  # type: ignore[attr-defined]

Condition = ColumnElement[bool]
Query = Select[*tuple[Any, ...]]
_PLACES = ("channel", "queue", "department", "reason", "touch")


def selected(facts: FromClause, selection: Selection) -> Condition:
    """The facts of the selection."""
    return and_(touched(facts, selection), _goal(facts, selection), _real(facts, selection))


def touched(facts: FromClause, selection: Selection) -> Condition:
    """What the selection says of a single touchpoint (its time and place), not of its journey."""
    conditions: list[Condition] = [
        _is(facts.c[name], value) for name in _PLACES if (value := getattr(selection, name))
    ]
    if selection.begin is not None:
        conditions.append(facts.c.at >= selection.begin)
    if selection.end is not None:
        conditions.append(facts.c.at < selection.end)
    return and_(true(), *conditions)


def asks_of_touchpoints(selection: Selection) -> bool:
    """Whether `touched` leaves anything out."""
    return any((selection.begin, selection.end, *(getattr(selection, name) for name in _PLACES)))


def selected_journeys(selection: Selection) -> Condition:
    """The journeys with a touchpoint in the selection."""
    conditions = [journey.c.alive, _goal(journey, selection), _real(journey, selection)]
    if asks_of_touchpoints(selection):
        conditions.append(with_touchpoint(selection))
    return and_(*conditions)


def with_touchpoint(selection: Selection, *conditions: Condition) -> Exists:
    """Journeys with a touchpoint of the selection for which the conditions hold."""
    return exists(
        select(literal(1)).where(
            touchpoint.c.journey_id == journey.c.journey_id,
            touched(touchpoint, selection),
            _real(touchpoint, selection),
            *conditions,
        )
    )


def group_of(facts: FromClause, group_by: GroupBy) -> ColumnElement[str]:
    """The group of a fact: NO_GROUP where there is no value."""
    if group_by is GroupBy.NOTHING:
        return literal("").label("grp")
    return func.coalesce(func.nullif(facts.c[group_by.value], ""), NO_GROUP).label("grp")


def judged(facts: FromClause) -> Condition:
    """Offered, no short call, and answered or over: what service level and abandon rate are about."""
    return and_(facts.c.offered, not_(facts.c.short_call), or_(facts.c.answered, facts.c.concluded))


def overdue(facts: FromClause, selection: Selection, now: datetime) -> Condition:
    """Past due and not kept, as of now or the end of the selection, whichever is earlier."""
    by = now if selection.end is None else min(now, selection.end)
    return and_(facts.c.due_at < by, or_(facts.c.kept_at.is_(None), facts.c.kept_at >= by))


def broken(facts: FromClause) -> Condition:
    """Said to be broken, or kept late."""
    return or_(facts.c.broken_at.is_not(None), func.coalesce(facts.c.kept_at > facts.c.due_at, False))


def days(number: float) -> timedelta:
    """As a length of time."""
    return timedelta(days=number)


def moments(value: ColumnElement[Any], name: str) -> tuple[ColumnElement[Any], ...]:
    """Count, sum and sum of squares of what is not null, labelled for `moments_of`."""
    return (
        func.count(value).label(f"{name}_n"),
        func.coalesce(func.sum(value), 0.0).label(f"{name}_total"),
        func.coalesce(func.sum(value * value), 0.0).label(f"{name}_squares"),
    )


def moments_of(row: Any, name: str) -> Moments:
    """What `moments` selected."""
    return Moments(int(row[f"{name}_n"]), float(row[f"{name}_total"]), float(row[f"{name}_squares"]))


def times(condition: Condition, name: str) -> ColumnElement[int]:
    """How often it holds."""
    return func.count().filter(condition).label(name)


def _is(column: ColumnElement[str], value: str) -> Condition:
    return func.coalesce(column, "") == "" if value == NO_GROUP else column == value


def _goal(table: FromClause, selection: Selection) -> Condition:
    return _is(table.c.goal, selection.goal) if selection.goal else true()


def _real(table: FromClause, selection: Selection) -> Condition:
    return true() if selection.include_test else not_(table.c.test)
