"""A page of a feed, as the follower meets it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from pathloom.feed.v1 import feed_pb2

from pathloom_kit.feeds.cursor import Cursor, Lane


class Numbered(Protocol):
    """Every entry of every feed carries its number."""

    @property
    def n(self) -> int: ...


E = TypeVar("E", bound=Numbered)


@dataclass(frozen=True, slots=True)
class Watermark:
    """Everything up to `cursor` of the feed named `feed` is reflected here."""

    feed: str
    cursor: Cursor

    def to_proto(self) -> feed_pb2.Watermark:
        return feed_pb2.Watermark(feed=self.feed, cursor=self.cursor.to_proto())

    @classmethod
    def from_proto(cls, message: feed_pb2.Watermark) -> "Watermark":
        return cls(message.feed, Cursor.from_proto(message.cursor))


def of_lane(marks: Iterable[Watermark], lane: Lane) -> tuple[Watermark, ...]:
    """Those that a page of this lane may speak for: what a service reads in a lane it publishes in that lane, so of the
    other one it can promise nothing."""
    return tuple(mark for mark in marks if mark.cursor.lane is lane)


@dataclass(frozen=True, slots=True)
class PageHeader:
    """Where the page stands: `cursor` after it, the newest number `head`, whether it reached the head, how far the
    upstream itself had read (true of the entries up to `head`), and whether it is yet to fill (again)."""

    cursor: Cursor
    head: int
    caught_up: bool
    watermarks: tuple[Watermark, ...] = ()
    refilling: bool = False

    def to_proto(self) -> feed_pb2.PageHeader:
        return feed_pb2.PageHeader(
            cursor=self.cursor.to_proto(),
            head=self.head,
            caught_up=self.caught_up,
            watermarks=[mark.to_proto() for mark in self.watermarks],
            refilling=self.refilling,
        )

    @classmethod
    def from_proto(cls, message: feed_pb2.PageHeader) -> "PageHeader":
        return cls(
            Cursor.from_proto(message.cursor),
            message.head,
            message.caught_up,
            tuple(Watermark.from_proto(mark) for mark in message.watermarks),
            message.refilling,
        )


@dataclass(frozen=True, slots=True)
class FeedPage(Generic[E]):
    """Entries in order of n; empty pages are signs of life."""

    header: PageHeader
    entries: Sequence[E]


def watermarks_of(feed: str, cursors: Iterable[Cursor]) -> tuple[Watermark, ...]:
    """A follower's own cursors in `feed`, as watermarks for the pages it serves.

    Read the cursors in the page's own snapshot or before it, never after: a watermark must not promise an effect
    that the page was read too early to hold.
    """
    return tuple(Watermark(feed, cursor) for cursor in sorted(cursors, key=lambda c: (c.partition, c.lane)))
