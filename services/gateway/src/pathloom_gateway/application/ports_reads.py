"""What the read side's use cases need of the world."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

from pathloom.gateway.v1.view_pb2 import Age, JourneyView, LiveContact, QueueNow
from pathloom.identity.v1.customers_pb2 import BindContactRequest, BindContactResponse
from pathloom.journey_graph.v1 import journeys_pb2
from pathloom.scoring.v1 import scores_pb2
from pathloom_kit.feeds.cursor import Cursor

from pathloom_gateway.application.answers import Form, Listed, ReadyView


@dataclass(frozen=True, slots=True)
class FoundContact:
    """A contact as stored. `owner`: the customer it is bound to now, or its own; `body` as far as events tell it.

    `candidate_ids` are ids as identity gave them, the likeliest first; `bound`: whose it is, is known at all (probable,
    claimed or verified).
    """

    key: str
    root_key: str
    body: LiveContact
    owner: str
    bound: bool
    listed: bool
    candidate_ids: Sequence[str]
    revision: int


@dataclass(frozen=True, slots=True)
class IdentifierHits:
    """Who has an identifier: the view when it is exactly one, else their ids, at most as many as asked for."""

    customer_ids: Sequence[str]
    view: ReadyView | None
    more: bool


@dataclass(frozen=True, slots=True)
class QueuesNow:
    """The floor this second, from live contacts; test data left out."""

    queues: Sequence[QueueNow]
    abandoned: int
    offered: int
    overdue_promises: int


class Views(Protocol):
    """The read model, read."""

    async def by_identifier(
        self, kind: str, values: Sequence[str], namespace: str, form: Form, now_us: int, limit: int
    ) -> IdentifierHits:
        """By any of the spellings. One query."""
        ...

    async def by_id(self, customer_id: str, form: Form, now_us: int, identity_level: str = "") -> ReadyView:
        """By any id ever had; `identity_level` is put into the view. Raises CustomerNotFound, CustomerErased."""
        ...

    async def listed(self, customer_ids: Sequence[str], now_us: int) -> Sequence[Listed]:
        """Present customers for these ids, each once, in the order of the ids; who is not known is left out."""
        ...

    async def contact(self, contact_id: str, namespace: str) -> FoundContact | None:
        """By any id of its chain; without a namespace the newest match."""
        ...

    async def present(self, customer_id: str) -> tuple[str, Sequence[str]]:
        """The present id, and every id under which journeys of this customer still stand upstream (the present one
        among them). Raises CustomerNotFound, CustomerErased."""
        ...

    async def search(
        self, words: Sequence[str], size: int, token: str, now_us: int
    ) -> tuple[Sequence[Listed], str]:
        """Customers with a name word that begins with each of the words; exact words first, then the latest in touch.
        InvalidArgument for a foreign token."""
        ...

    async def journeys(self, owner: str, size: int, token: str) -> tuple[Sequence[JourneyView], str, int]:
        """Newest first, with the next page's token and how many in all."""
        ...

    async def journey(self, journey_id: str) -> tuple[JourneyView, str]:
        """With whose it is. Raises JourneyNotFound."""
        ...

    async def queues(self, now_us: int, window_us: int) -> QueuesNow:
        """Who waits now; counts over the window before now."""
        ...


class Progress(Protocol):
    """How far the read model has got."""

    def age(self, now_us: int) -> Age:
        """As of, seconds, lagging; `updating` is left unset."""
        ...

    async def reached(self, position: Cursor, wait_s: float, *, events_only: bool = False) -> bool:
        """Everything accepted at or before the position is shown (of events alone: the contacts named there are).
        Waits so long for it."""
        ...


class Watch(Protocol):
    """One watcher's place in the hub."""

    def keys(self, keys: frozenset[str]) -> None:
        """From now on these (customer ids, contact keys)."""
        ...

    async def changed(self, timeout_s: float) -> bool:
        """True when one of the keys changed since the last call, False when the time is up."""
        ...


class Hub(Protocol):
    """Says when something shown has changed, in any replica."""

    def watch(self) -> AbstractAsyncContextManager[Watch]: ...


class Binder(Protocol):
    """identity, asked to bind a contact."""

    async def bind(self, request: BindContactRequest) -> BindContactResponse: ...


class Paths(Protocol):
    """journey-graph, asked. Raises UNAVAILABLE while it is down."""

    async def touchpoints(
        self, request: journeys_pb2.ListTouchpointsRequest
    ) -> journeys_pb2.ListTouchpointsResponse: ...

    async def transitions(
        self, request: journeys_pb2.ListTransitionsRequest
    ) -> journeys_pb2.ListTransitionsResponse: ...

    async def variants(
        self, request: journeys_pb2.ListVariantsRequest
    ) -> journeys_pb2.ListVariantsResponse: ...


class Scoring(Protocol):
    """scoring, asked. Raises UNAVAILABLE while it is down."""

    async def measures(self, request: scores_pb2.GetMeasuresRequest) -> scores_pb2.GetMeasuresResponse: ...

    async def journeys(self, request: scores_pb2.ListJourneysRequest) -> scores_pb2.ListJourneysResponse: ...


class Normalise(Protocol):
    """The spellings under which an identifier may be stored."""

    def __call__(self, kind: str, value: str) -> Sequence[str]:
        """What it becomes normalised, else the raw value; never empty."""
        ...
