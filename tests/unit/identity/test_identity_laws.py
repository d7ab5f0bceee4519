"""Laws of identity, each a check that the true rules pass and a planted fault does not."""

import random
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from pathloom_identity.adapters.codec import pack, unpack
from pathloom_identity.domain import clustering
from pathloom_identity.domain.clustering import Decision, Group, Rules, Weights, cluster
from pathloom_identity.domain.contacts import Owners, bind, roots
from pathloom_identity.domain.events import Event, EventType
from pathloom_identity.domain.golden import GoldenValue, Survives, golden
from pathloom_identity.domain.record_state import RecordState, fold
from pathloom_identity.domain.records import RecordKey, RecordKind, Trust
from pathloom_identity.domain.statements import Level, Statement, statements

from tests.unit.identity.identity_worlds import (
    LAW_RULES,
    SOURCES,
    Cluster,
    Fold,
    Read,
    decisions,
    event,
    events,
    fold_all,
    read_all,
    resolve,
)

bounded = settings(
    max_examples=100, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
quick = settings(bounded, max_examples=600, phases=(Phase.generate,))


def law(check: Callable[..., None], **given_: st.SearchStrategy[Any]) -> Callable[..., None]:
    """A runnable law: `check` over the strategies."""
    return bounded(given(**given_)(check))


def caught(check: Callable[..., None], **given_: st.SearchStrategy[Any]) -> None:
    """The fault that `check` holds must break the law."""
    with pytest.raises((AssertionError, ExceptionGroup)):
        quick(given(**given_)(check))()


# --- any order, any batches ------------------------------------------------------------------------------------------


def any_order(true_fold: Fold) -> Callable[..., None]:
    def check(world: list[Event], said: list[Decision], seed: int) -> None:
        chance = random.Random(seed)
        shuffled = world[:]
        chance.shuffle(shuffled)
        again = shuffled + chance.sample(world, chance.randint(0, len(world)))
        assert resolve(again, said[::-1], fold=true_fold, batches=chance) == resolve(
            world, said, fold=true_fold
        )

    return check


def last_applied_wins(state: RecordState | None, said: Iterable[Statement]) -> RecordState:
    """Planted: the value that comes last stays, whatever its stamp."""
    all_said = list(said)
    folded = fold(state, all_said)
    values = dict(folded.values)
    for one in all_said:
        for name, text in one.values:
            values[name, one.source_id] = replace_value(folded.values[name, one.source_id], text)
    return replace(folded, values=values)


def replace_value(value: Any, text: str | None) -> Any:
    return value._replace(text=text)


def first_seen_by_arrival(state: RecordState | None, said: Iterable[Statement]) -> RecordState:
    """Planted: the oldest record is the one whose events were applied first."""
    folded = fold(state, said)
    return replace(folded, first_seen=state.first_seen if state else folded.first_seen)


def test_any_order_and_batching_gives_the_same() -> None:
    law(any_order(fold), world=events(), said=decisions, seed=st.integers(0, 99))()


@pytest.mark.parametrize("fault", [last_applied_wins, first_seen_by_arrival])
def test_any_order_catches(fault: Fold) -> None:
    caught(any_order(fault), world=events(), said=decisions, seed=st.integers(0, 99))


def twice_is_once(true_fold: Fold) -> Callable[..., None]:
    def check(world: list[Event]) -> None:
        said = read_all(world)
        assert fold_all([*said, *said], true_fold) == fold_all(said, true_fold)

    return check


def counting(state: RecordState | None, said: Iterable[Statement]) -> RecordState:
    """Planted: something that grows with each application."""
    folded = fold(state, said)
    return replace(folded, first_seen=folded.first_seen - 1)


def test_twice_is_once() -> None:
    law(twice_is_once(fold), world=events())()


def test_twice_is_once_catches() -> None:
    caught(twice_is_once(counting), world=events())


@bounded
@given(world=events())
def test_a_packed_record_is_the_record(world: list[Event]) -> None:
    for state in fold_all(read_all(world)).values():
        assert unpack(pack(state)) == state
        assert pack(unpack(pack(state))) == pack(state)


# --- limits and decisions over a whole component ---------------------------------------------------------------------


def limits_hold(true_cluster: Cluster) -> Callable[..., None]:
    def check(world: list[Event]) -> None:
        found = resolve(world, cluster=true_cluster)
        for group in found.groups:
            values = [
                {i.value for i, held in found.states[key].identifiers.items()
                 if i.type == "student_id" and any(h.trust > Trust.CLAIMED and not h.stated for h in held)}
                for key in group
            ]  # fmt: skip
            together: set[str] = set().union(*values)
            assert len(together) <= max(1, *(len(v) for v in values))

    return check


def without_limits(
    records: Any,
    said: Sequence[Decision] = (),
    rules: Rules | None = None,
    demoted: frozenset[Any] = frozenset(),
    weights: Weights | None = None,
) -> list[Group]:
    """Planted: limits are looked at per pair of records, not over the component (here: not at all)."""
    return cluster(records, said, Rules({}, (rules or Rules()).demote_over), demoted, weights)


def test_limits_hold_over_the_component() -> None:
    law(limits_hold(cluster), world=events())()


def test_limits_catches() -> None:
    caught(limits_hold(without_limits), world=events())


def different_stays_different(true_cluster: Cluster) -> Callable[..., None]:
    def check(world: list[Event], said: list[Decision]) -> None:
        found = resolve(world, said, cluster=true_cluster)
        for decision in said:
            if not decision.same and {decision.left, decision.right} <= found.states.keys():
                assert found.group_of(decision.left) != found.group_of(decision.right)

    return check


def apart_per_edge(
    records: Any,
    said: Sequence[Decision] = (),
    rules: Rules | None = None,
    demoted: frozenset[Any] = frozenset(),
    weights: Weights | None = None,
) -> list[Group]:
    """Planted: "different" removes an edge and forgets that a third record may connect the two."""
    return cluster(records, [d for d in said if d.same], rules, demoted, weights)


def test_different_is_never_one() -> None:
    law(different_stays_different(cluster), world=events(), said=decisions)()


def test_different_catches() -> None:
    caught(different_stays_different(apart_per_edge), world=events(), said=decisions)


def unmerge_is_undone(true_cluster: Cluster) -> Callable[..., None]:
    """Same, then different: what is left equals resolving from empty with the cannot-link."""

    def check(world: list[Event], said: list[Decision]) -> None:
        apart = [replace(d, same=False) for d in said]
        merged = resolve(world, [replace(d, same=True) for d in said], cluster=true_cluster)
        assert resolve(world, apart, cluster=true_cluster) == resolve(
            world[::-1], apart, cluster=true_cluster
        )
        assert {k for g in merged.groups for k in g} == {k for g in resolve(world, apart).groups for k in g}

    return check


def test_unmerge_equals_resolving_from_empty() -> None:
    law(unmerge_is_undone(cluster), world=events(), said=decisions)()


# --- a public key ----------------------------------------------------------------------------------------------------


def claims_change_nothing(read: Read) -> Callable[..., None]:
    """Whatever public keys say: trusted records are grouped as without it, and no trusted value is overwritten."""

    def check(world: list[Event], noise: list[Event]) -> None:
        claimed = [
            replace(
                e, event_id=f"f{e.event_id[1:]}", message_id=f"n{e.message_id}", payload=_no_withdrawal(e)
            )
            for e in noise
        ]
        alone, together = (
            resolve(world, read=read, rules=NO_DEMOTION),
            resolve([*world, *claimed], read=read, rules=NO_DEMOTION),
        )
        trusted = {k for g in alone.groups for k in g if k.kind is RecordKind.USER}
        assert {frozenset(g) & trusted for g in alone.groups} - {frozenset()} == {
            frozenset(g) & trusted for g in together.groups
        } - {frozenset()}
        for leader, fields in alone.golden.items():
            now = {
                g.name: g
                for g in next(f for k, f in together.golden.items() if leader in together.group_of(k))
            }
            for field in fields:
                if field.value.trust > Trust.CLAIMED:
                    assert now[field.name].text == field.text

    return check


NO_DEMOTION = replace(LAW_RULES, demote_over=1000)


def _no_withdrawal(one: Event) -> dict[str, Any]:
    return {k: v for k, v in one.payload.items() if k != "properties"}


def believing(one: Event, *args: Any, **kwargs: Any) -> list[Statement]:
    """Planted: what a public key says is believed like the source."""
    return statements(replace(one, claimed=False), *args, **kwargs)


def test_claims_never_join_nor_overwrite() -> None:
    law(
        claims_change_nothing(statements),
        world=events(claimed=st.just(False)),
        noise=events(claimed=st.just(True)),
    )()


def test_claims_catches() -> None:
    caught(
        claims_change_nothing(believing),
        world=events(claimed=st.just(False)),
        noise=events(claimed=st.just(True)),
    )


# --- golden values ---------------------------------------------------------------------------------------------------


def declared(true_golden: Callable[..., list[GoldenValue]]) -> Callable[..., None]:
    """As declared, whatever the order in which records and values come; nothing claimed outdoes what is believed."""

    def check(world: list[Event], rule: Survives, seed: int) -> None:
        states = {key: state for key, state in fold_all(read_all(world)).items() if key.is_person}
        shuffled = list(states.items())
        random.Random(seed).shuffle(shuffled)
        chosen = true_golden(dict(shuffled), {"first_name": rule, "last_name": rule})
        assert chosen == true_golden(states, {"first_name": rule, "last_name": rule})
        for one in chosen:
            values = [v for s in states.values() for (name, _), v in s.values.items() if name == one.name]
            said = [v for v in values if v.text is not None]
            believed = [v for v in said if v.trust > Trust.CLAIMED]
            assert one.value.trust > Trust.CLAIMED or not believed
            if one.name in ("first_name", "last_name") and believed:
                best = {
                    Survives.TRUSTED: one.value.trust == max(v.trust for v in believed),
                    Survives.RECENT: one.value.stamp == max(v.stamp for v in believed),
                    Survives.LONGEST: len(one.text) == max(len(v.text or "") for v in believed),
                    Survives.FREQUENT: Counter(v.text for v in believed)[one.text]
                    == max(Counter(v.text for v in believed).values()),
                }
                assert best[rule]

    return check


def never_declared(states: Any, _: Any = None) -> list[GoldenValue]:
    """Planted: what is declared is not asked."""
    return golden(states)


def first_come(states: Any, _: Any = None) -> list[GoldenValue]:
    """Planted: of equal ones the first that comes."""
    chosen = golden(states)
    first = next(iter(states), None)
    return sorted(chosen, key=lambda one: one.record != first)


def test_golden_values_are_chosen_as_declared() -> None:
    law(declared(golden), world=events(), rule=st.sampled_from(Survives), seed=st.integers(0, 99))()


@pytest.mark.parametrize("fault", [never_declared, first_come])
def test_survivorship_catches(fault: Callable[..., list[GoldenValue]]) -> None:
    caught(declared(fault), world=events(), rule=st.sampled_from(Survives), seed=st.integers(0, 99))


# --- contacts --------------------------------------------------------------------------------------------------------


def binding_any_order(true_bind: Callable[..., Any]) -> Callable[..., None]:
    def check(world: list[Event], seed: int) -> None:
        states = fold_all(read_all(world))
        calls = [(k, s) for k, s in states.items() if not k.is_person]
        people = {k: str(k) for k in states if k.is_person}
        random.Random(seed).shuffle(calls)
        in_order = sorted(calls, key=lambda c: c[0])
        assert true_bind([s for _, s in calls], {}, people) == true_bind([s for _, s in in_order], {}, people)
        assert roots(dict(calls)) == roots(dict(in_order))

    return check


def first_found(chain: Iterable[RecordState], owners: Any, people: Any) -> Any:
    """Planted: takes the first contact's word."""
    states = list(chain)
    return bind(states[:1], owners, people)


def test_binding_does_not_depend_on_order() -> None:
    law(binding_any_order(bind), world=events(), seed=st.integers(0, 99))()


def test_binding_catches() -> None:
    caught(binding_any_order(first_found), world=events(), seed=st.integers(0, 99))


@bounded
@given(world=events())
def test_withheld_and_blocked_values_lead_to_nobody(world: list[Event]) -> None:
    for state in fold_all(read_all(world)).values():
        for identifier in state.identifiers:
            assert identifier.value not in ("withheld", "anonymous", "null", "0000000000", "0000", "")


@bounded
@given(world=events())
def test_a_probable_or_listed_caller_is_never_shown_as_more(world: list[Event]) -> None:
    found = resolve(world)
    for binding in found.bindings.values():
        assert (binding.bound_to is None) == (binding.level <= Level.LISTED)
        if binding.level is Level.PROBABLE:
            assert len(binding.candidates) == 1


# --- what examples say more plainly ----------------------------------------------------------------------------------


def test_a_shared_browser_only_finds() -> None:
    crm = SOURCES["crm"]
    one = [event(1, crm, user="S1", cookie="k1"), event(2, crm, cookie="k1")]
    assert len(resolve(one).groups) == 1
    two = [*one, event(3, crm, user="S2", cookie="k1")]
    assert len(resolve(two).groups) == 3


def test_a_value_shared_by_too_many_joins_nobody() -> None:
    crm = SOURCES["crm"]
    traits = {"traits": {"email": "office@mail.example.org"}}
    world = [event(n, crm, EventType.IDENTIFY, user=f"U{n}", payload=traits) for n in range(3)]
    assert len(resolve(world).groups) == 1
    world.append(event(9, crm, EventType.IDENTIFY, user="U9", payload=traits))
    assert len(resolve(world).groups) == 4


def test_a_chain_folds_into_its_first_contact_whatever_comes_first() -> None:
    crm = SOURCES["crm"]
    world = [
        event(
            1, crm, call="c3", payload={"properties": {"related_contact_id": "c2", "relation": "consult_for"}}
        ),
        event(
            2, crm, call="c2", payload={"properties": {"related_contact_id": "c1", "relation": "transfer_of"}}
        ),
        event(
            3, crm, call="c4", payload={"properties": {"related_contact_id": "c1", "relation": "callback_of"}}
        ),
        event(4, crm, call="c1", payload={"properties": {"to_contact_id": "c5"}}),
    ]
    found = {k.id: r.id for k, r in resolve(world).roots.items()}
    assert found == {"c1": "c1", "c2": "c1", "c3": "c1", "c4": "c4", "c5": "c1"}


def test_a_failed_verification_lowers_and_a_passed_one_raises() -> None:
    crm = SOURCES["crm"]
    world = [event(1, crm, user="S1", call="c1", at=1)]
    key = RecordKey("crm", RecordKind.CONTACT, "c1")
    assert resolve(world).bindings[key].level is Level.VERIFIED
    world.append(event(2, crm, call="c1", name="Verification Failed", at=2))
    assert resolve(world).bindings[key].level is Level.CLAIMED
    world.append(event(3, crm, call="c1", name="Verification Passed", at=3))
    assert resolve(world).bindings[key].level is Level.VERIFIED


def test_withdrawn_words_are_unsaid_and_a_withdrawal_can_be_withdrawn() -> None:
    crm = SOURCES["crm"]
    world = [
        event(1, crm, EventType.IDENTIFY, user="S1", payload={"traits": {"email": "a@mail.example.org"}}),
        event(2, crm, EventType.IDENTIFY, user="S2", payload={"traits": {"email": "a@mail.example.org"}}),
    ]
    assert len(resolve(world).groups) == 1
    world.append(event(3, crm, user="S2", payload={"properties": {"retracts": "m2"}}))
    assert len(resolve(world).groups) == 2
    world.append(event(4, crm, user="S2", payload={"properties": {"retracts": "m3"}}))
    assert len(resolve(world).groups) == 1


def test_an_unknown_owner_leaves_the_contact_alone() -> None:
    assert bind([RecordState(0)], {}, {}).level is Level.NONE
    assert Owners((), too_many=True).customers() == {}
    assert clustering.cluster({}) == []
