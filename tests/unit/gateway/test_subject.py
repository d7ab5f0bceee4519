"""Whom an event is about where it belongs to no customer: decided by its name."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pathloom.identity.v1.events_pb2 import EventType, LoggedEvent, RecordKey, RecordKind
from pathloom_gateway.adapters.read_model.pieces import piece_of
from pathloom_gateway.domain.plan_check import PlanCheck, compile_plan
from pathloom_gateway.domain.quarantined import quarantined, subject_kept
from pathloom_gateway.domain.sent_event import Judge, Refused, Sent, Taken
from pathloom_gateway.domain.subject import CONTACT, EMPLOYEE, INCIDENT, SOURCE, Subject
from pathloom_gateway.tracking_plan import common_schema, planned_events

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
PLAN = compile_plan(common_schema(), {key: event.schema for key, event in planned_events().items()})
JUDGE = Judge(PLAN, timedelta(hours=1))
NOBODYS = {key for key, event in planned_events().items() if event.family in ("employee", "service")}
ids = st.none() | st.sampled_from(["u-1", "ag-7", " ", "c-1", 7])


def judged(judge: Judge = JUDGE, **said: Any) -> Taken:
    event = {"type": "track", "messageId": "m", **said}
    return judge.judge(Sent(event, b"", 1), NOW, None, None)


def refused(**said: Any) -> tuple[str, str]:
    with pytest.raises(Refused) as found:
        judged(**said)
    return found.value.reason, found.value.field


@pytest.mark.parametrize(
    ("name", "said", "wanted"),
    [
        ("Agent State Changed", {"properties": {"agent_id": " ag-7 ", "state": "break"}}, Subject(EMPLOYEE, "ag-7")),
        ("agent.state.changed", {"userId": "u-7", "properties": {"state": "break"}}, Subject(EMPLOYEE, "u-7")),
        ("Agent State Changed", {"anonymousId": "d-1"}, Subject(EMPLOYEE, "d-1")),
        ("Quality Evaluated", {"userId": "boss", "properties": {"agent_id": "ag-7"}}, Subject(EMPLOYEE, "ag-7")),
        ("Employee Survey Answered", {"properties": {"value": 3}}, Subject(SOURCE)),
        ("Incident Started", {"userId": "u", "properties": {"incident_id": "in-1"}}, Subject(INCIDENT, "in-1")),
        ("Agent Note Added", {"userId": "u", "properties": {"note": "n", "contact_id": "c"}}, Subject(CONTACT)),
        ("Agent Note Added", {"userId": "u-7", "properties": {"note": "n"}}, Subject(EMPLOYEE, "u-7")),
        ("Order Placed", {"userId": "u", "properties": {"agent_id": "ag-7"}}, None),
    ],
)  # fmt: skip
def test_the_name_says_whom_it_is_about(name: str, said: dict[str, Any], wanted: Subject | None) -> None:
    assert judged(event=name, **said).subject == wanted


def test_who_must_be_named_and_is_not_is_said_by_the_field() -> None:
    assert refused(event="Incident Ended", userId="u") == ("MISSING", "properties.incident_id")
    assert refused(event="Agent State Changed") == ("MISSING", "properties.agent_id")
    assert refused(event="Agent State Changed", properties={"agent_id": "x" * 300}) == (
        "TOO_LARGE",
        "properties.agent_id",
    )
    assert refused(event="Incident Started", properties={"incident_id": 5}) == (
        "MALFORMED",
        "properties.incident_id",
    )


def names_a_customer(taken: Taken) -> bool:
    """Whether identity would make a customer of it, or bind a contact to one."""
    return bool(taken.user_id or taken.anonymous_id)


@given(st.sampled_from(sorted(NOBODYS)), ids, ids, st.sampled_from(["c-1", ""]), st.booleans())
def test_none_of_these_events_names_a_customer(
    key: str, user: Any, anonymous: Any, contact: str, agent: bool
) -> None:
    """Whatever ids an SDK insists on sending with it; a planted fault, the plan without families, is caught."""
    example = dict(planned_events()[key].schema["examples"][0])
    example.pop("contact_id", None)
    example |= {"contact_id": contact} if contact else {}
    if agent:
        example |= {"agent_id": "ag-7"}
    said = {"event": planned_events()[key].title, "userId": user, "anonymousId": anonymous}
    taken = judged(**said, properties=example)
    assert taken.subject is not None
    assert not names_a_customer(taken)
    if str(user or "").strip():
        careless = Judge(PlanCheck(PLAN.by_key, PLAN.always, PLAN.references), timedelta(hours=1))
        assert names_a_customer(judged(careless, **said, properties=example))


def test_the_quarantine_keeps_whom_it_is_about_and_a_client_cannot_say_it() -> None:
    subject = Subject(EMPLOYEE, "ag-7")
    assert subject_kept(quarantined({"subject": {"kind": "source"}}, None, subject)) == subject
    assert subject_kept(quarantined({"subject": {"kind": "source"}}, None)) is None


@pytest.mark.parametrize("kind", RecordKind.values()[1:])
def test_an_employees_event_is_no_piece_of_the_contact_it_refers_to(kind: RecordKind.ValueType) -> None:
    event = LoggedEvent(
        type=EventType.EVENT_TYPE_TRACK,
        name="Quality Evaluated",
        record=RecordKey(namespace="n", kind=kind, id="1"),
        contact=RecordKey(namespace="n", kind=RecordKind.RECORD_KIND_CONTACT, id="c"),
    )
    assert (piece_of(event) is None) == (kind > RecordKind.RECORD_KIND_CONTACT)
