"""Friction is the sum of its named parts; worked by hand, and for any journey."""

import math
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from pathloom_scoring.adapters.weights_file import shipped_weights
from pathloom_scoring.domain.friction import friction
from pathloom_scoring.domain.journeys import Journey, Kind, Omitted, Outcome, Promise, Touchpoint
from pathloom_scoring.domain.scores import Friction
from pathloom_scoring.domain.weights import Weights

from .made_journeys import START, journeys

W = shipped_weights()
HOUR = timedelta(hours=1)


def parts(journey: Journey) -> dict[str, float]:
    found: dict[str, float] = {}
    for part in friction(journey, W).contributions:
        found[part.signal] = found.get(part.signal, 0) + part.points
    return found


def test_an_appeal_by_hand() -> None:
    upload = Touchpoint("1", Kind.VISIT, "web", outcome=Outcome.FAILED, steps_failed=2)
    chat = Touchpoint("2", Kind.CONTACT, "chat", waiting_s=540, outcome=Outcome.ABANDONED, hop=True)
    call = Touchpoint(
        "3", Kind.CONTACT, "voice", waiting_s=60, hold_s=120, transfers=1, repeats=1, policy_blocks=1
    )
    promise = Promise("p", due_at=START, kept_at=START + HOUR)
    assert parts(Journey("j", touchpoints=(upload, chat, call), promises=(promise,))) == {
        "failed_self_service": 10,
        "wait": 9 + 1,
        "abandon": 8,
        "hop": 7,
        "hold": 2.5,
        "transfer": 5,
        "repeat": 6,
        "repeated_information": 4,
        "policy_block": 10,
        "broken_promise": 12,
    }


def test_nothing_hard_is_no_friction() -> None:
    easy = Journey("j", touchpoints=(Touchpoint("1", waiting_s=0, outcome=Outcome.RESOLVED),))
    assert friction(easy, W) == Friction(0, ())


def test_a_hop_is_no_repeat_as_well_and_the_brands_call_is_neither() -> None:
    first, again = Touchpoint("1"), Touchpoint("2")
    assert parts(Journey("j", touchpoints=(first, again))) == {"repeat": 6}
    assert parts(Journey("j", touchpoints=(first, replace(again, hop=True)))) == {"hop": 7}
    assert parts(Journey("j", touchpoints=(first, replace(again, direction="outbound")))) == {}


def test_a_letter_is_not_waited_for_by_the_minute() -> None:
    day = 24 * 3600.0
    assert parts(Journey("j", touchpoints=(Touchpoint("1", channel="email", waiting_s=day),))) == {
        "wait_asynchronous": 6
    }


def test_one_touchpoint_has_a_limit_and_two_have_twice_that() -> None:
    long = Touchpoint("1", kind=Kind.MESSAGE, waiting_s=1e6)
    assert parts(Journey("j", touchpoints=(long,))) == {"wait": 30}
    assert parts(Journey("j", touchpoints=(long, replace(long, touchpoint_id="2")))) == {"wait": 60}


@pytest.mark.parametrize(
    ("promise", "counts"),
    [
        (Promise("p", due_at=START, kept_at=START), False),
        (Promise("p", due_at=START, kept_at=START + HOUR), True),
        (Promise("p", due_at=START + 9 * HOUR), False),
        (Promise("p", due_at=START + 9 * HOUR, broken_at=START), True),
        (Promise("p", due_at=START), True),  # the journey was heard of after it was due
        (Promise("p"), False),
    ],
)
def test_promises(promise: Promise, counts: bool) -> None:
    journey = Journey("j", last_at=START + HOUR, promises=(promise,))
    assert (parts(journey) == {"broken_promise": 12}) is counts


def test_what_is_omitted_counts() -> None:
    omitted = Omitted(
        touchpoints=10, waiting_s=600, hold_s=60, abandoned=1, failed_steps=1, transfers=1, hops=1
    )
    assert parts(Journey("j", omitted=omitted)) == {
        "wait": 10,
        "hold": 1.25,
        "abandon": 8,
        "failed_self_service": 5,
        "transfer": 5,
        "hop": 7,
    }
    letters = replace(omitted, by_channel={"email": 9, "voice": 1})
    assert "wait_asynchronous" in parts(Journey("j", omitted=letters))


Score = Callable[[Journey, Weights], Friction]


def law_of_parts(score: Score, journey: Journey) -> None:
    found = score(journey, W)
    assert found.points == pytest.approx(math.fsum(part.points for part in found.contributions))
    assert found.points >= 0
    assert all(part.points > 0 and part.amount > 0 for part in found.contributions)
    known = {point.touchpoint_id for point in journey.touchpoints} | {""}
    assert {part.touchpoint_id for part in found.contributions} <= known
    unnamed = {part.signal for part in found.contributions} - set(W.friction)
    assert not unnamed


@settings(max_examples=300)
@given(journeys)
def test_for_any_journey_the_parts_sum_to_the_whole(journey: Journey) -> None:
    law_of_parts(friction, journey)


def test_the_law_catches_a_score_that_keeps_something_to_itself() -> None:
    def planted(journey: Journey, weights: Weights) -> Friction:
        found = friction(journey, weights)
        return replace(found, points=found.points + 1)

    with pytest.raises(AssertionError):
        law_of_parts(planted, Journey("j"))


@settings(max_examples=200)
@given(journeys)
def test_more_trouble_is_never_less_friction(journey: Journey) -> None:
    worse = replace(
        journey,
        touchpoints=tuple(
            replace(point, transfers=point.transfers + 1, waiting_s=(point.waiting_s or 0) + 60)
            for point in journey.touchpoints
        ),
    )
    assert friction(worse, W).points >= friction(journey, W).points
