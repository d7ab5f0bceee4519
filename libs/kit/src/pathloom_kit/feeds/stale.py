"""Somebody else moved the cursor."""

from pathloom_kit.feeds.cursor import Cursor


class StaleCursor(Exception):
    """The stored cursor is not the expected one: nothing was applied; read the cursors again."""

    def __init__(self, feed: str, expected: Cursor) -> None:
        super().__init__(
            f"{feed}: the cursor is no longer at {expected.epoch}/{expected.partition}/{expected.lane.name}/{expected.n}"
        )
        self.feed = feed
        self.expected = expected
