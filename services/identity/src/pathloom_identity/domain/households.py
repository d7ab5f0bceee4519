"""Households: customers who share a phone or an address. A relation, never a merge, and a pure function of who holds
the value: any order gives the same."""

from collections.abc import Iterable
from dataclasses import dataclass

from pathloom_identity.domain.identifiers import Identifier
from pathloom_identity.domain.record_state import RecordState
from pathloom_identity.domain.records import Trust

#: What people live behind together.
TYPES = frozenset({"phone", "address"})
#: More customers than this share a switchboard, a dormitory or a mistake, not a home.
MOST = 10
_SHOWN = 2


@dataclass(frozen=True, slots=True)
class Household:
    """The customers behind one value, in order of id; fewer than two: there is none (any more). Never the value
    itself: `hint` is its last two digits, for a phone, so that whoever looks can tell which."""

    household_id: str
    type: str
    hint: str = ""
    customer_ids: tuple[str, ...] = ()


def household_values(state: RecordState | None) -> frozenset[Identifier]:
    """The values of a record that may make a household: those a trusted source says it has. What is only claimed
    (by a leaked public key, say) puts nobody into a stranger's home."""
    if state is None:
        return frozenset()
    return frozenset(
        identifier
        for identifier, holdings in state.identifiers.items()
        if identifier.type in TYPES and any(h.trust > Trust.CLAIMED and not h.stated for h in holdings)
    )


def household(household_id: str, value: Identifier, customer_ids: Iterable[str]) -> Household:
    """The household of a value that these customers have."""
    found = tuple(sorted(set(customer_ids)))
    if not 2 <= len(found) <= MOST:
        return Household(household_id, value.type)
    hint = value.value[-_SHOWN:] if value.type == "phone" else ""
    return Household(household_id, value.type, hint, found)
