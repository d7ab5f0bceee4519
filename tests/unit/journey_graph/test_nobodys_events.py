"""What belongs to no customer makes no piece, whatever it is called."""

import pytest
from pathloom.identity.v1.events_pb2 import EventType, LoggedEvent, RecordKey, RecordKind
from pathloom_journey_graph.adapters.events import piece_of


@pytest.mark.parametrize("kind", RecordKind.values()[1:])
def test_only_the_events_of_customers_are_pieces(kind: RecordKind.ValueType) -> None:
    """Also where its payload could not be read: it must not be parked, since nobody would erase it there."""
    event = LoggedEvent(
        event_id="ev_1",
        type=EventType.EVENT_TYPE_TRACK,
        name="Something Of Our Own",
        record=RecordKey(namespace="n", kind=kind, id="1"),
    )
    assert (piece_of(event, "e") is None) == (kind > RecordKind.RECORD_KIND_CONTACT)
    if kind > RecordKind.RECORD_KIND_CONTACT:
        event.payload = b"[]"
        assert piece_of(event, "e") is None
