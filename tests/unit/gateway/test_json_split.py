"""One level of a JSON text taken apart is what a decoder finds there, whatever is inside; what is no such text is refused."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pathloom_gateway.entrypoints.rest.json_split import items, members

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@settings(deadline=None)
@given(value=st.lists(VALUES), indent=st.sampled_from([None, 2]))
def test_items_are_those_of_the_list(value: list[Any], indent: int | None) -> None:
    assert [json.loads(one) for one in items(json.dumps(value, indent=indent).encode())] == value


@settings(deadline=None)
@given(value=st.dictionaries(st.text(), VALUES), ascii_=st.booleans())
def test_members_are_those_of_the_object(value: dict[str, Any], ascii_: bool) -> None:
    text = json.dumps(value, ensure_ascii=ascii_).encode("utf-8", "replace")
    assert {name: json.loads(one) for name, one in members(text).items()} == json.loads(text)


def test_what_no_decoder_reads_keeps_its_place() -> None:
    deep = b"[" * 5_000 + b"]" * 5_000
    assert items(b"[1, " + deep + b', "\xff", NaN, 2]') == [b"1", deep, b'"\xff"', b"NaN", b"2"]
    assert members(b'{"a": NaN, "a": 2}') == {"a": b"2"}


@pytest.mark.parametrize(
    "raw",
    [b"", b"7", b"{}", b"[", b"[1", b"[1,]", b"[,1]", b"[1,,2]", b"[1]2", b"[[}]", b"[{]}", b"]["],
)
def test_what_is_no_list_is_refused(raw: bytes) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        items(raw)


@pytest.mark.parametrize(
    "raw", [b"[]", b'{"a"}', b'{"a":}', b"{:1}", b"{a:1}", b"{'a':1}", b'{"a":1,}', b'{"\xff":1}']
)
def test_what_is_no_object_is_refused(raw: bytes) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        members(raw)
