"""Pins of golden values: laws that the true rule passes and a planted fault does not."""

import random
from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import strategies as st
from pathloom_identity.domain.clustering import Decision
from pathloom_identity.domain.events import Event, EventType
from pathloom_identity.domain.golden import GoldenValue, Pins, Survives, golden, said_to
from pathloom_identity.domain.record_state import RecordState
from pathloom_identity.domain.records import RecordKey, RecordKind, Trust

from tests.unit.identity.identity_worlds import SOURCES, decisions, event, events, fold_all, read_all, resolve
from tests.unit.identity.test_identity_laws import caught, law

Golden = Callable[..., list[GoldenValue]]
FIELDS = ("first_name", "last_name", "email")
worlds = {
    "world": events(max_size=20),
    "drawn": st.lists(st.integers(0, 999), max_size=8),
    "seed": st.integers(0, 99),
}


def pins_of(states: Mapping[RecordKey, RecordState], drawn: list[int]) -> Pins:
    """Pins on what is said, on what is said no more, and on a record that is not there, in the order drawn."""
    slots = [
        (key, *slot) for key in sorted(states) for slot in sorted(states[key].values) if slot[0] in FIELDS
    ]
    slots.append((RecordKey("crm", RecordKind.USER, "nobody"), "first_name", "crm"))
    return {slots[at % len(slots)]: number for number, at in enumerate(drawn)}


def people(world: list[Event]) -> dict[RecordKey, RecordState]:
    return {key: state for key, state in fold_all(read_all(world)).items() if key.is_person}


def pins_decide(true_golden: Golden) -> Callable[..., None]:
    """The later recorded pin on what is said wins, whatever order anything comes in; every other field is as without
    pins."""

    def check(world: list[Event], drawn: list[int], seed: int) -> None:
        states = people(world)
        pinned = pins_of(states, drawn)
        chance = random.Random(seed)
        shuffled, later = list(states.items()), list(pinned.items())
        chance.shuffle(shuffled)
        chance.shuffle(later)
        rule = {"first_name": chance.choice(list(Survives))}
        chosen = true_golden(states, rule, pinned)
        assert true_golden(dict(shuffled), rule, dict(later)) == chosen
        without = {one.name: one for one in golden(states, rule)}
        assert [one.name for one in chosen] == sorted(without)
        for one in chosen:
            said = [pin for pin in pinned if pin[1] == one.name and _text(states, pin) is not None]
            if not said:
                assert one == without[one.name]
                continue
            latest = max(said, key=lambda pin: pinned[pin])
            assert (one.record, one.name, one.source_id) == latest
            assert one.text == _text(states, latest)
            assert one.pin is not None

    return check


def _text(states: Mapping[RecordKey, RecordState], pin: tuple[RecordKey, str, str]) -> str | None:
    record, field, source_id = pin
    value = states[record].values.get((field, source_id)) if record in states else None
    return value.text if value else None


def unheard(states: Any, rule: Any = None, _: Any = None) -> list[GoldenValue]:
    """Planted: pins are not asked."""
    return golden(states, rule)


def first_pin_wins(states: Any, rule: Any = None, pinned: Any = None) -> list[GoldenValue]:
    """Planted: the earlier recorded goes first."""
    return golden(states, rule, {pin: -number for pin, number in (pinned or {}).items()})


def believed_only(states: Any, rule: Any = None, pinned: Any = None) -> list[GoldenValue]:
    """Planted: what is only claimed cannot be pinned."""
    believed = {
        pin: number
        for pin, number in (pinned or {}).items()
        if pin[0] in states
        and (value := states[pin[0]].values.get(pin[1:])) is not None
        and value.trust > Trust.CLAIMED
    }
    return golden(states, rule, believed)


def test_the_latest_pin_decides() -> None:
    law(pins_decide(golden), **worlds)()


@pytest.mark.parametrize("fault", [unheard, first_pin_wins, believed_only])
def test_pins_catches(fault: Golden) -> None:
    caught(pins_decide(fault), **worlds)


def pins_go_with_records(true_golden: Golden) -> Callable[..., None]:
    """Merged and un-merged again, a customer is what its own records' pins make it, and nobody else's are left on it."""

    def check(world: list[Event], drawn: list[int], said: list[Decision]) -> None:
        states = people(world)
        pinned = pins_of(states, drawn)
        for same in (True, False):
            decided = [replace(one, same=same) for one in said]
            found = resolve(world[::-1], decided, pins=pinned)
            for leader, fields in found.golden.items():
                group = {key: states[key] for key in found.group_of(leader)}
                own = {pin: number for pin, number in pinned.items() if pin[0] in group}
                assert list(fields) == true_golden(group, None, own)

    return check


def test_pins_go_with_their_records_through_merge_and_unmerge() -> None:
    law(pins_go_with_records(golden), world=events(), said=decisions, drawn=worlds["drawn"])()


def test_pins_that_do_not_move_are_caught() -> None:
    caught(pins_go_with_records(unheard), world=events(), said=decisions, drawn=worlds["drawn"])


def values_are_in_their_order(world: list[Event], drawn: list[int], seed: int) -> None:
    """Of all that is said to a field, the first is golden; without it, the second would be."""
    states = people(world)
    pinned = pins_of(states, drawn)
    rule = {"first_name": random.Random(seed).choice([Survives.TRUSTED, Survives.RECENT, Survives.LONGEST])}
    for one in golden(states, rule, pinned):
        values = said_to(states, one.name, rule, pinned)
        assert values[0] == one
        left = dict(states)
        for first, second in pairwise(values):
            slot = (first.name, first.source_id)
            kept = {at: value for at, value in left[first.record].values.items() if at != slot}
            left[first.record] = replace(left[first.record], values=kept)
            assert {v.name: v for v in golden(left, rule, pinned)}[one.name] == second


def test_the_values_of_a_field_are_in_the_order_in_which_they_would_be_golden() -> None:
    law(values_are_in_their_order, **worlds)()
    assert said_to({}, "first_name", {}, {}) == []


def test_a_pin_says_what_its_source_says_and_nothing_when_that_says_nothing() -> None:
    crm, form = SOURCES["crm"], SOURCES["form"]

    def named(number: int, source: Any, name: str | None) -> Event:
        traits = {"traits": {"first_name": name}}
        return event(number, source, EventType.IDENTIFY, user="S1", at=number, payload=traits)

    key = RecordKey("form", RecordKind.ANONYMOUS, "k1")
    pinned = {(key, "first_name", "form"): 1}
    claim = event(1, form, EventType.IDENTIFY, cookie="k1", payload={"traits": {"first_name": "Jo"}})
    world = [claim, named(2, crm, "Joanna")]
    states = people(world)
    (one,) = [v for v in golden(states, None, pinned) if v.name == "first_name"]
    assert (one.text, one.value.trust, one.pin) == ("Jo", Trust.CLAIMED, 1)
    again = event(3, form, EventType.IDENTIFY, cookie="k1", at=3, payload={"traits": {"first_name": "Joan"}})
    assert {v.name: v.text for v in golden(people([*world, again]), None, pinned)}["first_name"] == "Joan"
    gone = event(4, form, EventType.IDENTIFY, cookie="k1", at=4, payload={"traits": {"first_name": None}})
    left = {v.name: v for v in golden(people([*world, again, gone]), None, pinned)}["first_name"]
    assert (left.text, left.pin) == ("Joanna", None)
