"""A record folded from statements: the same whatever the order in which they come, and twice is once."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from pathloom_identity.domain.identifiers import Identifier
from pathloom_identity.domain.records import RecordKey, Stamp, Trust
from pathloom_identity.domain.statements import Bind, Rank, Statement


class Value(NamedTuple):
    """The last thing a source said about a field; text None: no value any more."""

    text: str | None
    stamp: Stamp
    trust: Trust


class Holding(NamedTuple):
    """How a source says that a record has an identifier."""

    source_id: str
    joins: bool
    trust: Trust
    stated: bool


@dataclass(frozen=True, slots=True)
class RecordState:
    """What the sources know about a record. `first_seen` is the earliest receipt of anything that named it
    (microseconds since 1970)."""

    first_seen: int
    sources: Mapping[str, bool] = field(default_factory=dict)
    values: Mapping[tuple[str, str], Value] = field(default_factory=dict)
    identifiers: Mapping[Identifier, frozenset[Holding]] = field(default_factory=dict)
    parents: frozenset[RecordKey] = frozenset()
    binds: Mapping[Rank, Bind] = field(default_factory=dict)
    verification: tuple[Stamp, bool] | None = None

    @property
    def test(self) -> bool:
        """True when only test sources know the record."""
        return bool(self.sources) and all(self.sources.values())

    def joining(self) -> dict[Identifier, bool]:
        """Identifiers that join, each with whether it is only a stated link (an alias, a shared event)."""
        found: dict[Identifier, bool] = {}
        for identifier, holdings in self.identifiers.items():
            if joining := [h for h in holdings if h.joins]:
                found[identifier] = all(h.stated for h in joining)
        return found

    def finding(self) -> list[Identifier]:
        """Identifiers that lead to the record without joining it, links left out."""
        return [i for i, held in self.identifiers.items() if any(not h.joins and not h.stated for h in held)]


def fold(state: RecordState | None, said: Iterable[Statement]) -> RecordState:
    """The state after some statements about ONE record. Commutative, associative and idempotent.

    Last writer wins per (field, source) by stamp, but nothing claimed ever overwrites what is trusted.
    """
    all_said = list(said)
    if not all_said:
        if state is None:
            raise ValueError("a record needs a statement to exist")
        return state
    before = state or RecordState(first_seen=all_said[0].stamp.received)
    first_seen, verification = before.first_seen, before.verification
    sources, values = dict(before.sources), dict(before.values)
    identifiers, binds = dict(before.identifiers), dict(before.binds)
    parents = set(before.parents)
    for one in all_said:
        first_seen = min(first_seen, one.stamp.received)
        sources[one.source_id] = one.test
        for name, text in one.values:
            _keep_latest(values, (name, one.source_id), Value(text, one.stamp, one.trust))
        for claim in one.claims:
            holding = Holding(one.source_id, claim.joins, one.trust, claim.stated)
            identifiers[claim.identifier] = identifiers.get(claim.identifier, frozenset()) | {holding}
        parents.update(one.parents)
        for rank, bind in one.binds:
            if rank not in binds or _order(binds[rank]) < _order(bind):
                binds[rank] = bind
        if one.verified is not None:
            outcome = (one.stamp, one.verified)
            verification = max(verification, outcome) if verification else outcome
    return replace(
        before,
        first_seen=first_seen,
        sources=sources,
        values=values,
        identifiers=identifiers,
        parents=frozenset(parents),
        binds=binds,
        verification=verification,
    )


def _keep_latest(values: dict[tuple[str, str], Value], slot: tuple[str, str], value: Value) -> None:
    known = values.get(slot)
    if known is None or _weight(known) < _weight(value):
        values[slot] = value


def _weight(value: Value) -> tuple[bool, Stamp, str]:
    # The text last: two values under one stamp can only come from a fault, and even then the order must not matter.
    return value.trust > Trust.CLAIMED, value.stamp, value.text or ""


def _order(bind: Bind) -> tuple[object, ...]:
    return bind.stamp, bind.level, bind.record is not None, str(bind.record), bind.identifier or ()
