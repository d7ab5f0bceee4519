"""Many events through the ingest door: in batches, several under way, each answered before it counts."""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from pathloom_local.api.client import PublicApi, Taken

MOST_BYTES = 400_000
"""Of one batch's body: the door takes 500 KB."""
MOST_EVENTS = 500
LARGEST_EVENT = 32 * 1024

_encoder = msgspec.json.Encoder()


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One event on its way: with which source's key, in which lane, and the mark by which its sender knows it."""

    key: str
    bulk: bool
    message: Mapping[str, Any]
    mark: int = 0


@dataclass(slots=True)
class Batch:
    """Events of one source and lane."""

    key: str
    bulk: bool
    events: list[bytes] = field(default_factory=list)
    marks: list[int] = field(default_factory=list)
    size: int = 0

    def add(self, event: bytes, mark: int) -> None:
        """One more."""
        self.events.append(event)
        self.marks.append(mark)
        self.size += len(event) + 1

    @property
    def body(self) -> bytes:
        """Of /v1/batch. No sentAt: it would move history to now."""
        return b'{"batch":[' + b",".join(self.events) + b"]}"


def encoded(message: Mapping[str, Any]) -> bytes:
    """The event as it is sent."""
    return _encoder.encode(message)


def batches(outgoing: Iterable[Outgoing]) -> Iterator[Batch]:
    """Full batches as soon as they are full, the rest at the end; the order within a source and lane is kept."""
    filling: dict[tuple[str, bool], Batch] = {}
    for each in outgoing:
        event = encoded(each.message)
        place = (each.key, each.bulk)
        batch = filling.get(place)
        if batch and (len(batch.events) >= MOST_EVENTS or batch.size + len(event) > MOST_BYTES):
            yield filling.pop(place)
            batch = None
        if batch is None:
            batch = filling[place] = Batch(each.key, each.bulk)
        batch.add(event, each.mark)
    yield from filling.values()


async def send(
    api: PublicApi, made: Iterator[Batch], answered: Callable[[Batch, Taken], None], under_way: int = 4
) -> None:
    """Send every batch, at most `under_way` at once; `answered` is told of each once it is durable, in no order."""

    async def worker() -> None:
        while True:
            async with turn:
                # Making a batch is work (reading, simulating): done beside the loop, one at a time.
                batch = await asyncio.to_thread(next, made, None)
            if batch is None:
                return
            answered(batch, await api.batch(batch.body, batch.key, batch.bulk))

    turn = asyncio.Lock()
    workers = [asyncio.create_task(worker()) for _ in range(under_way)]
    try:
        await asyncio.gather(*workers)
    finally:
        for each in workers:
            each.cancel()
        await asyncio.gather(*workers, return_exceptions=True)
