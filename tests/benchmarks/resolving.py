"""What resolving by evidence costs, on identity alone: one new record, a look-up, many writers.

    .venv/bin/python -m tests.benchmarks.resolving --records 50000

The service, a process beside a PostgreSQL of its own, is filled with made-up people (names and towns by rank, as they are;
one record in four is somebody's second). New records then come at moments of chance, 0.1 to 0.2 s apart: each is its own
transaction. The floor of one record is a row of its size committed by itself. The CPU of both stands beside the figures:
another's work on the machine touches it least.
"""

import argparse
import asyncio
import os
import random
import statistics
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AsyncExitStack
from itertools import accumulate, count

import asyncpg
from pathloom.feed.v1 import feed_pb2
from pathloom.identity.v1 import customers_pb2 as c
from pathloom.identity.v1 import events_pb2 as e
from pathloom_local.platform import Options, Platform

from tests.benchmarks.cost import Cost, costing
from tests.benchmarks.drain import data_folder
from tests.benchmarks.figures import Figure, at_least, at_most, table
from tests.integration.identity.identity_world import Identity, identify, opened, source

ONES, WRITERS, EACH, LOOK_UPS = 200, 8, 250, 500
_PARTS = (
    "ba",
    "cor",
    "del",
    "fen",
    "gar",
    "hol",
    "in",
    "ker",
    "lam",
    "mor",
    "nev",
    "os",
    "pri",
    "ro",
    "sten",
    "tur",
)


def words(number: int) -> str:
    """A name for a rank."""
    made = ""
    while True:
        number, part = divmod(number, len(_PARTS))
        made += _PARTS[part]
        if not number:
            return made.capitalize()


class People:
    """People without end, each event about a record of its own."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)
        # The most frequent given name is one person's in 65, the most frequent surname one's in 90, as in the United
        # States; by 1/rank alone every ninth would be a Smith, and strangers would agree in all but their birthday.
        self._given, self._surname, self._town = _ranked(2000, 12), _ranked(20_000, 11), _ranked(300, 0)
        self._known: list[dict[str, str]] = []
        self._numbers = count()

    def events(self) -> Iterator[e.Event]:
        while True:
            yield self.event()

    def event(self) -> e.Event:
        """The next record."""
        chance, number = self._chance, next(self._numbers)
        if self._known and chance.random() < 0.25:
            traits = dict(chance.choice(self._known))
            gone = chance.choice(("email", "phone", "address"))
            del traits[gone]
            if chance.random() < 0.3:
                traits["first_name"] = traits["first_name"][:1]
        else:
            given, surname = words(_chosen(chance, self._given)), words(_chosen(chance, self._surname))
            town = _chosen(chance, self._town)
            traits = {
                "first_name": given, "last_name": surname, "city": words(town),
                "date_of_birth": f"{chance.randrange(1935, 2008)}-{chance.randrange(1, 13):02}-{chance.randrange(1, 29):02}",
                "address": f"{chance.randrange(1, 200)} {words(chance.randrange(900))} Road",
                "postal_code": f"{10000 + town * 7 + chance.randrange(7)}",
                "phone": f"+1402{chance.randrange(2_000_000, 9_999_999)}",
                "email": f"{given}.{surname}{chance.randrange(1000)}@mail.example.org".lower(),
            }  # fmt: skip
            self._known.append(traits)
        return identify(f"p-{number}", f"u{number}", number % 3_000_000, **traits)


def _ranked(size: int, offset: int) -> tuple[range, list[float]]:
    """Zipf's law as Mandelbrot mended it for the frequent ranks; the weights summed up, as choices() wants them."""
    return range(size), list(accumulate(1 / (rank + 1 + offset) for rank in range(size)))


def _chosen(chance: random.Random, ranked: tuple[range, list[float]]) -> int:
    ranks, summed = ranked
    return chance.choices(ranks, cum_weights=summed)[0]


async def filled(identity: Identity, people: People, records: int) -> float:
    """Seconds until that many records were resolved."""
    began = time.monotonic()
    events = people.events()
    for _ in range(0, records, 500):
        await identity.record("crm", *(next(events) for _ in range(500)), lane=feed_pb2.LANE_BULK)
    await _settled(identity)
    return time.monotonic() - began


async def one_record(identity: Identity, people: People) -> list[float]:
    """Milliseconds from Record sent until the customer's entry is in the feed: a follower waits for it."""
    chance = random.Random(1)
    head = await _head(identity)
    after = feed_pb2.Cursor(epoch=head.epoch, lane=feed_pb2.LANE_LIVE, n=head.n)
    call = identity.customers.FollowCustomers(feed_pb2.FollowRequest(after=after, max_entries=100))
    there: dict[str, asyncio.Event] = {}

    async def follow() -> None:
        async for page in call:
            for entry in page.entries:
                for member in entry.customer.records:
                    there.setdefault(member.key.id, asyncio.Event()).set()

    following = asyncio.create_task(follow())
    took = []
    for _ in range(ONES):
        await asyncio.sleep(chance.uniform(0.1, 0.2))
        event = people.event()
        began = time.perf_counter()
        await identity.record("crm", event)
        await asyncio.wait_for(there.setdefault(event.user_id, asyncio.Event()).wait(), 30)
        took.append((time.perf_counter() - began) * 1000)
    call.cancel()
    following.cancel()
    return took


async def look_ups(identity: Identity) -> list[float]:
    """Milliseconds of finding customers by an identifier."""
    took = []
    for number in range(LOOK_UPS):
        began = time.perf_counter()
        await identity.customers.FindCustomers(
            c.FindCustomersRequest(type="user_id", value=f"u{number}", namespace="crm")
        )
        took.append((time.perf_counter() - began) * 1000)
    return took


async def by_many(identity: Identity, people: People) -> float:
    """Records resolved in a second while several write at once."""
    batches = [[[people.event() for _ in range(10)] for _ in range(EACH // 10)] for _ in range(WRITERS)]

    async def write(mine: Sequence[Sequence[e.Event]]) -> None:
        for batch in mine:
            await identity.record("crm", *batch)

    began = time.monotonic()
    await asyncio.gather(*map(write, batches))
    await _settled(identity)
    return WRITERS * EACH / (time.monotonic() - began)


async def commit_floor(url: str) -> list[float]:
    """Milliseconds of a durable commit of a row of an event's size."""
    connection = await asyncpg.connect(url)
    await connection.execute("CREATE TABLE floor (n bigint PRIMARY KEY, payload bytea)")
    took = []
    for number in range(ONES):
        began = time.perf_counter()
        await connection.execute("INSERT INTO floor VALUES ($1, $2)", number, b"x" * 400)
        took.append((time.perf_counter() - began) * 1000)
    await connection.close()
    return took


async def resolving_figures(records: int) -> list[Figure]:
    """All of it, at so many records."""
    async with AsyncExitStack() as stack:
        folder = stack.enter_context(data_folder(None))
        options = Options(data=folder, services=("identity",), engines=("postgres",))
        platform = await stack.enter_async_context(Platform(options))
        assert platform.postgres
        server = platform.postgres.server
        administrator = await asyncpg.connect(server.url("postgres"))
        await administrator.execute("CREATE DATABASE floor")
        await administrator.close()
        token = platform.secrets["rpc_token"].read_text().strip()
        identity = opened(platform.addresses["identity"], token, stack)
        await identity.put(source(identifiers=[]))
        people = People(seed=1)
        async with costing(platform) as of_filling:
            seconds = await filled(identity, people, records)
        async with costing(platform) as of_ones:
            ones = sorted(await one_record(identity, people))
        floor = sorted(await commit_floor(server.url("floor")))
        found = sorted(await look_ups(identity))
        async with costing(platform) as of_many:
            rate = await by_many(identity, people)
    at, many = f"at {records:,} records", WRITERS * EACH
    return [
        Figure(
            f"records resolved from history, to {records:,}", records / seconds, "/s", n=records,
            notes=_cpu(of_filling, records),
        ),
        at_most(
            f"one new record {at}, p50", statistics.median(ones), "ms", 5, floor=statistics.median(floor), n=ONES,
            notes=_cpu(of_ones, ONES),
        ),
        at_most(f"one new record {at}, p99", _p99(ones), "ms", 25, floor=_p99(floor), n=ONES),
        at_most(f"look-up by identifier {at}, p99", _p99(found), "ms", 5, n=LOOK_UPS),
        at_least(
            f"durable resolves, {WRITERS} writers, {at}", rate, "/s", 1000, n=many, notes=_cpu(of_many, many)
        ),
    ]  # fmt: skip


async def main(records: int) -> int:
    """The exit code: 0 when everything holds."""
    figures = await resolving_figures(records)
    print(table(figures))
    print(f"{os.cpu_count()} cores, shared; load average {os.getloadavg()[0]:.1f}")
    return 0 if all(each.held is not False for each in figures) else 1


def _cpu(cost: Cost, done: int) -> Mapping[str, float]:
    """Milliseconds of CPU for each, by process."""
    cost.done = done
    return {f"{name} CPU ms": round(ms, 2) for name, ms in cost.cpu_ms_each().items()}


async def _settled(identity: Identity) -> None:
    while True:
        described = await identity.events.DescribeFeeds(feed_pb2.DescribeFeedsRequest())
        if not any(feed.feed == "customers" and feed.waiting for feed in described.feeds):
            return
        await asyncio.sleep(0.01)


async def _head(identity: Identity) -> feed_pb2.Cursor:
    described = await identity.events.DescribeFeeds(feed_pb2.DescribeFeedsRequest())
    return next(
        f.head for f in described.feeds if f.feed == "customers" and f.head.lane == feed_pb2.LANE_LIVE
    )


def _p99(ordered: Sequence[float]) -> float:
    return ordered[min(len(ordered) - 1, len(ordered) * 99 // 100)]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="What resolving by evidence costs.")
    parser.add_argument("--records", type=int, default=50_000)
    sys.exit(asyncio.run(main(parser.parse_args().records)))
