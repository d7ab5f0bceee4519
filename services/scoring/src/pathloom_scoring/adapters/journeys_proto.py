"""journey-graph's messages as the domain's values."""

from __future__ import annotations

from datetime import UTC, datetime

from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp
from pathloom.journey_graph.v1 import journeys_pb2 as pb

from pathloom_scoring.domain.journeys import (
    Answer,
    Handling,
    Journey,
    Kind,
    Omitted,
    Outcome,
    Promise,
    State,
    Touch,
    Touchpoint,
)

# What a later version of the contract adds is unknown here, and no reason to park a journey.
_KINDS = {
    pb.TOUCHPOINT_KIND_CONTACT: Kind.CONTACT,
    pb.TOUCHPOINT_KIND_VISIT: Kind.VISIT,
    pb.TOUCHPOINT_KIND_SURVEY: Kind.SURVEY,
    pb.TOUCHPOINT_KIND_MESSAGE: Kind.MESSAGE,
    pb.TOUCHPOINT_KIND_EVENT: Kind.EVENT,
}
_TOUCHES = {
    pb.TOUCH_CUSTOMER_ACTIVE: Touch.CUSTOMER_ACTIVE,
    pb.TOUCH_CUSTOMER_PASSIVE: Touch.CUSTOMER_PASSIVE,
    pb.TOUCH_BRAND_ACTIVE: Touch.BRAND_ACTIVE,
    pb.TOUCH_BRAND_PASSIVE: Touch.BRAND_PASSIVE,
}
_OUTCOMES = {
    pb.OUTCOME_RESOLVED: Outcome.RESOLVED,
    pb.OUTCOME_UNRESOLVED: Outcome.UNRESOLVED,
    pb.OUTCOME_ABANDONED: Outcome.ABANDONED,
    pb.OUTCOME_CONTAINED: Outcome.CONTAINED,
    pb.OUTCOME_FAILED: Outcome.FAILED,
    pb.OUTCOME_ENDED: Outcome.ENDED,
}
_STATES = {
    pb.JOURNEY_STATE_IN_PROGRESS: State.IN_PROGRESS,
    pb.JOURNEY_STATE_REACHED: State.REACHED,
    pb.JOURNEY_STATE_GIVEN_UP: State.GIVEN_UP,
    pb.JOURNEY_STATE_SILENT: State.SILENT,
}


def journey_from(message: pb.Journey) -> Journey:
    """The journey as scoring needs it."""
    return Journey(
        journey_id=message.journey_id,
        customer_id=message.customer_id,
        goal=message.goal,
        goal_label=message.goal_label,
        state=_STATES.get(message.state, State.UNKNOWN),
        opened_at=_time(message, "opened_at", message.opened_at),
        last_at=_time(message, "last_at", message.last_at),
        closed_at=_time(message, "closed_at", message.closed_at),
        touchpoints=tuple(_touchpoint(point) for point in message.touchpoints),
        omitted=_omitted(message.omitted),
        promises=tuple(_promise(promise) for promise in message.promises),
        not_first_contact_resolvable=message.not_first_contact_resolvable,
        test=message.test,
    )


def _touchpoint(message: pb.Touchpoint) -> Touchpoint:
    return Touchpoint(
        touchpoint_id=message.touchpoint_id,
        kind=_KINDS.get(message.kind, Kind.UNKNOWN),
        channel=message.channel,
        direction=message.direction,
        touch=_TOUCHES.get(message.touch, Touch.UNKNOWN),
        start=_time(message, "start", message.start),
        end=_time(message, "end", message.end),
        ongoing=message.ongoing,
        outcome=_OUTCOMES.get(message.outcome, Outcome.UNKNOWN),
        leg_kinds=tuple(leg.kind for leg in message.legs),
        handlings=tuple(_handling(handling) for handling in message.handlings),
        stated_reasons=tuple(message.stated_reasons),
        coded_reasons=tuple(message.coded_reasons),
        derived_reason=message.derived_reason,
        waiting_s=_number(message, "waiting_s", message.waiting_s),
        talking_s=_number(message, "talking_s", message.talking_s),
        hold_s=_number(message, "hold_s", message.hold_s),
        self_service_s=_number(message, "self_service_s", message.self_service_s),
        answer_wait_s=_number(message, "answer_wait_s", message.answer_wait_s),
        offered=message.offered,
        answered=message.answered,
        short_call=message.short_call,
        transfers=message.transfers,
        repeats=message.repeats,
        policy_blocks=len(message.policy_blocks),
        steps_failed=sum(step.failed for step in message.steps),
        steps_done=sum(step.done for step in message.steps),
        answers=tuple(_answer(answer) for answer in message.answers),
        cost=_number(message, "cost", message.cost),
        hop=message.hop,
        contact_ids=tuple(key for key in (message.contact_id, *message.folded_contact_ids) if key),
        department=message.department,
        queue=message.queue,
        test=message.test,
    )


def _handling(message: pb.Handling) -> Handling:
    return Handling(
        department=message.department,
        start=_time(message, "start", message.start),
        end=_time(message, "end", message.end),
        talk_s=_number(message, "talk_s", message.talk_s),
        hold_s=_number(message, "hold_s", message.hold_s),
        acw_s=_number(message, "acw_s", message.acw_s),
    )


def _answer(message: pb.Answer) -> Answer:
    return Answer(
        scale=message.scale,
        value=message.value,
        scale_min=message.scale_min,
        scale_max=message.scale_max,
        about=message.about,
        about_id=message.about_id,
        at=_time(message, "at", message.at),
    )


def _promise(message: pb.Promise) -> Promise:
    return Promise(
        promise_id=message.promise_id,
        due_at=_time(message, "due_at", message.due_at),
        made_at=_time(message, "made_at", message.made_at),
        kept_at=_time(message, "kept_at", message.kept_at),
        broken_at=_time(message, "broken_at", message.broken_at),
        touchpoint_id=message.touchpoint_id,
    )


def _omitted(message: pb.Omitted) -> Omitted:
    return Omitted(
        touchpoints=message.touchpoints,
        by_channel=dict(message.by_channel),
        waiting_s=message.waiting_s,
        hold_s=message.hold_s,
        cost=message.cost,
        abandoned=message.abandoned,
        failed_steps=message.failed_steps,
        transfers=message.transfers,
        hops=message.hops,
    )


def _time(message: Message, field: str, value: Timestamp) -> datetime | None:
    return value.ToDatetime(tzinfo=UTC) if message.HasField(field) else None


def _number(message: Message, field: str, value: float) -> float | None:
    return value if message.HasField(field) else None
