"""How a record's state is packed, and sources are kept: compact JSON by msgspec."""

from functools import lru_cache
from typing import Any

import msgspec

from pathloom_identity.domain.evidence.attributes import Attribute, Kind
from pathloom_identity.domain.identifiers import Identifier
from pathloom_identity.domain.record_state import Holding, RecordState, Value
from pathloom_identity.domain.records import RecordKey, RecordKind, Stamp, Trust
from pathloom_identity.domain.said import Said
from pathloom_identity.domain.statements import Bind, Level, Rank

_Key = tuple[str, int, str]


# Named tuples and numbered enumerations are made while decoding, which is several times faster than after it.
class _Packed(msgspec.Struct, array_like=True, gc=False):
    first_seen: int
    sources: dict[str, bool]
    values: list[tuple[str, str, str | None, Stamp, Trust]]
    identifiers: list[tuple[str, str, str, list[Holding]]]
    parents: list[_Key]
    binds: list[tuple[Rank, Stamp, Level, _Key | None, Identifier | None]]
    verification: tuple[Stamp, bool] | None


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(_Packed).decode
_decode_said = msgspec.msgpack.Decoder(list[tuple[str, str, bool, str]]).decode


def pack(state: RecordState) -> bytes:
    """The same state gives the same bytes, whatever the order in which it was folded."""
    return _encode(
        _Packed(
            state.first_seen,
            dict(sorted(state.sources.items())),
            [
                (f, s, v.text, v.stamp, v.trust)
                for (f, s), v in sorted(state.values.items(), key=lambda x: x[0])
            ],
            [(*i, sorted(held)) for i, held in sorted(state.identifiers.items(), key=lambda x: x[0])],
            [_key(k) for k in sorted(state.parents)],
            [
                (rank, b.stamp, b.level, _key(b.record) if b.record else None, b.identifier)
                for rank, b in sorted(state.binds.items())
            ],
            state.verification,
        )
    )


def unpack(packed: bytes) -> RecordState:
    """The inverse of `pack`."""
    p = _decode(packed)
    return RecordState(
        p.first_seen,
        p.sources,
        {(f, s): Value(text, stamp, trust) for f, s, text, stamp, trust in p.values},
        {Identifier(t, n, v): frozenset(held) for t, n, v, held in p.identifiers},
        frozenset(_unkey(k) for k in p.parents),
        {rank: Bind(stamp, level, _unkey(r) if r else None, i) for rank, stamp, level, r, i in p.binds},
        p.verification,
    )


def pack_said(said: Said) -> bytes:
    """What a record says, as it is kept for weighing."""
    return _encode([(a.name, a.kind, a.immutable, text) for a, text in said])


class PackedSaid:
    """What a record says, of which only the texts are at hand: a step holds thousands of these, of strangers nearly all, and
    what is read of each is most of what that costs."""

    __slots__ = ("_packed", "texts")

    def __init__(self, packed: bytes) -> None:
        self._packed = packed
        self.texts = {name: text for name, _, _, text in _decode_said(packed)}

    @property
    def said(self) -> Said:
        return unpack_said(self._packed)


def unpack_said(packed: bytes) -> Said:
    """The inverse of `pack_said`."""
    return tuple([(_attribute(name, kind, own), text) for name, kind, own, text in _decode_said(packed)])


@lru_cache(maxsize=1024)
def _attribute(name: str, kind: str, immutable: bool) -> Attribute:
    return Attribute(name, Kind(kind), immutable)


def _key(key: RecordKey) -> _Key:
    return key.namespace, int(key.kind), key.id


def _unkey(key: _Key) -> RecordKey:
    return RecordKey(key[0], RecordKind(key[1]), key[2])


def as_json(value: Any) -> str:
    """JSON text of plain dataclasses."""
    return msgspec.json.encode(value).decode()
