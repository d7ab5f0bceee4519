"""Steps of several followers in one transaction."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, Protocol, TypeVar

from pathloom_kit.feeds.cursor import Lane


class InLane(Protocol):
    """A step of one lane."""

    @property
    def lane(self) -> Lane: ...


S = TypeVar("S", bound=InLane)
_AHEAD_S = 0.01  # all who have something hand it over within it


class Together(Generic[S]):
    """Followers whose effects go into one store wait for each other anyway: the steps that come while a transaction is under
    way are one transaction after it, so that what they touch in common is worked out once.

    `write` does steps of one lane in one transaction. Whoever waited longest says which lane is next. A step of several
    that fails (another replica was faster, an entry is wrong) fails them all: each is done again alone, and has an outcome of
    its own. What is `transient` is the store's, and so of all.

    Transactions of the live lane begin at least `apart_s` after each other: what comes meanwhile, of all feeds, is one. The first
    after a pause begins at once.
    """

    def __init__(
        self,
        write: Callable[[Sequence[S]], Awaitable[None]],
        transient: Callable[[Exception], bool],
        apart_s: float = 0.15,
    ) -> None:
        self._write = write
        self._transient = transient
        self._apart_s = apart_s
        self._not_before = float("-inf")
        self._turn = asyncio.Lock()
        self._waiting: list[tuple[S, asyncio.Future[None]]] = []

    async def __call__(self, step: S) -> None:
        """Returns when the step is committed; raises what kept it from that."""
        outcome: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        mine = (step, outcome)
        self._waiting.append(mine)
        try:
            async with self._turn:
                # Of those whom another took along nothing is left to do.
                while not outcome.done():
                    await self._pause()
                    await self._next()
            outcome.result()
        finally:
            outcome.cancel()
            if mine in self._waiting:
                self._waiting.remove(mine)

    def next_at(self) -> float:
        """When whoever has a step of the live lane is to hand it over, by the loop's clock."""
        return self._not_before - _AHEAD_S

    async def _pause(self) -> None:
        if self._waiting[0][0].lane is Lane.LIVE:
            loop = asyncio.get_running_loop()
            await asyncio.sleep(self._not_before - loop.time())
            self._not_before = loop.time() + self._apart_s

    async def _next(self) -> None:
        lane = self._waiting[0][0].lane
        taken = [one for one in self._waiting if one[0].lane is lane]
        self._waiting = [one for one in self._waiting if one[0].lane is not lane]
        try:
            await self._do(taken)
        finally:
            # Cancelled in the middle: what has no outcome is done by another.
            self._waiting[:0] = [one for one in taken if not one[1].done()]

    async def _do(self, taken: Sequence[tuple[S, asyncio.Future[None]]]) -> None:
        try:
            await self._write([step for step, _ in taken])
        except Exception as error:
            if len(taken) > 1 and not self._transient(error):
                for one in taken:
                    await self._do([one])
                return
            for _, outcome in taken:
                if not outcome.done():
                    outcome.set_exception(error)
            return
        for _, outcome in taken:
            if not outcome.done():
                outcome.set_result(None)
