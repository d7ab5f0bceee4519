"""How long it took until what was accepted was in the view."""

from collections import deque
from dataclasses import dataclass, field

_KEPT = 10_000
"""Probes that wait at most: while the view stands still there is one every half second, so for more than an hour."""


@dataclass(slots=True)
class Freshness:
    """Fed with how far the events feed was applied and how far the whole view shows it, tells the seconds in between.

    An upper bound: it sees no more than the moments at which it is asked.
    """

    _waiting: deque[tuple[int, int]] = field(default_factory=lambda: deque(maxlen=_KEPT))
    _epoch: str = ""

    def seen(self, epoch: str, applied: int, received_us: int, shown: int, now_us: int) -> list[float]:
        """`applied`: the events feed up to there, the newest of it received at `received_us`; `shown`: everything up to
        there is in the view, with journeys and scores. Returns the seconds of each probe that is shown now."""
        if epoch != self._epoch:
            self._epoch = epoch
            self._waiting.clear()
            # What lay there before we looked says nothing about now.
            self._waiting.append((applied, 0))
        if not self._waiting or self._waiting[-1][0] < applied:
            self._waiting.append((applied, received_us))
        found = []
        while self._waiting and self._waiting[0][0] <= shown:
            _, received = self._waiting.popleft()
            if received:
                found.append(max(0, now_us - received) / 1_000_000)
        if not self._waiting:
            self._waiting.append((applied, 0))
        return found
