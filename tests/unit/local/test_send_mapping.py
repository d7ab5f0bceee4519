"""The mapping file: what it says becomes events, and what is wrong in it is named."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pathloom_local.send.expressions import BadMapping, BadValue, expression, template
from pathloom_local.send.mapping import FileMap, compile_map

SOURCE = {"source_id": "shop", "namespace": "shop"}


def mapping(**event: Any) -> FileMap:
    rule = {"message_id": "{id}", "user_id": "{user}", "name": "Order Placed", **event}
    return compile_map({"source": SOURCE, "time": "{at}", "events": [rule]})


ROW: dict[str, Any] = {
    "id": "7",
    "user": "u1",
    "at": "2024-03-05T10:00:00+01:00",
    "total": "12.50",
    "empty": " ",
}


def one(found: FileMap, row: dict[str, Any]) -> dict[str, Any]:
    (message,) = found.messages(row)
    return message


def test_a_row_becomes_an_event() -> None:
    found = mapping(
        properties={
            "total": {"from": "{total}", "as": "number"},
            "text": "No. {id} of {user}",
            "nothing": "{empty}",
            "fixed": 3,
            "tags": ["{id}", "{empty}", "x"],
            "who": {"id": "{user}"},
        }
    )
    assert one(found, ROW) == {
        "type": "track",
        "messageId": "7",
        "event": "Order Placed",
        "userId": "u1",
        "timestamp": "2024-03-05T09:00:00.000000Z",
        "properties": {
            "total": 12.5,
            "text": "No. 7 of u1",
            "fixed": 3,
            "tags": ["7", "x"],
            "who": {"id": "u1"},
        },
    }


def test_values_are_translated_and_others_kept_unless_said_otherwise() -> None:
    kept = {"from": "{total}", "values": {"1": "one"}}
    assert one(mapping(properties={"a": kept}), {**ROW, "total": "1"})["properties"] == {"a": "one"}
    assert one(mapping(properties={"a": kept}), ROW)["properties"] == {"a": "12.50"}
    dropped = {**kept, "otherwise": None}
    assert "properties" not in one(mapping(properties={"a": dropped}), ROW)


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("integer", "3", 3),
        ("boolean", "Yes", True),
        ("boolean", "0", False),
        ("list", "a, b,", ["a", "b"]),
        ("text", "3", "3"),
    ],
)
def test_types(kind: str, text: str, value: object) -> None:
    found = mapping(properties={"a": {"from": "{total}", "as": kind}})
    assert one(found, {**ROW, "total": text})["properties"]["a"] == value


def test_a_value_that_is_not_of_its_type_names_the_column_and_not_the_value() -> None:
    with pytest.raises(BadValue, match="total is no number") as raised:
        mapping(properties={"a": {"from": "{total}", "as": "number"}}).messages({**ROW, "total": "secret"})
    assert "secret" not in str(raised.value)


def test_nested_paths_and_columns_with_dots() -> None:
    row = {**ROW, "order": {"lines": [{"sku": "a"}, {"sku": "b"}]}, "a.b": "dotted"}
    found = one(
        mapping(properties={"sku": "{order.lines.1.sku}", "dotted": "{a.b}", "none": "{order.lines.9.sku}"}),
        row,
    )
    assert found["properties"] == {"sku": "b", "dotted": "dotted"}


def test_only_rows_that_are_meant() -> None:
    found = mapping(when={"value": "{total}", "in": ["1", "2"]})
    assert found.messages(ROW) == []
    assert len(found.messages({**ROW, "total": "2"})) == 1
    assert mapping(when=[{"value": "{empty}"}]).messages(ROW) == []
    assert len(mapping(when=[{"value": "{empty}", "not_in": ["x"]}]).messages(ROW)) == 1


def test_several_events_of_one_row() -> None:
    rule = {"message_id": "{id}-a", "user_id": "{user}", "name": "A"}
    page = {"type": "page", "message_id": "{id}-b", "user_id": "{user}", "name": "{total}"}
    found = compile_map({"source": SOURCE, "time": "{at}", "events": [rule, page]}).messages(ROW)
    assert [(each["type"], each.get("event"), each.get("name")) for each in found] == [
        ("track", "A", None),
        ("page", None, "12.50"),
    ]


@pytest.mark.parametrize(
    ("time", "text", "expected"),
    [
        ("{at}", "2024-07-01 10:00:00", "2024-07-01T10:00:00.000000Z"),
        ({"from": "{at}", "zone": "America/Chicago"}, "2024-07-01 10:00:00", "2024-07-01T15:00:00.000000Z"),
        ({"from": "{at}", "zone": "America/Chicago"}, "2024-01-01 10:00:00", "2024-01-01T16:00:00.000000Z"),
        ({"from": "{at}", "format": "epoch_s"}, "1700000000.25", "2023-11-14T22:13:20.250000Z"),
        ({"from": "{at}", "format": "epoch_ms"}, "1700000000250", "2023-11-14T22:13:20.250000Z"),
        (
            {"from": "{at}", "format": "%d.%m.%Y %H:%M", "zone": "Europe/Berlin"},
            "05.03.2024 09:30",
            "2024-03-05T08:30:00.000000Z",
        ),
    ],
)
def test_times(time: Any, text: str, expected: str) -> None:
    assert one(mapping(time=time), {**ROW, "at": text})["timestamp"] == expected


@pytest.mark.parametrize("text", ["", "yesterday", "2024-13-01"])
def test_a_row_without_a_time_is_bad(text: str) -> None:
    with pytest.raises(BadValue, match=r"^at is"):
        mapping().messages({**ROW, "at": text})


@pytest.mark.parametrize(
    ("change", "words"), [({"id": ""}, "message_id is empty"), ({"user": None}, "whose it is is not known")]
)
def test_a_row_that_lacks_what_every_event_needs_is_bad(change: dict[str, Any], words: str) -> None:
    with pytest.raises(BadValue, match=words):
        mapping().messages({**ROW, **change})


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ([], "the file: is no object"),
        ({"source": SOURCE, "time": "{at}"}, "events: is no list"),
        (
            {"source": {"source_id": "a"}, "time": "{at}", "events": [{}]},
            r"source\.namespace: is missing|message_id: is missing",
        ),
        ({"source": SOURCE, "events": [{"message_id": "1"}]}, "time: is missing"),
        (
            {"source": SOURCE, "time": "{at}", "events": [{"name": "x"}]},
            r"events\[0\]\.message_id: is missing",
        ),
        (
            {"source": SOURCE, "time": "{at}", "events": [{"message_id": "1", "colour": "x"}]},
            r"events\[0\]: colour is not known",
        ),
        (
            {"source": SOURCE, "time": "{at}", "events": [{"message_id": "1", "type": "sing"}]},
            r"events\[0\]\.type: sing is none of",
        ),
        (
            {"source": SOURCE, "time": "{at}", "events": [{"message_id": "{id"}]},
            r"events\[0\]\.message_id: a brace",
        ),
        ({"source": SOURCE, "time": "{at}", "events": [{"message_id": "{}"}]}, "names nothing"),
        (
            {
                "source": SOURCE,
                "time": {"from": "{at}", "zone": "Mars/Base"},
                "events": [{"message_id": "1"}],
            },
            "Mars/Base is no time zone",
        ),
        (
            {
                "source": SOURCE,
                "time": "{at}",
                "events": [{"message_id": "1", "properties": {"a": {"from": "{x}", "as": "poem"}}}],
            },
            "poem",
        ),
        (
            {"source": SOURCE, "time": "{at}", "format": "xls", "events": [{"message_id": "1"}]},
            "format: xls is none of",
        ),
        (
            {"source": {**SOURCE, "trust": "blind"}, "time": "{at}", "events": [{"message_id": "1"}]},
            "source.trust: blind is none of",
        ),
    ],
)
def test_a_wrong_mapping_names_the_place(said: Any, words: str) -> None:
    with pytest.raises(BadMapping, match=words):
        compile_map(said)


def test_every_column_that_the_mapping_names() -> None:
    found = mapping(
        properties={"a": {"from": "{total}"}, "b": ["{x.y}", "{#row}"]}, when={"value": "{empty}"}
    )
    assert found.names() == ["at", "id", "user", "total", "x.y", "empty"]


@given(st.text())
def test_text_with_its_braces_doubled_stands_for_itself(text: str) -> None:
    doubled = text.replace("{", "{{").replace("}", "}}")
    assert expression(doubled, "here").value({}) == text


@given(
    st.text(st.characters(exclude_characters="{}#"), min_size=1).filter(lambda name: name == name.strip()),
    st.text(min_size=1),
)
def test_a_lone_reference_gives_the_value_as_it_is(name: str, value: str) -> None:
    expected = value if value.strip() else None
    assert template(f"{{{name}}}", "here").value({name: value}) == expected
