"""Null is no value of the contract's: it is refused by the field's path, and free JSON keeps its own."""

from typing import Any

import pytest
from pathloom.gateway.v1 import ingest_pb2, view_pb2
from pathloom.identity.v1 import customers_pb2
from pathloom_gateway.entrypoints.rest.proto_json import message_of
from pathloom_kit.errors import InvalidArgument

RECORD = {"namespace": "crm", "kind": "RECORD_KIND_USER", "id": "u1"}


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"left": RECORD, "right": {**RECORD, "id": "u2"}, "actor": "a", "reason": None}, "reason"),
        ({"left": None, "right": RECORD, "actor": "a"}, "left"),
        ({"left": RECORD, "right": {**RECORD, "id": None}, "actor": "a"}, "right.id"),
    ],
)
def test_null_is_refused_with_the_field(said: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidArgument) as refused:
        message_of(said, customers_pb2.DecideRequest)
    assert list(refused.value.fields) == [field]


def test_a_name_in_the_other_spelling_is_found_too() -> None:
    with pytest.raises(InvalidArgument) as refused:
        message_of({"name": "ann", "pageSize": None}, view_pb2.SearchRequest)
    assert list(refused.value.fields) == ["pageSize"]


def test_free_json_keeps_its_nulls() -> None:
    event = message_of({"messageId": "m", "properties": {"a": None, "b": [None]}}, ingest_pb2.Event)
    assert set(event.properties) == {"a", "b"}
