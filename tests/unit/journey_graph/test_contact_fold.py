"""A contact folds from its pieces in any order: legs, handlings, waiting, and what was not measured."""

from collections.abc import Sequence
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pathloom_journey_graph.domain.contact import fold_contact
from pathloom_journey_graph.domain.legs import fold_legs
from pathloom_journey_graph.domain.values import Kind, Outcome, Piece, Touch, Touchpoint, contact_key

from .journey_pieces import CONTACT, a_call, items_of, piece, shuffled


def folded(pieces: Sequence[Piece], roots: dict[str, str] | None = None) -> Touchpoint:
    """The one touchpoint of these pieces."""
    (item,) = items_of(pieces, roots)
    assert item.touchpoint is not None
    return item.touchpoint


def big_call() -> list[Piece]:
    """3 queues, 4 agents (one of them consulted), 3 wrap-ups, an alert that nobody answered, a hold."""
    v = {"channel": "voice"}
    return [
        piece(1, "IVR Menu Entered", 0, leg_id="i1", leg_kind="ivr", channel="ivr"),
        piece(2, "IVR Choice Made", 4, leg_id="i1", leg_kind="ivr", channel="ivr", stated_reason="appeal"),
        piece(3, "IVR Exited", 10, leg_id="i1", leg_kind="ivr", channel="ivr", to="agent", contained=False),
        piece(4, "Contact Offered", 10, **v),
        piece(5, "Contact Queued", 15, leg_id="q1", leg_kind="queue", queue="aid", department="Aid", **v),
        piece(6, "Contact Alerting", 75, leg_id="a1", leg_kind="alert", agent_id="x", **v),
        piece(7, "Contact Queued", 95, leg_id="q2", leg_kind="queue", queue="aid", department="Aid", **v),
        piece(8, "Contact Alerting", 105, leg_id="a2", leg_kind="alert", agent_id="p", **v),
        piece(9, "Contact Answered", 110, leg_id="g1", leg_kind="agent", agent_id="p", department="Aid", **v),
        piece(10, "Contact Held", 150, leg_id="g1", leg_kind="agent", agent_id="p", **v),
        piece(11, "Contact Answered", 155, leg_id="k1", leg_kind="consult", agent_id="q", department="Appeals", **v),
        piece(12, "Contact Leg Ended", 175, leg_id="k1", leg_kind="consult", agent_id="q", **v),
        piece(13, "Contact Resumed", 180, leg_id="g1", leg_kind="agent", agent_id="p", **v),
        piece(14, "Contact Transferred", 200, leg_id="g1", leg_kind="agent", agent_id="p", kind_="blind", **v),
        piece(15, "Contact Answered", 200, leg_id="g2", leg_kind="agent", agent_id="r", department="Docs", **v),
        piece(16, "Contact Wrapped Up", 230, leg_id="g1", leg_kind="agent", agent_id="p", codes=["APP-HOWTO"], **v),
        piece(17, "Contact Transferred", 260, leg_id="g2", leg_kind="agent", agent_id="r", **v),
        piece(18, "Contact Queued", 260, leg_id="q3", leg_kind="queue", queue="appeals", department="Appeals", **v),
        piece(19, "Contact Answered", 300, leg_id="g3", leg_kind="agent", agent_id="s", department="Appeals", **v),
        piece(20, "Contact Wrapped Up", 305, leg_id="g2", leg_kind="agent", agent_id="r", codes=["GEN-OTHER"], **v),
        piece(21, "Contact Ended", 500, ended_by="customer", **v),
        piece(22, "Contact Wrapped Up", 560, leg_id="g3", leg_kind="agent", agent_id="s", codes=["APP-FILE"], resolved=True, **v),
    ]  # fmt: skip


def test_one_call_with_4_agents_3_queues_and_3_wrap_ups_is_one_contact() -> None:
    call = folded(big_call())
    assert [leg.leg_id for leg in call.legs] == ["i1", "q1", "a1", "q2", "a2", "g1", "k1", "g2", "q3", "g3"]
    assert [(h.agent_id, h.codes) for h in call.handlings] == [
        ("p", ("APP-HOWTO",)), ("r", ("GEN-OTHER",)), ("s", ("APP-FILE",)),
    ]  # fmt: skip
    assert [(h.talk_s, h.hold_s, h.acw_s) for h in call.handlings] == [
        (60, 30, 30),
        (60, None, 45),
        (200, None, 60),
    ]
    assert call.waiting_s == 5 + 60 + 20 + 10 + 5 + 40
    assert call.answer_wait_s == 100
    assert (call.talking_s, call.hold_s, call.acw_s) == (320, 30, 135)
    assert call.transfers == 2
    assert [leg.unanswered for leg in call.legs if leg.kind == "alert"] == [True, False]
    assert (call.channel, call.outcome, call.ongoing) == ("voice", Outcome.RESOLVED, False)
    assert call.stated_reasons == ("appeal",)
    assert call.coded_reasons == ("APP-HOWTO", "GEN-OTHER", "APP-FILE")
    assert call.self_service_s == 10


def any_order_folds_alike(fold: type | object, seed: int) -> None:
    """The law, for whichever way of folding."""
    pieces = big_call()
    again = list(pieces)
    Random(seed).shuffle(again)
    assert fold(again) == fold(pieces)  # type: ignore[operator]


@given(st.integers(0, 10**6))
@settings(max_examples=60, deadline=None)
def test_any_order_and_repetition_folds_alike(seed: int) -> None:
    any_order_folds_alike(folded, seed)
    assert folded(shuffled(big_call(), seed)) == folded(big_call())


def test_planted_fault_folding_in_order_of_arrival_is_caught() -> None:
    def by_arrival(pieces: Sequence[Piece]) -> object:
        return fold_legs(pieces, None)

    with pytest.raises(AssertionError):
        any_order_folds_alike(by_arrival, 3)


@given(st.integers(1, 22))
@settings(max_examples=22, deadline=None)
def test_a_contact_that_grows_is_one_contact_all_the_while(n: int) -> None:
    call = folded(big_call()[:n])
    assert call.kind is Kind.CONTACT
    assert call.events == n
    assert call.ongoing is (n < 21)
    assert call.touch is Touch.CUSTOMER_ACTIVE


def test_ids_of_their_own_fold_into_the_root() -> None:
    second, asked = contact_key("telephony", "c-2"), contact_key("telephony", "c-3")
    pieces = [
        *a_call(1, CONTACT, 0, "appeal", "APP-FILE")[:6],
        piece(20, "Contact Answered", 200, contact=asked, leg_id="k", leg_kind="consult", relation="consult_for", related_contact_id="c-1", channel="voice"),
        piece(21, "Contact Ended", 240, contact=asked, leg_id="k", leg_kind="consult", relation="consult_for", related_contact_id="c-1", channel="voice"),
        piece(22, "Contact Answered", 260, contact=second, leg_id="g1", leg_kind="agent", agent_id="z", relation="transfer_of", related_contact_id="c-1", channel="voice"),
        piece(23, "Contact Ended", 300, contact=second, relation="transfer_of", related_contact_id="c-1", channel="voice"),
    ]  # fmt: skip
    call = folded(pieces, {second: CONTACT, asked: CONTACT})
    assert call.folded_contact_ids == ("c-2", "c-3")
    assert [h.agent_id for h in call.handlings] == ["a1", "z"]
    assert (call.transfers, call.ongoing) == (1, False)
    assert not folded(pieces[:-1], {second: CONTACT, asked: CONTACT}).end, (
        "a consult's end is not the contact's"
    )


def test_what_was_not_measured_is_none_and_what_the_source_measured_counts() -> None:
    bare = folded([piece(1, "Contact Ended", 0, channel="voice")])
    assert (bare.waiting_s, bare.talking_s, bare.hold_s, bare.acw_s, bare.answer_wait_s) == (None,) * 5
    said = folded([piece(1, "Contact Ended", 0, channel="voice", wait_s=30, talk_s=200, hold_s=5, acw_s=40)])
    assert (said.waiting_s, said.talking_s, said.hold_s, said.acw_s) == (30, 200, 5, 40)


def test_abandoned_short_contained_and_walked_away() -> None:
    given_up = folded(a_call(1, CONTACT, 0, "appeal", "", answered=False))
    assert (given_up.outcome, given_up.waiting_s, given_up.answer_wait_s) == (Outcome.ABANDONED, 280, None)
    short = folded(
        [piece(1, "Contact Queued", 0), piece(2, "Contact Ended", 2, short_call=True, abandoned=True)]
    )
    assert short.short_call
    ivr = {"leg_id": "i1", "leg_kind": "ivr", "channel": "ivr"}
    contained = folded([piece(1, "IVR Menu Entered", 0, **ivr), piece(2, "IVR Exited", 30, to="hang_up", contained=True, **ivr), piece(3, "Contact Ended", 30)])  # fmt: skip
    assert (contained.outcome, contained.channel, contained.offered) == (Outcome.CONTAINED, "ivr", False)
    left = folded(
        [piece(1, "Ticket Taken", 0, channel="in_store"), piece(2, "Ticket Left", 600, channel="in_store")]
    )
    assert (left.outcome, left.waiting_s) == (Outcome.ABANDONED, 600)


def test_without_leg_ids_each_queueing_ringing_and_answering_begins_a_leg() -> None:
    call = folded([
        piece(1, "Contact Queued", 0), piece(2, "Contact Alerting", 10, agent_id="x"), piece(3, "Contact Queued", 30),
        piece(4, "Contact Answered", 50, agent_id="y"), piece(5, "Contact Ended", 100), piece(6, "Contact Wrapped Up", 120, agent_id="y", codes=["C"]),
    ])  # fmt: skip
    assert [leg.kind for leg in call.legs] == ["queue", "alert", "queue", "agent"]
    assert call.legs[1].unanswered
    assert (call.handlings[0].codes, call.acw_s) == (("C",), 20)


def test_a_history_of_departments_folds_into_legs_by_department() -> None:
    ticket = folded([
        piece(1, "Accepted", 0, department="V30", level="1"), piece(2, "Accepted", 100, department="V30", level="1"),
        piece(3, "Queued", 200, department="V5 3rd", level="3"), piece(4, "Completed", 300, department="V30", level="1"),
        piece(5, "Contact Ended", 300),
    ])  # fmt: skip
    assert [(leg.department, leg.level) for leg in ticket.legs] == [
        ("V30", "1"),
        ("V5 3rd", "3"),
        ("V30", "1"),
    ]
    assert (ticket.transfers, len(ticket.handlings)) == (2, 3)


def test_amended_and_withdrawn_in_whatever_order() -> None:
    pieces = [
        *a_call(1, CONTACT, 0, "appeal", "APP-FILE"),
        piece(30, "Contact Wrapped Up", 900, amends="m8", codes=["DOC-UPLOAD"]),
        piece(31, "Contact Queued", 950, retracts="m4"),
    ]
    for order in (pieces, pieces[::-1]):
        call = folded(order)
        assert call.coded_reasons == ("DOC-UPLOAD",)
        assert [leg.kind for leg in call.legs] == ["ivr", "alert", "agent"]


def test_machines_answers_are_no_contact() -> None:
    assert items_of([piece(1, "Email Auto Replied", 0), piece(2, "Email Bounced", 5)]) == []
    assert fold_contact("x", CONTACT, []) is None
