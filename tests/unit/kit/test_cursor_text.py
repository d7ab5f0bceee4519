"""A position is opaque text that comes back as it went."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pathloom.feed.v1 import feed_pb2
from pathloom_kit.errors import InvalidArgument
from pathloom_kit.feeds.cursor import Cursor, Lane, position_from_text, position_to_text

CURSORS = st.builds(
    Cursor, st.text(max_size=20), st.integers(0, 1023), st.sampled_from(Lane), st.integers(0, 2**63)
)


@given(CURSORS)
def test_there_and_back(cursor: Cursor) -> None:
    text = position_to_text(cursor)
    assert position_from_text(text) == cursor
    assert text.isascii()
    assert not set(text) & set("+/=&?# ")
    assert Cursor.from_proto(cursor.to_proto()) == cursor


@given(st.text(max_size=300))
def test_anything_else_is_refused_by_name(text: str) -> None:
    try:
        cursor = position_from_text(text, "at_least")
    except InvalidArgument as error:
        named = set(error.fields)
    else:
        named = {"at_least"} if position_to_text(cursor) == text else set()
    assert named == {"at_least"}


def test_covers_means_read_as_far_in_the_same_place() -> None:
    here = Cursor("e", 0, Lane.LIVE, 5)
    assert here.covers(here.at(5))
    assert here.covers(here.at(4))
    assert not here.covers(here.at(6))
    assert not here.covers(Cursor("f", 0, Lane.LIVE, 1))
    assert not here.covers(Cursor("e", 0, Lane.BULK, 1))


def test_an_unset_lane_is_live_and_an_unknown_one_is_refused() -> None:
    assert Cursor.from_proto(feed_pb2.Cursor()).lane is Lane.LIVE
    unknown = feed_pb2.Cursor()
    unknown.ParseFromString(b"\x18\x09")
    with pytest.raises(InvalidArgument):
        Cursor.from_proto(unknown)
