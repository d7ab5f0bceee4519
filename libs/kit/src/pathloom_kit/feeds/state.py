"""What a follower says about itself."""

from dataclasses import dataclass, field
from datetime import datetime

from pathloom_kit.feeds.cursor import Cursor, Lane
from pathloom_kit.feeds.page import Watermark


@dataclass(slots=True)
class LaneState:
    """One partition and lane."""

    applied: Cursor
    head: int = 0
    caught_up: bool = False
    last_heard: datetime | None = None
    watermarks: tuple[Watermark, ...] = ()
    """How far the upstream had read its own upstreams, as of what was applied (since the start)."""
    failures: int = 0
    """Consecutive transient failures; 0 when all is well."""

    @property
    def lag(self) -> int:
        """Numbers between what was applied and the newest head heard of (a compact feed may hold fewer entries)."""
        return max(0, self.head - self.applied.n)


@dataclass(slots=True)
class FollowerState:
    """For status pages and metrics; written by the follower alone."""

    feed: str
    lanes: dict[tuple[int, Lane], LaneState] = field(default_factory=dict)
    parked: int = 0
    """Entries parked since the start; the store knows how many are parked now."""
    applied_entries: int = 0
    stale: int = 0
    """Pages refused because another replica had applied them."""
    restarts: int = 0
    """FEED_RESETs met since the start."""
    last_error: str = ""
    """Type and place of the last failure; never its message."""

    @property
    def caught_up(self) -> bool:
        return bool(self.lanes) and all(lane.caught_up for lane in self.lanes.values())

    @property
    def watermarks(self) -> tuple[Watermark, ...]:
        """Of all lanes."""
        return tuple(mark for lane in self.lanes.values() for mark in lane.watermarks)

    @property
    def last_heard(self) -> datetime | None:
        """When every lane was last heard of: the oldest of their times; None while one was never heard."""
        times = [lane.last_heard for lane in self.lanes.values()]
        return None if not times or None in times else min(time for time in times if time is not None)
