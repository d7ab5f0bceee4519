"""The live contact: any order of the pieces gives the same; a contact that grows, is transferred, ends."""

from collections.abc import Callable, Iterable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pathloom_gateway.domain import live_contact
from pathloom_gateway.domain.live_contact import LiveState, Piece, fold, folds_into, standing

KEYS = (
    "contact_offered",
    "ivr_menu_entered",
    "ivr_exited",
    "contact_queued",
    "contact_alerting",
    "contact_answered",
    "contact_held",
    "contact_resumed",
    "contact_transferred",
    "contact_ended",
    "contact_wrapped_up",
    "survey_answered",
)


def piece(key: str, at: int, **fields: object) -> Piece:
    values: dict[str, object] = {"event_id": f"{key}@{at}", "source_id": "acd", "message_id": f"m{key}{at}"}
    return Piece(key=key, at=at, received=at, **(values | fields))  # type: ignore[arg-type]


def call() -> list[Piece]:
    """IVR, queue, an alert nobody answers, queue, answered, held, transferred, answered by another, ended."""
    return [
        piece("ivr_menu_entered", 1, leg_kind="ivr", channel="ivr"),
        piece("ivr_exited", 5, leg_kind="ivr", channel="ivr"),
        piece("contact_offered", 5, channel="voice", direction="inbound"),
        piece("contact_queued", 6, channel="voice", queue="general", department="Aid"),
        piece("contact_alerting", 20, agent="7"),
        piece("contact_queued", 40, queue="general"),
        piece("contact_alerting", 50, agent="8"),
        piece("contact_answered", 55, agent="8"),
        piece("contact_held", 80, agent="8"),
        piece("contact_answered", 85, agent="9", leg_kind="consult"),
        piece("contact_resumed", 95, agent="8"),
        piece("contact_transferred", 100, agent="8"),
        piece("contact_queued", 101, queue="appeals", department="Appeals"),
        piece("contact_answered", 120, agent="10"),
        piece("contact_ended", 200, ended_by="customer"),
        piece("contact_wrapped_up", 230, agent="10"),
    ]


@pytest.mark.parametrize(
    ("until", "state", "since", "queue", "agent"),
    [
        (1, "self_service", 1, "", ""),
        (3, "offered", 5, "", ""),
        (4, "queued", 6, "general", ""),
        (5, "alerting", 20, "general", "7"),
        (6, "queued", 40, "general", ""),
        (8, "talking", 55, "general", "8"),
        (9, "on_hold", 80, "general", "8"),
        (10, "on_hold", 80, "general", "8"),
        (11, "talking", 95, "general", "8"),
        (12, "offered", 100, "general", ""),
        (13, "queued", 101, "appeals", ""),
        (14, "talking", 120, "appeals", "10"),
        (16, "ended", 200, "appeals", "10"),
    ],
)
def test_a_call_grows(until: int, state: str, since: int, queue: str, agent: str) -> None:
    now = fold(call()[:until])
    assert (now.state, now.since, now.queue, now.agent) == (state, since, queue, agent)


def test_the_whole_call() -> None:
    over = fold(call())
    assert (over.channel, over.direction, over.started, over.ended, over.offered) == (
        "voice",
        "inbound",
        1,
        200,
        5,
    )
    assert (over.answered, over.abandoned, over.wrapped_up) == (True, False, True)


@pytest.mark.parametrize(
    ("pieces", "abandoned"),
    [
        ([piece("contact_queued", 1), piece("contact_ended", 9)], True),
        ([piece("contact_queued", 1), piece("contact_ended", 9, ended_by="customer")], True),
        ([piece("contact_queued", 1), piece("contact_ended", 9, ended_by="network")], False),
        ([piece("contact_queued", 1), piece("contact_answered", 5), piece("contact_ended", 9)], False),
        ([piece("ivr_menu_entered", 1), piece("contact_ended", 9)], False),
        ([piece("ticket_taken", 1), piece("ticket_left", 9)], True),
    ],
)
def test_who_left_before_being_answered(pieces: list[Piece], abandoned: bool) -> None:
    assert fold(pieces).abandoned is abandoned


def test_a_withdrawn_piece_counts_no_more_and_a_corrected_one_stands_in_its_place() -> None:
    queued, wrong = piece("contact_queued", 1, queue="a"), piece("contact_ended", 5)
    back = piece("agent_note_added", 9, retracts=wrong.message_id)
    better = piece("contact_queued", 8, queue="b", amends=queued.message_id)
    now = fold([queued, wrong, back, better, piece("contact_answered", 6)])
    assert (now.state, now.queue, now.ended) == ("talking", "b", 0)


def test_chains() -> None:
    assert folds_into([piece("contact_queued", 1, relation="transfer_of", related="c1")]) == "c1"
    assert folds_into([piece("contact_queued", 1, relation="callback_of", related="c1")]) == ""


pieces = st.lists(
    st.builds(
        lambda key, at, kind, agent, amends: piece(
            key, at, leg_kind=kind, agent=agent, amends=f"mcontact_queued{amends}" if amends else ""
        ),
        st.sampled_from(KEYS),
        st.integers(1, 30),
        st.sampled_from(["", "ivr", "agent", "consult"]),
        st.sampled_from(["", "7", "8"]),
        st.sampled_from([0, 0, 0, 5, 6]),
    ),
    max_size=12,
    unique_by=lambda one: one.event_id,
)


def any_order_law(
    folding: Callable[[Iterable[Piece]], LiveState], some: list[Piece], shuffled: list[Piece]
) -> None:
    """The law: whatever order, and said twice, the same contact."""
    assert folding(some) == folding(shuffled + some)


@given(pieces.flatmap(lambda some: st.tuples(st.just(some), st.permutations(some))))
def test_any_order_and_twice_give_the_same(case: tuple[list[Piece], list[Piece]]) -> None:
    any_order_law(fold, *case)


def test_the_law_catches_a_fold_that_believes_the_order_of_arrival(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_contact, "standing", lambda pieces: list(pieces))
    some = call()
    with pytest.raises(AssertionError):
        any_order_law(fold, some, some[::-1])


def test_standing_drops_what_is_said_twice() -> None:
    one = piece("contact_queued", 1)
    assert standing([one, replace(one)]) == [one]
