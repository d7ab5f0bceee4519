"""Ends processes with SIGKILL at random moments, and starts them again as whoever runs the platform would."""

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Sequence

from pathloom_local.errors import StepFailed
from pathloom_local.platform import Platform

CALM_S = (0.3, 2.5)
"""Between one kill and the next: shorter than most starts, so that several are away at once."""
AGAIN = 0.15
"""How often a process is killed again while it starts."""


class Killer:
    """`await strike(victims)` kills them one by one in this order; all of them run again when it returns."""

    def __init__(self, platform: Platform, chance: random.Random, say: Callable[[str], None]) -> None:
        self._platform, self._chance, self._say = platform, chance, say
        self.kills: Counter[str] = Counter()
        self.failed_starts: Counter[str] = Counter()
        """Starts that ended in an exit nobody asked for (a store was away); they were repeated."""
        self.ended_by_themselves: Counter[str] = Counter()
        """Processes that nobody killed and that were gone all the same: another's death is no reason to die."""

    def choose(self, how_many: int) -> list[str]:
        """Victims by chance: everybody once before anybody twice."""
        names: list[str] = []
        while len(names) < how_many:
            names += self._chance.sample(self._platform.names(), len(self._platform.names()))
        return names[:how_many]

    async def strike(self, victims: Sequence[str]) -> None:
        """Kill each at a random moment. Raises StepFailed where one can never be started again."""
        away: dict[str, asyncio.Task[None]] = {}
        async with asyncio.TaskGroup() as starts:
            for name in victims:
                # Moments are chance; what holds afterwards must not depend on them.
                await asyncio.sleep(self._chance.uniform(*CALM_S))
                if name in away:
                    await away[name]
                self._expect_running(name)
                await self._kill(name)
                away[name] = starts.create_task(self._start(name))
                if self._chance.random() < AGAIN:
                    await asyncio.sleep(self._chance.uniform(0, 1.5))
                    await self._kill(name)
        for name in self._platform.names():
            if not self._expect_running(name):
                await self._start(name)

    def _expect_running(self, name: str) -> bool:
        running = self._platform.process(name).running
        if not running:
            self.ended_by_themselves[name] += 1
        return running

    async def _kill(self, name: str) -> None:
        if not self._platform.process(name).running:
            return
        await self._platform.kill(name)
        self.kills[name] += 1
        self._say(f"killed {name}")

    async def _start(self, name: str) -> None:
        kills = self.kills[name]
        for attempt in range(20):
            await asyncio.sleep(self._chance.uniform(0, 0.5) + 0.5 * attempt)
            try:
                await self._platform.restart(name)
                if self._platform.process(name).running:
                    return
            except StepFailed:
                if self.kills[name] == kills:
                    self.failed_starts[name] += 1
                kills = self.kills[name]
        raise StepFailed(f"{name} does not start again", self._platform.process(name).command.log)
