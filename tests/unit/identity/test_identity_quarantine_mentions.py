"""What in quarantine is about somebody is found: by their record's key also in what is no JSON, and by what is theirs alone."""

import pytest
from pathloom_identity.adapters.quarantine_mentions import mentioned, readable
from pathloom_identity.domain.acceptance import subjects
from pathloom_identity.domain.identifiers import Identifier
from pathloom_identity.domain.records import RecordKey, RecordKind
from pathloom_identity.domain.refused_shape import shape_of

ZEB = [
    Identifier("email", "", "zeb@example.org"),
    Identifier("phone", "", "+14025550177"),
    Identifier("customer_number", "", "10025000"),
]


@pytest.mark.parametrize(
    "original",
    [
        '{"properties": {"email": "ZEB@example.org"}}',
        '{"userId": {"mail": "<zeb@example.org>"}',
        '{"text": "z\\u0065b@example.org wrote"}',
        '{"properties": {"from_number": "+14025550177"}}',
        '{"properties": {"phone": "(402) 555-0177"}}',
        '{"properties": {"phone": "1 402.555.0177"}}',
    ],
)
def test_an_identifier_is_found_in_any_spelling(original: str) -> None:
    mentions = mentioned(ZEB)
    assert mentions is not None
    assert mentions(readable(original.encode()))


@pytest.mark.parametrize(
    "original",
    [
        '{"properties": {"email": "jezeb@example.org"}}',
        '{"properties": {"email": "zeb@example.organic"}}',
        '{"properties": {"phone": "(402) 555-01773"}}',
        '{"properties": {"amount": 10025000, "at": "2026-03-01T12:00:00Z"}}',
        "{}",
    ],
)
def test_nobody_elses_is_found(original: str) -> None:
    mentions = mentioned(ZEB)
    assert mentions is not None
    assert not mentions(readable(original.encode()))


def test_what_tells_nobody_is_not_looked_for() -> None:
    assert mentioned([Identifier("customer_number", "", "10025000"), Identifier("handle", "", "@z")]) is None


@pytest.mark.parametrize(
    "original",
    [
        b'{"userId": "u-1", "properties": {"a": 1}}',
        b'{"properties": {"text": "\xff"}, "userId": "u-1", "more": "cut off he',
        b'[{"user_id" : "u-1"}]',
    ],
)
def test_whom_a_refused_event_names_is_read_as_far_as_it_can_be(original: bytes) -> None:
    assert RecordKey("crm", RecordKind.USER, "u-1") in subjects(shape_of(original), "crm")


def test_what_names_nobody_names_nobody() -> None:
    for original in (b"", b"null", b'{"userId": "cut of', b'{"userId": {"id": "u-1"}}', b"[" * 100_000):
        assert subjects(shape_of(original), "crm") == []
