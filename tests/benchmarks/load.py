"""Load that does not wait for answers, and the distribution of how long they took."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import numpy as np


@dataclass(slots=True)
class Latencies:
    """Seconds from when a call was due until it was answered: a late start counts as waiting, as it does for a caller."""

    seconds: list[float] = field(default_factory=list)

    def ms(self, quantile: float) -> float:
        """Milliseconds at a quantile. ValueError without a measurement."""
        if not self.seconds:
            raise ValueError("nothing was measured")
        return float(np.quantile(np.asarray(self.seconds), quantile)) * 1000

    def __len__(self) -> int:
        return len(self.seconds)


async def open_loop(
    rate: float, seconds: float, call: Callable[[int], Awaitable[None]], into: Latencies | None = None
) -> Latencies:
    """`call(n)` begun `rate` times a second whatever the answers take; the first failure is raised at the end."""
    loop = asyncio.get_running_loop()
    found = into if into is not None else Latencies()

    async def one(n: int, due: float) -> None:
        await call(n)
        found.seconds.append(loop.time() - due)

    begun = loop.time()
    async with asyncio.TaskGroup() as group:
        for n in range(round(rate * seconds)):
            due = begun + n / rate
            if (early := due - loop.time()) > 0:
                await asyncio.sleep(early)
            group.create_task(one(n, due))
    return found
