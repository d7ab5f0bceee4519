"""Variants and transitions account for everybody: what is not shown is other."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pathloom_journey_graph.domain.cut import cut
from pathloom_journey_graph.domain.paths import (
    Path,
    Transitions,
    Variants,
    steps_of_journey,
    transitions,
    variants,
)
from pathloom_journey_graph.domain.values import DAY, Piece

from .journey_pieces import BLUEPRINTS, CONTACT, T0, a_life, items_of, piece

STEPS = st.lists(st.sampled_from(["voice", "web", "chat"]), max_size=4).map(tuple)
PATHS = st.lists(st.builds(Path, STEPS, st.booleans(), st.integers(1, 50)), max_size=30)


def parts_sum_to_the_whole(paths: list[Path], found: Variants, steps: Transitions) -> None:
    """The law."""
    journeys = sum(p.journeys for p in paths)
    assert sum(v.journeys for v in found.shown) + found.other == found.total == journeys
    assert sum(found.by_distinct_steps.values()) == journeys
    assert sum(n for _, _, n in steps.shown) + steps.other == steps.total
    assert steps.total == sum((len(p.steps) + 1) * p.journeys for p in paths)


@given(PATHS, st.integers(1, 10))
@settings(max_examples=200, deadline=None)
def test_the_parts_sum_to_the_whole(paths: list[Path], limit: int) -> None:
    parts_sum_to_the_whole(paths, variants(paths, limit), transitions(paths, limit))
    everything = transitions(paths, 10_000)
    begun = sum(n for a, _, n in everything.shown if a == "(begin)")
    over = sum(n for _, b, n in everything.shown if b in ("(end)", "(in progress)"))
    assert begun == over == sum(p.journeys for p in paths)


def test_planted_fault_a_top_list_without_other_is_caught() -> None:
    paths = [Path(("voice",), True, 3), Path(("web",), True, 2)]
    found = variants(paths, 1)
    faulty = Variants(found.shown, 0, 3, 1, found.by_distinct_steps)
    with pytest.raises(AssertionError):
        parts_sum_to_the_whole(paths, faulty, transitions(paths, 5))


@given(a_life())
@settings(max_examples=40, deadline=None)
def test_a_step_for_each_touchpoint_by_channel_and_by_stage(life: list[Piece]) -> None:
    for journey in cut(items_of(life), BLUEPRINTS, T0 + 400 * DAY):
        assert len(steps_of_journey(journey, "channel")) == len(journey.touchpoints)
        assert len(steps_of_journey(journey, "stage")) == len(journey.touchpoints)


def test_departments_in_a_row_fold_and_distinct_ones_are_counted() -> None:
    ticket = [
        piece(1, "Accepted", 0, department="V30"), piece(2, "Accepted", 10, department="V30"),
        piece(3, "Queued", 20, department="V5"), piece(4, "Completed", 30, department="V30"), piece(5, "Contact Ended", 30),
    ]  # fmt: skip
    (journey,) = cut(items_of(ticket), BLUEPRINTS, T0 + DAY)
    steps = steps_of_journey(journey, "department")
    assert steps == ("V30", "V5", "V30")
    assert variants([Path(steps, True, 1)], 10).by_distinct_steps == {2: 1}
    assert CONTACT.endswith("c-1")
