"""Whose a contact is. Pure: chains fold into a root; what was said about all contacts of a chain binds the root."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pathloom_identity.domain.identifiers import Identifier
from pathloom_identity.domain.record_state import RecordState
from pathloom_identity.domain.records import RecordKey
from pathloom_identity.domain.statements import Bind, Level, Rank

MAX_CANDIDATES = 20


@dataclass(frozen=True, slots=True)
class Owner:
    """A user or anonymous record that holds an identifier, and the customer it belongs to now."""

    record: RecordKey
    customer_id: str
    first_seen: int


@dataclass(frozen=True, slots=True)
class Owners:
    """Who holds an identifier. `too_many`: more records than a person has (a switchboard); they are not listed."""

    holders: tuple[Owner, ...] = ()
    too_many: bool = False

    def customers(self) -> dict[str, Owner]:
        """The oldest holder of each customer."""
        found: dict[str, Owner] = {}
        for owner in sorted(self.holders, key=lambda o: (o.first_seen, o.record)):
            found.setdefault(owner.customer_id, owner)
        return found


@dataclass(frozen=True, slots=True)
class Binding:
    """Whose the contacts of one chain are."""

    level: Level
    reason: str
    bound_to: RecordKey | None = None
    candidates: tuple[str, ...] = ()


def roots(contacts: Mapping[RecordKey, RecordState]) -> dict[RecordKey, RecordKey]:
    """The root of each contact: the oldest of its chain that is folded into nobody (in a circle: the oldest)."""
    chain = {key: key for key in contacts}

    def find(key: RecordKey) -> RecordKey:
        while chain[key] != key:
            chain[key] = chain[chain[key]]
            key = chain[key]
        return key

    for key, state in contacts.items():
        for parent in state.parents:
            if parent in chain:
                chain[find(key)] = find(parent)
    members: dict[RecordKey, list[RecordKey]] = {}
    for key in contacts:
        members.setdefault(find(key), []).append(key)
    found: dict[RecordKey, RecordKey] = {}
    for keys in members.values():
        root = min(keys, key=lambda k: (bool(contacts[k].parents), contacts[k].first_seen, k))
        found.update(dict.fromkeys(keys, root))
    return found


def bind(
    chain: Iterable[RecordState], owners: Mapping[Identifier, Owners], customer_of: Mapping[RecordKey, str]
) -> Binding:
    """The binding of a chain, from everything said about its contacts.

    `owners` holds every identifier that the chain's contacts and binds name; `customer_of` the customer of every
    record that they name, as far as it is known.
    """
    states = list(chain)
    outcome = max((s.verification for s in states if s.verification), default=None)
    candidates = _candidates(states, owners)
    for rank in sorted(Rank, reverse=True):
        said = [state.binds[rank] for state in states if rank in state.binds]
        for one in sorted(said, key=lambda b: b.stamp, reverse=True)[:1]:
            binding = _follow(rank, one, owners, customer_of, candidates)
            if binding is not None:
                return _verified(rank, one, binding, outcome)
    return _probable(states, owners, candidates)


def _follow(
    rank: Rank,
    said: Bind,
    owners: Mapping[Identifier, Owners],
    customer_of: Mapping[RecordKey, str],
    candidates: tuple[str, ...],
) -> Binding | None:
    """What a statement comes to, or None where whom it names is not known."""
    why = _WHY[rank]
    if said.identifier is not None:
        found = owners.get(said.identifier, Owners()).customers()
        if len(found) > 1:
            return Binding(
                Level.LISTED, "the identifier it names belongs to several customers", None, candidates
            )
        return next((Binding(said.level, why, o.record, candidates) for o in found.values()), None)
    if said.record is None:
        return Binding(Level.NONE, "it was said to be none of those known", None, candidates)
    return Binding(said.level, why, said.record, candidates) if said.record in customer_of else None


_WHY = {
    Rank.CHOSEN: "chosen by an agent, or a verification was passed",
    Rank.NAMED: "named by a trusted system",
    Rank.CLAIMED: "claimed by the customer",
    Rank.DEVICE: "came from the customer's device",
}


def _verified(
    rank: Rank, said: Bind, binding: Binding, outcome: tuple[tuple[object, ...], bool] | None
) -> Binding:
    """A verification raises or lowers what systems and customers said; a choice speaks for itself, unless it is
    older than the outcome."""
    if outcome is None or binding.level < Level.CLAIMED or rank is Rank.DEVICE:
        return binding
    stamp, passed = outcome
    if rank is Rank.CHOSEN and stamp < said.stamp:
        return binding
    level = Level.VERIFIED if passed else Level.CLAIMED
    reason = "a verification was passed" if passed else "a verification failed"
    return binding if level is binding.level else Binding(level, reason, binding.bound_to, binding.candidates)


def identifiers(states: Iterable[RecordState]) -> set[Identifier]:
    """Every identifier by which a chain may lead to a customer."""
    return {i for state in states for i in state.finding()} | {
        b.identifier for state in states for b in state.binds.values() if b.identifier is not None
    }


def _candidates(states: list[RecordState], owners: Mapping[Identifier, Owners]) -> tuple[str, ...]:
    """Customers that the identifiers lead to: those that more of them lead to first, then the oldest."""
    hits: dict[str, int] = {}
    oldest: dict[str, tuple[int, RecordKey]] = {}
    for identifier in identifiers(states):
        for customer_id, owner in owners.get(identifier, Owners()).customers().items():
            hits[customer_id] = hits.get(customer_id, 0) + 1
            seen = (owner.first_seen, owner.record)
            oldest[customer_id] = min(seen, oldest.get(customer_id, seen))
    return tuple(sorted(hits, key=lambda c: (-hits[c], oldest[c]))[:MAX_CANDIDATES])


def _probable(
    states: list[RecordState], owners: Mapping[Identifier, Owners], candidates: tuple[str, ...]
) -> Binding:
    if len(candidates) == 1:
        found = [
            owner
            for identifier in identifiers(states)
            for owner in owners.get(identifier, Owners()).customers().values()
        ]
        oldest = min(found, key=lambda o: (o.first_seen, o.record))
        return Binding(
            Level.PROBABLE, "its number or address belongs to one customer", oldest.record, candidates
        )
    if candidates:
        return Binding(Level.LISTED, "its number or address belongs to several customers", None, candidates)
    if any(owners.get(identifier, Owners()).too_many for identifier in identifiers(states)):
        return Binding(Level.NONE, "its number or address is shared by too many")
    return Binding(Level.NONE, "nothing it carries leads to a customer")
