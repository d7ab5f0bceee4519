"""The cut: any order alike, windowed equals full, every item once; and the rules it follows."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pathloom_journey_graph.domain.cut import cut, segments
from pathloom_journey_graph.domain.values import (
    DAY,
    HOUR,
    SECOND,
    Item,
    Journey,
    JourneyState,
    Piece,
    contact_key,
)

from .journey_pieces import BLUEPRINTS, CONTACT, T0, a_call, a_life, items_of, piece, shuffled

GAP = BLUEPRINTS.longest_silence
Cut = Callable[[Sequence[Item], int], list[Journey]]


def full(items: Sequence[Item], as_of: int) -> list[Journey]:
    """Everything at once."""
    return cut(items, BLUEPRINTS, as_of)


def windowed(items: Sequence[Item], as_of: int, gap: int = GAP) -> list[Journey]:
    """Component by component: segments between long silences, joined by ties."""
    by_id = {i.id: i for i in items}
    parts = [set(ids) for ids in segments(((i.start, i.last, i.id) for i in items), gap)]
    ties: dict[str, set[str]] = {}
    for item in items:
        for tie in item.ties:
            ties.setdefault(tie, set()).add(item.id)
    for tied in ties.values():
        touched = [p for p in parts if p & tied]
        parts = [p for p in parts if not p & tied] + [set().union(*touched)]
    found = [j for part in parts for j in cut([by_id[k] for k in part], BLUEPRINTS, as_of)]
    return sorted(found, key=lambda j: (j.opened_at, j.id))


def windowed_equals_full(life: list[Piece], as_of: int, by_window: Cut = windowed) -> None:
    """The law, for whichever way of windowing."""
    items = items_of(life)
    assert by_window(items, as_of) == full(items, as_of)


@given(a_life(), st.integers(0, 10**6), st.integers(-5, 400))
@settings(max_examples=150, deadline=None)
def test_any_order_and_repetition_gives_the_same_journeys(life: list[Piece], seed: int, day: int) -> None:
    as_of = T0 + day * DAY
    assert full(items_of(shuffled(life, seed)), as_of) == full(items_of(life), as_of)


@given(a_life(), st.integers(0, 10**6))
@settings(max_examples=50, deadline=None)
def test_the_order_of_items_does_not_matter(life: list[Piece], seed: int) -> None:
    items = items_of(life)
    again = shuffled(items, seed)
    assert full(list({i.id: i for i in again}.values()), T0 + 400 * DAY) == full(items, T0 + 400 * DAY)


def under_another_secret(items: Sequence[Item]) -> tuple[list[Item], dict[str, str]]:
    """The same items with ids of another order, as a rebuilt graph has them; and the old id of each."""
    again: list[Item] = []
    old: dict[str, str] = {}
    for number, item in enumerate(sorted(items, key=lambda i: i.id, reverse=True)):
        name = f"{item.id[:2]}{number:030}"
        old[name] = item.id
        touchpoint = item.touchpoint.but(id=name) if item.touchpoint else None
        again.append(replace(item, id=name, touchpoint=touchpoint))
    return again, old


def by_old_id(journeys: Sequence[Journey], old: dict[str, str]) -> list[Journey]:
    """With the ids as they were before."""
    return [
        replace(
            j,
            id=f"j{old[j.id[1:]]}",
            items=tuple(old[i] for i in j.items),
            touchpoints=tuple(t.but(id=old[t.id]) for t in j.touchpoints),
            promises=tuple(replace(p, touchpoint_id=old.get(p.touchpoint_id, "")) for p in j.promises),
        )
        for j in journeys
    ]


@given(a_life(), st.integers(-5, 400))
@settings(max_examples=150, deadline=None)
def test_a_graph_with_another_secret_has_the_same_journeys_in_the_same_order(
    life: list[Piece], day: int
) -> None:
    items, as_of = items_of(life), T0 + day * DAY
    again, old = under_another_secret(items)
    assert by_old_id(full(again, as_of), old) == full(items, as_of)


def test_touchpoints_of_the_same_moment_stand_by_their_contact_whatever_the_secret() -> None:
    calls = [contact_key("telephony", f"c-{n}") for n in range(4)]
    items = items_of(
        [p for n, call in enumerate(calls) for p in a_call(20 * n, call, 0, "appeal", "APP-FILE")]
    )
    again, old = under_another_secret(items)
    shown = [[t.contact_id for t in full(each, T0)[0].touchpoints] for each in (items, again)]
    assert shown[0] == shown[1] == ["c-0", "c-1", "c-2", "c-3"]
    # The check can fail: by id alone the two are in another order.
    assert [old[i.id] for i in sorted(again, key=lambda i: i.id)] != sorted(i.id for i in items)


@given(a_life(), st.integers(-5, 400))
@settings(max_examples=200, deadline=None)
def test_windowed_equals_full(life: list[Piece], day: int) -> None:
    windowed_equals_full(life, T0 + day * DAY)


def test_planted_fault_a_window_narrower_than_the_longest_silence_is_caught() -> None:
    second = contact_key("telephony", "c-2")
    life = [
        *a_call(1, CONTACT, 0, "appeal", "APP-FILE"),
        *a_call(20, second, 9 * DAY / SECOND, "appeal", "APP-FILE"),
    ]
    windowed_equals_full(life, T0)
    with pytest.raises(AssertionError):
        windowed_equals_full(life, T0, lambda items, as_of: windowed(items, as_of, gap=5 * DAY))


def test_planted_fault_a_window_that_forgets_ties_is_caught() -> None:
    life = [
        *a_call(1, CONTACT, 0, "appeal", "APP-FILE"),
        piece(20, "Promise Made", 200, promise_id="p"),
        piece(21, "Promise Kept", 60 * DAY / SECOND, contact="", record="crm|user|k", promise_id="p"),
    ]

    def untied(items: Sequence[Item], as_of: int) -> list[Journey]:
        return windowed([replace(i, ties=frozenset()) for i in items], as_of)

    windowed_equals_full(life, T0)
    with pytest.raises(AssertionError):
        windowed_equals_full(life, T0, untied)


@given(a_life(), st.integers(-5, 400))
@settings(max_examples=150, deadline=None)
def test_every_touchpoint_is_in_exactly_one_journey(life: list[Piece], day: int) -> None:
    items = items_of(life)
    journeys = full(items, T0 + day * DAY)
    shown = [t.id for j in journeys for t in j.touchpoints]
    assert sorted(shown) == sorted(i.id for i in items if i.touchpoint)
    assert len({j.id for j in journeys}) == len(journeys)
    for journey in journeys:
        assert journey.due is None or journey.due > T0 + day * DAY, "what is due has been done"


@given(a_life(), st.integers(-5, 400))
@settings(max_examples=100, deadline=None)
def test_nothing_changes_before_the_instant_that_is_due(life: list[Piece], day: int) -> None:
    items, as_of = items_of(life), T0 + day * DAY
    dues = [j.due for j in full(items, as_of) if j.due is not None]
    if dues:
        assert full(items, min(dues) - 1) == full(items, as_of)
        assert full(items, min(dues)) != full(items, as_of)


def test_silence_closes_at_the_instant_and_the_goal_is_told_while_it_goes_on() -> None:
    items = items_of(a_call(1, CONTACT, 0, "appeal", ""))
    (open_,) = full(items, T0 + HOUR)
    assert (open_.state, open_.goal, open_.goal_from, open_.stage) == (
        JourneyState.IN_PROGRESS,
        "appeal",
        "stated",
        "file",
    )
    assert open_.silent_after == open_.due == T0 + 400 * SECOND + 21 * DAY
    assert open_.silent_after is not None
    assert full(items, open_.silent_after - 1)[0].state is JourneyState.IN_PROGRESS
    (closed,) = full(items, open_.silent_after)
    assert (closed.state, closed.closed_at, closed.id) == (JourneyState.SILENT, open_.silent_after, open_.id)


def test_reaching_the_goal_closes_it_and_the_next_attempt_is_another_journey() -> None:
    second = contact_key("telephony", "c-2")
    items = items_of([
        *a_call(1, CONTACT, 0, "appeal", ""),
        piece(20, "Goal Reached", DAY / SECOND, contact="", record="sis|user|s", goal="appeal"),
        *a_call(30, second, 3 * DAY / SECOND, "appeal", ""),
    ])  # fmt: skip
    first, again = full(items, T0 + 4 * DAY)
    assert (first.state, first.closed_at) == (JourneyState.REACHED, T0 + DAY)
    assert again.state is JourneyState.IN_PROGRESS


def test_a_step_done_counts_once_no_contact_followed() -> None:
    done = [
        piece(
            1,
            "Self Service Step Done",
            0,
            contact="",
            record="portal|user|u",
            step="check_status",
            channel="web",
        )
    ]
    (waiting,) = full(items_of(done), T0 + 6 * DAY)
    assert (waiting.state, waiting.due) == (JourneyState.IN_PROGRESS, T0 + 7 * DAY)
    (reached,) = full(items_of(done), T0 + 7 * DAY)
    assert (reached.state, reached.closed_at) == (JourneyState.REACHED, T0)
    asked = [*done, *a_call(10, CONTACT, 2 * DAY / SECOND, "aid_status", "")]
    (still,) = full(items_of(asked), T0 + 8 * DAY)
    assert still.state is JourneyState.IN_PROGRESS


def test_two_goals_at_once_and_the_touchpoint_without_a_hint_goes_with_the_nearest() -> None:
    second, plain = contact_key("telephony", "c-2"), contact_key("telephony", "c-3")
    items = items_of([
        *a_call(1, CONTACT, 0, "appeal", ""), *a_call(20, second, 5 * DAY / SECOND, "aid_status", ""),
        *a_call(40, plain, 4 * DAY / SECOND, "", "GEN-OTHER"),
    ])  # fmt: skip
    journeys = {j.goal: j for j in full(items, T0 + 6 * DAY)}
    assert {goal: len(j.touchpoints) for goal, j in journeys.items()} == {"appeal": 1, "where_is_my_aid": 2}
    unsaid = journeys["where_is_my_aid"].touchpoints[0]
    assert unsaid.derived_reason == "where_is_my_aid"
    assert 0 < (unsaid.derived_confidence or 0) < 0.5


def test_starting_again_elsewhere_is_a_hop_and_a_transfer_is_none() -> None:
    items = items_of([
        piece(1, "Page", 0, contact="", record="portal|user|u", kind="page", category="aid_appeal", channel="web"),
        *a_call(10, CONTACT, HOUR / SECOND, "appeal", ""),
        *a_call(30, contact_key("telephony", "c-2"), 2 * HOUR / SECOND, "appeal", ""),
    ])  # fmt: skip
    (journey,) = full(items, T0 + DAY)
    assert [t.hop for t in journey.touchpoints] == [False, True, False]
    assert [t.cost for t in journey.touchpoints] == [0.10, 7.50, 7.50]


def test_made_and_kept_fold_into_one_promise_of_the_contact_it_was_made_in() -> None:
    items = items_of([
        *a_call(1, CONTACT, 0, "appeal", ""),
        piece(20, "Promise Made", 200, promise_id="p", what="call back", due_at="2026-03-06T17:00:00Z", by="a1"),
        piece(21, "Promise Kept", 40 * DAY / SECOND, contact="", record="crm|user|k", promise_id="p"),
    ])  # fmt: skip
    (journey,) = full(items, T0 + 50 * DAY)
    (promise,) = journey.promises
    assert (promise.what, promise.kept_at, promise.touchpoint_id) == (
        "call back",
        T0 + 40 * DAY,
        journey.touchpoints[0].id,
    )
    assert len(journey.touchpoints) == 1
