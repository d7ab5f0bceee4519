"""Satisfaction: answers first, else an estimate whose parts sum to it, else unknown."""

import math
from dataclasses import replace

import pytest
from hypothesis import given, settings
from pathloom_scoring.adapters.weights_file import shipped_weights
from pathloom_scoring.domain.answers import standard_value
from pathloom_scoring.domain.journeys import Answer, Journey, Kind, Omitted, Outcome, State, Touchpoint
from pathloom_scoring.domain.satisfaction import satisfaction
from pathloom_scoring.domain.scores import Basis, Satisfaction

from .made_journeys import journeys
from .simulated_journeys import auc, simulated

W = shipped_weights()
CALL = Touchpoint("1", outcome=Outcome.RESOLVED)


def answered(*answers: Answer) -> Satisfaction:
    survey = Touchpoint("s", Kind.SURVEY, answers=answers)
    return satisfaction(Journey("j", touchpoints=(CALL, survey)), W)


def test_answers_about_the_journey_are_its_satisfaction() -> None:
    found = answered(
        Answer("nps", 8, about="journey"),
        Answer("CSAT", 4, about="journey"),
        Answer("csat", 1, about="contact"),
    )
    assert (found.basis, found.base) == (Basis.ANSWERED, None)
    assert found.value == pytest.approx((80 + 75) / 2)
    assert [(part.signal, part.points) for part in found.contributions] == [("answer", 40), ("answer", 37.5)]


def test_answers_about_contacts_count_where_nobody_asked_about_the_journey_and_say_less() -> None:
    contact, journey = answered(Answer("csat", 3)), answered(Answer("csat", 3, about="journey"))
    assert contact.value == journey.value == 50
    assert contact.low is not None
    assert journey.low is not None
    assert contact.low < journey.low


def test_what_is_said_of_the_relationship_is_not_said_of_the_journey() -> None:
    assert answered(Answer("nps", 0, about="relationship")).basis is Basis.ESTIMATED


@pytest.mark.parametrize(
    ("answer", "standard"),
    [
        (Answer("nps", 7), 7),
        (Answer("csat", 10, 1, 10), 5),
        (Answer("csat", 0, 0, 4), 1),
        (Answer("ces", 1, 1, 5), 1),
        (Answer("ces", 7), 7),
        (Answer("nps", 11), None),
        (Answer("mood", 3, 1, 5), None),
    ],
)
def test_scales(answer: Answer, standard: float | None) -> None:
    assert standard_value(answer) == standard


def test_fewer_than_two_touchpoints_are_unknown() -> None:
    assert satisfaction(Journey("j", touchpoints=(CALL,)), W) == Satisfaction(Basis.UNKNOWN)
    assert satisfaction(Journey("j"), W).basis is Basis.UNKNOWN
    assert satisfaction(Journey("j", touchpoints=(CALL, CALL)), W).basis is Basis.ESTIMATED
    omitted = Journey("j", touchpoints=(CALL,), omitted=Omitted(touchpoints=1))
    assert satisfaction(omitted, W).basis is Basis.ESTIMATED


def test_an_estimate_by_hand() -> None:
    gave_up = Touchpoint("2", waiting_s=300, outcome=Outcome.ABANDONED)
    found = satisfaction(Journey("j", state=State.GIVEN_UP, touchpoints=(CALL, gave_up)), W)
    points = {part.signal: part.points for part in found.contributions}
    assert points == {"wait": -3.5, "abandon": -7, "repeat": -4, "given_up": -16, "last_unresolved": -6}
    assert found.base == 68
    assert found.value == 68 - 36.5
    assert (found.low, found.high) == pytest.approx((0, 31.5 + 1.96 * 21), abs=0.01)


@settings(max_examples=300)
@given(journeys)
def test_for_any_journey_base_and_parts_sum_to_the_value_before_it_is_bounded(journey: Journey) -> None:
    found = satisfaction(journey, W)
    if found.basis is Basis.UNKNOWN:
        assert found == Satisfaction(Basis.UNKNOWN)
        assert journey.touchpoint_count < 2
        return
    assert found.value is not None
    assert found.low is not None
    assert found.high is not None
    whole = math.fsum(((found.base or 0.0), *(part.points for part in found.contributions)))
    assert found.value == pytest.approx(min(100.0, max(0.0, whole)))
    assert 0 <= found.low <= found.value <= found.high <= 100
    assert (found.base is None) is (found.basis is Basis.ANSWERED)


@settings(max_examples=100)
@given(journeys)
def test_reaching_the_goal_is_never_worse_than_giving_up(journey: Journey) -> None:
    values = [
        satisfaction(replace(journey, state=state), W).value for state in (State.REACHED, State.GIVEN_UP)
    ]
    assert values[0] is None or values[1] is None or values[0] >= values[1]


@pytest.mark.parametrize(("seed", "size"), [(1, 2000), (2, 3000), (77, 1200)])
def test_the_estimate_tells_the_satisfied_from_the_others(seed: int, size: int) -> None:
    """AUC over the simulator's journeys without an answer, against true satisfaction in the top two of five: 0.90 to
    0.93 was measured on five seeds; the weights were set before the simulator was there. Nine in ten intervals hold."""
    estimated = [
        (found, felt.satisfaction)
        for felt in simulated(seed, size)
        if (found := satisfaction(felt.journey, W)).basis is Basis.ESTIMATED
    ]
    assert len(estimated) > 100
    values = [found.value or 0.0 for found, _ in estimated]
    reached = auc(values, [felt >= 4 for _, felt in estimated])
    assert reached >= 0.8, reached
    inside = sum((found.low or 0) <= 25 * (felt - 1) <= (found.high or 0) for found, felt in estimated)
    assert inside / len(estimated) >= 0.9
    planted = auc([-value for value in values], [felt >= 4 for _, felt in estimated])
    assert planted < 0.7, "a score turned upside down would be caught"
