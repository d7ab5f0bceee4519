"""A platform under load and under fire, round by round, and what is wrong with it afterwards."""

import asyncio
import itertools
import random
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
from pathloom_local.api.client import PublicApi
from pathloom_local.api.door import read_key
from pathloom_local.platform import Platform

from tests.laws.journal import Journal
from tests.laws.killer import Killer
from tests.laws.people import SOURCES, Event
from tests.laws.read_back import Found, Totals, found, settled, totals
from tests.laws.verdict import differences
from tests.laws.writers import Load, attempt

Say = Callable[[str], None]


@dataclass(slots=True)
class Ordeal:
    """One platform, its doors and keys, and everything ever sent to it."""

    platform: Platform
    api: PublicApi
    doors: Sequence[str]
    keys: dict[str, str]
    seed: int
    say: Say
    killer: Killer
    journal: Journal = field(default_factory=Journal)
    _people: "itertools.count[int]" = field(default_factory=itertools.count)
    _begun: float = field(default_factory=time.monotonic)

    async def round(self, number: int, victims: Sequence[str], people: int) -> list[str]:
        """Load (the events of so many people) from before the first kill until after the last start; what is wrong once it
        has settled."""
        before, journal = await totals(self.api), Journal()
        chance = random.Random(f"{self.seed} writers {number}")
        load_of = [self.newcomer() for _ in range(people)]
        load = Load(journal, self.doors, self.keys, chance, load_of)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(load.run())
            await self.killer.strike(victims)
            load.enough.set()
        read, after = await self.read(journal)
        self.journal.add(journal)
        self.say(f"round {number}: {self.figures(journal)}")
        return differences(journal, read, before, after)

    async def send_in_peace(self, events: Sequence[Event], journal: Journal) -> None:
        """Send events with nobody killed meanwhile; all are acknowledged afterwards."""
        async with httpx.AsyncClient(trust_env=False) as client:
            for source in SOURCES:
                batch = [event for event in events if event.source == source]
                assert not batch or await attempt(
                    client, self.doors[0], self.keys[source], batch, journal, timeout_s=60
                )

    def newcomer(self) -> int:
        """Somebody who has not sent anything yet."""
        return next(self._people)

    async def read(self, journal: Journal) -> tuple[Found, Totals]:
        """Everything about the journal's people and events, once all accepted is in the view."""
        await settled(self.api)
        read = await found(self.api, journal.people, sorted(journal.sent))
        return read, await totals(self.api)

    def figures(self, journal: Journal) -> str:
        """In one line."""
        kills = ", ".join(f"{name} {times}" for name, times in sorted(self.killer.kills.items()))
        answers = ", ".join(f"{times}× {what}" for what, times in sorted(journal.answers.items()))
        return (
            f"{len(journal.acknowledged)} events of {len(journal.people)} people acknowledged, "
            f"{journal.resent} sent again, {len(journal.unanswered)} never answered ({answers}); "
            f"{self.killer.kills.total()} kills so far ({kills}), {time.monotonic() - self._begun:.0f} s"
        )


@asynccontextmanager
async def ordeal(platform: Platform, seed: int, say: Say) -> AsyncIterator[Ordeal]:
    """A running platform, with sources for this declared; nobody else may use it meanwhile."""
    gateways = [name for name in platform.addresses if name.startswith("gateway") and name.endswith("-http")]
    doors = [f"http://{platform.addresses[name]}" for name in gateways]
    async with PublicApi(doors[0], read_key(platform.secrets["admin_key"]), patience_s=120) as api:
        keys = {source: await _declare(api, source) for source in SOURCES}
        killer = Killer(platform, random.Random(f"{seed} killer"), say)
        yield Ordeal(platform, api, doors, keys, seed, say, killer)


async def _declare(api: PublicApi, source: str) -> str:
    declared: dict[str, Any] = {"source_id": source, "namespace": source, "trust": "TRUST_TRUSTED"}
    declared["identifiers"] = [{"field": "email", "type": "email", "joins": True}]
    await api.put_source(declared)
    return (await api.create_key(f"law 1 {source}", ["ingest"], source))[1]
