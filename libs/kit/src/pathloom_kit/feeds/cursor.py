"""A place in a feed."""

import base64
import binascii
from dataclasses import dataclass, replace
from enum import IntEnum

from google.protobuf.message import DecodeError
from pathloom.feed.v1 import feed_pb2

from pathloom_kit.errors import InvalidArgument


class Lane(IntEnum):
    """Each lane has its own numbers and its own cursor; followers serve LIVE first."""

    LIVE = 1
    BULK = 2


LANES = (Lane.LIVE, Lane.BULK)


@dataclass(frozen=True, slots=True, order=False)
class Cursor:
    """The number `n` of the last entry applied, in (epoch, partition, lane). Epoch "" is whatever is in force."""

    epoch: str
    partition: int
    lane: Lane
    n: int

    def at(self, n: int) -> "Cursor":
        """The place `n` of the same epoch, partition and lane."""
        return replace(self, n=n)

    def covers(self, other: "Cursor") -> bool:
        """True when whoever has read up to here has read `other` too (same epoch, partition and lane)."""
        return (self.epoch, self.partition, self.lane) == (other.epoch, other.partition, other.lane) and (
            self.n >= other.n
        )

    def to_proto(self) -> feed_pb2.Cursor:
        return feed_pb2.Cursor(
            epoch=self.epoch, partition=self.partition, lane=feed_pb2.Lane.ValueType(int(self.lane)), n=self.n
        )

    @classmethod
    def from_proto(cls, message: feed_pb2.Cursor) -> "Cursor":
        """An unset lane means LIVE. InvalidArgument for a lane that is not known."""
        try:
            lane = Lane(message.lane or Lane.LIVE)
        except ValueError as error:
            raise InvalidArgument(fields={"lane": "is not a known lane"}) from error
        return cls(message.epoch, message.partition, lane, message.n)


def position_to_text(position: Cursor) -> str:
    """Opaque and url-safe; hand it back as `at_least`."""
    return (
        base64.urlsafe_b64encode(position.to_proto().SerializeToString(deterministic=True))
        .decode()
        .rstrip("=")
    )


def position_from_text(text: str, field: str = "at_least") -> Cursor:
    """The inverse. InvalidArgument naming `field` for anything that position_to_text did not make."""
    wrong = InvalidArgument(fields={field: "is not a position that was handed out"})
    if len(text) > 256:
        raise wrong
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        cursor = Cursor.from_proto(feed_pb2.Cursor.FromString(raw))
    except (binascii.Error, ValueError, DecodeError, InvalidArgument) as error:
        raise wrong from error
    if position_to_text(cursor) != text:
        raise wrong
    return cursor
