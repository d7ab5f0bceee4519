"""A graph that is not prepared, or is emptied under a running service, is not written to."""

import asyncio

import pytest
from neo4j import AsyncDriver
from pathloom_journey_graph.adapters.graph import Another, NotPrepared
from pathloom_journey_graph.adapters.lease import GraphLease

from .graph_world import ERASURE_SECRET, Replica, emptied


@pytest.mark.parametrize("what", ["INDEX entry_uncut", "CONSTRAINT lease_name"])
async def test_what_the_schema_lacks_is_named_at_the_start(driver: AsyncDriver, what: str) -> None:
    replica = await Replica(driver).open()
    async with driver.session() as session:
        await (await session.run(f"DROP {what}")).consume()
    try:
        with pytest.raises(NotPrepared, match=f"lacks {what.split()[1]}: run the command migrate first"):
            await replica.graph.open("b1", ERASURE_SECRET)
    finally:
        await replica.graph.migrate()
    await replica.graph.open("b1", ERASURE_SECRET)


async def test_nobody_follows_into_a_graph_that_was_emptied(driver: AsyncDriver) -> None:
    replica = await Replica(driver).open()
    lease = GraphLease(replica.graph, "follow:events", "me")
    assert await lease.take()
    await emptied(driver)
    assert not await lease.take()
    assert await replica.rows("MATCH (n) RETURN n") == []
    again = await Replica(driver).open()
    assert await GraphLease(again.graph, "follow:events", "me").take()


async def test_whoever_runs_on_a_graph_that_was_emptied_ends(driver: AsyncDriver) -> None:
    replica = await Replica(driver).open()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.3):
            await replica.graph.stays_ours(every_s=0.01)
    await emptied(driver)
    with pytest.raises(Another):
        await replica.graph.stays_ours(every_s=0.01)
