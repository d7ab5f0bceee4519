"""Several clients that send at once, and send again what was not answered, under the same ids, as SDKs do."""

import asyncio
import json
import random
from collections.abc import Iterable, Mapping, Sequence

import httpx

from tests.laws.journal import Journal
from tests.laws.people import SOURCES, Event, events_of

WRITERS = 4
BATCH = 12
PAUSE_S = 0.8
"""Between two batches of a writer, on average."""
PEOPLE_UNDER_WAY = 6
"""How many people's events are mixed with each other at any time."""
AGAIN = 0.1
"""Share of acknowledged events that are sent once more: the client lost the acknowledgement."""
HASTY = 0.15
"""Share of batches (of spare events) whose client hangs up in the middle and never comes back."""


class Load:
    """`run()` sends everything of these people and then, until `enough` is set, what is already acknowledged again.

    Which events share a batch, and their order, is by chance. The load is bounded by the people, not by time: a slow
    machine has no more to read back than a fast one.
    """

    def __init__(
        self,
        journal: Journal,
        doors: Sequence[str],
        keys: Mapping[str, str],
        chance: random.Random,
        people: Iterable[int],
    ) -> None:
        self._journal, self._doors, self._keys = journal, doors, keys
        self._chance, self._people = chance, iter(people)
        self._waiting: dict[str, list[Event]] = {source: [] for source in SOURCES}
        self._under_way = 0
        self.enough = asyncio.Event()

    async def run(self) -> None:
        """Return when everything is acknowledged but what hasty clients gave up."""
        limits = httpx.Limits(max_keepalive_connections=WRITERS)
        async with (
            httpx.AsyncClient(trust_env=False, limits=limits) as client,
            asyncio.TaskGroup() as writers,
        ):
            for _ in range(WRITERS):
                writers.create_task(self._write(client))

    async def _write(self, client: httpx.AsyncClient) -> None:
        while True:
            batch, hasty = self._next()
            if batch:
                self._under_way += 1
                await (self._send_and_leave(client, batch) if hasty else self._send(client, batch))
                self._under_way -= 1
            elif self.enough.is_set() and not self._under_way:
                return
            # A writer's pace, not a wait for anything.
            await asyncio.sleep(self._chance.uniform(0.5, 1.5) * PAUSE_S)

    def _next(self) -> tuple[list[Event], bool]:
        """Events of one source, drawn by chance, and whether their client is hasty."""
        self._admit()
        source = self._chance.choice([name for name in SOURCES if self._waiting[name]] or list(SOURCES))
        waiting = self._waiting[source]
        if not waiting and not self.enough.is_set():
            waiting += self._acknowledged(source)
        # Never sent before: what was acknowledged once may be sent again, but not be given up.
        spare = [event for event in waiting if event.spare and not self._journal.sent[event.key]]
        hasty = bool(spare) and self._chance.random() < HASTY
        among = spare if hasty else waiting
        drawn = self._chance.sample(among, min(BATCH, len(among)))
        for event in drawn:
            waiting.remove(event)
        return drawn, hasty

    def _admit(self) -> None:
        while sum(map(len, self._waiting.values())) < PEOPLE_UNDER_WAY * 27:
            person = next(self._people, None)
            if person is None:
                return
            for event in events_of(person):
                self._waiting[event.source].append(event)

    def _acknowledged(self, source: str) -> list[Event]:
        keys = sorted(key for key in self._journal.acknowledged if key[0] == source)
        return [self._journal.events[key] for key in self._chance.sample(keys, min(BATCH, len(keys)))]

    async def _send(self, client: httpx.AsyncClient, batch: list[Event]) -> None:
        tries = 0
        while not await self._attempt(client, batch, timeout_s=15):
            tries += 1
            await asyncio.sleep(self._chance.uniform(0.5, 1) * min(2.0, 0.1 * 2**tries))
        if not self.enough.is_set():
            self._waiting[batch[0].source] += [each for each in batch if self._chance.random() < AGAIN]

    async def _send_and_leave(self, client: httpx.AsyncClient, batch: list[Event]) -> None:
        await self._attempt(client, batch, timeout_s=self._chance.uniform(0.001, 0.03))

    async def _attempt(self, client: httpx.AsyncClient, batch: list[Event], timeout_s: float) -> bool:
        door, key = self._chance.choice(self._doors), self._keys[batch[0].source]
        return await attempt(client, door, key, batch, self._journal, timeout_s)


async def attempt(
    client: httpx.AsyncClient, door: str, key: str, batch: list[Event], journal: Journal, timeout_s: float
) -> bool:
    """One sending of events of one source, told to the journal; whether it was answered with 200."""
    journal.sending(batch)
    try:
        answer = await client.post(
            f"{door}/v1/batch",
            content=json.dumps({"batch": [event.body for event in batch]}),
            headers={"Authorization": f"Bearer {key}", "Content-Type": "application/json"},
            timeout=timeout_s,
        )
    except httpx.TransportError as error:
        journal.answers[type(error).__name__] += 1
        return False
    journal.answers[str(answer.status_code)] += 1
    if answer.status_code != 200:
        return False
    bad = {each["index"]: each["reason"] for each in answer.json()["errors"]}
    journal.refused += [(batch[index].key, reason) for index, reason in bad.items()]
    journal.taken(event for index, event in enumerate(batch) if index not in bad)
    return True
