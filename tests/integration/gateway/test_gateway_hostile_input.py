"""Events in, at and beyond every bound: each is refused by its field, and costs the event beside it nothing."""

import gzip
import json
from typing import Any

import pytest

from .conftest import RunningGateway

EVENT_BYTES, BATCH_BYTES = 32 * 1024, 500 * 1024
GOOD = b'{"type":"track","messageId":"good","userId":"u","event":"E"}'
EMPTY = gzip.compress(b'{"batch":[]}', mtime=0)


def raw(more: bytes) -> bytes:
    return b'{"type":"track","messageId":"bad","userId":"u","event":"E",' + more + b"}"


def padded(size: int) -> bytes:
    """An event of exactly this many bytes."""
    event = raw(b'"properties":{"note":""}')
    return event.replace(b'""}', b'"' + b"x" * (size - len(event)) + b'"}', 1)


async def post(
    gateway: RunningGateway, content: bytes, path: str = "/v1/batch", **headers: str
) -> tuple[int, Any]:
    said = {name.replace("_", "-"): value for name, value in headers.items()}
    answer = await gateway.http.post(path, content=content, headers={**gateway.bearer("server"), **said})
    return answer.status_code, answer.json()


BAD_EVENTS = [
    pytest.param(padded(EVENT_BYTES + 1), "TOO_LARGE", "", id="a byte too large"),
    pytest.param(raw(b'"properties":{"note":"\xff\xfe"}'), "MALFORMED", "", id="not UTF-8"),
    pytest.param(raw('"properties":{"note":"caf\xe9"}'.encode("latin-1")), "MALFORMED", "", id="Latin 1"),
    pytest.param(raw(b'"properties":{"note":"\xed\xa0\x80"}'), "MALFORMED", "", id="half a pair, in bytes"),
    pytest.param(raw(b'"properties":{"note":"\\ud83d"}'), "MALFORMED", "properties.note", id="half a pair"),
    pytest.param(raw(b'"properties":{"no\\u0000te":1}'), "MALFORMED", "properties", id="NUL in a name"),
    pytest.param(raw(b'"traits":{"a":["\\u0000"]}'), "MALFORMED", "traits.a[0]", id="NUL in a list"),
    pytest.param(
        raw(b'"context":{"a":' + b"[" * 40 + b"]" * 40 + b"}"), "MALFORMED", "context", id="40 deep"
    ),
    pytest.param(raw(b'"properties":' + b'{"a":' * 5_000 + b"1" + b"}" * 5_000), "MALFORMED", "", id="deep"),
    pytest.param(raw(b'"properties":{"n":-Infinity}'), "MALFORMED", "properties.n", id="infinity"),
    pytest.param(raw(b'"properties":{"n":NaN}'), "MALFORMED", "properties.n", id="no number"),
    pytest.param(raw(b'"properties":{"n":1e400}'), "MALFORMED", "properties.n", id="a large float"),
    pytest.param(
        raw(b'"properties":{"n":' + b"9" * 400 + b"}"), "MALFORMED", "properties.n", id="400 digits"
    ),
    pytest.param(raw(b'"properties":{"n":' + b"9" * 20_000 + b"}"), "MALFORMED", "", id="20,000 digits"),
    pytest.param(raw(b'"timestamp":"-0044-03-15T12:00:00Z"'), "MALFORMED", "timestamp", id="before year 1"),
    pytest.param(raw(b'"timestamp":"0001-01-01T00:00:00+14:00"'), "MALFORMED", "timestamp", id="underflow"),
    pytest.param(raw(b'"timestamp":"9999-12-31T23:59:59-14:00"'), "MALFORMED", "timestamp", id="overflow"),
    pytest.param(raw(b'"timestamp":"+275760-09-13T00:00:00Z"'), "MALFORMED", "timestamp", id="six digits"),
    pytest.param(raw(b'"timestamp":"2026-02-30T00:00:00Z"'), "MALFORMED", "timestamp", id="no such day"),
    pytest.param(
        raw(b'"timestamp":"9999-12-31T23:59:59Z","sentAt":"0001-01-01T00:00:00Z"'),
        "MALFORMED",
        "timestamp",
        id="corrected beyond time",
    ),
    pytest.param(raw(b'"timestamp":-1'), "MALFORMED", "timestamp", id="a number for a time"),
    pytest.param(raw(b'"userId":{"$ne":null}'), "MALFORMED", "userId", id="an object for an id"),
    pytest.param(raw(b'"userId":18446744073709551616'), "MALFORMED", "userId", id="an id of 65 bits"),
    pytest.param(raw(b'"userId":"a\\u0000b"'), "MALFORMED", "userId", id="NUL in an id"),
    pytest.param(b'"' + b"x" * 10 + b'"', "MALFORMED", "", id="a text for an event"),
    pytest.param(b"null", "MALFORMED", "", id="nothing for an event"),
]


@pytest.mark.parametrize(("event", "reason", "field"), BAD_EVENTS)
async def test_a_hostile_event_is_reported_by_index_and_the_one_beside_it_is_taken(
    gateway: RunningGateway, event: bytes, reason: str, field: str
) -> None:
    status, answer = await post(gateway, b'{"batch":[' + event + b"," + GOOD + b"]}")

    assert status == 200, answer
    assert [(e["index"], e["reason"], e["field"]) for e in answer["errors"]] == [(0, reason, field)]
    assert answer["accepted"] == 1
    assert [event.message_id for event in gateway.identity.events.values()] == ["good"]
    assert len(gateway.identity.quarantine) == 1


@pytest.mark.parametrize(("event", "reason", "field"), BAD_EVENTS)
async def test_alone_it_is_a_problem_that_names_the_field(
    gateway: RunningGateway, event: bytes, reason: str, field: str
) -> None:
    status, problem = await post(gateway, event, "/v1/track")

    assert status == 400
    assert [error["field"] for error in problem["errors"]] == [field or "body"]
    assert not gateway.identity.events


async def test_what_just_fits_is_taken(gateway: RunningGateway) -> None:
    status, answer = await post(gateway, b'{"batch":[' + padded(EVENT_BYTES) + b"]}")
    assert (status, answer["accepted"], answer["errors"]) == (200, 1, [])

    whole = b'{"batch":[' + GOOD + b"]"
    fits = whole + b" " * (BATCH_BYTES - len(whole) - 1) + b"}"
    status, answer = await post(gateway, fits)
    assert (status, answer["accepted"]) == (200, 1)
    status, problem = await post(gateway, fits + b" ")
    assert (status, problem["reason"], problem["errors"][0]["field"]) == (413, "BODY_TOO_LARGE", "body")


async def test_the_bound_is_on_what_comes_out_of_gzip(gateway: RunningGateway) -> None:
    whole = b'{"batch":[' + GOOD + b"]"
    for extra, expected in ((0, 200), (1, 413)):
        body = whole + b" " * (BATCH_BYTES - len(whole) - 1 + extra) + b"}"
        status, answer = await post(gateway, gzip.compress(body), Content_Encoding="gzip")
        assert status == expected, answer


@pytest.mark.parametrize(
    "body",
    [
        EMPTY[:20] + b"\0\0\0\0" + EMPTY[24:],
        gzip.compress(EMPTY, mtime=0),
        b"\x1f\x8b",
        b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03",
        b'{"batch":[]}',
    ],
)
async def test_gzip_that_is_broken_or_packed_twice_is_named(gateway: RunningGateway, body: bytes) -> None:
    status, problem = await post(gateway, body, Content_Encoding="gzip")
    assert (status, problem["errors"][0]["field"]) == (400, "body")


@pytest.mark.parametrize(
    "body",
    [
        '{"batch":[]}'.encode("utf-16"),
        '{"batch":[]}'.encode("utf-32"),
        b"\xef\xbb\xbf" + b'{"batch":[]}',
        b'{"batch":[]}{"batch":[]}',
        b'{"batch":[],}',
        b"{'batch':[]}",
        b'{"batch":[' + b"[" * 100_000 + b"]" * 100_000 + b"]}x",
        b"\0",
        b"\xff" * 1_000,
    ],
)
async def test_a_body_that_is_no_json_in_utf_8_is_named(gateway: RunningGateway, body: bytes) -> None:
    status, problem = await post(gateway, body)
    assert (status, problem["reason"]) == (400, "INVALID_ARGUMENT")
    assert [error["field"] for error in problem["errors"]] == ["body"]


async def test_of_a_name_said_twice_the_last_counts(gateway: RunningGateway) -> None:
    twice = b'{"batch":[7],"batch":[' + raw(b'"userId":"first","userId":"last"') + b"]}"
    status, answer = await post(gateway, twice)

    assert (status, answer["accepted"], answer["errors"]) == (200, 1, [])
    assert gateway.identity.last().user_id == "last"


@pytest.mark.parametrize(
    ("path", "content", "media"),
    [
        (
            "/v1/events",
            b'{"specversion":"1.0","id":"\xff","source":"s","type":"t"}',
            "application/cloudevents+json",
        ),
        ("/v1/events", b"[" * 100_000, "application/cloudevents+json"),
        ("/v1/events", b"[" * 100_000, "application/cloudevents-batch+json"),
        ("/v1/events", b"{}", "multipart/form-data; boundary=x"),
        ("/v1/lookup", b"[" * 60_000, "application/json"),
        ("/v1/lookup", b'{"customer_id":"\xff"}', "application/json"),
        ("/v1/lookup", b'{"customer_id":"a\\u0000b"}', "application/json"),
        ("/v1/lookup", b'{"customer_id":"\\ud800"}', "application/json"),
        (
            "/v1/lookup",
            b'{"identifier":{"type":"email","value":"' + b"x" * 70_000 + b'"}}',
            "application/json",
        ),
        ("/v1/search", b'{"name":"a\\u0000b"}', "application/json"),
        ("/v1/search", b'{"name":"ab","page_size":1e999}', "application/json"),
        ("/v1/search", b'{"name":"ab","page_size":-1}', "application/json"),
        ("/v1/trace", b'{"message_id":"a\\u0000b"}', "application/json"),
        ("/v1/quarantine/replay", b'{"quarantine_ids":["a\\u0000b"]}', "application/json"),
        ("/v1/keys", b'{"name":"a\\u0000b","scopes":["read"],"kind":"server"}', "application/json"),
        ("/v1/session", b'{"name":"a\\u0000b","password":"p"}', "application/json"),
    ],
)
async def test_no_door_breaks(gateway: RunningGateway, path: str, content: bytes, media: str) -> None:
    key = "server" if path == "/v1/events" else "reader" if path in ("/v1/lookup", "/v1/search") else "admin"
    answer = await gateway.http.post(
        path,
        content=content,
        headers={**gateway.bearer(key), "Content-Type": media, "X-Pathloom-Console": "1"},
    )

    assert answer.status_code in (400, 413, 415), answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["errors"], answer.text
    assert json.loads(answer.content)["status"] == answer.status_code
