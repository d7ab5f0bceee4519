"""A live lane that has applied all there was rests as long as its step took, or until its store takes the next one; what comes
meanwhile is one step."""

import asyncio
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from pathloom_kit.feeds.cursor import Lane
from pathloom_kit.postgres import Database

from .followed_things import Things, Upstream, follower, running, until, upstream_values

STEP_S = 0.1


def slowly(store: Things) -> list[tuple[float, float]]:
    """Makes its steps take a while. When each began and ended."""
    loop, begun, steps = asyncio.get_running_loop(), 0.0, list[tuple[float, float]]()

    async def begin(entries: Sequence[Any]) -> None:
        nonlocal begun
        if entries:
            begun = loop.time()
            await asyncio.sleep(STEP_S)

    async def end(entries: Sequence[Any]) -> None:
        if entries:
            steps.append((begun, loop.time()))

    store.before_commit, store.after_commit = begin, end
    return steps


async def followed(
    upstream: Database, downstream: Database, lane: Lane, **options: Any
) -> list[tuple[float, float]]:
    """The steps in which a follower took twenty things, published one after the other."""
    source, store = Upstream(upstream), Things(downstream)
    steps = slowly(store)

    async def all_there() -> bool:
        return await store.values() == await upstream_values(upstream)

    async with running(follower(source, store, **options)):
        for n in range(20):
            await source.publish({f"k{n}": n}, lane)
            await asyncio.sleep(STEP_S / 4)
        await until(all_there)
    return steps


async def test_live_steps_are_as_far_apart_as_they_took(upstream: Database, downstream: Database) -> None:
    steps = await followed(upstream, downstream, Lane.LIVE)
    assert 1 < len(steps) < 20
    # Bounded from below, and a little less than the rest itself: the clock is read again before it.
    assert all(after - ended >= 0.9 * STEP_S for (_, ended), (after, _) in pairwise(steps))


async def test_what_comes_before_the_store_takes_a_step_is_in_it(
    upstream: Database, downstream: Database
) -> None:
    due = asyncio.get_running_loop().time() + 20 * STEP_S
    steps = await followed(upstream, downstream, Lane.LIVE, paced=lambda: due)
    assert len(steps) < 20 / 4
    assert steps[0][0] >= due


async def test_history_does_not_wait_for_the_next_live_step(upstream: Database, downstream: Database) -> None:
    assert await followed(upstream, downstream, Lane.BULK, paced=lambda: float("inf"))
