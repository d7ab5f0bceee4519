"""A journey as an agent needs it, and what the customer's view takes from it. No clock in here."""

from collections.abc import Collection
from dataclasses import dataclass, field

from pathloom.gateway.v1.view_pb2 import JourneyView, LastContact, PromiseView
from pathloom.journey_graph.v1.journeys_pb2 import (
    Answer,
    Case,
    Journey,
    JourneyState,
    Touchpoint,
    TouchpointKind,
)
from pathloom.scoring.v1.scores_pb2 import Score

from pathloom_gateway.domain.attempts import failed_attempts
from pathloom_gateway.domain.effort import EffortSum
from pathloom_gateway.domain.instants import stamp_micros

MOST_TOUCHPOINTS = 50
MOST_TOUCHPOINTS_CLOSED = 5
MOST_ANSWERS = 3
_CONTACT = TouchpointKind.TOUCHPOINT_KIND_CONTACT
STATES = {
    JourneyState.JOURNEY_STATE_IN_PROGRESS: "in_progress",
    JourneyState.JOURNEY_STATE_REACHED: "reached",
    JourneyState.JOURNEY_STATE_GIVEN_UP: "given_up",
    JourneyState.JOURNEY_STATE_SILENT: "silent",
}


@dataclass(slots=True)
class JourneyPart:
    """A journey ready to be put into a view."""

    view: JourneyView
    last_us: int
    closed_us: int
    attempts: tuple[str, ...]
    effort: EffortSum
    open_promises: list[PromiseView] = field(default_factory=list)
    open_cases: list[Case] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    last_contact: LastContact | None = None
    goal_label: str = ""
    empty: bool = False

    @property
    def in_progress(self) -> bool:
        """Not closed."""
        return self.view.state == "in_progress"


def journey_part(
    journey: Journey,
    version: int,
    score: Score | None,
    *,
    hidden: Collection[str] = (),
    withdrawn: bool = False,
    most_touchpoints: int | None = None,
) -> JourneyPart:
    """The journey without the `hidden` touchpoints (another journey shows them).

    `version` is the journey's, to say whether the score was made from an older one. A withdrawn journey shows what is
    not yet shown elsewhere; its counts of omitted touchpoints stand elsewhere already.
    """
    touchpoints = [one for one in journey.touchpoints if one.touchpoint_id not in hidden]
    in_progress = journey.state == JourneyState.JOURNEY_STATE_IN_PROGRESS
    most = most_touchpoints or (MOST_TOUCHPOINTS if in_progress else MOST_TOUCHPOINTS_CLOSED)
    effort = EffortSum()
    effort.add_touchpoints(touchpoints)
    omitted = 0
    if not (withdrawn or hidden):
        effort.add_omitted(journey.omitted)
        omitted = journey.omitted.touchpoints
    shown = touchpoints[-most:]
    view = JourneyView(
        journey_id=journey.journey_id,
        goal=journey.goal,
        goal_label=journey.goal_label,
        state=STATES.get(journey.state, "in_progress"),
        stage=journey.stage,
        touchpoints=shown,
        more_touchpoints=len(touchpoints) - len(shown) + omitted,
        effort=effort.to_message(),
        scores_updating=score is None or score.journey_version < version,
    )
    for name in ("opened_at", "last_at", "closed_at"):
        if journey.HasField(name):
            getattr(view, name).CopyFrom(getattr(journey, name))
    if score is not None:
        if score.HasField("satisfaction"):
            view.satisfaction.CopyFrom(score.satisfaction)
        if score.HasField("friction"):
            view.friction.CopyFrom(score.friction)
    promises = [PromiseView(promise=one, journey_id=journey.journey_id) for one in journey.promises]
    view.promises.extend(promises)
    return JourneyPart(
        view=view,
        last_us=stamp_micros(journey.last_at),
        closed_us=stamp_micros(journey.closed_at) if journey.HasField("closed_at") else 0,
        attempts=failed_attempts(touchpoints),
        effort=effort,
        open_promises=[one for one in promises if is_open(one)],
        open_cases=[one for one in journey.cases if not one.HasField("closed_at")],
        answers=sorted((a for one in touchpoints for a in one.answers), key=_answered, reverse=True)[
            :MOST_ANSWERS
        ],
        last_contact=_last_contact(touchpoints),
        goal_label=journey.goal_label or journey.goal,
        empty=bool(journey.touchpoints) and not touchpoints,
    )


def is_open(promise: PromiseView) -> bool:
    """Not kept. That somebody said it is broken does not close it: the customer still waits."""
    return not promise.promise.HasField("kept_at")


def _answered(answer: Answer) -> tuple[int, str]:
    return stamp_micros(answer.at), answer.question


def _last_contact(touchpoints: list[Touchpoint]) -> LastContact | None:
    over = [one for one in touchpoints if one.kind == _CONTACT and not one.ongoing]
    if not over:
        return None
    # Contact before touchpoint id: that one is keyed by the graph's own secret, and changes when a graph is rebuilt.
    last = max(
        over,
        key=lambda one: (stamp_micros(one.start), one.contact_namespace, one.contact_id, one.touchpoint_id),
    )
    legs = last.legs
    departments = dict.fromkeys(
        d for d in (*(h.department for h in last.handlings), *(leg.department for leg in legs)) if d
    )
    contact = LastContact(
        touchpoint_id=last.touchpoint_id,
        channel=last.channel,
        agents=dict.fromkeys(handling.agent_id for handling in last.handlings if handling.agent_id),
        departments=departments or ([last.department] if last.department else []),
        note=last.note,
        codes=last.codes or last.coded_reasons,
        outcome=last.outcome,
    )
    contact.start.CopyFrom(last.start)
    return contact
