"""Names of records, how far a statement is believed, and when it was made."""

from enum import IntEnum
from hashlib import blake2b
from typing import NamedTuple


class RecordKind(IntEnum):
    """What kind of thing a record key names (the contract's numbers)."""

    USER = 1
    ANONYMOUS = 2
    CONTACT = 3
    EMPLOYEE = 4
    INCIDENT = 5
    SOURCE = 6

    # Keys are hashed all the time; an enumeration's own hash is that of its name, in Python.
    __hash__ = int.__hash__


class Trust(IntEnum):
    """How far a value can be believed (the contract's numbers); higher goes first."""

    CLAIMED = 1
    TRUSTED = 2
    AUTHORITATIVE = 3

    __hash__ = int.__hash__


#: Kinds that are no customer's.
NOBODYS = frozenset({RecordKind.EMPLOYEE, RecordKind.INCIDENT, RecordKind.SOURCE})


class RecordKey(NamedTuple):
    """Immutable name of a record. A tuple, because keys are hashed all the time."""

    namespace: str
    kind: RecordKind
    id: str

    def digest(self) -> bytes:
        """16 bytes that stand for the key in indexes. Not secret: blanked with the record."""
        text = f"{self.namespace}\x1f{int(self.kind)}\x1f{self.id}"
        return blake2b(text.encode(), digest_size=16).digest()

    @property
    def is_person(self) -> bool:
        """Whether it may be (a part of) a customer."""
        return self.kind in (RecordKind.USER, RecordKind.ANONYMOUS)

    @property
    def is_nobodys(self) -> bool:
        """An employee, an incident or a source: its events belong to no customer and make no record."""
        return self.kind in NOBODYS


class Stamp(NamedTuple):
    """When something was said: later wins. Times are microseconds since 1970 (UTC), both fixed at acceptance,
    so the order of two statements never depends on the order in which they are applied."""

    occurred: int
    received: int
    event_id: str
