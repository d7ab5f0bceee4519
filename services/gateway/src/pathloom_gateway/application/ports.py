"""What the door's use cases need of the world. (The read side's needs are in ports_reads.py.)"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from pathloom.gateway.v1 import admin_pb2
from pathloom.identity.v1 import customers_pb2, events_pb2
from pathloom.journey_graph.v1 import journeys_pb2
from pathloom_kit.feeds.cursor import Cursor

from pathloom_gateway.domain.access import Key, Scope


class KeyStore(Protocol):
    """Keys, found by the SHA-256 of their secret."""

    async def add(self, key: Key, digest: bytes) -> None:
        """Keeps a new key."""
        ...

    async def ensure(self, key: Key, digest: bytes) -> None:
        """Keeps the key with this id and digest, in force, whatever stood under the id before."""
        ...

    async def find(self, digest: bytes) -> Key | None:
        """The key in force with this digest; None for an unknown or revoked one."""
        ...

    async def list(self) -> Sequence[Key]:
        """All, revoked ones among them, newest first."""
        ...

    async def revoke(self, key_id: str, at: datetime) -> bool:
        """False when there is no such key; a second time changes nothing."""
        ...


@dataclass(frozen=True, slots=True)
class User:
    """Who may sign in to the console. `name` is chosen by the company and stands in the record of look-ups."""

    name: str
    password: str
    scopes: frozenset[Scope]


class UserStore(Protocol):
    """Console users."""

    async def add(self, user: User, at: datetime) -> bool:
        """False when the name is taken."""
        ...

    async def find(self, name: str) -> User | None: ...


@dataclass(frozen=True, slots=True)
class Session:
    """A signed-in browser."""

    user: str
    scopes: frozenset[Scope]
    expires_at: datetime


class SessionStore(Protocol):
    """Sessions by the SHA-256 of their secret."""

    async def add(self, digest: bytes, user: str, at: datetime, expires_at: datetime) -> None:
        """Keeps it, and drops those that have expired."""
        ...

    async def find(self, digest: bytes, now: datetime) -> Session | None:
        """None when unknown or expired. The user's scopes are those of now."""
        ...

    async def drop(self, digest: bytes) -> None: ...


class LookUpLog(Protocol):
    """The record of look-ups: who looked at whom, and when. Nothing personal goes in."""

    async def record(self, at: datetime, actor: str, via: str, customer_ids: Sequence[str], by: str) -> None:
        """Takes the entry; it is stored soon after, in a batch. Waits when too many are not stored yet: none is
        dropped. `by` is identifier, customer, contact or search."""
        ...


class LookUpList(Protocol):
    """The record of look-ups, read."""

    async def page(
        self, customer_id: str, size: int, token: str
    ) -> tuple[Sequence[admin_pb2.LookUpRecord], str]:
        """Newest first, and the next page's token ("" on the last). InvalidArgument for a foreign token."""
        ...


class EventLog(Protocol):
    """identity's log of events. Every call raises Unavailable (or what identity answered)."""

    async def record(self, request: events_pb2.RecordRequest) -> events_pb2.RecordResponse:
        """Answers after every accepted event is durably committed."""
        ...

    async def trace(self, message_id: str, source_id: str) -> events_pb2.TraceEventResponse: ...

    async def list_quarantine(
        self, request: events_pb2.ListQuarantineRequest
    ) -> events_pb2.ListQuarantineResponse: ...

    async def replay_quarantine(
        self, request: events_pb2.ReplayQuarantineRequest
    ) -> events_pb2.ReplayQuarantineResponse: ...


class Sources(Protocol):
    """identity's sources."""

    async def put(self, request: customers_pb2.PutSourceRequest) -> customers_pb2.PutSourceResponse: ...

    async def list(self, request: customers_pb2.ListSourcesRequest) -> customers_pb2.ListSourcesResponse: ...

    async def get(self, source_id: str) -> customers_pb2.Source:
        """Raises NOT_FOUND SOURCE_NOT_FOUND."""
        ...


class Stewardship(Protocol):
    """identity's say over who is who."""

    async def decide(self, request: customers_pb2.DecideRequest) -> customers_pb2.DecideResponse: ...

    async def withdraw(
        self, request: customers_pb2.WithdrawDecisionRequest
    ) -> customers_pb2.WithdrawDecisionResponse: ...

    async def pin(self, request: customers_pb2.PinValueRequest) -> customers_pb2.PinValueResponse: ...

    async def withdraw_pin(
        self, request: customers_pb2.WithdrawPinRequest
    ) -> customers_pb2.WithdrawPinResponse: ...

    async def values(
        self, request: customers_pb2.ListFieldValuesRequest
    ) -> customers_pb2.ListFieldValuesResponse: ...

    async def reviews(
        self, request: customers_pb2.ListReviewsRequest
    ) -> customers_pb2.ListReviewsResponse: ...

    async def explain(
        self, request: customers_pb2.ExplainPairRequest
    ) -> customers_pb2.ExplainPairResponse: ...

    async def changes(
        self, request: customers_pb2.ListChangesRequest
    ) -> customers_pb2.ListChangesResponse: ...

    async def erase(
        self, request: customers_pb2.EraseCustomerRequest
    ) -> customers_pb2.EraseCustomerResponse: ...

    async def erase_employee(
        self, request: customers_pb2.EraseEmployeeRequest
    ) -> customers_pb2.EraseEmployeeResponse: ...


class Models(Protocol):
    """identity's models."""

    async def activate(
        self, request: customers_pb2.ActivateModelRequest
    ) -> customers_pb2.ActivateModelResponse: ...

    async def list(self, request: customers_pb2.ListModelsRequest) -> customers_pb2.ListModelsResponse: ...


class JourneyTrace(Protocol):
    """journey-graph's knowledge of one event."""

    async def trace(self, request: journeys_pb2.TraceEventRequest) -> journeys_pb2.TraceEventResponse: ...


class Upstreams(Protocol):
    """The three services, asked where they stand."""

    async def describe(self) -> Sequence[admin_pb2.ServiceStatus]:
        """One for each of identity, journey-graph, scoring; one that does not answer is there as not reachable."""
        ...


@dataclass(frozen=True, slots=True)
class ReadModelState:
    """Where the gateway's own followers and read model stand."""

    feeds: Sequence[admin_pb2.FeedLag]
    places: Sequence[tuple[str, Cursor]]
    """Of each feed, how far each lane is applied."""
    customers: int
    journeys: int
    parked: int
    settled: bool
    """Its own part of it: all cursors at the heads last heard, all watermarks there."""


class ReadModel(Protocol):
    """What the door asks the read side (bootstrap_reads.py gives one)."""

    async def state(self) -> ReadModelState: ...

    async def shows(self, customer_id: str, journey_id: str, touchpoint_id: str) -> tuple[bool, bool]:
        """(scored, visible): the journey's score has come; the touchpoint (or, without one, the customer) is in
        the view."""
        ...
