"""Journeys and touchpoints as the contract has them."""

from collections import Counter
from collections.abc import Iterable, Sequence

from google.protobuf.timestamp_pb2 import Timestamp
from pathloom.journey_graph.v1 import journeys_pb2 as pb

from pathloom_journey_graph.application.ports import Change
from pathloom_journey_graph.domain.blueprint import Blueprint
from pathloom_journey_graph.domain.values import (
    SECOND,
    Answer,
    Case,
    Handling,
    Journey,
    Leg,
    Outcome,
    Promise,
    Step,
    Touchpoint,
)

NEWEST = 200
"""Touchpoints in full in one journey; the rest is counted."""


def stamp(micros: int | None) -> Timestamp | None:
    """None stays None."""
    if micros is None:
        return None
    return Timestamp(seconds=micros // SECOND, nanos=micros % SECOND * 1000)


def entry_of(change: Change) -> bytes:
    """The feed's entry without n, version and traceparent. The same journey gives the same bytes."""
    entry = pb.JourneyEntry(journey_id=change.journey_id)
    if change.journey is not None:
        entry.journey.CopyFrom(journey_to_proto(change.journey, change))
    return entry.SerializeToString(deterministic=True)


def journey_to_proto(journey: Journey, change: Change) -> pb.Journey:
    """Bounded: the newest 200 touchpoints in full, the rest counted."""
    kept, left = journey.touchpoints[-NEWEST:], journey.touchpoints[:-NEWEST]
    return pb.Journey(
        journey_id=journey.id,
        customer_id=change.customer_id,
        goal=journey.goal,
        goal_label=journey.goal_label,
        goal_from=journey.goal_from,
        state=pb.JourneyState.ValueType(journey.state),
        stage=journey.stage,
        opened_at=stamp(journey.opened_at),
        last_at=stamp(journey.last_at),
        closed_at=stamp(journey.closed_at),
        silent_after=stamp(journey.silent_after),
        touchpoints=[touchpoint_to_proto(t) for t in kept],
        omitted=_omitted(left) if left else None,
        promises=[_promise(p) for p in journey.promises],
        cases=[_case(c) for c in journey.cases],
        blueprint=journey.blueprint,
        customer_version=change.customer_version,
        generation=change.generation,
        not_first_contact_resolvable=journey.not_first_contact_resolvable,
        test=journey.test,
    )


def _omitted(left: Sequence[Touchpoint]) -> pb.Omitted:
    return pb.Omitted(
        touchpoints=len(left),
        by_channel=Counter(t.channel for t in left),
        waiting_s=sum(t.waiting_s or 0 for t in left),
        talking_s=sum(t.talking_s or 0 for t in left),
        hold_s=sum(t.hold_s or 0 for t in left),
        self_service_s=sum(t.self_service_s or 0 for t in left),
        cost=sum(t.cost or 0 for t in left),
        abandoned=sum(t.outcome is Outcome.ABANDONED for t in left),
        failed_steps=sum(step.failed for t in left for step in t.steps),
        transfers=sum(t.transfers for t in left),
        hops=sum(t.hop for t in left),
    )


def touchpoint_to_proto(t: Touchpoint) -> pb.Touchpoint:
    """Everything but what is the same by default."""
    return pb.Touchpoint(
        touchpoint_id=t.id,
        kind=pb.TouchpointKind.ValueType(t.kind),
        channel=t.channel,
        direction=t.direction,
        touch=pb.Touch.ValueType(t.touch),
        device=t.device,
        title=t.title,
        start=stamp(t.start),
        end=stamp(t.end),
        ongoing=t.ongoing,
        outcome=pb.Outcome.ValueType(t.outcome),
        legs=[_leg(leg) for leg in t.legs],
        handlings=[_handling(h) for h in t.handlings],
        stated_reasons=t.stated_reasons,
        coded_reasons=t.coded_reasons,
        derived_reason=t.derived_reason,
        derived_confidence=t.derived_confidence,
        waiting_s=t.waiting_s,
        talking_s=t.talking_s,
        hold_s=t.hold_s,
        self_service_s=t.self_service_s,
        acw_s=t.acw_s,
        answer_wait_s=t.answer_wait_s,
        offered=t.offered,
        answered=t.answered,
        short_call=t.short_call,
        transfers=t.transfers,
        repeats=t.repeats,
        policy_blocks=t.policy_blocks,
        steps=[_step(s) for s in t.steps],
        answers=[_answer(a) for a in t.answers],
        note=t.note,
        codes=t.codes,
        views=t.views,
        cost=t.cost,
        stage=t.stage,
        hop=t.hop,
        contact_id=t.contact_id,
        contact_namespace=t.contact_namespace,
        department=t.department,
        queue=t.queue,
        verified=t.verified,
        turns=t.turns,
        events=t.events,
        folded_contact_ids=t.folded_contact_ids,
        test=t.test,
        survey_unanswered=t.survey_unanswered,
    )


def _leg(leg: Leg) -> pb.Leg:
    return pb.Leg(
        kind=leg.kind, leg_id=leg.leg_id, contact_id=leg.contact_id, queue=leg.queue, department=leg.department,
        channel=leg.channel, agent_id=leg.agent_id, party=leg.party, start=stamp(leg.start), end=stamp(leg.end),
        wait_s=leg.wait_s, talk_s=leg.talk_s, hold_s=leg.hold_s, acw_s=leg.acw_s, codes=leg.codes,
        unanswered=leg.unanswered, level=leg.level,
    )  # fmt: skip


def _handling(h: Handling) -> pb.Handling:
    return pb.Handling(
        agent_id=h.agent_id, department=h.department, start=stamp(h.start), end=stamp(h.end), talk_s=h.talk_s,
        hold_s=h.hold_s, acw_s=h.acw_s, codes=h.codes,
    )  # fmt: skip


def _step(s: Step) -> pb.SelfServiceStep:
    return pb.SelfServiceStep(step=s.step, at=stamp(s.at), failed=s.failed, done=s.done, why=s.why)


def _answer(a: Answer) -> pb.Answer:
    return pb.Answer(
        scale=a.scale, value=a.value, scale_min=a.scale_min, scale_max=a.scale_max, question=a.question,
        verbatim=a.verbatim, about=a.about, about_id=a.about_id, at=stamp(a.at),
    )  # fmt: skip


def _promise(p: Promise) -> pb.Promise:
    return pb.Promise(
        promise_id=p.promise_id, what=p.what, due_at=stamp(p.due_at), by=p.by, made_at=stamp(p.made_at),
        kept_at=stamp(p.kept_at), broken_at=stamp(p.broken_at), touchpoint_id=p.touchpoint_id,
    )  # fmt: skip


def _case(c: Case) -> pb.Case:
    return pb.Case(
        case_id=c.case_id, title=c.title, opened_at=stamp(c.opened_at), due_at=stamp(c.due_at),
        closed_at=stamp(c.closed_at), owner=c.owner, escalated=c.escalated,
    )  # fmt: skip


def blueprints_to_proto(blueprints: Iterable[Blueprint]) -> list[pb.Blueprint]:
    """By key."""
    return [
        pb.Blueprint(
            key=b.key,
            version=b.version,
            goals=[
                pb.Goal(
                    key=g.key, label=g.label, stages=[s.key for s in g.stages], silence_s=g.silence / SECOND
                )
                for g in b.goals
            ],
        )
        for b in sorted(blueprints, key=lambda b: b.key)
    ]
