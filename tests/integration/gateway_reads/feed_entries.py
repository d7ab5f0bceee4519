"""Entries of the four feeds, made by hand. Instants are seconds after START."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from google.protobuf.timestamp_pb2 import Timestamp
from pathloom.identity.v1.customers_pb2 import (
    BindingLevel,
    ContactBinding,
    Customer,
    CustomerEntry,
    ErasedCustomer,
    GoldenField,
    Household,
    Identifier,
    MemberRecord,
    MergedCustomer,
    Trust,
)
from pathloom.identity.v1.events_pb2 import EventType, LoggedEvent, RecordKey, RecordKind
from pathloom.journey_graph.v1.journeys_pb2 import (
    Journey,
    JourneyEntry,
    JourneyState,
    Outcome,
    Promise,
    Touch,
    Touchpoint,
    TouchpointKind,
)
from pathloom.scoring.v1.scores_pb2 import Basis, Contribution, Friction, Satisfaction, Score, ScoreEntry

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def at(seconds: float) -> Timestamp:
    stamp = Timestamp()
    stamp.FromDatetime((START + timedelta(seconds=seconds)).replace(tzinfo=None))
    return stamp


def user(key: str, namespace: str = "portal") -> RecordKey:
    return RecordKey(namespace=namespace, kind=RecordKind.RECORD_KIND_USER, id=key)


def contact(key: str, namespace: str = "acd") -> RecordKey:
    return RecordKey(namespace=namespace, kind=RecordKind.RECORD_KIND_CONTACT, id=key)


def customer(
    n: int,
    version: int,
    customer_id: str,
    records: Sequence[str],
    *,
    phone: str = "",
    email: str = "",
    golden: dict[str, str] | None = None,
) -> CustomerEntry:
    """A living customer; the own customer id of record r is cus_r."""
    identifiers = []
    if phone:
        identifiers.append(Identifier(type="phone", value=phone, trust=Trust.TRUST_TRUSTED))
    if email:
        identifiers.append(Identifier(type="email", value=email, joins=True, trust=Trust.TRUST_TRUSTED))
    identifiers += [Identifier(type="user_id", namespace="portal", value=one, joins=True) for one in records]
    return CustomerEntry(
        n=n,
        version=version,
        customer=Customer(
            customer_id=customer_id,
            records=[
                MemberRecord(key=user(one), own_customer_id=f"cus_{one}", first_seen=at(0)) for one in records
            ],
            golden=[
                GoldenField(name=name, value=value, source_id="sis", said_at=at(0), trust=Trust.TRUST_TRUSTED)
                for name, value in (golden or {}).items()
            ],
            identifiers=identifiers,
            first_seen=at(0),
        ),
    )


def merged(n: int, version: int, customer_id: str, into: str) -> CustomerEntry:
    return CustomerEntry(
        n=n, version=version, merged=MergedCustomer(customer_id=customer_id, into_customer_id=into)
    )


def erased(n: int, version: int, customer_id: str, records: Sequence[RecordKey]) -> CustomerEntry:
    return CustomerEntry(
        n=n,
        version=version,
        erased=ErasedCustomer(customer_id=customer_id, records=records, erased_at=at(0)),
    )


def own_id(call: str) -> str:
    """The customer id under which a contact stands by itself; opaque, as identity's are."""
    return f"cus_own_{call.encode().hex()[::-1]}"


def binding(
    n: int,
    version: int,
    call: str,
    *,
    bound_to: str = "",
    level: BindingLevel.ValueType = BindingLevel.BINDING_LEVEL_NONE,
    root: str = "",
    candidates: Sequence[str] = (),
    erased: bool = False,
) -> CustomerEntry:
    """Whose a contact is; its own customer id is `own_id`."""
    thing = ContactBinding(
        contact=contact(call),
        root=contact(root or call),
        own_customer_id=own_id(call),
        level=level,
        reason="because",
        candidate_customer_ids=candidates,
        erased=erased,
    )
    if bound_to:
        thing.bound_to.CopyFrom(user(bound_to))
    return CustomerEntry(n=n, version=version, contact=thing)


def household(
    n: int, version: int, *customer_ids: str, kind: str = "phone", hint: str = "00"
) -> CustomerEntry:
    """Who shares a value; nobody: there is no household any more."""
    shared = Household(household_id=f"hou_{kind}", type=kind, hint=hint, customer_ids=customer_ids)
    return CustomerEntry(n=n, version=version, household=shared)


def event(
    n: int,
    name: str,
    call: str,
    when: float,
    *,
    event_id: str = "",
    received: float | None = None,
    **props: object,
) -> LoggedEvent:
    """A track event of a contact."""
    return LoggedEvent(
        n=n,
        event_id=event_id or f"ev{n}",
        source_id="acd",
        message_id=f"m{n}",
        type=EventType.EVENT_TYPE_TRACK,
        name=name,
        record=contact(call),
        contact=contact(call),
        occurred_at=at(when),
        received_at=at(when if received is None else received),
        payload=msgspec.json.encode({"properties": {"contact_id": call, **props}}),
        default_channel="voice",
    )


def touchpoint(key: str, when: float, **fields: Any) -> Touchpoint:
    values: dict[str, Any] = {
        "touchpoint_id": key,
        "kind": TouchpointKind.TOUCHPOINT_KIND_CONTACT,
        "channel": "voice",
        "touch": Touch.TOUCH_CUSTOMER_ACTIVE,
        "outcome": Outcome.OUTCOME_ENDED,
        "waiting_s": 60.0,
    }
    return Touchpoint(start=at(when), end=at(when + 60), **(values | fields))


def journey(
    n: int,
    version: int,
    journey_id: str,
    customer_id: str,
    touchpoints: Sequence[Touchpoint],
    *,
    customer_version: int = 1,
    label: str = "Appeal of aid decision",
    closed: float | None = None,
    promises: Sequence[Promise] = (),
) -> JourneyEntry:
    thing = Journey(
        journey_id=journey_id,
        customer_id=customer_id,
        goal="appeal",
        goal_label=label,
        state=JourneyState.JOURNEY_STATE_IN_PROGRESS
        if closed is None
        else JourneyState.JOURNEY_STATE_REACHED,
        touchpoints=touchpoints,
        customer_version=customer_version,
        promises=promises,
        generation=1,
    )
    thing.opened_at.CopyFrom(touchpoints[0].start)
    thing.last_at.CopyFrom(touchpoints[-1].end)
    if closed is not None:
        thing.closed_at.CopyFrom(at(closed))
    return JourneyEntry(n=n, version=version, journey_id=journey_id, journey=thing)


def withdrawn(n: int, version: int, journey_id: str) -> JourneyEntry:
    return JourneyEntry(n=n, version=version, journey_id=journey_id)


def score(n: int, version: int, journey_id: str, customer_id: str, journey_version: int) -> ScoreEntry:
    return ScoreEntry(
        n=n,
        version=version,
        journey_id=journey_id,
        score=Score(
            journey_id=journey_id,
            customer_id=customer_id,
            journey_version=journey_version,
            satisfaction=Satisfaction(basis=Basis.BASIS_ESTIMATED, value=40.0, base=60.0),
            friction=Friction(
                points=2.5, contributions=[Contribution(signal="wait", points=2.5, amount=60, unit="s")]
            ),
            model="shipped@1",
        ),
    )


def promise(key: str, what: str, due: float, kept: float | None = None) -> Promise:
    made = Promise(promise_id=key, what=what, due_at=at(due), made_at=at(0))
    if kept is not None:
        made.kept_at.CopyFrom(at(kept))
    return made
