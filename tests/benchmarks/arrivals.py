"""What goes on beside a measurement: events that arrive at a steady rate, and history that loads."""

import asyncio
import sys
from collections.abc import AsyncIterator, Coroutine, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import islice

from pathloom_local.api.client import PublicApi, Taken
from pathloom_local.api.sender import Batch, Outgoing, batches, send
from pathloom_local.demo.history import Play, declare
from pathloom_simulator import Config, college

RATE = 200.0
LEAST_EVENTS = 5
"""Of a touchpoint of the simulated company, on average at the least (7 to 8 are usual)."""


@dataclass(slots=True)
class Arrivals:
    """Events that were acknowledged."""

    accepted: int = 0


def company(seed: int, touchpoints: int) -> Config:
    """A college of its own for each seed: people, contacts and ids are others."""
    return Config(college(), datetime.now(UTC).replace(microsecond=0), seed, touchpoints)


async def keys_of(api: PublicApi, config: Config) -> dict[str, str]:
    """The sources declared, an ingest key for each."""
    return await declare(api, config)


async def events_of(api: PublicApi, seed: int, most: int, *, bulk: bool) -> list[Outgoing]:
    """So many events of a company of its own, simulated before anything is measured: a simulation tells the truth about
    everybody before its first event, which beside a measurement would be minutes in which nothing else is sent."""
    config = company(seed, most // LEAST_EVENTS)
    keys = await keys_of(api, config)
    made = await asyncio.to_thread(lambda: list(islice(Play(config).history(keys), most)))
    return [replace(each, bulk=bulk) for each in made]


@asynccontextmanager
async def arriving(url: str, key: str, rate: float) -> AsyncIterator[None]:
    """`rate` live events a second from a process of their own, from the first one acknowledged on, for as long as the block
    lasts. RuntimeError when it could not go on; the process has said why."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.benchmarks.arriver",
        url,
        str(rate),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    assert process.stdin
    assert process.stdout
    try:
        process.stdin.write(key.encode() + b"\n")
        await process.stdin.drain()
        if not await process.stdout.readline():
            raise RuntimeError("no event has arrived")
        yield
        if process.returncode is not None:
            raise RuntimeError("events have stopped arriving")
    finally:
        process.stdin.close()
        await process.wait()


@asynccontextmanager
async def loading(api: PublicApi, made: Iterable[Outgoing]) -> AsyncIterator[Arrivals]:
    """History through the bulk lane, as fast as the door takes it, for as long as the block lasts. RuntimeError when all
    of it was taken before."""
    arrivals = Arrivals()

    async def everything() -> None:
        await _bulk(api, made, arrivals, under_way=2)
        raise RuntimeError("no history is left to load: a larger --backfill is needed")

    async with _beside(everything()):
        yield arrivals


async def load(api: PublicApi, play: Play, keys: dict[str, str]) -> int:
    """A company's whole history, in the bulk lane; how many events were accepted."""
    arrivals = Arrivals()
    made = (replace(each, bulk=True) for each in play.history(keys))
    await _bulk(api, made, arrivals, under_way=4)
    return arrivals.accepted


async def _bulk(api: PublicApi, made: Iterable[Outgoing], arrivals: Arrivals, under_way: int) -> None:
    def answered(batch: Batch, taken: Taken) -> None:
        checked(taken.errors)
        arrivals.accepted += taken.accepted

    await send(api, batches(made), answered, under_way)


@asynccontextmanager
async def _beside(work: Coroutine[None, None, None]) -> AsyncIterator[None]:
    """`work` for as long as the block lasts; its failure is raised at the end of the block."""
    task = asyncio.create_task(work)
    try:
        yield
        if task.done():
            task.result()
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def checked(errors: Sequence[Mapping[str, str]]) -> None:
    """RuntimeError when the door refused an event."""
    if errors:
        raise RuntimeError(f"an event was refused: {errors[0]['reason']} {errors[0]['detail']}")
