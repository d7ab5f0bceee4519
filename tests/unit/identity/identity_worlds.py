"""Small worlds for the laws of identity: few ids, so that everything collides."""

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

from hypothesis import strategies as st
from pathloom_identity.adapters.normalisers import normalise
from pathloom_identity.application.terms import Terms
from pathloom_identity.application.weighers import Weighers
from pathloom_identity.domain import contacts
from pathloom_identity.domain.clustering import Decision, Group, Pair, Rules, Weights, cluster, holders
from pathloom_identity.domain.components import components
from pathloom_identity.domain.contacts import Binding, Owner, Owners
from pathloom_identity.domain.events import Event, EventType, record_named
from pathloom_identity.domain.evidence.blocking import keys_of
from pathloom_identity.domain.evidence.crowds import STEP
from pathloom_identity.domain.evidence.model import BIT, Model
from pathloom_identity.domain.evidence.weigher import Weighed, Weigher
from pathloom_identity.domain.golden import GoldenValue, Pins, golden
from pathloom_identity.domain.households import Household, household, household_values
from pathloom_identity.domain.identifiers import Identifier
from pathloom_identity.domain.record_state import RecordState, fold
from pathloom_identity.domain.records import RecordKey, RecordKind, Trust
from pathloom_identity.domain.said import Said, is_quiet, said_of
from pathloom_identity.domain.sources import PLATFORM, IdentifierRule, Source, policies
from pathloom_identity.domain.statements import Statement, statements
from pathloom_identity.domain.withdrawals import withdrawn, withdrawn_message
from pathloom_identity.models import cautious

RULES = (
    IdentifierRule("email", "email", joins=True, priority=20),
    IdentifierRule("student_id", "student_id", joins=True, priority=5, limit=1),
)
SOURCES = {
    "crm": Source("crm", "CRM", "crm", Trust.TRUSTED, identifiers=RULES, region="US"),
    "sis": Source(
        "sis", "SIS", "sis", Trust.AUTHORITATIVE, user_id_type="student_id", identifiers=RULES, region="US"
    ),
    "form": Source("form", "A web form", "form", Trust.CLAIMED, identifiers=RULES, region="US"),
    PLATFORM.source_id: PLATFORM,
}
LAW_RULES = Rules(policies(SOURCES.values()), demote_over=3)
#: Of a world so small that every block is soon too large, and that little is enough to be near.
LAW_MODEL = replace(cautious(), version="laws", log2_prior=-14.0, cut=2.0, block_cap=3)
#: So few are a crowd already.
LAW_WHOLE = 4
LAW_TERMS = Terms(
    normalise, LAW_RULES.demote_over, Weigher(LAW_MODEL, whole=LAW_WHOLE), weighers=Weighers(LAW_WHOLE)
)

_users = st.sampled_from(["S1", "S1", "", "S2", "S3"])
_cookies = st.sampled_from(["", "", "k1", "k2"])
_calls = st.sampled_from(["", "", "c1", "c2", "c3"])
_values = {
    "email": st.sampled_from(["a@mail.example.org", "B@mail.example.org", "null", "not an address"]),
    "student_id": st.sampled_from(["S1", "S2", "0000", "S9"]),
    "phone": st.sampled_from(["402-555-0101", "+14025550102", "anonymous", "0000000000"]),
}
_always = {"first_name": st.sampled_from(["Jo", "Joanna", "Ann", None])}
_values |= {
    "last_name": st.sampled_from(["Lindqvist", "Lindqvst", "Okafor", None]),
    "date_of_birth": st.sampled_from(["1971-06-24", "1971-06-42", "1990-01-02"]),
    "address": st.sampled_from(
        ["12 Mill Lane", {"street": "12 Mill Lane", "city": "York", "postal_code": "4711"}]
    ),
}
_call_properties = st.fixed_dictionaries(
    {},
    optional={
        "from_number": st.sampled_from(["402-555-0101", "402-555-0102", "withheld", "anonymous", ""]),
        "direction": st.sampled_from(["inbound", "outbound"]),
        "related_contact_id": st.sampled_from(["c1", "c2", "c3"]),
        "relation": st.sampled_from(["transfer_of", "consult_for", "callback_of"]),
        "student_id": st.sampled_from(["S1", "S2"]),
    },
)
_sometimes = st.sampled_from([False, False, True])
_words = st.sampled_from(["Something", "Consent Given", "Consent Withdrawn"])
_names = st.sampled_from(["Contact Queued", "Verification Passed", "Verification Failed", "Contact Ended"])


@st.composite
def events(
    draw: st.DrawFn,
    max_size: int = 14,
    *,
    claimed: st.SearchStrategy[bool] = _sometimes,
) -> list[Event]:
    """Events of all sources; times collide, ids do not."""
    found: list[Event] = []
    for number in range(draw(st.integers(1, max_size))):
        source = SOURCES[draw(st.sampled_from(["crm", "sis", "form"]))]
        user, cookie, call = draw(_users), draw(_cookies), draw(_calls)
        if not (user or cookie or call):
            user = "S1"
        said_by_public_key = draw(claimed)
        kind = draw(
            st.sampled_from([EventType.IDENTIFY, EventType.IDENTIFY, EventType.TRACK, EventType.ALIAS])
        )
        payload: dict[str, Any] = {}
        if kind is EventType.IDENTIFY:
            payload["traits"] = draw(st.fixed_dictionaries(_always, optional=_values))
        if call:
            payload["properties"] = draw(_call_properties)
        elif found and draw(st.integers(0, 9)) == 0:
            payload["properties"] = {
                draw(st.sampled_from(["amends", "retracts"])): draw(
                    st.sampled_from([e.message_id for e in found])
                )
            }
        elif kind is EventType.TRACK:
            payload["properties"] = {"purpose": "marketing", "channel": draw(st.sampled_from(["", "email"]))}
        found.append(
            event(
                number, source, kind, user=user, cookie=cookie, call=call, payload=payload,
                name=draw(_names if call else _words), claimed=said_by_public_key,
                previous=draw(st.sampled_from(["", "k1", "S2"])) if kind is EventType.ALIAS else "",
                at=draw(st.integers(0, 6)), received=draw(st.integers(10, 14)),
            )
        )  # fmt: skip
    return found


def event(
    number: int, source: Source, kind: EventType = EventType.TRACK, *, user: str = "", cookie: str = "", call: str = "",
    payload: Mapping[str, Any] | None = None, name: str = "Something", claimed: bool = False, previous: str = "",
    at: int = 0, received: int = 0,
) -> Event:  # fmt: skip
    """An event as the log would hold it."""
    record = record_named(source.namespace, user, cookie, call, claimed=claimed)
    assert record is not None
    return Event(
        event_id=f"{number:032x}", source_id=source.source_id, message_id=f"m{number}", type=kind, name=name,
        record=record, contact=RecordKey(source.namespace, RecordKind.CONTACT, call) if call else None, user_id=user,
        anonymous_id=cookie, previous_id=previous, occurred_at=at, received_at=received, payload=payload or {},
        claimed=claimed,
    )  # fmt: skip


decisions = st.lists(
    st.tuples(
        st.sampled_from([RecordKey("crm", RecordKind.USER, u) for u in ("S1", "S2")]),
        st.sampled_from([RecordKey("sis", RecordKind.USER, u) for u in ("S1", "S2", "S3")]),
        st.booleans(),
    ),
    max_size=3,
    unique_by=lambda d: d[:2],
).map(lambda found: [Decision(*d) for d in found])

Read = Callable[..., list[Statement]]
Fold = Callable[[RecordState | None, Iterable[Statement]], RecordState]
Cluster = Callable[..., list[Group]]


@dataclass(frozen=True)
class Resolved:
    """What a world comes to. Evidence left out."""

    states: Mapping[RecordKey, RecordState]
    groups: frozenset[tuple[RecordKey, ...]]
    golden: Mapping[RecordKey, tuple[GoldenValue, ...]]
    roots: Mapping[RecordKey, RecordKey]
    bindings: Mapping[RecordKey, Binding]
    households: Mapping[Identifier, Household]
    """Those that are, without their ids."""

    def group_of(self, key: RecordKey) -> tuple[RecordKey, ...]:
        return next(group for group in self.groups if key in group)


def read_all(world: Sequence[Event], read: Read = statements) -> list[Statement]:
    """All statements, in the order of the events, with withdrawals applied as the log has them."""
    by_message = {(e.source_id, e.message_id): e.event_id for e in world}
    pairs = {
        (by_message[e.source_id, named], e.event_id)
        for e in world
        if (named := withdrawn_message(e)) is not None and (e.source_id, named) in by_message
    }
    fallen = withdrawn(pairs)
    return [
        s for e in world for s in read(e, SOURCES[e.source_id], normalise, withdrawn=e.event_id in fallen)
    ]


def fold_all(
    said: Sequence[Statement], fold: Fold = fold, batches: random.Random | None = None
) -> dict[RecordKey, RecordState]:
    """All records; `batches` cuts the statements into batches of random size."""
    states: dict[RecordKey, RecordState] = {}
    left = list(said)
    while left:
        size = batches.randint(1, len(left)) if batches else 1
        batch, left = left[:size], left[size:]
        by_key: dict[RecordKey, list[Statement]] = {}
        for one in batch:
            by_key.setdefault(one.record, []).append(one)
        for key, of_key in by_key.items():
            states[key] = fold(states.get(key), of_key)
    return states


def resolve(
    world: Sequence[Event], said_apart: Sequence[Decision] = (), *, read: Read = statements, fold: Fold = fold,
    cluster: Cluster = cluster, batches: random.Random | None = None, rules: Rules = LAW_RULES,
    model: Model | None = LAW_MODEL, pins: Pins | None = None,
) -> Resolved:  # fmt: skip
    """The whole of identity as one pure function: what every other way of coming to it must equal."""
    states = fold_all(read_all(world, read), fold, batches)
    people = {k: s for k, s in states.items() if k.is_person}
    calls = {k: s for k, s in states.items() if not k.is_person}
    weights = weights_of(people, said_apart, rules, model) if model else Weights()
    groups = cluster(people, said_apart, rules, weights=weights)
    customer = {key: str(group.members[0]) for group in groups for key in group.members}
    roots = contacts.roots(calls)
    owners = {
        i: owners_of(i, people, customer, rules.demote_over) for i in contacts.identifiers(calls.values())
    }
    bindings = {
        root: contacts.bind([calls[k] for k, r in roots.items() if r == root], owners, customer)
        for root in set(roots.values())
    }
    return Resolved(
        states,
        frozenset(group.members for group in groups),
        {
            g.members[0]: tuple(golden({k: people[k] for k in g.members}, rules.survivorship, pins))
            for g in groups
        },
        roots,
        bindings,
        households_of(people, customer, rules.demote_over),
    )


def weights_of(
    people: Mapping[RecordKey, RecordState],
    said_apart: Sequence[Decision],
    rules: Rules,
    model: Model,
    whole: int = LAW_WHOLE,
) -> Weights:
    """Evidence from the whole at once: every block, every pair of a component."""
    weigher = Weigher(model)
    said = {key: one for key, state in people.items() if (one := said_of(state, SOURCES, normalise))}
    weighed = weigher.weigh(said, candidates_of(said, model.block_cap))
    near = near_of(weighed, weigher, whole)
    demoted = {i for i, held_by in holders(people).items() if len(held_by) > rules.demote_over}
    groups = components(people, demoted, said_apart, near)
    pairs: set[Pair] = set()
    parts = components(dict.fromkeys(people, RecordState(0)), near=near)
    for group in groups:
        saying = sorted(group & said.keys())
        if len(saying) <= whole:
            pairs.update(combinations(saying, 2))
        else:
            pairs |= {pair for pair in weighed if group.issuperset(pair)}
            for part in parts:
                pairs.update(combinations(sorted(part & group & said.keys()), 2))
    quiet = frozenset(key for key, one in said.items() if is_quiet(one))
    return Weights(weigher.weigh(said, pairs), quiet, round(model.cut * BIT), round(model.unseen * BIT))


def near_weights(world: Sequence[Event], model: Model) -> dict[Pair, int]:
    """What all pairs weigh that are near."""
    weigher = Weigher(model)
    people = {key: state for key, state in fold_all(read_all(world)).items() if key.is_person}
    said = {key: one for key, state in people.items() if (one := said_of(state, SOURCES, normalise))}
    weighed = weigher.weigh(said, candidates_of(said, model.block_cap))
    return {pair: one.weight for pair, one in weighed.items() if weigher.is_near(one)}


def near_of(weighed: Mapping[Pair, Weighed], weigher: Weigher, whole: int) -> list[Pair]:
    """The pairs that are near and of one part: where more than `whole` are connected the bar is raised."""
    near = {pair: one.weight for pair, one in weighed.items() if weigher.is_near(one)}
    kept: list[Pair] = []
    bar = weigher.near_from
    while near := {pair: weight for pair, weight in near.items() if weight > bar}:
        sizes = {
            key: len(group)
            for group in components(
                dict.fromkeys({k for pair in near for k in pair}, RecordState(0)), near=near
            )
            for key in group
        }
        kept += [pair for pair in near if sizes[pair[0]] <= whole]
        near = {pair: weight for pair, weight in near.items() if sizes[pair[0]] > whole}
        bar += STEP
    return kept


def candidates_of(said: Mapping[RecordKey, Said], cap: int) -> set[Pair]:
    """Pairs that share a block of at most `cap`."""
    blocks: dict[tuple[str, ...], list[RecordKey]] = {}
    for key in sorted(said):
        for block in keys_of(said[key]):
            blocks.setdefault(block, []).append(key)
    return {pair for held in blocks.values() if len(held) <= cap for pair in combinations(held, 2)}


def households_of(
    people: Mapping[RecordKey, RecordState], customer: Mapping[RecordKey, str], most: int
) -> dict[Identifier, Household]:
    """Who shares a value that no more records than `most` have."""
    found = {}
    for value in {value for state in people.values() for value in household_values(state)}:
        if not owners_of(value, people, customer, most).too_many:
            homes = [customer[key] for key, state in people.items() if value in household_values(state)]
            found[value] = household("", value, homes)
    return {value: home for value, home in found.items() if home.customer_ids}


def owners_of(
    identifier: Any, people: Mapping[RecordKey, RecordState], customer: Mapping[RecordKey, str], most: int
) -> Owners:
    """Who an identifier leads to."""
    found = [
        Owner(key, customer[key], state.first_seen)
        for key, state in people.items()
        if identifier in state.joining() or identifier in state.finding()
    ]
    return Owners((), too_many=True) if len(found) > most else Owners(tuple(found))
