"""What the use cases need from the stores."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

from pathloom_kit.feeds.cursor import Cursor, Lane

from pathloom_identity.application.errors import SourceNotFound
from pathloom_identity.application.resolution_store import NearPair, ResolutionStore, Stored
from pathloom_identity.domain.acceptance import NewEvent, RefusedEvent, Result
from pathloom_identity.domain.events import Event
from pathloom_identity.domain.evidence.blocking import BlockKey
from pathloom_identity.domain.evidence.model import Model
from pathloom_identity.domain.golden import Survivorship
from pathloom_identity.domain.identifiers import Identifier
from pathloom_identity.domain.records import RecordKey


@dataclass(frozen=True, slots=True)
class AppendRequest:
    """Events of one source for one lane."""

    source_id: str
    lane: Lane
    events: Sequence[NewEvent]
    refused: Sequence[RefusedEvent] = ()
    traceparent: str = ""
    keep_refused: bool = True
    """False: what is refused is in quarantine already."""


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


@dataclass(frozen=True, slots=True)
class Erasure:
    """What was erased, and what has to be looked at again. `own_ids`: every customer id that ends."""

    events: int
    records: int
    own_ids: tuple[str, ...]
    people: tuple[RecordKey, ...]
    contacts: tuple[tuple[RecordKey, str], ...]
    shared: tuple[RecordKey, ...]
    """Records that lost something that was said of them in a blanked event."""
    values: tuple[Identifier, ...]
    """Identifiers that the erased held: contacts of others that hold them are bound again."""
    blocks: tuple[BlockKey, ...]
    """The blocks that the erased were in, once for each record."""
    doubts: tuple[NearPair, ...]
    """Pairs of an erased record and another that were near or in doubt."""
    near: tuple[RecordKey, ...]
    """Records that stay, of the components of the erased."""


class Unit(Protocol):
    """One transaction, alone in the partition; committed when the work leaves it, all or nothing."""

    @property
    def resolution(self) -> ResolutionStore: ...

    async def append(self, request: AppendRequest, now: int) -> Appended:
        """Appends to the log. After it only publishing may follow: the log's head row is locked from here on."""
        ...

    async def logged(self, source_id: str, message_id: str) -> tuple[Event, Cursor] | None:
        """An event of the log, with its place."""
        ...

    async def leader_of(self, customer_id: str) -> Stored:
        """The oldest record of the customer that ever had this id. CustomerNotFound, CustomerErased."""
        ...

    async def decide(
        self, left: Stored, right: Stored, same: bool, actor: str, reason: str, now: int
    ) -> None:
        """Keeps the latest decision on the pair."""
        ...

    async def withdraw_decision(self, left: Stored, right: Stored) -> bool:
        """Forgets the decision on the pair; False where there is none."""
        ...

    async def pin(
        self, record: Stored, field: str, source_id: str, actor: str, reason: str, now: int
    ) -> None:
        """Keeps the pin as the latest, and that it was made."""
        ...

    async def withdraw_pin(
        self, record: Stored, field: str, source_id: str, actor: str, reason: str, now: int
    ) -> bool:
        """Forgets the pin, and keeps that it was withdrawn; False where there is none."""
        ...

    async def model_text(self, number: int) -> str:
        """What the model of this number says, as a file does; empty where there is none."""
        ...

    async def activate(
        self, model: Model, survivorship: Survivorship, actor: str, reason: str, now: int
    ) -> int:
        """Keeps the model as the one in force and leaves everybody to be weighed anew; its number. The one in force again:
        nothing."""
        ...

    async def erase(
        self, customer_id: str, actor: str, now: int, certificate_id: str, follow_by: int
    ) -> Erasure:
        """Blanks, deletes and leaves tombstones (see the adapter); what is left must then be resolved again."""
        ...

    async def erase_nobodys(
        self, key: RecordKey, actor: str, now: int, certificate_id: str, follow_by: int
    ) -> int:
        """The same for a record that is no customer's. How many events were blanked."""
        ...


class UnitOfWork(Protocol):
    """Begins units. `async with work() as unit: ...`"""

    def __call__(self, traceparent: str = "") -> AbstractAsyncContextManager[Unit]: ...
