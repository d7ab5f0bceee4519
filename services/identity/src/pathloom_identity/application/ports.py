"""What the use cases need from the stores."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from pathloom_kit.feeds.cursor import Cursor, Lane

from pathloom_identity.application.errors import SourceNotFound
from pathloom_identity.domain.acceptance import NewEvent, RefusedEvent, Result


@dataclass(frozen=True, slots=True)
class AppendRequest:
    """Events of one source for one lane."""

    source_id: str
    lane: Lane
    events: Sequence[NewEvent]
    refused: Sequence[RefusedEvent] = ()
    traceparent: str = ""


@dataclass(frozen=True, slots=True)
class Appended:
    """How each event fared, and the place after the last of them."""

    results: Sequence[Result]
    position: Cursor


class EventLog(Protocol):
    """The log of facts. An implementation MUST answer only after a durable commit, MUST give gap-free numbers in
    commit order within a lane, and MUST keep one row for one (source, message id) for ever."""

    async def append(self, requests: Sequence[AppendRequest], now: int) -> list[Appended | SourceNotFound]:
        """Takes all requests in one transaction (all or, on an exception, none)."""
        ...
