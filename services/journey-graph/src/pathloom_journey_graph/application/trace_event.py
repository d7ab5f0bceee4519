"""What became of an event here."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Protocol

from pathloom_kit.errors import DomainError, Kind


class EventNotFound(DomainError):
    """No piece of the event has arrived."""

    kind: ClassVar[Kind] = Kind.NOT_FOUND
    reason: ClassVar[str] = "EVENT_NOT_FOUND"


class JourneyNotFound(DomainError):
    """There is no journey of that id, or no more."""

    kind: ClassVar[Kind] = Kind.NOT_FOUND
    reason: ClassVar[str] = "JOURNEY_NOT_FOUND"


@dataclass(frozen=True, slots=True)
class Traced:
    """`state`: placed, unassigned, no_touchpoint or parked."""

    state: str
    touchpoint_id: str = ""
    journey_id: str = ""
    customer_id: str = ""
    reason: str = ""


class Traces(Protocol):
    """Where events are looked for."""

    async def trace(self, event_id: str, records: Sequence[str]) -> Traced | None:
        """Among what these records hold; None when it is not there."""
        ...


@dataclass(frozen=True, slots=True)
class TraceEvent:
    """Finds an event by its id and its records."""

    traces: Traces

    async def __call__(self, event_id: str, records: Sequence[str]) -> Traced:
        """EventNotFound when no piece of it is here (traits and employee events never leave one)."""
        found = await self.traces.trace(event_id, records)
        if found is None:
            raise EventNotFound("no piece of this event is here")
        return found
