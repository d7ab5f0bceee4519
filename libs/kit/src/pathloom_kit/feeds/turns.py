"""Whose turn it is: live before bulk, and yet a minimum share for bulk."""

from pathloom_kit.feeds.cursor import Lane

_MEMORY = 100_000  # entries after which old turns count half


class Turns:
    """While both lanes have something to do, bulk gets at least `bulk_share` of the entries applied (to within a page),
    and live everything else. Whatever happens while only one has something to do costs the other nothing."""

    def __init__(self, bulk_share: float) -> None:
        if not 0 <= bulk_share < 1:
            raise ValueError("bulk_share is a share: at least 0, below 1")
        self._share = bulk_share
        self._spent = {Lane.LIVE: 0.0, Lane.BULK: 0.0}

    def next(self, live_ready: bool, bulk_ready: bool) -> Lane | None:
        """The lane to serve now; None when neither has anything."""
        if live_ready and bulk_ready:
            owed = self._share * (self._spent[Lane.LIVE] + self._spent[Lane.BULK]) - self._spent[Lane.BULK]
            return Lane.BULK if owed > 0 else Lane.LIVE
        if live_ready:
            return Lane.LIVE
        return Lane.BULK if bulk_ready else None

    def spent(self, lane: Lane, entries: int, contended: bool) -> None:
        """Records that a page of so many entries was applied, while the other lane had one too (`contended`) or not."""
        if not contended:
            return
        self._spent[lane] += max(entries, 1)
        if sum(self._spent.values()) > _MEMORY:
            self._spent = {lane: amount / 2 for lane, amount in self._spent.items()}
