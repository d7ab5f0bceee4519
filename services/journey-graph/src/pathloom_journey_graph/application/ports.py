"""What the use cases need of the graph. One `GraphTx` is one transaction."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from pathloom_kit.feeds.cursor import Lane

from pathloom_journey_graph.domain.values import Item, Journey, Piece

Span = tuple[int, int]


@dataclass(slots=True)
class Record:
    """A record as the customers feed says it stands.

    A user or anonymous record has the customer that owns it (None: not known yet). A contact has its root and the record
    it is bound to, both None until its binding is known, and the customer id under which it stands unbound.
    """

    key: str
    customer_id: str | None = None
    root: str | None = None
    bound_to: str | None = None
    version: int = 0
    epoch: str = ""


@dataclass(slots=True)
class StoredItem:
    """An item as the graph keeps it.

    `record` is the contact's root or the record itself; `holder` the record whose customer it follows. `customer_id`
    None: waiting for the customers feed. `refs` are the ties that it names, `contacts` the ids of the contacts that its
    pieces are of. `folded` is what its pieces fold into by themselves; None: nothing, or it is to be folded anew.
    """

    id: str
    kind: str
    record: str
    thread: str
    holder: str
    customer_id: str | None
    start: int
    last: int
    refs: frozenset[str]
    contacts: frozenset[str]
    journey_id: str = ""
    next_id: str = ""
    folded: Item | None = None

    @property
    def span(self) -> Span:
        """From begin to last."""
        return (self.start, self.last)


@dataclass(slots=True, kw_only=True)
class WholeItem(StoredItem):
    """An item with all its pieces. `tied` are the ties that it named when it was read."""

    pieces: tuple[Piece, ...]
    tied: frozenset[str] = frozenset()


@dataclass(slots=True)
class CustomerState:
    """A customer as applied: the records it claims, its version within its epoch."""

    id: str
    version: int = 0
    epoch: str = ""
    claims: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class LockedCustomer:
    """A customer under lock: its version, and the length of the longest item that it ever had."""

    version: int
    longest: int


@dataclass(frozen=True, slots=True)
class Change:
    """A journey as it is now, whose, and made from which version of the customer; None: it is no more."""

    journey_id: str
    customer_id: str = ""
    customer_version: int = 0
    journey: Journey | None = None
    generation: int = 0


@dataclass(slots=True)
class Disturbed:
    """What a transaction has touched: spans by customer, and journeys whose items changed or went. Some of them may be
    `erased` customers; what an erasure has touched does not wait (`at_once`)."""

    spans: dict[str, list[Span]] = field(default_factory=dict)
    journeys: set[str] = field(default_factory=set)
    erased: set[str] = field(default_factory=set)
    at_once: bool = False

    def __bool__(self) -> bool:
        return bool(self.spans or self.journeys)

    def touch(self, customer_id: str | None, span: Span, journey_id: str = "") -> None:
        """Something of this customer's changed here."""
        if customer_id:
            self.spans.setdefault(customer_id, []).append(span)
        if journey_id:
            self.journeys.add(journey_id)

    def erase(self, customer_id: str) -> None:
        """Nothing of this customer's is to be cut; empty where only records were erased."""
        self.at_once = True
        if customer_id:
            self.erased.add(customer_id)
            self.spans.pop(customer_id, None)

    def add(self, later: "Disturbed") -> None:
        """What the same transaction has touched after that."""
        for customer in later.erased:
            self.spans.pop(customer, None)
        for customer, spans in later.spans.items():
            self.spans.setdefault(customer, []).extend(spans)
        self.journeys |= later.journeys
        self.erased |= later.erased
        self.at_once |= later.at_once


class GraphTx(Protocol):
    """Reads and writes of one transaction. Locks are held to its end; take records before customers."""

    async def lock_records(self, keys: Iterable[str]) -> dict[str, Record]:
        """Write-locks the records in order of key, creating those that are not there, and reads them under the lock; with them
        the roots and bound records that they lead to."""
        ...

    async def save_records(self, records: Iterable[Record]) -> None:
        """Owner, root and binding."""
        ...

    async def erased_at(self, keys: Iterable[str]) -> Mapping[str, int]:
        """When each of the keys was erased; nothing for the others."""
        ...

    async def lock_customers(self, longest: Mapping[str, int]) -> dict[str, LockedCustomer]:
        """Write-locks the customers in order of id, creating those that are not there. `longest` is the length of the
        longest item that the transaction knows of; each customer remembers the longest ever."""
        ...

    async def leave_uncut(self, disturbed: Disturbed) -> None:
        """Notes what is to be cut later, and how far the followers had read before the first of it."""
        ...

    async def take_uncut(self, customers: Sequence[str], journeys: Sequence[str]) -> Disturbed:
        """Locks the customers and takes from the notes what is left of them, of their journeys and of `journeys`."""
        ...

    async def customers(self, ids: Iterable[str]) -> dict[str, CustomerState]:
        """Read, not locked; those that are not there as new ones. Claims are only written by the customers feed, whose
        followers take turns."""
        ...

    async def claimants(self, keys: Iterable[str]) -> Mapping[str, str]:
        """For each record that some customer claims, that customer (the greatest id of several)."""
        ...

    async def save_claims(self, customers: Iterable[CustomerState]) -> None:
        """Version and claims, replacing those before."""
        ...

    async def items(self, ids: Iterable[str]) -> dict[str, WholeItem]:
        """By id; nothing for those that are not there."""
        ...

    async def visits_near(self, spans: Mapping[str, Span], gap: int) -> list[WholeItem]:
        """Visits of each record that lie within `gap` of the span."""
        ...

    async def held(self, holders: Iterable[str], records: Iterable[str]) -> list[StoredItem]:
        """Everything that follows the customers of `holders`, and everything whose record (root, for a contact) is one of
        `records`, each once."""
        ...

    async def of_records(self, records: Iterable[str]) -> list[StoredItem]:
        """Everything whose record (root, for a contact) is one of these."""
        ...

    async def of_journeys(self, ids: Iterable[str]) -> list[StoredItem]:
        """The items of journeys."""
        ...

    async def journey_spans(self, ids: Iterable[str]) -> list[tuple[str, Span]]:
        """Of the items of journeys: customer, from begin to last."""
        ...

    async def around(self, spans: Sequence[tuple[str, int, int, int]]) -> list[StoredItem]:
        """Items of (customer, longest, from, to) that overlap from..to; none of the customer's is longer than `longest`."""
        ...

    async def tied(
        self, naming: Sequence[tuple[str, str]], named: Sequence[tuple[str, str]]
    ) -> list[tuple[str, str, Span]]:
        """(id, customer, span) of the items of (customer, tie) that name the tie, or that are the contact whose key it is."""
        ...

    async def save_items(self, items: Iterable[WholeItem]) -> None:
        """Created or replaced, `journey_id` and `next_id` aside. See `save_folded`."""
        ...

    async def hand_over(self, items: Iterable[StoredItem]) -> None:
        """Holder and customer of items that are there."""
        ...

    async def delete_items(self, ids: Iterable[str]) -> None:
        """With everything that hangs on them."""
        ...

    async def publish(
        self, changes: Sequence[Change], relinked: Iterable[StoredItem], lane: Lane, traceparent: str
    ) -> int:
        """Stores and publishes what differs from what is there, and the `journey_id` and `next_id` of items, with the relationships
        that follow them; call it last. Returns how many were published."""
        ...

    async def forget(self, records: Iterable[str], customers: Iterable[str], at: int) -> None:
        """Deletes records and customers and remembers, keyed, that what was received up to `at` was erased."""
        ...
