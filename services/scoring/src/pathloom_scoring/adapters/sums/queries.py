"""One SELECT for each family of sums, a row a group, and the row as its sums."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, literal_column, not_, or_, select

from pathloom_scoring.adapters.sums.where import (
    Query,
    broken,
    days,
    group_of,
    judged,
    moments,
    moments_of,
    overdue,
    promise,
    selected,
    times,
    touchpoint,
)
from pathloom_scoring.adapters.tables import AnswerFactRow, HandlingFactRow
from pathloom_scoring.domain.measures import sums
from pathloom_scoring.domain.measures.registry import Parameters
from pathloom_scoring.domain.selection import GroupBy, Selection

handling = HandlingFactRow.__table__  # type: ignore[attr-defined]
answer = AnswerFactRow.__table__  # type: ignore[attr-defined]
_NEEDED = ("at", "channel", "queue", "department", "reason", "goal", "touch", "test", "not_fcr")
_GROUP: ColumnElement[str] = literal_column("grp")


def _counts(row: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: int(row[name]) for name in names}


def touchpoints(selection: Selection, group_by: GroupBy, parameters: Parameters, now: datetime) -> Query:
    """Sums over touchpoints."""
    t = touchpoint.c
    timed = and_(judged(touchpoint), or_(not_(t.answered), t.answer_wait_s.is_not(None)))
    waited = case((t.answered, t.answer_wait_s), else_=t.waiting_s)
    return (
        select(
            group_of(touchpoint, group_by),
            func.count().label("touchpoints"),
            *(
                times(t.touch == touch, touch)
                for touch in ("customer_active", "customer_passive", "brand_active", "brand_passive")
            ),
            times(t.begun_by_customer, "begun_by_customer"),
            times(t.hop, "hops"),
            *moments(case((t.hop, t.cost)), "hop_costs"),
            times(t.contact, "contacts"),
            *moments(case((t.contact, t.cost)), "contact_costs"),
            times(judged(touchpoint), "judged"),
            times(and_(judged(touchpoint), t.abandoned), "judged_abandoned"),
            times(timed, "judged_timed"),
            times(
                and_(judged(touchpoint), t.answered, t.answer_wait_s <= parameters.service_level_s),
                "judged_in_time",
            ),
            times(t.answered, "answered"),
            times(and_(t.answered, t.transfers > 0), "transferred"),
            *moments(case((t.answered, t.answer_wait_s)), "answer_waits"),
            times(t.offered, "offered"),
            times(and_(t.offered, waited.is_not(None)), "waited"),
            func.max(case((t.offered, waited))).label("longest_wait_s"),
            times(and_(t.entered_self_service, t.concluded), "entered_self_service"),
            times(and_(t.entered_self_service, t.concluded, t.contained), "contained"),
        )
        .where(selected(touchpoint, selection))
        .group_by(_GROUP)
    )


def touchpoints_of(row: Mapping[str, Any]) -> sums.TouchpointSums:
    """A row of `touchpoints`."""
    counts = (
        "touchpoints", "customer_active", "customer_passive", "brand_active", "brand_passive", "begun_by_customer",
        "hops", "contacts", "judged", "judged_abandoned", "judged_timed", "judged_in_time", "answered", "transferred",
        "offered", "waited", "entered_self_service", "contained",
    )  # fmt: skip
    return replace(
        sums.TouchpointSums(**_counts(row, *counts)),
        hop_costs=moments_of(row, "hop_costs"),
        contact_costs=moments_of(row, "contact_costs"),
        answer_waits=moments_of(row, "answer_waits"),
        longest_wait_s=row["longest_wait_s"],
    )


def handlings(selection: Selection, group_by: GroupBy, parameters: Parameters, now: datetime) -> Query:
    """Sums over handlings."""
    return (
        select(
            group_of(handling, group_by),
            func.count().label("handlings"),
            *moments(handling.c.handle_s, "times"),
        )
        .where(selected(handling, selection))
        .group_by(_GROUP)
    )


def handlings_of(row: Mapping[str, Any]) -> sums.HandlingSums:
    """A row of `handlings`."""
    return sums.HandlingSums(int(row["handlings"]), moments_of(row, "times"))


def follow_ups(selection: Selection, group_by: GroupBy, parameters: Parameters, now: datetime) -> Query:
    """Sums over inbound contacts and the ones before and after them, by the same customer for the same reason.

    The further contact may lie outside of the selection (another channel, a later day), never outside of the window:
    so the neighbours are sought in the selection's time widened by the window.
    """
    window = days(parameters.fcr_days)
    near = Selection(
        begin=None if selection.begin is None else _moved(selection.begin, -window),
        end=None if selection.end is None else _moved(selection.end, window),
        include_test=selection.include_test,
    )
    t = touchpoint.c
    order: dict[str, Any] = {"partition_by": (t.customer_id, t.reason), "order_by": (t.at, t.touchpoint_id)}
    inbound = (
        select(
            *(t[name] for name in _NEEDED),  # no more: what is sorted should stay small
            func.lag(t.at).over(**order).label("previous_at"),
            func.lead(t.at).over(**order).label("next_at"),
        )
        .where(t.inbound, selected(touchpoint, near))
        .subquery("inbound_contact")
    )
    c = inbound.c
    reasoned = c.reason != ""
    over = and_(reasoned, c.at <= now - window)
    resolved = and_(over, or_(c.next_at.is_(None), c.next_at > c.at + window))
    net = not_(c.not_fcr)
    return (
        select(
            group_of(inbound, group_by),
            func.count().label("inbound"),
            times(reasoned, "with_reason"),
            times(and_(reasoned, c.previous_at >= c.at - window), "repeats"),
            times(over, "judged"),
            times(resolved, "resolved"),
            times(net, "net_inbound"),
            times(and_(net, over), "net_judged"),
            times(and_(net, resolved), "net_resolved"),
        )
        .where(selected(inbound, selection))
        .group_by(_GROUP)
    )


def _moved(at: datetime, by: timedelta) -> datetime | None:
    """None beyond the calendar: then there is no bound."""
    try:
        return at + by
    except OverflowError:
        return None


def follow_ups_of(row: Mapping[str, Any]) -> sums.FollowUpSums:
    """A row of `follow_ups`."""
    names = (
        "inbound", "with_reason", "repeats", "judged", "resolved", "net_inbound", "net_judged", "net_resolved",
    )  # fmt: skip
    return sums.FollowUpSums(**_counts(row, *names))


def answers(selection: Selection, group_by: GroupBy, parameters: Parameters, now: datetime) -> Query:
    """Sums over answers; those about the whole relationship belong to no contact and no journey."""
    a = answer.c
    nps = and_(a.scale == "nps", a.about == "contact")
    csat, ces = a.scale == "csat", a.scale == "ces"
    return (
        select(
            group_of(answer, group_by),
            times(nps, "nps_asked"),
            times(and_(nps, a.value.is_not(None)), "nps"),
            times(and_(nps, a.value >= 9), "promoters"),
            times(and_(nps, a.value <= 6), "detractors"),
            times(csat, "csat_asked"),
            times(and_(csat, a.value.is_not(None)), "csat"),
            times(and_(csat, a.value >= 4), "csat_top"),
            times(ces, "ces_asked"),
            *moments(case((ces, a.value)), "ces"),
            times(and_(ces, a.value >= 5), "ces_easy"),
        )
        .where(selected(answer, selection), a.about != "relationship")
        .group_by(_GROUP)
    )


def answers_of(row: Mapping[str, Any]) -> sums.AnswerSums:
    """A row of `answers`."""
    names = (
        "nps_asked", "nps", "promoters", "detractors", "csat_asked", "csat", "csat_top", "ces_asked", "ces_easy",
    )  # fmt: skip
    return replace(sums.AnswerSums(**_counts(row, *names)), ces=moments_of(row, "ces"))


def promises(selection: Selection, group_by: GroupBy, parameters: Parameters, now: datetime) -> Query:
    """Sums over promises."""
    p = promise.c
    due = overdue(promise, selection, now)
    in_time = and_(p.kept_at.is_not(None), not_(broken(promise)))
    return (
        select(
            group_of(promise, group_by),
            func.count().label("promises"),
            times(due, "overdue"),
            times(or_(p.kept_at.is_not(None), p.broken_at.is_not(None), due), "judged"),
            times(in_time, "kept"),
        )
        .where(selected(promise, selection))
        .group_by(_GROUP)
    )


def promises_of(row: Mapping[str, Any]) -> sums.PromiseSums:
    """A row of `promises`."""
    return sums.PromiseSums(**{name: int(row[name]) for name in ("promises", "overdue", "judged", "kept")})
