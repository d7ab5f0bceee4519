"""The comparison with the truth: a perfect platform passes, and every planted fault is caught."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from pathloom_local.demo.compare import compare
from pathloom_local.demo.truth import identifiers_of, truth_of
from pathloom_local.demo.values import RecordKey, Said, Touchpoint, Truth
from pathloom_simulator import Config, college, simulate

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def truth() -> Truth:
    lines: list[dict[str, object]] = []
    for _ in simulate(Config(college(), NOW, seed=7, touchpoints=300), lines.append):
        pass
    return truth_of(lines)


@pytest.fixture
def said(truth: Truth) -> Said:
    """What a perfect platform would say of it."""
    introduced = {record: person.person_id for person in truth.people for record in person.introduced}
    customer_of: dict[RecordKey, str] = {}
    for number, group in enumerate(truth.customers):
        known = {introduced[record] for record in group if record in introduced}
        customer_of |= dict.fromkeys(group, f"cus_{known.pop()}" if known else f"cus_{number}")
    owner = {person.person_id: customer_of[person.records[0]] for person in truth.people if person.records}

    def told(number: int, each: Touchpoint) -> Touchpoint:
        mine = customer_of[each.record] if each.record else owner.get(each.owner, f"con_{number}")
        return replace(each, key=f"tp_{number}", journey=f"jny_{each.journey}", owner=mine, record=None)

    touchpoints = [told(number, each) for number, each in enumerate(truth.touchpoints)]
    strangers = {each.owner for each in touchpoints if each.owner.startswith("con_")}
    return Said(
        {record: frozenset([customer]) for record, customer in customer_of.items()},
        frozenset(strangers),
        touchpoints,
    )


def contacts_of(said: Said) -> list[Touchpoint]:
    return [each for each in said.touchpoints if each.contact]


def with_contact(said: Said, change: Callable[[Touchpoint], list[Touchpoint]]) -> Said:
    """The first contact with at least two legs is changed."""
    chosen = next(each for each in contacts_of(said) if len(each.legs) > 1)
    return replace(
        said,
        touchpoints=[
            new for each in said.touchpoints for new in (change(each) if each is chosen else [each])
        ],
    )


def test_a_perfect_platform_holds(truth: Truth, said: Said) -> None:
    found = compare(truth, said)
    assert found.holds
    assert found.journeys.f1 == 1.0
    assert found.contacts.legs[0] > 100
    assert found.customers.true == len(truth.customers) > 20


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (lambda each: [], "is missing"),
        (lambda each: [each, replace(each, key="again")], "is there 2 times"),
        (lambda each: [each, replace(each, contact=("telephony", "made-up"))], "is not true"),
        (lambda each: [replace(each, channel="fax")], "said fax"),
        (lambda each: [replace(each, legs=each.legs[1:])], "has legs"),
        (lambda each: [replace(each, legs=each.legs[::-1])], "another order"),
        (lambda each: [replace(each, legs=(replace(each.legs[0], wait_s=99.0), *each.legs[1:]))], "wait_s"),
        (
            lambda each: [replace(each, legs=(replace(each.legs[0], agent_id="other"), *each.legs[1:]))],
            "agent_id",
        ),
        (
            lambda each: [
                replace(
                    each, legs=(replace(each.legs[0], unanswered=not each.legs[0].unanswered), *each.legs[1:])
                )
            ],
            "unanswered",
        ),
        (
            lambda each: [
                replace(
                    each,
                    legs=(
                        replace(each.legs[0], start=each.legs[0].start + timedelta(milliseconds=5)),
                        *each.legs[1:],
                    ),
                )
            ],
            "start",
        ),
        (lambda each: [replace(each, contact_ids=(*each.contact_ids, "another"))], "is folded of"),
    ],
)
def test_a_wrong_contact_is_told(
    truth: Truth, said: Said, fault: Callable[[Touchpoint], list[Touchpoint]], words: str
) -> None:
    found = compare(truth, with_contact(said, fault))
    assert not found.holds
    assert any(words in each for each in found.contacts.differences), found.contacts.differences


def test_a_hold_that_nobody_heard_of_is_none(truth: Truth, said: Said) -> None:
    unheard = [
        replace(each, legs=tuple(replace(leg, hold_s=leg.hold_s or None) for leg in each.legs))
        for each in said.touchpoints
    ]
    assert compare(truth, replace(said, touchpoints=unheard)).holds


def test_two_customers_where_one_is_true(truth: Truth, said: Said) -> None:
    group = next(group for group in truth.customers if len(group) > 1)
    split = {**said.customers_of, min(group): frozenset(["cus_other"])}
    found = compare(truth, replace(said, customers_of=split)).customers
    assert not found.holds
    assert any("are 2 customers" in each for each in found.differences)


def test_one_customer_where_two_are_true(truth: Truth, said: Said) -> None:
    people = [person for person in truth.people if person.introduced]
    one = said.customers_of[people[0].introduced[0]]
    others = {
        person.household_id: person for person in people[1:] if person.household_id != people[0].household_id
    }
    merged = {**said.customers_of, **{r: one for person in others.values() for r in person.introduced}}
    found = compare(truth, replace(said, customers_of=merged)).customers
    assert any("are one customer" in each for each in found.confused)
    assert found.b_cubed < 0.99
    assert not found.holds


def test_one_person_left_apart(truth: Truth, said: Said) -> None:
    apart = {record: frozenset([" ".join(record)]) for person in truth.people for record in person.introduced}
    found = compare(truth, replace(said, customers_of={**said.customers_of, **apart})).customers
    assert not found.confused
    assert found.b_cubed < 0.99
    assert not found.holds


def test_two_of_one_household_as_one(truth: Truth, said: Said) -> None:
    households: dict[str, list[int]] = {}
    for number, person in enumerate(truth.people):
        if person.records:
            households.setdefault(person.household_id, []).append(number)
    first, second = next(members for members in households.values() if len(members) > 1)[:2]
    one = said.customers_of[truth.people[first].records[0]]
    mixed = {**said.customers_of, **dict.fromkeys(truth.people[second].records, one)}
    found = compare(truth, replace(said, customers_of=mixed)).customers
    assert len(found.mixed_households) == 1
    assert not found.holds


def test_a_record_that_leads_to_nobody(truth: Truth, said: Said) -> None:
    lost = {**said.customers_of, min(truth.customers[0]): frozenset[str]()}
    assert any(
        "leads to nobody" in each
        for each in compare(truth, replace(said, customers_of=lost)).customers.differences
    )


def test_a_customer_that_nobody_is(truth: Truth, said: Said) -> None:
    stranger = replace(contacts_of(said)[0], owner="cus_stranger")
    others = [each for each in said.touchpoints if each.contact != stranger.contact]
    found = compare(truth, replace(said, touchpoints=[*others, stranger])).customers
    assert any("cus_stranger: is nobody's" in each for each in found.differences)


def test_all_touchpoints_of_a_customer_in_one_journey(truth: Truth, said: Said) -> None:
    lumped = [replace(each, journey=f"jny_of_{each.owner}") for each in said.touchpoints]
    found = compare(truth, replace(said, touchpoints=lumped)).journeys
    assert found.wrong > 0
    assert found.missed == 0
    assert found.recall == 1.0
    assert found.precision < 1.0


def test_every_touchpoint_a_journey(truth: Truth, said: Said) -> None:
    torn = [replace(each, journey=each.key) for each in said.touchpoints]
    found = compare(truth, replace(said, touchpoints=torn)).journeys
    assert found.f1 == 0.0
    assert not found.holds


def test_a_visit_that_is_missing_costs_its_pairs(truth: Truth, said: Said) -> None:
    without = [each for each in said.touchpoints if each.kind != "visit"]
    found = compare(truth, replace(said, touchpoints=without)).journeys
    assert found.not_found
    assert found.missed > 0


def test_a_contact_given_to_another_customer_makes_no_pairs_with_its_true_owner(
    truth: Truth, said: Said
) -> None:
    owned = contacts_of(said)[0]
    moved = [
        replace(each, owner="con_x", journey="jny_x") if each is owned else each for each in said.touchpoints
    ]
    found = compare(
        truth, replace(said, touchpoints=moved, unidentified=said.unidentified | {"con_x"})
    ).journeys
    assert found.f1 == 1.0


def test_the_call_that_was_played_later_is_compared_where_it_was_played() -> None:
    lines: list[dict[str, object]] = []
    for _ in simulate(Config(college(), NOW, seed=7, touchpoints=1), lines.append):
        pass
    before = truth_of(lines)
    ringing = next(
        each for each in before.touchpoints if each.contact and each.legs and each.legs[-1].end is None
    )
    assert ringing.contact
    by = timedelta(seconds=90)
    after = truth_of(lines, {ringing.contact[1]: by})
    moved = next(each for each in after.touchpoints if each.contact == ringing.contact)
    assert moved.start == ringing.start + by
    assert moved.legs[0].start == ringing.legs[0].start + by
    others = [each for each in after.touchpoints if each.contact != ringing.contact]
    assert others == [each for each in before.touchpoints if each.contact != ringing.contact]


def test_each_record_is_looked_up_by_what_its_own_id_is() -> None:
    lines = [
        {
            "is": "person",
            "records": [
                {"namespace": "crm", "kind": "user", "id": "K1", "named": True},
                {"namespace": "survey", "kind": "user", "id": "pn-1", "named": True},
                {"namespace": "portal", "kind": "anonymous", "id": "b-1", "named": True},
                {"namespace": "portal", "kind": "anonymous", "id": "b-2", "named": False},
            ],
        }
    ]
    assert identifiers_of(lines, {"crm": "crm_id", "survey": "", "portal": "student_id"}) == {
        ("crm", "user", "K1"): ("crm_id", "", "K1"),
        ("survey", "user", "pn-1"): ("user_id", "survey", "pn-1"),
        ("portal", "anonymous", "b-1"): ("anonymous_id", "portal", "b-1"),
    }
