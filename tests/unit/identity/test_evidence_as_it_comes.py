"""Evidence of records as they come: the same blocks, weights and persons as of a file, and what clustering makes of it
beside identifiers and decisions. Each law has a planted fault that it must catch."""

import random
from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pathloom_identity.adapters.codec import pack_said, unpack_said
from pathloom_identity.adapters.normalisers import normalise
from pathloom_identity.domain.clustering import Decision, EvidenceKind, Group, Weights, cluster
from pathloom_identity.domain.components import components
from pathloom_identity.domain.events import Event, EventType
from pathloom_identity.domain.evidence import blocking
from pathloom_identity.domain.evidence.attributes import SPELLINGS, Attribute, Kind
from pathloom_identity.domain.evidence.blocking import keys_of
from pathloom_identity.domain.evidence.model import BIT
from pathloom_identity.domain.evidence.resolution import resolve as resolve_file
from pathloom_identity.domain.evidence.weigher import Weighed, Weigher, spelled_table
from pathloom_identity.domain.record_state import RecordState
from pathloom_identity.domain.records import RecordKey, Trust
from pathloom_identity.domain.said import Said, is_quiet, said_of
from pathloom_identity.domain.sources import AttributeRule, Source
from pathloom_identity.models import general

from tests.unit.identity.evidence_worlds import evidence_decisions, evidence_world, person_key
from tests.unit.identity.identity_worlds import (
    LAW_RULES,
    SOURCES,
    Resolved,
    event,
    fold_all,
    read_all,
    resolve,
    weights_of,
)
from tests.unit.identity.persons import COLUMNS, attribute_of, world

seeds = st.integers(0, 10_000)
some = settings(max_examples=12, deadline=None)


def spelled(seed: int, persons: int, dirt: float = 0.3) -> list[Said]:
    """The rows of a small world as records would say them."""
    return [
        tuple(
            (attribute, text)
            for attribute in sorted(map(attribute_of, COLUMNS))
            if (text := SPELLINGS[attribute.kind](row[attribute.name]))
        )
        for row in world(seed, persons, dirt).rows
    ]


# --- the same as of a file -------------------------------------------------------------------------------------------


@some
@given(seeds)
def test_records_share_a_key_by_themselves_where_a_file_says_so(seed: int) -> None:
    records = spelled(seed, 25)
    own = [set(keys_of(said)) for said in records]
    table = spelled_table(records)
    for rule, column in blocking.keys(table):
        codes = column.tolist()
        for a, b in combinations(range(len(records)), 2):
            mine = {key for key in own[a] & own[b] if key[0] == rule}
            assert bool(mine) == (codes[a] == codes[b] >= 0), rule


def as_of_a_file(weigher: Weigher) -> Callable[[int], None]:
    def check(seed: int) -> None:
        records = spelled(seed, 12)
        whole = resolve_file(spelled_table(records), general())
        chance = random.Random(seed)
        pairs = [
            (a, b) if chance.random() < 0.5 else (b, a)
            for a, b in zip(whole.pairs.left.tolist(), whole.pairs.right.tolist(), strict=True)
        ]
        chance.shuffle(pairs)
        found: dict[tuple[int, int], Weighed] = {}
        while pairs:
            size = chance.randint(1, len(pairs))
            batch, pairs = pairs[:size], pairs[size:]
            found |= weigher.weigh(dict(enumerate(records)), [*batch, *chance.sample(batch, 1)])
        for at, (a, b) in enumerate(zip(whole.pairs.left.tolist(), whole.pairs.right.tolist(), strict=True)):
            one = found[a, b] if (a, b) in found else found[b, a]
            assert (one.weight, one.vetoed) == (whole.weight[at], whole.vetoed[at])
            assert sum(piece.weight for piece in one.pieces) == one.weight / BIT

    return check


class Mixing(Weigher):
    """Planted: pairs are remembered by the first of the two."""

    def weigh(self, said: Any, pairs: Any, **given: Any) -> Any:
        found = super().weigh(said, pairs, **given)
        self._known = type(self._known)(
            ((a, b), w) for (a, _), w in self._known.items() for (_, b) in self._known
        )
        return found


def test_a_pair_weighs_what_it_weighs_in_a_file_whatever_it_comes_with() -> None:
    check = as_of_a_file(Weigher(general(), remembered=50))
    some(given(seeds)(check))()


def test_what_is_remembered_wrongly_is_noticed() -> None:
    with pytest.raises(AssertionError):
        as_of_a_file(Mixing(general()))(3)


@some
@given(seeds)
def test_records_without_identifiers_become_the_persons_of_a_file(seed: int) -> None:
    chance = random.Random(seed)
    records = spelled(seed, 30, dirt=0.4)
    keys = [person_key("crm", f"{at:04d}") for at in range(len(records))]
    model = replace(general(), block_cap=chance.choice([5, 20, 100]))
    whole = resolve_file(spelled_table(records), model)
    weigher = Weigher(model)
    said = {key: one for key, one in zip(keys, records, strict=True) if one}
    states = {key: RecordState(at) for at, key in enumerate(keys)}
    blocks: dict[tuple[str, ...], list[RecordKey]] = {}
    for key, one in said.items():
        for block in keys_of(one):
            blocks.setdefault(block, []).append(key)
    candidates = {
        pair for held in blocks.values() if len(held) <= model.block_cap for pair in combinations(held, 2)
    }
    weighed = weigher.weigh(said, candidates)
    near = [pair for pair, one in weighed.items() if weigher.is_near(one)]
    found = components(states, (), (), near)
    assert max(map(len, found)) <= 120
    pairs = [pair for one in found for pair in combinations(sorted(one & said.keys()), 2)]
    quiet = frozenset(key for key, one in said.items() if is_quiet(one))
    weights = Weights(weigher.weigh(said, pairs), quiet, round(model.cut * BIT), round(model.unseen * BIT))
    mine = {frozenset(group.members) for group in cluster(states, weights=weights)}
    theirs = {
        frozenset(keys[at] for at in np.flatnonzero(whole.cluster == first).tolist())
        for first in set(whole.cluster.tolist())
    }
    assert mine == theirs


# --- beside identifiers and decisions --------------------------------------------------------------------------------

Resolve = Callable[..., Resolved]


def any_order(true_resolve: Resolve) -> Callable[[int], None]:
    def check(seed: int) -> None:
        chance = random.Random(seed)
        came = evidence_world(seed)
        said = evidence_decisions(seed, came)
        shuffled = came[:]
        chance.shuffle(shuffled)
        again = shuffled + chance.sample(came, 1)
        assert true_resolve(again, said[::-1], batches=chance) == true_resolve(came, said)

    return check


def by_arrival(came: list[Event], said: Any = (), **given: Any) -> Resolved:
    """Planted: evidence weighs only what had been said when a record came first."""
    first = list({one.record: one for one in came[::-1]}.values())
    early = resolve(first, said)
    late = resolve(came, said, **given)
    return replace(late, groups=early.groups)


def test_any_order_and_batch_gives_the_same_persons() -> None:
    settings(max_examples=25, deadline=None)(given(seeds)(any_order(resolve)))()


def test_any_order_catches() -> None:
    with pytest.raises((AssertionError, ExceptionGroup)):
        settings(max_examples=60, deadline=None, database=None)(given(seeds)(any_order(by_arrival)))()


def a_word_holds(true_cluster: Callable[..., list[Group]]) -> Callable[[int], None]:
    def check(seed: int) -> None:
        came = evidence_world(seed)
        said = evidence_decisions(seed, came)
        found = resolve(came, said, cluster=true_cluster)
        for one in said:
            if not one.same:
                assert found.group_of(one.left) != found.group_of(one.right)
        for one in said:
            alone = [d for d in said if d is not one and d.same]
            if one.same and not alone and all(d.same for d in said):
                assert found.group_of(one.left) == found.group_of(one.right)

    return check


def by_evidence_alone(records: Any, said: Any = (), rules: Any = None, **given: Any) -> list[Group]:
    """Planted: "different" keeps identifiers apart, and evidence joins them again."""
    return cluster(records, [one for one in said if one.same], rules, **given)


def test_same_and_different_hold_whatever_the_evidence() -> None:
    settings(max_examples=40, deadline=None)(given(seeds)(a_word_holds(cluster)))()


def test_a_word_that_is_not_asked_is_noticed() -> None:
    with pytest.raises((AssertionError, ExceptionGroup)):
        settings(max_examples=80, deadline=None, database=None)(
            given(seeds)(a_word_holds(by_evidence_alone))
        )()


def unmerge_restores(true_resolve: Resolve) -> Callable[[int], None]:
    """Whoever a steward made one and took apart again is as if only the last word had ever been said."""

    def check(seed: int) -> None:
        came = evidence_world(seed)
        plain = resolve(came)
        pairs = [Decision(one.left, one.right, False) for one in evidence_decisions(seed, came)]
        merged = true_resolve(came, [replace(one, same=True) for one in pairs])
        apart = true_resolve(came, pairs)
        assert {k for g in merged.groups for k in g} == {k for g in plain.groups for k in g}
        for one in pairs:
            if plain.group_of(one.left) != plain.group_of(one.right):
                # They were two before: saying so changes nobody, however long they had been one.
                pairs = [other for other in pairs if other != one]
        if not pairs:
            assert apart == plain

    return check


def test_unmerge_restores_what_was() -> None:
    settings(max_examples=25, deadline=None)(given(seeds)(unmerge_restores(resolve)))()


ONE = {
    "first_name": "Robert",
    "last_name": "Lindqvist",
    "date_of_birth": "1971-06-24",
    "address": "12 Mill Lane",
    "email": "r@mail.example.org",
}
OTHER = {**ONE, "first_name": "Maria", "date_of_birth": "1974-11-02"}


def told(*traits: Mapping[str, Any], source: Source = SOURCES["crm"], claimed: bool = False) -> list[Event]:
    """Each by a user of its own."""
    return [
        event(
            at,
            source,
            EventType.IDENTIFY,
            user=f"U{at}",
            payload={"traits": dict(one)},
            received=at,
            claimed=claimed,
        )
        for at, one in enumerate(traits)
    ]


def test_two_of_one_household_are_two_even_where_they_share_an_address_that_joins() -> None:
    assert len(resolve(told(ONE, OTHER)).groups) == 2
    assert len(resolve(told(ONE, OTHER), model=None).groups) == 1  # what identifiers alone make of a couple
    assert len(resolve(told({**ONE, "first_name": "Bob"}, ONE)).groups) == 1
    # An id of the person outweighs the veto, and a steward everything.
    number = {"student_id": "S9"}
    assert len(resolve(told(ONE | number, OTHER | number)).groups) == 1
    same = Decision(person_key("crm", "U0"), person_key("crm", "U1"), same=True)
    assert len(resolve(told(ONE, OTHER), [same]).groups) == 1


def test_one_weak_bridge_joins_no_two_groups() -> None:
    keys = [person_key("crm", f"{at}") for at in range(6)]

    def weighed(bits: int) -> Weighed:
        return Weighed(bits * BIT, False, ())

    tight = {pair: weighed(20) for side in (keys[:3], keys[3:]) for pair in combinations(side, 2)}
    across = {(a, b): weighed(-10) for a in keys[:3] for b in keys[3:]}
    weights = Weights(tight | across | {(keys[2], keys[3]): weighed(12)}, frozenset(), 2 * BIT, -10 * BIT)
    groups = cluster({key: RecordState(0) for key in keys}, weights=weights)
    assert [group.members for group in groups] == [tuple(keys[:3]), tuple(keys[3:])]


def test_evidence_shows_its_pieces_and_they_sum_to_it() -> None:
    world_ = told(ONE, {k: v for k, v in ONE.items() if k != "email"} | {"last_name": "Lindqvst"})
    states = {k: s for k, s in fold_all(read_all(world_)).items() if k.is_person}
    (group,) = cluster(states, (), LAW_RULES, weights=weights_of(states, (), LAW_RULES, general()))
    (edge,) = group.evidence
    assert edge.kind is EvidenceKind.EVIDENCE
    assert [(p.name, p.level) for p in edge.pieces][:1] == [("prior", "two records by chance")]
    assert {("surname", "close"), ("date_of_birth", "exact")} <= {(p.name, p.level) for p in edge.pieces}
    assert edge.weight is not None
    assert sum(piece.weight for piece in edge.pieces) == edge.weight / BIT


def test_an_address_alone_does_not_water_down_what_another_record_says() -> None:
    full = {k: v for k, v in ONE.items() if k != "email"}
    quiet = [
        event(9 + n, SOURCES["sis"], EventType.IDENTIFY, user="S1", cookie=f"k{n}", received=9)
        for n in range(3)
    ]
    anonymous = [
        event(
            20 + n,
            SOURCES["sis"],
            EventType.IDENTIFY,
            cookie=f"k{n}",
            received=20,
            payload={"traits": {"city": "York"}},
        )
        for n in range(3)
    ]
    known = event(30, SOURCES["sis"], EventType.IDENTIFY, user="S1", received=30, payload={"traits": full})
    assert len(resolve([*told(full), *quiet, *anonymous, known]).groups) == 1


# --- what a record says ----------------------------------------------------------------------------------------------


def said(*events: Event) -> Said:
    (state,) = fold_all(read_all(events)).values()
    return said_of(state, SOURCES, normalise)


def as_text(found: Said) -> dict[str, str]:
    return {attribute.name: text for attribute, text in found}


def test_what_is_said_is_spelled_and_of_trusted_sources_alone() -> None:
    traits = {
        "firstName": "Dr. José", "last-name": "O'Neil", "birthday": "24/06/1971", "phone": "402-555-0101", "mail": "x",
        "address": {"street": "12 Mill Street", "postalCode": "NE-68102", "city": "Omaha", "country": "US", "note": [1]},
        "email": "mailto:J@Mail.example.org", "dob": None,
    }  # fmt: skip
    found = said(event(1, SOURCES["crm"], EventType.IDENTIFY, user="a", payload={"traits": traits}))
    assert as_text(found) == {
        "given_name": "jose", "surname": "oneil", "date_of_birth": "19712406", "phone": "14025550101",
        "street": "12 mill st", "postcode": "ne68102", "city": "omaha", "email": "j@mail.example.org",
    }  # fmt: skip
    assert unpack_said(pack_said(found)) == found
    claimed = event(
        2, SOURCES["crm"], EventType.IDENTIFY, cookie="k", payload={"traits": traits}, claimed=True
    )
    assert said(claimed) == ()
    assert said(event(3, SOURCES["form"], EventType.IDENTIFY, user="a", payload={"traits": traits})) == ()


def test_a_source_says_which_of_its_traits_are_evidence() -> None:
    rules = (
        AttributeRule("nee", "surname"), AttributeRule("born", "date_of_birth", date_order="dmy"),
        AttributeRule("member", "member_no", "code", immutable=True), AttributeRule("email", ""),
    )  # fmt: skip
    club = replace(SOURCES["crm"], attributes=rules)
    traits = {
        "nee": "Ash",
        "born": "03/04/1971",
        "member": "A-1",
        "email": "office@mail.example.org",
        "note": "x",
    }
    (state,) = fold_all(
        read_all([event(1, SOURCES["crm"], EventType.IDENTIFY, user="a", payload={"traits": traits})])
    ).values()
    found = said_of(state, {"crm": club}, normalise)
    assert as_text(found) == {"surname": "ash", "date_of_birth": "19710403", "member_no": "a1"}
    assert {attribute.name: attribute.immutable for attribute, _ in found}["member_no"]
    assert unpack_said(pack_said(found)) == found


def test_a_value_that_was_taken_back_or_says_nothing_is_not_said() -> None:
    came = [
        event(
            1,
            SOURCES["crm"],
            EventType.IDENTIFY,
            user="a",
            payload={"traits": {"city": "York", "last_name": "n/a"}},
            at=1,
        ),
        event(
            2,
            SOURCES["crm"],
            EventType.IDENTIFY,
            user="a",
            payload={"traits": {"city": None, "address": "{not json"}},
            at=2,
        ),
    ]
    assert as_text(said(*came)) == {"street": "not json"}
    assert as_text(said(*came[:1])) == {"city": "york"}
    assert is_quiet(said(*came))


def test_a_model_speaks_of_kinds_and_further_attributes_have_keys_of_their_own() -> None:
    code, text = Attribute("member", Kind.CODE), Attribute("employer", Kind.TEXT)
    one = ((text, "acme"), (standard_name := attribute_of("given_name"), "anna"), (code, "a1"))
    assert ("member", "a1") in keys_of(one)
    assert ("given+employer", "anna", "acme") in keys_of(one)
    assert not any(key[0] == "member" for key in keys_of([(standard_name, "anna")]))
    assert Trust.CLAIMED < Trust.TRUSTED
