"""The view of one customer from its parts, bounded however long the history. No clock in here.

What depends on the clock (the sentence, days, what is overdue, which contact still goes on) is finished on reading, see
`finish.py`.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field

from pathloom.gateway.v1.view_pb2 import (
    CustomerView,
    Fact,
    HouseholdMember,
    KnownAs,
    LiveContact,
    PromiseView,
    Why,
)
from pathloom.identity.v1.customers_pb2 import Customer, Evidence, GoldenField
from pathloom.identity.v1.events_pb2 import RecordKind

from pathloom_gateway.domain.consent import consent_of, is_consent
from pathloom_gateway.domain.effort import EffortSum
from pathloom_gateway.domain.instants import stamp_micros
from pathloom_gateway.domain.journey_view import JourneyPart
from pathloom_gateway.domain.sentence import SentenceFacts
from pathloom_gateway.domain.told_apart import telling_facts
from pathloom_gateway.domain.trusts import TRUSTS

MOST_IN_PROGRESS = 10
MOST_CLOSED = 5
MOST_PROMISES = 20
MOST_CASES = 20
MOST_ANSWERS = 3
MOST_LIVE = 20
MOST_RECORDS = 50
_KINDS = {
    RecordKind.RECORD_KIND_USER: "user",
    RecordKind.RECORD_KIND_ANONYMOUS: "anonymous",
    RecordKind.RECORD_KIND_CONTACT: "contact",
}
_EVIDENCE = {
    Evidence.KIND_IDENTIFIER: "identifier",
    Evidence.KIND_DECISION: "decision",
    Evidence.KIND_STATED: "stated",
    Evidence.KIND_PROBABILISTIC: "probabilistic",
}
_LANGUAGE = ("preferred_language", "language", "locale")
_FLAGS = ("flags", "flag", "alert", "alerts")
_FAR = 1 << 62


@dataclass(frozen=True, slots=True)
class Live:
    """A contact of the customer that goes on, and the instant at which it went on last (microseconds since 1970)."""

    contact: LiveContact
    last_us: int


@dataclass(slots=True)
class Composed:
    """A customer's view without what the clock decides, and what finishing it needs.

    `shown` are the journeys in the order of the view: in progress, then closed.
    """

    view: CustomerView
    sentence: SentenceFacts
    telling: dict[str, str]
    in_progress: list[JourneyPart]
    closed: list[JourneyPart]
    promises: list[PromiseView]
    lives: list[Live] = field(default_factory=list)
    last_contact_us: int = 0


def compose_view(
    customer_id: str,
    customer: Customer | None,
    journeys: Sequence[JourneyPart],
    lives: Sequence[Live],
    more_journeys: int = 0,
    household: tuple[Sequence[HouseholdMember], int] = ((), 0),
) -> Composed:
    """The view of `customer_id`.

    `customer` is None where nobody has said who this is (a contact that is bound to nobody). `journeys` are those
    that may be shown or that hold something open, in any order; `more_journeys` counts those that were not even read.
    `household`: the others to show, and how many more there are.
    Journeys and live contacts are NOT put into the view message here (they are kept ready apart and added when the
    document is put together): `in_progress`, `closed`, `promises` and `lives` say which and in which order.
    """
    parts = sorted(
        (part for part in journeys if not part.empty), key=lambda one: (-one.last_us, one.view.journey_id)
    )
    going = [part for part in parts if part.in_progress]
    over = [part for part in parts if not part.in_progress]
    effort = EffortSum()
    for part in going:
        effort.add(part.effort)
    promises = sorted((promise for part in parts for promise in part.open_promises), key=_due)[:MOST_PROMISES]
    view = CustomerView(
        customer_id=customer_id,
        effort=effort.to_message(),
        more_journeys=more_journeys + max(0, len(going) - MOST_IN_PROGRESS) + max(0, len(over) - MOST_CLOSED),
        open_cases=sorted(
            (case for part in parts for case in part.open_cases),
            key=lambda one: (stamp_micros(one.due_at) or _FAR, one.case_id),
        )[:MOST_CASES],
        last_feedback=sorted(
            (answer for part in parts for answer in part.answers),
            key=lambda one: (stamp_micros(one.at), one.question),
            reverse=True,
        )[:MOST_ANSWERS],
        household=household[0],
        more_household=household[1],
    )
    contacts = [part.last_contact for part in parts if part.last_contact is not None]
    if contacts:
        view.last_contact.CopyFrom(
            max(contacts, key=lambda one: (stamp_micros(one.start), one.touchpoint_id))
        )
    telling: dict[str, str] = {}
    if customer is None:
        view.unidentified = True
    else:
        telling = _who(view, customer)
    return Composed(
        view=view,
        sentence=sentence_facts(going, over, known=customer is not None or bool(parts)),
        telling=telling,
        in_progress=going[:MOST_IN_PROGRESS],
        closed=over[:MOST_CLOSED],
        promises=promises,
        lives=sorted(lives, key=lambda one: (-one.last_us, one.contact.contact_id))[:MOST_LIVE],
        last_contact_us=stamp_micros(view.last_contact.start) if contacts else 0,
    )


def sentence_facts(going: Sequence[JourneyPart], over: Sequence[JourneyPart], known: bool) -> SentenceFacts:
    """What the sentence says: of the journey touched last, in progress before closed.

    The promise is the one due soonest over all journeys in progress: the caller may well call about that one.
    """
    if not (going or over):
        return SentenceFacts(known=known)
    part = going[0] if going else over[0]
    promises = sorted((promise for one in going for promise in one.open_promises), key=_due)
    first = promises[0].promise if promises else None
    return SentenceFacts(
        known=True,
        goal=part.goal_label,
        state=part.view.state,
        opened_us=stamp_micros(part.view.opened_at),
        ended_us=part.closed_us,
        attempts=part.attempts if part.in_progress else (),
        promised=first is not None,
        promise=first.what if first is not None else "",
        due_us=stamp_micros(first.due_at) if first is not None and first.HasField("due_at") else 0,
    )


def name_of(golden: dict[str, str]) -> str:
    """The name to show, from golden values."""
    parts = [
        golden.get("first_name") or golden.get("firstName"),
        golden.get("last_name") or golden.get("lastName"),
    ]
    return " ".join(part for part in parts if part) or golden.get("name", "") or golden.get("full_name", "")


def golden_values(customer: Customer) -> dict[str, str]:
    """Golden values by name."""
    return {one.name: one.value for one in customer.golden}


def _who(view: CustomerView, customer: Customer) -> dict[str, str]:
    golden = golden_values(customer)
    view.name = name_of(golden)
    view.language = next((golden[name] for name in _LANGUAGE if golden.get(name)), "")
    view.flags.extend(_flags(golden))
    view.test = customer.test
    view.preferred_channel = golden.get("preferred_channel", "")
    view.facts.extend(_fact(one) for one in customer.golden if not is_consent(one))
    consents = [consent_of(one) for one in customer.golden if is_consent(one)]
    view.consents.extend(consents[:MOST_RECORDS])
    view.more_consents = max(0, len(consents) - MOST_RECORDS)
    view.known_as.extend(
        KnownAs(
            source_namespace=one.key.namespace, kind=_KINDS.get(one.key.kind, ""), first_seen=one.first_seen
        )
        for one in customer.records[:MOST_RECORDS]
    )
    view.why_one.extend(_why(one) for one in customer.evidence[:MOST_RECORDS])
    view.more_records = max(0, len(customer.records) - MOST_RECORDS)
    view.unidentified = not any(
        one.key.kind == RecordKind.RECORD_KIND_USER for one in customer.records
    ) and all(one.type in ("anonymous_id", "device") for one in customer.identifiers)
    return telling_facts(golden)


def _fact(golden: GoldenField) -> Fact:
    fact = Fact(
        name=golden.name,
        value=golden.value,
        source_id=golden.source_id,
        trust=TRUSTS.get(golden.trust, ""),
        pinned=golden.pinned,
    )
    if golden.HasField("said_at"):
        fact.said_at.CopyFrom(golden.said_at)
    return fact


def _why(evidence: Evidence) -> Why:
    text = evidence.text
    if not text and evidence.kind == Evidence.KIND_IDENTIFIER:
        places = " and ".join(dict.fromkeys(sorted((evidence.left.namespace, evidence.right.namespace))))
        text = f"same {evidence.identifier.type} in {places}"
    why = Why(text=text, kind=_EVIDENCE.get(evidence.kind, ""))
    if evidence.HasField("weight"):
        why.weight = evidence.weight
    for piece in evidence.pieces:
        words = piece.attribute.replace("_", " ")
        why.pieces.add(attribute=words, level=piece.level, weight=piece.weight)
    return why


def _flags(golden: dict[str, str]) -> list[str]:
    flags: dict[str, None] = {}
    for name in _FLAGS:
        value = golden.get(name, "")
        if value.startswith("["):
            # What is not text comes as JSON.
            try:
                flags.update(dict.fromkeys(str(one) for one in json.loads(value)))
            except ValueError:
                flags[value] = None
        elif value:
            flags.update(dict.fromkeys(part.strip() for part in value.split(",") if part.strip()))
    return list(flags)[:MOST_RECORDS]


def _due(promise: PromiseView) -> tuple[int, str]:
    due = stamp_micros(promise.promise.due_at) if promise.promise.HasField("due_at") else _FAR
    return due, promise.promise.promise_id
