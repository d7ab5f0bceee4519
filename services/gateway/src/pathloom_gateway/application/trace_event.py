"""What became of an event, through all services."""

from dataclasses import dataclass

from pathloom.gateway.v1 import admin_pb2
from pathloom.identity.v1 import events_pb2
from pathloom.journey_graph.v1 import journeys_pb2
from pathloom_kit.errors import DomainError

from pathloom_gateway.application.ports import EventLog, JourneyTrace, ReadModel

_KINDS = {
    events_pb2.RECORD_KIND_USER: "user",
    events_pb2.RECORD_KIND_ANONYMOUS: "anonymous",
    events_pb2.RECORD_KIND_CONTACT: "contact",
    events_pb2.RECORD_KIND_EMPLOYEE: "employee",
    events_pb2.RECORD_KIND_INCIDENT: "incident",
    events_pb2.RECORD_KIND_SOURCE: "source",
}
_NOBODYS = frozenset(
    {events_pb2.RECORD_KIND_EMPLOYEE, events_pb2.RECORD_KIND_INCIDENT, events_pb2.RECORD_KIND_SOURCE}
)
NOBODYS = "belongs to no customer"
_Identity = events_pb2.TraceEventResponse
_Graph = journeys_pb2.TraceEventResponse


@dataclass(frozen=True, slots=True)
class TraceEvent:
    """Follows one event: accepted, resolved, touchpoint, journey, scored, view. What belongs to no customer ends at
    resolved."""

    event_log: EventLog
    journeys: JourneyTrace
    read_model: ReadModel

    async def __call__(self, message_id: str, source_id: str) -> admin_pb2.TraceEventResponse:
        """EVENT_NOT_FOUND from identity, Unavailable where identity is down; another service that is down is said in
        its step."""
        known = await self.event_log.trace(message_id, source_id)
        answer = admin_pb2.TraceEventResponse(
            reason=known.reason, detail=known.detail, customer_id=known.customer_id
        )
        if known.HasField("received_at"):
            answer.received_at.CopyFrom(known.received_at)
        if known.HasField("record"):
            answer.record = f"{_KINDS.get(known.record.kind, 'unknown')} in {known.record.namespace}"
        if known.state in (_Identity.STATE_QUARANTINED, _Identity.STATE_ERASED):
            answer.state = "quarantined" if known.state == _Identity.STATE_QUARANTINED else "erased"
            return answer
        resolved = known.state == _Identity.STATE_RESOLVED
        _step(answer, "accepted", True, "")
        nobodys = known.record.kind in _NOBODYS
        done = NOBODYS if nobodys else ""
        _step(
            answer, "resolved", resolved, done if resolved else known.reason or "identity has not reached it"
        )
        state = "accepted" if resolved else "waiting"
        if known.state == _Identity.STATE_PARKED:
            state = "parked"
        if resolved and nobodys:
            answer.detail = NOBODYS
        elif resolved:
            state = await self._downstream(answer, known)
        answer.state = state
        return answer

    async def _downstream(
        self, answer: admin_pb2.TraceEventResponse, known: events_pb2.TraceEventResponse
    ) -> str:
        request = journeys_pb2.TraceEventRequest(event_id=known.event_id, record_key=_key(known.record))
        request.position.CopyFrom(known.position)
        if known.HasField("contact"):
            request.contact_key = _key(known.contact)
        try:
            placed = await self.journeys.trace(request)
        except DomainError as error:
            _step(answer, "touchpoint", False, f"journey-graph does not say: {error.reason}")
            return "waiting"
        if placed.state == _Graph.STATE_PARKED:
            answer.reason = placed.reason
            _step(answer, "touchpoint", False, placed.reason)
            return "parked"
        if placed.state == _Graph.STATE_NO_TOUCHPOINT:
            _step(answer, "touchpoint", True, "none, by its nature")
            return await self._view(answer, scored_needed=False)
        if placed.state != _Graph.STATE_PLACED:
            _step(answer, "touchpoint", False, "journey-graph does not know its customer yet")
            return "waiting"
        answer.touchpoint_id, answer.journey_id = placed.touchpoint_id, placed.journey_id
        answer.customer_id = placed.customer_id or answer.customer_id
        _step(answer, "touchpoint", True, placed.touchpoint_id)
        _step(answer, "journey", bool(placed.journey_id), placed.journey_id or "not cut yet")
        return await self._view(answer, scored_needed=True)

    async def _view(self, answer: admin_pb2.TraceEventResponse, scored_needed: bool) -> str:
        scored, visible = await self.read_model.shows(
            answer.customer_id, answer.journey_id, answer.touchpoint_id
        )
        if scored_needed:
            _step(answer, "scored", scored, "" if scored else "its journey's score has not come")
        _step(answer, "view", visible, "" if visible else "the view does not show it yet")
        return "visible" if visible else "waiting"


def _step(answer: admin_pb2.TraceEventResponse, step: str, done: bool, detail: str) -> None:
    answer.steps.add(step=step, done=done, detail=detail)


def _key(record: events_pb2.RecordKey) -> str:
    return f"{record.namespace}|{_KINDS.get(record.kind, 'unknown')}|{record.id}"
