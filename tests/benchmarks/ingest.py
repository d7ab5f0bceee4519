"""Events acknowledged as durable, in batches of 100, beside bare inserts of the same rows."""

import asyncio
import itertools
import os
import time
from collections.abc import Sequence

from pathloom_kit.postgres import RawConnection
from pathloom_local.api.sender import Batch, Outgoing, encoded
from pathloom_local.platform import Platform

from tests.benchmarks.cost import costing
from tests.benchmarks.figures import Figure, at_least, share_of_floor
from tests.benchmarks.stages import Stages
from tests.benchmarks.wire import Wire

SIZE = 100
WRITERS = 8
_INSERT = """
INSERT INTO floor_event (event_id, digest, payload)
SELECT * FROM unnest($1::bytea[], $2::bytea[], $3::bytea[])
"""


async def ingest_figures(platform: Platform, events: Sequence[Outgoing]) -> list[Figure]:
    """All of `events` once through the door, and once more as rows of the same bytes into the same PostgreSQL."""
    made = _batches(events)
    wire = Wire(platform.addresses["http"], {"Content-Type": "application/json", "Pathloom-Lane": "bulk"})
    turns = iter(made)

    async def writer() -> None:
        for batch in turns:
            await wire("POST", "/v1/batch", batch.body, f"Authorization: Bearer {batch.key}\r\n")

    generator = time.process_time()
    async with costing(platform) as cost:
        await asyncio.gather(*(writer() for _ in range(WRITERS)))
    generator = time.process_time() - generator
    wire.close()
    count = sum(len(batch.events) for batch in made)
    rate, used = count / cost.wall_s, generator / cost.wall_s
    floor = await _floor(platform, made)
    cores = os.cpu_count() or 1
    spent = {
        "gateway_cpu_us": round(cost.cpu_s.get("gateway", 0) / count * 1e6),
        "identity_cpu_us": round(cost.cpu_s.get("identity", 0) / count * 1e6),
    }
    return [
        share_of_floor("ingest, batches of 100, durable", rate, "events/s", floor, 0.3, n=count, notes=spent),
        at_least(
            f"the same, × {cores} ÷ ({cores} − generator's cores)",
            rate * cores / (cores - used),
            "events/s",
            10_000,
            n=count,
            notes={"rate": round(rate), "generator_cores": round(used, 2)},
        ),
    ]


async def _floor(platform: Platform, made: Sequence[Batch]) -> float:
    """Rows a second, each batch a transaction of its own, as many writers."""
    connections = [await Stages(platform).connect("identity") for _ in range(WRITERS)]
    try:
        await connections[0].execute(
            "CREATE TABLE floor_event (n bigserial PRIMARY KEY, event_id bytea UNIQUE, digest bytea, payload bytea)"
        )
        ids = itertools.count()
        turns = iter(made)

        async def writer(connection: RawConnection) -> None:
            for batch in turns:
                keys = [next(ids).to_bytes(16, "big") for _ in batch.events]
                await connection.execute(_INSERT, keys, keys, batch.events)

        begun = time.monotonic()
        await asyncio.gather(*map(writer, connections))
        return sum(len(batch.events) for batch in made) / (time.monotonic() - begun)
    finally:
        await connections[0].execute("DROP TABLE IF EXISTS floor_event")
        for connection in connections:
            await connection.close()


def _batches(events: Sequence[Outgoing]) -> list[Batch]:
    found: list[Batch] = []
    filling: dict[str, Batch] = {}
    for event in events:
        batch = filling.setdefault(event.key, Batch(event.key, event.bulk))
        batch.add(encoded(event.message), event.mark)
        if len(batch.events) == SIZE:
            found.append(filling.pop(event.key))
    return [*found, *filling.values()]
