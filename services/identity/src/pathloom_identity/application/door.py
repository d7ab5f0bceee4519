"""What goes first where history is taken in and worked on in one process."""

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

IDLE_S = 0.1
"""Without history for so long, none is on its way: longer than a sender takes from an answer to its next batch."""
AGAIN_S = IDLE_S / 2
"""Between two looks whether history may go."""
SHARE = 0.2
"""Of the time, at least, that goes into working on history however much of it comes: what is loaded is seen before all of it is."""


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

    @contextmanager
    def taking(self) -> Iterator[None]:
        """While history is being written to the log."""
        self._taking += 1
        try:
            yield
        finally:
            self._taking -= 1
            self._taken_at = self.now()

    def history_may_go(self) -> bool:
        """None is being taken in, or what was has waited for its share."""
        return not self.history_comes() or self.now() >= self._not_before

    def history_comes(self) -> bool:
        """Some is being taken in, or more may be on its way."""
        return self._taking > 0 or self.now() - self._taken_at < IDLE_S

    async def until_history_may_go(self) -> None:
        """Returns at once where nothing is being taken in."""
        while not self.history_may_go():  # noqa: ASYNC110 - a matter of time, not of an event
            await asyncio.sleep(AGAIN_S)

    def history_took(self, seconds: float) -> None:
        """A piece of history was worked on for so long."""
        self._not_before = self.now() + seconds * (1 / SHARE - 1)
