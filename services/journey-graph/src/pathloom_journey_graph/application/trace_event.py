"""What became of an event here."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Protocol

from pathloom_kit.errors import DomainError, Kind
from pathloom_kit.feeds.cursor import Cursor


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

    async def has_read(self, position: Cursor) -> bool:
        """Whether the events feed was applied up to there and beyond, in the epoch of the position."""
        ...


@dataclass(frozen=True, slots=True)
class TraceEvent:
    """Finds an event by its id and its records."""

    traces: Traces

    async def __call__(self, event_id: str, records: Sequence[str], position: Cursor | None = None) -> Traced:
        """EventNotFound when no piece of it is here and its place has not been read, or is not said. What was read and left
        no piece makes no touchpoint by its nature (traits)."""
        # Asked first: what comes between the two questions is then found by the second.
        read = position is not None and await self.traces.has_read(position)
        found = await self.traces.trace(event_id, records)
        if found is not None:
            return found
        if read:
            return Traced("no_touchpoint")
        raise EventNotFound("no piece of this event is here")
