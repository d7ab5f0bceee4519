"""Laws of the evidence: no order matters, pieces sum to the whole, a veto holds, a weak bridge joins nothing.

Each law has a planted fault that it must catch.
"""

import random
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pathloom_identity.domain.evidence import linkage, resolution
from pathloom_identity.domain.evidence.attributes import Attribute, Kind
from pathloom_identity.domain.evidence.linkage import VETO, average_linkage
from pathloom_identity.domain.evidence.measures import b_cubed, pairwise
from pathloom_identity.domain.evidence.model import BIT
from pathloom_identity.domain.evidence.resolution import resolve
from pathloom_identity.models import general

from tests.unit.identity.persons import records, world

ANNA = {
    "given_name": "Anna",
    "surname": "Lindqvist",
    "date_of_birth": "1971-06-24",
    "street": "Mill Lane",
    "street_number": "12",
    "postcode": "4711",
    "city": "Leeds",
    "phone": "01134567890",
    "email": "anna.lindqvist@example.org",
}


@settings(max_examples=5, deadline=None)
@given(st.integers(0, 10_000))
def test_what_was_learnt_decides_the_same_by_itself(seed: int) -> None:
    learnt = resolve(world(seed, persons=80).table(), general(), learn=True)
    again = resolve(world(seed, persons=80).table(), learnt.model)
    assert again.cluster.tolist() == learnt.cluster.tolist()
    assert again.weight.tolist() == learnt.weight.tolist()


@settings(max_examples=5, deadline=None)
@given(st.integers(0, 10_000))
def test_the_pieces_sum_to_the_whole(seed: int) -> None:
    found = resolve(world(seed, persons=20).table(), general())
    for at in range(len(found.pairs.left)):
        assert sum(piece.weight for piece in found.evidence(at)) == found.weight[at] / BIT


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 10_000))
def test_nobody_is_with_whom_a_veto_keeps_apart(seed: int) -> None:
    found = resolve(world(seed, persons=30, dirt=0.5).table(), general())
    together = found.cluster[found.pairs.left] == found.cluster[found.pairs.right]
    assert not (together & found.vetoed).any()


def test_a_veto_that_is_not_asked_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(linkage, "VETO", 0)
    monkeypatch.setattr(resolution, "VETO", 40 * BIT)
    with pytest.raises(AssertionError):
        test_nobody_is_with_whom_a_veto_keeps_apart.hypothesis.inner_test(3)  # type: ignore[attr-defined]  # Hypothesis puts it there


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000))
def test_no_order_of_pairs_matters(seed: int) -> None:
    chance = random.Random(seed)
    size = chance.randint(3, 9)
    pairs = [(a, b, chance.randint(-20, 20)) for a in range(size) for b in range(a + 1, size)]
    pairs = [pair for pair in pairs if chance.random() < 0.7]
    one = linkage.average_linkage(range(size), pairs, -4, -10)
    chance.shuffle(pairs)
    members = list(range(size))
    chance.shuffle(members)
    assert linkage.average_linkage(members, pairs, -4, -10) == one


def test_an_order_that_decides_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def first_come(
        members: Sequence[int], pairs: list[tuple[int, int, int]], cut: int, unseen: int
    ) -> list[list[int]]:
        taken: set[int] = set()
        groups = []
        for low, high, weight in pairs:
            if weight > cut and not {low, high} & taken:
                taken |= {low, high}
                groups.append([low, high])
        return sorted([*groups, *([m] for m in members if m not in taken)])

    monkeypatch.setattr(linkage, "average_linkage", first_come)
    with pytest.raises(AssertionError):
        test_no_order_of_pairs_matters.hypothesis.inner_test(5)  # type: ignore[attr-defined]  # Hypothesis puts it there


def test_one_weak_bridge_does_not_join_two_tight_groups() -> None:
    tight = [(0, 1, 20), (0, 2, 20), (1, 2, 20), (3, 4, 20), (3, 5, 20), (4, 5, 20)]
    assert average_linkage(range(6), [*tight, (2, 3, 4)], cut=-4, unseen=-10) == [[0, 1, 2], [3, 4, 5]]
    # Of a group by itself the bridge would be enough.
    assert average_linkage(range(2), [(0, 1, 4)], cut=-4, unseen=-10) == [[0, 1]]


def test_a_pair_that_is_vetoed_keeps_its_whole_groups_apart() -> None:
    pairs = [(0, 1, 90), (2, 3, 90), (0, 2, 90), (0, 3, 90), (1, 2, 90), (1, 3, VETO)]
    assert average_linkage(range(4), pairs, cut=-4, unseen=-10) in ([[0, 1], [2, 3]], [[0, 1, 2], [3]])


@pytest.mark.parametrize(
    ("change", "same"),
    [
        ({"given_name": "Ana", "date_of_birth": "1971-06-42"}, True),  # typing errors
        ({"date_of_birth": "1971-24-06"}, True),  # day and month swapped
        ({"given_name": "Lindqvist", "surname": "Anna"}, True),  # names swapped
        (
            {"given_name": "A.", "email": "anna.lindqvist@exmaple.org"},
            True,
        ),  # an initial, a typo in the domain
        ({"given_name": "Ånna", "surname": "LINDQVIST"}, True),  # accents and case
        ({"given_name": "Bertil", "date_of_birth": "1969-01-02", "email": ""}, False),  # of one household
        ({"given_name": "Bertil", "email": ""}, False),  # a twin
        ({"date_of_birth": "2001-11-09", "email": ""}, False),  # a daughter of the same name
    ],
)
def test_errors_are_forgiven_and_households_are_not_merged(change: dict[str, str], same: bool) -> None:
    found = resolve(records(ANNA, {**ANNA, **change}), general())
    assert bool(found.cluster[0] == found.cluster[1]) is same


def test_immutable_ids_that_differ_are_two_persons() -> None:
    number = {"matriculation": Attribute("matriculation", Kind.CODE, immutable=True)}
    one, other = {**ANNA, "matriculation": "100200"}, {**ANNA, "matriculation": "100201"}
    assert len(set(resolve(records(one, other, further=number), general()).cluster.tolist())) == 2
    plain = {"matriculation": Attribute("matriculation", Kind.CODE)}
    assert len(set(resolve(records(one, other, further=plain), general()).cluster.tolist())) == 1


def test_a_rare_surname_says_more() -> None:
    found = resolve(
        records(
            {"given_name": "Anna", "surname": "Smith"},
            {"given_name": "Anna", "surname": "Smith"},
            {"given_name": "Anna", "surname": "Quillfeather"},
            {"given_name": "Anna", "surname": "Quillfeather"},
        ),
        general(),
    )
    weight = dict(zip(zip(found.pairs.left, found.pairs.right, strict=True), found.weight, strict=True))
    assert weight[2, 3] > weight[0, 1] + BIT


def test_a_record_with_nothing_usable_stays_alone() -> None:
    found = resolve(records(ANNA, {"given_name": "n/a"}, {"surname": "-"}, ANNA), general())
    assert found.cluster.tolist() == [0, 1, 2, 0]


def test_what_the_cap_leaves_out_is_counted() -> None:
    made = records(*[{"given_name": "Anna", "surname": "Smith"}] * 12)
    found = resolve(made, replace(general(), block_cap=10))
    assert {(each.blocks, each.pairs) for each in found.left_out} == {(1, 66)}
    assert not resolve(made, replace(general(), block_cap=12)).left_out


def test_a_dirty_world_is_put_right() -> None:
    made = world(11, persons=200)
    found = resolve(made.table(), general(), learn=True)
    truth = np.array(made.truth)
    assert found.model.households
    assert b_cubed(found.cluster, truth).f1 > 0.92
    assert pairwise(found.cluster, truth).precision > 0.8


def test_measures_by_hand() -> None:
    cluster, truth = np.array([0, 0, 0, 3]), np.array([7, 7, 8, 8])
    assert (pairwise(cluster, truth).precision, pairwise(cluster, truth).recall) == (1 / 3, 1 / 2)
    assert b_cubed(cluster, truth).precision == pytest.approx((2 / 3 + 2 / 3 + 1 / 3 + 1) / 4)
    assert b_cubed(cluster, truth).recall == pytest.approx((1 + 1 + 1 / 2 + 1 / 2) / 4)
    across = pairwise(cluster, truth, np.array([False, True, False, True]))
    assert (across.precision, across.recall) == (1 / 2, 1 / 2)
