"""What goes first where history is taken in and worked on in one process."""

import asyncio
import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

IDLE_S = 0.1
"""Without history for so long, none is on its way: longer than a sender takes from an answer to its next batch."""
AGAIN_S = 0.05
"""Between two looks whether history may go."""
PRESSED = 0.25
"""Of the time during which history is being taken in: with more than that, whoever works on it keeps its sender waiting."""
LATELY_S = 1.0
"""The time that is looked at for that (its time constant)."""
SHARE = 0.1
"""Of the time, at least, that goes into resolving history while its sender presses: what is loaded is seen before all of it is."""
FOLLOWED, EVERY_S = 100, 5.0
"""Events of history, and how often, for all who follow the log together while its sender presses. What they do with a page takes
longer than reading it, in processes that nobody here sees."""


@dataclass(slots=True)
class Door:
    """Taking history in goes before working on it: a sender waits for its acknowledgement, and nobody for what history says.
    Events of the live lane are worked on at once, whatever comes.

    `now` in seconds, by a clock that never goes back.
    """

    now: Callable[[], float] = time.monotonic
    _taking: int = 0
    _taken_at: float = float("-inf")
    _not_before: float = float("-inf")
    _pressure: float = 0.0
    _looked_at: float = 0.0
    _page: asyncio.Lock = field(default_factory=asyncio.Lock)
    _page_not_before: float = float("-inf")

    @contextmanager
    def taking(self) -> Iterator[None]:
        """While history is being written to the log."""
        self._look()
        self._taking += 1
        try:
            yield
        finally:
            self._look()
            self._taking -= 1
            self._taken_at = self.now()

    def pressed(self) -> bool:
        """History is being taken in for much of the time."""
        self._look()
        return self._pressure > PRESSED

    async def page_of_history(self, limit: int) -> int:
        """Returns when a page of it may be read, and how long that may be: `limit` where nobody presses."""
        async with self._page:
            while self.pressed() and self.now() < self._page_not_before:  # noqa: ASYNC110 - a matter of time
                await asyncio.sleep(AGAIN_S)
            if not self.pressed():
                return limit
            self._page_not_before = self.now() + EVERY_S
            return min(limit, FOLLOWED)

    def history_may_go(self) -> bool:
        """Nobody presses, or what was taken in has waited for its share."""
        return not self.pressed() or self.now() >= self._not_before

    def history_comes(self) -> bool:
        """Some is being taken in, or more may be on its way."""
        return self._taking > 0 or self.now() - self._taken_at < IDLE_S

    def history_took(self, seconds: float) -> None:
        """A piece of history was worked on for so long."""
        self._not_before = self.now() + seconds * (1 / SHARE - 1)

    def _look(self) -> None:
        now = self.now()
        kept = math.exp((self._looked_at - now) / LATELY_S)
        self._pressure = self._pressure * kept + (1 - kept if self._taking else 0.0)
        self._looked_at = now
