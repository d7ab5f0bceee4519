"""What resolving needs from the store, inside ONE transaction that is alone in the partition."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from pathloom_kit.feeds.cursor import Lane

from pathloom_identity.domain.clustering import Decision
from pathloom_identity.domain.contacts import Owners
from pathloom_identity.domain.events import Event
from pathloom_identity.domain.evidence.blocking import BlockKey
from pathloom_identity.domain.evidence.kept import Kept
from pathloom_identity.domain.golden import Pins
from pathloom_identity.domain.identifiers import Identifier
from pathloom_identity.domain.record_state import RecordState
from pathloom_identity.domain.records import RecordKey
from pathloom_identity.domain.reviews import Change
from pathloom_identity.domain.said import Said
from pathloom_identity.domain.sources import Source
from pathloom_identity.domain.things import Thing


@dataclass(slots=True)
class Stored:
    """A record's row. `component`: the smallest row number among the records it could be one with; `known`: its own
    id was published as a customer; `bound_no`: for a contact, the row of the record it is bound to."""

    no: int
    key: RecordKey
    own_id: str
    component: int
    customer_id: str
    known: bool
    bound_no: int | None
    state: RecordState


IndexRow = tuple[Identifier, bool]
"""An identifier that leads to a record, and whether it joins."""
InBlock = tuple[int, BlockKey]
"""The number of a record, and a block that it is in."""


NearPair = tuple[int, int, int]
"""The numbers of two records, the low one first, and what they weigh in BITs."""


@dataclass(frozen=True, slots=True)
class New:
    """A record that has only now come: the identifiers that lead to it, with whether they join; what it says, and the
    blocks that this puts it into."""

    state: RecordState
    leading: Mapping[Identifier, bool]
    said: Said = ()
    blocks: Sequence[BlockKey] = ()


@dataclass(frozen=True, slots=True)
class Home:
    """Who holds a value that may be a household's: customer and state of each record; nobody where they are too many.
    `published`: that there is such a household."""

    household_id: str
    published: bool
    holders: tuple[tuple[str, RecordState], ...]


class ResolutionStore(Protocol):
    """Every method sees what the ones before it wrote. Row numbers are given in the order of creation."""

    async def sources(self) -> Mapping[str, Source]: ...

    async def model_in_force(self) -> str | None:
        """The digest of the model in force; None where none was ever kept."""
        ...

    async def model_text(self, digest: str) -> str:
        """What a kept model says, as a file does."""
        ...

    async def records(self, keys: Collection[RecordKey]) -> dict[RecordKey, Stored]:
        """Those that exist, locked in order of their numbers."""
        ...

    async def create(self, new: Mapping[RecordKey, New]) -> tuple[dict[RecordKey, Stored], set[Identifier]]:
        """New records, each a component and (if it is a person) a customer of its own; and which of the values that lead
        to them had led to somebody before. Whoever turns out to be no customer of its own must be assigned."""
        ...

    async def save(self, records: Sequence[Stored]) -> None:
        """Writes the states."""
        ...

    async def index(
        self, added: Sequence[tuple[Stored, IndexRow]], removed: Sequence[tuple[Stored, Identifier]]
    ) -> None:
        """Changes which identifiers lead to which record."""
        ...

    async def holders(
        self, values: Collection[Identifier], contact: bool, limit: int
    ) -> dict[Identifier, list[int]]:
        """Components of the records that join by each value, one per record, at most `limit` each."""
        ...

    async def members(self, components: Collection[int]) -> list[Stored]:
        """All records of the components, locked in order of their numbers."""
        ...

    async def decisions(self, numbers: Collection[int]) -> tuple[list[Decision], set[int]]:
        """Decisions that touch these records, and the components of the records on their other sides."""
        ...

    async def pins(self, numbers: Collection[int]) -> Pins:
        """What stewards pinned on these records."""
        ...

    async def say(
        self, said: Sequence[tuple[int, Said]], came: Sequence[InBlock], left: Sequence[InBlock]
    ) -> None:
        """Keeps what records say (number, what), in place of what was kept; nothing said: nothing kept. Changes which
        records are in which blocks."""
        ...

    async def said(self, numbers: Collection[int]) -> dict[int, Said]:
        """What is kept as said, of those of these records that say something."""
        ...

    async def blocks(self, most: Mapping[BlockKey, int]) -> dict[BlockKey, list[int] | None]:
        """The records of each block; None where there are as many as `most` says, or more."""
        ...

    async def mates(
        self, most: Mapping[BlockKey, int]
    ) -> tuple[dict[BlockKey, list[int] | None], dict[int, Kept]]:
        """`blocks`, and what is kept as said of all who are in them."""
        ...

    async def doubt(self, weighed: Sequence[int], pairs: Sequence[NearPair]) -> list[NearPair]:
        """Keeps what pairs weigh, in place of all that was kept of the records `weighed`, which is answered."""
        ...

    async def doubts(self, numbers: Collection[int]) -> list[NearPair]:
        """What is kept of pairs among these records."""
        ...

    async def undoubt(self, pairs: Collection[tuple[int, int]]) -> None:
        """Keeps nothing of these pairs any more."""
        ...

    async def near(self, numbers: Collection[int], bar: int) -> list[tuple[int, int, int | None, int | None]]:
        """Of the records, and all of their components: number, component, and whom a kept pair that weighs more than `bar`
        makes near, with its weight; once without for who is near nobody."""
        ...

    async def changed(self, changes: Sequence[Change], at: int) -> None:
        """Keeps how customers changed."""
        ...

    async def owners(self, values: Collection[Identifier], limit: int) -> dict[Identifier, Owners]:
        """Users and anonymous records that each value leads to; more than `limit`: too many."""
        ...

    async def contacts_holding(
        self, values: Collection[Identifier], limit: int
    ) -> tuple[set[int], list[tuple[Identifier, int]]]:
        """Components of the newest contacts (at most `limit` a value) that hold the values, and where to go on:
        (value, row number below which there are more)."""
        ...

    async def assign(self, records: Sequence[Stored]) -> None:
        """Writes component, customer, known and bound_no."""
        ...

    async def later(self, work: Iterable[tuple[Identifier, int]]) -> None:
        """Leaves contacts to be bound again in the background."""
        ...

    async def withdraw(self, pairs: Collection[tuple[str, str, str]]) -> set[str]:
        """Remembers (source id, message id, by): the event `by` withdraws that message. Answers the event ids that
        the messages have, whether they have come yet or not."""
        ...

    async def withdrawals(self, event_ids: Collection[str]) -> set[tuple[str, str]]:
        """All (target, by) that bear on whether these events, or those they withdraw, stand."""
        ...

    async def events_of(self, records: Collection[RecordKey]) -> list[Event]:
        """Every event resolved so far that names one of the records, erased ones left out."""
        ...

    async def events_by_id(self, event_ids: Collection[str]) -> list[Event]:
        """Those of the log, erased ones left out."""
        ...

    async def homes(self, values: Collection[Identifier], limit: int) -> dict[Identifier, Home]:
        """Users and anonymous records that each value leads to; more than `limit`: too many."""
        ...

    async def publish(self, things: Sequence[Thing], lane: Lane) -> None:
        """Last: the head row is locked from here to the commit."""
        ...
