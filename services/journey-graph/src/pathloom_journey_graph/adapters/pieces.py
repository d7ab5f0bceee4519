"""Pieces as bytes on their item's node."""

from collections.abc import Iterable
from typing import Any

import msgspec

from pathloom_journey_graph.domain.values import Piece

_encode = msgspec.msgpack.Encoder().encode
_Row = tuple[str, str, str, str, str, str, str, str, int, int, dict[str, Any], str, bool, str]
_decode = msgspec.msgpack.Decoder(list[_Row]).decode


def pack(pieces: Iterable[Piece]) -> bytes:
    """In the order given."""
    return _encode([
        (p.event_id, p.source_id, p.message_id, p.type, p.name, p.key, p.record, p.contact, p.at, p.received, dict(p.props),
         p.channel, p.test, p.epoch)
        for p in pieces
    ])  # fmt: skip


def unpack(packed: bytes) -> tuple[Piece, ...]:
    """As they were packed."""
    return tuple(Piece(*row) for row in _decode(packed))
