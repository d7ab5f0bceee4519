"""What may be inside an event."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pathloom_gateway.domain.clean import MAX_DEPTH, Unclean, clean

CARD = "4111 1111 1111 1111"
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(st.text(max_size=8), json_values, max_size=4))
def test_what_is_clean_stays_clean_and_everything_else_is_said_by_its_path(value: dict[str, Any]) -> None:
    once: Any = None
    field = "properties"
    try:
        once = clean(value, "properties")
    except Unclean as error:
        field = error.field
    assert field.startswith("properties")
    assert once is None or clean(once, "properties") == once


@pytest.mark.parametrize(
    "value",
    [
        CARD,
        {"a": CARD},
        {"a": [{"b": CARD}]},
        {CARD: 1},
        {"a": 4111111111111111},
        {"a": 4111111111111111.0},
        {"contact_id": {"nested": CARD}},
        {"phone": "4111111111111111"},
    ],
)
def test_card_numbers_are_masked_wherever_they_are(value: Any) -> None:
    said = str(clean({"x": value} if isinstance(value, str) else value, "p", ("contact_id",)))
    assert "4111" not in said
    assert said.endswith(("1111'}", "1111'}]}", "1111': 1}", "1111'}}"))


def test_references_and_phone_numbers_are_kept() -> None:
    value = {"contact_id": "4111111111111111", "from_number": "4917612345678", "Phone": "4222222222222"}
    assert clean(value, "p", ("contact_id",)) == value


def nested(depth: int) -> dict[str, Any]:
    value: dict[str, Any] = {}
    for _ in range(depth - 1):
        value = {"n": value}
    return value


def test_depth_is_bounded() -> None:
    assert clean(nested(MAX_DEPTH), "p") == nested(MAX_DEPTH)
    with pytest.raises(Unclean, match="nested deeper"):
        clean(nested(MAX_DEPTH + 1), "p")


@pytest.mark.parametrize(
    ("value", "field"),
    [
        ({"a": "x\0"}, "p.a"),
        ({"a": ["\ud800"]}, "p.a[0]"),
        ({"a\0": 1}, "p"),
        ({"a": float("nan")}, "p.a"),
        ({"a": {"b": float("-inf")}}, "p.a.b"),
        ({"a": 2**64}, "p.a"),
    ],
)
def test_what_cannot_be_kept_is_named(value: Any, field: str) -> None:
    with pytest.raises(Unclean) as caught:
        clean(value, "p")
    assert caught.value.field == field
