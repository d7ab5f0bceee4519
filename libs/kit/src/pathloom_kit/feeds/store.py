"""What a follower needs of the store that its effects go into."""

from collections.abc import Mapping, Sequence
from typing import Protocol, TypeVar

from pathloom_kit.feeds.cursor import Cursor, Lane
from pathloom_kit.feeds.page import Numbered, Watermark

E = TypeVar("E", bound=Numbered, contravariant=True)


class FollowerStore(Protocol[E]):
    """The service implements it; each method is ONE transaction. `pg_cursors` holds what PostgreSQL needs for it.

    Cursors are compared and set in the effect's own transaction, first thing: that, not any lease, is what makes an
    entry count once. Things carry the epoch they came from (their generation): a version is only compared within it.
    """

    async def cursors(self, feed: str) -> Mapping[tuple[int, Lane], Cursor]:
        """Where we are, by (partition, lane); nothing for what was never read."""
        ...

    async def apply(
        self, feed: str, entries: Sequence[E], expected: Cursor, new: Cursor, watermarks: Sequence[Watermark]
    ) -> None:
        """The effect of the entries, the cursor from `expected` to `new`, and the watermarks, or nothing of it.

        StaleCursor when the stored cursor is not `expected` (an `expected` with epoch "" and n 0 means: none stored).
        `entries` may be empty (numbers passed over, watermarks moved). A newer entry of a thing releases what is parked
        under its key.
        """
        ...

    async def park(self, feed: str, entry: E, reason: str, expected: Cursor, new: Cursor) -> None:
        """Sets one entry aside with its reason and moves the cursor past it. StaleCursor as in `apply`."""
        ...

    async def restart(self, feed: str, epoch: str) -> None:
        """Begins a new generation: every cursor of the feed that is not of `epoch` goes to n = 0 of it. Nothing else
        happens to what is there, which serves on. Nothing at all when all cursors are of `epoch` already."""
        ...

    async def finish_restart(self, feed: str, epoch: str) -> bool:
        """All that lives has been read: drops what is not of `epoch`, if a restart was under way, and notes that as far as
        this feed goes the store is full. Called when the follower has caught up with a full upstream for the first time
        since it began, so that a restart survives a crash. False when what was read has yet to have its effect: the
        follower asks again."""
        ...
