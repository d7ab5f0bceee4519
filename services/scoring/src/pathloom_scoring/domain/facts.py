"""What the measures need of a journey: one fact for each touchpoint, handling, answer and promise."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime

from pathloom_scoring.domain.answers import scale_of, standard_value
from pathloom_scoring.domain.journeys import Answer, Handling, Journey, Kind, Outcome, Promise, Touchpoint
from pathloom_scoring.domain.scores import Score

SELF_SERVICE_LEGS = frozenset({"ivr", "bot"})


class NoTime(ValueError):
    """A touchpoint that cannot be placed in time: neither it nor its journey says when."""


@dataclass(frozen=True, slots=True)
class Place:
    """What a fact is filtered and grouped by; empty: not known."""

    touchpoint_id: str = ""
    channel: str = ""
    queue: str = ""
    department: str = ""
    reason: str = ""
    touch: str = ""
    test: bool = False


@dataclass(frozen=True, slots=True)
class TouchpointFact:
    """One touchpoint as the measures see it."""

    place: Place
    at: datetime
    contact: bool
    inbound: bool
    begun_by_customer: bool
    concluded: bool
    offered: bool
    answered: bool
    short_call: bool
    abandoned: bool
    entered_self_service: bool
    contained: bool
    transfers: int
    hop: bool
    answer_wait_s: float | None
    waiting_s: float | None
    cost: float | None


@dataclass(frozen=True, slots=True)
class HandlingFact:
    """One handling; `handle_s` None: not measured."""

    place: Place
    at: datetime
    handle_s: float | None


@dataclass(frozen=True, slots=True)
class AnswerFact:
    """One answer on its standard width; value None: not usable (unknown scale or out of range)."""

    place: Place
    at: datetime
    scale: str
    about: str
    value: float | None


@dataclass(frozen=True, slots=True)
class PromiseFact:
    """One promise; `at` is when it is due, else when it was made."""

    place: Place
    at: datetime
    promise_id: str
    due_at: datetime | None
    kept_at: datetime | None
    broken_at: datetime | None


@dataclass(frozen=True, slots=True)
class JourneyFacts:
    """All facts of one journey, and what is said of it as a whole."""

    journey: Journey
    score: Score
    last_at: datetime
    channels: tuple[str, ...]
    first_channel: str
    nps: float | None
    cost: float | None
    shown_from: datetime | None
    touchpoints: tuple[TouchpointFact, ...]
    handlings: tuple[HandlingFact, ...]
    answers: tuple[AnswerFact, ...]
    promises: tuple[PromiseFact, ...]


def facts_of(journey: Journey, score: Score) -> JourneyFacts:
    """The facts of a journey. Raises NoTime when a touchpoint cannot be placed in time."""
    places = {point.touchpoint_id: _place(journey, point) for point in journey.touchpoints}
    channels = tuple(dict.fromkeys(point.channel for point in journey.touchpoints if point.channel))
    answers = tuple(
        _answer(journey, point, answer, places) for point in journey.touchpoints for answer in point.answers
    )
    return JourneyFacts(
        journey=journey,
        score=score,
        last_at=_last_at(journey),
        channels=(*channels, *sorted(set(journey.omitted.by_channel) - set(channels) - {""})),
        first_channel=next(
            (point.channel for point in journey.touchpoints if point.kind is not Kind.SURVEY), ""
        ),
        nps=_journey_nps(answers),
        cost=_journey_cost(journey),
        shown_from=min((_at(journey, point) for point in journey.touchpoints), default=None),
        touchpoints=tuple(_touchpoint(journey, point, places) for point in journey.touchpoints),
        handlings=tuple(
            _handling(journey, point, handling, places)
            for point in journey.touchpoints
            for handling in point.handlings
            if _measurable(point, handling)
        ),
        answers=answers,
        promises=tuple(_promise(journey, promise, places) for promise in journey.promises),
    )


def _at(journey: Journey, point: Touchpoint) -> datetime:
    at = point.start or journey.opened_at
    if at is None:
        raise NoTime(f"touchpoint {point.touchpoint_id} and journey {journey.journey_id} have no time")
    return at


def _last_at(journey: Journey) -> datetime:
    at = journey.last_at or max(
        (_at(journey, point) for point in journey.touchpoints), default=journey.opened_at
    )
    if at is None:
        raise NoTime(f"journey {journey.journey_id} has no time")
    return at


def _place(journey: Journey, point: Touchpoint) -> Place:
    return Place(
        touchpoint_id=point.touchpoint_id,
        channel=point.channel,
        queue=point.queue,
        department=point.department,
        reason=point.reason,
        touch=point.touch.value,
        test=point.test or journey.test,
    )


def _touchpoint(journey: Journey, point: Touchpoint, places: dict[str, Place]) -> TouchpointFact:
    contact = point.kind is Kind.CONTACT
    return TouchpointFact(
        place=places[point.touchpoint_id],
        at=_at(journey, point),
        contact=contact,
        inbound=point.inbound_contact,
        begun_by_customer=point.inbound_contact or point.touch.value == "customer_active" or point.hop,
        concluded=not point.ongoing,
        offered=contact and point.offered,
        answered=contact and point.answered,
        short_call=point.short_call,
        abandoned=contact and point.outcome is Outcome.ABANDONED and not point.answered,
        entered_self_service=contact
        and (point.channel in SELF_SERVICE_LEGS or not SELF_SERVICE_LEGS.isdisjoint(point.leg_kinds)),
        contained=contact and point.outcome is Outcome.CONTAINED,
        transfers=point.transfers,
        hop=point.hop,
        answer_wait_s=point.answer_wait_s,
        waiting_s=point.waiting_s,
        cost=point.cost,
    )


def _measurable(point: Touchpoint, handling: Handling) -> bool:
    """Over: a handling lasts until its after-call work ends; while it lasts there is nothing to measure."""
    return handling.end is not None or not point.ongoing


def _handling(
    journey: Journey, point: Touchpoint, handling: Handling, places: dict[str, Place]
) -> HandlingFact:
    measured = [part for part in (handling.talk_s, handling.hold_s, handling.acw_s) if part is not None]
    place = places[point.touchpoint_id]
    return HandlingFact(
        # The handling's own department: a transferred call is handled in several.
        place=Place(
            place.touchpoint_id,
            place.channel,
            place.queue,
            handling.department or place.department,
            place.reason,
            place.touch,
            place.test,
        ),
        at=handling.start or _at(journey, point),
        handle_s=math.fsum(measured) if measured else None,
    )


def _answer(journey: Journey, point: Touchpoint, answer: Answer, places: dict[str, Place]) -> AnswerFact:
    """An answer about a contact stands in that contact's place (channel, queue, …), not in the survey's."""
    about = next(
        (other for other in journey.touchpoints if answer.about_id and answer.about_id in other.contact_ids),
        point,
    )
    return AnswerFact(
        place=places[about.touchpoint_id],
        at=answer.at or _at(journey, point),
        scale=scale_of(answer),
        about=answer.about or "contact",
        value=standard_value(answer),
    )


def _promise(journey: Journey, promise: Promise, places: dict[str, Place]) -> PromiseFact:
    at = promise.due_at or promise.made_at or journey.last_at or journey.opened_at
    if at is None:
        raise NoTime(f"promise {promise.promise_id} and journey {journey.journey_id} have no time")
    return PromiseFact(
        place=places.get(promise.touchpoint_id, Place(test=journey.test)),
        at=at,
        promise_id=promise.promise_id,
        due_at=promise.due_at,
        kept_at=promise.kept_at,
        broken_at=promise.broken_at,
    )


def _journey_nps(answers: tuple[AnswerFact, ...]) -> float | None:
    """The journey's own: its latest NPS answer about the journey, else its latest about a contact in it."""
    for about in ("journey", "contact"):
        mine = [a for a in answers if a.scale == "nps" and a.about == about and a.value is not None]
        if mine:
            return max(
                mine, key=lambda a: (a.at.astimezone(UTC), a.place.touchpoint_id, a.value or 0.0)
            ).value
    return None


def _journey_cost(journey: Journey) -> float | None:
    """The sum of the costs known; None: none is."""
    costs = [point.cost for point in journey.touchpoints if point.cost is not None]
    if not costs and journey.omitted.cost <= 0:
        return None
    return math.fsum((*costs, journey.omitted.cost))
