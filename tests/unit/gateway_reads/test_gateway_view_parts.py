"""Parts of the view: attempts, effort, who shows a touchpoint, telling candidates apart, names."""

from typing import Any

import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from hypothesis import given
from hypothesis import strategies as st
from pathloom.gateway.v1.view_pb2 import CustomerView, LiveContact
from pathloom.identity.v1.customers_pb2 import (
    Customer,
    Evidence,
    EvidencePiece,
    GoldenField,
    Identifier,
    MemberRecord,
    Trust,
)
from pathloom.identity.v1.events_pb2 import RecordKey, RecordKind
from pathloom.journey_graph.v1.journeys_pb2 import (
    Journey,
    JourneyState,
    Outcome,
    Promise,
    SelfServiceStep,
    Touchpoint,
    TouchpointKind,
)
from pathloom_gateway.domain.attempts import failed_attempts
from pathloom_gateway.domain.customer_view import Live, compose_view
from pathloom_gateway.domain.effort import EffortSum
from pathloom_gateway.domain.finish import Finish, finish_contact, finish_view
from pathloom_gateway.domain.journey_view import journey_part
from pathloom_gateway.domain.names import words_of
from pathloom_gateway.domain.shown import Claim, hidden_touchpoints
from pathloom_gateway.domain.told_apart import telling_facts, told_apart_by

CONTACT = TouchpointKind.TOUCHPOINT_KIND_CONTACT
VISIT = TouchpointKind.TOUCHPOINT_KIND_VISIT


def at(seconds: int) -> Timestamp:
    return Timestamp(seconds=seconds)


def touch(key: str, when: int, **fields: Any) -> Touchpoint:
    return Touchpoint(touchpoint_id=key, start=at(when), end=at(when + 10), **({"kind": CONTACT} | fields))


def upload(failed: bool) -> SelfServiceStep:
    return SelfServiceStep(step="upload_document", failed=failed, done=not failed)


def test_the_same_failure_counts_up() -> None:
    visits = [
        touch("a", 1, kind=VISIT, channel="web", steps=[upload(True)]),
        touch("b", 2, kind=VISIT, channel="web", steps=[upload(True)]),
    ]
    chat = touch("c", 3, channel="chat", outcome=Outcome.OUTCOME_ABANDONED, waiting_s=541.0)
    assert failed_attempts([*visits, chat]) == (
        "upload document failed twice on web",
        "gave up a chat after 9 min",
    )


def test_what_worked_in_the_end_is_no_failed_attempt() -> None:
    visits = [
        touch("a", 1, kind=VISIT, channel="web", steps=[upload(True), upload(False)]),
        touch("b", 2, channel="voice", outcome=Outcome.OUTCOME_UNRESOLVED),
    ]
    assert failed_attempts(visits) == ("call ended unresolved",)
    solved = touch("c", 3, channel="voice", outcome=Outcome.OUTCOME_RESOLVED)
    assert failed_attempts([*visits, solved]) == ()


def test_an_abandon_without_a_measured_wait_says_no_minutes() -> None:
    assert failed_attempts([touch("a", 1, channel="voice", outcome=Outcome.OUTCOME_ABANDONED)]) == (
        "gave up a call",
    )


def test_effort_counts_waiting_holds_and_what_was_not_measured() -> None:
    effort = EffortSum()
    effort.add_touchpoints(
        [
            touch("a", 1, channel="voice", waiting_s=60.0, hold_s=60.0, talking_s=120.0, acw_s=999.0),
            touch("b", 2, channel="web", kind=VISIT, self_service_s=300.0),
            touch("c", 3, channel="voice"),
            touch("d", 4, channel="survey", kind=TouchpointKind.TOUCHPOINT_KIND_SURVEY),
        ]
    )
    said = effort.to_message()
    assert (said.minutes, said.waiting_minutes, said.talking_minutes, said.self_service_minutes) == (
        9,
        2,
        2,
        5,
    )
    assert (said.contacts, said.channels, said.not_measured) == (2, 2, 1)


claims = st.lists(
    st.builds(
        Claim,
        journey_id=st.sampled_from("abcdef"),
        present=st.booleans(),
        lag=st.integers(0, 3),
        withdrawn=st.booleans(),
        generation=st.integers(0, 2),
        version=st.integers(1, 4),
    ),
    min_size=1,
    max_size=5,
    unique_by=lambda claim: claim.journey_id,
)


@given(st.dictionaries(st.sampled_from(["t1", "t2", "t3"]), claims))
def test_every_contested_touchpoint_is_shown_by_exactly_one(contested: dict[str, list[Claim]]) -> None:
    hidden = hidden_touchpoints(contested)
    for touchpoint, held in contested.items():
        shown = [claim for claim in held if touchpoint not in hidden.get(claim.journey_id, set())]
        assert len(shown) == 1
        standing = [claim for claim in held if not claim.withdrawn]
        assert not standing or not shown[0].withdrawn


def test_candidates_are_told_apart_by_what_differs_and_no_more() -> None:
    one = telling_facts(
        {"city": "Paris", "language": "fr", "dob": "1990-12-10", "phone": "+1555", "last_name": "L"}
    )
    other = telling_facts(
        {"city": "Paris", "language": "en", "date_of_birth": "12/10/1991", "postal_code": "75011"}
    )
    assert told_apart_by([one, other]) == [
        {"language": "fr", "year_of_birth": "1990"},
        {"language": "en", "postal_code": "750…", "year_of_birth": "1991"},
    ]


def test_names_are_folded() -> None:
    assert words_of("José  O'Brien-Smith", "jose") == ["jose", "o", "brien", "smith"]


def going(key: str, last: int, touchpoints: list[Touchpoint], **fields: Any) -> Journey:
    values: dict[str, Any] = {"goal_label": "Appeal", "state": JourneyState.JOURNEY_STATE_IN_PROGRESS}
    made = Journey(
        journey_id=key, touchpoints=touchpoints, opened_at=at(1), last_at=at(last), **(values | fields)
    )
    if made.state != JourneyState.JOURNEY_STATE_IN_PROGRESS:
        made.closed_at.CopyFrom(at(last))
    return made


def test_the_view_is_bounded_and_the_rest_is_counted() -> None:
    journeys = [going(f"g{i}", 100 + i, [touch(f"t{i}-{k}", k) for k in range(70)]) for i in range(13)]
    journeys += [
        going(f"c{i}", i, [touch(f"u{i}-{k}", k) for k in range(9)], state=JourneyState.JOURNEY_STATE_REACHED)
        for i in range(8)
    ]
    composed = compose_view(
        "cus", None, [journey_part(one, 1, None) for one in journeys], [], more_journeys=4
    )
    assert [part.view.journey_id for part in composed.in_progress] == [f"g{i}" for i in range(12, 2, -1)]
    assert [part.view.journey_id for part in composed.closed] == ["c7", "c6", "c5", "c4", "c3"]
    assert composed.view.more_journeys == 3 + 3 + 4
    assert (len(composed.in_progress[0].view.touchpoints), composed.in_progress[0].view.more_touchpoints) == (
        50,
        20,
    )
    assert (len(composed.closed[0].view.touchpoints), composed.closed[0].view.more_touchpoints) == (5, 4)
    assert composed.view.effort.contacts == 13 * 70


def test_who_it_is() -> None:
    customer = Customer(
        customer_id="cus",
        golden=[GoldenField(name="name", value="Ada L"), GoldenField(name="flags", value='["vip","fraud"]')],
        identifiers=[Identifier(type="email", value="a@b.c")],
        records=[MemberRecord(key=RecordKey(namespace="web", kind=RecordKind.RECORD_KIND_ANONYMOUS, id="x"))],
    )
    view = compose_view("cus", customer, [], []).view
    assert (view.name, list(view.flags), view.unidentified) == ("Ada L", ["vip", "fraud"], False)
    customer.identifiers[0].type = "anonymous_id"
    assert compose_view("cus", customer, [], []).view.unidentified


def test_a_fact_says_that_a_steward_chose_it() -> None:
    golden = [GoldenField(name="city", value="Lyon", pinned=True), GoldenField(name="name", value="Ada L")]
    facts = compose_view("cus", Customer(customer_id="cus", golden=golden), [], []).view.facts
    assert {fact.name: fact.pinned for fact in facts} == {"city": True, "name": False}


def test_evidence_is_shown_with_its_pieces_and_they_sum_to_its_weight() -> None:
    told = [
        ("prior", "two records by chance", -13.0),
        ("date_of_birth", "turned", 6.5),
        ("phone", "exact", 21.25),
    ]
    why = Evidence(
        kind=Evidence.KIND_PROBABILISTIC,
        text="phone and date of birth agree",
        weight=14.75,
        pieces=[EvidencePiece(attribute=name, level=level, weight=weight) for name, level, weight in told],
    )
    customer = Customer(customer_id="cus", evidence=[why])
    (shown,) = compose_view("cus", customer, [], []).view.why_one
    assert (shown.kind, shown.text) == ("probabilistic", "phone and date of birth agree")
    assert [piece.attribute for piece in shown.pieces] == ["prior", "date of birth", "phone"]
    assert sum(piece.weight for piece in shown.pieces) == shown.weight


def test_consents_are_shown_apart_from_facts_and_an_unreadable_end_is_left_out() -> None:
    def consent(name: str, value: str) -> GoldenField:
        return GoldenField(name=name, value=value, source_id="crm", said_at=at(5), trust=Trust.TRUST_TRUSTED)

    customer = Customer(
        customer_id="c",
        golden=[
            consent("consent:marketing:email", '{"state":"given","expires_at":"2027-01-01T00:00:00Z"}'),
            consent("consent:recording:", '{"state":"withdrawn","expires_at":"some day"}'),
            GoldenField(name="preferred_channel", value="email"),
        ],
    )
    view = compose_view("c", customer, [], []).view
    assert [(one.purpose, one.channel, one.state, one.trust) for one in view.consents] == [
        ("marketing", "email", "given", "trusted"),
        ("recording", "", "withdrawn", "trusted"),
    ]
    assert view.consents[0].expires_at == Timestamp(seconds=1_798_761_600)
    assert not view.consents[1].HasField("expires_at")
    assert view.preferred_channel == "email"
    assert [fact.name for fact in view.facts] == ["preferred_channel"]


@pytest.mark.parametrize(("kept", "open_now"), [(None, 1), (50, 0)])
def test_a_kept_promise_is_no_open_one(kept: int | None, open_now: int) -> None:
    promise = Promise(promise_id="p", what="call-back", due_at=at(40), broken_at=at(41))
    if kept:
        promise.kept_at.CopyFrom(at(kept))
    composed = compose_view(
        "cus", None, [journey_part(going("g", 9, [touch("t", 1)], promises=[promise]), 1, None)], []
    )
    assert len(composed.promises) == open_now
    assert composed.sentence.promised is bool(open_now)


def test_finishing_adds_what_the_clock_decides() -> None:
    view = CustomerView(live_contacts=[LiveContact(contact_id="new"), LiveContact(contact_id="old")])
    view.journeys.add(journey_id="g").opened_at.CopyFrom(at(0))
    view.promises.add().promise.due_at.CopyFrom(at(100))
    now_us = 86_400_000_000 * 3
    composed = compose_view("cus", None, [journey_part(going("g", 9, []), 1, None)], [])
    finish_view(view, Finish(composed.sentence, (now_us - 5, 0)), now_us)
    assert view.journeys[0].day == 4
    assert view.promises[0].overdue
    assert [one.contact_id for one in view.live_contacts] == ["new"]
    wrapping = LiveContact(state="wrap_up", since=at(0), ended=True)
    finish_contact(wrapping, 60_000_000)
    assert wrapping.state == "wrap_up"
    finish_contact(wrapping, now_us)
    assert wrapping.state == "ended"


def test_live_contacts_stand_newest_first() -> None:
    lives = [Live(LiveContact(contact_id=str(i)), i) for i in range(3)]
    assert [one.last_us for one in compose_view("cus", None, [], lives).lives] == [2, 1, 0]
