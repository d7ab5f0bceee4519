"""Examples of what is accepted, what is nobody's, and how values are spelled."""

import pytest
from pathloom_identity.adapters.event_rows import is_object
from pathloom_identity.adapters.keyed import KeyedHashes
from pathloom_identity.adapters.normalisers import normalise
from pathloom_identity.adapters.quarantine import read_original
from pathloom_identity.domain.acceptance import (
    ACCEPTED,
    ERASED,
    ID_REUSED,
    REPEATED,
    Known,
    NewEvent,
    against_known,
    fault,
    subjects,
)
from pathloom_identity.domain.events import record_named
from pathloom_identity.domain.identifiers import Identifier, is_blocked, read_identifier
from pathloom_identity.domain.records import RecordKey, RecordKind
from pathloom_identity.domain.withdrawals import withdrawn


@pytest.mark.parametrize(
    ("kind", "raw", "wanted"),
    [
        ("phone", "(402) 555-0123", "+14025550123"),
        ("phone", "tel:+44 20 7946 0958", "+442079460958"),
        ("phone", "twelve", None),
        ("email", " Jo.Doe@Mail.Example.ORG", "jo.doe@mail.example.org"),
        ("email", "Jo <jo@mail.example.org>", "jo@mail.example.org"),
        ("email", "not an address", None),
        ("student_id", "S1001", "S1001"),
    ],
)
def test_spellings(kind: str, raw: str, wanted: str | None) -> None:
    assert normalise(kind, raw.strip(), "US") == wanted


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("phone", "0000000000"), ("phone", "anonymous"), ("phone", "5555555555"), ("phone", "+11234567890"),
        ("phone", "12"), ("email", "null"), ("email", "noreply@mail.example.org"), ("student_id", "0000"),
        ("student_id", " NULL "), ("user_id", "undefined"), ("device", "00000000-0000-0000-0000-000000000000"),
        ("handle", "unknown"), ("handle", "--"),
    ],
)  # fmt: skip
def test_blocked(kind: str, value: str) -> None:
    assert is_blocked(kind, value)
    assert read_identifier(kind, "", value, "US", normalise) is None


@pytest.mark.parametrize(
    ("kind", "value"), [("phone", "+14025550123"), ("student_id", "S0"), ("email", "jo@mail.example.org")]
)
def test_not_blocked(kind: str, value: str) -> None:
    assert not is_blocked(kind, value)


def test_what_cannot_be_read_finds_and_never_joins() -> None:
    assert read_identifier("email", "", "jo at home", "US", normalise) == (
        Identifier("email", "", "jo at home"),
        False,
    )
    assert read_identifier("student_id", "sis", 42, "US", normalise) == (
        Identifier("student_id", "sis", "42"),
        True,
    )
    assert read_identifier("student_id", "", True, "US", normalise) is None


def new(**given: object) -> NewEvent:
    values: dict[str, object] = {
        "message_id": "m", "type": 1, "name": "x", "user_id": "u", "anonymous_id": "", "contact_id": "",
        "previous_id": "", "group_id": "", "occurred_at": 0, "received_at": 0, "client_time": None, "payload": b"{}",
    }  # fmt: skip
    return NewEvent(**(values | given))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"message_id": " "}, "message_id"), ({"type": 9}, "type"), ({"user_id": ""}, "user_id"),
        ({"name": "a\x00b"}, "name"), ({"user_id": "u" * 257}, "user_id"), ({"occurred_at": 10**18}, "occurred_at"),
        ({"occurred_at": 11}, "occurred_at"), ({"payload": b"[1]"}, "payload"), ({"payload": b"{"}, "payload"),
        ({"payload": b'{"a": NaN}'}, "payload"), ({"payload": b"\xff"}, "payload"), ({"payload": b" " * 32_769}, "payload"),
        ({"payload": b'{"a":' * 5000 + b"1" + b"}" * 5000}, "payload"), ({"payload": b'{"a": "\\ud800"}'}, "payload"),
    ],
)  # fmt: skip
def test_faults_name_the_field(given: dict[str, object], field: str) -> None:
    event = new(**given)
    found = fault(event, 0, 10, is_object)
    assert found is not None
    assert found.field == field
    assert event.original()


def test_one_id_one_content() -> None:
    one = new()
    assert fault(one, 0, 10, is_object) is None
    assert against_known(one.digest(), None) == ACCEPTED
    assert against_known(one.digest(), Known(1, 1, one.digest(), False)) == REPEATED
    assert (
        against_known(new(payload=b'{"traits":{}}').digest(), Known(1, 1, one.digest(), False)) == ID_REUSED
    )
    assert against_known(one.digest(), Known(1, 1, None, True)) == ERASED
    # When it was received or corrected to is not content.
    assert new(received_at=5, occurred_at=5).digest() == one.digest()


def test_whom_an_event_names() -> None:
    assert record_named("n", "u", "a", "c", claimed=False) == RecordKey("n", RecordKind.USER, "u")
    assert record_named("n", "u", "a", "c", claimed=True) == RecordKey("n", RecordKind.ANONYMOUS, "a")
    assert record_named("n", "u", "", "c", claimed=True) == RecordKey("n", RecordKind.CONTACT, "c")
    assert record_named("n", "u", "", "", claimed=True) == RecordKey("n", RecordKind.ANONYMOUS, "claimed:u")
    assert record_named("n", "", "", "", claimed=False) is None


def test_an_original_is_read_back_as_it_was() -> None:
    one = new(contact_id="c1", client_time=7, occurred_at=8, received_at=9, payload=b'{"properties":{"a":1}}')
    assert read_original(one.original(), 9, False) == one
    sdk = b'{"type":"identify","messageId":"m","userId":"u","timestamp":"1970-01-01T00:00:00.000007Z","traits":{"a":1}}'
    assert read_original(sdk, 9, False) == new(
        type=2, name="", occurred_at=7, received_at=9, client_time=7, payload=b'{"traits":{"a":1}}'
    )
    for wrong in (b"{", b"[]", b'{"type":"sing"}', b'{"timestamp":"yesterday"}'):
        with pytest.raises(ValueError):  # noqa: PT011 - the text is for the operator
            read_original(wrong, 0, False)


def test_a_refused_event_can_be_found_by_whom_it_is_about() -> None:
    keys = subjects({"userId": 42, "anonymousId": "a", "properties": {"contact_id": "c"}}, "n")
    assert RecordKey("n", RecordKind.USER, "42") in keys
    assert RecordKey("n", RecordKind.CONTACT, "c") in keys


def test_withdrawals_of_withdrawals() -> None:
    assert withdrawn({("a", "b")}) == {"a"}
    assert withdrawn({("a", "b"), ("b", "c")}) == {"b"}
    assert withdrawn({("a", "b"), ("b", "a")}) in ({"a"}, {"b"}, {"a", "b"}, set())


def test_ids_depend_on_the_secret_and_on_erasures() -> None:
    key = RecordKey("n", RecordKind.USER, "u")
    one, other = KeyedHashes(b"0123456789abcdef"), KeyedHashes(b"0123456789abcdeg")
    assert one.record(key) != other.record(key)
    assert one.own_customer_id(key, 0) != one.own_customer_id(key, 1)
    assert one.own_customer_id(key, 0).startswith("cus_")
    with pytest.raises(ValueError, match="16 bytes"):
        KeyedHashes(b"short")
