"""What one event says about each record it names. Pure: (event, its source's declaration) -> statements."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from typing import Any

from pathloom_identity.domain.consent import consent_values, is_consent
from pathloom_identity.domain.events import Event, EventType
from pathloom_identity.domain.identifiers import Identifier, Normalise, is_blocked, read_identifier
from pathloom_identity.domain.records import RecordKey, RecordKind, Stamp, Trust
from pathloom_identity.domain.sources import DEFAULT_FIELDS, PLATFORM, IdentifierRule, Source

FOLDING = frozenset({"transfer_of", "consult_for", "reply_to", "reconnect_of", "handover_from"})
CONTACT_BOUND = "contact bound"
VERIFIED_BY = "verification passed"
#: A caller who is still being verified, or who failed, is named but not verified by the event that says so.
UNVERIFIED = frozenset({"verification started", "verification failed"})


class Level(IntEnum):
    """How sure it is whose a contact is (the contract's numbers)."""

    NONE = 1
    LISTED = 2
    PROBABLE = 3
    CLAIMED = 4
    VERIFIED = 5


class Rank(IntEnum):
    """Which statement about a contact's customer goes first; within one rank the later occurred wins.

    A choice stays until the next choice or passed verification: a telephony platform that goes on sending the
    customer it first thought of must not undo an agent's correction with every event.
    """

    DEVICE = 1
    CLAIMED = 2
    NAMED = 3
    CHOSEN = 4


@dataclass(frozen=True, slots=True)
class Claim:
    """An identifier as one event holds it. `stated`: a link between ids, not a value the person has."""

    identifier: Identifier
    joins: bool
    stated: bool = False


@dataclass(frozen=True, slots=True)
class Bind:
    """Whose the contact is: a record, or whoever holds an identifier, or (neither) nobody known."""

    stamp: Stamp
    level: Level
    record: RecordKey | None = None
    identifier: Identifier | None = None


@dataclass(frozen=True, slots=True)
class Statement:
    """What one event says about one record."""

    record: RecordKey
    stamp: Stamp
    source_id: str
    trust: Trust
    test: bool
    values: tuple[tuple[str, str | None], ...] = ()
    claims: tuple[Claim, ...] = ()
    parents: tuple[RecordKey, ...] = ()
    binds: tuple[tuple[Rank, Bind], ...] = ()
    verified: bool | None = None


def statements(
    event: Event, source: Source, normalise: Normalise, *, withdrawn: bool = False
) -> list[Statement]:
    """Everything `event` says. A withdrawn event still names its records; an erased one, and one that belongs to no
    customer, says nothing of anybody."""
    if event.erased or event.record.is_nobodys:
        return []
    trust = Trust.CLAIMED if event.claimed else source.trust

    def about(record: RecordKey, **said: Any) -> Statement:
        return Statement(record, event.stamp, source.source_id, trust, source.test, **said)

    contact = event.contact
    parents, children = _relations(event, contact) if contact is not None else ((), ())
    if withdrawn:
        named = dict.fromkeys(key for key in (event.record, contact, *parents, *children) if key is not None)
        return [about(record) for record in named]
    found: list[Statement] = []
    if event.record.is_person:
        found.append(
            about(
                event.record,
                values=_values(event),
                claims=tuple(_person_claims(event, source, trust, normalise)),
            )
        )
    if contact is not None:
        found.append(
            about(
                contact,
                claims=tuple(_contact_claims(event, source, contact, parents, normalise)),
                parents=parents,
                binds=tuple(_binds(event, source, trust, normalise)),
                verified=_verification(event, trust),
            )
        )
        # A contact that another one belongs to exists from then on, so that the root does not wait for its events.
        found += [about(parent, claims=(_self_claim(parent),)) for parent in parents]
        found += [
            about(child, claims=_chain_claims(child, (contact,)), parents=(contact,)) for child in children
        ]
    return found


def _values(event: Event) -> tuple[tuple[str, str | None], ...]:
    if event.type is EventType.GROUP:
        return ()
    merged = {**_mapping(event.part("context").get("traits")), **event.part("traits")}
    # A consent is what an event of its own says, never a trait that happens to be named like one.
    said = {name: _text(value) for name, value in merged.items() if name and not is_consent(name)}
    if event.type is EventType.TRACK:
        said |= consent_values(event.name, event.part("properties"))
    return tuple(sorted(said.items()))


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str | None:
    """Text as it is, null as None (no value any more), anything else as JSON."""
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _fields(event: Event) -> Mapping[str, Any]:
    traits = {} if event.type is EventType.GROUP else event.part("traits")
    return {**_mapping(event.part("context").get("traits")), **event.part("properties"), **traits}


@lru_cache(maxsize=256)
def _rules(own: tuple[IdentifierRule, ...]) -> tuple[IdentifierRule, ...]:
    declared = {rule.field for rule in own}
    return (*own, *(IdentifierRule(f, t) for f, t in DEFAULT_FIELDS.items() if f not in declared))


def _declared(event: Event, source: Source, trust: Trust, normalise: Normalise) -> Iterator[Claim]:
    fields = _fields(event)
    for rule in _rules(source.identifiers):
        if rule.field not in fields:
            continue
        scope = source.namespace if rule.namespaced else ""
        if (
            read := read_identifier(rule.type, scope, fields.get(rule.field), source.region, normalise)
        ) is not None:
            identifier, clean = read
            yield Claim(identifier, rule.joins and clean and trust > Trust.CLAIMED)


def _user_identifiers(user_id: str, source: Source, normalise: Normalise) -> Iterator[Identifier]:
    yield Identifier("user_id", source.namespace, user_id)
    if source.user_id_type and source.user_id_type != "user_id":
        read = read_identifier(source.user_id_type, source.user_scope(), user_id, source.region, normalise)
        if read is not None:
            yield read[0]


def _claimed_user(event: Event, source: Source, normalise: Normalise) -> Identifier | None:
    """Whom a public key says it is: an identifier to look for, of the source's own type where it has one."""
    if not event.user_id or event.record.kind is RecordKind.USER:
        return None
    found = list(_user_identifiers(event.user_id, source, normalise))[-1]
    return None if is_blocked(found.type, found.value) else found


def _self_claim(record: RecordKey) -> Claim:
    kind = {
        RecordKind.USER: "user_id",
        RecordKind.ANONYMOUS: "anonymous_id",
        RecordKind.CONTACT: "contact_id",
    }
    return Claim(Identifier(kind[record.kind], record.namespace, record.id), not is_blocked("id", record.id))


def _person_claims(event: Event, source: Source, trust: Trust, normalise: Normalise) -> Iterator[Claim]:
    # An id of the record itself may always join: it is the other side's link that has to be trusted.
    yield _self_claim(event.record)
    trusted = trust > Trust.CLAIMED
    namespace = event.record.namespace
    if event.user_id:
        for identifier in _user_identifiers(event.user_id, source, normalise):
            own = event.record.kind is RecordKind.USER and identifier == _self_claim(event.record).identifier
            if not own and not is_blocked(identifier.type, identifier.value):
                yield Claim(identifier, trusted)
    if event.anonymous_id and event.record.kind is RecordKind.USER:
        yield _link("anonymous_id", namespace, event.anonymous_id, trusted)
    if event.type is EventType.ALIAS and event.previous_id:
        yield _link("anonymous_id", namespace, event.previous_id, trusted)
        if event.previous_id != event.user_id:
            yield _link("user_id", namespace, event.previous_id, trusted)
    yield from _declared(event, source, trust, normalise)


def _link(kind: str, namespace: str, value: str, trusted: bool) -> Claim:
    return Claim(Identifier(kind, namespace, value), trusted and not is_blocked(kind, value), stated=True)


def _relations(event: Event, contact: RecordKey) -> tuple[tuple[RecordKey, ...], tuple[RecordKey, ...]]:
    """Contacts that this one is folded into, and those that go on from it (`to_contact_id` of a transfer).
    A public key folds nothing: it could hang a stranger's call onto its own."""
    if event.claimed:
        return (), ()
    properties = event.part("properties")
    folds = properties.get("relation") in FOLDING
    into, onward = properties.get("related_contact_id") if folds else None, properties.get("to_contact_id")

    def keys(value: object) -> tuple[RecordKey, ...]:
        if not isinstance(value, str) or not value.strip() or len(value) > 256 or "\x00" in value:
            return ()
        key = RecordKey(contact.namespace, RecordKind.CONTACT, value.strip())
        return (key,) if key != contact else ()

    return keys(into), keys(onward)


def _chain_claims(contact: RecordKey, parents: tuple[RecordKey, ...]) -> tuple[Claim, ...]:
    """The contact's own id and those it is folded into join (contacts only)."""
    return _self_claim(contact), *(Claim(_self_claim(p).identifier, True, stated=True) for p in parents)


def _contact_claims(
    event: Event, source: Source, contact: RecordKey, parents: tuple[RecordKey, ...], normalise: Normalise
) -> Iterator[Claim]:
    """Its chain joins; everything else a contact holds only finds."""
    yield from _chain_claims(contact, parents)
    yield from _declared(event, source, Trust.CLAIMED, normalise)
    if (claimed := _claimed_user(event, source, normalise)) is not None:
        yield Claim(claimed, False)
    properties = event.part("properties")
    side = "to" if properties.get("direction") == "outbound" else "from"
    for field, kind in ((f"{side}_number", "phone"), (f"{side}_email", "email"), ("handle", "handle")):
        read = read_identifier(kind, "", properties.get(field), source.region, normalise)
        if read is not None:
            yield Claim(read[0], False)


def _binds(event: Event, source: Source, trust: Trust, normalise: Normalise) -> Iterator[tuple[Rank, Bind]]:
    name = event.name.strip().casefold()
    if source.source_id == PLATFORM.source_id and name == CONTACT_BOUND:
        yield Rank.CHOSEN, _chosen(event)
        return
    trusted = trust > Trust.CLAIMED
    level = Level.VERIFIED if trusted and name not in UNVERIFIED else Level.CLAIMED
    rank = Rank.CLAIMED if not trusted else Rank.CHOSEN if name == VERIFIED_BY else Rank.NAMED
    joining = [c.identifier for c in _declared(event, source, Trust.TRUSTED, normalise) if c.joins]
    if event.record.kind is RecordKind.USER:
        yield rank, Bind(event.stamp, level, record=event.record)
    elif (claimed := _claimed_user(event, source, normalise)) is not None:
        yield rank, Bind(event.stamp, level, identifier=claimed)
    elif joining:
        yield rank, Bind(event.stamp, level, identifier=min(joining))
    if event.record.kind is RecordKind.ANONYMOUS:
        yield Rank.DEVICE, Bind(event.stamp, Level.CLAIMED, record=event.record)


def _chosen(event: Event) -> Bind:
    properties = event.part("properties")
    level = Level.VERIFIED if properties.get("level") == "verified" else Level.CLAIMED
    bound = properties.get("bound_record")
    if not isinstance(bound, Mapping):
        return Bind(event.stamp, Level.NONE)
    kind = RecordKind[str(bound["kind"]).upper()]
    return Bind(event.stamp, level, record=RecordKey(str(bound["namespace"]), kind, str(bound["id"])))


def _verification(event: Event, trust: Trust) -> bool | None:
    name = event.name.strip().casefold()
    if trust is Trust.CLAIMED or name not in (VERIFIED_BY, "verification failed"):
        return None
    return name == VERIFIED_BY
