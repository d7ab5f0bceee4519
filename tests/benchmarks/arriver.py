"""Live events at a steady rate, until standard input ends: a process of its own, so that who measures beside it does not wait for it.

    echo KEY | python -m tests.benchmarks.arriver URL EVENTS_A_SECOND

Prints a line once the first ones are acknowledged. Fails when an event is refused.
"""

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator
from contextlib import suppress

from pathloom_local.api.client import PublicApi
from pathloom_local.api.sender import Batch, Outgoing, batches

from tests.benchmarks.arrivals import checked, events_of
from tests.benchmarks.wire import Refused, Wire

PARTS = 10
"""Batches a second: ten are enough to look like a stream, and few enough not to measure the batches."""
PORTION = 25_000
"""Events of one simulated company; the next one is simulated while they arrive, which takes a core for some seconds: at 200 a second
only once in two minutes, and the first time before anything is measured."""
AGAIN_S = 0.2
"""Until a batch is sent again that the door could not take (503)."""


async def main(url: str, rate: float) -> None:
    """Until standard input ends, whose first line is the key."""
    said = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(said), sys.stdin)
    key = (await said.readline()).decode().strip()
    async with PublicApi(url, key, patience_s=600) as api:
        work = asyncio.create_task(_arrive(api, rate))
        end = asyncio.create_task(said.read())
        await asyncio.wait({work, end}, return_when=asyncio.FIRST_COMPLETED)
        if work.done():
            work.result()
        work.cancel()
        with suppress(asyncio.CancelledError):
            await work


async def _arrive(api: PublicApi, rate: float) -> None:
    loop, part, said = asyncio.get_running_loop(), 0, False
    door = Wire(api.url.rpartition("/")[2], {"Content-Type": "application/json", "Pathloom-Lane": "live"})

    async def one(batch: Batch) -> None:
        nonlocal said
        await _sent(door, batch)
        if not said:
            said = True
            print("arriving", flush=True)

    endless = _endless(api)
    events = [await anext(endless)]
    begun = loop.time()
    async with asyncio.TaskGroup() as group:
        while True:
            part += 1
            while len(events) < round(rate / PARTS):
                events.append(await anext(endless))
            for batch in batches(events):
                group.create_task(one(batch))
            events = []
            await asyncio.sleep(max(0.0, begun + part / PARTS - loop.time()))


async def _sent(door: Wire, batch: Batch) -> None:
    while True:
        try:
            answer = await door("POST", "/v1/batch", batch.body, f"Authorization: Bearer {batch.key}\r\n")
        except Refused as error:
            if error.status != 503:
                raise
            await asyncio.sleep(AGAIN_S)
            continue
        checked(json.loads(answer).get("errors", []))
        return


async def _endless(api: PublicApi) -> AsyncIterator[Outgoing]:
    """One company after the other, each of its own."""
    seed = time.time_ns() // 1_000_000
    coming = asyncio.create_task(events_of(api, seed, PORTION, bulk=False))
    while True:
        events = await coming
        seed += 1
        coming = asyncio.create_task(events_of(api, seed, PORTION, bulk=False))
        for event in events:
            yield event


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], float(sys.argv[2])))
