"""Between the domain's values and the contract's messages."""

from collections.abc import Iterable

from google.protobuf.timestamp_pb2 import Timestamp
from pathloom.identity.v1 import customers_pb2 as c
from pathloom.identity.v1 import events_pb2 as e

from pathloom_identity.domain.clustering import Edge, EvidenceKind
from pathloom_identity.domain.evidence.model import BIT
from pathloom_identity.domain.evidence.weighing import Piece
from pathloom_identity.domain.households import Household
from pathloom_identity.domain.identifiers import Identifier
from pathloom_identity.domain.records import RecordKey, RecordKind, Trust
from pathloom_identity.domain.reviews import Change
from pathloom_identity.domain.sources import AttributeRule, IdentifierRule, Source
from pathloom_identity.domain.statements import Level
from pathloom_identity.domain.things import ContactThing, Customer, Erased, Merged, Thing

MOST = 1000  # the contract's bound on members and identifiers of one customer


def timestamp(us: int) -> Timestamp:
    seconds, rest = divmod(us, 1_000_000)
    return Timestamp(seconds=seconds, nanos=rest * 1000)


def from_timestamp(message: Timestamp) -> int:
    return message.seconds * 1_000_000 + message.nanos // 1000


def key_to_proto(key: RecordKey) -> e.RecordKey:
    return e.RecordKey(namespace=key.namespace, kind=e.RecordKind.ValueType(int(key.kind)), id=key.id)


def key_from_proto(message: e.RecordKey) -> RecordKey:
    return RecordKey(message.namespace, RecordKind(message.kind), message.id)


def feed_key(thing: Thing) -> str:
    """The name of a thing in the feed: the customer's id, the contact's own customer id, or the household's. Nothing
    personal in it."""
    if isinstance(thing, Household):
        return thing.household_id
    return thing.own_customer_id if isinstance(thing, ContactThing) else thing.customer_id


def entry(thing: Thing) -> c.CustomerEntry:
    """The feed entry without n, version and traceparent."""
    if isinstance(thing, Customer):
        return c.CustomerEntry(customer=customer(thing))
    if isinstance(thing, Merged):
        merged = c.MergedCustomer(customer_id=thing.customer_id, into_customer_id=thing.into)
        return c.CustomerEntry(merged=merged)
    if isinstance(thing, Erased):
        keys = [key_to_proto(k) for k in thing.records]
        erased = c.ErasedCustomer(
            customer_id=thing.customer_id, records=keys, erased_at=timestamp(thing.erased_at)
        )
        return c.CustomerEntry(erased=erased)
    if isinstance(thing, Household):
        shared = c.Household(
            household_id=thing.household_id, type=thing.type, hint=thing.hint, customer_ids=thing.customer_ids
        )
        return c.CustomerEntry(household=shared)
    return c.CustomerEntry(contact=contact(thing))


def contact(thing: ContactThing) -> c.ContactBinding:
    found = c.ContactBinding(
        contact=key_to_proto(thing.contact),
        root=key_to_proto(thing.root),
        own_customer_id=thing.own_customer_id,
    )
    binding = thing.binding
    if binding is None:
        found.erased = True
        found.level = c.BindingLevel.ValueType(int(Level.NONE))
        return found
    found.level = c.BindingLevel.ValueType(int(binding.level))
    found.reason = binding.reason
    found.candidate_customer_ids.extend(binding.candidates)
    if binding.bound_to is not None:
        found.bound_to.CopyFrom(key_to_proto(binding.bound_to))
    return found


def customer(thing: Customer) -> c.Customer:
    held = thing.identifiers
    if len(held) > MOST:
        # Those that join first: they say who it is.
        held = tuple(sorted(held, key=lambda h: (not h.joins, h.identifier))[:MOST])
    return c.Customer(
        customer_id=thing.customer_id,
        records=[
            c.MemberRecord(
                key=key_to_proto(m.key), own_customer_id=m.own_customer_id, first_seen=timestamp(m.first_seen)
            )
            for m in thing.members[:MOST]
        ],
        golden=[
            c.GoldenField(
                name=g.name,
                value=g.text,
                source_id=g.source_id,
                record=key_to_proto(g.record),
                said_at=timestamp(g.value.stamp.occurred),
                trust=c.Trust.ValueType(int(g.value.trust)),
                pinned=g.pin is not None,
            )
            for g in thing.golden
        ],
        identifiers=[identifier(h.identifier, h.joins, h.trust, h.source_id) for h in held],
        evidence=[evidence(edge) for edge in thing.evidence[:MOST]],
        test=thing.test,
        first_seen=timestamp(thing.first_seen),
    )


def identifier(value: Identifier, joins: bool, trust: Trust, source_id: str) -> c.Identifier:
    return c.Identifier(
        type=value.type,
        namespace=value.namespace,
        value=value.value,
        joins=joins,
        trust=c.Trust.ValueType(int(trust)),
        source_id=source_id,
    )


_WORDS = {
    EvidenceKind.IDENTIFIER: "the same {}",
    EvidenceKind.STATED: "an event named both ({})",
    EvidenceKind.DECISION: "a steward said so",
    EvidenceKind.EVIDENCE: "{} agree",
}


def evidence(edge: Edge) -> c.Evidence:
    found = c.Evidence(
        kind=c.Evidence.Kind.ValueType(int(edge.kind)),
        left=key_to_proto(edge.left),
        right=key_to_proto(edge.right),
        text=_WORDS[edge.kind].format(_what(edge)),
        pieces=pieces(edge.pieces),
    )
    if edge.identifier is not None:
        found.identifier.CopyFrom(identifier(edge.identifier, True, Trust.TRUSTED, ""))
    if edge.weight is not None:
        found.weight = edge.weight / BIT
    return found


def pieces(waterfall: Iterable[Piece]) -> list[c.EvidencePiece]:
    return [c.EvidencePiece(attribute=p.name, level=p.level, weight=p.weight) for p in waterfall]


def _what(edge: Edge) -> str:
    """What the two have in common, in words."""
    if edge.identifier is not None:
        return edge.identifier.type.replace("_", " ")
    agreeing = [p.name.replace("_", " ") for p in edge.pieces if p.weight > 0]
    return " and ".join([", ".join(agreeing[:-1]), agreeing[-1]] if len(agreeing) > 1 else agreeing)


def nothing_joins(change: Change) -> str:
    """Why a record left its customer, in words."""
    return "a steward said so" if change.actor else "nothing joins them any more"


def source_to_proto(source: Source) -> c.Source:
    return c.Source(
        source_id=source.source_id,
        name=source.name,
        namespace=source.namespace,
        user_id_type=source.user_id_type,
        identifiers=[
            c.IdentifierRule(
                field=r.field,
                type=r.type,
                joins=r.joins,
                priority=r.priority,
                limit=r.limit,
                namespaced=r.namespaced,
            )
            for r in source.identifiers
        ],
        trust=c.Trust.ValueType(int(source.trust)),
        default_channel=source.default_channel,
        test=source.test,
        region=source.region,
        attributes=[
            c.AttributeRule(
                field=a.field,
                attribute=a.attribute,
                kind=a.kind,
                immutable=a.immutable,
                date_order=a.date_order,
            )
            for a in source.attributes
        ],
    )


def source_from_proto(message: c.Source) -> Source:
    return Source(
        source_id=message.source_id,
        name=message.name,
        namespace=message.namespace,
        trust=Trust(message.trust),
        user_id_type=message.user_id_type,
        identifiers=tuple(
            IdentifierRule(r.field, r.type, r.joins, r.priority, r.limit, r.namespaced)
            for r in message.identifiers
        ),
        default_channel=message.default_channel,
        test=message.test,
        region=message.region,
        attributes=tuple(
            AttributeRule(a.field, a.attribute, a.kind, a.immutable, a.date_order) for a in message.attributes
        ),
    )
