"""The things of the customers feed."""

from dataclasses import dataclass

from pathloom_identity.domain.clustering import Edge
from pathloom_identity.domain.contacts import Binding
from pathloom_identity.domain.golden import GoldenValue
from pathloom_identity.domain.households import Household
from pathloom_identity.domain.identifiers import Identifier
from pathloom_identity.domain.records import RecordKey, Trust


@dataclass(frozen=True, slots=True)
class Member:
    """A record of a customer and the customer id it would have alone."""

    key: RecordKey
    own_customer_id: str
    first_seen: int


@dataclass(frozen=True, slots=True)
class HeldIdentifier:
    """An identifier of a customer, by the most believed source that says so."""

    identifier: Identifier
    joins: bool
    trust: Trust
    source_id: str


@dataclass(frozen=True, slots=True)
class Customer:
    """A resolved person; members oldest first."""

    customer_id: str
    members: tuple[Member, ...]
    golden: tuple[GoldenValue, ...]
    identifiers: tuple[HeldIdentifier, ...]
    evidence: tuple[Edge, ...]
    test: bool
    first_seen: int


@dataclass(frozen=True, slots=True)
class Merged:
    """A customer that is now another one."""

    customer_id: str
    into: str


@dataclass(frozen=True, slots=True)
class Erased:
    """A customer that was erased; `records` are the keys that followers must forget."""

    customer_id: str
    records: tuple[RecordKey, ...]
    erased_at: int


@dataclass(frozen=True, slots=True)
class ContactThing:
    """Whose a contact is."""

    contact: RecordKey
    own_customer_id: str
    root: RecordKey
    binding: Binding | None
    """None: erased."""


Thing = Customer | Merged | Erased | ContactThing | Household
