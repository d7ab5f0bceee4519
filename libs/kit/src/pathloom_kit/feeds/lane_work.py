"""What is to be applied in one partition and lane, page by page; after a deterministic failure entry by entry."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from pathloom_kit.feeds.cursor import Cursor
from pathloom_kit.feeds.page import FeedPage, Numbered, Watermark, of_lane
from pathloom_kit.feeds.pump import Pump

E = TypeVar("E", bound=Numbered)


@dataclass(frozen=True, slots=True)
class Step(Generic[E]):
    """One transaction: these entries, the cursor from `expected` to `new`, these watermarks."""

    entries: Sequence[E]
    expected: Cursor
    new: Cursor
    watermarks: tuple[Watermark, ...]
    last: bool
    """The page is done with after it."""


class LaneWork(Generic[E]):
    """`applied` is the cursor as the store holds it."""

    def __init__(self, pump: Pump[E], applied: Cursor) -> None:
        self.pump = pump
        self.applied = applied
        self.watermarks: tuple[Watermark, ...] = ()
        self.not_before = 0.0
        self.served_at = 0.0
        self.failures = 0
        self.caught_up = False
        self.complete = False
        """Caught up with an upstream that has all there is."""
        self._singly = 0  # entries yet to be applied one by one
        self._done = 0  # entries of the page in the slot that were already applied or parked

    def next_step(self, page: FeedPage[E], most: int) -> Step[E] | None:
        """What to do for the page in the slot, at most `most` entries of it; None when it says nothing new. The page is begun."""
        self.pump.begin()
        header = page.header
        # Watermarks hold for the entries of this lane up to the head: they are ours only once we have them all.
        marks = of_lane(header.watermarks, header.cursor.lane) if header.caught_up else ()
        rest = page.entries[self._done :]
        most = 1 if self._singly else most
        if len(rest) > most or (rest and self._singly):
            part = rest[:most]
            return Step(part, self.applied, header.cursor.at(part[-1].n), (), last=False)
        if not rest and header.cursor == self.applied and marks in ((), self.watermarks):
            return None
        return Step(rest, self.applied, header.cursor, marks, last=True)

    def stepped(self, step: Step[E], page: FeedPage[E]) -> None:
        """The step was committed."""
        self.applied = step.new
        self.watermarks = step.watermarks or self.watermarks
        self.failures = 0
        self._done += len(step.entries)
        self._singly = max(0, self._singly - len(step.entries))
        if step.last:
            self.finish(page)

    def finish(self, page: FeedPage[E]) -> None:
        """The page is done with."""
        self.caught_up = page.header.caught_up
        self.complete = self.caught_up and not page.header.refilling
        self._singly = 0
        self._done = 0
        self.pump.take()

    def single_out(self, step: Step[E]) -> None:
        """The step failed as a whole: find the entry that is to blame."""
        self._singly = len(step.entries)
